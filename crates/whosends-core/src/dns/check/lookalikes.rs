//! Texts that were meant as records of MTA-STS, TLS-RPT and BIMI, and that everybody passes over.

use super::finding::{Check, Finding};
use crate::dns::propose::tagged::{Kind, is_lookalike, mended};
use crate::dns::record::printable;
use crate::dns::{DnsName, Inquiry, RecordType, Text};

/// The kinds with their places and the ids of what is found.
const KINDS: [(Kind, &str, Check); 3] = [
    (Kind::MtaSts, "_mta-sts", Check::MtaStsLookalike),
    (Kind::TlsRpt, "_smtp._tls", Check::TlsRptLookalike),
    (Kind::Bimi, "default._bimi", Check::BimiLookalike),
];

/// Looks for them where no record stands; `None` while answers are missing.
pub(super) fn look(inquiry: &Inquiry<'_>, domain: &DnsName) -> Option<Vec<Finding>> {
    let answers = KINDS.map(|(_, prefix, _)| {
        let place = super::below(domain, prefix);
        inquiry.records(&place, RecordType::Txt).map(|answer| (answer, place))
    });
    let mut findings = Vec::new();
    for ((kind, _, check), found) in KINDS.into_iter().zip(answers) {
        let (answer, place) = found?;
        let texts: Vec<_> = answer.texts().map(Text::joined).collect();
        let has_record = texts.iter().any(|text| text.starts_with(kind.version().as_bytes()));
        let Some(text) = texts.iter().find(|text| !has_record && is_lookalike(kind, text)) else { continue };
        let message = format!("a text that is ignored: it does not begin with `{}`", kind.version());
        let finding = Finding::warning(check, &place, message).evidence([printable(text)]);
        let record = mended(kind, text).filter(|_| answer.aliases.is_empty());
        findings.push(match record {
            Some(record) => finding.publish(&place, "TXT", record),
            None => finding.advise("correct the record, or delete it"),
        });
    }
    Some(findings)
}
