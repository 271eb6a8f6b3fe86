//! Everything of a report but its records while it is read.

use crate::error::{Error, ErrorKind, Result};
use crate::model::name::Name;
use crate::model::note::{Note, NoteCode, Notes};
use crate::model::report::{Header, Metadata, PolicyPublished};
use crate::model::words::{AlignmentMode, DiscoveryMethod, Policy, Testing};

use super::element::Element;
use super::fields::{Needed, Value, fill};
use super::time::time;
use super::value;

/// Everything of a report but its records while it is read.
#[derive(Debug, Default)]
pub(super) struct HeaderBuilder {
    version: Option<String>,
    /// The root's namespace, as stated.
    pub(super) namespace: Option<String>,
    metadata: Metadata,
    begin: Needed<i64>,
    end: Needed<i64>,
    policy: PolicyBuilder,
}

#[derive(Debug, Default)]
struct PolicyBuilder {
    domain: Option<Name>,
    p: Option<Policy>,
    sp: Option<Policy>,
    np: Option<Policy>,
    adkim: Option<AlignmentMode>,
    aspf: Option<AlignmentMode>,
    pct: Option<u32>,
    fo: Option<String>,
    testing: Option<Testing>,
    discovery_method: Option<DiscoveryMethod>,
}

impl HeaderBuilder {
    /// Takes a value in.
    pub(super) fn set(&mut self, value: &mut Value<'_>) {
        let (metadata, policy) = (&mut self.metadata, &mut self.policy);
        match value.element {
            Element::Version => fill(&mut self.version, value.owned()),
            Element::OrgName => fill(&mut metadata.org_name, value.owned()),
            Element::Email => fill(&mut metadata.email, value.owned()),
            Element::ExtraContactInfo => fill(&mut metadata.extra_contact_info, value.owned()),
            Element::ReportId => fill(&mut metadata.report_id, value.owned()),
            Element::Begin => {
                let begin = value.take(time(value.text, false));
                self.begin.fill(begin);
            }
            Element::End => {
                let end = value.take(time(value.text, true));
                self.end.fill(end);
            }
            Element::ReportError => metadata.errors.extend(value.owned()),
            Element::Generator => fill(&mut metadata.generator, value.owned()),
            Element::Domain => fill(&mut policy.domain, value.name()),
            Element::P => fill(&mut policy.p, value.word()),
            Element::Sp => fill(&mut policy.sp, value.word()),
            Element::Np => fill(&mut policy.np, value.word()),
            Element::Adkim => fill(&mut policy.adkim, value.word()),
            Element::Aspf => fill(&mut policy.aspf, value.word()),
            Element::Pct => {
                let pct = value.take(value::percentage(value.text));
                fill(&mut policy.pct, pct);
            }
            Element::Fo => fill(&mut policy.fo, value.owned()),
            Element::Testing => fill(&mut policy.testing, value.word()),
            Element::DiscoveryMethod => fill(&mut policy.discovery_method, value.word()),
            _ => {}
        }
    }

    /// Whether `policy_published` has said something, so that a second one is one too many.
    pub(super) const fn has_policy(&self) -> bool {
        self.policy.domain.is_some() || self.policy.p.is_some()
    }

    /// Whether the period can be read at least in part.
    pub(super) const fn has_period(&self) -> bool {
        matches!(self.begin, Needed::Found(_)) || matches!(self.end, Needed::Found(_))
    }

    /// The header, with notes on what is missing.
    ///
    /// # Errors
    /// [`ErrorKind::NoPolicyDomain`]
    pub(super) fn finish(self, notes: &mut Notes) -> Result<Header> {
        let Self { version, namespace, mut metadata, begin, end, policy } = self;
        let PolicyBuilder { domain, p, sp, np, adkim, aspf, pct, fo, testing, discovery_method } = policy;
        let domain = usable(domain, notes)?;
        for (is_missing, element) in [
            (metadata.org_name.is_none(), Element::OrgName),
            (metadata.report_id.is_none(), Element::ReportId),
            (p.is_none(), Element::P),
        ] {
            if is_missing {
                notes.add(NoteCode::MissingElement, element.path(), None, None);
            }
        }
        for (time, element) in [(begin, Element::Begin), (end, Element::End)] {
            if matches!(time, Needed::Missing) {
                notes.add(NoteCode::UnusableTime, element.path(), None, None);
            }
        }
        (metadata.begin, metadata.end) = (begin.found(), end.found());
        if let (Some(begin), Some(end)) = (metadata.begin, metadata.end)
            && end < begin
        {
            let raw = format!("{begin} {end}");
            notes.add(NoteCode::PeriodReversed, Element::DateRange.path(), Some(&raw), None);
        }
        let policy = PolicyPublished { domain, p, sp, np, adkim, aspf, pct, fo, testing, discovery_method };
        Ok(Header { version, namespace, metadata, policy })
    }
}

/// The policy domain, which has to be one: everything is filed under it.
fn usable(domain: Option<Name>, notes: &mut Notes) -> Result<Name> {
    let refused = |reason: String| Err(Error::new(ErrorKind::NoPolicyDomain, reason));
    let Some(domain) = domain else { return refused("no policy domain".to_owned()) };
    if domain.is_domain() {
        return Ok(domain);
    }
    let stated = domain.as_str();
    // A wildcard stands for what is below the domain that has the record.
    if let Some(below) = stated.strip_prefix("*.").and_then(Name::from_stated)
        && below.is_domain()
    {
        notes.add(NoteCode::OddName, Element::Domain.path(), Some(stated), None);
        return Ok(below);
    }
    // Some are in DNS that hosts may not be called by; there is a note on it already.
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    if stated.len() <= 253
        && stated.contains(|c: char| c.is_ascii_alphabetic())
        && stated.contains('.')
        && stated.split('.').all(is_label)
    {
        return Ok(domain);
    }
    let stated = &stated[..stated.floor_char_boundary(Note::RAW_BYTES)];
    refused(format!("the policy domain `{stated}` is no domain"))
}
