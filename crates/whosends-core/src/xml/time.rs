//! When a period begins and ends, in the forms that reporters write.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::value::{Reading, digits, is_digits};
use crate::model::note::NoteCode;

/// Nobody measured anything before DMARC was thought of; the sample of RFC 9990 is of 1979.
const EARLIEST: i64 = 100_000_000;
/// The end of the year 9999 in Unix seconds.
const LATEST: i64 = 253_402_300_799;

/// From here a number is no time in seconds, in milliseconds, in microseconds: each would lie after the year 5138.
const MILLISECONDS: u64 = 100_000_000_000;
const MICROSECONDS: u64 = 100_000_000_000_000;
const NANOSECONDS: u64 = 100_000_000_000_000_000;

/// Reads a time: Unix seconds; odd but readable are parts of seconds, and dates as people and programs write them.
/// One without a zone is in UTC (RFC 9990 section 3.1.1.4), and a day alone ends with its last second.
pub(super) fn time(text: &str, is_end: bool) -> Reading<i64> {
    let plain =
        digits(text).filter(|&number| number <= MILLISECONDS).and_then(|number| i64::try_from(number).ok());
    if let Some(time) = plain.filter(|time| *time >= EARLIEST) {
        return Reading::Plain(time);
    }
    let can_be = |time: &i64| (EARLIEST..=LATEST).contains(time);
    let found = of_number(text).filter(can_be).or_else(|| of_words(text)).or_else(|| day(text, is_end));
    match found.filter(can_be).or(plain) {
        Some(time) => Reading::Odd(time, NoteCode::OddTime),
        None => Reading::Unusable(NoteCode::UnusableTime),
    }
}

/// A number with a fraction, of smaller units, or of digits of a date and time.
fn of_number(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.is_empty() && !is_digits(fraction) {
        let number: f64 = text.parse().ok().filter(|_| text.contains(['e', 'E']))?;
        return (number.abs() < MILLISECONDS as f64).then_some(number as i64);
    }
    if whole.len() == 14
        && is_digits(whole)
        && let Ok(time) = DateTime::strptime("%Y%m%d%H%M%S", whole)
    {
        return Some(of_civil(time)).filter(|time| *time < 4_102_444_800);
    }
    let number = digits(whole)?;
    let parts = [(MILLISECONDS, 1), (MICROSECONDS, 1000), (NANOSECONDS, 1_000_000)];
    let in_a_second =
        parts.iter().find(|(most, _)| number <= *most).map_or(1_000_000_000, |(_, parts)| *parts);
    let seconds = number / in_a_second;
    i64::try_from(seconds).ok()
}

/// A date and time in words, with a zone or without.
fn of_words(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_second());
    }
    if let Ok(time) = jiff::fmt::rfc2822::parse(text) {
        return Some(time.timestamp().as_second());
    }
    let bare = ["UTC", "GMT", "Z"].iter().find_map(|zone| text.strip_suffix(zone)).unwrap_or(text).trim_end();
    if let Ok(time) = bare.parse::<DateTime>()
        && bare.contains(':')
    {
        return Some(of_civil(time));
    }
    const FORMS: [&str; 5] = [
        "%a %b %d %H:%M:%S %Y",
        "%a, %d %b %Y %H:%M:%S",
        "%d %b %Y %H:%M:%S",
        "%Y/%m/%d %H:%M:%S",
        "%a %b %d %H:%M:%S UTC %Y",
    ];
    FORMS.iter().find_map(|form| DateTime::strptime(form, bare).ok()).map(of_civil)
}

/// A day alone.
fn day(text: &str, is_end: bool) -> Option<i64> {
    const FORMS: [&str; 4] = ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d %b %Y"];
    let found = FORMS.iter().find_map(|form| Date::strptime(form, text).ok())?;
    let last = if is_end { 86_399 } else { 0 };
    Some(of_civil(found.to_datetime(jiff::civil::Time::midnight())) + last)
}

fn of_civil(time: DateTime) -> i64 {
    time.to_zoned(TimeZone::UTC).map_or(-1, |zoned| zoned.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, seconds) in [("1700000000", 1_700_000_000), ("+302832000", 302_832_000)] {
            assert_eq!(time(text, false), Reading::Plain(seconds));
        }
        for text in [
            "1700000000.123",
            "1700000000.",
            "1700000000999",
            "1700000000999999",
            "1700000000999999999",
            "1.7e+09",
            "2023-11-14T22:13:20Z",
            "2023-11-14T23:13:20+01:00",
            "2023-11-14 22:13:20Z",
            "2023-11-14T22:13:20",
            "2023-11-14 22:13:20",
            "2023-11-14 22:13:20 UTC",
            "2023/11/14 22:13:20",
            "20231114221320",
            "Tue, 14 Nov 2023 23:13:20 +0100",
            "14 Nov 2023 22:13:20 GMT",
            "Tue Nov 14 22:13:20 2023",
        ] {
            assert_eq!(time(text, true), Reading::Odd(1_700_000_000, NoteCode::OddTime), "{text}");
        }
        for text in ["2023-11-14", "20231114"] {
            assert_eq!(time(text, false), Reading::Odd(1_699_920_000, NoteCode::OddTime), "{text}");
            assert_eq!(time(text, true), Reading::Odd(1_700_006_399, NoteCode::OddTime), "{text}");
        }
    }

    #[test]
    fn a_time_of_1970_is_odd_and_what_is_none_is_not_one() {
        for (text, seconds) in [("0", 0), ("20269999", 20_269_999)] {
            assert_eq!(time(text, false), Reading::Odd(seconds, NoteCode::OddTime), "{text}");
        }
        for text in [
            "-1",
            "soon",
            "1,700,000,000",
            "2023-02-30T00:00:00Z",
            "1700000000.x",
            "1e99",
            "9223372036854775808",
            "1969-12-31T23:59:59Z",
            "01/02/2023",
        ] {
            assert_eq!(time(text, false), Reading::Unusable(NoteCode::UnusableTime), "{text}");
        }
    }
}
