//! Finds the parts of a mail (RFC 2045, 2046) in one pass over its lines.
//!
//! Only the few header fields that matter are given to `mail-parser`, cut to a size no honest one reaches: its
//! time is quadratic in the parameters of a field, it holds every field and part of a mail of any size, and it
//! calls itself once a level for messages within messages.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use mail_parser::{HeaderName, MessageParser, MimeHeaders};
use memchr::{memchr, memmem};

use super::budget::Budget;
use crate::error::{Error, Result};
use crate::limits::{Limit, Limits};

/// Bytes of a header field that are looked at.
const FIELD_BYTES: usize = 4096;
/// Fields of one header that are looked at.
const FIELDS: usize = 32;
/// Multiparts that may be open at once for each message that may be inside another.
const MULTIPARTS_A_MESSAGE: usize = 4;

/// The boundary of the multipart that a mail is, where it is one.
pub(super) fn boundary(raw: &[u8]) -> Option<Vec<u8>> {
    let header = part_header(&header_fields(raw, 0).0);
    header.boundary.filter(|_| matches!(&header.media_type, Some((kind, _)) if kind == "multipart"))
}

/// What is kept of a mail's own header, as where a report came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MailHead {
    pub(super) from: Option<String>,
    pub(super) message_id: Option<String>,
}

/// How a body is encoded for transport (RFC 2045 section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    Plain,
    Base64,
    QuotedPrintable,
}

/// What the header of a part says.
#[derive(Debug)]
pub(super) struct PartHeader {
    /// Type and subtype in lower case, where they are stated.
    pub(super) media_type: Option<(String, Option<String>)>,
    pub(super) transfer: Transfer,
    /// The file name.
    pub(super) name: Option<String>,
    boundary: Option<Vec<u8>>,
    /// Whether it is, or is of, a failure report (RFC 5965).
    is_feedback: bool,
}

impl PartHeader {
    /// Whether it says `kind`/`subtype`.
    pub(super) fn is(&self, kind: &str, subtype: &str) -> bool {
        matches!(&self.media_type, Some((k, Some(s))) if k == kind && s == subtype)
    }

    fn is_multipart(&self) -> bool {
        self.media_type.as_ref().is_some_and(|(kind, _)| kind == "multipart")
    }
}

/// A part that holds no parts itself.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) header: PartHeader,
    /// Where its body lies in the mail.
    pub(super) body: Range<usize>,
    /// Whether it is a message where nothing else is said (RFC 2046 section 5.1.5).
    pub(super) in_digest: bool,
}

/// What a mail is made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) head: MailHead,
    pub(super) parts: Vec<Part>,
    /// Whether it is a failure report.
    pub(super) is_feedback: bool,
}

/// Finds the parts of a mail.
///
/// # Errors
///
/// Fails where there are more parts than the budget's entries, or too many multiparts in one another.
pub(super) fn split(raw: &[u8], limits: &Limits, budget: &Budget) -> Result<Parts> {
    let start = raw.len() - raw.trim_ascii_start().len();
    let (fields, _) = header_fields(raw, start);
    let mut splitter = Splitter {
        raw,
        limits,
        budget,
        open: Vec::new(),
        leaf: None,
        found: Parts { head: mail_head(&fields), parts: Vec::new(), is_feedback: false },
    };
    splitter.run(start)?;
    Ok(splitter.found)
}

/// A multipart whose end was not met yet.
struct Open {
    boundary: Vec<u8>,
    header: PartHeader,
    start: usize,
    /// Whether a part of it was met.
    begun: bool,
}

struct Splitter<'m> {
    raw: &'m [u8],
    limits: &'m Limits,
    budget: &'m Budget,
    open: Vec<Open>,
    /// The part in hand, and where its body begins.
    leaf: Option<(PartHeader, usize)>,
    found: Parts,
}

impl Splitter<'_> {
    fn run(&mut self, start: usize) -> Result<()> {
        let mut at = self.begin(start)?;
        while let Some(line) = (!self.open.is_empty()).then(|| dashed_line(self.raw, at)).flatten() {
            let next = memchr(b'\n', &self.raw[line..]).map_or(self.raw.len(), |end| line + end + 1);
            at = match self.delimiter(&self.raw[line + 2..next]) {
                Some((level, closes)) => {
                    self.end(level, line, closes);
                    if closes { next } else { self.begin(next)? }
                }
                None => next,
            };
        }
        self.end_leaf(self.raw.len());
        self.close_to(0, self.raw.len());
        Ok(())
    }

    /// Reads the header at `at` and says where the body after it begins.
    fn begin(&mut self, at: usize) -> Result<usize> {
        self.budget.enter()?;
        let (fields, body) = header_fields(self.raw, at);
        let header = part_header(&fields);
        self.found.is_feedback |= header.is_feedback;
        match &header.boundary {
            Some(boundary) if header.is_multipart() => {
                if self.open.len() >= MULTIPARTS_A_MESSAGE.saturating_mul(self.limits.mail_depth as usize) {
                    return Err(Error::limit(Limit::MailDepth, self.limits));
                }
                let boundary = boundary.clone();
                self.open.push(Open { boundary, header, start: body, begun: false });
            }
            _ => self.leaf = Some((header, body)),
        }
        Ok(body)
    }

    /// The multipart whose delimiter a line is that began with two dashes, and whether it is the last one.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        self.open.iter().enumerate().rev().find_map(|(level, open)| {
            let rest = line.strip_prefix(open.boundary.as_slice())?;
            let closes = rest.starts_with(b"--");
            (closes || rest.first().is_none_or(u8::is_ascii_whitespace)).then_some((level, closes))
        })
    }

    /// Ends what is in hand before the delimiter of `level` at `line`, to which the line end before it belongs.
    fn end(&mut self, level: usize, line: usize, closes: bool) {
        let before = &self.raw[..line];
        let before = before.strip_suffix(b"\n").unwrap_or(before);
        let end = before.strip_suffix(b"\r").unwrap_or(before).len();
        self.end_leaf(end);
        self.close_to(level + 1, end);
        if closes {
            self.close_to(level, end);
        } else if let Some(open) = self.open.get_mut(level) {
            open.begun = true;
        }
    }

    fn end_leaf(&mut self, end: usize) {
        if let Some((header, start)) = self.leaf.take() {
            let in_digest = self.open.last().is_some_and(|open| open.header.is("multipart", "digest"));
            self.found.parts.push(Part { header, body: start..end.max(start), in_digest });
        }
    }

    /// Closes multiparts down to `level`. One whose delimiter never came is a part itself.
    fn close_to(&mut self, level: usize, end: usize) {
        for open in self.open.drain(level.min(self.open.len())..) {
            if !open.begun {
                let body = open.start..end.max(open.start);
                self.found.parts.push(Part { header: open.header, body, in_digest: false });
            }
        }
    }
}

