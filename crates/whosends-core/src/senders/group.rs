//! What the records of each source add up to: the material of the rules that need a group.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Day;

use super::class::{Class, Rule};
use super::classify::Judgement;
use super::ids::{IdMap, IdSet};
use super::judge::{AddressKey, Book, SourceId};
use super::misuse::{Misuse, Misused};
use super::traffic::Traffic;

/// A group of records: a source, and whether it passed the mail on. A mail host that sends for the owner and
/// also forwards other people's copies makes two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupKey {
    /// The source.
    pub source: SourceId,
    /// Whether these are the records whose class is forwarder.
    pub relayed: bool,
}

impl GroupKey {
    /// The group of a judged record.
    #[must_use]
    pub fn of(judgement: &Judgement, source: SourceId) -> Self {
        Self { source, relayed: judgement.class == Class::Forwarder }
    }
}

/// Messages by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClassTotals([u64; 5]);

impl ClassTotals {
    /// No messages.
    pub const NONE: Self = Self([0; 5]);

    /// The messages of a class.
    #[must_use]
    pub const fn of(&self, class: Class) -> u64 {
        self.0[class as usize]
    }

    /// The messages of all classes.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.0.iter().copied().fold(0, u64::saturating_add)
    }

    /// Adds messages of a class.
    pub fn add(&mut self, class: Class, messages: u64) {
        let total = &mut self.0[class as usize];
        *total = total.saturating_add(messages);
    }
}

/// What the records of a group add up to.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Messages by the class of their records.
    pub classes: ClassTotals,
    /// Messages that fail DMARC: neither DKIM nor SPF passes aligned.
    pub failing: u64,
    /// Messages that pass by SPF alone.
    pub spf_only: u64,
    /// Messages that were passed on and lost the owner's signature.
    pub broken: u64,
    /// Messages of records that the owner wants left out.
    pub ignored: u64,
    /// The first and last day with a record.
    pub days: Option<(Day, Day)>,
    pub(super) spf_passing: u64,
    pub(super) spoken_against: u64,
    pub(super) from_gateway: u64,
    pub(super) microsoft: u64,
    pub(super) null_policy: u64,
    pub(super) selectors: BTreeSet<u32>,
    pub(super) domains: BTreeSet<u32>,
    pub(super) failing_domains: BTreeSet<u32>,
}

/// What the caller knows of reporters and domains.
#[derive(Debug, Clone, Default)]
pub struct GroupContext {
    /// Reporters that report for Microsoft's mailboxes, where the address is often a recipient's own gateway.
    pub microsoft_reporters: BTreeSet<u32>,
    /// Policy domains whose SPF record says that they never send (`v=spf1 -all`).
    pub null_domains: BTreeSet<u32>,
}

/// The records of a stretch of time, by source.
#[derive(Debug)]
pub struct Groups {
    context: GroupContext,
    groups: IdMap<GroupKey, Group>,
    volumes: IdMap<(GroupKey, i64), u64>,
    /// The addresses of records that nothing speaks for, by group and day.
    doubtful: IdMap<(GroupKey, i64), IdSet<AddressKey>>,
    sending_domains: BTreeSet<u32>,
    aligned_selectors: BTreeSet<u32>,
    misuse: Misuse,
}

impl Groups {
    /// No records yet.
    #[must_use]
    pub fn new(context: GroupContext) -> Self {
        Self {
            context,
            groups: IdMap::default(),
            volumes: IdMap::default(),
            doubtful: IdMap::default(),
            sending_domains: BTreeSet::new(),
            aligned_selectors: BTreeSet::new(),
            misuse: Misuse::default(),
        }
    }

