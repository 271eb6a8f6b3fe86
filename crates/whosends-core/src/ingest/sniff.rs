//! What a run of bytes is, decided by its first bytes and never by its name or declared type.

use memchr::memmem;

use super::cms;
use super::packing::Packing;
use super::recode::{Guise, Wide, archive_behind, has_carriage_returns_alone, plain_line_ends};
use super::separator::{Manner, Shape, field_name, following, skip_quoted};
use super::tnef;
use super::unread::Unsupported;

/// The bytes [`sniff`] likes to see; fewer do where there are no more.
pub(super) const HEAD_BYTES: usize = 64 << 10;

/// What some bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing at all, or only white space.
    Empty,
    Packed(Packing),
    Zip,
    Tar,
    Mbox,
    Mail,
    /// Apple Mail's file: a line with the message's length, the message, a property list.
    Emlx,
    /// An SMTP TLS report (RFC 8460).
    TlsReport,
    /// Base64 text of something packed or of XML.
    Base64,
    /// Markup or text that may hold a report; the parser decides.
    Text,
    /// Microsoft's compound file: an Outlook message or an old Office document.
    Compound,
    /// Outlook's own packing of attachments.
    Tnef,
    /// Something signed or encrypted with S/MIME.
    Cms,
    /// A mailbox with lines of control characters between its messages.
    Mmdf,
    /// Something else once its guise is taken off.
    Guised(Guise),
    /// An archive or mail store that is not read.
    Unsupported(Unsupported),
    /// Anything else, with a word for what it looks like.
    Other(&'static str),
}

/// Says what bytes that begin with `head` are.
pub(super) fn sniff(head: &[u8]) -> Kind {
    if let Some(kind) = by_magic(head) {
        return kind;
    }
    if let Some(kind) = wide(head) {
        return kind;
    }
    let text = trim_start(head);
    if text.is_empty() {
        return if head.len() < HEAD_BYTES { Kind::Empty } else { Kind::Other("white space") };
    }
    if text.starts_with(b"<") {
        return Kind::Text;
    }
    if text.starts_with(b"From ") && has_carriage_returns_alone(text) && begins_mbox(&plain_line_ends(text)) {
        return Kind::Guised(Guise::CarriageReturns);
    }
    if text.starts_with(b"From ") && begins_mbox(text) {
        return Kind::Mbox;
    }
    if is_emlx(text) {
        return Kind::Emlx;
    }
    if looks_like_mail(skip_quoted(text)) {
        return Kind::Mail;
    }
    if text.starts_with(b"{") {
        return if is_tls_report(text) { Kind::TlsReport } else { Kind::Other("JSON") };
    }
    if is_packed_base64(text) {
        return Kind::Base64;
    }
    // Some gateways put words before the document; what holds a tag is worth the parser's look.
    if memmem::find(head, b"feedback").is_some() {
        return Kind::Text;
    }
    if let Some(before) = archive_behind(head) {
        return Kind::Guised(Guise::Behind(before));
    }
    Kind::Other(if text.contains(&0) { "binary data" } else { "plain text" })
}

fn by_magic(head: &[u8]) -> Option<Kind> {
    const MAGIC: &[(&[u8], Kind)] = &[
        (b"PK\x03\x04", Kind::Zip),
        (b"PK\x05\x06", Kind::Zip),
        (b"PK\x07\x08", Kind::Zip),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Compound),
        (tnef::MAGIC, Kind::Tnef),
        (b"\x01\x01\x01\x01\n", Kind::Mmdf),
        (b"\x01\x01\x01\x01\r\n", Kind::Mmdf),
        (b"\xff\xd8\xff", Kind::Other("a JPEG picture")),
        (b"\x89PNG\r\n", Kind::Other("a PNG picture")),
        (b"GIF8", Kind::Other("a GIF picture")),
        (b"%PDF-", Kind::Other("a PDF document")),
        (b"SQLite format 3\0", Kind::Other("an SQLite database")),
        (b"\x7fELF", Kind::Other("a program")),
    ];
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*kind);
    }
    if let Some(packing) = Packing::of(head) {
        return Some(Kind::Packed(packing));
    }
    if let Some(container) = Unsupported::by_magic(head) {
        return Some(Kind::Unsupported(container));
    }
    if cms::is_cms(head) {
        return Some(Kind::Cms);
    }
    is_tar(head).then_some(Kind::Tar)
}

/// Whether a compound file is a document of Office, which has a stream of a known name; what is none is an
/// Outlook message as far as anybody mails reports.
pub(super) fn is_office_document(file: &[u8]) -> bool {
    ["WordDocument", "Workbook", "Book", "PowerPoint Document", "VisioDocument"].iter().any(|stream| {
        let name: Vec<u8> = stream.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        memmem::find(file, &name).is_some()
    })
}

/// A tar header's checksum is the sum of its 512 bytes with its own field read as spaces (POSIX.1-1988).
fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..512) else { return false };
    let Some(stated) = octal(&header[148..156]) else { return false };
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(at, &b)| if (148..156).contains(&at) { 32 } else { u64::from(b) })
        .sum();
    header[0] != 0 && sum == stated
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.trim_ascii().strip_suffix(b"\0").unwrap_or(field.trim_ascii()).trim_ascii();
    let digits: Vec<u8> = digits.iter().copied().take_while(|&b| b != 0).collect();
    u64::from_str_radix(std::str::from_utf8(&digits).ok()?.trim(), 8).ok()
}

