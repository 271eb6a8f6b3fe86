//! What each tag and text means: the state between two tokens, and the way of a sound report through it.
//!
//! What is out of place goes through [`recover`] and [`outside`]; what is as plain as can be, through [`plain`].

mod apart;
mod misplaced;
mod namespace;
mod outside;
mod plain;
mod recover;
mod text;

use std::collections::VecDeque;
use std::ops::ControlFlow;

use crate::error::{Error, ErrorKind};
use crate::limits::{Limit, Limits};
use crate::model::note::NoteCode;

use super::Sink;
use super::document::Document;
use super::element::{Element, Kind};
use super::memory::Memory;
use super::value::{self, Reference};
use super::window::{Mark, Spot, Window};
use namespace::Namespaces;
use outside::Outside;
use text::Text;

/// Why the reading stops before the data ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The sink wants no more records.
    Enough,
    /// Everything there is to say was said.
    Over,
}

/// Whether to go on.
pub(super) type Flow = ControlFlow<Stop>;

const GO_ON: Flow = Flow::Continue(());

/// Whether to go on after the sink took a record.
const fn wanted(answer: ControlFlow<()>) -> Flow {
    match answer {
        ControlFlow::Continue(()) => GO_ON,
        ControlFlow::Break(()) => Flow::Break(Stop::Enough),
    }
}

/// Where the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before, between or after documents.
    Outside,
    /// In an element.
    Inside(Element),
    /// In an element below `below` that nobody knows; `silent` where it has a right to be there.
    Skipping { below: Element, silent: bool },
    /// In a record that broke, until it ends or another part of the report begins.
    Broken,
}

/// What is known of a value besides its text.
#[derive(Debug, Clone, Copy, Default)]
struct ValueState {
    has_markup: bool,
    is_cut: bool,
    /// Whether it can't be trusted to be whole where it has to be.
    is_spoilt: bool,
}

/// Turns tokens into records and documents.
pub(super) struct Interpreter<'s, S: ?Sized> {
    limits: &'s Limits,
    sink: &'s mut S,
    memory: &'s mut Memory,
    state: State,
    /// The text of the value in hand, or text where none belongs.
    text: Text,
    /// Where that value or text began.
    from: Mark,
    /// The open elements that are skipped, as hashes of their names.
    skipped: Vec<u64>,
    document: Document,
    outside: Outside,
    namespaces: Namespaces,
    /// The element in which a reason stands that is not where it belongs.
    reason_in: Option<Element>,
    /// Where in the document bytes were replaced, as far as not yet noted.
    pub(super) invalid: VecDeque<u64>,
}

impl<'s, S: Sink + ?Sized> Interpreter<'s, S> {
    /// Ready for the first document; `odd_label` is an encoding's name in the XML declaration that was not
    /// followed.
    pub(super) fn new(
        limits: &'s Limits,
        sink: &'s mut S,
        memory: &'s mut Memory,
        odd_label: Option<&str>,
    ) -> Self {
        let mut document = Document::new(limits);
        if let Some(label) = odd_label {
            document.notes.add(NoteCode::EncodingDeclaration, "", Some(label), Some(1));
        }
        Self {
            limits,
            sink,
            memory,
            state: State::Outside,
            text: Text::default(),
            from: Mark::default(),
            skipped: Vec::new(),
            document,
            outside: Outside::default(),
            namespaces: Namespaces::default(),
            reason_in: None,
            invalid: VecDeque::new(),
        }
    }

    /// The element a start tag opens where it is just what belongs here.
    #[inline]
    pub(super) fn expects(&self, tag: &str) -> Option<Element> {
        match self.state {
            State::Inside(parent) if !self.namespaces.has_foreign_default() => parent.child(tag),
            _ => None,
        }
    }

    /// Whether an end tag closes the innermost element in so many words.
    #[inline]
    pub(super) fn ends(&self, tag: &str) -> bool {
        matches!(self.state, State::Inside(element)
            if element.name() == tag && !self.document.respelt.has(element))
    }

