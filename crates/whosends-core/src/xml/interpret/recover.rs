//! Tags that are not what belongs where they stand.
//!
//! A record is kept where its own tags leave no doubt that what was read is one record: an end tag that
//! closes several elements at once, or a missing end tag, costs nothing. Where they contradict each other (a
//! part that begins twice, one that ends but never began) two records may have run together, and then neither
//! is kept.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Flow, GO_ON, Interpreter, State, misplaced};
use crate::model::note::NoteCode;
use crate::xml::Sink;
use crate::xml::element::{Element, Kind, Spelling, is_feedback, letters, local, tag_name};
use crate::xml::window::Spot;

/// The bytes of an unknown element's name that are noted.
const NAME_BYTES: usize = 60;

/// A name as it is remembered while its element is skipped: by its letters, since the start tag may have been
/// known by another spelling.
pub(super) fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    letters(local(name)).for_each(|letter| letter.hash(&mut hasher));
    hasher.finish()
}

impl<S: Sink + ?Sized> Interpreter<'_, S> {
    /// Takes a start tag that is not in so many words what belongs here.
    pub(in crate::xml) fn start(&mut self, tag: &str, is_empty: bool, spot: Spot<'_>) -> Flow {
        let name = tag_name(tag);
        let is_skipped = matches!(self.state, State::Skipping { silent: true, .. });
        let is_foreign = !is_skipped && self.is_foreign(tag);
        match self.state {
            State::Outside => self.start_outside(tag, is_empty, spot),
            State::Skipping { below, silent: true } if !is_empty => self.skip_deeper(below, name, spot),
            State::Skipping { silent: true, .. } => GO_ON,
            _ if is_foreign => self.skip_foreign(tag, is_empty, spot),
            _ if is_feedback(local(name)) => self.start_again(tag, is_empty, spot),
            State::Skipping { below, .. } => self.start_skipped(below, tag, is_empty, spot),
            State::Broken => match section(local(name)) {
                Some(section) => {
                    self.state = State::Inside(Element::Feedback);
                    self.open_called(tag, section, is_empty, spot)
                }
                None => GO_ON,
            },
            State::Inside(element) if element.kind() == Kind::Value => {
                self.start_in_value(element, tag, is_empty, spot)
            }
            State::Inside(parent) => self.start_inside(parent, tag, is_empty, spot),
        }
    }

    /// Takes an end tag that does not in so many words close the innermost element.
    pub(in crate::xml) fn end(&mut self, tag: &str, spot: Spot<'_>) -> Flow {
        let name = tag_name(tag);
        let local = local(name);
        match self.state {
            State::Outside => {
                self.end_outside(tag, spot);
                GO_ON
            }
            State::Skipping { below, silent } => self.end_skipped(below, silent, tag, spot),
            State::Broken => {
                if Element::Record.is_called(local) {
                    self.state = State::Inside(Element::Feedback);
                } else if is_feedback(local) {
                    self.state = State::Inside(Element::Feedback);
                    return self.close(spot);
                }
                GO_ON
            }
            State::Inside(element) if element.is_called(local) => {
                self.note_other_spelling(element, name, spot);
                self.close(spot)
            }
            State::Inside(element) => {
                if let Some(outer) = element.line_up().skip(1).find(|outer| outer.is_called(local)) {
                    return self.end_outer(outer, tag, spot);
                }
                if element.kind() == Kind::Value {
                    self.markup(&format!("</{tag}>"), spot);
                } else if self.is_wrapper(local) {
                    self.flush_stray_text(spot);
                } else {
                    self.end_of_nothing(element, tag, spot);
                }
                GO_ON
            }
        }
    }

    /// Takes what begins like a tag and is none.
    pub(in crate::xml) fn junk(&mut self, raw: &str, spot: Spot<'_>) {
        match self.state {
            State::Outside => self.text(raw, spot),
            State::Broken => {}
            State::Inside(element) if element.kind() == Kind::Value => self.markup(raw, spot),
            State::Inside(element) | State::Skipping { below: element, .. } => {
                let what = "a tag that is not closed";
                self.document.malformed(what, element, raw.trim_end(), spot.line());
                if element.is_in_record() {
                    self.lose_record();
                }
            }
        }
    }

    /// Takes the last bytes of the data where they begin like a tag that never ends.
    pub(in crate::xml) fn tail(&mut self, raw: &str, spot: Spot<'_>) {
        if self.state == State::Outside {
            self.text(raw, spot);
        }
    }

    /// Takes a start tag in an element that holds elements.
    fn start_inside(&mut self, parent: Element, tag: &str, is_empty: bool, spot: Spot<'_>) -> Flow {
        let name = tag_name(tag);
        let local = local(name);
        if let Some((child, spelling)) = parent.find(local) {
            self.note_spelling(child, spelling, name, spot);
            return self.open_called(tag, child, is_empty, spot);
        }
        if name.is_empty() {
            self.junk(&format!("<{tag}>"), spot);
            return GO_ON;
        }
        if local.eq_ignore_ascii_case(Element::Reason.name()) && misplaced::may_hold_a_reason(parent) {
            return self.open_misplaced_reason(parent, tag, is_empty, spot);
        }
        if let Some((outer, child)) = belongs_further_out(parent, local) {
            return self.start_outer(outer, child, tag, is_empty, spot);
        }
        self.flush_stray_text(spot);
        self.note_unknown(parent, local, spot);
        if self.is_wrapper(local) {
            return GO_ON;
        }
        self.skip(name, false, is_empty, spot)
    }

    /// Notes an element that nobody knows.
    pub(super) fn note_unknown(&mut self, parent: Element, name: &str, spot: Spot<'_>) {
        let name = local(name);
        let path = format!("{}/{}", parent.path(), &name[..name.floor_char_boundary(NAME_BYTES)]);
        let path = path.trim_start_matches('/');
        self.document.notes.add(NoteCode::UnknownElement, path, None, Some(spot.line()));
    }

    fn note_spelling(&mut self, element: Element, spelling: Spelling, name: &str, spot: Spot<'_>) {
        let code = match spelling {
            Spelling::Plain => return,
            Spelling::Case => NoteCode::ElementCase,
            Spelling::Misspelt => NoteCode::MisspeltElement,
        };
        self.document.note(code, element, Some(name), spot.line());
    }

    /// Notes an end tag that is spelt otherwise than its start tag was.
    fn note_other_spelling(&mut self, element: Element, name: &str, spot: Spot<'_>) {
        if (name != element.name()) != self.document.respelt.has(element) {
            let raw = format!("</{name}>");
            self.document.note(NoteCode::MalformedXml, element, Some(&raw), spot.line());
        }
    }

    /// Takes a start tag in a value: the value's end tag is missing where it belongs further out, else it is
    /// text that should have been escaped.
    fn start_in_value(&mut self, value: Element, tag: &str, is_empty: bool, spot: Spot<'_>) -> Flow {
        if let Some((outer, child)) = belongs_further_out(value, local(tag_name(tag))) {
            return self.start_outer(outer, child, tag, is_empty, spot);
        }
        let end = if is_empty { "/>" } else { ">" };
        self.markup(&format!("<{tag}{end}"), spot);
        GO_ON
    }

    /// Takes markup as part of a value.
    fn markup(&mut self, raw: &str, spot: Spot<'_>) {
        self.text(raw, spot);
        self.text.has_markup = true;
    }

    /// Takes the start tag of a `child` of an element `outer` to the innermost one.
    fn start_outer(
        &mut self,
        outer: Element,
        child: Element,
        tag: &str,
        is_empty: bool,
        spot: Spot<'_>,
    ) -> Flow {
        let State::Inside(inner) = self.state else { return GO_ON };
        let what = "a start tag in an element that is not closed";
        self.document.malformed(what, inner, &format!("<{tag}>"), spot.line());
        let runs_together = self.document.seen.has(child) && !child.may_repeat();
        if inner.is_in_record() && (outer == Element::Feedback || runs_together) {
            self.lose_record();
            if outer != Element::Feedback {
                return GO_ON;
            }
            self.state = State::Inside(outer);
        } else {
            self.close_up_to(outer, spot)?;
        }
        self.open_called(tag, child, is_empty, spot)
    }

    /// Opens a child of the innermost element that some start tag stands for.
    pub(super) fn open_called(&mut self, tag: &str, child: Element, is_empty: bool, spot: Spot<'_>) -> Flow {
        if child == Element::Reason && is_empty {
            self.open_called(tag, child, false, spot)?;
            return self.close(spot);
        }
        self.open(child, is_empty, spot)?;
        if child == Element::Reason {
            self.reason_in_attributes(tag, spot);
        }
        if self.state == State::Inside(child) {
            self.namespaces.declare(child, tag);
            if tag_name(tag) != child.name() {
                self.document.respelt.insert(child);
            }
        }
        GO_ON
    }

    /// Takes the end tag of an element `outer` to the innermost one.
    fn end_outer(&mut self, outer: Element, tag: &str, spot: Spot<'_>) -> Flow {
        let State::Inside(inner) = self.state else { return GO_ON };
        let what = "an end tag where another element is still open";
        self.document.malformed(what, inner, &format!("</{tag}>"), spot.line());
        if inner.is_in_record() && outer == Element::Feedback {
            self.lose_record();
            self.state = State::Inside(outer);
        } else {
            self.close_up_to(outer, spot)?;
        }
        self.close(spot)
    }

    /// Closes the elements within `outer`, none of which is a record.
    fn close_up_to(&mut self, outer: Element, spot: Spot<'_>) -> Flow {
        while let State::Inside(element) = self.state
            && element != outer
        {
            if element.kind() == Kind::Value {
                self.end_value(element, false, spot);
            } else {
                self.flush_stray_text(spot);
            }
            self.leave(element, spot)?;
        }
        GO_ON
    }

    /// Takes an end tag that closes nothing.
    fn end_of_nothing(&mut self, inner: Element, tag: &str, spot: Spot<'_>) {
        self.flush_stray_text(spot);
        let what = "an end tag that closes nothing";
        self.document.malformed(what, inner, &format!("</{tag}>"), spot.line());
        let local = local(tag_name(tag));
        let meant = |element: &&Element| element.is_in_record() && element.name().eq_ignore_ascii_case(local);
        let mut meant = Element::ALL.iter().filter(meant).peekable();
        let never_began = meant.peek().is_some() && !meant.any(|element| self.document.seen.has(*element));
        if inner.is_in_record() && never_began {
            self.lose_record();
        }
    }

    /// Gives up the record in hand.
    fn lose_record(&mut self) {
        self.document.lose_record();
        self.text.clear();
        self.skipped.clear();
        self.state = State::Broken;
    }

    /// Takes a start tag within an unknown element. Where a part of the report begins, the element has
    /// wrapped or swallowed what belongs to the report, and is left.
    fn start_skipped(&mut self, below: Element, tag: &str, is_empty: bool, spot: Spot<'_>) -> Flow {
        let name = tag_name(tag);
        if let Some(section) = section(local(name)) {
            self.skipped.clear();
            self.state = State::Inside(below);
            return match below {
                Element::Feedback => self.open_called(tag, section, is_empty, spot),
                _ => self.start_outer(Element::Feedback, section, tag, is_empty, spot),
            };
        }
        if is_empty { GO_ON } else { self.skip_deeper(below, name, spot) }
    }

    /// Takes an end tag within an unknown element.
    fn end_skipped(&mut self, below: Element, silent: bool, tag: &str, spot: Spot<'_>) -> Flow {
        let name = tag_name(tag);
        let name_hash = hash(name);
        let what = "an end tag that does not match";
        if let Some(at) = self.skipped.iter().rposition(|&open| open == name_hash) {
            if at + 1 < self.skipped.len() && !silent {
                self.document.malformed(what, below, &format!("</{tag}>"), spot.line());
            }
            self.skipped.truncate(at);
            if at == 0 {
                self.state = State::Inside(below);
            }
            return GO_ON;
        }
        if below.line_up().any(|outer| outer.is_called(local(name))) {
            self.document.malformed(what, below, &format!("</{tag}>"), spot.line());
            self.skipped.clear();
            self.state = State::Inside(below);
            return self.end(tag, spot);
        }
        if !silent {
            self.document.malformed(what, below, &format!("</{tag}>"), spot.line());
        }
        GO_ON
    }
}

/// The part of a report that a name begins.
fn section(local: &str) -> Option<Element> {
    let (element, spelling) = Element::Feedback.find(local)?;
    (element.is_section() && spelling != Spelling::Misspelt).then_some(element)
}

/// The element around `inner` that a name belongs in, and the name's element there.
fn belongs_further_out(inner: Element, local: &str) -> Option<(Element, Element)> {
    inner.line_up().skip(1).find_map(|outer| {
        let (child, spelling) = outer.find(local)?;
        (spelling != Spelling::Misspelt).then_some((outer, child))
    })
}
