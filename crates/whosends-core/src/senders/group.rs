//! What the records of each source add up to: the material of the rules that need a group.

use std::collections::{BTreeSet, HashSet};

use crate::model::Day;
use crate::model::series::Series;

use super::book::{AddressKey, Book, CombinationKey, Pair, PairKey, SourceId, Traffic};
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

    /// Adds those of others.
    pub fn merge(&mut self, other: Self) {
        Class::ALL.iter().for_each(|&class| self.add(class, other.of(class)));
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
    /// A combination with the shortest author domain of its records, to find the owner's decision by.
    pub(super) author: Option<CombinationKey>,
    /// A combination that is signed, and whether there are some of another author domain.
    signed: Option<CombinationKey>,
    pub(super) signed_for_several: bool,
    volumes: Series<Day>,
    /// The addresses of records that nothing speaks for, by day.
    pub(super) doubtful: Vec<(i64, AddressKey)>,
    /// The messages of these.
    pub(super) doubted: u64,
}

/// What the caller knows of reporters and domains.
#[derive(Debug, Clone, Default)]
pub struct GroupContext {
    /// Reporters that report for Microsoft's mailboxes, where the address is often a recipient's own gateway.
    pub microsoft_reporters: BTreeSet<u32>,
    /// Policy domains that declare in DNS that they have no mail: a null MX beside `v=spf1 -all`.
    pub null_domains: BTreeSet<u32>,
}

