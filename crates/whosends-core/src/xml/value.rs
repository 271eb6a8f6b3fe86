//! Texts to values: what a text says, whether in the form it should have, or that it says nothing usable.
//!
//! Every text comes trimmed and not empty.

use std::net::{IpAddr, Ipv4Addr};

use crate::model::name::Name;
use crate::model::note::NoteCode;

/// What a text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading<T> {
    /// A value in the form it should have.
    Plain(T),
    /// A value in a form worth a note.
    Odd(T, NoteCode),
    /// No value.
    Unusable(NoteCode),
}

/// Reads a source address (RFC 9990 section 3.1.1.8: an address as in RFC 3986 section 3.2.2).
///
/// Brackets, a port, a prefix length, and whatever follows a space or parenthesis are taken off; nothing
/// else is guessed. A private or loopback address is as good as any.
pub(super) fn address(text: &str) -> Reading<IpAddr> {
    let (found, is_plain) = match text.parse() {
        Ok(found) => (Some(found), true),
        Err(_) => (decorated_address(text), false),
    };
    match found.map(|found: IpAddr| (found, found.to_canonical())) {
        Some((found, canonical)) if is_plain && found == canonical => Reading::Plain(found),
        Some((_, canonical)) => Reading::Odd(canonical, NoteCode::OddAddress),
        None => Reading::Unusable(NoteCode::UnusableAddress),
    }
}

/// The address in `192.0.2.1:25`, `[2001:db8::1]:25`, `192.0.2.1/32` or `192.0.2.1 (host.example)`.
fn decorated_address(text: &str) -> Option<IpAddr> {
    let text = text.split(['/', '(']).next()?.split_whitespace().next()?;
    if let Some(bracketed) = text.strip_prefix('[') {
        let (inside, after) = bracketed.split_once(']')?;
        let is_port = after.is_empty() || after.strip_prefix(':').is_some_and(is_digits);
        return if is_port { inside.parse().ok() } else { None };
    }
    if let Ok(found) = text.parse() {
        return Some(found);
    }
    let (host, port) = text.split_once(':')?;
    if is_digits(port) { host.parse::<Ipv4Addr>().ok().map(IpAddr::V4) } else { None }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// From here a message count is more likely a mistake than a count.
const HUGE_COUNT: u64 = 1_000_000_000_000;

/// Reads a message count: an `xs:integer` that is not negative, up to 2^63-1.
pub(super) fn count(text: &str) -> Reading<u64> {
    match digits(text) {
        Some(count) if count > HUGE_COUNT => Reading::Odd(count, NoteCode::HugeCount),
        Some(count) => Reading::Plain(count),
        None => Reading::Unusable(NoteCode::UnusableCount),
    }
}

/// Decimal digits up to 2^63-1, the most a signed column holds; `xs:integer` allows a plus sign before them.
fn digits(text: &str) -> Option<u64> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let number = if is_digits(text) { text.parse().ok() } else { None };
    number.filter(|number| i64::try_from(*number).is_ok())
}

/// Reads `pct` (RFC 7489 section 6.3): a whole number up to 100.
pub(super) fn percentage(text: &str) -> Reading<u32> {
    match digits(text).map(u32::try_from) {
        Some(Ok(number)) if number <= 100 => Reading::Plain(number),
        _ => Reading::Unusable(NoteCode::UnusableNumber),
    }
}

/// The end of the year 9999 in Unix seconds: no stated time lies behind it.
const LAST_SECOND: u64 = 253_402_300_799;

/// From here a time is in milliseconds: as seconds it would lie after the year 5138.
const MILLISECONDS: u64 = 100_000_000_000;

/// Reads a time: Unix seconds; odd but readable are fractions, milliseconds and RFC 3339.
pub(super) fn time(text: &str) -> Reading<i64> {
    if let Some(number) = digits(text) {
        let is_seconds = number <= MILLISECONDS;
        let seconds = if is_seconds { number } else { number / 1000 };
        return match i64::try_from(seconds) {
            Ok(time) if is_seconds => Reading::Plain(time),
            Ok(time) if seconds <= LAST_SECOND => Reading::Odd(time, NoteCode::OddTime),
            _ => Reading::Unusable(NoteCode::UnusableTime),
        };
    }
    match odd_time(text) {
        Some(time) => Reading::Odd(time, NoteCode::OddTime),
        None => Reading::Unusable(NoteCode::UnusableTime),
    }
}

