//! Reads stored traffic and has its senders named.
//!
//! What is learned is learned from the mail of all policy domains, whatever is asked, so that every question agrees on the
//! sender and class of a record.

use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use super::asked::filter;
use super::learning::Basis;
use super::{Context, Warning};
use crate::analysis::attribution::{Intake, Judged, Knowledge, Learned, Ledger, MadeDecision, OwnDns};
use crate::analysis::sources::Names;
use crate::dns::Answers;
use crate::error::Result;
use crate::model::{AddressId, Day, Domains, Name, Period, Scope, TrafficRow};
use crate::senders::{AddressFacts, Catalogue, Decision, Prefix, Ranges, ReverseName, SourceKey};
use crate::store::{KeptDecision, KeptName, KeptRange, Store};

/// What is known besides the reports.
#[derive(Debug)]
pub struct Known {
    /// The services.
    pub catalogue: Arc<Catalogue>,
    context: Arc<Context>,
    ranges: Ranges,
    domains: Vec<Name>,
    own_dns: Vec<OwnDns>,
    decisions: Vec<MadeDecision>,
    kept: Vec<KeptDecision>,
    learned: Learned,
}

impl Known {
    /// Loads the catalogue and what the database keeps, and what its mail says about the owner, as far as that concerns
    /// some domains.
    pub fn load(context: &Arc<Context>, store: &Store, domains: &Domains) -> Result<Self> {
        let (catalogue, basis) = thread::scope(|scope| {
            let catalogue = scope.spawn(|| context.catalogue());
            let basis = Basis::read(context, store, domains);
            (catalogue.join().unwrap_or_else(|panic| resume_unwind(panic)), basis)
        });
        let mut known = Self::unlearned(catalogue?, context, store)?;
        basis?.teach(&mut known, store, domains)?;
        Ok(known)
    }

    /// Loads it, and the traffic of a domain, or of all.
    pub fn load_with_traffic(
        context: &Arc<Context>,
        store: &Store,
        domains: &Domains,
        period: Period,
    ) -> Result<(Self, Traffic)> {
        Ok((Self::load(context, store, domains)?, Traffic::read(store, domains, period)?))
    }

    fn unlearned(catalogue: Arc<Catalogue>, context: &Arc<Context>, store: &Store) -> Result<Self> {
        // Everybody's: a sender is the same whoever asks.
        let domains = store.policy_domains(&Scope::All)?;
        let kept = store.decisions(&Scope::All)?;
        let decisions = kept.iter().filter_map(|made| made_decision(made, &catalogue)).collect();
        let ranges = ranges(&store.service_ranges()?, &catalogue);
        let (context, own_dns, learned) = (Arc::clone(context), Vec::new(), Learned::default());
        Ok(Self { catalogue, context, ranges, domains, own_dns, decisions, kept, learned })
    }

    /// What the conversations that a check kept say of the owner.
    pub(super) fn read_own_dns(&self, store: &Store) -> Result<Vec<OwnDns>> {
        let mut found = Vec::new();
        for domain in &self.domains {
            let Some(kept) = store.conversation(&Scope::All, domain.as_str())? else { continue };
            // One that a later release kept in another form says nothing to this one.
            if let Ok(answers) = Answers::from_json(&kept.answers) {
                found.push(OwnDns::read(domain, &answers, &self.domains, &self.catalogue));
            }
        }
        Ok(found)
    }

    /// What DNS says of the owner.
    pub(super) fn own_dns(&self) -> &[OwnDns] {
        &self.own_dns
    }

    /// Takes in what DNS and the mail say of the owner.
    pub(super) fn take_in(&mut self, own_dns: Vec<OwnDns>, learned: Learned) {
        self.own_dns = own_dns;
        self.learned = learned;
    }

    /// What of it has no effect.
    pub fn warnings(&self, scope: &Scope) -> Vec<Warning> {
        lost_decisions(self.kept.iter().filter(|made| scope.holds(made.domain.as_str())), &self.catalogue)
    }

    /// What the owner decided, as it is kept.
    pub fn kept(&self) -> &[KeptDecision] {
        &self.kept
    }

    /// What the owner decided.
    pub fn decisions(&self) -> &[MadeDecision] {
        &self.decisions
    }

    fn knowledge<'k>(&'k self, facts: &'k HashMap<IpAddr, AddressFacts>) -> Knowledge<'k> {
        let Self { catalogue, ranges, domains, own_dns, decisions, .. } = self;
        Knowledge { catalogue, ranges, facts, own_dns, domains, decisions }
    }
}

