//! One `feedback` document while it is read, and what comes of it.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits};
use crate::model::note::{NoteCode, Notes};
use crate::model::record::Record;

use super::Ending;
use super::element::{Element, Seen};
use super::fields::Value;
use super::header::HeaderBuilder;
use super::record::RecordBuilder;
use super::window::{Mark, Spot};

/// What a value costs of the room for texts besides its bytes: many short ones take memory too.
const VALUE_COST: u64 = 64;

/// One `feedback` document while it is read.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) header: HeaderBuilder,
    pub(super) record: RecordBuilder,
    pub(super) notes: Notes,
    /// The elements that were opened, those of a record since it began.
    pub(super) seen: Seen,
    /// The open elements whose start tag was not in so many words the name in the schema.
    pub(super) respelt: Seen,
    /// Bytes of text that may still be kept of the header.
    header_room: u64,
    /// Bytes of text that may still be kept of the record in hand.
    record_room: u64,
    begun: u64,
    whole: u64,
    skipped: u64,
    /// What was wrong first, and where, once the XML broke.
    broke: Option<(String, u64)>,
}

impl Document {
    /// A document that has yet to begin.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            header: HeaderBuilder::default(),
            record: RecordBuilder::new(Mark::default()),
            notes: Notes::default(),
            seen: Seen::default(),
            respelt: Seen::default(),
            header_room: Self::all_room(limits),
            record_room: Self::all_room(limits),
            begun: 0,
            whole: 0,
            skipped: 0,
            broke: None,
        }
    }

    /// A document of which a record was read.
    pub(super) fn after_a_record(limits: &Limits) -> Self {
        let mut document = Self::new(limits);
        document.seen.insert(Element::Record);
        document
    }

    /// Whether nothing but records was read of it, with every note.
    pub(super) fn is_of_records(&self) -> bool {
        self.seen.is_of_records() && !self.notes.has(NoteCode::MoreNotes)
    }

    /// Whether the records of a part of it may be added: [`Self::after_a_record`] has to be true of it.
    pub(super) const fn has_room_for(&self, part: &Self, limits: &Limits) -> bool {
        self.begun > 0 && part.begun <= limits.records.saturating_sub(self.begun)
    }

    /// Adds the records of a part of it that was read by itself and stands after so many lines.
    pub(super) fn add(&mut self, part: Self, lines: u64) {
        self.seen.forget_record();
        self.seen.insert(Element::Record);
        self.respelt.forget_record();
        self.begun += part.begun;
        self.whole += part.whole;
        self.skipped += part.skipped;
        self.notes.extend_after(&part.notes, lines);
        let broke = part.broke.map(|(what, line)| (what, line.saturating_add(lines)));
        self.broke = self.broke.take().or(broke);
    }

    /// Bytes of text that are kept of a header or of one record: far more than any real one holds, and a bound on what a
    /// hostile one can make us hold.
    fn all_room(limits: &Limits) -> u64 {
        limits.text_bytes.max(64 << 10).saturating_mul(16)
    }

    /// The bytes that a text in an element may have.
    pub(super) fn room(&self, element: Element, limits: &Limits) -> u64 {
        let room = if element.is_in_record() { self.record_room } else { self.header_room };
        room.min(limits.text_bytes)
    }

    /// Whether nothing has been read yet.
    pub(super) const fn is_untouched(&self) -> bool {
        self.seen.is_empty() && self.begun == 0
    }

    /// Notes something at an element.
    pub(super) fn note(&mut self, code: NoteCode, at: Element, raw: Option<&str>, line: u64) {
        self.notes.add(code, at.path(), raw, Some(line));
    }

    /// Notes that start and end tags do not match: `what` says it, `raw` is what stood there.
    pub(super) fn malformed(&mut self, what: &str, at: Element, raw: &str, line: u64) {
        self.note(NoteCode::MalformedXml, at, Some(raw), line);
        if self.broke.is_none() {
            let raw = &raw[..raw.floor_char_boundary(60)];
            self.broke = Some((format!("{what}: {raw}"), line));
        }
    }

    fn count_record(&mut self, limits: &Limits) -> Result<()> {
        if self.begun >= limits.records {
            return Err(Error::limit(Limit::Records, limits));
        }
        self.begun += 1;
        // What is left of a record that was lost says nothing of this one.
        self.respelt.forget_record();
        Ok(())
    }

    /// Counts a record that need not be read: it says what an earlier one said.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] where there are more than may be.
    pub(super) fn count_repeated(&mut self, limits: &Limits) -> Result<()> {
        self.count_record(limits)?;
        self.whole += 1;
        Ok(())
    }

    /// Begins a record.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] where there are more than may be.
    pub(super) fn begin_record(&mut self, limits: &Limits, from: Mark) -> Result<()> {
        self.count_record(limits)?;
        self.seen.forget_record();
        self.record_room = Self::all_room(limits);
        self.record = RecordBuilder::new(from);
        Ok(())
    }

    /// Ends a record: `None` where it can't be added up.
    pub(super) fn end_record(&mut self, spot: Spot<'_>) -> Option<Record> {
        self.whole += 1;
        let record = self.record.finish(&mut self.notes, spot);
        self.skipped += u64::from(record.is_none());
        record
    }

    /// Gives up the record in hand.
    pub(super) const fn lose_record(&mut self) {
        self.skipped += 1;
    }

    /// Takes a value in.
    pub(super) fn set(&mut self, element: Element, text: &str, from: Mark, spot: Spot<'_>) {
        let cost = (text.len() as u64).saturating_add(VALUE_COST);
        let mut value = Value { element, text, from, spot, notes: &mut self.notes };
        if element.is_in_record() {
            self.record_room = self.record_room.saturating_sub(cost);
            self.record.set(&mut value);
        } else {
            self.header_room = self.header_room.saturating_sub(cost);
            self.header.set(&mut value);
        }
    }

    /// Takes note that a value can't be trusted to be whole.
    pub(super) fn spoil(&mut self, element: Element, text: &str, from: Mark, spot: Spot<'_>) {
        let mut value = Value { element, text, from, spot, notes: &mut self.notes };
        self.record.spoil(&mut value);
    }

    /// Whether an element is one too many where it stands: its like has said something already, and what
    /// this one says can't be added to it.
    pub(super) fn is_one_too_many(&self, element: Element) -> bool {
        match element {
            Element::Policy => self.header.has_policy(),
            Element::Row | Element::Evaluated => self.record.has(element),
            _ => false,
        }
    }

    /// What comes of the document; `truncated` says on which line the data ended too early.
    ///
    /// # Errors
    /// [`ErrorKind::BrokenXml`], [`ErrorKind::NoPolicyDomain`], [`ErrorKind::NothingToKeep`]
    pub(super) fn conclude(mut self, truncated: Option<u64>) -> Result<Ending> {
        if self.whole == 0
            && let Some((what, line)) = self.broke
        {
            return Err(Error::new(ErrorKind::BrokenXml, what).at_line(line));
        }
        if let Some(line) = truncated {
            if self.whole == 0 {
                let why = "the data ends before the first whole record";
                return Err(Error::new(ErrorKind::BrokenXml, why).at_line(line));
            }
            self.notes.add(NoteCode::Truncated, "", None, Some(line));
        }
        let has_period = self.header.has_period();
        let header = self.header.finish(&mut self.notes)?;
        if self.begun == 0 {
            if !has_period {
                return Err(Error::new(ErrorKind::NothingToKeep, "no usable period and no record"));
            }
            self.notes.add(NoteCode::NoRecords, "", None, None);
        }
        Ok(Ending {
            header,
            truncated: truncated.is_some(),
            records_skipped: self.skipped,
            notes: self.notes,
        })
    }
}
