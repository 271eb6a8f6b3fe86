//! Takes a mail apart with `mail-parser`, the only module that names it.

use std::borrow::Cow;

use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, HeaderName, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use memchr::memmem;

use super::budget::Budget;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits};

/// What is kept of a mail's own header, as where a report came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MailHead {
    pub(super) from: Option<String>,
    pub(super) message_id: Option<String>,
}

/// A part of a mail that is no multipart and no attached message.
#[derive(Debug)]
pub(super) struct Leaf<'m> {
    pub(super) name: Option<String>,
    /// The declared media type in lower case.
    pub(super) media_type: Option<String>,
    /// Whether it is prose by its declared type: only a report in it is of interest.
    pub(super) is_text: bool,
    pub(super) bytes: Cow<'m, [u8]>,
    /// Whether the transfer encoding did not hold what it says.
    pub(super) badly_encoded: bool,
}

/// A mail's parts, owned by whoever looks at them.
#[derive(Debug)]
pub(super) struct Mail<'m> {
    message: Message<'m>,
}

impl Drop for Mail<'_> {
    /// Takes nested messages apart one by one: dropping them as they stand would call itself once a level,
    /// and a mail of a few hundred kilobytes has enough levels to overflow the stack.
    fn drop(&mut self) {
        let mut parts = std::mem::take(&mut self.message.parts);
        while let Some(part) = parts.pop() {
            if let PartType::Message(mut inner) = part.body {
                parts.append(&mut inner.parts);
            }
        }
    }
}

impl<'m> Mail<'m> {
    /// Parses a mail.
    ///
    /// # Errors
    ///
    /// Fails where messages are nested deeper than [`Limits::mail_depth`] allows by far, or have no header.
    pub(super) fn parse(raw: &'m [u8], limits: &Limits) -> Result<Self> {
        // The parser's time and memory grow with the declared nesting, so that is looked at first.
        let nested = memmem::find_iter(raw, b"essage/rfc822").take(1001).count();
        if nested > 1000 {
            return Err(Error::limit(Limit::MailDepth, limits));
        }
        let parser = MessageParser::new()
            .with_mime_headers()
            .header_address(HeaderName::From)
            .header_id(HeaderName::MessageId)
            .default_header_ignore();
        parser
            .parse(raw)
            .map(|message| Self { message })
            .ok_or_else(|| Error::new(ErrorKind::DamagedArchive, "a mail that can't be taken apart"))
    }

    /// Who wrote it, and its id.
    pub(super) fn head(&self) -> MailHead {
        let from =
            self.message.from().and_then(|from| from.first()).and_then(|first| first.address.as_deref());
        MailHead { from: from.map(cut), message_id: self.message.message_id().map(cut) }
    }

    /// Whether it is a failure report of any feedback type (RFC 5965, RFC 9991).
    pub(super) fn is_failure_report(&self) -> bool {
        self.message.parts.iter().any(|part| {
            part.content_type().is_some_and(|kind| {
                let sub = kind.subtype().unwrap_or_default();
                (kind.ctype().eq_ignore_ascii_case("message") && sub.eq_ignore_ascii_case("feedback-report"))
                    || kind
                        .attribute("report-type")
                        .is_some_and(|t| t.eq_ignore_ascii_case("feedback-report"))
            })
        })
    }

