//! DMARC records where nobody looks for them, and texts that are none although they were meant as such.

use super::finding::{Check, Finding};
use crate::dns::propose::dmarc::Draft;
use crate::dns::record::dmarc::{Lookalike, is_dmarc, lookalike};
use crate::dns::record::printable;
use crate::dns::{Answer, DnsName, Inquiry, RecordType, Text};

/// A text that was meant as a policy record.
#[derive(Debug)]
pub(super) struct Meant {
    /// Where it stands.
    pub(super) at: DnsName,
    /// As it stands there, made printable.
    pub(super) text: String,
    /// Why it is none, where that is not for its place.
    kind: Option<Lookalike>,
    /// What it was meant to say, where that is beyond doubt.
    pub(super) draft: Option<Draft>,
}

impl Meant {
    fn new(at: &DnsName, text: &[u8], kind: Option<Lookalike>) -> Self {
        Self { at: at.clone(), text: printable(text), kind, draft: Draft::read(text) }
    }
}

/// The texts of a place that were meant as a policy record, and that receivers pass over.
pub(super) fn lookalikes(at: &DnsName, answer: &Answer) -> Vec<Meant> {
    let texts = answer.texts().map(Text::joined);
    texts.filter_map(|text| Some(Meant::new(at, &text, Some(lookalike(&text)?)))).collect()
}

/// The records for the domain that stand where nobody looks for them, and whether there may be more, where DNS did not
/// answer; `None` while answers are missing.
pub(super) fn misplaced(
    inquiry: &Inquiry<'_>,
    domain: &DnsName,
    apex: &Answer,
) -> Option<(Vec<Meant>, bool)> {
    let record = |answer: &Answer| answer.texts().map(Text::joined).find(|text| is_dmarc(text));
    let doubled = domain.within(domain).and_then(|name| name.child("_dmarc"));
    let places = [domain.child("_dmarc._dmarc"), domain.child("_dmarc.www"), domain.child("dmarc"), doubled];
    let places = places.into_iter().filter_map(Result::ok);
    let asked = places.map(|place| (inquiry.records(&place, RecordType::Txt), place));
    let answers: Vec<_> = std::iter::once((Some(apex), domain.clone())).chain(asked).collect();
    let (mut found, mut unsure) = (Vec::new(), false);
    for (answer, place) in answers {
        unsure |= answer?.failure().is_some();
        found.extend(record(answer?).map(|text| Meant::new(&place, &text, None)));
    }
    Some((found, unsure))
}

/// What several texts were meant to say, where it is the same.
pub(super) fn one_meaning(meant: &[Meant]) -> Option<Draft> {
    let (first, others) = meant.split_first()?;
    let same = others.iter().all(|other| other.draft == first.draft);
    first.draft.clone().filter(|_| same)
}

/// A finding for each text that is no record.
pub(super) fn judge_lookalike(meant: &Meant) -> Finding {
    let (check, what) = match meant.kind {
        Some(Lookalike::VersionNotFirst) => (Check::DmarcVersionNotFirst, "`v=DMARC1` does not stand first"),
        Some(Lookalike::LeadingJunk) => (Check::DmarcSyntax, "something stands before the version"),
        Some(Lookalike::BadVersion) => (Check::DmarcSyntax, "the version is not exactly `v=DMARC1`"),
        Some(Lookalike::NoSeparator) => (Check::DmarcSyntax, "no `;` follows the version"),
        Some(Lookalike::NoVersion) | None => {
            (Check::DmarcSyntax, "the record does not begin with `v=DMARC1`")
        }
    };
    let message = format!("{what}: receivers ignore the record");
    Finding::error(check, &meant.at, message).evidence([meant.text.clone()])
}

/// A finding for a record in the wrong place.
pub(super) fn judge_misplaced(meant: &Meant, place: &DnsName) -> Finding {
    let message = format!("a DMARC record at {}, where nobody looks for it", meant.at);
    let finding = Finding::warning(Check::DmarcWrongLocation, &meant.at, message);
    finding.evidence([meant.text.clone()]).advise(format!("move it to {place}"))
}
