//! From rows to judged rows.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use foldhash::quality::RandomState;

use super::judged::{Judged, JudgedRow};
use crate::analysis::period::Period;
use crate::analysis::sources::{Id, Names, Row, different};
use crate::model::{Combination, Day, Name};
use crate::senders::{
    AddressFacts, AddressKey, Book, Catalogue, CombinationKey, Decision, GroupContext, GroupJudge, Groups,
    Learner, Owner, PairKey, Prefix, Ranges, SourceKey, Traffic, organizational_domain,
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
        // All of one organisation are the same to whoever asks whether a name is the owner's.
        let organizations: HashMap<&str, &Name> =
            knowledge.domains.iter().map(|name| (organizational_domain(name.as_str()), name)).collect();
        let reporters = names.reporters.iter().filter(|(_, name)| is_microsoft(name));
        let microsoft_reporters = reporters.map(|(&id, _)| id).collect();
        let context = GroupContext { microsoft_reporters, ..GroupContext::default() };
        for id in self.domains() {
            let (Some(page), Some(domain)) = (self.domains.get(&id), names.domains.get(&id)) else {
                continue;
            };
            let owner = page.owner(domain, names, knowledge, &organizations);
            let mut book = Book::new(knowledge.catalogue, knowledge.ranges, owner);
            let pairs = page.read(&mut book, names);
            page.teach(&mut book, &pairs, self.period.to.unwrap_or(newest));
            let mut groups = Groups::new(context.clone());
            let judged = page.judge(id, self.period, (&book, &pairs), &mut groups);
            let judge = GroupJudge::new(&groups, &book);
            let classes: HashMap<_, _> =
                groups.all().iter().map(|&(key, _)| (key, judge.judge(key))).collect();
            let rows = judged
                .into_iter()
                .map(|row| JudgedRow { class: judge.settle(&row.traffic, &classes[&row.key]), ..row });
            let rows: Vec<_> = rows.collect();
            let (judge, book, groups, classes, rows) = (&judge, &book, &groups, &classes, &rows[..]);
            visit(&Judged { id, domain, judge, book, groups, classes, rows });
        }
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

    /// The owner's other domains that the page's combinations name: the rest cannot matter here.
    fn related<'n>(
        &self,
        names: &Names<A, C>,
        organizations: &HashMap<&str, &'n Name>,
    ) -> BTreeSet<&'n Name> {
        let seen: HashSet<C, RandomState> = self.alike.iter().map(|(alike, _)| alike.combination).collect();
        let combinations = seen.iter().filter_map(|id| names.combinations.get(id));
        let named = combinations.flat_map(domains_of);
        named.filter_map(|name| organizations.get(organizational_domain(name.as_str())).copied()).collect()
    }

    /// What is known of the owner of the page's domain without any traffic.
    fn owner(
        &self,
        domain: &Name,
        names: &Names<A, C>,
        knowledge: &Knowledge<'_>,
        organizations: &HashMap<&str, &Name>,
    ) -> Owner {
        let mut owner = Owner::default();
        owner.add_domain(domain.as_str());
        for name in self.related(names, organizations) {
            owner.add_domain(name.as_str());
        }
        for made in knowledge.decisions.iter().filter(|made| domain.is_within(made.domain.as_str())) {
            owner.decide(made.domain.as_str(), made.source.clone(), made.decision);
        }
        owner
    }

    /// Judges the records of a period one by one, and adds them to their groups.
    fn judge(
        &self,
        id: u32,
        period: Period,
        (book, pairs): (&Book<'_>, &[PairKey]),
        groups: &mut Groups,
    ) -> Vec<JudgedRow<A, C>> {
        let entries = self.entries.iter().filter(|entry| period.holds(entry.day));
        let rows = entries.map(|entry| {
            let Alike { address, combination, .. } = self.alike[entry.alike as usize].0;
            let traffic = self.traffic(id, entry, pairs);
            let key = groups.add(book, &traffic);
            let (judgement, _) = book.judgement(traffic.pair);
            let (multi_day, class) = (entry.multi_day, judgement.class);
            JudgedRow { address, combination, traffic, multi_day, judgement, key, class }
        });
        rows.collect()
    }

    /// The addresses that send so often that they are somebody's server, and not one of a block's many.
    fn steady(&self) -> HashSet<A, RandomState> {
        let mut seen = vec![(0_u128, 0_u64); self.alike.len()];
        for entry in &self.entries {
            let (days, messages) = &mut seen[entry.alike as usize];
            *messages = messages.saturating_add(entry.messages);
            if let Some(day) = entry.day {
                *days |= 1 << day.0.rem_euclid(128);
            }
        }
        let mut by_address: HashMap<A, (u128, u64), RandomState> = HashMap::default();
        for ((alike, _), (days, messages)) in self.alike.iter().zip(seen) {
            let sum = by_address.entry(alike.address).or_default();
            *sum = (sum.0 | days, sum.1.saturating_add(messages));
        }
        let steady = by_address
            .into_iter()
            .filter(|&(_, (days, messages))| days.count_ones() >= STEADY_DAYS && messages >= STEADY_MESSAGES);
        steady.map(|(address, _)| address).collect()
    }

    /// Reads every combination and address once, and gives the pair of each that is alike.
    fn read(&self, book: &mut Book<'_>, names: &Names<A, C>) -> Vec<PairKey> {
        let steady = self.steady();
        let mut combinations: HashMap<C, CombinationKey, RandomState> = HashMap::default();
        let mut addresses: HashMap<A, AddressKey, RandomState> = HashMap::default();
        let mut pairs: HashMap<(A, C), PairKey, RandomState> = HashMap::default();
        let nothing = Combination::default();
        let alike = self.alike.iter().map(|(alike, _)| alike);
        let keys = alike.map(|alike| {
            let combination = *combinations.entry(alike.combination).or_insert_with(|| {
                book.combination(names.combinations.get(&alike.combination).unwrap_or(&nothing))
            });
            let address = *addresses.entry(alike.address).or_insert_with(|| {
                read_address(book, names.addresses.get(&alike.address), steady.contains(&alike.address))
            });
            let pair = (alike.address, alike.combination);
            *pairs.entry(pair).or_insert_with(|| book.pair(combination, address))
        });
        keys.collect()
    }

    /// Adds to the book what ninety days of traffic say of the owner, judged by what is known without them.
    fn teach(&self, book: &mut Book<'_>, pairs: &[PairKey], newest: Day) {
        let mut learner = Learner::new(newest);
        for entry in &self.entries {
            learner.add(book, &self.traffic(0, entry, pairs));
        }
        book.learn(&learner);
    }

    fn traffic(&self, domain: u32, entry: &Entry, pairs: &[PairKey]) -> Traffic {
        let reporter = self.alike[entry.alike as usize].0.reporter;
        let pair = pairs[entry.alike as usize];
        Traffic { pair, domain, reporter, day: entry.day, messages: entry.messages }
    }
}

