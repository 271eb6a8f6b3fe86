//! Macro strings: their grammar and their expansion (RFC 7208 section 7).

use std::net::{IpAddr, Ipv4Addr};

use super::message::Message;

/// The longest domain in a query; a longer expansion loses labels from the left (section 7.3).
const LONGEST_DOMAIN: usize = 253;

/// A text with macros, its syntax checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MacroString {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Text that stands for itself.
    Literal(Vec<u8>),
    /// `%%`, `%_` or `%-`.
    Fixed(&'static [u8]),
    /// `%{...}`.
    Expand(Expansion),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Expansion {
    letter: u8,
    url_escape: bool,
    /// How many rightmost parts are kept.
    keep: Option<usize>,
    reverse: bool,
    delimiters: Vec<u8>,
}

/// Where a macro string stands, which says what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The domain of a mechanism, of `redirect` or of `exp`.
    Domain,
    /// The value of a modifier that nobody knows.
    UnknownModifier,
    /// The text that `exp` leads to: blanks and the letters `c`, `r` and `t` are allowed too.
    Explanation,
}

/// Why a macro string is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MacroFault {
    /// A byte that is not printable ASCII.
    Unprintable,
    /// A `%` that starts no macro, or a macro that is malformed.
    BadMacro,
}

/// What macros are expanded with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) message: &'a Message,
    /// The domain whose record is evaluated.
    pub(super) domain: &'a [u8],
    /// The validated name of the address, for `p`.
    pub(super) validated: &'a [u8],
}

impl MacroString {
    /// Reads a macro string, or says what is wrong with it.
    pub(super) fn parse(text: &[u8], place: Place) -> Result<Self, MacroFault> {
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut rest = text;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'%' => {
                    let (part, after) = parse_macro(after, place)?;
                    rest = after;
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(part);
                }
                0x21..=0x7e => literal.push(byte),
                b' ' if place == Place::Explanation => literal.push(byte),
                _ => return Err(MacroFault::Unprintable),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { parts })
    }

    /// Whether it ends as a domain must: with a macro, or with a dot and a label that could be a top level
    /// one (`domain-end`, section 7.1).
    pub(super) fn ends_as_domain(&self) -> bool {
        match self.parts.last() {
            None => false,
            Some(Part::Literal(text)) => {
                let text = text.strip_suffix(b".").unwrap_or(text);
                let mut labels = text.rsplit(|&byte| byte == b'.');
                let last = labels.next().unwrap_or_default();
                labels.next().is_some() && is_top_label(last)
            }
            Some(Part::Fixed(_) | Part::Expand(_)) => true,
        }
    }

    /// Whether the letter of any of its macros is one of `letters`, which are lower case.
    pub(super) fn uses(&self, letters: &[u8]) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Expand(one) if letters.contains(&one.letter)))
    }

    /// Whether it can be expanded without knowing a message: the domain of the record is all it needs.
    pub(super) fn needs_no_message(&self) -> bool {
        self.parts.iter().all(|part| !matches!(part, Part::Expand(one) if one.letter != b'd'))
    }

    /// The text with its macros expanded.
    pub(super) fn expand(&self, scope: &Scope<'_>) -> Vec<u8> {
        let mut text = Vec::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.extend_from_slice(literal),
                Part::Fixed(fixed) => text.extend_from_slice(fixed),
                Part::Expand(expansion) => text.extend(expansion.expand(scope)),
            }
        }
        text
    }

    /// The domain it spells where it [needs no message](Self::needs_no_message).
    pub(super) fn expand_static(&self, domain: &[u8]) -> Vec<u8> {
        let message = Message::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), b"", b"");
        self.expand_domain(&Scope { message: &message, domain, validated: b"" })
    }

    /// The domain that the expansion spells: without a final dot, and cut from the left to 253 bytes.
    pub(super) fn expand_domain(&self, scope: &Scope<'_>) -> Vec<u8> {
        let text = self.expand(scope);
        let mut domain = text.strip_suffix(b".").unwrap_or(&text);
        while domain.len() > LONGEST_DOMAIN {
            match domain.iter().position(|&byte| byte == b'.') {
                Some(dot) => domain = domain.get(dot + 1..).unwrap_or_default(),
                None => break,
            }
        }
        domain.to_vec()
    }
}

/// Reads what follows a `%`.
fn parse_macro(text: &[u8], place: Place) -> Result<(Part, &[u8]), MacroFault> {
    let (&byte, rest) = text.split_first().ok_or(MacroFault::BadMacro)?;
    match byte {
        b'%' => Ok((Part::Fixed(b"%"), rest)),
        b'_' => Ok((Part::Fixed(b" "), rest)),
        b'-' => Ok((Part::Fixed(b"%20"), rest)),
        b'{' => {
            let end = rest.iter().position(|&byte| byte == b'}').ok_or(MacroFault::BadMacro)?;
            let (body, after) = rest.split_at(end);
            let expansion = parse_expansion(body, place).ok_or(MacroFault::BadMacro)?;
            Ok((Part::Expand(expansion), after.get(1..).unwrap_or_default()))
        }
        _ => Err(MacroFault::BadMacro),
    }
}

