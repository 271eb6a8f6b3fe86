//! From the value of an element to the field it belongs to.

use crate::model::name::Name;
use crate::model::note::{NoteCode, Notes};

use super::element::Element;
use super::value::{self, Reading, Word};
use super::window::{Mark, Spot};

/// An element's text on its way to its field: trimmed and not empty.
pub(super) struct Value<'v> {
    pub(super) element: Element,
    pub(super) text: &'v str,
    /// Where the element began.
    pub(super) from: Mark,
    /// Where the reading is.
    pub(super) spot: Spot<'v>,
    pub(super) notes: &'v mut Notes,
}

impl Value<'_> {
    /// Notes something about the value.
    pub(super) fn note(&mut self, code: NoteCode) {
        let line = self.spot.line_of(self.from);
        self.notes.add(code, self.element.path(), Some(self.text), Some(line));
    }

    /// What a reading gives; an odd or unusable one leaves its note.
    pub(super) fn take<T>(&mut self, reading: Reading<T>) -> Option<T> {
        match reading {
            Reading::Plain(value) => Some(value),
            Reading::Odd(value, code) => {
                self.note(code);
                Some(value)
            }
            Reading::Unusable(code) => {
                self.note(code);
                None
            }
        }
    }

    /// The value as an enumerated word.
    pub(super) fn word<W: Word>(&mut self) -> Option<W> {
        let reading = value::word(self.text)?;
        self.take(reading)
    }

    /// The value as a name.
    pub(super) fn name(&mut self) -> Option<Name> {
        let reading = value::name(self.text)?;
        self.take(reading)
    }

    /// The value as it stands.
    pub(super) fn owned(&self) -> Option<String> {
        Some(self.text.to_owned())
    }
}

/// A value without which its surroundings are of no use.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Needed<T> {
    /// Not stated, or empty.
    #[default]
    Missing,
    /// Stated, noted, of no use.
    Unusable,
    /// Stated.
    Found(T),
}

impl<T> Needed<T> {
    /// Takes a value in, unless there was one before.
    pub(super) fn fill(&mut self, value: Option<T>) {
        if matches!(self, Self::Missing) {
            *self = value.map_or(Self::Unusable, Self::Found);
        }
    }

    /// Says that what was stated is of no use.
    pub(super) fn spoil(&mut self) {
        *self = Self::Unusable;
    }

    /// The value.
    pub(super) fn found(self) -> Option<T> {
        match self {
            Self::Found(value) => Some(value),
            _ => None,
        }
    }
}

/// Fills a field unless it is filled: of repeated elements the first counts.
pub(super) fn fill<T>(field: &mut Option<T>, value: Option<T>) {
    if field.is_none() {
        *field = value;
    }
}
