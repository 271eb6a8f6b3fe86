//! Values that stand beside the place where they belong, and elements around others that say nothing.

use quick_xml::events::BytesStart;

use super::{Flow, Interpreter, State};
use crate::model::note::NoteCode;
use crate::model::words::OverrideType;
use crate::xml::Sink;
use crate::xml::element::{Element, tag_name};
use crate::xml::value::{self, Reading};
use crate::xml::window::Spot;

impl<S: Sink + ?Sized> Interpreter<'_, S> {
    /// Opens a reason in another element than the one it belongs in.
    pub(super) fn open_misplaced_reason(
        &mut self,
        around: Element,
        tag: &str,
        is_empty: bool,
        spot: Spot<'_>,
    ) -> Flow {
        self.flush_stray_text(spot);
        self.document.note(NoteCode::MisplacedValue, around, Some(&format!("<{tag}>")), spot.line());
        self.reason_in = Some(around);
        self.open_called(tag, Element::Reason, is_empty, spot)
    }

    /// Takes the text in hand, which stands in a reason itself, for its type where it is one.
    pub(super) fn reason_in_text(&mut self, spot: Spot<'_>) {
        let text = self.text.take();
        let line = spot.line_of(self.from);
        let stated = text.trimmed();
        let is_known = !text.is_cut && matches!(value::word::<OverrideType>(stated), Some(Reading::Plain(_)));
        let code = if is_known { NoteCode::MisplacedValue } else { NoteCode::StrayText };
        self.document.note(code, Element::Reason, Some(stated), line);
        if is_known {
            self.document.set(Element::ReasonType, stated, self.from, spot);
        }
        self.text.reuse(text);
    }

    /// Takes what a reason's start tag says in attributes.
    pub(super) fn reason_in_attributes(&mut self, tag: &str, spot: Spot<'_>) {
        let start = BytesStart::from_content(tag, tag_name(tag).len());
        for attribute in start.attributes().with_checks(false).flatten().take(8) {
            let element = match attribute.key.as_ref() {
                "type" => Element::ReasonType,
                "comment" => Element::ReasonComment,
                _ => continue,
            };
            let stated = attribute.value.trim();
            if !stated.is_empty() && stated.len() as u64 <= self.document.room(element, self.limits) {
                self.document.note(NoteCode::MisplacedValue, element, Some(stated), spot.line());
                self.document.set(element, stated, spot.mark(), spot);
            }
        }
    }

    /// Whether a name is that of an element around the children of another which says nothing itself.
    pub(super) fn is_wrapper(&self, local: &str) -> bool {
        let wrapper = match self.state {
            State::Inside(Element::Feedback) => "records",
            State::Inside(Element::Evaluated) => "reasons",
            _ => return false,
        };
        local.eq_ignore_ascii_case(wrapper)
    }
}

/// Whether a reason may stand by mistake in an element.
pub(super) const fn may_hold_a_reason(element: Element) -> bool {
    matches!(element, Element::Record | Element::Row | Element::Identifiers | Element::AuthResults)
}
