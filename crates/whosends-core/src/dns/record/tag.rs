//! The `tag=value; tag=value` list that these records share (RFC 6376 section 3.2 and its kin).

use std::ops::Range;

use super::{Problem, ProblemKind, printable};

/// What a record allows in its list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grammar {
    /// Whether names count in any case.
    pub(super) any_case: bool,
    /// Whether a value may be empty.
    pub(super) empty_values: bool,
    /// What a name may be.
    pub(super) name: fn(&[u8]) -> bool,
    /// What a value may hold.
    pub(super) value: fn(u8) -> bool,
}

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// Its name, in lower case where case does not count.
    pub(super) name: String,
    /// Its value without the blanks around it.
    pub(super) value: Vec<u8>,
    /// The place of the whole in the record.
    pub(super) span: Range<usize>,
}

/// The tags of a record, each name once, and what was wrong with the others.
#[derive(Debug, Default)]
pub(super) struct TagList {
    pub(super) tags: Vec<Tag>,
    pub(super) problems: Vec<Problem>,
}

impl TagList {
    pub(super) fn parse(text: &[u8], grammar: Grammar) -> Self {
        let mut list = Self::default();
        let mut start = 0;
        for piece in text.split(|&byte| byte == b';') {
            let span = start..start + piece.len();
            start = span.end + 1;
            let last = start > text.len();
            list.add(piece, span, last, grammar);
        }
        list
    }

    fn add(&mut self, piece: &[u8], span: Range<usize>, last: bool, grammar: Grammar) {
        let piece = trim(piece);
        if piece.is_empty() {
            // What follows the last separator may be nothing.
            if !last {
                self.problem(ProblemKind::EmptyTag, "", b"", span);
            }
            return;
        }
        let Some(equals) = piece.iter().position(|&byte| byte == b'=') else {
            self.problem(ProblemKind::NoEquals, "", piece, span);
            return;
        };
        let (name, value) = piece.split_at(equals);
        let (name, value) = (trim(name), trim(value.get(1..).unwrap_or_default()));
        let mut shown = printable(name);
        if grammar.any_case {
            shown.make_ascii_lowercase();
        }
        if !(grammar.name)(name) {
            self.problem(ProblemKind::BadTagName, "", piece, span);
        } else if value.is_empty() && !grammar.empty_values {
            self.problem(ProblemKind::EmptyValue, &shown, b"", span);
        } else if self.get(&shown).is_some() {
            self.problem(ProblemKind::DuplicateTag, &shown, value, span);
        } else {
            if !value.iter().all(|&byte| (grammar.value)(byte)) {
                self.problem(ProblemKind::BadBytes, &shown, value, span.clone());
            }
            self.tags.push(Tag { name: shown, value: value.to_vec(), span });
        }
    }

    /// The tag of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Tag> {
        self.tags.iter().find(|tag| tag.name == name)
    }

    pub(super) fn problem(&mut self, kind: ProblemKind, tag: &str, text: &[u8], span: Range<usize>) {
        self.problems.push(Problem { kind, tag: tag.to_owned(), text: printable(text), span });
    }

    /// Notes a problem with a tag's value.
    pub(super) fn bad_value(&mut self, kind: ProblemKind, tag: &Tag) {
        self.problem(kind, &tag.name, &tag.value, tag.span.clone());
    }

    /// Notes that a tag is missing.
    pub(super) fn missing(&mut self, name: &str) {
        self.problem(ProblemKind::MissingTag, name, b"", 0..0);
    }
}

impl Tag {
    /// The value, made printable.
    pub(super) fn text(&self) -> String {
        printable(&self.value)
    }

    /// The items of a list, without the blanks around them, each with its place in the record's bytes as
    /// far as the tag tells it.
    pub(super) fn items(&self, separator: u8) -> impl Iterator<Item = &[u8]> {
        self.value.split(move |&byte| byte == separator).map(trim)
    }
}

/// Whether a text starts with `version`, and the version ends there: before a blank, a `;` or nothing.
pub(super) fn starts_with_version(text: &[u8], version: &[u8]) -> bool {
    text.strip_prefix(version)
        .is_some_and(|rest| rest.first().is_none_or(|byte| matches!(byte, b';' | b' ' | b'\t')))
}

/// Cuts blanks and folded line ends off both sides.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let start = text.iter().position(|byte| !blank(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// The name of an extension field of MTA-STS and TLS-RPT (RFC 8461 section 3.1, RFC 8460 section 3).
pub(super) fn is_field_name(name: &[u8]) -> bool {
    name.len() <= 32
        && name.first().is_some_and(u8::is_ascii_alphanumeric)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte))
}
