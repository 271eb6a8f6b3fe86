//! From rows to judged rows.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use foldhash::quality::RandomState;

use super::judged::{Judged, JudgedRow};
use super::own_dns::OwnDns;
use crate::analysis::period::Period;
use crate::analysis::sources::{Id, Names, Row, different};
use crate::model::{Combination, Day, Name};
use crate::senders::{
    AddressFacts, AddressKey, Book, Catalogue, CombinationKey, Decision, GroupContext, GroupJudge, Groups,
    Learner, Owner, PairKey, Ranges, SourceKey, Traffic,
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
    domains: HashMap<u32, Page<A, C>, RandomState>,
}

/// The rows of one policy domain.
#[derive(Debug)]
struct Page<A, C> {
    index: HashMap<Alike<A, C>, u32, RandomState>,
    /// What is alike, with one more than the place of its newest entry.
    alike: Vec<(Alike<A, C>, u32)>,
    entries: Vec<Entry>,
}

/// What rows must have in common to be judged as one on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Alike<A, C> {
    reporter: u32,
    address: A,
    combination: C,
}

/// Messages of one day that are [`Alike`].
#[derive(Debug, Clone, Copy)]
struct Entry {
    alike: u32,
    day: Option<Day>,
    messages: u64,
    multi_day: u64,
}

impl<A, C> Default for Page<A, C> {
    fn default() -> Self {
        let (index, alike, entries) = Default::default();
        Self { index, alike, entries }
    }
}

impl<A: Id, C: Id> Ledger<A, C> {
    /// A ledger without rows, for judging those of a period.
    #[must_use]
    pub fn new(period: Period) -> Self {
        Self { period, domains: HashMap::default() }
    }

    /// The days to add rows of: the period, and the ninety days up to `newest` that are learned from.
    #[must_use]
    pub fn reach(period: Period, newest: Day) -> Period {
        let to = period.to.unwrap_or(newest);
        Period { from: period.from.map(|from| from.min(to.plus(1 - Learner::DAYS))), to: period.to }
    }

    /// Takes a row. Rows in the order of their days take the least memory.
    pub fn add(&mut self, row: &Row<A, C>) {
        self.domains.entry(row.domain).or_default().add(row);
    }

    /// The ids of the policy domains that [`Names`] must hold.
    #[must_use]
    pub fn domains(&self) -> Vec<u32> {
        different(self.domains.keys().copied())
    }

    /// The ids of the reporters that [`Names`] must hold.
    #[must_use]
    pub fn reporters(&self) -> Vec<u32> {
        different(self.alike().map(|alike| alike.reporter))
    }

    /// The ids of the combinations that [`Names`] must hold.
    #[must_use]
    pub fn combinations(&self) -> Vec<C> {
        different(self.alike().map(|alike| alike.combination))
    }

    /// The ids of the addresses that [`Names`] must hold.
    #[must_use]
    pub fn addresses(&self) -> Vec<A> {
        different(self.alike().map(|alike| alike.address))
    }

    fn alike(&self) -> impl Iterator<Item = &Alike<A, C>> {
        self.domains.values().flat_map(|page| page.alike.iter().map(|(alike, _)| alike))
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
        let pairs = self.read(&mut book, names, knowledge);
        let mut learner = Learner::new(self.period.to.unwrap_or(newest));
        self.each(&pairs, |_, _, row| learner.add(&book, row));
        book.learn(&learner);
        let mut groups = Groups::new(context(names, knowledge));
        let mut rows: HashMap<u32, Vec<JudgedRow<A, C>>> = HashMap::new();
        self.each(&pairs, |alike, entry, row| {
            if self.period.holds(row.day) {
                let key = groups.add(&book, row);
                let (judgement, _) = book.judgement(row.pair);
                let Alike { address, combination, .. } = *alike;
                let (traffic, multi_day, class) = (*row, entry.multi_day, judgement.class);
                let row = JudgedRow { address, combination, traffic, multi_day, judgement, key, class };
                rows.entry(traffic.domain).or_default().push(row);
            }
        });
        let judge = GroupJudge::new(&groups, &book);
        let classes: HashMap<_, _> = groups.all().iter().map(|&(key, _)| (key, judge.judge(key))).collect();
        for id in self.domains() {
            let (Some(mut rows), Some(domain)) = (rows.remove(&id), names.domains.get(&id)) else { continue };
            for row in &mut rows {
                row.class = judge.settle(&row.traffic, &classes[&row.key]);
            }
            let (judge, book, groups, classes, rows) = (&judge, &book, &groups, &classes, &rows[..]);
            visit(&Judged { id, domain, judge, book, groups, classes, rows });
        }
    }