fn trim_start(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start()
}

/// What text in wide characters is: markup in UTF-16 is read as it is.
fn wide(head: &[u8]) -> Option<Kind> {
    /// Bytes that tell what the text is.
    const LOOK: usize = 4 << 10;
    let wide = Wide::of(head)?;
    let text = wide.decode(&head[..head.len().min(LOOK)]);
    match sniff(text.as_bytes()) {
        Kind::Text if wide.is_utf16() => Some(Kind::Text),
        Kind::Text | Kind::Mail | Kind::Mbox | Kind::Emlx | Kind::Base64 | Kind::TlsReport => {
            Some(Kind::Guised(Guise::Wide(wide)))
        }
        _ => None,
    }
}

/// Whether `text`, which begins with `From `, is an mbox: mail follows, or behind what is no prose any field.
fn begins_mbox(text: &[u8]) -> bool {
    let line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
    if Shape::of(line) == Shape::Prose {
        return following(text, Manner::Strict).is_mail;
    }
    let found = following(text, Manner::Lenient);
    found.is_mail || found.is_field
}

/// Whether text begins with a header block that holds a field every mail has.
fn looks_like_mail(text: &[u8]) -> bool {
    const FIELDS: &[&[u8]] = &[
        b"received",
        b"return-path",
        b"delivered-to",
        b"from",
        b"date",
        b"subject",
        b"message-id",
        b"mime-version",
        b"content-type",
        b"dkim-signature",
        b"authentication-results",
        b"to",
        b"x-mozilla-status",
    ];
    if field_name(text).is_none() {
        return false;
    }
    for line in text.split(|&b| b == b'\n').take(400) {
        if line.trim_ascii().is_empty() {
            return false;
        }
        if matches!(line.first(), Some(b' ' | b'\t')) {
            continue;
        }
        match field_name(line) {
            Some(name) if FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field)) => return true,
            Some(_) => {}
            None => return false,
        }
    }
    false
}

fn is_emlx(text: &[u8]) -> bool {
    let Some(end) = memchr::memchr(b'\n', &text[..text.len().min(32)]) else { return false };
    let count = text[..end].trim_ascii();
    !count.is_empty() && count.iter().all(u8::is_ascii_digit) && looks_like_mail(&text[end + 1..])
}

/// Whether JSON text has the members RFC 8460 section 4.4 requires.
fn is_tls_report(text: &[u8]) -> bool {
    let has = |name: &[u8]| memmem::find(text, name).is_some();
    has(b"\"policies\"") && (has(b"\"organization-name\"") || has(b"\"report-id\"") || has(b"\"date-range\""))
}

/// Base64 of gzip, zip, `<?xml` or `<feedback`, as it is saved by hand from a mail's source.
fn is_packed_base64(text: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[b"H4sI", b"UEsDB", b"PD94bWwg", b"PGZlZWRiYWNr"];
    STARTS.iter().any(|start| text.starts_with(start))
        && text[..text.len().min(1000)]
            .iter()
            .all(|&b| b.is_ascii_alphanumeric() || b"+/=\r\n \t".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        let cases: &[(&[u8], Kind)] = &[
            (b"", Kind::Empty),
            (b" \r\n", Kind::Empty),
            (b"\x1f\x8b\x08", Kind::Packed(Packing::Gzip)),
            (b"PK\x03\x04", Kind::Zip),
            (b"<feedback>", Kind::Text),
            (b"\xef\xbb\xbf\n <?xml", Kind::Text),
            (b"\xff\xfe<\0", Kind::Text),
            (b"From a@example.com Sun Nov 22 00:00:00 2026\nSubject: x\n\n", Kind::Mbox),
            (b"From here on we talk\nabout the weather\n", Kind::Other("plain text")),
            (b"Received: from x\n\tby y\nSubject: z\n\n", Kind::Mail),
            (b"ContentType: text/xml\nSubject: z\n\n", Kind::Mail),
            (b"name: value\nother: value\n", Kind::Other("plain text")),
            (b"123  \nSubject: z\n\nx", Kind::Emlx),
            (b"{\"organization-name\":\"x\",\"policies\":[]}", Kind::TlsReport),
            (b"{\"a\":1}", Kind::Other("JSON")),
            (b"H4sIAAAA\r\nAAAA", Kind::Base64),
            (b"!BDN\0\0", Kind::Unsupported(Unsupported::OutlookStore)),
            (b"\xff\xd8\xff\xe0", Kind::Other("a JPEG picture")),
            (b"see below\n<feedback>", Kind::Text),
        ];
        for (head, kind) in cases {
            assert_eq!(sniff(head), *kind, "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn outlook_messages_and_office_documents_differ() {
        let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        assert_eq!(sniff(&file), Kind::Compound);
        assert!(!is_office_document(&file));
        file.extend("WordDocument\0".encode_utf16().flat_map(u16::to_le_bytes));
        assert!(is_office_document(&file));
    }

    #[test]
    fn a_tar_is_known_by_its_checksum() {
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        assert!(header.set_path("a.xml").is_ok());
        header.set_cksum();
        assert_eq!(sniff(header.as_bytes()), Kind::Tar);
        header.as_mut_bytes()[0] = b'b';
        assert_ne!(sniff(header.as_bytes()), Kind::Tar);
    }
}
