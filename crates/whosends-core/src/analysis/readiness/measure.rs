//! How gates are measured.

use super::coverage::Coverage;
use super::gates::{Gate, GateKind, GateState, Measure, Thresholds, WHOLE};

impl Thresholds {
    /// The gates that ask whether enough is seen at all.
    pub(super) fn data_gates(&self, coverage: &Coverage) -> [Gate; 3] {
        let covered = coverage.of(self.span);
        let (days, large) = (covered.days.len() as u64, covered.large_reporters as u64);
        // Where no large reporter was ever heard of, that is for another gate to say.
        let age = coverage.large_age.unwrap_or(0);
        [
            at_least(GateKind::CoveredDays, Measure::Count(days), Measure::Count(self.covered_days)),
            at_least(GateKind::LargeReporters, Measure::Count(large), Measure::Count(self.large_reporters)),
            at_most(GateKind::LargeReporterAge, Measure::Count(age), Measure::Count(self.large_reporter_age)),
        ]
    }
}

/// A share in hundredths of a percent, rounded down; of nothing, nothing.
pub(super) fn share_of(part: u64, all: u64) -> u64 {
    let share = u128::from(part) * u128::from(WHOLE) / u128::from(all.max(1));
    u64::try_from(share).unwrap_or(WHOLE)
}

/// The nearest share, for showing it.
pub(super) fn nearest(part: u64, all: u64) -> Measure {
    let all = u128::from(all.max(1));
    let share = (u128::from(part) * u128::from(WHOLE) + all / 2) / all;
    Measure::Share(u64::try_from(share).unwrap_or(WHOLE))
}

/// A share of messages that has to be large, rounded down; of none it holds, and nothing is measured.
pub(super) fn large_part(kind: GateKind, (part, all): (u64, u64), needed: u64) -> Gate {
    let measured = (all > 0).then(|| Measure::Share(share_of(part, all)));
    let holds = all == 0 || share_of(part, all) >= needed;
    Gate { measured, base: Some(all), ..gate(kind, holds, Measure::Count(0), Measure::Share(needed), false) }
}

/// A share of messages that has to be small, rounded up so that a little over a bound is not taken for within it.
pub(super) fn small_part(kind: GateKind, (part, all): (u64, u64), needed: u64) -> Gate {
    let share = (u128::from(part) * u128::from(WHOLE)).div_ceil(u128::from(all.max(1)));
    let share = u64::try_from(share).unwrap_or(WHOLE);
    let measured = (all > 0).then_some(Measure::Share(share));
    Gate {
        measured,
        base: Some(all),
        ..gate(kind, share <= needed, Measure::Count(0), Measure::Share(needed), true)
    }
}

pub(super) fn at_least(kind: GateKind, measured: Measure, needed: Measure) -> Gate {
    gate(kind, number(measured) >= number(needed), measured, needed, false)
}

pub(super) fn at_most(kind: GateKind, measured: Measure, needed: Measure) -> Gate {
    gate(kind, number(measured) <= number(needed), measured, needed, true)
}

const fn gate(kind: GateKind, holds: bool, measured: Measure, needed: Measure, at_most: bool) -> Gate {
    let state = if holds { GateState::Holds } else { GateState::Fails };
    Gate { kind, state, measured: Some(measured), needed: Some(needed), at_most, base: None }
}

const fn number(measure: Measure) -> u64 {
    match measure {
        Measure::Count(number) | Measure::Share(number) => number,
    }
}
