//! What was odd in a report that was read all the same.

use std::collections::HashMap;
use std::hash::BuildHasher;

/// What kind of oddity a [`Note`] tells of.
///
/// The word of each is a promise: it stands in the database and in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoteCode {
    /// Declared media type and content differ.
    ContentTypeMismatch,
    /// File name extension and content differ.
    ExtensionMismatch,
    /// Bytes after the end of a gzip stream were ignored.
    TrailingBytes,
    /// A gzip or zip checksum is wrong, though the data can be read.
    ChecksumMismatch,
    /// Compressed data ends before its end.
    TruncatedArchive,
    /// An archive within an archive.
    NestedCompression,
    /// A transfer encoding that does not hold what it says.
    TransferEncoding,
    /// White space or text before the XML declaration or before the root.
    LeadingText,
    /// Text or elements after the root's end.
    TrailingText,
    /// The XML declaration names an encoding that is unknown or not the one used.
    EncodingDeclaration,
    /// Bytes that are not of the document's encoding; they were replaced.
    InvalidBytes,
    /// Control characters that XML does not allow; they were replaced.
    InvalidCharacters,
    /// A document type declaration; it was skipped, nothing in it is ever expanded.
    Doctype,
    /// An entity that XML does not define; it stands as written.
    UnknownEntity,
    /// Markup where only text belongs; the text was taken as written.
    MarkupInValue,
    /// Text between elements; it was ignored.
    StrayText,
    /// Start and end tags do not match; the document was read on from the next whole element.
    MalformedXml,
    /// The document ends before its end.
    Truncated,
    /// The report is wrapped in elements that do not belong to it.
    Wrapped,
    /// An element's name is in another case.
    ElementCase,
    /// An element's name is a known misspelling.
    MisspeltElement,
    /// An element that no schema knows; it was ignored.
    UnknownElement,
    /// An element that may stand once stands several times; the first counts.
    RepeatedElement,
    /// An element the standards require is missing or empty.
    MissingElement,
    /// The report holds no record.
    NoRecords,
    /// More than one report in one document.
    SeveralDocuments,
    /// A word that is not of its enumeration; it is kept as stated and means nothing.
    UnknownWord,
    /// A word in another case.
    WordCase,
    /// A name that is no domain; it is kept as stated.
    NotADomain,
    /// A name in an odd form, such as a mail address; the domain in it was used.
    OddName,
    /// A value beside the place where it belongs; it was used.
    MisplacedValue,
    /// A record without a usable source address; it was skipped.
    UnusableAddress,
    /// A source address in an odd form; the address in it was used.
    OddAddress,
    /// A record without a usable message count; it was skipped.
    UnusableCount,
    /// A message count in an odd form; the whole number it says was used.
    OddCount,
    /// A message count so large that it may be wrong.
    HugeCount,
    /// A number that is none.
    UnusableNumber,
    /// A time in an odd form; what it says was used.
    OddTime,
    /// A time that can't be read.
    UnusableTime,
    /// The period ends before it begins.
    PeriodReversed,
    /// The period lies in the future.
    FuturePeriod,
    /// A text was longer than the limit and was cut.
    TextCut,
    /// More notes than are kept.
    MoreNotes,
}

impl NoteCode {
    /// The word that stands in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContentTypeMismatch => "content_type_mismatch",
            Self::ExtensionMismatch => "extension_mismatch",
            Self::TrailingBytes => "trailing_bytes",
            Self::ChecksumMismatch => "checksum_mismatch",
            Self::TruncatedArchive => "truncated_archive",
            Self::NestedCompression => "nested_compression",
            Self::TransferEncoding => "transfer_encoding",
            Self::LeadingText => "leading_text",
            Self::TrailingText => "trailing_text",
            Self::EncodingDeclaration => "encoding_declaration",
            Self::InvalidBytes => "invalid_bytes",
            Self::InvalidCharacters => "invalid_characters",
            Self::Doctype => "doctype",
            Self::UnknownEntity => "unknown_entity",
            Self::MarkupInValue => "markup_in_value",
            Self::StrayText => "stray_text",
            Self::MalformedXml => "malformed_xml",
            Self::Truncated => "truncated",
            Self::Wrapped => "wrapped",
            Self::ElementCase => "element_case",
            Self::MisspeltElement => "misspelt_element",
            Self::UnknownElement => "unknown_element",
            Self::RepeatedElement => "repeated_element",
            Self::MissingElement => "missing_element",
            Self::NoRecords => "no_records",
            Self::SeveralDocuments => "several_documents",
            Self::UnknownWord => "unknown_word",
            Self::WordCase => "word_case",
            Self::NotADomain => "not_a_domain",
            Self::OddName => "odd_name",
            Self::MisplacedValue => "misplaced_value",
            Self::UnusableAddress => "unusable_address",
            Self::OddAddress => "odd_address",
            Self::UnusableCount => "unusable_count",
            Self::OddCount => "odd_count",
            Self::HugeCount => "huge_count",
            Self::UnusableNumber => "unusable_number",
            Self::OddTime => "odd_time",
            Self::UnusableTime => "unusable_time",
            Self::PeriodReversed => "period_reversed",
            Self::FuturePeriod => "future_period",
            Self::TextCut => "text_cut",
            Self::MoreNotes => "more_notes",
        }
    }
}