    /// Opens a child of the innermost element, and closes it where the tag is an `empty` one.
    pub(super) fn open(&mut self, element: Element, is_empty: bool, spot: Spot<'_>) -> Flow {
        self.flush_stray_text(spot);
        if !self.document.seen.insert(element) && !element.may_repeat() {
            self.document.note(NoteCode::RepeatedElement, element, None, spot.line());
            if self.document.is_one_too_many(element) {
                if element == Element::Row {
                    // Its messages are lost.
                    self.document.lose_record();
                }
                return self.skip(element.name(), true, is_empty, spot);
            }
            self.document.seen.forget_children(element);
        }
        match element.kind() {
            Kind::Passed => return self.skip(element.name(), true, is_empty, spot),
            Kind::Value => self.from = spot.mark(),
            Kind::Container if element == Element::Record => {
                self.reason_in = None;
                if let Err(error) = self.document.begin_record(self.limits, spot.mark()) {
                    return self.give_up(error.at_line(spot.line()), spot);
                }
            }
            Kind::Container if element.may_repeat() => self.document.seen.forget_children(element),
            Kind::Container => {}
        }
        self.state = State::Inside(element);
        if is_empty { self.close(spot) } else { GO_ON }
    }

    /// Closes the innermost element.
    pub(super) fn close(&mut self, spot: Spot<'_>) -> Flow {
        let State::Inside(element) = self.state else { return GO_ON };
        if element.kind() == Kind::Value {
            self.end_value(element, true, spot);
        } else {
            self.flush_stray_text(spot);
        }
        self.leave(element, spot)
    }

    /// Steps out of an element whose text was dealt with.
    fn leave(&mut self, element: Element, spot: Spot<'_>) -> Flow {
        self.state = element.parent().map_or(State::Outside, State::Inside);
        if element == Element::Reason
            && let Some(around) = self.reason_in.take()
        {
            self.state = State::Inside(around);
        }
        self.document.respelt.remove(element);
        match element {
            Element::Feedback => self.outside.has_ended = true,
            Element::Reason | Element::Dkim | Element::Spf => {
                self.document.record.end_part(element, &mut self.document.notes, spot);
            }
            Element::Record => {
                if let Some(record) = self.document.end_record(spot) {
                    return wanted(self.sink.record(record));
                }
            }
            _ => {}
        }
        GO_ON
    }

    /// Takes the value in hand in; `is_whole` where its own end tag closed it.
    fn end_value(&mut self, element: Element, is_whole: bool, spot: Spot<'_>) {
        let text = self.text.take();
        if !text.is_blank() {
            let is_needed_whole = matches!(element, Element::SourceIp | Element::Count);
            let is_spoilt = (text.is_cut && !element.is_free_text()) || (!is_whole && is_needed_whole);
            let state = ValueState { has_markup: text.has_markup, is_cut: text.is_cut, is_spoilt };
            self.take_value(element, text.trimmed(), state, spot);
        }
        self.text.reuse(text);
    }

    /// Takes a value in that stands without blanks around it.
    fn take_value(&mut self, element: Element, stated: &str, state: ValueState, spot: Spot<'_>) {
        let from = self.from;
        let clean = value::without_controls(stated);
        for (is_so, code) in [
            (clean.is_some(), NoteCode::InvalidCharacters),
            (state.has_markup, NoteCode::MarkupInValue),
            (state.is_cut, NoteCode::TextCut),
        ] {
            if is_so {
                self.document.note(code, element, Some(stated), spot.line_of(from));
            }
        }
        let stated = clean.as_deref().unwrap_or(stated);
        if state.is_spoilt {
            self.document.spoil(element, stated, from, spot);
        } else if !stated.is_empty() {
            self.document.set(element, stated, from, spot);
        }
    }

    /// Skips an element below the innermost one.
    fn skip(&mut self, name: &str, silent: bool, is_empty: bool, spot: Spot<'_>) -> Flow {
        let State::Inside(below) = self.state else { return GO_ON };
        if is_empty {
            return GO_ON;
        }
        self.state = State::Skipping { below, silent };
        self.skip_deeper(below, name, spot)
    }

