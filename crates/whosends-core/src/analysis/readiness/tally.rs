//! What readiness is judged by: ninety days of judged records, and who reported them.

use std::collections::HashMap;

use foldhash::quality::RandomState;

use crate::model::{Day, Name};
use crate::senders::{
    AddressKey, Class, ClassTotals, GroupJudgement, GroupKey, Judgement, Rule, SourceKey, Traffic,
};

use super::situation::ScoredSource;

/// The days a verdict looks at.
pub(super) const MONTH: i64 = 30;
/// The days in which a rare sender is still remembered.
pub(super) const QUARTER: i64 = crate::senders::Learner::DAYS;
/// The days that are held against those before them.
const WEEK: i64 = 7;
/// These and those before them.
const FOUR_WEEKS: i64 = 28;
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
    /// Messages of the quarter by class.
    pub quarter: ClassTotals,
    /// The last seven days.
    pub week: Outcomes,
    /// The twenty-one days before them.
    pub before: Outcomes,
    /// The first day of the quarter with a record.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// The days of the quarter with a record, by age.
    seen: Days,
    /// Those with messages that nothing decides.
    unknown: Days,
    /// Those with messages that nothing decides or that were passed on.
    doubtful: Days,
    /// The first few addresses.
    addresses: Addresses,
}

/// What becomes of the mail of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcomes {
    /// Messages of the owner's that pass.
    pub passing: u64,
    /// Messages of the owner's that fail.
    pub failing: u64,
    /// Messages that fail and that nothing decides.
    pub unknown: u64,
}

impl Outcomes {
    /// The same where all of it is taken for the owner's: of a source whose mail used to pass.
    pub(super) const fn all_owned(self) -> Self {
        Self { failing: self.failing.saturating_add(self.unknown), unknown: 0, ..self }
    }

    fn add(&mut self, messages: u64, class: Class, judgement: &Judgement) {
        let sum = match class {
            Class::Aligned => &mut self.passing,
            Class::Misaligned => &mut self.failing,
            Class::Unknown if judgement.rule != Rule::SignsWithYourKey => &mut self.unknown,
            Class::Unknown | Class::Forwarder | Class::Unauthorised => return,
        };
        *sum = sum.saturating_add(messages);
    }
}

/// Days by age: a quarter has fewer than the number has bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Days(u128);

impl Days {
    fn add(&mut self, age: i64) {
        self.0 |= u32::try_from(age).ok().and_then(|age| 1_u128.checked_shl(age)).unwrap_or(0);
    }

    /// How many of the last days are among them.
    const fn within(self, days: u32) -> u32 {
        let mask = match 1_u128.checked_shl(days) {
            Some(bit) => bit - 1,
            None => u128::MAX,
        };
        (self.0 & mask).count_ones()
    }
}

/// The addresses of a source, as far as it matters that they are few.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Addresses(Vec<AddressKey>);

impl Addresses {
    /// More are many.
    const MOST: usize = 8;

    fn add(&mut self, address: AddressKey) {
        if self.0.len() < Self::MOST && !self.0.contains(&address) {
            self.0.push(address);
        }
    }
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
    pub fn add(&mut self, row: &Traffic, judgement: &Judgement, class: Class, of: (GroupKey, AddressKey)) {
        self.add_all(of, judgement, std::iter::once((*row, class)));
    }

    /// Adds judged records of one address, combination and group, each with its class after the rules for groups.
    /// Records without a day, and of days outside the quarter, count for nothing.
    pub fn add_all(
        &mut self,
        (key, address): (GroupKey, AddressKey),
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
            source.meet(messages, class, age);
            source.addresses.add(address);
            match age {
                0..WEEK => source.week.add(messages, class, judgement),
                WEEK..FOUR_WEEKS => source.before.add(messages, class, judgement),
                _ => {}
            }
            if let Some(classes) = usize::try_from(age).ok().and_then(|age| self.days.get_mut(age)) {
                classes.add(class, messages);
            }
            if age < FORTNIGHT {
                source.fortnight.add(class, messages);
            }
            if age < MONTH {
                source.add(messages, judgement, class);
            }
        }
    }

    /// The sources with their traffic and what they are, in order; `standing` says of each group what its source
    /// is, what is thought of it, and who signed what it passed on.
    #[must_use]
    pub fn scored(
        &self,
        standing: impl Fn(GroupKey) -> (SourceKey, GroupJudgement, Option<Name>),
    ) -> Vec<ScoredSource<'_>> {
        let mut keys: Vec<_> = self.sources.iter().collect();
        keys.sort_unstable_by_key(|(key, _)| **key);
        let scored = keys.into_iter().map(|(&key, traffic)| {
            let (source, judgement, signed_by) = standing(key);
            ScoredSource { source, domain: key.domain, relayed: key.relayed, judgement, signed_by, traffic }
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
            quarter: ClassTotals::default(),
            week: Outcomes::default(),
            before: Outcomes::default(),
            first: day,
            last: day,
            seen: Days::default(),
            unknown: Days::default(),
            doubtful: Days::default(),
            addresses: Addresses::default(),
        }
    }

    /// Messages of the month that fail and that nothing decides. What is signed with the owner's key passes.
    #[must_use]
    pub const fn failing_unknown(&self) -> u64 {
        self.month.of(Class::Unknown).saturating_sub(self.signs_with_your_key)
    }

    /// The days of the month with messages that nothing decides.
    #[must_use]
    pub const fn unknown_days(&self) -> u32 {
        self.unknown.within(MONTH as u32)
    }

    /// The days of the quarter with messages that nothing decides or that were passed on.
    #[must_use]
    pub const fn doubtful_days(&self) -> u32 {
        self.doubtful.within(QUARTER as u32)
    }

    /// The days of the month with a record.
    #[must_use]
    pub const fn recent_days(&self) -> u32 {
        self.seen.within(MONTH as u32)
    }

    /// The addresses it was seen from; where there are many, only that they are.
    #[must_use]
    pub fn addresses(&self) -> usize {
        self.addresses.0.len()
    }

    fn meet(&mut self, messages: u64, class: Class, age: i64) {
        self.quarter.add(class, messages);
        self.seen.add(age);
        match class {
            Class::Unknown => {
                self.unknown.add(age);
                self.doubtful.add(age);
            }
            Class::Forwarder => self.doubtful.add(age),
            Class::Aligned | Class::Misaligned | Class::Unauthorised => {}
        }
    }

    fn add(&mut self, messages: u64, judgement: &Judgement, class: Class) {
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
    }
}
