//! What changed of one sender.

use super::{Change, Check, thresholds};
use crate::analysis::tally::{Split, Tally};
use crate::model::Judged as Verdicts;
use crate::model::series::{Key, Series};

/// The days a reporter covered in the period and in the one before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Covered {
    pub(super) now: u64,
    pub(super) before: u64,
}

impl Key for (u32, Covered) {
    fn after(self, _: Self) -> Option<usize> {
        None
    }
}

impl Covered {
    pub(super) const fn both(self) -> bool {
        self.now > 0 && self.before > 0
    }
}

/// The mail of a sender that can be compared, while it is added up: what reporters of both periods saw.
#[derive(Debug, Default)]
pub(super) struct Comparable {
    now: Tally,
    before: Tally,
    /// The messages of before, by reporter and what that covered.
    seen: Series<(u32, Covered)>,
}

/// The mail of a sender that can be compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared {
    now: Tally,
    before: Tally,
    /// What the mail of before comes to in the days that were covered since.
    pub(super) expected: u64,
}

impl Comparable {
    /// Adds messages of both periods that were judged alike.
    pub(super) fn add(&mut self, said: Verdicts, now: u64, before: u64) {
        self.now.add(said, now);
        self.before.add(said, before);
    }

    /// Takes messages of before into what is expected.
    pub(super) fn expect(&mut self, reporter: u32, covered: Covered, messages: u64) {
        self.seen.add((reporter, covered), messages);
    }

    pub(super) fn finish(self) -> Compared {
        let expected = self.seen.into_sorted().into_iter().map(|((_, covered), messages)| {
            let scaled = u128::from(messages) * u128::from(covered.now) / u128::from(covered.before.max(1));
            u64::try_from(scaled).unwrap_or(u64::MAX)
        });
        let expected = expected.fold(0, u64::saturating_add);
        Compared { now: self.now, before: self.before, expected }
    }
}

impl Compared {
    /// How the volume and the rates changed; nothing of a sender that was not there in both periods.
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::from_iter(self.volume());
        let worse = Check::ALL.into_iter().filter_map(|check| rate(check, &self.before, &self.now));
        changes.extend(worse);
        changes
    }

    fn volume(&self) -> Option<Change> {
        let (now, expected) = (self.now.messages, self.expected);
        if now == 0 || expected == 0 || now.abs_diff(expected) < thresholds::VOLUME {
            return None;
        }
        if now >= expected.saturating_mul(thresholds::TIMES) {
            return Some(Change::More);
        }
        (now.saturating_mul(thresholds::TIMES) <= expected).then_some(Change::Less)
    }
}

/// How a rate changed, where it did by enough, with enough messages on both sides.
fn rate(check: Check, before: &Tally, now: &Tally) -> Option<Change> {
    let (before, now) = (check.of(before), check.of(now));
    if before.decided() < thresholds::RATE_OF || now.decided() < thresholds::RATE_OF {
        return None;
    }
    let (was, is) = (thousandths(before), thousandths(now));
    let messages = u128::from(was.abs_diff(is)) * u128::from(now.decided()) / 1000;
    if was.abs_diff(is) < thresholds::RATE || messages < u128::from(thresholds::RATE_MESSAGES) {
        return None;
    }
    Some(if is > was { Change::Better(check) } else { Change::Worse(check) })
}

pub(super) fn thousandths(split: Split) -> u64 {
    let share = u128::from(split.pass) * 1000 / u128::from(split.decided().max(1));
    u64::try_from(share).unwrap_or(1000)
}
