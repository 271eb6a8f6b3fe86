//! Texts to values: what a text says, whether in the form it should have, or that it says nothing usable.
//!
//! Every text comes trimmed and not empty.

use std::borrow::Cow;
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
/// Brackets and the tag of a literal (RFC 5321 section 4.1.3), a port, a prefix length, a zone, a host's name before
/// it in brackets, marks that nobody sees, and whatever follows a space or parenthesis are taken off; nothing else is
/// guessed. A private or loopback address is as good as any.
pub(super) fn address(text: &str) -> Reading<IpAddr> {
    let (found, is_plain) = match text.parse() {
        Ok(found) => (Some(found), true),
        Err(_) => (decorated_address(&visible(text)), false),
    };
    match found.map(|found: IpAddr| (found, found.to_canonical())) {
        Some((found, canonical)) if is_plain && found == canonical => Reading::Plain(found),
        Some((_, canonical)) => Reading::Odd(canonical, NoteCode::OddAddress),
        None => Reading::Unusable(NoteCode::UnusableAddress),
    }
}

/// A text without the marks that nobody sees.
fn visible(text: &str) -> Cow<'_, str> {
    let is_mark = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    if text.contains(is_mark) { Cow::Owned(text.replace(is_mark, "")) } else { Cow::Borrowed(text) }
}

/// The address in `192.0.2.1:25`, `[2001:db8::1]:25`, `192.0.2.1/32`, `192.0.2.1 (host.example)`,
/// `[IPv6:2001:db8::1]`, `fe80::1%eth0` or `host.example [192.0.2.1]`.
fn decorated_address(text: &str) -> Option<IpAddr> {
    let host = text.split_whitespace().next()?;
    if let Some((name, literal)) = text.split_once(['[', '('])
        && value_is_name(name.trim())
    {
        return bare_address(literal.split([']', ')']).next()?);
    }
    let text = host.split(['/', '(']).next()?;
    if let Some(bracketed) = text.strip_prefix('[') {
        let (inside, after) = bracketed.split_once(']')?;
        let is_port = after.is_empty() || after.strip_prefix(':').is_some_and(is_digits);
        return if is_port { bare_address(inside) } else { None };
    }
    if let Some(found) = bare_address(text) {
        return Some(found);
    }
    let (host, port) = text.split_once(':')?;
    if is_digits(port) { host.parse::<Ipv4Addr>().ok().map(IpAddr::V4) } else { None }
}

/// Whether a text is a host's name as mail servers write it before the address.
fn value_is_name(text: &str) -> bool {
    Name::read(text).is_some_and(|(_, is_domain)| is_domain)
}

/// An address with the tag of a literal, or a zone.
fn bare_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let tagged = text.get(..5).filter(|tag| tag.eq_ignore_ascii_case("ipv6:")).map_or(text, |_| &text[5..]);
    let (address, zone) = tagged.split_once('%').unwrap_or((tagged, "0"));
    let found: IpAddr = address.parse().ok()?;
    let is_zone =
        !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (is_zone && (found.is_ipv6() || tagged == address)).then_some(found)
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// From here a message count is more likely a mistake than a count.
const HUGE_COUNT: u64 = 1_000_000_000_000;

/// Reads a message count: an `xs:integer` that is not negative, up to 2^63-1.
pub(super) fn count(text: &str) -> Reading<u64> {
    match digits(text) {
        Some(count) if count > HUGE_COUNT => Reading::Odd(count, NoteCode::HugeCount),
        Some(count) => Reading::Plain(count),
        None => match odd_count(text) {
            Some(count) => Reading::Odd(count, NoteCode::OddCount),
            None => Reading::Unusable(NoteCode::UnusableCount),
        },
    }
}

/// A whole number with a fraction of nothing, or with the thousands apart. `1.234` may be either, and is neither.
fn odd_count(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || fraction.bytes().any(|byte| byte != b'0') {
        return None;
    }
    if let Some(count) = digits(whole) {
        return Some(count);
    }
    let separator =
        whole.chars().find(|c| matches!(c, ',' | '\'' | '_' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'))?;
    let mut groups = whole.split(separator);
    let first = groups.next().filter(|group| is_digits(group) && group.len() <= 3)?;
    let mut joined = first.to_owned();
    for group in groups {
        if group.len() != 3 || !is_digits(group) {
            return None;
        }
        joined.push_str(group);
    }
    digits(&joined)
}

/// Decimal digits up to 2^63-1, the most a signed column holds; `xs:integer` allows a plus sign before them.
pub(super) fn digits(text: &str) -> Option<u64> {
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

/// Reads a domain name, or the one in a mail address; what is none is kept as stated. The null reverse-path
/// (RFC 5321 section 4.5.5) names nobody.
pub(super) fn name(text: &str) -> Option<Reading<Name>> {
    let (name, is_domain) = Name::read(text)?;
    if is_domain {
        return Some(Reading::Plain(name));
    }
    if text == "<>" {
        return Some(Reading::Unusable(NoteCode::OddName));
    }
    Some(match domain_of_address(text) {
        Some(domain) => Reading::Odd(domain, NoteCode::OddName),
        None => Reading::Odd(name, NoteCode::NotADomain),
    })
}

/// The domain in `user@example.com`, `News <n@example.com>`, `<example.com>` or `@example.com`, where there is one.
fn domain_of_address(text: &str) -> Option<Name> {
    let address = match text.split_once('<') {
        Some((_, inside)) => inside.strip_suffix('>')?,
        None if text.matches('@').count() == 1 => text,
        None => return None,
    };
    let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain);
    Name::read(domain).filter(|(_, is_domain)| *is_domain).map(|(name, _)| name)
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
                "mail.example.com [192.0.2.1]",
                "mail.example.com (192.0.2.1)",
                "192.0.2.1\u{200b}",
            ],
            "192.0.2.1",
        );
        addresses(
            &[
                "[2001:db8::1]",
                "[2001:db8::1]:25",
                "2001:db8::1/64",
                "IPv6:2001:db8::1",
                "[IPv6:2001:db8::1]",
                "2001:db8::1%eth0",
            ],
            "2001:db8::1",
        );
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
            "<192.0.2.1>",
            "192.0.2.1%eth0",
            "here [and there]",
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
        for (text, value) in [("12.0", 12), ("250.000", 250), ("1,000", 1000), ("1 000 000", 1_000_000)] {
            assert_eq!(count(text), Reading::Odd(value, NoteCode::OddCount), "{text}");
        }
        for text in [
            "-5",
            "++5",
            "+",
            "1,00",
            "1,0000",
            "1,234 567",
            ",100",
            "1.5",
            "1.234",
            "12.",
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
    fn domains_in_addresses() {
        for text in
            ["a@example.com", "<A@Example.com>", "\"News\" <n@example.com>", "@example.com", "<example.com>"]
        {
            let domain = Name::from_stated("example.com").unwrap();
            assert_eq!(name(text), Some(Reading::Odd(domain, NoteCode::OddName)), "{text}");
        }
        assert_eq!(name("<>"), Some(Reading::Unusable(NoteCode::OddName)));
        for text in ["a@b@example.com", "a@", "example.com, example.org", "a <b> c"] {
            assert!(matches!(name(text), Some(Reading::Odd(_, NoteCode::NotADomain))), "{text}");
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
