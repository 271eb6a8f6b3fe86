//! From rows to judged rows.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::IpAddr;

use foldhash::quality::RandomState;

use super::judged::{Judged, JudgedRow};
use super::own_dns::OwnDns;
use crate::analysis::period::Period;
use crate::analysis::sources::{Id, Names, Row, different};
use crate::model::{Combination, Day, Name};
use crate::senders::{
    AddressFacts, AddressKey, Book, Catalogue, CombinationKey, Decision, GroupContext, GroupJudge, Groups,
    Learner, Owner, PairKey, Ranges, Seen, SourceKey, Traffic,
};

/// The days, of some ninety, on which an address sends that is looked at alone, and its messages.
const STEADY_DAYS: u32 = 10;
const STEADY_MESSAGES: u64 = 100;

/// The owner's word on a source of one policy domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeDecision {
    /// The policy domain it is for, with those below it.
    pub domain: Name,
    /// The source.
    pub source: SourceKey,
    /// The word.
    pub decision: Decision,
}

/// What is known besides the reports.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    /// The services.
    pub catalogue: &'a Catalogue,
    /// What the services list in SPF.
    pub ranges: &'a Ranges,
    /// What is known of addresses; of those that are not in it, nothing is.
    pub facts: &'a HashMap<IpAddr, AddressFacts>,
    /// What DNS says of the owner.
    pub own_dns: &'a [OwnDns],
    /// Every policy domain of the database: they are taken to have one owner.
    pub domains: &'a [Name],
    /// What the owner decided.
    pub decisions: &'a [MadeDecision],
}

/// Takes rows, and judges them once everything is there.
#[derive(Debug)]
pub struct Ledger<A, C> {
    /// The days that are judged; earlier ones only teach.
    period: Period,
    /// The domain that is judged, with those below it; of others, rows only teach.
    about: Option<Name>,
    addresses: Numbered<A>,
    combinations: Numbered<C>,
    days: Numbered<Option<Day>>,
    reporters: Numbered<u32>,
    /// The addresses and combinations that came together, by their numbers.
    pairs: Numbered<(u32, u32)>,
    entries: HashMap<u32, Vec<Entry>, RandomState>,
}

/// One row: numbers in place of what they stand for.
#[derive(Debug, Clone, Copy)]
struct Entry {
    pair: u32,
    day: u32,
    reporter: u32,
    multi_day: bool,
    messages: u64,
}

/// What was seen of whom.
#[derive(Debug)]
struct Sums {
    /// By address, on all days, which are taken for some of 128.
    addresses: Vec<Seen>,
    /// By pair, on the days to learn from.
    pairs: Vec<Seen>,
}

impl<A: Id, C: Id> Ledger<A, C> {
    /// A ledger without rows, for judging those of a period.
    #[must_use]
    pub fn new(period: Period) -> Self {
        Self {
            period,
            about: None,
            addresses: Numbered::default(),
            combinations: Numbered::default(),
            days: Numbered::default(),
            reporters: Numbered::default(),
            pairs: Numbered::default(),
            entries: HashMap::default(),
        }
    }

    /// Hands over the judged rows of one domain only, with those below it. What the others show speaks for and
    /// against its sources all the same: rows of every domain are to be added.
    #[must_use]
    pub fn about(self, domain: Option<Name>) -> Self {
        Self { about: domain, ..self }
    }

    /// The days to add rows of: the period, and the ninety days up to `newest` that are learned from.
    #[must_use]
    pub fn reach(period: Period, newest: Day) -> Period {
        let to = period.to.unwrap_or(newest);
        Period { from: period.from.map(|from| from.min(to.plus(1 - Learner::DAYS))), to: period.to }
    }

    /// Takes a row. Rows in the order of their days take the least time.
    pub fn add(&mut self, row: &Row<A, C>) {
        let pair = (self.addresses.number(row.address), self.combinations.number(row.combination));
        let entry = Entry {
            pair: self.pairs.number(pair),
            day: self.days.number(row.day),
            reporter: self.reporters.number(row.reporter),
            multi_day: row.multi_day,
            messages: row.messages,
        };
        self.entries.entry(row.domain).or_default().push(entry);
    }

    /// The ids of the policy domains that [`Names`] must hold.
    #[must_use]
    pub fn domains(&self) -> Vec<u32> {
        different(self.entries.keys().copied())
    }

