//! Which days a question is about.

use std::fmt;
use std::str::FromStr;

use super::Day;

/// From when on, as a user says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So many days, the last day of the period among them.
    Days(u32),
    /// This day.
    Day(Day),
    /// Everything there is, also what has no usable date.
    All,
}

impl Since {
    /// The period where nobody asks for another: 30 days.
    pub const DEFAULT: Self = Self::Days(30);
}

/// The text is none of `30d`, `8w`, `2026-11-01` and `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAPeriod;

impl fmt::Display for NotAPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a period; write it like `30d`, `8w`, `2026-11-01` or `all`")
    }
}

impl std::error::Error for NotAPeriod {}

impl FromStr for Since {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some(day) = parse_day(text) {
            return Ok(Self::Day(day));
        }
        let (digits, unit) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
            (Some(digits), _) => (digits, 1),
            (_, Some(digits)) => (digits, 7),
            _ => return Err(NotAPeriod),
        };
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotAPeriod);
        }
        let days = digits.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
        days.filter(|&days| days > 0).map(Self::Days).ok_or(NotAPeriod)
    }
}

/// Reads a day as `2026-11-21`.
#[must_use]
pub fn parse_day(text: &str) -> Option<Day> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let number = |digits: &str| match digits.bytes().all(|b| b.is_ascii_digit()) {
        true => digits.parse::<i64>().ok(),
        false => None,
    };
    Day::from_date(number(year)?, number(month)?, number(day)?)
}

/// Days of UTC from one to another, both included; open-ended where one is `None`.
///
/// A report counts for the day its period begins on. With neither end given everything is meant, also reports
/// without a readable begin; with either end those are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first day.
    pub from: Option<Day>,
    /// The last day.
    pub to: Option<Day>,
}

impl Period {
    /// Everything there is, also what has no usable date.
    pub const ALL: Self = Self { from: None, to: None };

    /// The period that `since` and `until` mean where `newest` is the newest day with data that is not after
    /// today.
    ///
    /// A number of days is counted back from `until`, or else from `newest`: mail that arrived long ago is
    /// still shown, and a report dated in the future moves nothing.
    #[must_use]
    pub fn of(since: Since, until: Option<Day>, newest: Option<Day>) -> Self {
        let to = until.or(newest);
        match since {
            Since::All => Self { from: None, to: until },
            Since::Day(from) => Self { from: Some(from), to: to.map(|to| to.max(from)) },
            Since::Days(days) => Self { from: to.map(|to| to.plus(1 - i64::from(days))), to },
        }
    }

    /// The `days` days that end on `last`.
    #[must_use]
    pub const fn ending(last: Day, days: i64) -> Self {
        Self { from: Some(last.plus(1_i64.saturating_sub(days))), to: Some(last) }
    }

    /// Whether it holds what is dated so; what has no date is in no period with an end.
    #[must_use]
    pub fn holds(&self, day: Option<Day>) -> bool {
        match day {
            Some(day) => self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to),
            None => *self == Self::ALL,
        }
    }

    /// How many days, where both ends are set.
    #[must_use]
    pub fn days(&self) -> Option<i64> {
        let (from, to) = (self.from?, self.to?);
        Some(to.0.saturating_sub(from.0).saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        parse_day(text).unwrap()
    }

    #[test]
    fn periods_are_read_as_they_are_said() {
        for (text, meant) in [
            ("30d", Some(Since::Days(30))),
            ("8w", Some(Since::Days(56))),
            ("2026-11-01", Some(Since::Day(day("2026-11-01")))),
            ("all", Some(Since::All)),
            ("0d", None),
            ("30", None),
            ("+3d", None),
            ("d", None),
            ("1é", None),
            ("99999999999d", None),
            ("999999999w", None),
            ("2026-02-29", None),
            ("2026-1-01", None),
            ("2026-11-01T00:00", None),
        ] {
            assert_eq!(text.parse().ok(), meant, "{text}");
        }
    }

    #[test]
    fn thirty_days_end_on_the_newest_day_with_data() {
        let newest = Some(day("2026-11-21"));
        let period = Period::of(Since::DEFAULT, None, newest);
        assert_eq!(period, Period { from: Some(day("2026-10-23")), to: newest });
        assert_eq!(period.days(), Some(30));
        let until = Some(day("2026-03-01"));
        assert_eq!(Period::of(Since::Days(2), until, newest).from, Some(day("2026-02-28")));
        assert_eq!(Period::of(Since::DEFAULT, None, None), Period::ALL);
    }

    #[test]
    fn dates_are_taken_as_they_are() {
        let (first, newest) = (day("2026-11-01"), Some(day("2026-11-21")));
        assert_eq!(Period::of(Since::Day(first), None, newest), Period { from: Some(first), to: newest });
        assert_eq!(Period::of(Since::All, None, newest), Period::ALL);
        let later = day("2026-12-24");
        assert_eq!(Period::of(Since::Day(later), None, newest).days(), Some(1));
    }
}
