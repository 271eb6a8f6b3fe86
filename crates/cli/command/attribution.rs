//! Reads stored traffic and has its senders named.

use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::resume_unwind;
use std::thread;

use whosends_core::analysis::attribution::{Intake, Judged, Knowledge, Ledger, MadeDecision, OwnDns};
use whosends_core::analysis::sources::Names;
use whosends_core::dns::Answers;
use whosends_core::model::Period;
use whosends_core::model::{AddressId, Day, Domains, Name, Scope};
use whosends_core::senders::{AddressFacts, Catalogue, Decision, Prefix, Ranges, ReverseName, SourceKey};
use whosends_core::store::{KeptDecision, KeptName, KeptRange, Store};

use super::networks::Networks;
use super::{Context, mark, period, sources};
use crate::failure::Failure;
use crate::streams::Streams;

/// What is known besides the reports.
#[derive(Debug)]
pub(super) struct Known {
    /// The services.
    pub(super) catalogue: Catalogue,
    ranges: Ranges,
    networks: Option<Networks>,
    domains: Vec<Name>,
    own_dns: Vec<OwnDns>,
    decisions: Vec<MadeDecision>,
    kept: Vec<KeptDecision>,
}

impl Known {
    /// Loads the catalogue and what the database keeps.
    pub(super) fn load(context: &Context<'_>, store: &Store) -> Result<Self, Failure> {
        Self::with(context.catalogue()?, context, store)
    }

    /// Loads it while the traffic of a domain, or of all, is read.
    pub(super) fn load_with_traffic(
        context: &Context<'_>,
        store: &Store,
        domain: Option<&Name>,
        period: Period,
    ) -> Result<(Self, Traffic), Failure> {
        thread::scope(|scope| {
            let catalogue = scope.spawn(|| context.catalogue());
            let traffic = Traffic::read(store, domain, period, context.today);
            let catalogue = catalogue.join().unwrap_or_else(|panic| resume_unwind(panic));
            Ok((Self::with(catalogue?, context, store)?, traffic?))
        })
    }

    fn with(catalogue: Catalogue, context: &Context<'_>, store: &Store) -> Result<Self, Failure> {
        let networks = context.settings.asn_db.as_deref().map(Networks::open).transpose()?;
        let domains = store.policy_domains(&Scope::All)?;
        let kept = store.decisions(&Scope::All)?;
        let decisions = kept.iter().filter_map(|made| made_decision(made, &catalogue)).collect();
        let ranges = ranges(&store.service_ranges()?, &catalogue);
        let own_dns = own_dns(store, &domains, &catalogue)?;
        Ok(Self { catalogue, ranges, networks, domains, own_dns, decisions, kept })
    }

    /// Tells what of it has no effect.
    pub(super) fn tell(&self, streams: &mut Streams) {
        mark::tell_lost(&self.kept, &self.catalogue, streams);
    }

    /// What the owner decided.
    pub(super) fn decisions(&self) -> &[MadeDecision] {
        &self.decisions
    }

    fn knowledge<'k>(&'k self, facts: &'k HashMap<IpAddr, AddressFacts>) -> Knowledge<'k> {
        let Self { catalogue, ranges, domains, own_dns, decisions, .. } = self;
        Knowledge { catalogue, ranges, facts, own_dns, domains, decisions }
    }
}

/// What the conversations that `check` kept say of the owner.
fn own_dns(store: &Store, domains: &[Name], catalogue: &Catalogue) -> Result<Vec<OwnDns>, Failure> {
    let mut found = Vec::new();
    for domain in domains {
        let Some(kept) = store.conversation(&Scope::All, domain.as_str())? else { continue };
        // One that a later release kept in another form says nothing to this one.
        if let Ok(answers) = Answers::from_json(&kept.answers) {
            found.push(OwnDns::read(domain, &answers, domains, catalogue));
        }
    }
    Ok(found)
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
        with_services: false,
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
pub(super) struct Traffic {
    ledger: Ledger,
    /// What the ids stand for.
    pub(super) names: Names,
    /// What the reverse lookup of addresses gave.
    reverse: HashMap<AddressId, KeptName>,
    /// Records that were added up.
    pub(super) rows: u64,
}

impl Traffic {
    /// Reads the traffic of a domain, or of all.
    pub(super) fn read(
        store: &Store,
        domain: Option<&Name>,
        period: Period,
        today: Day,
    ) -> Result<Self, Failure> {
        let newest = store.newest_day(&Domains::asked(domain.cloned()), today)?.unwrap_or(today);
        let reach = Intake::reach(period, newest);
        let mut intake = Intake::new(period, newest);
        let mut rows = 0;
        store.traffic(&period::filter(domain, reach), |row| {
            rows += 1;
            intake.add(row);
        })?;
        let ledger = intake.finish();
        let names = Names {
            domains: store.domain_names(ledger.domains())?,
            reporters: sources::reporters(store, ledger.reporters())?,
            combinations: store.combinations(ledger.combinations())?,
            addresses: store.addresses(ledger.addresses())?,
        };
        let reverse = store.reverse_names(names.addresses.keys().copied())?;
        Ok(Self { ledger, names, reverse, rows })
    }

    /// The first day with a record of the period.
    pub(super) fn first_day(&self) -> Option<Day> {
        self.ledger.first_day()
    }

    /// What is known of an address.
    pub(super) fn facts(&self, known: &Known, id: AddressId) -> AddressFacts {
        // Every id of a database stands for something.
        let unspecified = std::net::Ipv4Addr::UNSPECIFIED.into();
        let address = self.names.addresses.get(&id).copied().unwrap_or(unspecified);
        let network = known.networks.as_ref().and_then(|networks| networks.find(address));
        let reverse = self.reverse.get(&id).map_or(ReverseName::Unasked, reverse_name);
        AddressFacts { address, reverse, network }
    }

    /// What is known of all addresses, where anything is known of any.
    fn all_facts(&self, known: &Known) -> HashMap<IpAddr, AddressFacts> {
        if self.reverse.is_empty() && known.networks.is_none() {
            return HashMap::new();
        }
        let ids = self.names.addresses.iter();
        ids.map(|(&id, &address)| (address, self.facts(known, id))).collect()
    }

    /// Hands over the judged records of each domain.
    pub(super) fn judge(&self, known: &Known, visit: &mut dyn FnMut(&Judged<'_>)) {
        let facts = self.all_facts(known);
        self.ledger.judge(&self.names, &known.knowledge(&facts), visit);
    }
}
