//! Which days an answer is about.

use std::fmt;
use std::str::FromStr;

use crate::model::Day;

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
