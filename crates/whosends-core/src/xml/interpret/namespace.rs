//! Whose element it is: which namespaces are the report's (Namespaces in XML 1.0, RFC 9990 sections 3.1.1.7 and 5).
//!
//! An element is the report's own where its name is in no namespace, in one of DMARC's, or in that of the root. All
//! others are extensions, and skipped with what is in them wherever they stand. A prefix that nobody declared is in
//! no namespace of the report's unless the root bears it.

use quick_xml::events::BytesStart;

use super::{Flow, Interpreter, State};
use crate::model::note::NoteCode;
use crate::xml::Sink;
use crate::xml::element::{Element, Kind, prefix, tag_name};
use crate::xml::window::Spot;

/// The namespaces of RFC 9990 section 6.1 and RFC 7489 appendix C.
const OF_DMARC: [&str; 2] = ["urn:ietf:params:xml:ns:dmarc-2.0", "http://dmarc.org/dmarc-xml/0.1"];

/// The declarations that are kept: no report needs more than one or two, and each tag with a prefix looks through them.
const MOST: usize = 32;

/// What a prefix stands for within an element.
#[derive(Debug)]
struct Declared {
    element: Element,
    prefix: String,
    is_own: bool,
}

/// The namespaces that are declared.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    declared: Vec<Declared>,
    /// The root's own prefix and namespace.
    root_prefix: String,
    root: Option<String>,
    /// Whether names without a prefix may be of another namespace.
    has_foreign_default: bool,
    /// Whether anything was asked that rests on what stands before.
    was_asked: bool,
}

impl Namespaces {
    /// Begins a document at its root's start tag.
    pub(super) fn begin(&mut self, tag: &str, namespace: Option<&str>) {
        *self = Self {
            root_prefix: prefix(tag_name(tag)).to_owned(),
            root: namespace.map(str::to_owned),
            was_asked: self.was_asked,
            ..Self::default()
        };
        self.declare(Element::Feedback, tag);
    }

    /// Takes in what the start tag of an element of the report declares.
    pub(super) fn declare(&mut self, element: Element, tag: &str) {
        // Of an element in the same place before.
        self.declared.retain(|declared| declared.element != element);
        for (prefix, namespace) in declarations(tag) {
            if self.declared.len() < MOST {
                let is_own = self.is_own(&namespace);
                self.declared.push(Declared { element, prefix, is_own });
            }
        }
        self.has_foreign_default =
            self.declared.iter().any(|declared| declared.prefix.is_empty() && !declared.is_own);
    }

    /// Whether nothing was declared that changes what names without a prefix stand for.
    pub(super) fn is_plain(&self) -> bool {
        !self.has_foreign_default && self.root_prefix.is_empty()
    }

    /// Whether names without a prefix may be of another namespace.
    pub(super) const fn has_foreign_default(&self) -> bool {
        self.has_foreign_default
    }

    /// Whether anything was asked that rests on what stands before.
    pub(super) const fn was_asked(&self) -> bool {
        self.was_asked
    }

    fn is_own(&self, namespace: &str) -> bool {
        let namespace = namespace.trim_end_matches('/');
        namespace.is_empty()
            || OF_DMARC.iter().any(|known| known.eq_ignore_ascii_case(namespace))
            || self.root.as_deref().is_some_and(|root| root.trim_end_matches('/') == namespace)
    }

    /// Whether the element that a tag begins within another is of a namespace that is not the report's.
    fn is_foreign(&mut self, tag: &str, within: Element) -> bool {
        let prefix = prefix(tag_name(tag));
        if prefix.is_empty() && !self.has_foreign_default && !tag.contains("xmlns") {
            return false;
        }
        self.was_asked = true;
        if let Some((_, namespace)) = declarations(tag).into_iter().rfind(|(own, _)| own == prefix) {
            return !self.is_own(&namespace);
        }
        let declared = self.declared.iter().rev().find(|declared| {
            declared.prefix == prefix && within.line_up().any(|outer| outer == declared.element)
        });
        match declared {
            Some(declared) => !declared.is_own,
            None => !prefix.is_empty() && prefix != self.root_prefix,
        }
    }
}

impl<S: Sink + ?Sized> Interpreter<'_, S> {
    /// Whether a start tag within a document is of a namespace that is not the report's.
    pub(super) fn is_foreign(&mut self, tag: &str) -> bool {
        let within = match self.state {
            State::Inside(element) | State::Skipping { below: element, .. } => element,
            State::Broken => Element::Record,
            State::Outside => return false,
        };
        self.namespaces.is_foreign(tag, within)
    }

    /// Skips an element of another namespace, and what is in it.
    pub(super) fn skip_foreign(&mut self, tag: &str, is_empty: bool, spot: Spot<'_>) -> Flow {
        let name = tag_name(tag);
        match self.state {
            State::Inside(element) if element.kind() == Kind::Value => {
                self.document.note(NoteCode::MarkupInValue, element, Some(&format!("<{tag}>")), spot.line());
                self.skip(name, true, is_empty, spot)
            }
            State::Inside(element) => {
                self.flush_stray_text(spot);
                // An extension has a right to be in a record (RFC 9990 section 3.1.1.7).
                if element != Element::Record {
                    self.note_unknown(element, name, spot);
                }
                self.skip(name, true, is_empty, spot)
            }
            State::Skipping { below, .. } if !is_empty => self.skip_deeper(below, name, spot),
            _ => Flow::Continue(()),
        }
    }
}

/// The prefixes that a start tag declares and the namespaces they stand for; an empty one is the default's.
fn declarations(tag: &str) -> Vec<(String, String)> {
    if !tag.contains("xmlns") {
        return Vec::new();
    }
    let start = BytesStart::from_content(tag, tag_name(tag).len());
    let mut attributes = start.attributes();
    let found = attributes.with_checks(false).flatten().filter_map(|attribute| {
        let name = attribute.key.as_ref().strip_prefix("xmlns")?;
        let prefix = match name.strip_prefix(':') {
            Some(prefix) => prefix,
            None if name.is_empty() => "",
            None => return None,
        };
        Some((prefix.to_owned(), attribute.value.trim().to_owned()))
    });
    found.take(MOST).collect()
}
