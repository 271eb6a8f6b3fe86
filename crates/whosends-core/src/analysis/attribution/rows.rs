//! Rows in little memory: those that are judged one by one, and the sums of those that are only learned from.

use std::hash::Hash;

use foldhash::HashMap as IdMap;

use crate::analysis::period::Period;
use crate::analysis::sources::{Id, Row, different};
use crate::model::Day;
use crate::senders::{Learner, Seen};

/// Pairs of one address that are looked through one after the other; more are found by their hashes.
const FEW: u32 = 8;
/// The rows that are taken together.
const BATCH: usize = 256;
/// Stands for no pair.
const NONE: u32 = u32::MAX;
/// Stands for a number of messages that is kept elsewhere.
const LARGE: u32 = u32::MAX;

/// Takes rows.
#[derive(Debug)]
pub(super) struct Rows<A, C> {
    /// The days that are judged; others only teach.
    pub(super) period: Period,
    learner: Learner,
    pub(super) addresses: Numbered<A>,
    pub(super) combinations: Numbered<C>,
    pub(super) reporters: Numbered<u32>,
    /// By the numbers of addresses.
    pub(super) met: Vec<Met>,
    pub(super) pairs: Vec<Pair>,
    /// Pairs of addresses that have many: by domain, address and combination.
    many: IdMap<(u32, u32, C), u32>,
    domains: Vec<DomainRows>,
    places: IdMap<u32, u32>,
    /// The domain and the day of the row before.
    at: u32,
    today: Today,
    /// The first day of any row of the period.
    pub(super) first: Option<Day>,
}

/// An address and a combination that came together in mail of one policy domain, by their numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) address: u32,
    pub(super) combination: u32,
    /// The pair before of the same address and domain.
    before: u32,
    /// What was seen of it on the days to learn from.
    pub(super) seen: Seen,
}

/// What was met of an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    /// Its mail on all days, which are taken for some of 128.
    pub(super) seen: Seen,
    /// Its newest pair, the domain of that, and how many pairs it has there.
    domain: u32,
    newest: u32,
    pairs: u32,
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

/// The rows of a policy domain that are judged.
#[derive(Debug, Default)]
pub(super) struct DomainRows {
    id: u32,
    stretches: Vec<Stretch>,
    entries: Vec<Entry>,
    /// The messages of entries that have too many, in their order.
    large: Vec<u64>,
}

/// Rows of one report, as a rule: everything they share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) day: Option<Day>,
    pub(super) reporter: u32,
    pub(super) multi_day: bool,
    /// Where its entries end.
    end: usize,
}

/// What a row has to itself.
#[derive(Debug, Clone, Copy)]
struct Entry {
    pair: u32,
    messages: u32,
}

impl<A: Id, C: Id> Rows<A, C> {
    /// No rows yet; `newest` is the last day that is learned from where the period has no end.
    pub(super) fn new(period: Period, newest: Day) -> Self {
        let learner = Learner::new(period.to.unwrap_or(newest));
        let today = Today::new(None, period, &learner);
        Self {
            period,
            learner,
            addresses: Numbered::default(),
            combinations: Numbered::default(),
            reporters: Numbered::default(),
            met: Vec::new(),
            pairs: Vec::new(),
            many: IdMap::default(),
            domains: Vec::new(),
            places: IdMap::default(),
            at: 0,
            today,
            first: None,
        }
    }

    /// Takes rows.
    pub(super) fn add(&mut self, rows: &[Row<A, C>]) {
        for rows in rows.chunks(BATCH) {
            let mut addresses = [0; BATCH];
            for (address, row) in addresses.iter_mut().zip(rows) {
                *address = self.addresses.number(row.address);
            }
            self.met.resize(self.addresses.values.len(), Met::NOTHING);
            self.touch(&addresses[..rows.len()]);
            rows.iter().zip(addresses).for_each(|(row, address)| self.add_one(row, address));
        }
    }

    /// Looks at what is about to be needed. The rows of a report are from addresses here and there, so that nearly
    /// each is waited for; here they are waited for together.
    fn touch(&self, addresses: &[u32]) {
        let newest = addresses.iter().filter_map(|&address| self.met.get(address as usize));
        let mut pairs = [NONE; BATCH];
        pairs.iter_mut().zip(newest).for_each(|(pair, met)| *pair = met.newest);
        let found = pairs.iter().filter_map(|&pair| self.pairs.get(pair as usize));
        std::hint::black_box(found.fold(0, |all, pair| all ^ pair.combination));
    }

    fn add_one(&mut self, row: &Row<A, C>, address: u32) {
        if row.day != self.today.day {
            self.today = Today::new(row.day, self.period, &self.learner);
        }
        self.go_to(row.domain);
        let at = self.pair(row.domain, address, row.combination);
        let Some(pair) = self.pairs.get_mut(at as usize) else { return };
        if let Some(met) = self.met.get_mut(address as usize) {
            met.seen.add(self.today.bit, row.messages);
        }
        if let Some(age) = self.today.age {
            pair.seen.add(age, row.messages);
        }
        self.reporters.number(row.reporter);
        if self.today.is_judged {
            if let Some(day) = row.day.filter(|&day| self.first.is_none_or(|first| day < first)) {
                self.first = Some(day);
            }
            let shared = (row.day, row.reporter, row.multi_day);
            if let Some(rows) = self.domains.get_mut(self.at as usize) {
                rows.add(shared, at, row.messages);
            }
        }
    }

