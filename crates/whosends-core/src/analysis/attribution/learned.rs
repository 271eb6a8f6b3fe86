//! What was learned from the mail of all policy domains, apart from any question.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::rows::Rows;
use crate::model::{AddressId, CombinationId, Day};
use crate::senders::{
    AddressKey, Book, Confidence, Findings, GroupKey, GroupRule, Groups, Lessons, PairKey, SourceKey,
};

/// Mail of one policy domain, by its id, from one address that says the same.
type Mail = (u32, AddressId, CombinationId);
/// A source of one policy domain, and whether it passed the mail on.
type Source = (u32, SourceKey, bool);

/// What was learned from the mail of all policy domains: [`Ledger::learn`](super::Ledger::learn) makes it. Every record
/// is judged by it, whichever others were asked for, so that all questions agree on its sender and class.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    pub(super) lessons: Lessons,
    /// The addresses that send so steadily that each is looked at alone.
    pub(super) steady: HashSet<AddressId>,
    /// The mail of waves, and the first day of each wave.
    waves: HashMap<Mail, Day>,
    /// Mail that a rule for groups took for what a service passed on.
    passed_on: HashSet<Mail>,
    misused: BTreeSet<(AddressId, Day)>,
    campaigners: HashSet<AddressId>,
    rules: HashMap<Source, (GroupRule, Confidence)>,
}

impl Learned {
    /// Keeps what was found by the keys of a book under the ids of the database.
    pub(super) fn new(
        lessons: Lessons,
        steady: HashSet<AddressId>,
        rows: &Rows,
        book: &Book<'_>,
        (waves, passed_on): (&[(PairKey, Day)], &[PairKey]),
        findings: Findings,
    ) -> Self {
        // Pairs were read in the order of their numbers, and so were addresses.
        let waves = waves.iter().filter_map(|&(key, day)| Some((mail(rows, key)?, day)));
        let passed_on = passed_on.iter().filter_map(|&key| mail(rows, key));
        let id = |key: AddressKey| rows.addresses.get(key.index()).copied();
        let misused = findings.misused.iter().filter_map(|&(key, day)| Some((id(key)?, day)));
        let campaigners = findings.campaigners.iter().filter_map(|&key| id(key));
        let rules = findings.rules.into_iter().map(|(key, rule)| (source(key, book), rule));
        Self {
            lessons,
            steady,
            waves: waves.collect(),
            passed_on: passed_on.collect(),
            misused: misused.collect(),
            campaigners: campaigners.collect(),
            rules: rules.collect(),
        }
    }

    /// The pairs whose mail is that of waves.
    pub(super) fn waves(&self, rows: &Rows, pairs: &[PairKey]) -> impl Iterator<Item = (PairKey, Day)> {
        let pairs = if self.waves.is_empty() { &[] } else { pairs };
        pairs.iter().filter_map(|&key| Some((key, *self.waves.get(&mail(rows, key)?)?)))
    }

    /// The pairs whose mail a service passed on.
    pub(super) fn passed_on(&self, rows: &Rows, pairs: &[PairKey]) -> impl Iterator<Item = PairKey> {
        let pairs = if self.passed_on.is_empty() { &[] } else { pairs };
        let is_passed_on = |key| mail(rows, key).is_some_and(|mail| self.passed_on.contains(&mail));
        pairs.iter().copied().filter(move |&key| is_passed_on(key))
    }

    /// What was found, by the keys of another book.
    pub(super) fn findings(&self, rows: &Rows, book: &Book<'_>, groups: &Groups) -> Findings {
        let mut found = Findings::default();
        if !self.misused.is_empty() || !self.campaigners.is_empty() {
            let keys = rows.addresses.iter().enumerate();
            let keys: HashMap<AddressId, AddressKey> =
                keys.map(|(at, &id)| (id, AddressKey::at(at))).collect();
            let key = |id| keys.get(id).copied();
            found.misused = self.misused.iter().filter_map(|(id, day)| Some((key(id)?, *day))).collect();
            found.campaigners = self.campaigners.iter().filter_map(key).collect();
        }
        if !self.rules.is_empty() {
            let rules = groups
                .all()
                .iter()
                .filter_map(|&(key, _)| Some((key, self.rules.get(&source(key, book))?.clone())));
            found.rules = rules.collect();
        }
        found
    }
}

fn mail(rows: &Rows, key: PairKey) -> Option<Mail> {
    let pair = rows.pairs.get(key.index())?;
    let address = rows.addresses.get(pair.address as usize)?;
    let combination = rows.combinations.get(pair.combination as usize)?;
    Some((pair.domain, *address, *combination))
}

fn source(key: GroupKey, book: &Book<'_>) -> Source {
    (key.domain, book.sources()[key.source.index()].clone(), key.relayed)
}
