//! Takes rows in little memory.

use std::hash::{BuildHasher, Hash};

use foldhash::HashMap as IdMap;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::by_pair::{ByPair, Incoming};
use super::ledger::Ledger;
use crate::model::{AddressId, CombinationId, Day, TrafficRow};
use crate::senders::Seen;

/// The days on which an address sends that is looked at alone, and its messages.
const STEADY_DAYS: u32 = 10;
const STEADY_MESSAGES: u64 = 100;

/// Takes the rows that are to be judged, or those to learn from.
#[derive(Debug, Default)]
pub struct Intake {
    reporters: Numbered<u32>,
    met: Vec<Met>,
    /// Finds places in `met`.
    table: HashTable<u32>,
    hashes: RandomState,
    /// Domains by their ids.
    domains: Vec<(u32, Incoming)>,
    places: IdMap<u32, u32>,
    /// The domain of the row before.
    at: u32,
    /// The first day of any row.
    first: Option<Day>,
}

/// Rows of which no more will come.
#[derive(Debug)]
pub(super) struct Rows {
    /// Addresses, combinations and pairs by their numbers.
    pub(super) addresses: Vec<AddressId>,
    pub(super) combinations: Vec<CombinationId>,
    pub(super) pairs: Vec<Pair>,
    pub(super) reporters: Vec<u32>,
    /// By policy domain.
    pub(super) domains: Vec<(u32, ByPair)>,
    /// The first day of any row.
    pub(super) first: Option<Day>,
}

/// An address and a combination that came together in mail of one policy domain, by their numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) address: u32,
    pub(super) combination: u32,
    /// The id of the policy domain.
    pub(super) domain: u32,
    /// What was seen of it.
    pub(super) seen: Seen,
}

/// A pair while rows come.
#[derive(Debug, Clone, Copy)]
struct Met {
    key: Key,
    seen: Seen,
}

/// An address, a combination, and the policy domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    address: AddressId,
    combination: CombinationId,
    domain: u32,
}

impl Intake {
    /// Takes a row. Those of a domain have to come together: the memory of domains that take turns grows with all
    /// rows for each of them. Rows take the least time where addresses that are near each other come together too.
    pub fn add(&mut self, row: &TrafficRow) {
        let at = self.pair(row);
        if let (Some(day), Some(met)) = (row.day, self.met.get_mut(at as usize)) {
            met.seen.add(day, row.messages);
            if self.first.is_none_or(|first| day < first) {
                self.first = Some(day);
            }
        }
        self.reporters.number(row.reporter);
        self.go_to(row.domain);
        if let Some((_, rows)) = self.domains.get_mut(self.at as usize) {
            rows.add((row.day, row.reporter, row.multi_day), at, row.messages);
        }
    }

    /// Where the pair of a row stands.
    fn pair(&mut self, row: &TrafficRow) -> u32 {
        let key = Key { address: row.address, combination: row.combination, domain: row.domain };
        let hash = self.hashes.hash_one(key);
        let met = &self.met;
        let is_same = |&at: &u32| met.get(at as usize).is_some_and(|met| met.key == key);
        if let Some(&at) = self.table.find(hash, is_same) {
            return at;
        }
        let at = number(self.met.len());
        self.met.push(Met { key, seen: Seen::default() });
        let (met, hashes) = (&self.met, &self.hashes);
        self.table
            .insert_unique(hash, at, |&at| met.get(at as usize).map_or(0, |met| hashes.hash_one(met.key)));
        at
    }

    /// Goes to the rows of a domain.
    fn go_to(&mut self, id: u32) {
        if self.domains.get(self.at as usize).is_some_and(|(mine, _)| *mine == id) {
            return;
        }
        let next = number(self.domains.len());
        self.at = *self.places.entry(id).or_insert(next);
        if self.at == next {
            self.domains.push((id, Incoming::default()));
        }
    }

    /// The rows, of which no more will come: those of each pair side by side, without what only finds them.
    #[must_use]
    pub fn finish(self) -> Ledger {
        let Self { reporters, met, table, domains, first, .. } = self;
        drop(table);
        let mut domains: Vec<_> = domains.into_iter().map(|(id, rows)| (id, rows.by_pair())).collect();
        domains.sort_unstable_by_key(|(id, _)| *id);
        let (mut addresses, mut combinations) = (Numbered::default(), Numbered::default());
        let pairs = met.into_iter().map(|Met { key, seen }| {
            let (address, combination) =
                (addresses.number(key.address), combinations.number(key.combination));
            Pair { address, combination, domain: key.domain, seen }
        });
        let pairs = pairs.collect();
        let (addresses, combinations) = (addresses.values, combinations.values);
        let reporters = reporters.values;
        Ledger(Rows { addresses, combinations, pairs, reporters, domains, first })
    }
}

impl Rows {
    /// The addresses that send so steadily that each is looked at alone.
    pub(super) fn steady(&self) -> impl Iterator<Item = AddressId> {
        let mut seen = vec![Seen::NOTHING; self.addresses.len()];
        for pair in &self.pairs {
            if let Some(seen) = seen.get_mut(pair.address as usize) {
                seen.merge(pair.seen);
            }
        }
        let steady = self.addresses.iter().zip(seen);
        let steady =
            steady.filter(|(_, seen)| seen.days() >= STEADY_DAYS && seen.messages() >= STEADY_MESSAGES);
        steady.map(|(&address, _)| address)
    }
}

/// Different values, numbered as they come.
#[derive(Debug)]
struct Numbered<T> {
    values: Vec<T>,
    numbers: IdMap<T, u32>,
    /// The value before: rows come in an order.
    last: u32,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: IdMap::default(), last: 0 }
    }
}

impl<T: Copy + Eq + Hash + Ord> Numbered<T> {
    fn number(&mut self, value: T) -> u32 {
        if self.values.get(self.last as usize) == Some(&value) {
            return self.last;
        }
        let next = number(self.values.len());
        self.last = *self.numbers.entry(value).or_insert(next);
        if self.last == next {
            self.values.push(value);
        }
        self.last
    }
}

/// A database holds fewer of anything than 2^32: its ids are of that size.
pub(super) fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
