//! What strict alignment costs, by what reports saw.

use super::finding::{Check, Finding};
use super::{RelaxedOnly, below};
use crate::dns::discover::Discovery;
use crate::model::words::AlignmentMode;

/// Judges the alignment modes of the record that applies (RFC 9989 section 4.4).
pub(super) fn judge(discovery: &Discovery, seen: RelaxedOnly, findings: &mut Vec<Finding>) {
    let Some(applied) = &discovery.policy else { return };
    let record = &applied.published.record;
    let place = below(&applied.published.domain, "_dmarc");
    let modes = [
        ("adkim", &record.adkim, seen.dkim, "DKIM", "sign as the domain in the From header itself"),
        ("aspf", &record.aspf, seen.spf, "SPF", "send with the domain in the From header itself"),
    ];
    for (tag, mode, messages, what, other) in modes {
        if *mode != Some(AlignmentMode::Strict) || messages == 0 {
            continue;
        }
        let message = format!(
            "`{tag}=s`: {messages} messages in the reports pass {what} for another name of the domain alone"
        );
        findings.push(
            Finding::info(Check::DmarcAlignmentStrict, &place, message)
                .advise(format!("delete `{tag}=s`, or {other}")),
        );
    }
}