/// Where the next line that begins with two dashes is, at or after `at`, which begins a line.
fn dashed_line(raw: &[u8], at: usize) -> Option<usize> {
    let rest = raw.get(at..)?;
    if rest.starts_with(b"--") {
        return Some(at);
    }
    memmem::find(rest, b"\n--").map(|found| at + found + 1)
}

/// The fields of interest of the header at `at`, and where the body after it begins. A header ends at an empty
/// line, or before a line that begins with two dashes.
fn header_fields(raw: &[u8], mut at: usize) -> (Vec<u8>, usize) {
    let mut kept = Vec::new();
    let mut fields = 0;
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(b"\n") || rest.starts_with(b"\r\n") {
            return (kept, at + if rest[0] == b'\r' { 2 } else { 1 });
        }
        if rest.starts_with(b"--") {
            break;
        }
        let field = &rest[..field_length(rest)];
        at += field.len();
        if fields < FIELDS && is_of_interest(field) {
            fields += 1;
            kept.extend_from_slice(&field[..field.len().min(FIELD_BYTES)]);
            if !kept.ends_with(b"\n") {
                kept.push(b'\n');
            }
        }
    }
    (kept, at)
}

/// How long the field is that text begins with: up to a line end that no white space follows (RFC 5322
/// section 2.2.3).
fn field_length(text: &[u8]) -> usize {
    let mut end = 0;
    while let Some(found) = memchr(b'\n', &text[end..]) {
        end += found + 1;
        if !matches!(text.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
    text.len()
}

fn is_of_interest(field: &[u8]) -> bool {
    const NAMES: [&[u8]; 5] =
        [b"content-type", b"content-transfer-encoding", b"content-disposition", b"from", b"message-id"];
    let Some(colon) = memchr(b':', &field[..field.len().min(80)]) else { return false };
    let name = field[..colon].trim_ascii();
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Reads who wrote a mail.
static HEAD: LazyLock<MessageParser> = LazyLock::new(|| {
    MessageParser::new()
        .header_address(HeaderName::From)
        .header_id(HeaderName::MessageId)
        .default_header_ignore()
});

/// Reads what a part is.
static PART: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().with_mime_headers().default_header_ignore());

fn mail_head(fields: &[u8]) -> MailHead {
    let Some(message) = HEAD.parse_headers(fields) else { return MailHead::default() };
    let from = message.from().and_then(|from| from.first()).and_then(|first| first.address.as_deref());
    MailHead { from: from.map(cut), message_id: message.message_id().map(cut) }
}

fn part_header(fields: &[u8]) -> PartHeader {
    let message = PART.parse_headers(fields);
    let part = message.as_ref().and_then(|message| message.parts.first());
    let kind = part.and_then(|part| part.content_type());
    let lower = |text: &str| text.to_ascii_lowercase();
    let media_type = kind.map(|kind| (lower(kind.ctype()), kind.subtype().map(lower)));
    let transfer = match part.and_then(|part| part.content_transfer_encoding()).map(str::trim) {
        Some(word) if word.eq_ignore_ascii_case("base64") => Transfer::Base64,
        Some(word) if word.eq_ignore_ascii_case("quoted-printable") => Transfer::QuotedPrintable,
        _ => Transfer::Plain,
    };
    let boundary = kind.and_then(|kind| kind.attribute("boundary")).map(str::trim_end);
    let is_report = kind
        .and_then(|kind| kind.attribute("report-type"))
        .is_some_and(|report| report.eq_ignore_ascii_case("feedback-report"));
    let mut header = PartHeader {
        media_type,
        transfer,
        name: part.and_then(|part| part.attachment_name()).map(cut),
        boundary: boundary.filter(|boundary| !boundary.is_empty()).map(|text| text.as_bytes().to_vec()),
        is_feedback: is_report,
    };
    header.is_feedback |= header.is("message", "feedback-report");
    header
}

/// The first bytes of a header's text: more is nobody's address, id or file name.
fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(320)].to_owned()
}

/// The bytes of a part without their transfer encoding, and whether they keep to it.
pub(super) fn decoded(raw: &[u8], transfer: Transfer) -> (Cow<'_, [u8]>, bool) {
    match transfer {
        Transfer::Plain => (Cow::Borrowed(raw), true),
        Transfer::Base64 => {
            let (bytes, sound) = super::mail::decode_base64(raw);
            (Cow::Owned(bytes), sound)
        }
        Transfer::QuotedPrintable => {
            let decoded = mail_parser::decoders::quoted_printable::quoted_printable_decode(raw);
            decoded.map_or((Cow::Borrowed(raw), false), |bytes| (Cow::Owned(bytes), true))
        }
    }
}
