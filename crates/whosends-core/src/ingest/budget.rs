//! What one input may still unpack: the count is shared by everything inside it.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits};

/// Archives, or messages, within one another that are gone into at most.
const DEEPEST: u32 = 64;

/// What is left of an input's [`Limits::unpacked_bytes`] and [`Limits::entries`].
#[derive(Debug, Clone)]
pub(super) struct Budget {
    bytes: Rc<Cell<u64>>,
    entries: Rc<Cell<u64>>,
    limits: Rc<Limits>,
}

impl Budget {
    pub(super) fn new(limits: &Rc<Limits>) -> Self {
        Self {
            bytes: Rc::new(Cell::new(limits.unpacked_bytes)),
            entries: Rc::new(Cell::new(limits.entries)),
            limits: Rc::clone(limits),
        }
    }

    /// The same bytes, with entries of their own.
    pub(super) fn with_entries_of_its_own(&self) -> Self {
        Self { entries: Rc::new(Cell::new(self.limits.entries)), ..self.clone() }
    }

    /// Counts one more member, part or archive.
    pub(super) fn enter(&self) -> Result<()> {
        self.enter_many(1)
    }

    /// Counts `entries` more at once.
    pub(super) fn enter_many(&self, entries: u64) -> Result<()> {
        match self.entries.get().checked_sub(entries) {
            Some(left) => {
                self.entries.set(left);
                Ok(())
            }
            None => Err(Error::limit(Limit::Entries, &self.limits)),
        }
    }

    /// Whether one more level may be gone into. Each is a few calls, so there is an end to what a limit can
    /// be raised to.
    pub(super) fn check_depth(&self, depth: u32, limit: Limit) -> Result<()> {
        if u64::from(depth) >= limit.value(&self.limits) {
            return Err(Error::limit(limit, &self.limits));
        }
        if depth >= DEEPEST {
            let reason =
                format!("more than {DEEPEST} levels in one another, which are too many at any limit");
            return Err(Error::new(ErrorKind::Limit(limit), reason));
        }
        Ok(())
    }

    /// The bytes that may still be unpacked.
    pub(super) fn room(&self) -> u64 {
        self.bytes.get()
    }

    /// Goes back to what could be unpacked at another time.
    pub(super) fn set_room(&self, bytes: u64) {
        self.bytes.set(bytes);
    }

    /// Counts unpacked bytes.
    fn spend(&self, bytes: u64) -> Result<()> {
        match self.bytes.get().checked_sub(bytes) {
            Some(left) => {
                self.bytes.set(left);
                Ok(())
            }
            None => Err(Error::limit(Limit::UnpackedBytes, &self.limits)),
        }
    }

    /// A reader that counts what comes out of `inner` as unpacked and fails once the budget is spent.
    pub(super) fn meter<R: Read>(&self, inner: R) -> Metered<R> {
        Metered { inner, budget: self.clone() }
    }
}

/// See [`Budget::meter`].
#[derive(Debug)]
pub(super) struct Metered<R> {
    inner: R,
    budget: Budget,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.budget.spend(read as u64).map_err(io::Error::other)?;
        Ok(read)
    }
}

/// The error of ours inside an [`io::Error`], where there is one; else the error itself.
pub(super) fn unwrap_io(error: io::Error) -> Result<io::Error, Error> {
    match error.downcast::<Error>() {
        Ok(ours) => Err(ours),
        Err(error) => Ok(error),
    }
}
