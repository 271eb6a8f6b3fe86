//! What readiness is judged by: ninety days of judged records, and who reported them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::quality::RandomState;

use crate::model::Day;
use crate::senders::{Class, ClassTotals, GroupJudgement, GroupKey, Judgement, Rule, SourceKey, Traffic};

use super::situation::ScoredSource;

/// The days a verdict looks at.
pub(super) const MONTH: i64 = 30;
/// The days in which a rare sender is still remembered.
pub(super) const QUARTER: i64 = 90;
/// The days that count for each sender before `reject`.
pub(super) const FORTNIGHT: i64 = 14;

/// The traffic of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTraffic {
    /// Messages of the last thirty days by class, after the rules for groups.
    pub month: ClassTotals,
    /// Messages of the last fourteen days by class.
    pub fortnight: ClassTotals,
    /// Aligned messages of the month that pass by SPF alone.
    pub spf_only: u64,
    /// Messages of the month that were passed on and lost the owner's signature.
    pub broken: u64,
    /// Messages of the month that nothing decides and that carry the owner's signature.
    pub signs_with_your_key: u64,
    /// The days of the month with messages that nothing decides.
    pub unknown_days: u32,
    /// The first day of the quarter with a record.
    pub first: Day,
    /// The last day.
    pub last: Day,
    unknown_seen: u32,
}

/// Ninety days of judged records, up to a day.
#[derive(Debug, Clone)]
pub struct Tally {
    newest: Day,
    sources: HashMap<GroupKey, SourceTraffic, RandomState>,
    /// By age.
    days: [ClassTotals; QUARTER as usize],
}

impl Tally {
    /// No records yet; `newest` is the last day that counts.
    #[must_use]
    pub fn new(newest: Day) -> Self {
        Self { newest, sources: HashMap::default(), days: [ClassTotals::NONE; QUARTER as usize] }
    }

    /// The last day that counts.
    #[must_use]
    pub const fn newest(&self) -> Day {
        self.newest
    }

    /// Adds a judged record; `class` is its class after the rules for groups.
    pub fn add(&mut self, row: &Traffic, judgement: &Judgement, class: Class, key: GroupKey) {
        self.add_all(key, judgement, std::iter::once((*row, class)));
    }

    /// Adds judged records of one address, combination and group, each with its class after the rules for groups.
    /// Records without a day, and of days outside the quarter, count for nothing.
    pub fn add_all(
        &mut self,
        key: GroupKey,
        judgement: &Judgement,
        rows: impl Iterator<Item = (Traffic, Class)>,
    ) {
        let newest = self.newest;
        let aged = |(row, class): (Traffic, Class)| {
            let day = row.day?;
            let age = age(day, newest).filter(|&age| age < QUARTER)?;
            Some((day, age, row.messages, class))
        };
        let mut rows = rows.filter_map(aged).peekable();
        let Some(&(day, ..)) = rows.peek() else { return };
        let source = self.sources.entry(key).or_insert_with(|| SourceTraffic::on(day));
        for (day, age, messages, class) in rows {
            source.first = source.first.min(day);
            source.last = source.last.max(day);
            if judgement.flags.ignored {
                continue;
            }
            if let Some(classes) = usize::try_from(age).ok().and_then(|age| self.days.get_mut(age)) {
                classes.add(class, messages);
            }
            if age < FORTNIGHT {
                source.fortnight.add(class, messages);
            }
            if age < MONTH {
                source.add(messages, judgement, class, age);
            }
        }
    }

    /// The sources with their traffic and what they are, in order; `standing` says of each group what its source
    /// is, and what is thought of it.
    #[must_use]
    pub fn scored(
        &self,
        standing: impl Fn(GroupKey) -> (SourceKey, GroupJudgement),
    ) -> Vec<ScoredSource<'_>> {
        let mut keys: Vec<_> = self.sources.iter().collect();
        keys.sort_unstable_by_key(|(key, _)| **key);
        let scored = keys.into_iter().map(|(&key, traffic)| {
            let (source, judgement) = standing(key);
            ScoredSource { source, domain: key.domain, relayed: key.relayed, judgement, traffic }
        });
        scored.collect()
    }

    /// Messages by class of the days whose age lies between these, the second excluded.
    pub(super) fn between(&self, from: i64, to: i64) -> ClassTotals {
        let mut totals = ClassTotals::default();
        for (age, &classes) in (0..).zip(&self.days) {
            if (from..to).contains(&age) {
                totals.merge(classes);
            }
        }
        totals
    }
}

