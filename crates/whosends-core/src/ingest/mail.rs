//! Takes a mail apart into what may hold a report.

use std::borrow::Cow;

use super::budget::Budget;
use super::mime::{MailHead, Nature, Part, Parts, decoded, split};
use crate::error::Result;
use crate::limits::Limits;

/// A part of a mail that is no multipart.
#[derive(Debug)]
pub(super) struct Leaf<'m> {
    pub(super) name: Option<String>,
    /// The declared media type in lower case.
    pub(super) media_type: Option<String>,
    pub(super) kind: LeafKind,
    /// The charset it is said to be in.
    pub(super) charset: Option<String>,
    pub(super) bytes: Cow<'m, [u8]>,
    /// Whether the transfer encoding did not hold what it says.
    pub(super) badly_encoded: bool,
}

impl Leaf<'_> {
    /// Whether it is said to be text of any kind.
    pub(super) fn is_text(&self) -> bool {
        self.media_type.as_deref().is_some_and(|media_type| media_type.starts_with("text/"))
    }
}

/// What a part is by its declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeafKind {
    /// Prose: only a report in it is of interest.
    Prose,
    /// An attached message.
    Message,
    /// Anything else.
    Other,
}

/// A mail whose parts were found.
#[derive(Debug)]
pub(super) struct Mail<'m> {
    raw: &'m [u8],
    parts: Parts,
}

impl<'m> Mail<'m> {
    /// Finds the parts of a mail.
    ///
    /// # Errors
    ///
    /// Fails where there are more parts, or more of them in one another, than the limits let through.
    pub(super) fn parse(raw: &'m [u8], limits: &Limits, budget: &Budget) -> Result<Self> {
        split(raw, limits, budget).map(|parts| Self { raw, parts })
    }

    /// Who wrote it, and its id.
    pub(super) fn head(&self) -> MailHead {
        self.parts.head.clone()
    }

    /// What it is besides mail.
    pub(super) fn nature(&self) -> Nature {
        self.parts.nature
    }

    /// Every part that is no multipart, decoded one at a time.
    pub(super) fn leaves(&self) -> impl Iterator<Item = Leaf<'m>> {
        self.parts.parts.iter().map(|part| leaf(self.raw, part))
    }
}

fn leaf<'m>(raw: &'m [u8], part: &Part) -> Leaf<'m> {
    let header = &part.header;
    let raw = raw.get(part.body.clone()).unwrap_or_default();
    let (bytes, sound) = decoded(raw, header.transfer);
    let kind = match &header.media_type {
        None if part.in_digest => LeafKind::Message,
        Some(_) if header.is("message", "rfc822") || header.is("message", "global") => LeafKind::Message,
        _ if header.name.is_some() => LeafKind::Other,
        None => LeafKind::Prose,
        Some((kind, subtype)) => match (kind.as_str(), subtype.as_deref()) {
            ("text", None | Some("plain" | "html")) => LeafKind::Prose,
            _ => LeafKind::Other,
        },
    };
    let media_type = header
        .media_type
        .as_ref()
        .map(|(kind, subtype)| format!("{kind}/{}", subtype.as_deref().unwrap_or("*")));
    let badly_encoded = !sound;
    let charset = header.charset.clone();
    Leaf { name: header.name.clone(), media_type, kind, charset, bytes, badly_encoded }
}

/// What stands in [`VALUES`] for a character that base64 does not use.
const NO_VALUE: u8 = 0x80;

