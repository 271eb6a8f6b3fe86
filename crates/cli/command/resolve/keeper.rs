//! Writes what DNS answered, some of it at a time: what was written stays whatever happens next.

use std::net::IpAddr;

use whosends_core::dns::Answers;
use whosends_core::error::Error;
use whosends_core::store::{KeptName, KeptRange, Store};

use super::super::kept::keep_record;
use crate::failure::Failure;

/// Answers to a transaction.
const BATCH: usize = 250;

/// Takes answers and writes them.
pub(super) struct Keeper<'s> {
    store: &'s mut Store,
    names: Vec<(IpAddr, KeptName)>,
    ranges: Vec<KeptRange>,
    /// The SPF records of the policy domains, with all that they lead to.
    records: Vec<(String, Answers)>,
    now: i64,
    /// The first error; nothing is written after it.
    failed: Option<Error>,
}

impl<'s> Keeper<'s> {
    pub(super) fn new(store: &'s mut Store, now: i64) -> Self {
        Self { store, names: Vec::new(), ranges: Vec::new(), records: Vec::new(), now, failed: None }
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

    /// Keeps the SPF record of a policy domain: it tells the owner's own servers, and whom it lets send.
    pub(super) fn record(&mut self, domain: String, answers: Answers) {
        self.records.push((domain, answers));
        if self.records.len() >= BATCH {
            self.write();
        }
    }

    fn write(&mut self) {
        let (names, ranges) = (std::mem::take(&mut self.names), std::mem::take(&mut self.ranges));
        if self.failed.is_some() {
            return;
        }
        let store = &mut *self.store;
        let written = store.keep_reverse_names(&names).and_then(|()| store.keep_service_ranges(&ranges));
        let records = std::mem::take(&mut self.records);
        let mut records = records.iter();
        let written = written.and_then(|()| {
            records.try_for_each(|(domain, answers)| keep_record(store, domain, answers, self.now))
        });
        self.failed = written.err();
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.write();
        self.failed.map_or(Ok(()), |error| Err(error.into()))
    }
}
