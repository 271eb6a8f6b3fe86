//! Takes rows in little memory: those that are judged one by one, and the sums of those that are only learned from.

use std::hash::{BuildHasher, Hash};

use foldhash::HashMap as IdMap;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::by_pair::{ByPair, Incoming};
use super::ledger::Ledger;
use crate::model::{AddressId, CombinationId, Period, TrafficRow};

use crate::model::Day;
use crate::senders::{Learner, Seen};

/// The days, of some ninety, on which an address sends that is looked at alone, and its messages.
const STEADY_DAYS: u32 = 10;
const STEADY_MESSAGES: u64 = 100;

/// Takes the rows that are to be judged, and those to learn from.
#[derive(Debug)]
pub struct Intake {
    period: Period,
    learner: Learner,
    reporters: Numbered<u32>,
    met: Vec<Met>,
    /// What was seen of each of them on other days than those that are learned from, which are taken for some of 128.
    elsewhere: Vec<Seen>,
    /// Finds places in `met`.
    table: HashTable<u32>,
    hashes: RandomState,
    /// Domains by their ids.
    domains: Vec<(u32, Incoming)>,
    places: IdMap<u32, u32>,
    /// The domain and the day of the row before.
    at: u32,
    today: Today,
    /// The first day of any row of the period.
    first: Option<Day>,
}

/// Rows of which no more will come.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) learner: Learner,
    /// Addresses, combinations and pairs by their numbers.
    pub(super) addresses: Vec<AddressId>,
    pub(super) combinations: Vec<CombinationId>,
    pub(super) pairs: Vec<Pair>,
    /// Whether each address sends so steadily that it is looked at alone.
    pub(super) steady: Vec<bool>,
    pub(super) reporters: Vec<u32>,
    /// What is judged, by policy domain.
    pub(super) domains: Vec<(u32, ByPair)>,
    /// The first day of any row of the period.
    pub(super) first: Option<Day>,
}

/// An address and a combination that came together in mail of one policy domain, by their numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) address: u32,
    pub(super) combination: u32,
    /// The id of the policy domain.
    pub(super) domain: u32,
    /// What was seen of it on the days to learn from.
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

/// What there is to know of a day.
#[derive(Debug, Clone, Copy)]
struct Today {
    day: Option<Day>,
    /// One of 128; -1 where there is no day.
    bit: i64,
    /// As [`Learner::age`].
    age: Option<i64>,
    is_judged: bool,
}

impl Intake {
    /// Without rows, for judging those of a period. `newest` is the last day that is learned from where the
    /// period has no end.
    #[must_use]
    pub fn new(period: Period, newest: Day) -> Self {
        let learner = Learner::new(period.to.unwrap_or(newest));
        let today = Today::new(None, period, &learner);
        Self {
            period,
            learner,
            reporters: Numbered::default(),
            met: Vec::new(),
            elsewhere: Vec::new(),
            table: HashTable::new(),
            hashes: RandomState::default(),
            domains: Vec::new(),
            places: IdMap::default(),
            at: 0,
            today,
            first: None,
        }
    }

    /// The days to add rows of: the period, and the ninety days up to `newest` that are learned from.
    #[must_use]
    pub fn reach(period: Period, newest: Day) -> Period {
        let to = period.to.unwrap_or(newest);
        Period { from: period.from.map(|from| from.min(to.plus(1 - Learner::DAYS))), to: period.to }
    }

    /// Takes a row. Those of a domain have to come together: the memory of domains that take turns grows with all
    /// rows for each of them. Rows take the least time where addresses that are near each other come together too.
    pub fn add(&mut self, row: &TrafficRow) {
        let at = self.pair(row);
        if row.day != self.today.day {
            self.today = Today::new(row.day, self.period, &self.learner);
        }
        match self.today.age {
            Some(age) => {
                if let Some(met) = self.met.get_mut(at as usize) {
                    met.seen.add(age, row.messages);
                }
            }
            None => self.add_elsewhere(at, row.messages),
        }
        self.reporters.number(row.reporter);
        if self.today.is_judged {
            if let Some(day) = row.day.filter(|&day| self.first.is_none_or(|first| day < first)) {
                self.first = Some(day);
            }
            self.go_to(row.domain);
            let shared = (row.day, row.reporter, row.multi_day);
            if let Some((_, rows)) = self.domains.get_mut(self.at as usize) {
                rows.add(shared, at, row.messages);
            }
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

    /// Notes mail of a day that is not learned from.
    fn add_elsewhere(&mut self, at: u32, messages: u64) {
        let at = at as usize;
        if self.elsewhere.len() <= at {
            self.elsewhere.resize(self.met.len(), Seen::NOTHING);
        }
        if let Some(seen) = self.elsewhere.get_mut(at) {
            seen.add(self.today.bit, messages);
        }
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
        let Self { learner, reporters, met, elsewhere, table, domains, first, .. } = self;
        drop(table);
        let mut domains: Vec<_> = domains.into_iter().map(|(id, rows)| (id, rows.by_pair())).collect();
        domains.sort_unstable_by_key(|(id, _)| *id);
        let (mut addresses, mut combinations) = (Numbered::default(), Numbered::default());
        let mut seen: Vec<(Seen, Seen)> = Vec::new();
        let mut elsewhere = elsewhere.into_iter();
        let pairs = met.into_iter().map(|Met { key, seen: mine }| {
            let address = addresses.number(key.address);
            seen.resize(addresses.values.len(), (Seen::NOTHING, Seen::NOTHING));
            if let Some((learned, other)) = seen.get_mut(address as usize) {
                learned.merge(mine);
                other.merge(elsewhere.next().unwrap_or(Seen::NOTHING));
            }
            let combination = combinations.number(key.combination);
            Pair { address, combination, domain: key.domain, seen: mine }
        });
        let pairs = pairs.collect();
        let steady = seen.into_iter().map(|(learned, other)| {
            learned.days() + other.days() >= STEADY_DAYS
                && learned.messages() + other.messages() >= STEADY_MESSAGES
        });
        let steady = steady.collect();
        let (addresses, combinations) = (addresses.values, combinations.values);
        let reporters = reporters.values;
        Ledger(Rows { learner, addresses, combinations, pairs, steady, reporters, domains, first })
    }
}

impl Today {
    fn new(day: Option<Day>, period: Period, learner: &Learner) -> Self {
        Self {
            day,
            bit: day.map_or(-1, |day| day.0.rem_euclid(128)),
            age: day.and_then(|day| learner.age(day)),
            is_judged: period.holds(day),
        }
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