fn odd_time(text: &str) -> Option<i64> {
    if let Some((whole, fraction)) = text.split_once('.')
        && (fraction.is_empty() || is_digits(fraction))
    {
        let whole = digits(whole).filter(|&whole| whole <= MILLISECONDS)?;
        return i64::try_from(whole).ok();
    }
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(time.as_second()).filter(|&seconds| seconds >= 0)
}

/// Reads a domain name; what is none is kept as stated.
pub(super) fn name(text: &str) -> Option<Reading<Name>> {
    let (name, is_domain) = Name::read(text)?;
    Some(if is_domain { Reading::Plain(name) } else { Reading::Odd(name, NoteCode::NotADomain) })
}

/// An enumerated word of the model.
pub(super) trait Word: Sized {
    /// Reads a word in any case.
    fn from_text(text: &str) -> Option<Self>;
    /// The word in lower case.
    fn text(&self) -> &str;
    /// Whether the standards define it.
    fn is_known(&self) -> bool;
}

macro_rules! words {
    ($($name:ident),+) => {
        $(impl Word for crate::model::words::$name {
            fn from_text(text: &str) -> Option<Self> {
                Self::from_stated(text)
            }
            fn text(&self) -> &str {
                self.as_str()
            }
            fn is_known(&self) -> bool {
                Self::is_known(self)
            }
        })+
    };
}

words!(
    Policy,
    Disposition,
    Verdict,
    AlignmentMode,
    Testing,
    DiscoveryMethod,
    DkimResult,
    SpfResult,
    SpfScope,
    OverrideType
);

/// Reads an enumerated word; one nobody knows keeps its text.
pub(super) fn word<W: Word>(text: &str) -> Option<Reading<W>> {
    let word = W::from_text(text)?;
    Some(if !word.is_known() {
        Reading::Odd(word, NoteCode::UnknownWord)
    } else if word.text() != text {
        Reading::Odd(word, NoteCode::WordCase)
    } else {
        Reading::Plain(word)
    })
}

/// A whole text without blanks around it.
pub(super) fn trimmed(text: &str) -> &str {
    trim_start(text).trim_end()
}

/// The text without blanks at its front; most blanks are ASCII.
pub(super) fn trim_start(text: &str) -> &str {
    let text = text.trim_ascii_start();
    if text.as_bytes().first().is_some_and(|byte| !byte.is_ascii()) { text.trim_start() } else { text }
}

/// The character that stands for one that XML does not allow.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The text without the control characters that XML forbids (XML 1.0 section 2.2), or `None` where it holds
/// none of them.
pub(super) fn without_controls(text: &str) -> Option<String> {
    let is_forbidden = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    if !text.bytes().any(is_forbidden) {
        return None;
    }
    let clean = |c: char| if c.is_ascii() && is_forbidden(c as u8) { REPLACEMENT } else { c };
    Some(text.chars().map(clean).collect())
}

/// What a reference such as `amp` or `#x41` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference {
    /// A character.
    Character(char),
    /// A character number that stands for none.
    NoCharacter,
    /// A name XML does not define.
    Unknown,
}

