//! What the records of each source add up to: the material of the rules that need a group.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Day;

use super::book::{AddressKey, Book, Pair, PairKey, SourceId, Traffic};
use super::class::{Class, Rule};
use super::ids::IdMap;
use super::misuse::{Misuse, Misused};

/// A group of records: a source, for one policy domain, and whether it passed the mail on. A mail host that
/// sends for the owner and also forwards other people's copies makes two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupKey {
    /// The policy domain, by the number of the caller's.
    pub domain: u32,
    /// The source.
    pub source: SourceId,
    /// Whether these are the records whose class is forwarder.
    pub relayed: bool,
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
    pub(super) selectors: BTreeSet<u32>,
    /// The shortest author domain of its records, to find the owner's decision by.
    pub(super) author: Box<str>,
    /// The domains that its signed mail is from.
    pub(super) signed_for: BTreeSet<Box<str>>,
    volumes: Vec<(i64, u64)>,
    doubtful: Vec<(i64, AddressKey)>,
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
///
/// Records in the order of their days take the least memory.
#[derive(Debug)]
pub struct Groups {
    context: GroupContext,
    groups: Vec<(GroupKey, Group)>,
    index: IdMap<GroupKey, u32>,
    /// The group that a pair's records went to, and their domain.
    last: Vec<Option<(u32, u32)>>,
    failing_domains: IdMap<SourceId, BTreeSet<u32>>,
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
            groups: Vec::new(),
            index: IdMap::default(),
            last: Vec::new(),
            failing_domains: IdMap::default(),
            sending_domains: BTreeSet::new(),
            aligned_selectors: BTreeSet::new(),
            misuse: Misuse::default(),
        }
    }

    /// Adds a record and says which group it belongs to.
    pub fn add(&mut self, book: &Book<'_>, row: &Traffic) -> GroupKey {
        let pair = book.get(row.pair);
        let at = self.place(book, pair, row);
        let (key, group) = &mut self.groups[at as usize];
        group.add(pair, row, self.context.microsoft_reporters.contains(&row.reporter));
        self.misuse.add(book, pair, row);
        *key
    }

    /// Where the group of the records of a pair that were added last stands in [`Groups::all`].
    #[must_use]
    pub fn place_of(&self, pair: PairKey) -> Option<usize> {
        let (_, at) = (*self.last.get(pair.index())?)?;
        Some(at as usize)
    }

    /// Where the group of a record stands.
    fn place(&mut self, book: &Book<'_>, pair: &Pair, row: &Traffic) -> u32 {
        if let Some(&Some((domain, at))) = self.last.get(row.pair.index())
            && domain == row.domain
        {
            return at;
        }
        let key = pair.group(row.domain);
        let at = *self.index.entry(key).or_insert_with(|| {
            self.groups
                .push((key, Group { author: book.author(pair.combination).into(), ..Group::default() }));
            // A database holds fewer sources than 2^32.
            u32::try_from(self.groups.len() - 1).unwrap_or(u32::MAX)
        });
        if self.last.len() <= row.pair.index() {
            self.last.resize(row.pair.index() + 1, None);
        }
        self.last[row.pair.index()] = Some((row.domain, at));
        self.meet(book, pair, row, at);
        at
    }

    /// Notes what a pair adds to what is known of its group and domain, however many records it has.
    fn meet(&mut self, book: &Book<'_>, pair: &Pair, row: &Traffic, at: u32) {
        let selectors = book.selectors(pair.combination);
        let (_, group) = &mut self.groups[at as usize];
        let author = book.author(pair.combination);
        // A decision about a domain below is none about the group.
        if (author.len(), author) < (group.author.len(), &*group.author) {
            group.author = author.into();
        }
        group.selectors.extend(selectors);
        if pair.dkim == Some(true) {
            group.signed_for.insert(book.author(pair.combination).into());
        }
        if pair.fails() {
            self.failing_domains.entry(pair.source).or_default().insert(row.domain);
        }
        if pair.judgement.class == Class::Aligned {
            self.sending_domains.insert(row.domain);
            self.aligned_selectors.extend(selectors);
        }
    }

    /// The groups and what they add up to, in the order they were met.
    #[must_use]
    pub fn all(&self) -> &[(GroupKey, Group)] {
        &self.groups
    }

    /// One group.
    #[must_use]
    pub fn get(&self, key: GroupKey) -> Option<&Group> {
        self.index.get(&key).and_then(|&at| self.groups.get(at as usize)).map(|(_, group)| group)
    }

    /// The bursts of mail that replay one of the owner's signatures.
    #[must_use]
    pub fn misused(&self, book: &Book<'_>) -> Vec<Misused> {
        self.misuse.find(book)
    }

    /// The domains that a source's failing mail is from.
    pub(super) fn failing_domains(&self, source: SourceId) -> Option<&BTreeSet<u32>> {
        self.failing_domains.get(&source)
    }

    /// Whether a domain had no aligned mail at all.
    pub(super) fn never_sends(&self, domain: u32) -> bool {
        !self.sending_domains.contains(&domain)
    }

    /// Whether a domain's SPF record says that it never sends.
    pub(super) fn is_null(&self, domain: u32) -> bool {
        self.context.null_domains.contains(&domain)
    }

    pub(super) const fn aligned_selectors(&self) -> &BTreeSet<u32> {
        &self.aligned_selectors
    }
}