/// The decisions about senders that the catalogue does not have: they are kept and decide nothing.
pub fn lost_decisions<'d>(
    decisions: impl Iterator<Item = &'d KeptDecision>,
    catalogue: &Catalogue,
) -> Vec<Warning> {
    decisions
        .filter(|made| SourceKey::parse(catalogue, &made.sender).is_none())
        .map(|made| Warning::LostDecision {
            domain: made.domain.clone(),
            sender: made.sender.clone(),
            decision: made.decision.clone(),
        })
        .collect()
}

/// The ranges that were kept, of the services that are known.
fn ranges(kept: &[KeptRange], catalogue: &Catalogue) -> Ranges {
    let sets = kept.iter().filter_map(|range| {
        let prefixes = range.prefixes.iter().filter_map(|prefix| Prefix::parse(prefix)).collect();
        Some((catalogue.find(&range.sender)?.key, prefixes))
    });
    // None is too wide: such a set is not kept.
    Ranges::new(catalogue, &sets.collect::<Vec<_>>()).0
}

/// A decision the way it is applied; `None` where the catalogue no longer knows its sender.
fn made_decision(kept: &KeptDecision, catalogue: &Catalogue) -> Option<MadeDecision> {
    Some(MadeDecision {
        domain: kept.domain.clone(),
        source: SourceKey::parse(catalogue, &kept.sender)?,
        decision: Decision::from_word(&kept.decision)?,
        with_services: kept.with_services,
    })
}

/// What was kept of an address's name.
fn reverse_name(kept: &KeptName) -> ReverseName {
    match &kept.name {
        None => ReverseName::Absent,
        Some(name) => ReverseName::Found { name: name.clone(), confirmed: Some(kept.confirmed) },
    }
}

/// The traffic of a period.
#[derive(Debug)]
pub struct Traffic {
    ledger: Ledger,
    /// What the ids stand for.
    pub names: Names,
    /// What the reverse lookup of addresses gave.
    reverse: HashMap<AddressId, KeptName>,
    /// Records that were added up.
    pub rows: u64,
}

impl Traffic {
    /// Reads the traffic of policy domains.
    pub fn read(store: &Store, domains: &Domains, period: Period) -> Result<Self> {
        Self::gather(store, |visit| store.traffic(&filter(domains, period), visit))
    }

    /// Gathers rows, and what their ids stand for.
    pub(super) fn gather(
        store: &Store,
        read: impl FnOnce(&mut dyn FnMut(&TrafficRow)) -> Result<()>,
    ) -> Result<Self> {
        let mut intake = Intake::default();
        let mut rows = 0;
        read(&mut |row| {
            rows += 1;
            intake.add(row);
        })?;
        let ledger = intake.finish();
        let names = Names {
            domains: store.domain_names(ledger.domains())?,
            reporters: store.reporter_names(ledger.reporters())?,
            combinations: store.combinations(ledger.combinations())?,
            addresses: store.addresses(ledger.addresses())?,
        };
        let reverse = store.reverse_names(names.addresses.keys().copied())?;
        Ok(Self { ledger, names, reverse, rows })
    }

    /// The first day with a record of the period.
    pub fn first_day(&self) -> Option<Day> {
        self.ledger.first_day()
    }

    /// What is known of an address.
    pub fn facts(&self, known: &Known, id: AddressId) -> AddressFacts {
        // Every id of a database stands for something.
        let unspecified = std::net::Ipv4Addr::UNSPECIFIED.into();
        let address = self.names.addresses.get(&id).copied().unwrap_or(unspecified);
        let network = known.context.network(address);
        let reverse = self.reverse.get(&id).map_or(ReverseName::Unasked, reverse_name);
        AddressFacts { address, reverse, network }
    }

    /// What is known of all addresses, where anything is known of any.
    fn all_facts(&self, known: &Known) -> HashMap<IpAddr, AddressFacts> {
        if self.reverse.is_empty() && !known.context.knows_networks() {
            return HashMap::new();
        }
        let ids = self.names.addresses.iter();
        ids.map(|(&id, &address)| (address, self.facts(known, id))).collect()
    }

    /// What it says about its owner, of which what is known besides is told.
    pub(super) fn learn(&self, known: &Known, newest: &HashMap<u32, Day>) -> Learned {
        let facts = self.all_facts(known);
        self.ledger.learn(&self.names, &known.knowledge(&facts), newest)
    }

    /// Hands over the judged records of each domain.
    pub fn judge(&self, known: &Known, visit: &mut dyn FnMut(&Judged<'_>)) {
        let facts = self.all_facts(known);
        self.ledger.judge(&self.names, &known.knowledge(&facts), &known.learned, visit);
    }
}
