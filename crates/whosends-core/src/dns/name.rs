//! Names as DNS carries them: labels of any bytes, with their lengths checked.
//!
//! SPF macros, DKIM selectors and reverse names make labels that no host name may have (`user+tag`,
//! `s1_2024`, blanks), so a name here never goes through IDNA: U-labels are turned into A-labels before.

use std::fmt;
use std::net::IpAddr;

/// The longest label (RFC 1035 section 2.3.4).
const LONGEST_LABEL: usize = 63;
/// The longest name on the wire, without the root's empty label.
const LONGEST_WIRE: usize = 254;

/// A domain name in ASCII lower case, relative to the root.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DnsName {
    /// The labels, each behind its length, without the root's.
    wire: Box<[u8]>,
}

/// Why something is no domain name (RFC 1035 section 2.3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameError {
    /// A label without a byte, other than the root at the end.
    EmptyLabel,
    /// A label of more than 63 bytes.
    LongLabel,
    /// More than 255 bytes on the wire.
    LongName,
    /// A backslash that escapes nothing.
    BadEscape,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyLabel => "a label is empty",
            Self::LongLabel => "a label is longer than 63 bytes",
            Self::LongName => "the name is longer than 253 bytes",
            Self::BadEscape => "a backslash escapes nothing",
        })
    }
}

impl std::error::Error for NameError {}

impl DnsName {
    /// The root.
    #[must_use]
    pub fn root() -> Self {
        Self { wire: Box::default() }
    }

    /// The name of these labels, the leftmost first.
    ///
    /// # Errors
    ///
    /// Where a label or the whole breaks a length rule.
    pub fn from_labels<L: AsRef<[u8]>>(labels: impl IntoIterator<Item = L>) -> Result<Self, NameError> {
        let mut wire = Vec::new();
        for label in labels {
            let label = label.as_ref();
            if label.is_empty() {
                return Err(NameError::EmptyLabel);
            }
            if label.len() > LONGEST_LABEL {
                return Err(NameError::LongLabel);
            }
            wire.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
            wire.extend(label.iter().map(u8::to_ascii_lowercase));
            if wire.len() > LONGEST_WIRE {
                return Err(NameError::LongName);
            }
        }
        Ok(Self { wire: wire.into() })
    }

    /// The name that `text` spells with dots between its labels, in which nothing is escaped. One final dot
    /// is allowed.
    ///
    /// # Errors
    ///
    /// Where a label or the whole breaks a length rule.
    pub fn from_dotted(text: impl AsRef<[u8]>) -> Result<Self, NameError> {
        let text = text.as_ref();
        if text == b"." {
            return Ok(Self::root());
        }
        Self::from_labels(text.strip_suffix(b".").unwrap_or(text).split(|&byte| byte == b'.'))
    }

    /// The name that `text` spells as in a zone file, with `\.`, `\\` and `\DDD` (RFC 1035 section 5.1):
    /// what [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    ///
    /// Where an escape, a label or the whole is malformed.
    pub fn from_escaped(text: &str) -> Result<Self, NameError> {
        if text == "." {
            return Ok(Self::root());
        }
        let mut labels = vec![Vec::new()];
        let mut rest = text.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            let (value, after) = match byte {
                b'.' if after.is_empty() => break,
                b'.' => {
                    labels.push(Vec::new());
                    rest = after;
                    continue;
                }
                b'\\' => unescape(after)?,
                byte => (byte, after),
            };
            if let Some(label) = labels.last_mut() {
                label.push(value);
            }
            rest = after;
        }
        Self::from_labels(labels)
    }

    /// The name that reverse lookups of `address` ask for (RFC 1035 section 3.5, RFC 3596 section 2.5).
    #[must_use]
    pub fn reverse(address: IpAddr) -> Self {
        let mut text = match address.to_canonical() {
            IpAddr::V4(v4) => v4.octets().iter().rev().map(|octet| format!("{octet}.")).collect::<String>(),
            IpAddr::V6(v6) => {
                v6.octets().iter().rev().map(|octet| format!("{:x}.{:x}.", octet & 15, octet >> 4)).collect()
            }
        };
        text.push_str(if address.to_canonical().is_ipv4() { "in-addr.arpa" } else { "ip6.arpa" });
        Self::from_dotted(text).unwrap_or_else(|_| Self::root())
    }

    /// The labels, the leftmost first.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.wire;
        std::iter::from_fn(move || {
            let (label, after) = split_label(rest)?;
            rest = after;
            Some(label)
        })
    }

    /// How many labels there are; none for the root.
    #[must_use]
    pub fn label_count(&self) -> usize {
        self.labels().count()
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.wire.is_empty()
    }

    /// The name without its leftmost label; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        split_label(&self.wire).map(|(_, rest)| Self { wire: rest.into() })
    }

    /// The rightmost `count` labels, or the whole name where it has no more.
    #[must_use]
    pub fn rightmost(&self, count: usize) -> Self {
        let mut rest = &*self.wire;
        for _ in count..self.label_count() {
            match split_label(rest) {
                Some((_, after)) => rest = after,
                None => break,
            }
        }
        Self { wire: rest.into() }
    }

    /// This name followed by `suffix`.
    ///
    /// # Errors
    ///
    /// Where the whole becomes too long.
    pub fn within(&self, suffix: &Self) -> Result<Self, NameError> {
        let wire = [&*self.wire, &*suffix.wire].concat();
        if wire.len() > LONGEST_WIRE { Err(NameError::LongName) } else { Ok(Self { wire: wire.into() }) }
    }

    /// The name below this one that `prefix`, dotted, leads to.
    ///
    /// # Errors
    ///
    /// Where `prefix` is no name, or the whole becomes too long.
    pub fn child(&self, prefix: &str) -> Result<Self, NameError> {
        Self::from_dotted(prefix)?.within(self)
    }

    /// Whether this name equals `parent` or lies below it.
    #[must_use]
    pub fn is_within(&self, parent: &Self) -> bool {
        let mut rest = &*self.wire;
        while rest.len() > parent.wire.len() {
            match split_label(rest) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest == &*parent.wire
    }
}

