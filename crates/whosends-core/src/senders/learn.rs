//! What the mail of the last ninety days says about its owner.

use std::collections::BTreeMap;

use crate::model::Day;

use super::book::{Book, CombinationKey, Pair, PairKey, Traffic};
use super::catalogue::ServiceId;
use super::class::{Class, Rule};
use super::evidence::Sender;
use super::ids::IdMap;
use super::keys::{KeyTally, KeyUses};
use super::org::organizational_domain;
use super::owner::Owner;

/// What a stretch of traffic says about its owner: which services send for which of its domains, where
/// its keys are seen, and which Microsoft tenants are its own.
#[derive(Debug, Clone)]
pub struct Learner {
    newest: Day,
    /// Aligned mail by combination and service: the combination says for which domain.
    aligned: IdMap<(CombinationKey, Option<ServiceId>), Seen>,
    keys: KeyTally,
}

/// What traffic said about its owner, apart from the traffic. [`Book::learn`] takes it in.
#[derive(Debug, Clone, Default)]
pub struct Lessons {
    /// Services in use, by organisational domain.
    services: Vec<(Box<str>, ServiceId)>,
    /// Microsoft tenants of the owner's, by organisational domain.
    tenants: Vec<(Box<str>, Box<str>)>,
    keys: KeyUses,
}

/// The days on which mail was seen, as bits of which each stands for a day in 128, and its messages: as many as it takes
/// to compare them with what is enough. There is one of these for each address and pair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    days: [u32; 4],
    messages: u32,
}

impl Seen {
    /// No mail.
    pub const NOTHING: Self = Self { days: [0; 4], messages: 0 };

    /// Adds mail of a day. Days that lie 128 apart are taken for one: what is learned from lies closer together.
    pub fn add(&mut self, Day(day): Day, messages: u64) {
        let bit = day.rem_euclid(128);
        let part = usize::try_from(bit >> 5).ok().and_then(|part| self.days.get_mut(part));
        if let Some(days) = part {
            *days |= 1 << (bit & 31);
        }
        self.messages = self.messages.saturating_add(u32::try_from(messages).unwrap_or(u32::MAX));
    }

    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: Self) {
        self.days.iter_mut().zip(other.days).for_each(|(mine, other)| *mine |= other);
        self.messages = self.messages.saturating_add(other.messages);
    }

    /// On how many days.
    #[must_use]
    pub fn days(&self) -> u32 {
        self.days.iter().map(|days| days.count_ones()).sum()
    }

    /// The days, as bits that count back from the newest.
    pub(super) fn ages(&self, newest: Day) -> u128 {
        let days = self.days.iter().rev().fold(0, |bits, &days| bits << 32 | u128::from(days));
        // Read backwards, and turned until the newest stands first.
        days.reverse_bits().rotate_left(newest.plus(1).0.rem_euclid(128).unsigned_abs() as u32)
    }

    /// Messages, or 4,294,967,295 where there are more.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages as u64
    }
}

#[cfg(feature = "store")]
crate::model::stored::stored!(struct Lessons { services, tenants, keys });

impl Learner {
    /// How far back it looks, in days.
    pub const DAYS: i64 = 90;
    /// The days on which a service's mail has to be aligned, at least.
    pub const SERVICE_DAYS: u32 = 3;
    /// The messages of a service that have to be aligned, at least.
    pub const SERVICE_MESSAGES: u64 = 20;
    /// The messages that have to show a Microsoft tenant beside the owner's own passing signature.
    pub const TENANT_MESSAGES: u64 = 5;
    /// The days on which they have to.
    pub const TENANT_DAYS: u32 = 3;

    /// Learns from the ninety days that end on `newest`.
    #[must_use]
    pub fn new(newest: Day) -> Self {
        Self { newest, aligned: IdMap::default(), keys: KeyTally::default() }
    }

    /// How many days a day lies before the newest, where it is one to learn from.
    #[must_use]
    pub fn age(&self, day: Day) -> Option<i64> {
        self.newest.0.checked_sub(day.0).filter(|age| (0..Self::DAYS).contains(age))
    }

    /// Adds a record.
    pub fn add(&mut self, book: &Book<'_>, row: &Traffic) {
        let Some(day) = row.day.filter(|&day| self.age(day).is_some()) else { return };
        let mut seen = Seen::default();
        seen.add(day, row.messages);
        self.add_all(book, row.pair, seen);
    }

    /// Adds all records of a pair, which are of days to learn from.
    pub fn add_all(&mut self, book: &Book<'_>, pair: PairKey, seen: Seen) {
        let pair = book.get(pair);
        self.keys.add(book, pair, book.host(pair.address), seen);
        let &Pair { combination, judgement, .. } = pair;
        if seen.days() == 0 || judgement.class != Class::Aligned || judgement.rule == Rule::Decided {
            return;
        }
        let service = match judgement.sender {
            Some(Sender::Service(service)) => Some(service),
            Some(Sender::Own) | None => None,
        };
        self.aligned.entry((combination, service)).or_default().merge(seen);
    }

    /// What the traffic said.
    #[must_use]
    pub fn lessons(&self, book: &Book<'_>) -> Lessons {
        let mut services: BTreeMap<(&str, ServiceId), Seen> = BTreeMap::new();
        let mut tenants: BTreeMap<(&str, &str), Seen> = BTreeMap::new();
        for (&(combination, service), &seen) in &self.aligned {
            let organization = organizational_domain(book.author(combination));
            if let Some(service) = service {
                services.entry((organization, service)).or_default().merge(seen);
            }
            for tenant in book.own_tenants(combination) {
                tenants.entry((organization, tenant)).or_default().merge(seen);
            }
        }
        services
            .retain(|_, seen| seen.days() >= Self::SERVICE_DAYS && seen.messages() >= Self::SERVICE_MESSAGES);
        tenants
            .retain(|_, seen| seen.days() >= Self::TENANT_DAYS && seen.messages() >= Self::TENANT_MESSAGES);
        let services = services.into_keys().map(|(organization, service)| (organization.into(), service));
        let tenants = tenants.into_keys().map(|(organization, tenant)| (organization.into(), tenant.into()));
        Lessons { services: services.collect(), tenants: tenants.collect(), keys: self.keys.uses(book) }
    }
}

impl Lessons {
    /// The services that it names.
    #[cfg(feature = "store")]
    pub(crate) fn services(&self) -> impl Iterator<Item = ServiceId> {
        self.services.iter().map(|(_, service)| *service)
    }

    /// Adds what was learned to the owner.
    pub(super) fn teach(&self, owner: &mut Owner) {
        for (organization, service) in &self.services {
            owner.confirm_for(organization, *service);
        }
        for (organization, tenant) in &self.tenants {
            owner.learn_tenant(organization, tenant);
        }
        owner.learn_keys(self.keys.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_back_from_any_newest() {
        for newest in [0, 1, 127, 128, 20_500, 20_607] {
            let newest = Day(newest);
            let mut seen = Seen::default();
            [0, 1, 5, 89].into_iter().for_each(|age| seen.add(newest.plus(-age), 1));
            assert_eq!(seen.ages(newest), 1 << 89 | 1 << 5 | 0b11, "{newest}");
        }
    }
}
