//! Domain names as reports state them.

use std::borrow::Cow;
use std::fmt;

/// A name as a report states it: a lower-case A-label domain without a final dot where it is a domain, else
/// the stated text in lower case (some reporters write lists, or `NULL`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Box<str>);

impl Name {
    /// The name that `text` states, or `None` where it is blank.
    #[must_use]
    pub fn from_stated(text: &str) -> Option<Self> {
        Self::read(text).map(|(name, _)| name)
    }

    /// As [`Name::from_stated`], with whether it is a domain name.
    pub(crate) fn read(text: &str) -> Option<(Self, bool)> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if is_domain(text) {
            return Some((Self(text.into()), true));
        }
        let bare = text.strip_suffix('.').unwrap_or(text);
        let lower = bare.to_ascii_lowercase();
        if is_domain(&lower) {
            return Some((Self(lower.into()), true));
        }
        if !bare.is_ascii()
            && let Some(ascii) = to_a_labels(bare)
        {
            return Some((Self(ascii.into()), true));
        }
        let name = Self(text.to_lowercase().into());
        let is_domain = name.is_domain();
        Some((name, is_domain))
    }

    /// The name whose text [`Name::as_str`] gave, unchanged; `None` where it is empty.
    #[cfg(feature = "store")]
    pub(crate) fn from_stored(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text is a domain name that could stand in DNS.
    #[must_use]
    pub fn is_domain(&self) -> bool {
        is_domain(&self.0)
    }

    /// Whether this name equals `parent` or lies below it.
    #[must_use]
    pub fn is_within(&self, parent: &str) -> bool {
        is_within(&self.0, parent)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Whether `name` equals `parent` or lies below it, on label boundaries; both in lower case.
#[must_use]
pub fn is_within(name: &str, parent: &str) -> bool {
    match name.strip_suffix(parent) {
        Some(rest) => rest.is_empty() || rest.ends_with('.'),
        None => false,
    }
}

/// Whether `text` is a lower-case domain name: labels of letters, digits, hyphens and underscores, within
/// the lengths of RFC 1035 section 2.3.4, the last of them no number.
fn is_domain(text: &str) -> bool {
    if text.is_empty() || text.len() > 253 {
        return false;
    }
    // The bytes of the label in hand, its last byte, and whether all of them are digits.
    let (mut length, mut last, mut digits) = (0, b'.', true);
    for &byte in text.as_bytes() {
        match byte {
            b'.' if length == 0 || last == b'-' => return false,
            b'.' => (length, digits) = (0, true),
            b'-' if length == 0 => return false,
            b'a'..=b'z' | b'-' | b'_' => (length, digits) = (length + 1, false),
            b'0'..=b'9' => length += 1,
            _ => return false,
        }
        if length > 63 {
            return false;
        }
        last = byte;
    }
    length > 0 && last != b'-' && !digits
}

/// The A-label form of an internationalised name (RFC 5891), where it has one.
fn to_a_labels(text: &str) -> Option<String> {
    match idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::EMPTY).ok()? {
        Cow::Borrowed(ascii) if is_domain(ascii) => Some(ascii.to_owned()),
        Cow::Owned(ascii) if is_domain(&ascii) => Some(ascii),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(text: &str) -> Option<String> {
        Name::from_stated(text).map(|name| name.to_string())
    }

    #[test]
    fn a_domain_is_written_one_way() {
        assert_eq!(stated(" Example.COM. ").as_deref(), Some("example.com"));
        assert_eq!(stated("MÜNCHEN.example").as_deref(), Some("xn--mnchen-3ya.example"));
        assert_eq!(stated("_dmarc.example.com").as_deref(), Some("_dmarc.example.com"));
    }

    #[test]
    fn what_is_no_domain_stands_as_stated() {
        assert_eq!(
            stated("Pages.example.com, example.com").as_deref(),
            Some("pages.example.com, example.com")
        );
        assert!(!Name::from_stated("a, b").is_some_and(|name| name.is_domain()));
        assert!(!Name::from_stated("192.0.2.1").is_some_and(|name| name.is_domain()));
        assert_eq!(stated("  "), None);
    }

    #[test]
    fn within_keeps_to_label_boundaries() {
        assert!(is_within("a.example.com", "example.com"));
        assert!(is_within("example.com", "example.com"));
        assert!(!is_within("notexample.com", "example.com"));
    }
}
