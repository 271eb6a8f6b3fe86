//! Whether something could be a report, by its first bytes.

use super::element::{is_feedback, local};
use super::encoding;

/// What the first bytes of something look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guess {
    /// An aggregate report, maybe a damaged one.
    Report,
    /// XML or HTML of another kind.
    Other {
        /// The name of its root element.
        what: String,
    },
    /// No XML.
    NotXml,
    /// It can't be told from these bytes.
    Unknown,
}

/// Bytes that may stand before a report that does not begin at the front.
const JUNK_BYTES: usize = 1024;

/// Elements that no other kind of document has.
const TELLING: [&str; 5] =
    ["report_metadata", "policy_published", "policy_evaluated", "auth_results", "header_from"];

/// Tells whether something could be an aggregate report by its first bytes; a few KiB of them do.
///
/// The root may have a prefix, be wrapped in other elements, or stand after junk or a byte order mark, in
/// any encoding that is read.
#[must_use]
pub fn guess(head: &[u8]) -> Guess {
    let decoded = encoding::decode(head, &encoding::choose(head));
    let text = decoded.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let Some(first) = text.find('<') else {
        return if text.is_empty() { Guess::Unknown } else { Guess::NotXml };
    };
    if first > JUNK_BYTES {
        return Guess::NotXml;
    }
    let (mut root, mut has_root) = (None, false);
    for name in tag_names(&text[first..]) {
        let local = local(name);
        has_root |= is_feedback(local);
        if TELLING.iter().any(|telling| telling.eq_ignore_ascii_case(local)) {
            return Guess::Report;
        }
        root.get_or_insert(name);
    }
    let is_html = root.is_some_and(|name| name.eq_ignore_ascii_case("html"));
    let is_xml = first == 0 || text.contains("<?xml");
    if has_root && is_xml && !is_html {
        return Guess::Report;
    }
    match root {
        _ if !is_xml => Guess::NotXml,
        Some(root) => Guess::Other { what: root.to_owned() },
        None => Guess::Unknown,
    }
}

/// The names of the start and end tags in a text, comments left out; a tag must not be cut off within its
/// name.
fn tag_names(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find('<')?;
            rest = &rest[at + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                rest = comment.split_once("-->")?.1;
                continue;
            }
            let inside = rest.strip_prefix('/').unwrap_or(rest);
            let end = inside.find([' ', '\t', '\r', '\n', '/', '>', '<'])?;
            let name = &inside[..end];
            if name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                return Some(name);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let reports: [&[u8]; 12] = [
            b"<feedback>",
            b"<?xml version='1.0'?>\n<feedback xmlns='urn:ietf:params:xml:ns:dmarc-2.0'>",
            b"\xef\xbb\xbf\r\n<?xml version='1.0'?><Feedback>",
            b"<ns0:feedback xmlns:ns0='x'>",
            b"<!-- <html> --><feedback/>",
            b"<xs:schema xmlns:xs='x'>\n<feedback>",
            b"Content-Type: text/xml\r\n\r\n<?xml version='1.0'?><feedback>",
            b"junk <feedback><report_metadata>",
            b"<record><row><policy_evaluated>",
            b"t</domain></policy_published><record>",
            &utf16("<feedback>\n"),
            &utf16("\u{feff}<?xml version='1.0'?><feedback>"),
        ];
        for head in reports {
            assert_eq!(guess(head), Guess::Report, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn others() {
        let other = |what: &str| Guess::Other { what: what.to_owned() };
        for (head, expected) in [
            ("<!DOCTYPE html><html><body><p>Give us <feedback>!", other("html")),
            ("<?xml version='1.0'?><svg xmlns='x'>", other("svg")),
            ("<p:other>", other("p:other")),
            ("", Guess::Unknown),
            ("\r\n ", Guess::Unknown),
            ("<?xml version='1.0'?><!-- a long", Guess::Unknown),
            ("<feedb", Guess::Unknown),
            ("Dear all, your <feedback> is welcome.", Guess::NotXml),
            ("{\"organization-name\": \"example\"}", Guess::NotXml),
            ("\x1f\u{8b}binary", Guess::NotXml),
        ] {
            assert_eq!(guess(head.as_bytes()), expected, "{head}");
        }
        let late = format!("{}<feedback><report_metadata>", "x".repeat(5000));
        assert_eq!(guess(late.as_bytes()), Guess::NotXml);
    }
}
