//! What the mail of the last ninety days says about its owner.

use std::collections::BTreeMap;

use crate::model::Day;

use super::book::{Book, CombinationKey, Pair, PairKey, Traffic};
use super::catalogue::ServiceId;
use super::class::{Class, Rule};
use super::evidence::Sender;
use super::ids::IdMap;
use super::org::organizational_domain;
use super::owner::Owner;

/// What a stretch of traffic says about its owner: which services send for which of its domains, and which
/// selectors and Microsoft tenants are its own. [`Book::learn`] takes it in.
#[derive(Debug, Clone)]
pub struct Learner {
    newest: Day,
    /// Aligned mail by combination and service: the combination says for which domain.
    aligned: IdMap<(CombinationKey, Option<ServiceId>), Seen>,
}

/// The days on which mail was seen, as bits that count back from the newest, and its messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    days: u128,
    messages: u64,
}

impl Seen {
    /// Adds mail of a day that lies so many days back. The day counts while it is one of the last 128.
    pub fn add(&mut self, age: i64, messages: u64) {
        let day = u32::try_from(age).ok().and_then(|age| 1_u128.checked_shl(age));
        self.days |= day.unwrap_or(0);
        self.messages = self.messages.saturating_add(messages);
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: Self) {
        self.days |= other.days;
        self.messages = self.messages.saturating_add(other.messages);
    }

    /// On how many days.
    #[must_use]
    pub const fn days(&self) -> u32 {
        self.days.count_ones()
    }

    /// Messages.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages
    }
}

impl Learner {
    /// How far back it looks, in days.
    pub const DAYS: i64 = 90;
    /// The days on which a service's mail has to be aligned, at least.
    pub const SERVICE_DAYS: u32 = 3;
    /// The messages of a service that have to be aligned, at least.
    pub const SERVICE_MESSAGES: u64 = 20;
    /// The messages that have to show a Microsoft tenant beside the owner's own passing signature.
    pub const TENANT_MESSAGES: u64 = 5;

    /// Learns from the ninety days that end on `newest`.
    #[must_use]
    pub fn new(newest: Day) -> Self {
        Self { newest, aligned: IdMap::default() }
    }

    /// How many days a day lies before the newest, where it is one to learn from.
    #[must_use]
    pub fn age(&self, day: Day) -> Option<i64> {
        self.newest.0.checked_sub(day.0).filter(|age| (0..Self::DAYS).contains(age))
    }

    /// Adds a record.
    pub fn add(&mut self, book: &Book<'_>, row: &Traffic) {
        let Some(age) = row.day.and_then(|day| self.age(day)) else { return };
        let mut seen = Seen::default();
        seen.add(age, row.messages);
        self.add_all(book, row.pair, seen);
    }

    /// Adds all records of a pair, by [`Learner::age`].
    pub fn add_all(&mut self, book: &Book<'_>, pair: PairKey, seen: Seen) {
        let &Pair { combination, judgement, .. } = book.get(pair);
        if seen.days == 0 || judgement.class != Class::Aligned || judgement.rule == Rule::Decided {
            return;
        }
        let service = match judgement.sender {
            Some(Sender::Service(service)) => Some(service),
            Some(Sender::Own) | None => None,
        };
        self.aligned.entry((combination, service)).or_default().merge(seen);
    }

    /// Adds what was learned to the owner.
    pub(super) fn teach(&self, book: &Book<'_>, owner: &mut Owner) {
        let mut services: BTreeMap<(&str, ServiceId), Seen> = BTreeMap::new();
        let mut combinations: BTreeMap<CombinationKey, u64> = BTreeMap::new();
        let add = |total: &mut u64, messages: u64| *total = total.saturating_add(messages);
        for (&(combination, service), &seen) in &self.aligned {
            add(combinations.entry(combination).or_default(), seen.messages);
            if let Some(service) = service {
                let organization = organizational_domain(book.author(combination));
                services.entry((organization, service)).or_default().merge(seen);
            }
        }
        for ((organization, service), seen) in services {
            if seen.days() >= Self::SERVICE_DAYS && seen.messages >= Self::SERVICE_MESSAGES {
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
