//! How old the data is that a verdict rests on.

use crate::model::Day;

/// How old the data is, counted from the day for which a verdict is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Currency {
    /// Reports come a day or two late: this is as new as it gets.
    Current,
    /// So many days old, which is worth saying.
    Dated(u64),
    /// So many days old, which is too old for a verdict: what has begun to send since is not in it.
    Outdated(u64),
}

impl Currency {
    /// Days that need no word.
    const UNSAID: u64 = 3;
    /// Days after which there is no verdict.
    const TOO_OLD: u64 = 14;

    /// Of data that reaches to a day, as it stands on another.
    #[must_use]
    pub fn of(newest: Day, asked: Day) -> Self {
        let days = u64::try_from(asked.0.saturating_sub(newest.0)).unwrap_or(0);
        match days {
            0..=Self::UNSAID => Self::Current,
            days if days <= Self::TOO_OLD => Self::Dated(days),
            days => Self::Outdated(days),
        }
    }

    /// Whether it is too old for a verdict.
    #[must_use]
    pub const fn is_outdated(self) -> bool {
        matches!(self, Self::Outdated(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fortnight_is_the_end() {
        let of = |days: i64| Currency::of(Day(20_000), Day(20_000).plus(days));
        assert_eq!([of(-1), of(0), of(3)], [Currency::Current; 3]);
        assert_eq!([of(4), of(14)], [Currency::Dated(4), Currency::Dated(14)]);
        assert_eq!(of(15), Currency::Outdated(15));
    }
}
