//! Judged records, added up by sender.

use std::collections::{BTreeMap, HashMap, HashSet};

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
}

impl<'n, A: Id, C: Id> BySender<'n, A, C> {
    /// Nothing yet. `first` is the first day of any record of the period; `newest` the last day that a trend
    /// without an end goes to.
    #[must_use]
    pub fn new(names: &'n Names<A, C>, period: Period, first: Option<Day>, newest: Day) -> Self {
        let steps = first.map(|first| Steps::of(period, first, newest));
        Self { names, period, steps, domains: Vec::new() }
    }

    /// Adds a domain.
    pub fn add(&mut self, judged: &Judged<'_, A, C>) {
        let mut groups: HashMap<GroupKey, (GroupSums<A>, ClassTotals)> = HashMap::new();
        let mut verdicts: HashMap<C, Verdicts> = HashMap::new();
        let mut reporters = HashSet::new();
        let nothing = Combination::default();
        for row in judged.rows {
            let said = *verdicts.entry(row.combination).or_insert_with(|| {
                Verdicts::of(self.names.combinations.get(&row.combination).unwrap_or(&nothing))
            });
            let (sums, classes) = groups.entry(row.key).or_default();
            let messages = row.traffic.messages;
            sums.totals.tally.add(said, messages);
            sums.totals.multi_day = sums.totals.multi_day.saturating_add(row.multi_day);
            match row.traffic.day {
                Some(day) => sums.seen(day, self.steps.and_then(|steps| steps.step(day)), messages),
                None => sums.totals.undated = sums.totals.undated.saturating_add(messages),
            }
            sums.addresses.push(row.address);
            classes.add(row.class, messages);
            reporters.insert(row.traffic.reporter);
        }
        if groups.is_empty() {
            return;
        }
        let reporters: HashSet<_> = reporters.iter().map(|id| self.names.reporters.get(id)).collect();
        let mut addresses = Vec::new();
        let (mut totals, mut classes) = (Totals::default(), ClassTotals::NONE);
        let groups: BTreeMap<_, _> = groups.into_iter().collect();
        let senders = groups.into_iter().map(|(key, (sums, mine))| {
            addresses.extend_from_slice(&sums.addresses);
            totals.merge(sums.totals);
            Class::ALL.iter().for_each(|&class| classes.add(class, mine.of(class)));
            sender(judged, key, sums, mine)
        });
        let mut senders: Vec<_> = senders.collect();
        senders.sort_by(|a, b| {
            let messages = |sums: &SenderSums| sums.totals.tally.messages;
            messages(b).cmp(&messages(a)).then_with(|| a.source.cmp(&b.source))
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
    let fix = fails.then(|| advice_for(&source, judged.domain.as_str(), catalogue));
    SenderSums { source, relayed: key.relayed, judgement, totals, classes, trend, fix }
}