    /// Visits every leaf, those of attached messages too.
    ///
    /// # Errors
    ///
    /// Fails where the parts or the depth of attached messages go over a limit, or where `visit` does.
    pub(super) fn leaves(
        &self,
        limits: &Limits,
        budget: &Budget,
        visit: &mut dyn FnMut(Leaf<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut open = vec![(&self.message, 1)];
        while let Some((message, depth)) = open.pop() {
            if depth > limits.mail_depth {
                return Err(Error::limit(Limit::MailDepth, limits));
            }
            for part in &message.parts {
                budget.enter()?;
                match &part.body {
                    PartType::Multipart(_) => {}
                    PartType::Message(inner) => open.push((inner, depth + 1)),
                    _ => visit(leaf(message, part))?,
                }
            }
        }
        Ok(())
    }
}

fn leaf<'p>(message: &'p Message<'_>, part: &'p MessagePart<'_>) -> Leaf<'p> {
    let kind = part.content_type();
    let media_type =
        kind.map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("*")).to_ascii_lowercase());
    let declared_base64 =
        part.content_transfer_encoding().is_some_and(|word| word.trim().eq_ignore_ascii_case("base64"));
    let raw = raw_body(message, part);
    let badly_encoded = part.is_encoding_problem || (declared_base64 && !is_padded(raw));
    let bytes = match &part.body {
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) if !badly_encoded => {
            Cow::Borrowed(bytes.as_ref())
        }
        // The parser turns text to UTF-8, but a document says itself how it is encoded.
        _ if declared_base64 => Cow::Owned(decode_base64(raw)),
        _ if part.encoding == Encoding::QuotedPrintable => {
            quoted_printable_decode(raw).map_or(Cow::Borrowed(raw), Cow::Owned)
        }
        _ => Cow::Borrowed(raw),
    };
    let is_text = matches!(part.body, PartType::Text(_) | PartType::Html(_))
        && kind.is_none_or(|kind| {
            kind.ctype().eq_ignore_ascii_case("text")
                && matches!(kind.subtype(), Some("plain" | "html") | None)
        })
        && part.attachment_name().is_none();
    Leaf {
        name: part.attachment_name().map(cut),
        media_type,
        is_text,
        bytes,
        badly_encoded: badly_encoded && declared_base64,
    }
}

fn raw_body<'p>(message: &'p Message<'_>, part: &MessagePart<'_>) -> &'p [u8] {
    message.raw_message.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default()
}

/// Whether base64 text has its padding: the parser drops what comes after the last whole group.
fn is_padded(text: &[u8]) -> bool {
    (text.len() - memchr::memchr2_iter(b'\r', b'\n', text).count()).is_multiple_of(4)
}

/// The first bytes of a header's text: more is nobody's address or id.
fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(320)].to_owned()
}

/// Decodes base64 (RFC 4648) as far as it goes: characters outside the alphabet are stepped over, padding may
/// be missing, and padding in the middle starts a new run.
pub(super) fn decode_base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                (bits, held) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    fn leaves(raw: &[u8]) -> Result<Vec<(Option<String>, Vec<u8>)>> {
        let limits = Rc::new(Limits::default());
        let mut found = Vec::new();
        Mail::parse(raw, &limits)?.leaves(&limits, &Budget::new(&limits), &mut |leaf| {
            found.push((leaf.name, leaf.bytes.into_owned()));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn base64_is_read_as_far_as_it_goes() {
        assert_eq!(decode_base64(b"aGVsbG8="), b"hello");
        assert_eq!(decode_base64(b"aGVs\r\n bG8"), b"hello");
        assert_eq!(decode_base64(b"aGk=aGk="), b"hihi");
        assert_eq!(decode_base64(b"aGVsbG8!="), b"hello");
    }

    #[test]
    fn bad_padding_does_not_cost_the_attachment() {
        let raw = b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
            Content-Type: application/gzip; name=a.gz\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8*\r\n--b--\r\n";
        assert_eq!(leaves(raw).unwrap(), [(Some("a.gz".to_owned()), b"hello".to_vec())]);
    }

    #[test]
    fn deep_nesting_ends_neither_the_process_nor_the_run() {
        for levels in [20, 900, 30_000, 300_000] {
            let mut raw = b"Content-Type: message/rfc822\r\n\r\n".repeat(levels);
            raw.extend_from_slice(b"Subject: x\r\n\r\nbody");
            let error = leaves(&raw).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit(Limit::MailDepth));
        }
    }

    #[test]
    fn text_keeps_its_own_encoding() {
        let raw = b"Subject: x\r\nContent-Type: text/xml; charset=iso-8859-1\r\n\r\n<a>\xe4</a>";
        assert_eq!(leaves(raw).unwrap(), [(None, b"<a>\xe4</a>".to_vec())]);
    }
}