    /// The ids of the reporters that [`Names`] must hold.
    #[must_use]
    pub fn reporters(&self) -> Vec<u32> {
        self.reporters.sorted()
    }

    /// The ids of the combinations that [`Names`] must hold.
    #[must_use]
    pub fn combinations(&self) -> Vec<C> {
        self.combinations.sorted()
    }

    /// The ids of the addresses that [`Names`] must hold.
    #[must_use]
    pub fn addresses(&self) -> Vec<A> {
        self.addresses.sorted()
    }

    /// Judges the rows, and hands over those of one domain after the other, in the order of their ids.
    /// `newest` is the last day that is learned from where the period has no end.
    pub fn judge(
        &self,
        names: &Names<A, C>,
        knowledge: &Knowledge<'_>,
        newest: Day,
        visit: &mut dyn FnMut(&Judged<'_, A, C>),
    ) {
        let mut book = Book::new(knowledge.catalogue, knowledge.ranges, knowledge.owner());
        let mut learner = Learner::new(self.period.to.unwrap_or(newest));
        let sums = self.sums(&learner);
        let pairs = self.read(&mut book, &sums, names, knowledge);
        for (&pair, &seen) in pairs.iter().zip(&sums.pairs) {
            learner.add_all(&book, pair, seen);
        }
        book.learn(&learner);
        drop(sums);
        let domains = self.domains();
        let mut groups = Groups::new(context(names, knowledge));
        for &id in &domains {
            self.each(id, &pairs, |_, row| {
                groups.add(&book, row);
            });
        }
        let judge = GroupJudge::new(&groups, &book);
        let classes: HashMap<_, _, _> =
            groups.all().iter().map(|&(key, _)| (key, judge.judge(key))).collect();
        let settled: Vec<_> = groups.all().iter().map(|(key, _)| (*key, &classes[key])).collect();
        for id in domains {
            let Some(domain) = names.domains.get(&id).filter(|domain| self.is_about(domain)) else {
                continue;
            };
            let mut rows = Vec::with_capacity(self.entries.get(&id).map_or(0, Vec::len));
            self.each(id, &pairs, |entry, row| {
                let (judgement, _) = book.judgement(row.pair);
                let place = groups.place_of(&book, row).and_then(|at| settled.get(at));
                let Some(&(key, group)) = place else { return };
                let (address, combination) = self.pairs.values[entry.pair as usize];
                rows.push(JudgedRow {
                    address: self.addresses.values[address as usize],
                    combination: self.combinations.values[combination as usize],
                    traffic: *row,
                    multi_day: if entry.multi_day { entry.messages } else { 0 },
                    judgement,
                    key,
                    class: judge.settle(row, group),
                });
            });
            let (judge, book, groups, classes, rows) = (&judge, &book, &groups, &classes, &rows[..]);
            visit(&Judged { id, domain, judge, book, groups, classes, rows });
        }
    }

    /// Reads every combination and address once, and each pair of them; by their numbers.
    fn read(
        &self,
        book: &mut Book<'_>,
        sums: &Sums,
        names: &Names<A, C>,
        knowledge: &Knowledge<'_>,
    ) -> Vec<PairKey> {
        let nothing = Combination::default();
        let combinations = self.combinations.values.iter();
        let combinations: Vec<CombinationKey> =
            combinations.map(|id| book.combination(names.combinations.get(id).unwrap_or(&nothing))).collect();
        let addresses = self.addresses.values.iter().zip(&sums.addresses);
        let addresses: Vec<AddressKey> = addresses
            .map(|(id, seen)| {
                // Every id of a database stands for something; an unspecified address shows one that does not.
                let unspecified = std::net::Ipv4Addr::UNSPECIFIED.into();
                let address = names.addresses.get(id).copied().unwrap_or(unspecified);
                let bare = AddressFacts::bare(address);
                let facts = knowledge.facts.get(&address).unwrap_or(&bare);
                match seen.days() >= STEADY_DAYS && seen.messages() >= STEADY_MESSAGES {
                    true => book.lone_address(facts),
                    false => book.address(facts),
                }
            })
            .collect();
        let pairs = self.pairs.values.iter();
        pairs.map(|&(a, c)| book.pair(combinations[c as usize], addresses[a as usize])).collect()
    }

    /// Visits every row of a domain's period as one of the book's.
    fn each(&self, domain: u32, pairs: &[PairKey], mut visit: impl FnMut(&Entry, &Traffic)) {
        for entry in self.entries.get(&domain).into_iter().flatten() {
            let day = self.days.values[entry.day as usize];
            if self.period.holds(day) {
                let (pair, reporter) =
                    (pairs[entry.pair as usize], self.reporters.values[entry.reporter as usize]);
                visit(entry, &Traffic { pair, domain, reporter, day, messages: entry.messages });
            }
        }
    }

    /// What was seen of each address and pair.
    fn sums(&self, learner: &Learner) -> Sums {
        let days = self.days.values.iter();
        let ages: Vec<_> = days.map(|day| day.map(|day| (day.0.rem_euclid(128), learner.age(day)))).collect();
        let mut addresses = vec![Seen::default(); self.addresses.values.len()];
        let mut pairs = vec![Seen::default(); self.pairs.values.len()];
        for entry in self.entries.values().flatten() {
            let (address, _) = self.pairs.values[entry.pair as usize];
            let (bit, age) = ages[entry.day as usize].unwrap_or((-1, None));
            addresses[address as usize].add(bit, entry.messages);
            if let Some(age) = age {
                pairs[entry.pair as usize].add(age, entry.messages);
            }
        }
        Sums { addresses, pairs }
    }

    /// Whether the rows of a policy domain are handed over.
    #[must_use]
    pub fn is_about(&self, domain: &Name) -> bool {
        self.about.as_ref().is_none_or(|about| domain.is_within(about.as_str()))
    }

    /// The first day of any record of the period that is handed over.
    #[must_use]
    pub fn first_day(&self, names: &Names<A, C>) -> Option<Day> {
        let dated = |day: &Option<Day>| day.filter(|_| self.period.holds(*day));
        if self.about.is_none() {
            return self.days.values.iter().filter_map(dated).min();
        }
        let is_about = |id| names.domains.get(id).is_some_and(|domain| self.is_about(domain));
        let entries = self.entries.iter().filter(|(id, _)| is_about(id)).flat_map(|(_, entries)| entries);
        entries.filter_map(|entry| dated(&self.days.values[entry.day as usize])).min()
    }
}

/// Different values, numbered as they come.
#[derive(Debug)]
struct Numbered<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32, RandomState>,
    /// The value before: rows come in an order.
    last: u32,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::default(), last: 0 }
    }
}

