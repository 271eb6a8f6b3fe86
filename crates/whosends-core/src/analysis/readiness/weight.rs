//! What a source weighs in a verdict.

use crate::model::Day;
use crate::senders::Class;

use super::situation::ScoredSource;
use super::tally::{MONTH, SourceTraffic, age};

/// The messages of a source that count: those of the month. A sender of the owner's that failed and has been quiet since
/// weighs as its last month did: the mail of its next season would fail as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Weight {
    /// Messages of the owner's that pass.
    pub(super) aligned: u64,
    /// Messages of the owner's that fail.
    pub(super) misaligned: u64,
    /// Messages that fail and that nothing decides.
    pub(super) unknown: u64,
}

impl Weight {
    pub(super) fn of(source: &ScoredSource<'_>, newest: Day) -> Self {
        match is_out_of_season(source, newest) {
            true => Self::season(source.traffic),
            false => Self::month(source.traffic),
        }
    }

    fn month(traffic: &SourceTraffic) -> Self {
        Self {
            aligned: traffic.month.of(Class::Aligned),
            misaligned: traffic.month.of(Class::Misaligned),
            unknown: traffic.failing_unknown(),
        }
    }

    /// A month's worth of the days between its first record and its last.
    fn season(traffic: &SourceTraffic) -> Self {
        let days = age(traffic.first, traffic.last).map_or(1, |age| age + 1).max(MONTH);
        let scaled = |messages: u64| {
            let scaled = u128::from(messages) * MONTH.unsigned_abs() as u128 / days.unsigned_abs() as u128;
            u64::try_from(scaled).unwrap_or(messages)
        };
        Self {
            aligned: scaled(traffic.quarter.of(Class::Aligned)),
            misaligned: scaled(traffic.quarter.of(Class::Misaligned)),
            unknown: 0,
        }
    }

    /// Messages that are the owner's.
    pub(super) const fn own(self) -> u64 {
        self.aligned.saturating_add(self.misaligned)
    }

    /// Messages that enforcing would lose, or might.
    pub(super) const fn at_stake(self) -> u64 {
        self.misaligned.saturating_add(self.unknown)
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            aligned: self.aligned.saturating_add(other.aligned),
            misaligned: self.misaligned.saturating_add(other.misaligned),
            unknown: self.unknown.saturating_add(other.unknown),
        }
    }
}

/// Whether it is a sender of the owner's that failed, and of which the last month shows nothing.
fn is_out_of_season(source: &ScoredSource<'_>, newest: Day) -> bool {
    let is_quiet = age(source.traffic.last, newest).is_some_and(|age| age >= MONTH);
    is_quiet && !source.relayed && source.traffic.quarter.of(Class::Misaligned) > 0
}
