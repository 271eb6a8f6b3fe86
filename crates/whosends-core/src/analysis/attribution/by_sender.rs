//! Judged records, added up by sender.

use std::cmp::Reverse;
use std::collections::HashSet;

use foldhash::HashMap as IdMap;

use super::judged::Judged;
use crate::analysis::period::Period;
use crate::analysis::sources::{GroupSums, Id, Names, Steps, Totals, different};
use crate::model::Judged as Verdicts;
use crate::model::{Combination, Day};
use crate::senders::{Advice, Class, ClassTotals, GroupJudgement, GroupKey, SourceKey, advice_for};

/// Who sends, by sender.
#[derive(Debug, Clone, PartialEq)]
pub struct Senders {
    /// Which days.
    pub period: Period,
    /// What the steps of every trend are, where anything has a date.
    pub steps: Option<Steps>,
    /// One entry a policy domain, the busiest first.
    pub domains: Vec<DomainSenders>,
}

/// Who sends as one policy domain.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainSenders {
    /// The id of the policy domain.
    pub domain: u32,
    /// All of its messages.
    pub totals: Totals,
    /// Different reporters.
    pub reporters: u64,
    /// All of its messages by class.
    pub classes: ClassTotals,
    /// The senders, the busiest first.
    pub senders: Vec<SenderSums>,
}

/// The messages of one sender. A sender that also passes on other people's mail has two of these.
#[derive(Debug, Clone, PartialEq)]
pub struct SenderSums {
    /// The sender, or what is known of the source.
    pub source: SourceKey,
    /// Whether these are messages it passed on.
    pub relayed: bool,
    /// What it is to the owner.
    pub judgement: GroupJudgement,
    /// Its messages.
    pub totals: Totals,
    /// Its messages by the class of their records.
    pub classes: ClassTotals,
    /// Messages in each step of [`Senders::steps`] that has any, in order.
    pub trend: Vec<(u32, u64)>,
    /// What to do, where its mail is the owner's and fails.
    pub fix: Option<Advice>,
}

/// Adds up judged records by sender.
#[derive(Debug)]
pub struct BySender<'n, A, C> {
    names: &'n Names<A, C>,
    period: Period,
    steps: Option<Steps>,
    domains: Vec<DomainSenders>,
    /// Where the records of each pair of the book go.
    places: Vec<Option<Place>>,
}

/// Where the records of a pair go.
#[derive(Debug, Clone, Copy)]
struct Place {
    domain: u32,
    group: u32,
    said: Verdicts,
}

impl<'n, A: Id, C: Id> BySender<'n, A, C> {
    /// Nothing yet. `first` is the first day of any record of the period; `newest` the last day that a trend
    /// without an end goes to.
    #[must_use]
    pub fn new(names: &'n Names<A, C>, period: Period, first: Option<Day>, newest: Day) -> Self {
        let steps = first.map(|first| Steps::of(period, first, newest));
        Self { names, period, steps, domains: Vec::new(), places: Vec::new() }
    }

    /// Adds a domain.
    pub fn add(&mut self, judged: &Judged<'_, A, C>) {
        let mut groups: Vec<(GroupKey, GroupSums<A>, ClassTotals)> = Vec::new();
        let mut index: IdMap<GroupKey, u32> = IdMap::default();
        let mut reporters: IdMap<u32, ()> = IdMap::default();
        let mut last = None;
        self.places.resize(judged.book.pairs().max(self.places.len()), None);
        for row in judged.rows() {
            let place = match self.places[row.traffic.pair.index()] {
                Some(place) if place.domain == judged.id => place,
                _ => {
                    let group = *index.entry(row.key).or_insert_with(|| {
                        groups.push((row.key, GroupSums::default(), ClassTotals::NONE));
                        // A database holds fewer sources than 2^32.
                        u32::try_from(groups.len() - 1).unwrap_or(u32::MAX)
                    });
                    // A pair has one address, and stands in one group of a domain.
                    groups[group as usize].1.addresses.push(judged.address(&row));
                    let said = self.verdicts(judged.combination(&row));
                    let place = Place { domain: judged.id, group, said };
                    self.places[row.traffic.pair.index()] = Some(place);
                    place
                }
            };
            let (_, sums, classes) = &mut groups[place.group as usize];
            let messages = row.traffic.messages;
            sums.totals.tally.add(place.said, messages);
            sums.totals.multi_day = sums.totals.multi_day.saturating_add(row.multi_day);
            match row.traffic.day {
                Some(day) => sums.seen(day, self.steps.and_then(|steps| steps.step(day)), messages),
                None => sums.totals.undated = sums.totals.undated.saturating_add(messages),
            }
            classes.add(row.class, messages);
            if last.replace(row.traffic.reporter) != Some(row.traffic.reporter) {
                reporters.insert(row.traffic.reporter, ());
            }
        }
        self.close(judged, groups, reporters.into_keys());
    }

    fn verdicts(&self, combination: C) -> Verdicts {
        self.names
            .combinations
            .get(&combination)
            .map_or_else(|| Verdicts::of(&Combination::default()), Verdicts::of)
    }

    /// Adds a domain whose rows are added up.
    fn close(
        &mut self,
        judged: &Judged<'_, A, C>,
        groups: Vec<(GroupKey, GroupSums<A>, ClassTotals)>,
        reporters: impl Iterator<Item = u32>,
    ) {
        if groups.is_empty() {
            return;
        }
        let reporters: HashSet<_> = reporters.map(|id| self.names.reporters.get(&id)).collect();
        let mut addresses = Vec::new();
        let (mut totals, mut classes) = (Totals::default(), ClassTotals::NONE);
        let senders = groups.into_iter().map(|(key, sums, mine)| {
            addresses.extend_from_slice(&sums.addresses);
            totals.merge(sums.totals);
            Class::ALL.iter().for_each(|&class| classes.add(class, mine.of(class)));
            sender(judged, key, sums, mine)
        });
        let mut senders: Vec<_> = senders.collect();
        // Sums are large, so that keys are sorted in their place.
        senders.sort_by_cached_key(|sums| {
            (Reverse(sums.totals.tally.messages), sums.source.clone(), sums.relayed)
        });
        totals.addresses = different(addresses.into_iter()).len() as u64;
        let (domain, reporters) = (judged.id, reporters.len() as u64);
        self.domains.push(DomainSenders { domain, totals, reporters, classes, senders });
    }

    /// The sums.
    #[must_use]
    pub fn finish(mut self) -> Senders {
        let messages = |domain: &DomainSenders| domain.totals.tally.messages;
        self.domains.sort_by(|a, b| messages(b).cmp(&messages(a)).then(a.domain.cmp(&b.domain)));
        Senders { period: self.period, steps: self.steps, domains: self.domains }
    }
}

fn sender<A: Id, C: Id>(
    judged: &Judged<'_, A, C>,
    key: GroupKey,
    sums: GroupSums<A>,
    classes: ClassTotals,
) -> SenderSums {
    let source = judged.judge.source(key).clone();
    let judgement = judged.classes[&key].clone();
    let (totals, trend) = sums.finish();
    let fails = judgement.class == Class::Misaligned || judgement.leaks;
    let catalogue = judged.book.judge().catalogue;
    let fix = fails.then(|| advice_for(&source, judgement.confirmed, judged.domain.as_str(), catalogue));
    SenderSums { source, relayed: key.relayed, judgement, totals, classes, trend, fix }
}
