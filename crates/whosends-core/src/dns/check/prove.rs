//! Every proposal is put into a copy of what DNS says, and the domain is checked again: where its finding does not
//! end, where something as bad comes instead, or where a known sender would fail, it is no proposal.

use std::collections::BTreeSet;

use super::finding::{AdvisedRecord, Check, Finding, Severity};
use super::{Posture, Target, judged};
use crate::dns::record::dmarc::is_dmarc;
use crate::dns::spf::{Message, Verdict, evaluate, is_spf};
use crate::dns::{Answer, Answers, DnsName, Inquiry, Outcome, Query, RecordData, RecordType, Text};

/// The longest string of a text.
const LONGEST_STRING: usize = 255;

/// Takes away what is not proven to help; `None` while answers are missing.
pub(super) fn prove(inquiry: &Inquiry<'_>, target: &Target, posture: &mut Posture) -> Option<()> {
    let mut proposals: Vec<Vec<AdvisedRecord>> = Vec::new();
    for finding in posture.findings.iter().filter(|finding| is_proven(finding)) {
        let records = records_of(finding);
        if !records.is_empty() && !proposals.iter().any(|other| other == records) {
            proposals.push(records.to_vec());
        }
    }
    let after: Vec<_> =
        proposals.iter().map(|records| followed(inquiry, target, &posture.findings, records)).collect();
    for (records, after) in proposals.iter().zip(after) {
        let after = after?;
        let carrying = posture.findings.iter_mut().filter(|finding| is_proven(finding));
        for finding in carrying.filter(|finding| records_of(finding) == records.as_slice()) {
            let ended = |after: &Vec<Finding>| !after.iter().any(|one| is_same(one, finding));
            if !after.as_ref().is_some_and(ended) {
                finding.withdraw();
            }
        }
    }
    Some(())
}

/// Whether two findings say the same of the same.
fn is_same(one: &Finding, other: &Finding) -> bool {
    one.check == other.check && one.subject == other.subject
}

/// Whether the proposals of a finding have to be proven: those about records that other records depend on.
fn is_proven(finding: &Finding) -> bool {
    let of_mail_hosts = records_of(finding).iter().any(|record| record.kind == "MX");
    matches!(finding.check.area(), "spf" | "dmarc" | "parked") || of_mail_hosts
}

fn records_of(finding: &Finding) -> &[AdvisedRecord] {
    finding.advice.as_ref().map_or(&[], |advice| &advice.records)
}

/// What is found where the records are published: `Some(None)` where that does harm, and `None` while answers are
/// missing.
#[expect(clippy::option_option, reason = "not answered yet and not to be published are two things")]
fn followed(
    inquiry: &Inquiry<'_>,
    target: &Target,
    before: &[Finding],
    records: &[AdvisedRecord],
) -> Option<Option<Vec<Finding>>> {
    let Some(instead) = published(inquiry, records)? else { return Some(None) };
    let supposed = inquiry.supposing(&instead);
    let after = judged(&supposed, target);
    let lost = loses_a_sender(inquiry, &supposed, target, records);
    inquiry.note(supposed);
    let (after, lost) = (after?.findings, lost?);
    let names_none = before.iter().any(|one| one.check == Check::DmarcNoP && records_of(one) == records);
    let harmless = !lost && !is_worse(before, &after, names_none);
    Some(harmless.then_some(after))
}

/// Whether something came that was not there before: an error, or a warning where no error went. A policy that is absent
/// counts as none: that it is none is told once it stands there.
fn is_worse(before: &[Finding], after: &[Finding], names_none: bool) -> bool {
    let is_new = |one: &Finding| {
        let told = before.iter().any(|other| other.check == one.check && other.temporary == one.temporary);
        let expected = names_none && one.check == Check::DmarcPolicyNone;
        !(told || expected)
    };
    let errors = |findings: &[Finding]| {
        let all = findings.iter().filter(|one| !one.temporary && one.severity == Severity::Error);
        all.map(|one| one.check).collect::<BTreeSet<_>>()
    };
    // A warning may come where an error went.
    let mends_an_error = errors(after).len() < errors(before).len();
    let least = if mends_an_error { Severity::Error } else { Severity::Warning };
    after.iter().any(|one| (one.temporary || one.severity >= least) && is_new(one))
}

/// Whether an address that passes SPF by what DNS says would not any more.
fn loses_a_sender(
    inquiry: &Inquiry<'_>,
    supposed: &Inquiry<'_>,
    target: &Target,
    records: &[AdvisedRecord],
) -> Option<bool> {
    if !records.iter().any(|record| is_spf(record.value.as_bytes())) {
        return Some(false);
    }
    let domain = target.domain.to_string().into_bytes();
    let verdicts: Vec<_> = target
        .passing
        .iter()
        .map(|address| {
            let message = Message::reported(*address, &domain);
            (evaluate(inquiry, &message, &domain), evaluate(supposed, &message, &domain))
        })
        .collect();
    let mut lost = false;
    for (before, after) in verdicts {
        lost |= before?.verdict == Verdict::Pass && after?.verdict != Verdict::Pass;
    }
    Some(lost)
}

/// What DNS would answer; `Some(None)` where a record can't stand there, and `None` while answers are missing.
#[expect(clippy::option_option, reason = "not answered yet and not to be published are two things")]
fn published(inquiry: &Inquiry<'_>, records: &[AdvisedRecord]) -> Option<Option<Answers>> {
    let mut instead = Answers::new();
    for record in records {
        let Ok(owner) = DnsName::from_dotted(&record.owner) else { return Some(None) };
        let (kind, data) = match record.kind {
            "TXT" => (RecordType::Txt, RecordData::Txt(text(record.value.as_bytes()))),
            "MX" if record.value == "0 ." => {
                (RecordType::Mx, RecordData::Mx { preference: 0, exchange: DnsName::root() })
            }
            _ => return Some(None),
        };
        let mut all = Vec::new();
        if is_spf(record.value.as_bytes()) {
            // Other texts of the name stay.
            let known = inquiry.records(&owner, kind)?;
            let others = known.texts().filter(|text| !is_spf(&text.joined()) && !is_dmarc(&text.joined()));
            all.extend(others.cloned().map(RecordData::Txt));
        }
        all.push(data);
        instead.insert(Query::records(owner, kind), Answer::direct(Outcome::Found(all)));
    }
    Some(Some(instead))
}

fn text(value: &[u8]) -> Text {
    Text(value.chunks(LONGEST_STRING).map(Into::into).collect())
}
