//! What to do where receivers old and new see different policies or organizational domains.

use super::Context;
use super::finding::{Check, Finding};
use crate::dns::DnsName;
use crate::dns::discover::{Applied, Difference, Discovery, Node};
use crate::dns::record::dmarc::Subject;

/// Judges the difference between the tree walk and the public suffix list.
pub(super) fn judge(discovery: &Discovery, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let Some(difference) = discovery.difference() else { return };
    // For names that do not exist `np` says what only new receivers know: that is what it is for.
    let at = |applied: &Option<Applied>| applied.as_ref().map(|one| one.published.domain.clone());
    let subject = discovery.policy.as_ref().map(|applied| applied.subject);
    if subject == Some(Subject::NonExistent) && at(&discovery.policy) == at(&discovery.listed_policy) {
        return;
    }
    // Where DNS did not answer for a name above, the walk may have missed a record.
    if discovery.walk.failure().is_some() {
        return;
    }
    let message = match difference {
        Difference::Policy => "receivers that still go by the public suffix list see another policy",
        Difference::Alignment => {
            "receivers that still go by the public suffix list see another organizational domain"
        }
    };
    let lines = [
        format!("tree walk: {}; organizational domain {}", told(&discovery.policy), discovery.organizational),
        format!(
            "suffix list: {}; organizational domain {}",
            told(&discovery.listed_policy),
            discovery.listed_organizational
        ),
    ];
    let finding = Finding::warning(Check::DmarcDiscoveryDiffers, context.domain, message).evidence(lines);
    findings.push(finding.advise(advice(discovery, context.domain)));
}

fn told(applied: &Option<Applied>) -> String {
    match applied {
        Some(applied) => {
            let policy = applied.policy().map_or_else(|| "none".to_owned(), |policy| policy.to_string());
            format!("{policy}, from {}", applied.published.domain)
        }
        None => "no policy".to_owned(),
    }
}

/// Where to publish what, so that both kinds of receivers come to the same.
fn advice(discovery: &Discovery, domain: &DnsName) -> String {
    let (walked, listed) = (&discovery.organizational, &discovery.listed_organizational);
    let node =
        |name: &DnsName| discovery.walk.nodes.iter().find(|(other, _)| other == name).map(|(_, node)| node);
    let place = format!("_dmarc.{listed}");
    match node(listed) {
        Some(Node::Several(count)) => format!("keep one of the {count} records at {place}"),
        // The walk goes on above a record that does not say `psd=n` (RFC 9989 section 4.10.2).
        Some(Node::Record(_)) if walked != listed => {
            format!(
                "add `psd=n` to the record at {place}: then both take {listed} for the organizational domain"
            )
        }
        Some(Node::Record(_)) => {
            format!("publish a record at _dmarc.{domain}: all receivers read that first")
        }
        _ if walked.label_count() < listed.label_count() => {
            format!("publish a record with `psd=n` at {place}: both kinds of receivers stop there")
        }
        _ => format!("publish a record at {place}: both kinds of receivers look there"),
    }
}
