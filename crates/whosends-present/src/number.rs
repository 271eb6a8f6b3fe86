//! Numbers as people read them.

use whosends_core::model::Day;

/// `1234567` as `1 234 567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A number and its noun: `1 report`, `2 000 reports`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A share of a whole as `96.8%`. Only all is `100%` and only nothing is `0%`; a share of nothing is `-`.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    // Tenths of a per cent, rounded to the nearest.
    let tenths = (u128::from(part) * 2000 + u128::from(whole)) / (u128::from(whole) * 2);
    let tenths = match tenths {
        0 if part > 0 => return "<0.1%".to_owned(),
        0 => return "0%".to_owned(),
        1000 if part < whole => 999,
        1000 => return "100%".to_owned(),
        other => other,
    };
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// The share as a number between 0 and 1, for JSON and CSV; a share of nothing is `None`.
pub fn rate(part: u64, whole: u64) -> Option<f64> {
    // Counts above 2^53 lose digits here, far below what six decimals show.
    (whole > 0).then(|| (part as f64 / whole as f64 * 1e6).round() / 1e6)
}

/// Bytes as `1.4 MiB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024 {
        return count(number, "byte", "bytes");
    }
    let mut tenths = u128::from(number) * 10 / 1024;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if tenths < 10 * 1024 {
            break;
        }
        tenths /= 1024;
        unit = next;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// A span of time as `0.42 s`, `3 min 20 s` or `2 h 5 min`.
pub fn seconds(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.2} s");
    }
    let whole = seconds as u64;
    match whole {
        ..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A Unix time as RFC 3339 in UTC, or `None` outside the years 0 to 9999 that it can write.
pub fn rfc3339(unix: i64) -> Option<String> {
    let day = Day::of(unix);
    if !(0..=9999).contains(&day.date().0) {
        return None;
    }
    let second = unix.rem_euclid(86_400);
    Some(format!("{day}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60))
}

/// The UTC day of a Unix time as `2026-11-21`; `-` where there is none.
pub fn day(unix: Option<i64>) -> String {
    minute(unix).split(' ').next().unwrap_or_default().to_owned()
}

/// A Unix time as `2026-11-21 14:05` in UTC; `-` where there is none.
pub fn minute(unix: Option<i64>) -> String {
    match unix.and_then(rfc3339) {
        Some(text) => text.get(..16).unwrap_or(&text).replace('T', " "),
        None => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let shown = [0, 12, 123, 1234, 412_310, 1_000_000, u64::MAX].map(grouped);
        assert_eq!(shown, ["0", "12", "123", "1 234", "412 310", "1 000 000", "18 446 744 073 709 551 615"]);
        assert_eq!(count(1, "report", "reports"), "1 report");
        assert_eq!(count(0, "report", "reports"), "0 reports");
    }

    #[test]
    fn a_share_never_says_all_or_nothing_where_it_is_not() {
        let shown = [
            (0, 0),
            (0, 9),
            (9, 9),
            (1, 3),
            (99_999, 100_000),
            (1, 100_000),
            (1, 2000),
            (u64::MAX, u64::MAX),
        ]
        .map(|(part, whole)| percent(part, whole));
        assert_eq!(shown, ["-", "0%", "100%", "33.3%", "99.9%", "<0.1%", "0.1%", "100%"]);
        assert_eq!(rate(1, 3), Some(0.333_333));
        assert_eq!(rate(0, 0), None);
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(rfc3339(1_795_219_200).as_deref(), Some("2026-11-21T00:00:00Z"));
        assert_eq!(rfc3339(-1).as_deref(), Some("1969-12-31T23:59:59Z"));
        assert_eq!(rfc3339(i64::MAX), None);
        assert_eq!(rfc3339(i64::MIN), None);
        assert_eq!(minute(Some(1_795_219_260)), "2026-11-21 00:01");
        assert_eq!(minute(None), "-");
        assert_eq!((day(Some(1_795_219_260)), day(None)), ("2026-11-21".to_owned(), "-".to_owned()));
    }

    #[test]
    fn sizes_and_spans() {
        assert_eq!(
            [0, 1, 1023, 1024, 1536, 1 << 30].map(bytes),
            ["0 bytes", "1 byte", "1 023 bytes", "1.0 KiB", "1.5 KiB", "1.0 GiB"]
        );
        assert_eq!(bytes(u64::MAX), "16383.9 PiB");
        assert_eq!([0.4211, 200.0, 7500.9].map(seconds), ["0.42 s", "3 min 20 s", "2 h 5 min"]);
    }
}
