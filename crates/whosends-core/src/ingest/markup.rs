//! Markup: a report, or something else.

use super::unpack::{LARGE, Strictness, Unpacker, What};
use crate::error::{Error, ErrorKind, Result};
use crate::xml;

impl Unpacker<'_> {
    /// Markup: a report, or something else.
    pub(super) fn text(&mut self, bytes: &[u8], strict: Strictness) -> Result<What> {
        match guess(bytes) {
            xml::Guess::Report => {
                self.report(bytes);
                Ok("a report".into())
            }
            xml::Guess::Other { what } if strict == Strictness::NamedReport => {
                let reason = format!("it holds {}, no report", document(&what));
                Err(self.damage_or(Error::new(ErrorKind::NoFeedback, reason)))
            }
            xml::Guess::Other { what } => self.nothing(document(&what).into()),
            xml::Guess::Unknown
                if bytes.trim_ascii_start().starts_with(b"<?xml") || strict == Strictness::NamedReport =>
            {
                Err(self.damage_or(Error::new(ErrorKind::BrokenXml, "it ends before its first element")))
            }
            xml::Guess::NotXml if strict == Strictness::NamedReport => {
                Err(self.damage_or(Error::new(ErrorKind::NoFeedback, "it holds text, no report")))
            }
            xml::Guess::Unknown | xml::Guess::NotXml => self.nothing("text".into()),
        }
    }
}

/// What a document is: mostly its first bytes tell, and where comments stand before it, more of them do.
pub(super) fn guess(bytes: &[u8]) -> xml::Guess {
    match xml::guess(&bytes[..bytes.len().min(2 << 10)]) {
        xml::Guess::Unknown => xml::guess(&bytes[..bytes.len().min(LARGE)]),
        guess => guess,
    }
}

/// A document of another kind in words.
fn document(root: &str) -> String {
    match root.eq_ignore_ascii_case("html") {
        true => "an HTML page".to_owned(),
        false => format!("XML whose root is <{root}>"),
    }
}
