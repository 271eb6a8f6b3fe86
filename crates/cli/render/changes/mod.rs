//! What changed from one period to the next.

mod object;
mod sentence;
mod text;

use std::collections::HashMap;

use whosends_core::analysis::changes::{Changes, PolicyChange, SenderChange};
use whosends_core::model::Name;
use whosends_core::senders::Catalogue;

/// What changed, with everything the answer needs beside it.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// What changed of senders and reporters.
    pub(crate) changes: &'a Changes,
    /// What changed of published policies.
    pub(crate) policies: &'a [PolicyChange],
    /// The services.
    pub(crate) catalogue: &'a Catalogue,
    /// The policy domains, by their ids.
    pub(crate) domains: &'a HashMap<u32, Name>,
}

impl<'a> Answer<'a> {
    /// The domain of a change.
    fn domain(&self, change: &SenderChange) -> &'a str {
        self.domains.get(&change.domain).map_or("", AsRef::as_ref)
    }

    /// The sender for people.
    fn name(&self, change: &SenderChange) -> String {
        let name = change.source.title(self.catalogue);
        if change.relayed { format!("{name} (passed on)") } else { name }
    }
}
