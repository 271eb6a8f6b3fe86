//! Bounds the bytes that all jobs together hold.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Lets jobs in while the bytes they hold stay under a bound; a single one is always let in.
#[derive(Debug)]
pub(super) struct Gate {
    most: u64,
    held: Mutex<u64>,
    freed: Condvar,
}

impl Gate {
    pub(super) fn new(most: u64) -> Arc<Self> {
        Arc::new(Self { most, held: Mutex::new(0), freed: Condvar::new() })
    }

    /// Waits until there is room for `bytes`, and takes it.
    pub(super) fn enter(self: &Arc<Self>, bytes: u64) -> Pass {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        while *held > 0 && held.saturating_add(bytes) > self.most {
            held = self.freed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        *held = held.saturating_add(bytes);
        Pass { gate: Arc::clone(self), bytes }
    }
}

/// Room taken at a [`Gate`], given back when dropped.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Arc<Gate>,
    bytes: u64,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut held = self.gate.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held = held.saturating_sub(self.bytes);
        self.gate.freed.notify_all();
    }
}
