//! Judged records, added up by sender.

use std::cmp::Reverse;
use std::collections::HashSet;

use foldhash::HashMap as IdMap;

use super::judged::{Judged, JudgedGroup, JudgedPair};
use crate::analysis::sources::{Names, Steps, Totals};
use crate::model::Judged as Verdicts;
use crate::model::Period;
use crate::model::{Combination, CombinationId, Day};
use crate::senders::{Advice, Class, ClassTotals, GroupJudgement, SourceKey, advice_for};

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
    pub fix: Option<Box<Advice>>,
}

/// Adds up judged records by sender.
#[derive(Debug)]
pub struct BySender<'n> {
    names: &'n Names,
    period: Period,
    steps: Option<Steps>,
    domains: Vec<DomainSenders>,
    met: Met,
}

/// Where each address was met last, by its number, to count those that are different.
#[derive(Debug, Default)]
struct Met {
    /// The group, by a number of its own among those of all domains; zero for none.
    last: Vec<u32>,
    groups: u32,
    /// The groups of the domains before.
    before: u32,
}

impl Met {
    fn go_to_next_domain(&mut self) {
        self.before = self.groups;
    }

    fn go_to_next_group(&mut self) {
        self.groups = self.groups.saturating_add(1);
    }

    /// Whether an address is met for the first time in its group, and in its domain.
    fn meet(&mut self, address: u32) -> (bool, bool) {
        let at = address as usize;
        if self.last.len() <= at {
            self.last.resize(at + 1, 0);
        }
        let last = std::mem::replace(&mut self.last[at], self.groups);
        (last != self.groups, last <= self.before)
    }
}

impl<'n> BySender<'n> {
    /// Nothing yet. `first` is the first day of any record of the period; `newest` the last day that a trend
    /// without an end goes to.
    #[must_use]
    pub fn new(names: &'n Names, period: Period, first: Option<Day>, newest: Day) -> Self {
        let steps = first.map(|first| Steps::of(period, first, newest));
        Self { names, period, steps, domains: Vec::new(), met: Met::default() }
    }

    /// Adds a domain.
    pub fn add(&mut self, judged: &Judged<'_>) {
        let mut said: IdMap<CombinationId, Verdicts> = IdMap::default();
        self.met.go_to_next_domain();
        let (mut totals, mut classes) = (Totals::default(), ClassTotals::NONE);
        let mut senders = Vec::with_capacity(judged.groups().size_hint().0);
        for group in judged.groups() {
            self.met.go_to_next_group();
            let mut mine = (Totals::default(), ClassTotals::NONE);
            for pair in group.pairs() {
                let said = *said.entry(pair.combination).or_insert_with(|| self.verdicts(pair.combination));
                add(&mut mine, &pair, said);
                let (in_group, in_domain) = self.met.meet(pair.address_number);
                mine.0.addresses += u64::from(in_group);
                totals.addresses += u64::from(in_domain);
            }
            classes.merge(mine.1);
            let sender = self.sender(judged, &group, mine);
            totals.merge(sender.totals);
            senders.push(sender);
        }
        if senders.is_empty() {
            return;
        }
        // Sums are large, so that keys are sorted in their place.
        senders.sort_by_cached_key(|sums| {
            (Reverse(sums.totals.tally.messages), sums.source.clone(), sums.relayed)
        });
        let reporters: HashSet<u32> = judged.reports().map(|(reporter, _)| reporter).collect();
        let reporters: HashSet<_> = reporters.iter().map(|id| self.names.reporters.get(id)).collect();
        let (domain, reporters) = (judged.id, reporters.len() as u64);
        self.domains.push(DomainSenders { domain, totals, reporters, classes, senders });
    }

    fn verdicts(&self, combination: CombinationId) -> Verdicts {
        self.names
            .combinations
            .get(&combination)
            .map_or_else(|| Verdicts::of(&Combination::default()), Verdicts::of)
    }

    fn sender(
        &self,
        judged: &Judged<'_>,
        group: &JudgedGroup<'_>,
        (mut totals, classes): (Totals, ClassTotals),
    ) -> SenderSums {
        let (source, judgement) = (group.source().clone(), group.judgement.clone());
        (totals.first, totals.last) = group.sums.days.unzip();
        let trend = self.steps.map_or_else(Vec::new, |steps| steps.trend(&group.sums.volumes()));
        let fails = judgement.class == Class::Misaligned || judgement.leaks;
        let catalogue = judged.book.judge().catalogue;
        let advice = || advice_for(&source, judgement.confirmed, judged.domain.as_str(), catalogue);
        let fix = fails.then(|| Box::new(advice()));
        SenderSums { source, relayed: group.key.relayed, judgement, totals, classes, trend, fix }
    }

    /// The sums.
    #[must_use]
    pub fn finish(mut self) -> Senders {
        let messages = |domain: &DomainSenders| domain.totals.tally.messages;
        self.domains.sort_by(|a, b| messages(b).cmp(&messages(a)).then(a.domain.cmp(&b.domain)));
        Senders { period: self.period, steps: self.steps, domains: self.domains }
    }
}

/// Adds the records of an address and combination.
fn add((totals, classes): &mut (Totals, ClassTotals), pair: &JudgedPair<'_>, said: Verdicts) {
    let mut messages = 0u64;
    for row in pair.rows() {
        let more = row.traffic.messages;
        messages = messages.saturating_add(more);
        totals.multi_day = totals.multi_day.saturating_add(row.multi_day);
        if row.traffic.day.is_none() {
            totals.undated = totals.undated.saturating_add(more);
        }
        classes.add(row.class, more);
    }
    totals.tally.add(said, messages);
}
