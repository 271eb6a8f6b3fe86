//! Records of a report that are read apart from what stands before them.
//!
//! After a record's end tag the state is nearly always the same: in the report, with no text in hand. Whoever is
//! in that state may take over what another has read from that state on. Records, counts and notes add up; where
//! anything else was read, or the state is another one, the text is read again by whoever is there.

use super::outside::Outside;
use super::{Flow, Interpreter, State, wanted};
use crate::limits::Limits;
use crate::model::RecordBatch;
use crate::xml::Sink;
use crate::xml::document::Document;
use crate::xml::element::Element;
use crate::xml::memory::Memory;

impl<'s, S: Sink + ?Sized> Interpreter<'s, S> {
    /// Ready for what follows a record.
    pub(in crate::xml) fn after_a_record(
        limits: &'s Limits,
        sink: &'s mut S,
        memory: &'s mut Memory,
    ) -> Self {
        let state = State::Inside(Element::Feedback);
        Self { state, document: Document::after_a_record(limits), ..Self::new(limits, sink, memory, None) }
    }

    /// What was read since [`Self::after_a_record`], where it can be taken over.
    pub(in crate::xml) fn apart(self) -> Option<Document> {
        let is_apart =
            self.is_between_records() && self.outside == Outside::default() && !self.namespaces.was_asked();
        Some(self.document).filter(|document| is_apart && document.is_of_records())
    }

    /// Whether what was read apart is what would be read here.
    pub(in crate::xml) fn fits(&self, document: &Document) -> bool {
        // What is kept of text between records has to fit in the room that the header left.
        self.is_between_records()
            && self.namespaces.is_plain()
            && !self.memory.is_blind()
            && self.document.room(Element::Feedback, self.limits) == self.limits.text_bytes
            && self.document.has_room_for(document, self.limits)
    }

    /// Takes over what was read apart, of what stands after so many lines.
    pub(in crate::xml) fn take_over(&mut self, document: Document, batch: RecordBatch, lines: u64) -> Flow {
        self.document.add(document, lines);
        wanted(self.sink.records(batch))
    }

    fn is_between_records(&self) -> bool {
        self.state == State::Inside(Element::Feedback)
            && self.text.is_blank()
            && self.skipped.is_empty()
            && self.invalid.is_empty()
    }
}
