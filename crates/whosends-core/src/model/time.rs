//! Days of UTC.

use std::fmt;

/// A day of UTC, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    /// The day that holds a Unix time.
    #[must_use]
    pub const fn of(seconds: i64) -> Self {
        Self(seconds.div_euclid(86_400))
    }

    /// The day of a date in the proleptic Gregorian calendar, or `None` where there is no such date.
    #[must_use]
    pub fn from_date(year: i64, month: i64, day: i64) -> Option<Self> {
        if !(0..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 {
            return None;
        }
        let found = Self::from_date_unchecked(year, month, day);
        (found.date() == (year, month, day)).then_some(found)
    }

    /// Reads a date as it is shown: `2026-11-22`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').map(|part| {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<i64>().ok().filter(|_| digits && part.len() <= 4)
        });
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then(|| Self::from_date(year, month, day)).flatten()
    }

    const fn from_date_unchecked(year: i64, month: i64, day: i64) -> Self {
        // Years that begin in March put the leap day last: the months before it then have fixed offsets.
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month and day of the month.
    #[must_use]
    pub const fn date(self) -> (i64, i64, i64) {
        let days = self.0.saturating_add(719_468);
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + (month <= 2) as i64;
        (year, month, day_of_year - (153 * from_march + 2) / 5 + 1)
    }

    /// The Unix time at its start.
    #[must_use]
    pub const fn start(self) -> i64 {
        self.0.saturating_mul(86_400)
    }

    /// The day `days` later (earlier where negative).
    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(Day::of(0).to_string(), "1970-01-01");
        assert_eq!(Day::of(1_795_219_200).to_string(), "2026-11-21");
        assert_eq!(Day::of(-1).to_string(), "1969-12-31");
        for day in -200_000..200_000 {
            let (y, m, d) = Day(day).date();
            assert_eq!(Day::from_date_unchecked(y, m, d), Day(day));
        }
        assert_eq!(Day::from_date(2026, 2, 29), None);
    }
}