/// Reads what stands between the braces: a letter, digits, `r`, delimiters.
fn parse_expansion(body: &[u8], place: Place) -> Option<Expansion> {
    let (&letter, rest) = body.split_first()?;
    let lower = letter.to_ascii_lowercase();
    let known = match place {
        Place::Domain => b"slodiphv".contains(&lower),
        Place::UnknownModifier | Place::Explanation => b"slodiphvcrt".contains(&lower),
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at_checked(digits)?;
    let (reverse, delimiters) = match rest.split_first() {
        Some((b'r' | b'R', after)) => (true, after),
        _ => (false, rest),
    };
    let keep = digits.iter().fold(None, |sum: Option<usize>, digit| {
        Some(sum.unwrap_or(0).saturating_mul(10).saturating_add(usize::from(digit - b'0')))
    });
    let sound = known && keep != Some(0) && delimiters.iter().all(|byte| b".-+,/_=".contains(byte));
    sound.then(|| Expansion {
        letter: lower,
        url_escape: letter.is_ascii_uppercase(),
        keep,
        reverse,
        delimiters: if delimiters.is_empty() { vec![b'.'] } else { delimiters.to_vec() },
    })
}

impl Expansion {
    fn expand(&self, scope: &Scope<'_>) -> Vec<u8> {
        let value = self.value(scope);
        let mut parts: Vec<&[u8]> = value.split(|byte| self.delimiters.contains(byte)).collect();
        if self.reverse {
            parts.reverse();
        }
        let dropped = self.keep.map_or(0, |keep| parts.len().saturating_sub(keep));
        let kept = parts.get(dropped..).unwrap_or_default().join(&b'.');
        if self.url_escape { url_escape(&kept) } else { kept }
    }

    fn value(&self, scope: &Scope<'_>) -> Vec<u8> {
        let message = scope.message;
        match self.letter {
            b's' => [message.local_part(), b"@", message.sender_domain()].concat(),
            b'l' => message.local_part().to_vec(),
            b'o' => message.sender_domain().to_vec(),
            b'd' => scope.domain.to_vec(),
            b'i' => dotted(message.ip()).into_bytes(),
            b'p' => scope.validated.to_vec(),
            b'v' => {
                if message.ip().is_ipv4() {
                    b"in-addr".to_vec()
                } else {
                    b"ip6".to_vec()
                }
            }
            b'h' => message.helo().to_vec(),
            b'c' => message.ip().to_string().into_bytes(),
            b'r' => message.receiver().to_vec(),
            _ => message.time().to_string().into_bytes(),
        }
    }
}

/// An address as `i` writes it: an IPv6 address as its hexadecimal digits with dots between (section 7.3).
fn dotted(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let digits: Vec<_> =
                v6.octets().iter().map(|octet| format!("{:X}.{:X}", octet >> 4, octet & 15)).collect();
            digits.join(".")
        }
    }
}

/// Escapes everything that is not unreserved in a URI (RFC 3986 section 2.3).
fn url_escape(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len());
    for &byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(byte);
        } else {
            escaped.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    escaped
}

/// Whether a label could be a top level one: letters, digits and inner hyphens, and not digits alone.
fn is_top_label(label: &[u8]) -> bool {
    let edges = label.first().zip(label.last());
    edges.is_some_and(|(first, last)| first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric())
        && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        && label.iter().any(|byte| !byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expands `text` for the message of RFC 7208 section 7.4.
    fn expand(text: &str, ip: &str) -> String {
        let message = Message::new(ip.parse().unwrap(), b"strong-bad@email.example.com", b"mx.example.org");
        let scope = Scope { message: &message, domain: b"email.example.com", validated: b"mx.example.org" };
        let parsed = MacroString::parse(text.as_bytes(), Place::Explanation).unwrap();
        String::from_utf8(parsed.expand(&scope)).unwrap()
    }

    #[test]
    fn the_examples_of_the_rfc() {
        for (text, expected) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l-}", "strong.bad"),
            ("%{lr}", "strong-bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
            ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
            ("%{S}%_%%%-", "strong-bad%40email.example.com %%20"),
        ] {
            assert_eq!(expand(text, "192.0.2.3"), expected, "{text}");
        }
        assert_eq!(expand("%{c} %{i1}", "2001:DB8::CB01"), "2001:db8::cb01 1");
    }

    #[test]
    fn malformed_macros_are_refused() {
        for text in ["%", "%x", "%(d)", "%{", "%{d", "%{}", "%{x}", "%{d0}", "%{dx}", "%{dr.x}", "%{ir}%"] {
            let parsed = MacroString::parse(text.as_bytes(), Place::Explanation);
            assert_eq!(parsed, Err(MacroFault::BadMacro), "{text}");
        }
        assert_eq!(MacroString::parse(b"%{c}", Place::Domain), Err(MacroFault::BadMacro));
        assert_eq!(MacroString::parse(b"a b", Place::Domain), Err(MacroFault::Unprintable));
        assert_eq!(MacroString::parse(b"caf\xc3\xa9", Place::Explanation), Err(MacroFault::Unprintable));
        assert!(MacroString::parse(b"%{d99999999999999999999999}", Place::Domain).is_ok());
    }

    #[test]
    fn long_domains_lose_labels_from_the_left() {
        let message = Message::new("192.0.2.3".parse().unwrap(), b"a@b.example", b"h.example");
        let scope = Scope { message: &message, domain: b"b.example", validated: b"" };
        let long = format!("{}.%{{d}}.", vec!["abcdefghi"; 30].join("."));
        let domain = MacroString::parse(long.as_bytes(), Place::Domain).unwrap().expand_domain(&scope);
        assert_eq!(domain.len(), 249);
        assert!(domain.starts_with(b"abcdefghi.") && domain.ends_with(b".b.example"));
    }
}