/// The leftmost label of `wire` and what follows it.
fn split_label(wire: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = wire.split_first()?;
    rest.split_at_checked(usize::from(length))
}

/// The byte that an escape stands for, behind its backslash, and what follows.
fn unescape(text: &[u8]) -> Result<(u8, &[u8]), NameError> {
    if let Some((digits, rest)) = text.split_first_chunk::<3>()
        && digits.iter().all(u8::is_ascii_digit)
    {
        let value = digits.iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
        return Ok((u8::try_from(value).map_err(|_| NameError::BadEscape)?, rest));
    }
    match text.split_first() {
        Some((byte, rest)) if !byte.is_ascii_digit() => Ok((*byte, rest)),
        _ => Err(NameError::BadEscape),
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str(".");
        }
        for (index, label) in self.labels().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            for &byte in label {
                match byte {
                    b'.' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                    0x21..=0x7e => write!(f, "{}", char::from(byte))?,
                    _ => write!(f, "\\{byte:03}")?,
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DnsName {
        DnsName::from_dotted(text).unwrap()
    }

    #[test]
    fn any_bytes_make_a_label_and_case_does_not_count() {
        let odd = DnsName::from_labels([&b"a b.c\\\x00\xff"[..], b"Example"]).unwrap();
        assert_eq!(odd.to_string(), "a\\032b\\.c\\\\\\000\\255.example");
        assert_eq!(DnsName::from_escaped(&odd.to_string()), Ok(odd));
        assert_eq!(name("User+Tag.EXAMPLE.com."), name("user+tag.example.com"));
    }

    #[test]
    fn lengths_are_checked() {
        assert!(DnsName::from_dotted("a".repeat(63)).is_ok());
        assert_eq!(DnsName::from_dotted("a".repeat(64)), Err(NameError::LongLabel));
        assert_eq!(DnsName::from_dotted("a..b"), Err(NameError::EmptyLabel));
        assert_eq!(DnsName::from_dotted(""), Err(NameError::EmptyLabel));
        assert_eq!(DnsName::from_dotted(".a"), Err(NameError::EmptyLabel));
        let most = format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61));
        assert_eq!(most.len(), 253);
        assert!(DnsName::from_dotted(&most).is_ok());
        assert_eq!(DnsName::from_dotted(format!("{most}d")), Err(NameError::LongName));
        assert_eq!(name(&most).child("x"), Err(NameError::LongName));
    }

    #[test]
    fn names_are_cut_and_compared_at_labels() {
        let deep = name("a.b.example.com");
        assert_eq!(deep.parent(), Some(name("b.example.com")));
        assert_eq!(deep.rightmost(2), name("example.com"));
        assert_eq!(deep.rightmost(9), deep);
        assert!(deep.is_within(&name("example.com")) && deep.is_within(&DnsName::root()));
        assert!(!name("notexample.com").is_within(&name("example.com")));
        // A length byte may look like a letter: labels are compared, not bytes.
        assert!(!DnsName::from_dotted(format!("{}.com", "x".repeat(7))).unwrap().is_within(&name("x.com")));
        assert_eq!(DnsName::root().parent(), None);
    }

    #[test]
    fn reverse_names() {
        assert_eq!(DnsName::reverse("192.0.2.7".parse().unwrap()), name("7.2.0.192.in-addr.arpa"));
        assert_eq!(DnsName::reverse("::ffff:192.0.2.7".parse().unwrap()), name("7.2.0.192.in-addr.arpa"));
        let six = DnsName::reverse("2001:db8::1".parse().unwrap());
        assert_eq!(six.label_count(), 34);
        assert!(
            six.to_string().starts_with("1.0.0.0.") && six.to_string().ends_with(".8.b.d.0.1.0.0.2.ip6.arpa")
        );
    }
}
