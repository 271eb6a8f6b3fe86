//! One sender in full.

mod object;
mod text;

use std::collections::HashMap;

use whosends_core::analysis::source::{Detail, Details, Route};
use whosends_core::model::name::is_within;
use whosends_core::senders::{Catalogue, Sender};

use super::mark;
use super::period::LeftOut;
use super::sums::Domain;

/// One sender, with everything the answer needs beside its sums.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// What the user typed.
    pub(crate) asked: &'a str,
    /// What was found.
    pub(crate) details: &'a Details,
    /// The services.
    pub(crate) catalogue: &'a Catalogue,
    /// What is known of each domain, by its id.
    pub(crate) domains: HashMap<u32, Domain<'a>>,
    /// What the period leaves out.
    pub(crate) left_out: LeftOut,
    /// What was decided about senders.
    pub(crate) decisions: Vec<mark::Line<'a>>,
}

impl<'a> Answer<'a> {
    /// The domain of a detail.
    fn domain(&self, detail: &Detail) -> Option<&Domain<'a>> {
        self.domains.get(&detail.domain)
    }

    /// Its name.
    fn name(&self, detail: &Detail) -> &'a str {
        self.domain(detail).map_or("", |domain| domain.name)
    }

    /// What was decided about a source, and by whom: the decision for the nearest domain.
    fn decision(&self, detail: &Detail) -> Option<&mark::Line<'a>> {
        detail.judgement.decision?;
        let (source, domain) = (detail.source.text(self.catalogue), self.name(detail));
        let about = |made: &&mark::Line<'_>| made.sender == source && is_within(domain, made.domain);
        self.decisions.iter().filter(about).max_by_key(|made| made.domain.len())
    }

    /// The ids of who composed and who delivered mail.
    fn route(&self, route: Route) -> (Option<&'a str>, Option<&'a str>) {
        let id = |service| self.catalogue.service(service).id.as_str();
        let hop = route.hop.map(|hop| match hop {
            Sender::Own => "own",
            Sender::Service(service) => id(service),
        });
        (route.originator.map(id), hop)
    }
}
