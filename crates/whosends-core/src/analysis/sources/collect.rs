//! From rows to groups.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use foldhash::quality::RandomState;

use super::network::{Network, Prefix, evidence};
use super::{By, DomainSources, Key, SourceGroup, Sources, Steps, Totals};
use crate::analysis::organisation::organisation;
use crate::model::Period;
use crate::model::series::Series;
use crate::model::{AddressId, Combination, CombinationId, Day, Judged, Name, TrafficRow};

/// What ids stand for.
#[derive(Debug, Clone)]
pub struct Names {
    /// The policy domains of [`Collector::domains`].
    pub domains: HashMap<u32, Name>,
    /// The reporters of [`Collector::reporters`], where they have a name. Several ids may have the same: they
    /// are one reporter.
    pub reporters: HashMap<u32, Box<str>>,
    /// The combinations of [`Collector::combinations`].
    pub combinations: HashMap<CombinationId, Combination>,
    /// The addresses of [`Collector::addresses`].
    pub addresses: HashMap<AddressId, IpAddr>,
}

/// Takes rows and groups them.
#[derive(Debug)]
pub struct Collector {
    by: By,
    index: HashMap<Alike, u32, RandomState>,
    sums: Vec<(Alike, Sum)>,
    /// Messages by the place in `sums` and the day.
    days: Vec<(u32, Day, u64)>,
    reporters: HashMap<u32, HashSet<u32>>,
    /// The domain and reporter of the row before.
    last: Option<(u32, u32)>,
}

/// What messages must have in common to end in the same group whatever is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Alike {
    domain: u32,
    /// Zero unless reporters are grouped by.
    reporter: u32,
    address: AddressId,
    combination: CombinationId,
}

/// Messages that are [`Alike`].
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    messages: u64,
    multi_day: u64,
    undated: u64,
    /// One more than the place of the newest entry in [`Collector::days`]; zero where there is none.
    newest: u32,
}

impl Collector {
    /// A collector without rows.
    #[must_use]
    pub fn new(by: By) -> Self {
        let (index, sums, days, reporters) = Default::default();
        Self { by, index, sums, days, reporters, last: None }
    }

    /// Takes a row. Rows in the order of their days take the least memory.
    pub fn add(&mut self, row: &TrafficRow) {
        // The rows of a report follow each other.
        if self.last.replace((row.domain, row.reporter)) != Some((row.domain, row.reporter)) {
            self.reporters.entry(row.domain).or_default().insert(row.reporter);
        }
        let at = self.place(row);
        let sum = &mut self.sums[at as usize].1;
        sum.messages = sum.messages.saturating_add(row.messages);
        if row.multi_day {
            sum.multi_day = sum.multi_day.saturating_add(row.messages);
        }
        let Some(day) = row.day else {
            sum.undated = sum.undated.saturating_add(row.messages);
            return;
        };
        let newest = (sum.newest as usize).checked_sub(1).and_then(|newest| self.days.get_mut(newest));
        match newest {
            Some((_, same, messages)) if *same == day => *messages = messages.saturating_add(row.messages),
            _ => {
                self.days.push((at, day, row.messages));
                sum.newest = u32::try_from(self.days.len()).unwrap_or(0);
            }
        }
    }

