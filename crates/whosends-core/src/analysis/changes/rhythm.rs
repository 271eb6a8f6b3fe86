//! The days on which something was seen, and whether its silence means anything.

use std::collections::BTreeSet;

use crate::model::Day;

/// The days on which something was seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Rhythm(BTreeSet<Day>);

impl Rhythm {
    pub(super) fn add(&mut self, day: Day) {
        self.0.insert(day);
    }

    /// Adds the days of another.
    pub(super) fn merge(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    pub(super) fn ends(&self) -> Option<(Day, Day)> {
        Some((*self.0.first()?, *self.0.last()?))
    }

    /// The days from one to another, both among them.
    pub(super) fn within(&self, from: Day, to: Day) -> usize {
        if from > to { 0 } else { self.0.range(from..=to).count() }
    }

    /// Whether it fell silent in the `days` days that end with `to`: its silence became half as long again as any
    /// between its days, and as long as the period. A monthly sender is silent for weeks, and not gone.
    pub(super) fn fell_silent(&self, to: Day, days: i64, least: usize) -> bool {
        let Some((_, last)) = self.ends() else { return false };
        if self.0.len() < least {
            return false;
        }
        let gaps = self.0.iter().zip(self.0.iter().skip(1)).map(|(one, next)| next.0 - one.0);
        let longest = gaps.max().unwrap_or(0);
        let enough = days.max(longest + longest / 2);
        let silence = to.0 - last.0;
        silence >= enough && silence - days < enough
    }
}

impl FromIterator<Day> for Rhythm {
    fn from_iter<I: IntoIterator<Item = Day>>(days: I) -> Self {
        Self(days.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_measured_by_the_pace() {
        let seen = |days: &[i64]| Rhythm(days.iter().copied().map(Day).collect());
        let daily = seen(&[1, 2, 3, 4, 5]);
        assert!(daily.fell_silent(Day(12), 7, 3));
        assert!(!daily.fell_silent(Day(11), 7, 3), "it may be late");
        assert!(!daily.fell_silent(Day(40), 7, 3), "that was told before");
        assert!(!daily.fell_silent(Day(12), 7, 6), "too few days to know a pace");
        let monthly = seen(&[0, 30, 60]);
        assert!(!monthly.fell_silent(Day(80), 7, 3));
        assert!(!monthly.fell_silent(Day(100), 7, 3));
        assert!(monthly.fell_silent(Day(106), 7, 3));
        assert!(!Rhythm::default().fell_silent(Day(9), 7, 0));
        assert_eq!((daily.ends(), daily.within(Day(2), Day(9))), (Some((Day(1), Day(5))), 4));
    }
}
