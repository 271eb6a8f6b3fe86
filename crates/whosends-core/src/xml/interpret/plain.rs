//! The way of a sound report: tags without attributes in the names of the schema, texts without references.
//!
//! Nearly all of nearly every report is of this shape, and telling it apart takes no parser. What is not is
//! left to quick-xml token by token, so that there is one meaning of everything that is not plain.

use std::ops::ControlFlow;
use std::sync::Arc;

use memchr::{memchr, memchr2};

use super::{Flow, GO_ON, Interpreter, State, Stop, ValueState, wanted};
use crate::model::record::Record;
use crate::model::shared::Shared;
use crate::xml::Sink;
use crate::xml::element::{Element, Kind};
use crate::xml::lessons::VARYING_BYTES;
use crate::xml::value::{self, Reading};
use crate::xml::window::{Spot, Window};

/// A tag of the schema is shorter.
const TAG_BYTES: usize = 48;

/// A record whose start tag was met.
#[derive(Clone, Copy)]
struct Begun {
    at: usize,
    /// How often anything had been noted by then.
    noted: u64,
}

impl<S: Sink + ?Sized> Interpreter<'_, S> {
    /// Reads plain tokens from a place in a window on, and gives the place of the first that is not.
    pub(in crate::xml) fn plain(&mut self, window: &Window<'_>, from: usize) -> ControlFlow<Stop, usize> {
        let mut at = from;
        if !self.invalid.is_empty() || self.memory.is_blind() {
            return ControlFlow::Continue(at);
        }
        let text = window.text();
        let mut begun = None;
        loop {
            at = self.skip_blanks(text, at);
            let Some((tag, next)) = plain_tag(text, at) else {
                match self.plain_text(window, at) {
                    Some(next) => at = next,
                    None => return ControlFlow::Continue(at),
                }
                continue;
            };
            let spot = window.spot(at);
            if let Some(name) = tag.strip_prefix('/') {
                if !self.ends(name) {
                    return ControlFlow::Continue(at);
                }
                match begun.take_if(|_| self.state == State::Inside(Element::Record)) {
                    Some(begun) => self.end_plain_record(begun, &text[..next], spot)?,
                    None => self.close(spot)?,
                }
                at = next;
            } else if let Some(element) = self.expects(tag) {
                if element == Element::Record {
                    if let Some(end) = self.repeat(&text[at..], spot)? {
                        at += end;
                        continue;
                    }
                    begun = Some(Begun { at, noted: self.document.notes.times() });
                }
                self.open(element, false, spot)?;
                at = self.plain_value(window, element, next)?;
            } else if let Some(element) = tag.strip_suffix('/').and_then(|name| self.expects(name)) {
                self.open(element, true, spot)?;
                at = next;
            } else {
                return ControlFlow::Continue(at);
            }
        }
    }

    /// Steps over blanks between tags, which say nothing.
    fn skip_blanks(&self, text: &str, at: usize) -> usize {
        let rest = &text.as_bytes()[at..];
        let blanks = rest.iter().position(|byte| !byte.is_ascii_whitespace());
        match blanks {
            Some(blanks) if rest[blanks] == b'<' && self.is_between_tags() => at + blanks,
            _ => at,
        }
    }

    /// Whether blanks would change nothing here.
    fn is_between_tags(&self) -> bool {
        matches!(self.state, State::Inside(_)) && self.text.is_blank()
    }

    /// Takes a text up to the next tag, and gives where it ends; `None` where there is none, or a reference in
    /// it.
    fn plain_text(&mut self, window: &Window<'_>, at: usize) -> Option<usize> {
        let text = window.text();
        let rest = text.as_bytes().get(at..)?;
        // Whichever comes first: to look for the tag behind each of many references took quadratic time.
        let length = memchr2(b'<', b'&', rest).filter(|&length| length > 0 && rest[length] == b'<')?;
        self.text(&text[at..at + length], window.spot(at));
        Some(at + length)
    }

    /// Takes the text and the end tag of a value that was opened, and gives where it ends. Where they are not
    /// plain, nothing is taken.
    fn plain_value(&mut self, window: &Window<'_>, element: Element, at: usize) -> ControlFlow<Stop, usize> {
        if element.kind() != Kind::Value || self.state != State::Inside(element) {
            return ControlFlow::Continue(at);
        }
        let text = window.text();
        let rest = &text.as_bytes()[at..];
        let Some(length) = memchr2(b'<', b'&', rest).filter(|&length| rest[length] == b'<') else {
            return ControlFlow::Continue(at);
        };
        let (inner, end) = (&text[at..at + length], at + length);
        let is_plain = length as u64 <= self.document.room(element, self.limits);
        match plain_tag(text, end) {
            Some((tag, next)) if is_plain && tag.strip_prefix('/').is_some_and(|name| self.ends(name)) => {
                let (stated, spot) = (value::trimmed(inner), window.spot(end));
                if !stated.is_empty() {
                    self.take_value(element, stated, ValueState::default(), spot);
                }
                self.leave(element, spot)?;
                ControlFlow::Continue(next)
            }
            _ => ControlFlow::Continue(at),
        }
    }

    /// Takes a record that says what an earlier one said, of another address, count and recipient, and gives
    /// how long it is; `None` where it is not such a record.
    fn repeat(&mut self, text: &str, spot: Spot<'_>) -> ControlFlow<Stop, Option<usize>> {
        // Below this a value may be cut.
        if self.limits.text_bytes < VARYING_BYTES as u64 {
            return ControlFlow::Continue(None);
        }
        let Some(found) = self.memory.find(text) else { return ControlFlow::Continue(None) };
        let (Reading::Plain(source), Reading::Plain(count)) =
            (value::address(value::trimmed(found.address)), value::count(value::trimmed(found.count)))
        else {
            return ControlFlow::Continue(None);
        };
        let (said, end) = (found.said, found.end);
        self.flush_stray_text(spot);
        self.document.seen.insert(Element::Record);
        if let Err(error) = self.document.count_repeated(self.limits) {
            self.give_up(error.at_line(spot.line()), spot)?;
        }
        wanted(self.sink.shared(source, count, &said))?;
        ControlFlow::Continue(Some(end))
    }

    /// Ends a record of plain tokens only; `text` ends with it.
    fn end_plain_record(&mut self, begun: Begun, text: &str, spot: Spot<'_>) -> Flow {
        self.flush_stray_text(spot);
        self.state = State::Inside(Element::Feedback);
        let Some(Record { source, count, combination }) = self.document.end_record(spot) else {
            return GO_ON;
        };
        let said = Arc::new(Shared::new(combination));
        if self.document.notes.times() == begun.noted {
            self.memory.learn(&text[begun.at..], &said);
        }
        wanted(self.sink.shared(source, count, &said))
    }
}

/// The tag at a place, between its brackets, and where it ends.
fn plain_tag(text: &str, at: usize) -> Option<(&str, usize)> {
    let rest = text.as_bytes().get(at..)?;
    if rest.first() != Some(&b'<') {
        return None;
    }
    let length = memchr(b'>', &rest[..rest.len().min(TAG_BYTES)])?;
    Some((&text[at + 1..at + length], at + length + 1))
}
