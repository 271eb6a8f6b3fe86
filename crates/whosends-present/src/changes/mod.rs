//! What changed from one period to the next.

mod object;
pub mod sentence;

use std::collections::HashMap;

use whosends_core::analysis::changes::{Changes, PolicyChange, SenderChange};
use whosends_core::model::{Name, Period};
use whosends_core::senders::Catalogue;

/// What changed, with everything the answer needs beside it.
#[derive(Debug)]
pub struct Answer<'a> {
    /// What changed of senders and reporters.
    pub changes: &'a Changes,
    /// What changed of published policies.
    pub policies: &'a [PolicyChange],
    /// The domains with reports in the period before, and none in the period.
    pub silent_domains: Vec<Name>,
    /// Days of both periods without any report.
    pub gaps: Vec<Period>,
    /// The services.
    pub catalogue: &'a Catalogue,
    /// The policy domains, by their ids.
    pub domains: &'a HashMap<u32, Name>,
}

impl<'a> Answer<'a> {
    /// Whether anything changed that is worth a look.
    pub fn has_weight(&self) -> bool {
        self.changes.senders.iter().any(|change| !change.minor)
            || !self.policies.is_empty()
            || !self.changes.silent.is_empty()
            || !self.silent_domains.is_empty()
    }

    /// The domain of a change.
    pub fn domain(&self, change: &SenderChange) -> &'a str {
        self.domains.get(&change.domain).map_or("", AsRef::as_ref)
    }

    /// The sender for people.
    pub fn name(&self, change: &SenderChange) -> String {
        let name = change.source.title(self.catalogue);
        if change.relayed { format!("{name} (passed on)") } else { name }
    }
}
