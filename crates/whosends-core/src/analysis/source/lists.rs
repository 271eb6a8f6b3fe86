//! Messages by something, the busiest first.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::quality::RandomState;

use crate::analysis::tally::Tally;
use crate::model::{Day, Judged as Verdicts};

/// The most entries of a list.
pub const MOST: usize = 1000;

/// The messages that have something in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Item<K> {
    /// What they have in common.
    pub key: K,
    /// How many, and how they were judged.
    pub tally: Tally,
    /// The first and last day with one.
    pub days: Option<(Day, Day)>,
}

/// Messages by something, the busiest first.
#[derive(Debug, Clone, PartialEq)]
pub struct List<K> {
    /// The busiest entries, no more than [`MOST`].
    pub items: Vec<Item<K>>,
    /// How many entries there are in all.
    pub total: u64,
}

/// A sum while it grows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) tally: Tally,
    pub(super) days: Option<(Day, Day)>,
}

impl Sum {
    pub(super) fn of(verdicts: Verdicts, messages: u64, day: Option<Day>) -> Self {
        let mut tally = Tally::default();
        tally.add(verdicts, messages);
        Self { tally, days: day.map(|day| (day, day)) }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.days = match (self.days, other.days) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
    }
}

/// Sums by something.
#[derive(Debug)]
pub(super) struct Sums<K>(HashMap<K, Sum, RandomState>);

impl<K> Default for Sums<K> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Eq + Hash + Ord> Sums<K> {
    pub(super) fn add(&mut self, key: K, sum: Sum) {
        self.0.entry(key).or_default().merge(sum);
    }

    /// The entries with the most messages first, all of them.
    pub(super) fn ranked(self) -> Vec<(K, Sum)> {
        let mut all = Vec::from_iter(self.0);
        all.sort_unstable_by(|(a, one), (b, other)| {
            other.tally.messages.cmp(&one.tally.messages).then_with(|| a.cmp(b))
        });
        all
    }

    /// The list of the busiest, under other keys.
    pub(super) fn list<L>(self, mut name: impl FnMut(K) -> L) -> List<L> {
        let all = self.ranked();
        let total = all.len() as u64;
        let items = all.into_iter().take(MOST).map(|(key, Sum { tally, days })| {
            let key = name(key);
            Item { key, tally, days }
        });
        List { items: items.collect(), total }
    }
}