/// What each character of base64, plain or made for URLs, stands for.
const VALUES: [u8; 256] = {
    let mut values = [NO_VALUE; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < 64 {
        values[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

/// Decodes as many whole groups of four characters as text begins with, and gives how many characters they are.
fn decode_groups(text: &[u8], out: &mut Vec<u8>) -> usize {
    let mut characters = 0;
    let value = |byte: u8| VALUES[usize::from(byte)];
    for &[a, b, c, d] in text.as_chunks::<4>().0 {
        let (a, b, c, d) = (value(a), value(b), value(c), value(d));
        if (a | b | c | d) & NO_VALUE != 0 {
            break;
        }
        let bits = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
        let [_, first, second, third] = bits.to_be_bytes();
        out.extend_from_slice(&[first, second, third]);
        characters += 4;
    }
    characters
}

/// Decodes base64 (RFC 4648) as far as it goes, and says whether it is sound: characters outside the alphabet
/// are stepped over, padding may be missing, and padding in the middle starts a new run.
pub(super) fn decode_base64(text: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let (mut sound, mut characters) = (true, 0_usize);
    let mut rest = text;
    loop {
        if held == 0 {
            let plain = decode_groups(rest, &mut out);
            characters += plain;
            rest = &rest[plain..];
        }
        let Some((&byte, later)) = rest.split_first() else { break };
        rest = later;
        let value = match VALUES[usize::from(byte)] {
            NO_VALUE if byte == b'=' => {
                characters += 1;
                (bits, held) = (0, 0);
                continue;
            }
            NO_VALUE => {
                sound &= byte.is_ascii_whitespace();
                continue;
            }
            value => value,
        };
        characters += 1;
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    (out, sound && characters.is_multiple_of(4))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::rc::Rc;

    use super::*;
    use crate::error::ErrorKind;
    use crate::limits::Limit;

    type Found = (Option<String>, LeafKind, Vec<u8>);

    fn leaves(raw: &[u8]) -> Result<Vec<Found>> {
        let limits = Rc::new(Limits::default());
        let mail = Mail::parse(raw, &limits, &Budget::new(&limits))?;
        Ok(mail.leaves().map(|leaf| (leaf.name, leaf.kind, leaf.bytes.into_owned())).collect())
    }

    fn prose(text: &str) -> Found {
        (None, LeafKind::Prose, text.as_bytes().to_vec())
    }

    #[test]
    fn base64_is_read_as_far_as_it_goes() {
        for (text, bytes, sound) in [
            ("aGVsbG8=", "hello", true),
            ("aGVs\r\n bG8", "hello", false),
            ("aGk=aGk=", "hihi", true),
            ("aGVsbG8!=", "hello", false),
        ] {
            assert_eq!(decode_base64(text.as_bytes()), (bytes.as_bytes().to_vec(), sound), "{text}");
        }
    }

    #[test]
    fn bad_padding_does_not_cost_the_attachment() {
        let raw = b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
            Content-Type: application/gzip; name=a.gz\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8*\r\n--b--\r\n";
        let found = (Some("a.gz".to_owned()), LeafKind::Other, b"hello".to_vec());
        assert_eq!(leaves(raw).unwrap(), [found]);
    }

    #[test]
    fn multiparts_come_apart_at_their_delimiters() {
        let text = "\n Content-Type: multipart/mixed;\n boundary=\"out\"\n\npreamble\n--out\n\nfirst\n--outer\n\n--out  \n\
            Content-Type: multipart/alternative; boundary=in\n\n--in\n\nsecond\n--in--\nepilogue\n--out\n\
            Content-Type: multipart/digest; boundary=dig\n\n--dig\n\nSubject: third\n--dig\n\
            content-type : TEXT/plain\n\nfourth\n--out\nContent-Type: multipart/mixed; boundary=never\n\nfifth\n\
            --out\nContent-Type: text/plain\n--out--\nafter\n";
        let found = [
            prose("first\n--outer\n"),
            prose("second"),
            (None, LeafKind::Message, b"Subject: third".to_vec()),
            prose("fourth"),
            (None, LeafKind::Other, b"fifth".to_vec()),
            prose(""),
        ];
        for text in [text.trim_start().to_owned(), text.trim_start().replace('\n', "\r\n")] {
            let found = found.clone().map(|(name, kind, bytes)| {
                let bytes = String::from_utf8(bytes).unwrap();
                let bytes = if text.contains('\r') { bytes.replace('\n', "\r\n") } else { bytes };
                (name, kind, bytes.into_bytes())
            });
            assert_eq!(leaves(text.as_bytes()).unwrap(), found);
        }
    }

    #[test]
    fn text_keeps_its_own_encoding() {
        let raw = b"Subject: x\r\nContent-Type: text/xml; charset=iso-8859-1\r\n\r\n<a>\xe4</a>";
        assert_eq!(leaves(raw).unwrap(), [(None, LeafKind::Other, b"<a>\xe4</a>".to_vec())]);
    }

    #[test]
    fn what_is_too_much_is_refused_and_names_its_limit() {
        let mixed = "Content-Type: multipart/mixed; boundary=b";
        let many = format!("{mixed}\n\n{}", "--b\n\n".repeat(2_000_000));
        let mut deep = String::new();
        for level in 0..2_000 {
            writeln!(deep, "{mixed}{level}\n\n--b{level}").unwrap();
        }
        for (text, limit) in [(many, Limit::Entries), (deep, Limit::MailDepth)] {
            assert_eq!(leaves(text.as_bytes()).unwrap_err().kind(), ErrorKind::Limit(limit));
        }
    }

    /// Each took an hour, or gigabytes, where `mail-parser` saw all of it.
    #[test]
    fn endless_headers_cost_little() {
        let parameters: String = (0..1_000_000).fold(String::new(), |mut text, number| {
            write!(text, ";\n a{number}*1=x").unwrap();
            text
        });
        let typed = format!("Content-Type: application/x{parameters}\n\nbody");
        assert_eq!(leaves(typed.as_bytes()).unwrap()[0].2, b"body");
        let many = format!("{}\nbody", "a:\n".repeat(5_000_000));
        assert_eq!(leaves(many.as_bytes()).unwrap(), [prose("body")]);
    }
}
