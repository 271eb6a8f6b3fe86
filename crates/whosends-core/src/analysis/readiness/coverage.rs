//! Who reported when: how much of a domain's mail is seen at all.

use std::collections::{BTreeMap, BTreeSet};

use super::gates::Span;
use super::tally::{MONTH, QUARTER, age};
use crate::model::Day;

/// The days in which `reject` looks for its covered days.
const TWO_MONTHS: i64 = 60;

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

    /// The newest day with a report, not after another.
    #[must_use]
    pub fn newest(&self, not_after: Day) -> Option<Day> {
        let days = self.days.values().flat_map(BTreeMap::keys);
        days.copied().filter(|day| *day <= not_after.0).max().map(Day)
    }

    /// How well the ninety days that end on `newest` are covered.
    #[must_use]
    pub fn coverage(&self, newest: Day) -> Coverage {
        let quarter = self.window(newest, QUARTER);
        Coverage {
            covered_days: quarter.covered.len(),
            reported_days: quarter.reported.len(),
            reporters: quarter.reporters,
            large_reporters: quarter.large,
            newest: quarter.reported.iter().next_back().map(|&day| Day(day)),
            gaps: gaps(&quarter.reported, newest),
            large_age: self.large_age(&quarter, newest),
            month: self.window(newest, MONTH).into(),
            two_months: self.window(newest, TWO_MONTHS).into(),
            heard: quarter.biggest.iter().filter_map(|reporter| self.heard(*reporter, newest)).collect(),
            biggest: quarter.biggest,
        }
    }

    /// How a reporter was heard in the quarter up to `newest`.
    fn heard(&self, reporter: u32, newest: Day) -> Option<Heard> {
        let days = self.days.get(&reporter)?.range(newest.0 + 1 - QUARTER..=newest.0);
        let days = days.map(|(&day, _)| Day(day));
        Some(Heard { days: days.clone().count(), last: days.max()? })
    }

    /// The last days up to `newest`.
    fn window(&self, newest: Day, days: i64) -> Window {
        let inside = |day: &i64| age(Day(*day), newest).is_some_and(|age| age < days);
        let mut sizes: Vec<(u64, u32)> = Vec::new();
        let mut reported = BTreeSet::new();
        for (&reporter, by_day) in &self.days {
            let mut total = 0u64;
            for (&day, &messages) in by_day.iter().filter(|(day, _)| inside(day)) {
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
        let covered = reported.iter().copied().filter(|day| {
            let there = |reporter: &&u32| self.days.get(reporter).is_some_and(|days| days.contains_key(day));
            biggest.iter().filter(there).count() >= 2
        });
        Window { covered: covered.collect(), reporters: sizes.len(), reported, large, biggest }
    }

    /// How long before `newest` the last day lies that one of the large reporters covers.
    fn large_age(&self, quarter: &Window, newest: Day) -> Option<u64> {
        let large = quarter.biggest.iter().take(quarter.large).filter_map(|reporter| self.days.get(reporter));
        let last = large.flat_map(|days| days.keys()).filter(|day| **day <= newest.0).max()?;
        age(Day(*last), newest).and_then(|age| u64::try_from(age).ok())
    }
}

/// What the reports of some days are.
struct Window {
    covered: BTreeSet<i64>,
    reported: BTreeSet<i64>,
    reporters: usize,
    large: usize,
    biggest: Vec<u32>,
}

/// How well the days that a step looks at are covered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Covered {
    /// The days with a report from at least two of the three biggest reporters of these days.
    pub days: BTreeSet<Day>,
    /// Those of the three biggest that have at least a twentieth of the messages each.
    pub large_reporters: usize,
}

impl From<Window> for Covered {
    fn from(window: Window) -> Self {
        Self { days: window.covered.into_iter().map(Day).collect(), large_reporters: window.large }
    }
}

/// How a reporter was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Its days of the quarter with a report.
    pub days: usize,
    /// The last of them.
    pub last: Day,
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
    /// How each of them was heard.
    pub heard: Vec<Heard>,
    /// The newest day with a report.
    pub newest: Option<Day>,
    /// Stretches of the last thirty days without any report, first and last day.
    pub gaps: Vec<(Day, Day)>,
    /// The age of the last day that one of the large reporters covers.
    pub large_age: Option<u64>,
    /// The last thirty days.
    pub month: Covered,
    /// The last sixty days.
    pub two_months: Covered,
}

impl Coverage {
    /// The days that a step looks at for its covered days.
    #[must_use]
    pub fn of(&self, span: Span) -> &Covered {
        match span {
            Span::Month => &self.month,
            Span::TwoMonths => &self.two_months,
        }
    }
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