impl<T: Copy + Eq + Hash + Ord> Numbered<T> {
    fn number(&mut self, value: T) -> u32 {
        if self.values.get(self.last as usize) == Some(&value) {
            return self.last;
        }
        // A database holds fewer of each than 2^32: its ids are of that size.
        let next = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.last = *self.numbers.entry(value).or_insert(next);
        if self.last == next {
            self.values.push(value);
        }
        self.last
    }

    fn sorted(&self) -> Vec<T> {
        let mut values = self.values.clone();
        values.sort_unstable();
        values
    }
}

impl Knowledge<'_> {
    /// What is known of the owner without any traffic.
    fn owner(&self) -> Owner {
        let mut owner = Owner::default();
        self.domains.iter().for_each(|domain| owner.add_domain(domain.as_str()));
        self.own_dns.iter().for_each(|own| own.teach(&mut owner, self.catalogue));
        for made in self.decisions {
            owner.decide(made.domain.as_str(), made.source.clone(), made.decision);
        }
        owner
    }
}

fn context<A, C>(names: &Names<A, C>, knowledge: &Knowledge<'_>) -> GroupContext {
    let reporters = names.reporters.iter().filter(|(_, name)| is_microsoft(name));
    let microsoft_reporters = reporters.map(|(&id, _)| id).collect();
    let silent = knowledge.own_dns.iter().filter(|own| own.never_sends).map(|own| &own.domain);
    let silent: HashSet<&Name> = silent.collect();
    let null_domains = names.domains.iter().filter(|(_, name)| silent.contains(name)).map(|(&id, _)| id);
    GroupContext { microsoft_reporters, null_domains: null_domains.collect() }
}

/// Whether a reporter reports for Microsoft's mailboxes.
fn is_microsoft(reporter: &str) -> bool {
    let reporter = reporter.to_ascii_lowercase();
    ["outlook", "microsoft", "hotmail"].iter().any(|word| reporter.contains(word))
}
