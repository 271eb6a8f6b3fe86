//! Writes what DNS answered, some of it at a time: what was written stays whatever happens next.

use std::net::IpAddr;

use whosends_core::error::Error;
use whosends_core::store::{KeptName, KeptRange, Store};

use crate::failure::Failure;

/// Answers to a transaction.
const BATCH: usize = 250;

/// Takes answers and writes them.
pub(super) struct Keeper<'s> {
    store: &'s mut Store,
    names: Vec<(IpAddr, KeptName)>,
    ranges: Vec<KeptRange>,
    /// The first error; nothing is written after it.
    failed: Option<Error>,
}

impl<'s> Keeper<'s> {
    pub(super) fn new(store: &'s mut Store) -> Self {
        Self { store, names: Vec::new(), ranges: Vec::new(), failed: None }
    }

    /// Keeps the name of an address.
    pub(super) fn name(&mut self, address: IpAddr, name: KeptName) {
        self.names.push((address, name));
        if self.names.len() >= BATCH {
            self.write();
        }
    }

    /// Keeps the range of a service.
    pub(super) fn range(&mut self, range: KeptRange) {
        self.ranges.push(range);
        if self.ranges.len() >= BATCH {
            self.write();
        }
    }

    fn write(&mut self) {
        let (names, ranges) = (std::mem::take(&mut self.names), std::mem::take(&mut self.ranges));
        if self.failed.is_some() {
            return;
        }
        let written =
            self.store.keep_reverse_names(&names).and_then(|()| self.store.keep_service_ranges(&ranges));
        self.failed = written.err();
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.write();
        self.failed.map_or(Ok(()), |error| Err(error.into()))
    }
}