/// How many days before `newest` a day lies; `None` for a later one.
pub(super) const fn age(day: Day, newest: Day) -> Option<i64> {
    match newest.0.checked_sub(day.0) {
        Some(age) if age >= 0 => Some(age),
        _ => None,
    }
}

impl SourceTraffic {
    fn on(day: Day) -> Self {
        Self {
            month: ClassTotals::default(),
            fortnight: ClassTotals::default(),
            spf_only: 0,
            broken: 0,
            signs_with_your_key: 0,
            unknown_days: 0,
            first: day,
            last: day,
            unknown_seen: 0,
        }
    }

    fn add(&mut self, messages: u64, judgement: &Judgement, class: Class, age: i64) {
        self.month.add(class, messages);
        let count = |total: &mut u64, counts: bool| {
            if counts {
                *total = total.saturating_add(messages);
            }
        };
        let unknown = class == Class::Unknown;
        count(&mut self.spf_only, judgement.flags.spf_only && class == Class::Aligned);
        count(&mut self.broken, judgement.flags.broken && class == Class::Forwarder);
        count(&mut self.signs_with_your_key, unknown && judgement.rule == Rule::SignsWithYourKey);
        if unknown {
            // A month has fewer days than the number has bits.
            self.unknown_seen |= 1 << (age % MONTH);
            self.unknown_days = self.unknown_seen.count_ones();
        }
    }
}

/// Who reported when: how much of the mail is seen at all.
#[derive(Debug, Clone, Default)]
pub struct Reporters {
    days: BTreeMap<u32, BTreeMap<i64, u64>>,
}

impl Reporters {
    /// Adds messages of a reporter, by a number of the caller's that is the same for the same reporter.
    pub fn add(&mut self, reporter: u32, day: Option<Day>, messages: u64) {
        if let Some(day) = day {
            let total = self.days.entry(reporter).or_default().entry(day.0).or_default();
            *total = total.saturating_add(messages);
        }
    }

    /// How well the ninety days that end on `newest` are covered.
    #[must_use]
    pub fn coverage(&self, newest: Day) -> Coverage {
        let inside = |day: i64, days: i64| age(Day(day), newest).is_some_and(|age| age < days);
        let mut sizes: Vec<(u64, u32)> = Vec::new();
        let mut reported = BTreeSet::new();
        for (&reporter, days) in &self.days {
            let recent = days.iter().filter(|&(&day, _)| inside(day, QUARTER));
            let mut total = 0u64;
            for (&day, &messages) in recent {
                total = total.saturating_add(messages);
                reported.insert(day);
            }
            if total > 0 {
                sizes.push((total, reporter));
            }
        }
        sizes.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let all = sizes.iter().fold(0u64, |sum, (total, _)| sum.saturating_add(*total));
        let biggest: Vec<u32> = sizes.iter().take(3).map(|&(_, reporter)| reporter).collect();
        // A reporter with less than a twentieth of the mail says little about the rest of it.
        let large = sizes.iter().take(3).filter(|(total, _)| total.saturating_mul(20) >= all).count();
        let covered = reported.iter().filter(|&day| {
            let there = |reporter: &&u32| self.days.get(reporter).is_some_and(|days| days.contains_key(day));
            biggest.iter().filter(there).count() >= 2
        });
        Coverage {
            covered_days: covered.count(),
            reported_days: reported.len(),
            reporters: sizes.len(),
            large_reporters: large,
            biggest,
            newest: reported.iter().next_back().map(|&day| Day(day)),
            gaps: gaps(&reported, newest),
        }
    }
}

/// How much of the mail is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Days of the quarter with a report from at least two of the three biggest reporters.
    pub covered_days: usize,
    /// Days of the quarter with any report.
    pub reported_days: usize,
    /// Different reporters.
    pub reporters: usize,
    /// Those of the three biggest that have at least a twentieth of the messages each.
    pub large_reporters: usize,
    /// The three biggest reporters, the biggest first.
    pub biggest: Vec<u32>,
    /// The newest day with a report.
    pub newest: Option<Day>,
    /// Stretches of the last thirty days without any report, first and last day.
    pub gaps: Vec<(Day, Day)>,
}

fn gaps(reported: &BTreeSet<i64>, newest: Day) -> Vec<(Day, Day)> {
    let mut gaps: Vec<(Day, Day)> = Vec::new();
    for day in (0..MONTH).rev().map(|age| newest.plus(-age)) {
        if reported.contains(&day.0) {
            continue;
        }
        match gaps.last_mut() {
            Some((_, last)) if last.plus(1) == day => *last = day,
            _ => gaps.push((day, day)),
        }
    }
    gaps
}