    /// Where the sum of a row stands.
    fn place(&mut self, row: &TrafficRow) -> u32 {
        let alike = Alike {
            domain: row.domain,
            reporter: if self.by == By::Reporter { row.reporter } else { 0 },
            address: row.address,
            combination: row.combination,
        };
        *self.index.entry(alike).or_insert_with(|| {
            self.sums.push((alike, Sum::default()));
            // There are fewer addresses and combinations in a database than this can count.
            u32::try_from(self.sums.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// The ids of the policy domains that [`Names`] must hold.
    #[must_use]
    pub fn domains(&self) -> Vec<u32> {
        different(self.reporters.keys().copied())
    }

    /// The ids of the reporters that [`Names`] must hold.
    #[must_use]
    pub fn reporters(&self) -> Vec<u32> {
        different(self.reporters.values().flatten().copied())
    }

    /// The ids of the combinations that [`Names`] must hold.
    #[must_use]
    pub fn combinations(&self) -> Vec<CombinationId> {
        different(self.sums.iter().map(|(alike, _)| alike.combination))
    }

    /// The ids of the addresses that [`Names`] must hold.
    #[must_use]
    pub fn addresses(&self) -> Vec<AddressId> {
        match self.by {
            By::Address | By::Network => different(self.sums.iter().map(|(alike, _)| alike.address)),
            By::Reporter | By::HeaderFrom => Vec::new(),
        }
    }

    /// Groups what was taken. `newest` is the last day that a trend without an end goes to.
    #[must_use]
    pub fn finish(self, period: Period, newest: Day, names: &Names) -> Sources {
        let steps = self.days.iter().map(|&(_, day, _)| day).min();
        let steps = steps.map(|first| Steps::of(period, first, newest));
        let mut groups = Groups::new(self.by, names);
        let places: Vec<usize> = self.sums.iter().map(|(alike, sum)| groups.add(*alike, *sum)).collect();
        for (at, day, messages) in self.days {
            groups.list[places[at as usize]].sums.seen(
                day,
                steps.and_then(|steps| steps.step(day)),
                messages,
            );
        }
        let reporters = |domain: u32| {
            let ids = self.reporters.get(&domain).into_iter().flatten();
            ids.map(|id| names.reporters.get(id)).collect::<HashSet<_>>().len() as u64
        };
        Sources { by: self.by, period, steps, domains: groups.into_domains(reporters) }
    }
}

/// Groups while they are filled.
struct Groups<'a> {
    by: By,
    names: &'a Names,
    list: Vec<Group>,
    index: HashMap<(u32, Key), usize, RandomState>,
    judged: HashMap<CombinationId, Judged, RandomState>,
    /// The group of all messages of a domain and a combination, where the address does not matter.
    shared: HashMap<(u32, CombinationId), Option<usize>, RandomState>,
}

/// One group while it is filled.
struct Group {
    domain: u32,
    key: Key,
    sums: GroupSums,
}

/// The messages of a group while it is filled.
#[derive(Debug, Default)]
pub(in crate::analysis) struct GroupSums {
    pub(in crate::analysis) totals: Totals,
    pub(in crate::analysis) addresses: Vec<AddressId>,
    trend: Series<u32>,
}

impl<'a> Groups<'a> {
    fn new(by: By, names: &'a Names) -> Self {
        let (list, index, judged, shared) = Default::default();
        Self { by, names, list, index, judged, shared }
    }

    /// Adds messages that are alike to their group, and says which that is.
    fn add(&mut self, alike: Alike, sum: Sum) -> usize {
        let at = self.place(alike);
        let names = self.names;
        let judged = *self.judged.entry(alike.combination).or_insert_with(|| {
            names
                .combinations
                .get(&alike.combination)
                .map_or_else(|| Judged::of(&Combination::default()), Judged::of)
        });
        let group = &mut self.list[at].sums;
        let totals = &mut group.totals;
        totals.tally.add(judged, sum.messages);
        totals.multi_day = totals.multi_day.saturating_add(sum.multi_day);
        totals.undated = totals.undated.saturating_add(sum.undated);
        group.addresses.push(alike.address);
        at
    }

    fn place(&mut self, alike: Alike) -> usize {
        let shared = (alike.domain, alike.combination);
        if let Some(Some(at)) = self.shared.get(&shared) {
            return *at;
        }
        let (key, is_shared) = self.key(alike);
        let next = self.list.len();
        let at = *self.index.entry((alike.domain, key.clone())).or_insert(next);
        if at == next {
            self.list.push(Group { domain: alike.domain, key, sums: GroupSums::default() });
        }
        self.shared.insert(shared, is_shared.then_some(at));
        at
    }

    /// The key of messages, and whether every address of the same domain and combination has it.
    fn key(&self, alike: Alike) -> (Key, bool) {
        // Every id of a database stands for something; an unspecified address shows one that does not.
        let address =
            || self.names.addresses.get(&alike.address).copied().unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let combination = self.names.combinations.get(&alike.combination);
        match self.by {
            By::Address => (Key::Address(address()), false),
            By::Reporter => (Key::Reporter(self.names.reporters.get(&alike.reporter).cloned()), false),
            By::HeaderFrom => (Key::HeaderFrom(combination.and_then(|said| said.header_from.clone())), true),
            By::Network if self.shared.contains_key(&(alike.domain, alike.combination)) => {
                (Key::Network(Network::Prefix(Prefix::of(address()))), false)
            }
            By::Network => {
                let own = self.names.domains.get(&alike.domain).map_or("", organisation);
                match combination.and_then(|combination| evidence(combination, own)) {
                    Some(domain) => (Key::Network(Network::Organisation(domain)), true),
                    None => (Key::Network(Network::Prefix(Prefix::of(address()))), false),
                }
            }
        }
    }

    fn into_domains(self, reporters: impl Fn(u32) -> u64) -> Vec<DomainSources> {
        let mut domains: HashMap<u32, (DomainSources, Vec<AddressId>)> = HashMap::new();
        for group in self.list {
            let (domain, addresses) = domains.entry(group.domain).or_insert_with(|| {
                let (domain, totals, groups) = (group.domain, Totals::default(), Vec::new());
                (DomainSources { domain, totals, reporters: reporters(domain), groups }, Vec::new())
            });
            addresses.extend_from_slice(&group.sums.addresses);
            domain.totals.merge(group.sums.totals);
            let (totals, trend) = group.sums.finish();
            domain.groups.push(SourceGroup { key: group.key, totals, trend });
        }
        let mut list: Vec<DomainSources> = domains
            .into_values()
            .map(|(domain, addresses)| {
                let mut domain = domain;
                domain.totals.addresses = different(addresses.into_iter()).len() as u64;
                // Sums are large, so that keys are sorted in their place.
                domain
                    .groups
                    .sort_by_cached_key(|group| (Reverse(group.totals.tally.messages), group.key.clone()));
                domain
            })
            .collect();
        list.sort_unstable_by_key(|domain| (Reverse(domain.totals.tally.messages), domain.domain));
        list
    }
}

impl GroupSums {
    /// Adds messages of a day to the dates and the trend.
    pub(in crate::analysis) fn seen(&mut self, day: Day, step: Option<u32>, messages: u64) {
        self.totals.first = earlier(self.totals.first, Some(day));
        self.totals.last = self.totals.last.max(Some(day));
        if let Some(step) = step {
            self.trend.add(step, messages);
        }
    }

    /// The totals with their addresses counted, and the trend.
    pub(in crate::analysis) fn finish(mut self) -> (Totals, Vec<(u32, u64)>) {
        self.totals.addresses = different(self.addresses.into_iter()).len() as u64;
        (self.totals, self.trend.into_sorted())
    }
}

impl Totals {
    /// Adds all but the addresses: some of them may be the same.
    pub(in crate::analysis) fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.multi_day = self.multi_day.saturating_add(other.multi_day);
        self.undated = self.undated.saturating_add(other.undated);
        self.first = earlier(self.first, other.first);
        self.last = self.last.max(other.last);
    }
}

/// The earlier of two days, where nothing is later than any.
fn earlier(one: Option<Day>, other: Option<Day>) -> Option<Day> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The ids without repetitions, in order.
pub(in crate::analysis) fn different<I: Ord>(ids: impl Iterator<Item = I>) -> Vec<I> {
    let mut ids = Vec::from_iter(ids);
    ids.sort_unstable();
    ids.dedup();
    ids
}