/// The records of a stretch of time, by source.
#[derive(Debug)]
pub struct Groups {
    context: GroupContext,
    groups: Vec<(GroupKey, Group)>,
    index: IdMap<GroupKey, usize>,
    domains: BTreeSet<u32>,
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
            domains: BTreeSet::new(),
            sending_domains: BTreeSet::new(),
            aligned_selectors: BTreeSet::new(),
            misuse: Misuse::default(),
        }
    }

    /// Makes room for so many groups. One that is not used takes no memory, but a list that has to move leaves a hole.
    pub(crate) fn reserve(&mut self, groups: usize) {
        self.groups.reserve(groups);
        self.index.reserve(groups);
    }

    /// Adds a record and says which group it belongs to.
    pub fn add(&mut self, book: &Book<'_>, row: &Traffic) -> GroupKey {
        let at = self.add_all(book, row.pair, row.domain, &std::iter::once(*row));
        self.groups[at].0
    }

    /// Adds records of one pair and policy domain, and says where their group stands in [`Groups::all`]. That takes
    /// less time than to add them one by one.
    pub fn add_all(
        &mut self,
        book: &Book<'_>,
        pair: PairKey,
        domain: u32,
        rows: &(impl Iterator<Item = Traffic> + Clone),
    ) -> usize {
        let pair = book.get(pair);
        let at = self.place(book, pair, domain);
        if let Some((first, _)) = self.groups[at].1.add(pair, rows.clone(), &self.context.microsoft_reporters)
        {
            self.misuse.add(book, pair, first, rows);
        }
        at
    }

    /// Where the group of a pair stands.
    fn place(&mut self, book: &Book<'_>, pair: &Pair, domain: u32) -> usize {
        let key = pair.group(domain);
        let next = self.groups.len();
        let at = *self.index.entry(key).or_insert(next);
        if at == next {
            self.groups.push((key, Group::default()));
        }
        self.meet(book, pair, domain, at);
        at
    }

    /// Notes what a pair adds to what is known of its group and domain, however many records it has.
    fn meet(&mut self, book: &Book<'_>, pair: &Pair, domain: u32, at: usize) {
        let selectors = book.selectors(pair.combination);
        let (_, group) = &mut self.groups[at];
        group.meet(book, pair);
        group.selectors.extend(selectors);
        self.domains.insert(domain);
        if pair.judgement.class == Class::Aligned {
            self.sending_domains.insert(domain);
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
        self.place_of(key).and_then(|at| self.groups.get(at)).map(|(_, group)| group)
    }

    /// Where a group stands in [`Groups::all`].
    #[must_use]
    pub fn place_of(&self, key: GroupKey) -> Option<usize> {
        self.index.get(&key).copied()
    }

    /// The bursts of mail that replay one of the owner's signatures.
    #[must_use]
    pub fn misused(&self, book: &Book<'_>) -> Vec<Misused> {
        self.misuse.find(book)
    }

    /// The addresses from which nothing passes in the name of so many domains, one of which never sends.
    pub(super) fn campaigners(&self, least: usize) -> HashSet<AddressKey> {
        if self.domains.len() < least {
            return HashSet::new();
        }
        let mut domains: IdMap<AddressKey, BTreeSet<u32>> = IdMap::default();
        for (key, group) in &self.groups {
            for &(_, address) in &group.doubtful {
                domains.entry(address).or_default().insert(key.domain);
            }
        }
        let many = domains.into_iter().filter(|(_, domains)| {
            domains.len() >= least && domains.iter().any(|&domain| self.never_sends(domain))
        });
        many.map(|(address, _)| address).collect()
    }

    /// Whether a domain had no aligned mail at all.
    pub(super) fn never_sends(&self, domain: u32) -> bool {
        !self.sending_domains.contains(&domain)
    }

    /// Whether a domain declares in DNS that it has no mail, and no mail of it passes.
    pub(super) fn is_null(&self, domain: u32) -> bool {
        self.context.null_domains.contains(&domain) && self.never_sends(domain)
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

    /// Messages by day, in order.
    #[must_use]
    pub fn volumes(&self) -> Vec<(Day, u64)> {
        self.volumes.sorted()
    }

    /// Notes the author domain of a pair.
    fn meet(&mut self, book: &Book<'_>, pair: &Pair) {
        let author = book.author(pair.combination);
        let mine = self.author.map(|mine| book.author(mine));
        // A decision about a domain below is none about the group.
        if mine.is_none_or(|mine| (author.len(), author) < (mine.len(), mine)) {
            self.author = Some(pair.combination);
        }
        if pair.dkim == Some(true) {
            let signed = *self.signed.get_or_insert(pair.combination);
            self.signed_for_several |= signed != pair.combination && book.author(signed) != author;
        }
    }

    /// Adds records of a pair, and gives the first and last day of these.
    fn add(
        &mut self,
        pair: &Pair,
        rows: impl Iterator<Item = Traffic>,
        microsoft: &BTreeSet<u32>,
    ) -> Option<(Day, Day)> {
        let Pair { judgement, address, .. } = *pair;
        let is_doubtful = matches!(
            judgement.rule,
            Rule::NothingKnown | Rule::SpokenAgainst | Rule::RefusedBySpf | Rule::Wave
        );
        let (mut messages, mut from_microsoft) = (0u64, 0u64);
        let mut days = None;
        for row in rows {
            messages = messages.saturating_add(row.messages);
            if microsoft.contains(&row.reporter) {
                from_microsoft = from_microsoft.saturating_add(row.messages);
            }
            let Some(day) = row.day else { continue };
            let (first, last) = days.get_or_insert((day, day));
            (*first, *last) = ((*first).min(day), (*last).max(day));
            self.volumes.add(day, row.messages);
            if is_doubtful {
                self.doubt(day, address);
            }
        }
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
        count(&mut self.doubted, is_doubtful);
        count(&mut self.spoken_against, is_doubtful && judgement.class == Class::Unauthorised);
        count(&mut self.from_gateway, matches!(judgement.rule, Rule::GatewayFails | Rule::Gateway));
        self.microsoft = self.microsoft.saturating_add(from_microsoft);
        self.days = match (self.days, days) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (mine, theirs) => mine.or(theirs),
        };
        days
    }

    /// Notes that a record from an address has nothing that speaks for it.
    fn doubt(&mut self, Day(day): Day, address: AddressKey) {
        if self.doubtful.last() != Some(&(day, address)) {
            self.doubtful.push((day, address));
        }
    }
}
