//! One record while it is read.

use std::net::IpAddr;

use crate::model::note::{NoteCode, Notes};
use crate::model::record::{Combination, DkimAuth, Reason, Record, SpfAuth};

use super::element::Element;
use super::fields::{Needed, Value, fill};
use super::value;
use super::window::{Mark, Spot};

/// One record while it is read.
#[derive(Debug)]
pub(super) struct RecordBuilder {
    /// Where it began.
    pub(super) from: Mark,
    source: Needed<IpAddr>,
    count: Needed<u64>,
    said: Combination,
    reason: Reason,
    dkim: DkimAuth,
    spf: SpfAuth,
}

const NO_REASON: Reason = Reason { kind: None, comment: None };
const NO_DKIM: DkimAuth = DkimAuth { domain: None, selector: None, result: None, human_result: None };
const NO_SPF: SpfAuth = SpfAuth { domain: None, scope: None, result: None, human_result: None };

impl RecordBuilder {
    /// A record that begins at a place.
    pub(super) fn new(from: Mark) -> Self {
        Self {
            from,
            source: Needed::Missing,
            count: Needed::Missing,
            said: Combination::default(),
            reason: NO_REASON,
            dkim: NO_DKIM,
            spf: NO_SPF,
        }
    }

    /// Takes a value in.
    pub(super) fn set(&mut self, value: &mut Value<'_>) {
        let said = &mut self.said;
        match value.element {
            Element::SourceIp => {
                let address = value.take(value::address(value.text));
                self.source.fill(address);
            }
            Element::Count => {
                let count = value.take(value::count(value.text));
                self.count.fill(count);
            }
            Element::Disposition => fill(&mut said.disposition, value.word()),
            Element::EvaluatedDkim => fill(&mut said.dkim, value.word()),
            Element::EvaluatedSpf => fill(&mut said.spf, value.word()),
            Element::ReasonType => fill(&mut self.reason.kind, value.word()),
            Element::ReasonComment => fill(&mut self.reason.comment, value.owned()),
            Element::HeaderFrom => fill(&mut said.header_from, value.name()),
            Element::EnvelopeFrom => fill(&mut said.envelope_from, value.name()),
            Element::EnvelopeTo => fill(&mut said.envelope_to, value.name()),
            Element::DkimDomain => fill(&mut self.dkim.domain, value.name()),
            Element::DkimSelector => fill(&mut self.dkim.selector, value.owned()),
            Element::DkimResult => fill(&mut self.dkim.result, value.word()),
            Element::DkimHumanResult => fill(&mut self.dkim.human_result, value.owned()),
            Element::SpfDomain => fill(&mut self.spf.domain, value.name()),
            Element::SpfScope => fill(&mut self.spf.scope, value.word()),
            Element::SpfResult => fill(&mut self.spf.result, value.word()),
            Element::SpfHumanResult => fill(&mut self.spf.human_result, value.owned()),
            _ => {}
        }
    }

    /// Takes note that an address or count can't be trusted to be whole.
    pub(super) fn spoil(&mut self, value: &mut Value<'_>) {
        match value.element {
            Element::SourceIp => {
                value.note(NoteCode::UnusableAddress);
                self.source.spoil();
            }
            Element::Count => {
                value.note(NoteCode::UnusableCount);
                self.count.spoil();
            }
            _ => {}
        }
    }

    /// Whether a part of the record has said something, so that a second such part is one too many.
    pub(super) fn has(&self, part: Element) -> bool {
        match part {
            Element::Row => {
                !matches!((self.source, self.count), (Needed::Missing, Needed::Missing))
                    || self.has(Element::Evaluated)
            }
            Element::Evaluated => {
                let said = &self.said;
                let verdict = said.disposition.is_some() || said.dkim.is_some() || said.spf.is_some();
                verdict || !said.reasons.is_empty()
            }
            _ => false,
        }
    }

    /// Ends a part that may stand several times; one that says nothing is dropped.
    pub(super) fn end_part(&mut self, part: Element, notes: &mut Notes, spot: Spot<'_>) {
        let missing_result = match part {
            Element::Reason => {
                let reason = std::mem::replace(&mut self.reason, NO_REASON);
                if reason != NO_REASON {
                    self.said.reasons.push(reason);
                }
                return;
            }
            Element::Dkim => {
                let dkim = std::mem::replace(&mut self.dkim, NO_DKIM);
                if dkim == NO_DKIM {
                    return;
                }
                let missing = dkim.result.is_none().then_some(Element::DkimResult);
                self.said.auth_dkim.push(dkim);
                missing
            }
            Element::Spf => {
                let spf = std::mem::replace(&mut self.spf, NO_SPF);
                if spf == NO_SPF {
                    return;
                }
                let missing = spf.result.is_none().then_some(Element::SpfResult);
                self.said.auth_spf.push(spf);
                missing
            }
            _ => return,
        };
        if let Some(element) = missing_result {
            notes.add(NoteCode::MissingElement, element.path(), None, Some(spot.line()));
        }
    }

    /// The record, or `None` where it lacks what it takes to add it up; either way with notes on what is
    /// missing. What is left behind is not to be used again.
    pub(super) fn finish(&mut self, notes: &mut Notes, spot: Spot<'_>) -> Option<Record> {
        let mut missing = |code, element: Element| {
            notes.add(code, element.path(), None, Some(spot.line_of(self.from)));
        };
        if let (Some(source), Some(count)) = (self.source.found(), self.count.found()) {
            let said = &self.said;
            for (is_missing, element) in [
                (said.disposition.is_none(), Element::Disposition),
                (said.dkim.is_none(), Element::EvaluatedDkim),
                (said.spf.is_none(), Element::EvaluatedSpf),
                (said.header_from.is_none(), Element::HeaderFrom),
            ] {
                if is_missing {
                    missing(NoteCode::MissingElement, element);
                }
            }
            return Some(Record { source, count, combination: std::mem::take(&mut self.said) });
        }
        if matches!(self.source, Needed::Missing) {
            missing(NoteCode::UnusableAddress, Element::SourceIp);
        }
        if matches!(self.count, Needed::Missing) {
            missing(NoteCode::UnusableCount, Element::Count);
        }
        None
    }
}