impl Pair {
    /// The group that its records of a policy domain belong to.
    fn group(&self, domain: u32) -> GroupKey {
        GroupKey { domain, source: self.source, relayed: self.judgement.class == Class::Forwarder }
    }

    /// Whether neither DKIM nor SPF passes aligned, by the reporter's word.
    fn fails(&self) -> bool {
        self.dkim == Some(false) && self.spf == Some(false)
    }
}

impl Group {
    /// All messages.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.classes.all()
    }

    /// Messages by day.
    #[must_use]
    pub fn volumes(&self) -> BTreeMap<Day, u64> {
        let mut volumes = BTreeMap::new();
        for &(day, messages) in &self.volumes {
            let total: &mut u64 = volumes.entry(Day(day)).or_default();
            *total = total.saturating_add(messages);
        }
        volumes
    }

    /// Whether there can be so many addresses of records that nothing speaks for.
    pub(super) const fn may_be_doubted_from(&self, addresses: usize) -> bool {
        self.doubtful.len() >= addresses
    }

    /// The addresses of records that nothing speaks for, by day.
    pub(super) fn doubtful(&self) -> BTreeMap<i64, BTreeSet<AddressKey>> {
        let mut doubtful: BTreeMap<i64, BTreeSet<AddressKey>> = BTreeMap::new();
        for &(day, address) in &self.doubtful {
            doubtful.entry(day).or_default().insert(address);
        }
        doubtful
    }

    fn add(&mut self, pair: &Pair, row: &Traffic, from_microsoft: bool) {
        let Pair { judgement, address, .. } = *pair;
        let messages = row.messages;
        let count = |total: &mut u64, counts: bool| {
            if counts {
                *total = total.saturating_add(messages);
            }
        };
        self.classes.add(judgement.class, messages);
        count(&mut self.failing, pair.fails());
        count(&mut self.spf_only, judgement.flags.spf_only);
        count(&mut self.broken, judgement.flags.broken);
        count(&mut self.ignored, judgement.flags.ignored);
        count(&mut self.spf_passing, pair.spf == Some(true));
        count(&mut self.spoken_against, judgement.rule == Rule::SpokenAgainst);
        count(&mut self.from_gateway, matches!(judgement.rule, Rule::GatewayFails | Rule::Gateway));
        count(&mut self.microsoft, from_microsoft);
        let Some(day) = row.day else { return };
        let (first, last) = self.days.get_or_insert((day, day));
        (*first, *last) = ((*first).min(day), (*last).max(day));
        match self.volumes.last_mut() {
            Some((same, total)) if *same == day.0 => count(total, true),
            _ => self.volumes.push((day.0, messages)),
        }
        let doubtful = matches!(judgement.class, Class::Unknown | Class::Unauthorised);
        if doubtful && self.doubtful.last() != Some(&(day.0, address)) {
            self.doubtful.push((day.0, address));
        }
    }
}
