//! Text -> type for the records around mail, and nothing else.
//!
//! A reader here never loses anything: what it can't use becomes a [`Problem`] with its place and text, and
//! the rest of the record is read all the same, so that it can be shown and repaired.

pub mod bimi;
pub mod dkim;
pub mod dmarc;
pub mod mta_sts;
pub mod tls_rpt;
pub mod uri;

mod base64;
mod der;
mod tag;

use std::fmt;
use std::ops::Range;

/// One thing that is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The tag in which, or which; empty where it has no name.
    pub tag: String,
    /// The text that is meant, made printable; empty for what is missing.
    pub text: String,
    /// Its place in the record's bytes.
    pub span: Range<usize>,
}

/// What is wrong with a part of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The version does not stand first.
    VersionNotFirst,
    /// The version is not the one that counts, in the case that counts.
    BadVersion,
    /// A tag without `=`.
    NoEquals,
    /// Another tag stands in a value: no `;` parts them.
    NoSeparator,
    /// Nothing between two separators.
    EmptyTag,
    /// A tag name with bytes that it can't have, or too long.
    BadTagName,
    /// A tag without a value, where one is needed.
    EmptyValue,
    /// A tag that stands several times; the first counts.
    DuplicateTag,
    /// A tag that is needed is not there.
    MissingTag,
    /// A value with bytes that it can't have.
    BadBytes,
    /// A value that is none of the words for it.
    UnknownWord,
    /// A value that is no number, or one out of range.
    BadNumber,
    /// A list with an empty item.
    EmptyItem,
    /// A URI that is malformed or does not name a domain.
    BadUri,
    /// A value that is no base64.
    BadBase64,
    /// Key data that is no key of its type.
    BadKey,
    /// Values that exclude each other.
    Contradiction,
    /// A pattern for host names that is malformed.
    BadPattern,
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VersionNotFirst => "the version does not stand first",
            Self::BadVersion => "not the version that counts",
            Self::NoEquals => "a tag without `=`",
            Self::NoSeparator => "no `;` before the next tag",
            Self::EmptyTag => "nothing between two separators",
            Self::BadTagName => "no name that a tag can have",
            Self::EmptyValue => "a tag without a value",
            Self::DuplicateTag => "the tag stands twice",
            Self::MissingTag => "the tag is missing",
            Self::BadBytes => "bytes that can't stand there",
            Self::UnknownWord => "none of the words for it",
            Self::BadNumber => "not a number in its range",
            Self::EmptyItem => "an empty item",
            Self::BadUri => "not a usable address",
            Self::BadBase64 => "not base64",
            Self::BadKey => "not a key of its type",
            Self::Contradiction => "values that exclude each other",
            Self::BadPattern => "not a host name or pattern",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&*self.tag, &*self.text) {
            ("", "") => write!(f, "{}", self.kind),
            ("", text) => write!(f, "`{text}`: {}", self.kind),
            (tag, "") => write!(f, "`{tag}`: {}", self.kind),
            (tag, text) => write!(f, "`{tag}={text}`: {}", self.kind),
        }
    }
}

/// Bytes made readable: what is not printable ASCII stands as `\xNN`.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            0x20..=0x7e => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod mutation;
