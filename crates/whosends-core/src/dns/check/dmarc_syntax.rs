//! What is wrong with the words of a DMARC record, and whether its policy still counts.

use super::finding::{Check, Finding, Severity};
use crate::dns::DnsName;
use crate::dns::discover::Published;
use crate::dns::propose::dmarc::{Draft, known};
use crate::dns::record::dmarc::{DmarcRecord, Standing};
use crate::dns::record::{Problem, ProblemKind};
use crate::model::words::Policy;

/// The tags that hold a policy.
const POLICIES: [&str; 3] = ["p", "sp", "np"];

/// What is wrong with a record, most of it in one finding for each check and severity.
pub(super) fn problems(published: &Published, place: &DnsName) -> Vec<Finding> {
    let record = &published.record;
    let lost = is_policy_lost(published);
    let mut told: Vec<(Check, Severity, Vec<&Problem>)> = Vec::new();
    for problem in &record.problems {
        let (check, severity) = check_of(problem, lost);
        match told.iter_mut().find(|(other, level, _)| *other == check && *level == severity) {
            Some((_, _, problems)) => problems.push(problem),
            None => told.push((check, severity, vec![problem])),
        }
    }
    let mut findings: Vec<_> = told
        .into_iter()
        .map(|(check, severity, problems)| {
            let message = format!("{}; {}", message_of(check), effect(record));
            let lines = problems.iter().map(|problem| problem.to_string());
            Finding::new(check, severity, place, message).evidence(lines).advise(advice_of(check, &problems))
        })
        .collect();
    findings.extend(misspelt(record, place));
    findings
}

/// Tags that nobody knows, and that are nearly one that receivers know: they pass over them (RFC 9989 section 4.7).
fn misspelt(record: &DmarcRecord, place: &DnsName) -> Option<Finding> {
    let lines: Vec<_> = record
        .unknown
        .iter()
        .filter_map(|(name, value)| Some(format!("`{name}={value}`: meant is probably `{}`", known(name)?)))
        .collect();
    let finding = || {
        let message = format!("a tag that nobody knows, with nearly the name of one; {}", effect(record));
        Finding::warning(Check::DmarcMisspeltTag, place, message)
            .evidence(lines.clone())
            .advise("correct its name")
    };
    (!lines.is_empty()).then(finding)
}

/// Whether the record was meant to have another policy than the one that counts.
fn is_policy_lost(published: &Published) -> bool {
    let Some(draft) = Draft::read(&published.text) else { return false };
    let record = &published.record;
    POLICIES.into_iter().zip([&record.p, &record.sp, &record.np]).any(|(tag, stated)| {
        let stated = stated.as_ref().filter(|policy| policy.is_known()).map(Policy::to_string);
        draft.get(tag).is_some_and(|meant| Some(meant) != stated.as_deref())
    })
}

/// Which check tells of a problem, and how bad it is. What receivers pass over, or replace by a default, is no
/// error (RFC 9989 section 4.8); a tag that stands twice makes the whole list invalid (RFC 6376 section 3.2).
fn check_of(problem: &Problem, policy_is_lost: bool) -> (Check, Severity) {
    let tag = problem.tag.as_str();
    let is_policy = POLICIES.contains(&tag);
    match problem.kind {
        ProblemKind::DuplicateTag => (Check::DmarcDuplicateTag, Severity::Error),
        ProblemKind::UnknownWord if is_policy => (Check::DmarcInvalidPolicy, Severity::Error),
        ProblemKind::UnknownWord | ProblemKind::Contradiction if tag == "fo" => {
            (Check::DmarcFo, Severity::Info)
        }
        ProblemKind::BadNumber => (Check::DmarcRemovedTag, Severity::Info),
        ProblemKind::BadUri => (Check::DmarcInvalidUri, Severity::Error),
        ProblemKind::EmptyItem => (Check::DmarcInvalidUri, Severity::Info),
        ProblemKind::EmptyTag => (Check::DmarcSyntax, Severity::Info),
        ProblemKind::EmptyValue if tag == "p" => (Check::DmarcSyntax, Severity::Error),
        ProblemKind::NoSeparator if is_policy => (Check::DmarcSyntax, Severity::Error),
        _ if policy_is_lost => (Check::DmarcSyntax, Severity::Error),
        // Unknown tags are passed over, whatever stands in them.
        ProblemKind::BadTagName | ProblemKind::BadBytes if known(tag).is_none() => {
            (Check::DmarcSyntax, Severity::Info)
        }
        _ => (Check::DmarcSyntax, Severity::Warning),
    }
}

/// What receivers make of the record.
pub(super) fn effect(record: &DmarcRecord) -> String {
    match (record.standing(), &record.p) {
        (Standing::Sound, Some(policy)) => format!("the policy p={policy} still counts"),
        (Standing::AsNone, _) => "receivers act as with p=none".to_owned(),
        _ => "receivers act as if there were no record".to_owned(),
    }
}

const fn message_of(check: Check) -> &'static str {
    match check {
        Check::DmarcDuplicateTag => "a tag stands twice, for which receivers may drop the record",
        Check::DmarcInvalidPolicy => "a policy that nobody knows",
        Check::DmarcInvalidUri => "an address that reports can't be sent to",
        Check::DmarcFo => "`fo` with values that don't go together",
        Check::DmarcRemovedTag => "a removed tag with a value that is no number",
        _ => "a syntax error",
    }
}

fn advice_of(check: Check, problems: &[&Problem]) -> String {
    let advice = match check {
        Check::DmarcDuplicateTag => "keep one",
        Check::DmarcInvalidPolicy => "write none, quarantine or reject",
        Check::DmarcInvalidUri => return advice_about(problems),
        Check::DmarcFo => "write 0, or 1, d and s with colons between",
        Check::DmarcRemovedTag => "delete it",
        _ => "correct the tag, or delete it",
    };
    advice.to_owned()
}

/// What is wrong with each address that can't be used.
fn advice_about(problems: &[&Problem]) -> String {
    let mut faults: Vec<&str> = problems.iter().map(|problem| fault(&problem.text)).collect();
    faults.dedup();
    faults.join("; ")
}

fn fault(text: &str) -> &'static str {
    let lower = text.to_ascii_lowercase();
    let address = lower.split_once(':').map_or(&*lower, |(_, rest)| rest);
    match lower.as_bytes() {
        [] => "delete the comma that has no address behind it",
        _ if lower.contains("\\x") => "write the address in ASCII, a domain with umlauts in its `xn--` form",
        _ if lower.starts_with("mailto://") => "no slashes stand in a `mailto:` address",
        _ if address.starts_with(' ') => "no blank may follow `mailto:`",
        _ if lower.contains(['<', '>']) => "no brackets stand around an address",
        _ if address.matches('@').count() > 1 && address.contains(' ') => "part addresses by commas",
        _ if lower.contains('!') => "a size limit is a number and k, m, g or t; better delete it",
        _ if !lower.contains(':') && lower.contains('@') => "write `mailto:` before the address",
        _ if !address.contains('@') => "write `mailto:`, and an address with an `@` and a domain",
        _ => "write `mailto:` and an address",
    }
}
