//! What the mail of the last ninety days says about its owner.

use std::collections::BTreeMap;

use crate::model::Day;

use super::book::{Book, CombinationKey, Pair, Traffic};
use super::catalogue::ServiceId;
use super::class::{Class, Rule};
use super::evidence::Sender;
use super::ids::IdMap;
use super::org::organizational_domain;
use super::owner::Owner;

/// What a stretch of traffic says about its owner: which services send for which of its domains, and which
/// selectors and Microsoft tenants are its own. [`Book::learn`] takes it in.
#[derive(Debug)]
pub struct Learner {
    newest: Day,
    /// Aligned messages by combination, service and day: the combination says for which domain.
    aligned: IdMap<(CombinationKey, Option<ServiceId>, i64), u64>,
}

impl Learner {
    /// How far back it looks, in days.
    pub const DAYS: i64 = 90;
    /// The days on which a service's mail has to be aligned, at least.
    pub const SERVICE_DAYS: usize = 3;
    /// The messages of a service that have to be aligned, at least.
    pub const SERVICE_MESSAGES: u64 = 20;
    /// The messages that have to show a Microsoft tenant beside the owner's own passing signature.
    pub const TENANT_MESSAGES: u64 = 5;

    /// Learns from the ninety days that end on `newest`.
    #[must_use]
    pub fn new(newest: Day) -> Self {
        Self { newest, aligned: IdMap::default() }
    }

    /// Adds a record.
    pub fn add(&mut self, book: &Book<'_>, row: &Traffic) {
        let Some(day) = row.day else { return };
        let &Pair { combination, judgement, .. } = book.get(row.pair);
        let recent = day <= self.newest && day > self.newest.plus(-Self::DAYS);
        if !recent || judgement.class != Class::Aligned || judgement.rule == Rule::Decided {
            return;
        }
        let service = match judgement.sender {
            Some(Sender::Service(service)) => Some(service),
            Some(Sender::Own) | None => None,
        };
        let messages = self.aligned.entry((combination, service, day.0)).or_default();
        *messages = messages.saturating_add(row.messages);
    }

    /// Adds what was learned to the owner.
    pub(super) fn teach(&self, book: &Book<'_>, owner: &mut Owner) {
        let mut services: BTreeMap<(&str, ServiceId), BTreeMap<i64, u64>> = BTreeMap::new();
        let mut combinations: BTreeMap<CombinationKey, u64> = BTreeMap::new();
        let add = |total: &mut u64, messages: u64| *total = total.saturating_add(messages);
        for (&(combination, service, day), &messages) in &self.aligned {
            add(combinations.entry(combination).or_default(), messages);
            if let Some(service) = service {
                let organization = organizational_domain(book.author(combination));
                let days = services.entry((organization, service)).or_default();
                add(days.entry(day).or_default(), messages);
            }
        }
        for ((organization, service), days) in services {
            let messages = days.values().fold(0u64, |sum, messages| sum.saturating_add(*messages));
            if days.len() >= Self::SERVICE_DAYS && messages >= Self::SERVICE_MESSAGES {
                owner.confirm_for(organization, service);
            }
        }
        let mut tenants: BTreeMap<&str, u64> = BTreeMap::new();
        for (combination, messages) in combinations {
            book.selectors(combination).iter().for_each(|&number| owner.add_selector(book.selector(number)));
            book.own_tenants(combination)
                .for_each(|tenant| add(tenants.entry(tenant).or_default(), messages));
        }
        let own = tenants.into_iter().filter(|&(_, messages)| messages >= Self::TENANT_MESSAGES);
        own.for_each(|(tenant, _)| owner.learn_tenant(tenant));
    }
}