/// Resolves a reference: the five entities of XML and character numbers, never an entity of a document type.
pub(super) fn reference(name: &str) -> Reference {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                u32::from_str_radix(hex, 16).ok()
            }
            None if is_digits(number) => number.parse().ok(),
            _ => return Reference::Unknown,
        };
        return code.and_then(char::from_u32).map_or(Reference::NoCharacter, Reference::Character);
    }
    match name {
        "amp" => Reference::Character('&'),
        "lt" => Reference::Character('<'),
        "gt" => Reference::Character('>'),
        "quot" => Reference::Character('"'),
        "apos" => Reference::Character('\''),
        _ => Reference::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::words::{SpfResult, Verdict};

    fn addresses(texts: &[&str], expected: &str) {
        let expected: IpAddr = expected.parse().unwrap();
        for text in texts {
            assert_eq!(address(text), Reading::Odd(expected, NoteCode::OddAddress), "{text}");
        }
    }

    #[test]
    fn plain_addresses() {
        for text in ["192.0.2.1", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "127.0.0.1", "10.0.0.1", "::1"] {
            assert_eq!(address(text), Reading::Plain(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn addresses_in_odd_forms() {
        addresses(
            &[
                "192.0.2.1/32",
                "192.0.2.1:25",
                "[192.0.2.1]",
                "[192.0.2.1]:587",
                "192.0.2.1 (mail.example.com)",
                "192.0.2.1(mail.example.com)",
                "192.0.2.1 mail.example.com",
                "::ffff:192.0.2.1",
                "[::ffff:c000:201]",
            ],
            "192.0.2.1",
        );
        addresses(&["[2001:db8::1]", "[2001:db8::1]:25", "2001:db8::1/64"], "2001:db8::1");
    }

    #[test]
    fn no_address_is_guessed() {
        for text in [
            "192.0r.2.1",
            "192.0.2",
            "192.0.2.1.5",
            "192.0.2.256",
            "192.000.002.001",
            "mail.example.com",
            "2001:db8::1:25:zz",
            "[2001:db8::1",
            "[2001:db8::1]x",
            "192.0.2.1, 192.0.2.2",
            "192.0.2.1:smtp",
            "fe80::1%eth0",
            "<192.0.2.1>",
            "/192.0.2.1",
            "(192.0.2.1)",
        ] {
            assert_eq!(address(text), Reading::Unusable(NoteCode::UnusableAddress), "{text}");
        }
    }

    #[test]
    fn counts() {
        for (text, value) in [("0", 0), ("12", 12), ("007", 7), ("+5", 5), ("1000000000000", HUGE_COUNT)] {
            assert_eq!(count(text), Reading::Plain(value));
        }
        for (text, value) in [("1000000000001", HUGE_COUNT + 1), ("9223372036854775807", i64::MAX as u64)] {
            assert_eq!(count(text), Reading::Odd(value, NoteCode::HugeCount));
        }
        for text in [
            "-5",
            "++5",
            "+",
            "1,000",
            "1 000",
            "1.0",
            "1e3",
            "0x10",
            "five",
            "9223372036854775808",
            "١٢",
            "99999999999999999999",
        ] {
            assert_eq!(count(text), Reading::Unusable(NoteCode::UnusableCount), "{text}");
        }
    }

    #[test]
    fn percentages() {
        assert_eq!(percentage("100"), Reading::Plain(100));
        for text in ["101", "-1", "50%", "half", "4294967297"] {
            assert_eq!(percentage(text), Reading::Unusable(NoteCode::UnusableNumber), "{text}");
        }
    }

    #[test]
    fn times() {
        for (text, time_) in [("1700000000", 1_700_000_000), ("+0", 0), ("302832000", 302_832_000)] {
            assert_eq!(time(text), Reading::Plain(time_));
        }
        for text in [
            "1700000000.123",
            "1700000000.",
            "1700000000999",
            "2023-11-14T22:13:20Z",
            "2023-11-14T23:13:20+01:00",
            "2023-11-14 22:13:20Z",
        ] {
            assert_eq!(time(text), Reading::Odd(1_700_000_000, NoteCode::OddTime), "{text}");
        }
        for text in [
            "-1",
            "soon",
            "1,700,000,000",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-02-30T00:00:00Z",
            "1.7e9",
            "1700000000.x",
            "1700000000123.5",
            "9223372036854775807",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(time(text), Reading::Unusable(NoteCode::UnusableTime), "{text}");
        }
    }

    #[test]
    fn words() {
        assert_eq!(word("pass"), Some(Reading::Plain(Verdict::Pass)));
        assert_eq!(word("PASS"), Some(Reading::Odd(Verdict::Pass, NoteCode::WordCase)));
        for text in ["hardfail", "unknown", "error"] {
            let read = Some(Reading::Odd(SpfResult::Unknown(text.into()), NoteCode::UnknownWord));
            assert_eq!(word(text), read);
        }
    }

    #[test]
    fn references() {
        assert_eq!(reference("amp"), Reference::Character('&'));
        assert_eq!(reference("#x41"), Reference::Character('A'));
        assert_eq!(reference("#65"), Reference::Character('A'));
        for name in ["#xD800", "#x110000", "#99999999999", "#x"] {
            assert_eq!(reference(name), Reference::NoCharacter, "{name}");
        }
        for name in ["nbsp", "AMP", "", "#+5", "#x+5", " x"] {
            assert_eq!(reference(name), Reference::Unknown, "{name}");
        }
    }

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(without_controls("a\tb\nc"), None);
        assert_eq!(without_controls("a\0b\u{1f}").as_deref(), Some("a\u{fffd}b\u{fffd}"));
    }
}