    /// Goes to the rows of a domain.
    fn go_to(&mut self, id: u32) {
        if self.domains.get(self.at as usize).is_some_and(|rows| rows.id == id) {
            return;
        }
        let next = number(self.domains.len());
        self.at = *self.places.entry(id).or_insert(next);
        if self.at == next {
            self.domains.push(DomainRows { id, ..DomainRows::default() });
        }
    }

    /// The number of a pair.
    fn pair(&mut self, domain: u32, address: u32, combination: C) -> u32 {
        let met = match self.met.get_mut(address as usize) {
            Some(met) if met.domain == domain => *met,
            Some(met) => {
                *met = Met { domain, newest: NONE, pairs: 0, ..*met };
                *met
            }
            None => return NONE,
        };
        if met.pairs >= FEW {
            if let Some(&found) = self.many.get(&(domain, address, combination)) {
                return found;
            }
        } else if let Some(found) = self.before(met.newest).find(|&at| self.says(at, combination)) {
            return found;
        }
        self.new_pair(address, met, combination)
    }

    /// A pair of an address, and those before it.
    fn before(&self, newest: u32) -> impl Iterator<Item = u32> {
        let found = |at: u32| self.pairs.get(at as usize).map(|_| at);
        std::iter::successors(found(newest), move |&at| found(self.pairs[at as usize].before))
    }

    /// Whether a pair is of a combination.
    fn says(&self, pair: u32, combination: C) -> bool {
        let number = self.pairs[pair as usize].combination;
        self.combinations.values.get(number as usize) == Some(&combination)
    }

    fn new_pair(&mut self, address: u32, met: Met, combination: C) -> u32 {
        let at = number(self.pairs.len());
        let said = self.combinations.number(combination);
        self.pairs.push(Pair { address, combination: said, before: met.newest, seen: Seen::default() });
        let pairs = met.pairs.saturating_add(1);
        if let Some(mine) = self.met.get_mut(address as usize) {
            (mine.newest, mine.pairs) = (at, pairs);
        }
        if pairs == FEW {
            // From here on they are looked up.
            let all: Vec<u32> = self.before(at).collect();
            for pair in all {
                let combination = self.combinations.values[self.pairs[pair as usize].combination as usize];
                self.many.insert((met.domain, address, combination), pair);
            }
        } else if pairs > FEW {
            self.many.insert((met.domain, address, combination), at);
        }
        at
    }

    /// The ids of the policy domains, in order.
    pub(super) fn domains(&self) -> Vec<u32> {
        different(self.domains.iter().map(|rows| rows.id))
    }

    /// The rows of a domain that are judged.
    pub(super) fn of(&self, domain: u32) -> Option<&DomainRows> {
        self.places.get(&domain).and_then(|&at| self.domains.get(at as usize))
    }

    /// Learns nothing yet, from the days that the rows were added up for.
    pub(super) fn learner(&self) -> Learner {
        self.learner.clone()
    }
}

impl Met {
    const NOTHING: Self = Self { seen: Seen::NOTHING, domain: 0, newest: NONE, pairs: 0 };
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

impl DomainRows {
    fn add(&mut self, (day, reporter, multi_day): (Option<Day>, u32, bool), pair: u32, messages: u64) {
        let messages = u32::try_from(messages).ok().filter(|&few| few < LARGE).unwrap_or_else(|| {
            self.large.push(messages);
            LARGE
        });
        self.entries.push(Entry { pair, messages });
        let end = self.entries.len();
        match self.stretches.last_mut() {
            Some(last) if (last.day, last.reporter, last.multi_day) == (day, reporter, multi_day) => {
                last.end = end;
            }
            _ => self.stretches.push(Stretch { day, reporter, multi_day, end }),
        }
    }

    /// Visits each row with what it shares with others, its pair and its messages. `touch` looks at what is known of
    /// a pair, shortly before it is needed: as [`Rows::touch`].
    pub(super) fn iter<'r>(
        &'r self,
        touch: impl Fn(u32) -> u32 + Copy + 'r,
    ) -> impl Iterator<Item = (&'r Stretch, u32, u64)> {
        let mut large = self.large.iter();
        let mut start = 0;
        self.stretches
            .iter()
            .flat_map(move |stretch| {
                let entries = self.entries.get(start..stretch.end).unwrap_or_default();
                start = stretch.end;
                entries.chunks(BATCH).flat_map(move |entries| {
                    std::hint::black_box(entries.iter().fold(0, |all, entry| all ^ touch(entry.pair)));
                    entries.iter().map(move |entry| (stretch, entry))
                })
            })
            .map(move |(stretch, entry)| {
                let messages = match entry.messages {
                    LARGE => large.next().copied().unwrap_or(u64::from(LARGE)),
                    few => u64::from(few),
                };
                (stretch, entry.pair, messages)
            })
    }
}

/// Different values, numbered as they come.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    pub(super) values: Vec<T>,
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

    pub(super) fn sorted(&self) -> Vec<T> {
        let mut values = self.values.clone();
        values.sort_unstable();
        values
    }
}

/// A database holds fewer of anything than 2^32: its ids are of that size.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
