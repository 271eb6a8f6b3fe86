//! What the mail of the last ninety days says about its owner.

use std::collections::BTreeMap;

use crate::model::Day;

use super::catalogue::ServiceId;
use super::class::{Class, Rule};
use super::evidence::Sender;
use super::ids::IdMap;
use super::judge::{Book, CombinationKey};
use super::owner::Owner;
use super::traffic::Traffic;

/// What a stretch of traffic says about its owner: which services send for it, and which selectors and
/// Microsoft tenants are its own. Feed it the records of one owner, judged by what was known before.
#[derive(Debug)]
pub struct Learner {
    newest: Day,
    aligned: IdMap<(ServiceId, i64), u64>,
    combinations: IdMap<CombinationKey, u64>,
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
        Self { newest, aligned: IdMap::default(), combinations: IdMap::default() }
    }

    /// Adds a record.
    pub fn add(&mut self, book: &mut Book<'_>, row: &Traffic) {
        let Some(day) = row.day else { return };
        if day > self.newest || day <= self.newest.plus(-Self::DAYS) {
            return;
        }
        let (judgement, _) = book.record(row.combination, row.address);
        if judgement.class != Class::Aligned || judgement.rule == Rule::Decided {
            return;
        }
        if let Some(Sender::Service(service)) = judgement.sender {
            let messages = self.aligned.entry((service, day.0)).or_default();
            *messages = messages.saturating_add(row.messages);
        }
        let messages = self.combinations.entry(row.combination).or_default();
        *messages = messages.saturating_add(row.messages);
    }

    /// Adds what was learned to the owner; the book is the one the records were judged by.
    pub fn teach(&self, book: &Book<'_>, owner: &mut Owner) {
        let mut services: BTreeMap<ServiceId, (usize, u64)> = BTreeMap::new();
        for (&(service, _), &messages) in &self.aligned {
            let (days, total) = services.entry(service).or_default();
            *days += 1;
            *total = total.saturating_add(messages);
        }
        for (service, (days, messages)) in services {
            if days >= Self::SERVICE_DAYS && messages >= Self::SERVICE_MESSAGES {
                owner.confirm(service);
            }
        }
        let mut tenants: BTreeMap<&str, u64> = BTreeMap::new();
        for (&combination, &seen) in &self.combinations {
            book.selectors(combination).iter().for_each(|selector| owner.add_selector(selector));
            for tenant in book.own_tenants(combination) {
                let messages = tenants.entry(tenant).or_default();
                *messages = messages.saturating_add(seen);
            }
        }
        let own = tenants.into_iter().filter(|&(_, messages)| messages >= Self::TENANT_MESSAGES);
        own.for_each(|(tenant, _)| owner.learn_tenant(tenant));
    }
}