impl NoteCode {
    /// Whether it tells that the input is not what its writer wrote, or that a part of it could not be read: a copy
    /// without such a note is worth more.
    #[must_use]
    pub fn is_damage(self) -> bool {
        Self::DAMAGE.contains(&self)
    }

    /// The codes for which [`NoteCode::is_damage`] holds.
    pub(crate) const DAMAGE: [Self; 10] = [
        Self::ChecksumMismatch,
        Self::TruncatedArchive,
        Self::TransferEncoding,
        Self::InvalidBytes,
        Self::InvalidCharacters,
        Self::MarkupInValue,
        Self::MalformedXml,
        Self::Truncated,
        Self::UnusableAddress,
        Self::UnusableCount,
    ];
}

/// Something odd in an input that was still read: what, where, what it said, how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What kind.
    pub code: NoteCode,
    /// The element's path within the report without positions, such as `record/row/count`, or the container
    /// step it belongs to; empty where it concerns the whole.
    pub path: String,
    /// What stood there, cut to [`Note::RAW_BYTES`].
    pub raw: Option<String>,
    /// The line where it stood first, counted from one, where it is known.
    pub line: Option<u64>,
    /// How often the same was seen.
    pub times: u64,
}

impl Note {
    /// The bytes of [`Note::raw`] that are kept.
    pub const RAW_BYTES: usize = 200;
}

/// The notes on one report: the same oddity is kept once and counted, and the number of different ones is
/// bounded, so that a stranger's report can't make the list grow without end.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    list: Vec<Note>,
    /// Where in the list the note of a hash stands. A report may hold the same oddity a million times:
    /// finding it again must not take memory.
    index: HashMap<u64, usize>,
    /// How often anything was noted.
    times: u64,
}

impl Notes {
    /// The different notes that are kept; after these only [`NoteCode::MoreNotes`] counts on.
    pub const MOST: usize = 500;

    /// Adds a note, or counts it where the same is there.
    pub fn add(&mut self, code: NoteCode, path: &str, raw: Option<&str>, line: Option<u64>) {
        self.add_times(code, path, raw, line, 1);
    }

    fn add_times(&mut self, code: NoteCode, path: &str, raw: Option<&str>, line: Option<u64>, times: u64) {
        let raw = raw.map(cut);
        let hash = self.index.hasher().hash_one((code, path, raw));
        if let Some(&at) = self.index.get(&hash) {
            self.times = self.times.saturating_add(times);
            self.list[at].times = self.list[at].times.saturating_add(times);
            return;
        }
        if self.list.len() >= Self::MOST && code != NoteCode::MoreNotes {
            return self.add_times(NoteCode::MoreNotes, "", None, None, times);
        }
        self.times = self.times.saturating_add(times);
        self.index.insert(hash, self.list.len());
        self.list.push(Note { code, path: path.to_owned(), raw: raw.map(str::to_owned), line, times });
    }

    /// Adds every note of `others`.
    pub fn extend(&mut self, others: &Self) {
        self.extend_after(others, 0);
    }

    /// Adds every note of `others`, which were made of what stands after so many lines.
    pub(crate) fn extend_after(&mut self, others: &Self, lines: u64) {
        for Note { code, path, raw, line, times } in &others.list {
            let line = line.map(|line| line.saturating_add(lines));
            self.add_times(*code, path, raw.as_deref(), line, *times);
        }
    }

    /// The notes in the order they were first seen.
    #[must_use]
    pub fn as_slice(&self) -> &[Note] {
        &self.list
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How often anything was noted.
    #[must_use]
    pub const fn times(&self) -> u64 {
        self.times
    }

    /// Whether a note of this kind is among them.
    #[must_use]
    pub fn has(&self, code: NoteCode) -> bool {
        self.list.iter().any(|note| note.code == code)
    }
}

/// The first [`Note::RAW_BYTES`] of a text, cut at a character's end.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(Note::RAW_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_counted_and_the_rest_is_bounded() {
        let mut notes = Notes::default();
        for _ in 0..3 {
            notes.add(NoteCode::WordCase, "record/row", Some("Pass"), Some(4));
        }
        for i in 0..2000 {
            notes.add(NoteCode::UnknownWord, "record/row", Some(&i.to_string()), None);
        }
        assert_eq!(notes.as_slice()[0].times, 3);
        assert_eq!(notes.as_slice().len(), Notes::MOST + 1);
        assert_eq!(notes.times(), 2003);
        let mut others = Notes::default();
        others.extend(&notes);
        others.extend(&notes);
        assert_eq!((others.as_slice()[0].times, others.as_slice().len()), (6, Notes::MOST + 1));
        assert_eq!(others.times(), 4006);
    }
}
