//! What stands around documents, their beginnings and their ends.

use std::ops::ControlFlow;

use quick_xml::events::BytesStart;

use super::{Flow, GO_ON, Interpreter, State, Stop};
use crate::error::{Error, ErrorKind};
use crate::model::note::NoteCode;
use crate::xml::Sink;
use crate::xml::document::Document;
use crate::xml::element::{Element, is_feedback, local, prefix, tag_name};
use crate::xml::window::Spot;

/// What stands around documents.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outside {
    /// Documents begun.
    documents: u64,
    /// Whether the last one has ended and only waits for what may follow it.
    pub(super) has_ended: bool,
    /// Whether text, blank or not, was seen before the first document.
    pub(super) has_text: bool,
    /// The first element, where it is no document.
    other_root: Option<String>,
    /// Elements around that are open.
    wrappers: u64,
}

impl<S: Sink + ?Sized> Interpreter<'_, S> {
    /// Takes an XML declaration.
    pub(in crate::xml) fn declaration(&mut self, spot: Spot<'_>) {
        if self.state != State::Outside || self.outside.documents > 0 {
            return;
        }
        // XML 1.0 section 2.8: nothing may stand before the declaration, not even white space.
        if self.outside.has_text && self.text.is_blank() {
            self.note(NoteCode::LeadingText, None, spot);
        }
        self.flush_stray_text(spot);
        self.outside.has_text = false;
    }

    /// Takes a start tag outside of any document.
    pub(super) fn start_outside(&mut self, tag: &str, is_empty: bool, spot: Spot<'_>) -> Flow {
        self.flush_stray_text(spot);
        let name = tag_name(tag);
        if is_feedback(local(name)) {
            return self.begin_document(tag, is_empty, spot);
        }
        if self.outside.documents > 0 {
            self.note(NoteCode::TrailingText, Some(&format!("<{tag}>")), spot);
        } else if self.outside.other_root.is_none() {
            let name = &name[..name.floor_char_boundary(60)];
            self.outside.other_root = Some(name.to_owned());
        }
        self.outside.wrappers = self.outside.wrappers.saturating_add(u64::from(!is_empty));
        GO_ON
    }

    /// Takes an end tag outside of any document.
    pub(super) fn end_outside(&mut self, tag: &str, spot: Spot<'_>) {
        self.flush_stray_text(spot);
        if self.outside.wrappers == 0 && self.outside.documents > 0 {
            self.note(NoteCode::TrailingText, Some(&format!("</{tag}>")), spot);
        }
        self.outside.wrappers = self.outside.wrappers.saturating_sub(1);
    }

    /// Begins a document at its root's start tag.
    fn begin_document(&mut self, tag: &str, is_empty: bool, spot: Spot<'_>) -> Flow {
        if self.outside.has_ended {
            self.hand_over(None)?;
        }
        let is_first = self.outside.documents == 0;
        self.outside.documents = self.outside.documents.saturating_add(1);
        let name = tag_name(tag);
        let is_wrapped = self.outside.wrappers > 0;
        for (is_so, code) in [
            (!is_first, NoteCode::SeveralDocuments),
            (is_wrapped, NoteCode::Wrapped),
            (is_first && !is_wrapped && self.outside.other_root.is_some(), NoteCode::LeadingText),
        ] {
            if is_so {
                let raw = self.outside.other_root.clone();
                self.note(code, raw.as_deref(), spot);
            }
        }
        if local(name) != Element::Feedback.name() {
            self.note(NoteCode::ElementCase, Some(name), spot);
        }
        if name != Element::Feedback.name() {
            self.document.respelt.insert(Element::Feedback);
        }
        self.document.header.namespace = namespace(tag, self.limits.text_bytes);
        self.namespaces.begin(tag, self.document.header.namespace.as_deref());
        self.state = State::Inside(Element::Feedback);
        if is_empty { self.close(spot) } else { GO_ON }
    }

    /// Takes a root's start tag within a document: either its wrapper's name is `feedback` too, or the
    /// document was cut and another one follows.
    pub(super) fn start_again(&mut self, tag: &str, is_empty: bool, spot: Spot<'_>) -> Flow {
        if self.state == State::Inside(Element::Feedback) && self.document.is_untouched() {
            self.note(NoteCode::Wrapped, Some(tag_name(tag)), spot);
            self.outside.wrappers = self.outside.wrappers.saturating_add(u64::from(!is_empty));
            return GO_ON;
        }
        self.hand_over(Some(spot.line()))?;
        self.skipped.clear();
        self.text.clear();
        self.state = State::Outside;
        self.begin_document(tag, is_empty, spot)
    }

    /// Takes the end of the data, or of what is wanted of it.
    pub(in crate::xml) fn finish(&mut self, spot: Spot<'_>) {
        let _: Flow = if self.state != State::Outside {
            self.hand_over(Some(spot.line()))
        } else if self.outside.has_ended {
            self.flush_stray_text(spot);
            self.hand_over(None)
        } else if self.outside.documents == 0 {
            let reason = match self.outside.other_root.take() {
                Some(root) => format!("no feedback element, the root element is {root}"),
                None if spot.mark().position() == 0 => "there is nothing in it".to_owned(),
                None => "no feedback element".to_owned(),
            };
            self.give_up(Error::new(ErrorKind::NoFeedback, reason), spot)
        } else {
            GO_ON
        };
    }

    /// Ends the reading with an error. A document that has ended before is not touched by it.
    pub(in crate::xml) fn give_up(&mut self, error: Error, spot: Spot<'_>) -> Flow {
        if self.state == State::Outside && self.outside.has_ended {
            self.flush_stray_text(spot);
            self.hand_over(None)?;
        }
        let _: ControlFlow<()> = self.sink.document(Err(error));
        Flow::Break(Stop::Over)
    }

    /// Hands the document over to the sink; `truncated` says on which line the data ended too early.
    fn hand_over(&mut self, truncated: Option<u64>) -> Flow {
        self.outside.has_ended = false;
        let document = std::mem::replace(&mut self.document, Document::new(self.limits));
        match self.sink.document(document.conclude(truncated)) {
            ControlFlow::Continue(()) => GO_ON,
            ControlFlow::Break(()) => Flow::Break(Stop::Over),
        }
    }

    /// Notes the text that stands where none belongs.
    pub(super) fn flush_stray_text(&mut self, spot: Spot<'_>) {
        if self.text.is_blank() {
            return;
        }
        let (code, path) = match self.state {
            State::Outside if self.outside.documents == 0 => (NoteCode::LeadingText, ""),
            State::Outside => (NoteCode::TrailingText, ""),
            State::Inside(element) => (NoteCode::StrayText, element.path()),
            State::Skipping { .. } | State::Broken => return self.text.clear(),
        };
        if self.state == State::Inside(Element::Reason) {
            return self.reason_in_text(spot);
        }
        let line = spot.line_of(self.from);
        self.document.notes.add(code, path, Some(self.text.trimmed()), Some(line));
        self.text.clear();
    }
}

/// The namespace that a root's start tag gives to its own name, as stated.
fn namespace(tag: &str, room: u64) -> Option<String> {
    let name = tag_name(tag);
    let prefix = prefix(name);
    let start = BytesStart::from_content(tag, name.len());
    let found = start.attributes().with_checks(false).flatten().find(|attribute| {
        match attribute.key.as_ref().strip_prefix("xmlns") {
            Some("") => prefix.is_empty(),
            Some(rest) => rest.strip_prefix(':') == Some(prefix),
            None => false,
        }
    })?;
    let value = found.value.trim();
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    Some(value[..value.floor_char_boundary(room)].to_owned()).filter(|value| !value.is_empty())
}