/// Reads an address: alone where it is steady and nobody decided on its block, or somebody decided on it.
fn read_address(book: &mut Book<'_>, address: Option<&IpAddr>, is_steady: bool) -> AddressKey {
    // Every id of a database stands for something; an unspecified address shows one that does not.
    let address = address.copied().unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    let facts = AddressFacts::bare(address);
    let decided = |prefix| book.judge().owner.has_decision(&SourceKey::Block(prefix));
    match is_steady && !decided(Prefix::block(address)) || decided(Prefix::single(address)) {
        true => book.lone_address(&facts),
        false => book.address(&facts),
    }
}

/// The domains that a combination names.
fn domains_of(combination: &Combination) -> impl Iterator<Item = &Name> {
    let Combination { header_from, envelope_from, auth_dkim, auth_spf, .. } = combination;
    let signed = auth_dkim.iter().filter_map(|signature| signature.domain.as_ref());
    let checked = auth_spf.iter().filter_map(|result| result.domain.as_ref());
    header_from.iter().chain(envelope_from).chain(signed).chain(checked)
}

/// Whether a reporter reports for Microsoft's mailboxes.
fn is_microsoft(reporter: &str) -> bool {
    let reporter = reporter.to_ascii_lowercase();
    ["outlook", "microsoft", "hotmail"].iter().any(|word| reporter.contains(word))
}