    /// Opens a skipped element.
    fn skip_deeper(&mut self, below: Element, name: &str, spot: Spot<'_>) -> Flow {
        self.skipped.push(recover::hash(name));
        let depth = (below.line_up().count() + self.skipped.len()) as u64;
        if depth > u64::from(self.limits.xml_depth) {
            return self.limit(Limit::XmlDepth, spot);
        }
        GO_ON
    }

    /// Takes a text.
    pub(super) fn text(&mut self, piece: &str, spot: Spot<'_>) {
        let element = match self.state {
            State::Inside(element) => element,
            State::Outside => {
                self.outside.has_text = true;
                Element::Feedback
            }
            State::Skipping { .. } | State::Broken => return,
        };
        let room = self.document.room(element, self.limits);
        if let Some(blank) = self.text.push(piece, room)
            && element.kind() != Kind::Value
        {
            self.from = spot.after(blank).mark();
        }
    }

    /// Takes a reference such as `amp` or `#65`.
    pub(super) fn reference(&mut self, name: &str, spot: Spot<'_>) {
        if matches!(self.state, State::Skipping { .. } | State::Broken) {
            return;
        }
        match value::reference(name) {
            Reference::Character(c) => self.text(c.encode_utf8(&mut [0; 4]), spot),
            Reference::NoCharacter => {
                self.note(NoteCode::InvalidCharacters, Some(&format!("&{name};")), spot);
                self.text("\u{fffd}", spot);
            }
            Reference::Unknown => {
                let stated = format!("&{name};");
                self.note(NoteCode::UnknownEntity, Some(&stated), spot);
                self.text(&stated, spot);
            }
        }
    }

    /// Takes a text that begins with an ampersand which refers to nothing.
    pub(super) fn ampersand(&mut self, piece: &str, spot: Spot<'_>) {
        if !matches!(self.state, State::Skipping { .. } | State::Broken) {
            self.note(NoteCode::UnknownEntity, Some(piece.trim_end()), spot);
            self.text(piece, spot);
        }
    }

    /// Takes a document type declaration, which is never acted on.
    pub(super) fn doctype(&mut self, stated: &str, spot: Spot<'_>) {
        self.note(NoteCode::Doctype, Some(stated.trim_end()), spot);
    }

    /// Notes the replaced bytes before `end`.
    pub(super) fn pass(&mut self, end: Mark, spot: Spot<'_>) {
        while let Some(&at) = self.invalid.front()
            && at < end.position()
        {
            self.invalid.pop_front();
            let line = spot.line_of(Mark::new(at));
            self.document.notes.add(NoteCode::InvalidBytes, self.path(), None, Some(line));
        }
    }

    /// Works out lines that may be asked for after the window's text is gone.
    pub(super) fn pin(&mut self, window: &Window<'_>) {
        self.from.pin(window);
        self.document.record.from.pin(window);
    }

    /// Ends the reading at a piece of markup of more than `most` bytes.
    pub(super) fn long_token(&mut self, most: usize, spot: Spot<'_>) -> Flow {
        let reason = format!("a tag or comment of more than {most} bytes");
        self.give_up(Error::new(ErrorKind::Limit(Limit::TextBytes), reason).at_line(spot.line()), spot)
    }

    /// Ends the reading with a limit that was passed.
    fn limit(&mut self, limit: Limit, spot: Spot<'_>) -> Flow {
        self.give_up(Error::limit(limit, self.limits).at_line(spot.line()), spot)
    }

    /// Notes something where the reading is.
    fn note(&mut self, code: NoteCode, raw: Option<&str>, spot: Spot<'_>) {
        self.document.notes.add(code, self.path(), raw, Some(spot.line()));
    }

    /// The element where the reading is, as notes name it.
    const fn path(&self) -> &'static str {
        match self.state {
            State::Outside => "",
            State::Inside(element) | State::Skipping { below: element, .. } => element.path(),
            State::Broken => Element::Record.path(),
        }
    }
}
