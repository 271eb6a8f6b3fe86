//! Finds the parts of a mail (RFC 2045, 2046) in one pass over its lines.
//!
//! Only the few header fields that matter are given to `mail-parser`, cut to a size no honest one reaches: its
//! time is quadratic in the parameters of a field, it holds every field and part of a mail of any size, and it
//! calls itself once a level for messages within messages.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use mail_parser::{ContentType, HeaderName, MessageParser, MimeHeaders};
use memchr::{memchr, memmem};

use super::budget::Budget;
use super::meant::Sign;
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
    /// When it says it was written, in Unix seconds.
    pub(super) date: Option<i64>,
    /// What of it says that it brings a report.
    pub(super) sign: Option<Sign>,
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
    /// The charset it is said to be in.
    pub(super) charset: Option<String>,
    boundary: Option<Vec<u8>>,
    /// What it makes the whole mail.
    nature: Nature,
}

/// What a mail is besides mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nature {
    #[default]
    Ordinary,
    /// A notice of what became of a mail that was sent (RFC 3464, RFC 8098).
    Notice,
    /// A failure report (RFC 5965).
    Feedback,
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
    pub(super) nature: Nature,
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
        misnamed: Vec::new(),
        found: Parts { head: mail_head(&fields), parts: Vec::new(), nature: Nature::Ordinary },
    };
    let body = splitter.begin(start)?;
    splitter.run(body)?;
    if !splitter.misnamed.is_empty() {
        splitter.misnamed_again()?;
    }
    Ok(splitter.found)
}

/// The boundary of a multipart that names none, or another than it has: the first line that begins with two
/// dashes and has the header of a part behind it.
fn found_boundary(body: &[u8]) -> Option<Vec<u8>> {
    /// Lines that are tried, and the longest boundary (RFC 2046 section 5.1.1) with some leeway.
    const TRIED: usize = 16;
    const LONGEST: usize = 200;
    let mut at = 0;
    for _ in 0..TRIED {
        let line = dashed_line(body, at)?;
        at = memchr(b'\n', &body[line..]).map(|end| line + end + 1)?;
        let boundary = body[line + 2..at].trim_ascii_end();
        let behind = &body[at..body.len().min(at + 80)];
        let is_part = behind.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
        if is_part && (1..=LONGEST).contains(&boundary.len()) {
            return Some(boundary.to_vec());
        }
    }
    None
}

/// A multipart whose end was not met yet.
struct Open {
    boundary: Vec<u8>,
    header: PartHeader,
    start: usize,
    /// Whether a part of it was met.
    begun: bool,
}

impl Open {
    /// What it is where its delimiter never comes.
    fn into_part(self, end: usize) -> Part {
        Part { header: self.header, body: self.start..end.max(self.start), in_digest: false }
    }
}

/// A multipart whose delimiter never came, and where it ends.
struct Misnamed {
    open: Open,
    end: usize,
}

struct Splitter<'m> {
    raw: &'m [u8],
    limits: &'m Limits,
    budget: &'m Budget,
    open: Vec<Open>,
    /// The part in hand, and where its body begins.
    leaf: Option<(PartHeader, usize)>,
    misnamed: Vec<Misnamed>,
    found: Parts,
}

impl Splitter<'_> {
    /// Goes through the lines from `at` to the end.
    fn run(&mut self, mut at: usize) -> Result<()> {
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

    /// Goes through the multiparts whose delimiter never came with the boundary that stands in them; what then is
    /// still not found is left as it is.
    fn misnamed_again(&mut self) -> Result<()> {
        let whole = self.raw;
        for Misnamed { open, end } in std::mem::take(&mut self.misnamed) {
            match found_boundary(&whole[open.start..end]) {
                Some(boundary) => {
                    let start = open.start;
                    self.raw = &whole[..end];
                    self.open.push(Open { boundary, begun: true, ..open });
                    self.run(start)?;
                }
                None => self.found.parts.push(open.into_part(end)),
            }
        }
        let left = std::mem::take(&mut self.misnamed);
        self.found.parts.extend(left.into_iter().map(|Misnamed { open, end }| open.into_part(end)));
        self.found.parts.sort_by_key(|part| part.body.start);
        Ok(())
    }

    /// Reads the header at `at` and says where the body after it begins.
    fn begin(&mut self, at: usize) -> Result<usize> {
        self.budget.enter()?;
        let (fields, body) = header_fields(self.raw, at);
        let header = part_header(&fields);
        self.found.nature = self.found.nature.max(header.nature);
        match header.is_multipart() {
            true => {
                if self.open.len() >= MULTIPARTS_A_MESSAGE.saturating_mul(self.limits.mail_depth as usize) {
                    return Err(Error::limit(Limit::MailDepth, self.limits));
                }
                let boundary = header.boundary.clone().unwrap_or_default();
                self.open.push(Open { boundary, header, start: body, begun: false });
            }
            false => self.leaf = Some((header, body)),
        }
        Ok(body)
    }

    /// The multipart whose delimiter a line is that began with two dashes, and whether it is the last one.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        self.open.iter().enumerate().rev().find_map(|(level, open)| {
            let rest = line.strip_prefix(open.boundary.as_slice()).filter(|_| !open.boundary.is_empty())?;
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
                self.misnamed.push(Misnamed { end: end.max(open.start), open });
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
    const NAMES: [&[u8]; 7] = [
        b"content-type",
        b"content-transfer-encoding",
        b"content-disposition",
        b"from",
        b"message-id",
        b"subject",
        b"date",
    ];
    let Some(colon) = memchr(b':', &field[..field.len().min(80)]) else { return false };
    let name = field[..colon].trim_ascii();
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Reads who wrote a mail, when and about what.
static HEAD: LazyLock<MessageParser> = LazyLock::new(|| {
    MessageParser::new()
        .header_address(HeaderName::From)
        .header_id(HeaderName::MessageId)
        .header_text(HeaderName::Subject)
        .header_date(HeaderName::Date)
        .default_header_ignore()
});

/// Reads what a part is.
static PART: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().with_mime_headers().default_header_ignore());

fn mail_head(fields: &[u8]) -> MailHead {
    let Some(message) = HEAD.parse_headers(fields) else { return MailHead::default() };
    let from = message.from().and_then(|from| from.first());
    let address = from.and_then(|from| from.address.as_deref());
    MailHead {
        from: address.map(cut),
        message_id: message.message_id().map(cut),
        date: message.date().map(mail_parser::DateTime::to_timestamp),
        sign: Sign::of(message.subject(), address, from.and_then(|from| from.name.as_deref())),
    }
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
    PartHeader {
        transfer,
        name: part.and_then(|part| part.attachment_name()).map(cut),
        boundary: boundary.filter(|boundary| !boundary.is_empty()).map(|text| text.as_bytes().to_vec()),
        charset: kind.and_then(|kind| kind.attribute("charset")).map(cut),
        nature: nature(kind),
        media_type,
    }
}

/// What a part's type makes the mail.
fn nature(kind: Option<&ContentType<'_>>) -> Nature {
    let Some(kind) = kind else { return Nature::Ordinary };
    let is_message = kind.ctype().eq_ignore_ascii_case("message");
    let word = if is_message { kind.subtype() } else { kind.attribute("report-type") };
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some("feedback-report") => Nature::Feedback,
        Some(
            "delivery-status"
            | "global-delivery-status"
            | "disposition-notification"
            | "global-disposition-notification",
        ) => Nature::Notice,
        _ => Nature::Ordinary,
    }
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