    /// Reads every combination and address once, and each pair of them; by domain and place in its page.
    fn read(
        &self,
        book: &mut Book<'_>,
        names: &Names<A, C>,
        knowledge: &Knowledge<'_>,
    ) -> HashMap<u32, Vec<PairKey>> {
        let steady = self.steady();
        let mut combinations: HashMap<C, CombinationKey, RandomState> = HashMap::default();
        let mut addresses: HashMap<A, AddressKey, RandomState> = HashMap::default();
        let mut pairs: HashMap<(CombinationKey, AddressKey), PairKey, RandomState> = HashMap::default();
        let nothing = Combination::default();
        let mut pair = |alike: &Alike<A, C>| {
            let combination = *combinations.entry(alike.combination).or_insert_with(|| {
                book.combination(names.combinations.get(&alike.combination).unwrap_or(&nothing))
            });
            let address = *addresses.entry(alike.address).or_insert_with(|| {
                // Every id of a database stands for something; an unspecified address shows one that does not.
                let unspecified = std::net::Ipv4Addr::UNSPECIFIED.into();
                let address = names.addresses.get(&alike.address).copied().unwrap_or(unspecified);
                let bare = AddressFacts::bare(address);
                let facts = knowledge.facts.get(&address).unwrap_or(&bare);
                match steady.contains(&alike.address) {
                    true => book.lone_address(facts),
                    false => book.address(facts),
                }
            });
            *pairs.entry((combination, address)).or_insert_with(|| book.pair(combination, address))
        };
        let mut pages: Vec<_> = self.domains.iter().collect();
        pages.sort_unstable_by_key(|(id, _)| **id);
        let read = pages
            .into_iter()
            .map(|(&id, page)| (id, page.alike.iter().map(|(alike, _)| pair(alike)).collect()));
        read.collect()
    }

    /// Visits every entry as a row of the book's, the domains in the order of their ids.
    fn each(
        &self,
        pairs: &HashMap<u32, Vec<PairKey>>,
        mut visit: impl FnMut(&Alike<A, C>, &Entry, &Traffic),
    ) {
        for id in self.domains() {
            let (Some(page), Some(pairs)) = (self.domains.get(&id), pairs.get(&id)) else { continue };
            for entry in &page.entries {
                let (alike, _) = &page.alike[entry.alike as usize];
                let pair = pairs[entry.alike as usize];
                let Entry { day, messages, .. } = *entry;
                visit(alike, entry, &Traffic { pair, domain: id, reporter: alike.reporter, day, messages });
            }
        }
    }

    /// The addresses that send so often that they are somebody's server, and not one of a block's many.
    fn steady(&self) -> HashSet<A, RandomState> {
        let mut by_address: HashMap<A, (u128, u64), RandomState> = HashMap::default();
        for page in self.domains.values() {
            for ((alike, _), (days, messages)) in page.alike.iter().zip(page.seen()) {
                let sum = by_address.entry(alike.address).or_default();
                *sum = (sum.0 | days, sum.1.saturating_add(messages));
            }
        }
        let steady = by_address
            .into_iter()
            .filter(|&(_, (days, messages))| days.count_ones() >= STEADY_DAYS && messages >= STEADY_MESSAGES);
        steady.map(|(address, _)| address).collect()
    }

    /// The first day of any record of the period.
    #[must_use]
    pub fn first_day(&self) -> Option<Day> {
        let entries = self.domains.values().flat_map(|page| &page.entries);
        entries.filter(|entry| self.period.holds(entry.day)).filter_map(|entry| entry.day).min()
    }
}

impl<A: Id, C: Id> Page<A, C> {
    fn add(&mut self, row: &Row<A, C>) {
        let alike = Alike { reporter: row.reporter, address: row.address, combination: row.combination };
        let at = *self.index.entry(alike).or_insert_with(|| {
            self.alike.push((alike, 0));
            // There are fewer addresses and combinations in a database than this can count.
            u32::try_from(self.alike.len() - 1).unwrap_or(u32::MAX)
        });
        let newest = &mut self.alike[at as usize].1;
        let multi_day = if row.multi_day { row.messages } else { 0 };
        let last = (*newest as usize).checked_sub(1).and_then(|last| self.entries.get_mut(last));
        match last {
            Some(last) if last.day == row.day => {
                last.messages = last.messages.saturating_add(row.messages);
                last.multi_day = last.multi_day.saturating_add(multi_day);
            }
            _ => {
                self.entries.push(Entry { alike: at, day: row.day, messages: row.messages, multi_day });
                *newest = u32::try_from(self.entries.len()).unwrap_or(0);
            }
        }
    }

    /// The days, as bits of some ninety, and the messages of everything that is alike.
    fn seen(&self) -> Vec<(u128, u64)> {
        let mut seen = vec![(0_u128, 0_u64); self.alike.len()];
        for entry in &self.entries {
            let (days, messages) = &mut seen[entry.alike as usize];
            *messages = messages.saturating_add(entry.messages);
            if let Some(day) = entry.day {
                *days |= 1 << day.0.rem_euclid(128);
            }
        }
        seen
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