    /// Adds a record, and gives its judgement and group.
    pub fn add(&mut self, book: &mut Book<'_>, row: &Traffic) -> (Judgement, GroupKey) {
        let (judgement, source) = book.record(row.combination, row.address);
        let key = GroupKey::of(&judgement, source);
        self.groups.entry(key).or_default().add(book, row, &judgement, &self.context);
        if judgement.class == Class::Aligned {
            self.sending_domains.insert(row.domain);
            self.aligned_selectors.extend(book.selector_numbers(row.combination));
        }
        if let Some(day) = row.day {
            let volume = self.volumes.entry((key, day.0)).or_default();
            *volume = volume.saturating_add(row.messages);
            if matches!(judgement.class, Class::Unknown | Class::Unauthorised) {
                self.doubtful.entry((key, day.0)).or_default().insert(row.address);
            }
        }
        self.misuse.add(book, row);
        (judgement, key)
    }

    /// The groups and what they add up to, in the order their sources were met.
    #[must_use]
    pub fn all(&self) -> Vec<(GroupKey, &Group)> {
        let mut all: Vec<_> = self.groups.iter().map(|(&key, group)| (key, group)).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// One group.
    #[must_use]
    pub fn get(&self, key: GroupKey) -> Option<&Group> {
        self.groups.get(&key)
    }

    /// The bursts of mail that replay one of the owner's signatures.
    #[must_use]
    pub fn misused(&self, book: &Book<'_>) -> Vec<Misused> {
        self.misuse.find(book)
    }

    /// The volumes of all groups by day.
    pub(super) fn volumes(&self) -> IdMap<GroupKey, BTreeMap<i64, u64>> {
        let mut all: IdMap<GroupKey, BTreeMap<i64, u64>> = IdMap::default();
        for (&(key, day), &messages) in &self.volumes {
            all.entry(key).or_default().insert(day, messages);
        }
        all
    }

    /// The addresses of the groups' doubtful mail by day.
    pub(super) fn doubtful(&self) -> IdMap<GroupKey, BTreeMap<i64, &IdSet<AddressKey>>> {
        let mut all: IdMap<GroupKey, BTreeMap<i64, &IdSet<AddressKey>>> = IdMap::default();
        for (&(key, day), addresses) in &self.doubtful {
            all.entry(key).or_default().insert(day, addresses);
        }
        all
    }

    /// Whether a domain had no aligned mail at all.
    pub(super) fn never_sends(&self, domain: u32) -> bool {
        !self.sending_domains.contains(&domain)
    }

    pub(super) const fn aligned_selectors(&self) -> &BTreeSet<u32> {
        &self.aligned_selectors
    }
}

impl Group {
    /// All messages.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.classes.all()
    }

    fn add(&mut self, book: &Book<'_>, row: &Traffic, judgement: &Judgement, context: &GroupContext) {
        let messages = row.messages;
        let count = |total: &mut u64, counts: bool| {
            if counts {
                *total = total.saturating_add(messages);
            }
        };
        let (dkim, spf) = book.verdicts(row.combination);
        let fails = dkim == Some(false) && spf == Some(false);
        self.classes.add(judgement.class, messages);
        count(&mut self.failing, fails);
        count(&mut self.spf_only, judgement.flags.spf_only);
        count(&mut self.broken, judgement.flags.broken);
        count(&mut self.ignored, judgement.flags.ignored);
        count(&mut self.spf_passing, spf == Some(true));
        count(&mut self.spoken_against, judgement.rule == Rule::SpokenAgainst);
        count(&mut self.from_gateway, matches!(judgement.rule, Rule::GatewayFails | Rule::Gateway));
        count(&mut self.microsoft, context.microsoft_reporters.contains(&row.reporter));
        count(&mut self.null_policy, context.null_domains.contains(&row.domain));
        self.selectors.extend(book.selector_numbers(row.combination));
        if dkim == Some(true) {
            self.domains.insert(row.domain);
        }
        if fails {
            self.failing_domains.insert(row.domain);
        }
        if let Some(day) = row.day {
            let (first, last) = self.days.get_or_insert((day, day));
            (*first, *last) = ((*first).min(day), (*last).max(day));
        }
    }
}
