//! What is to be said about a DMARC record itself.

use super::dmarc::is_suffix;
use super::finding::{Check, Finding, Severity};
use crate::dns::DnsName;
use crate::dns::discover::{Applied, Published, listed_organizational};
use crate::dns::record::dmarc::{DmarcRecord, Psd, Standing, rank};
use crate::dns::record::uri::{Destination, ReportUri};
use crate::dns::record::{Problem, ProblemKind, printable};
use crate::model::words::{Policy, Testing};

/// Judges a record at the domain it is for, which is an organizational domain or not.
pub(super) fn judge(published: &Published, organizational: bool, findings: &mut Vec<Finding>) {
    let place = super::below(&published.domain, "_dmarc");
    let record = &published.record;
    problems(published, &place, findings);
    own_policy(published, &place, findings);
    subdomains(record, organizational, &place, findings);
    modes(published, &place, findings);
    addresses(record, &place, findings);
}

/// Judges the policy that a domain inherits.
pub(super) fn judge_policy(applied: &Applied, findings: &mut Vec<Finding>) {
    let subject = &applied.published.domain;
    let record = &applied.published.record;
    if record.standing() == Standing::Sound && applied.policy() == Some(Policy::None) {
        findings.push(
            Finding::warning(Check::DmarcPolicyNone, subject, "the policy that applies does nothing")
                .advise("enforce when the reports show that the own mail passes"),
        );
    }
    if record.t == Some(Testing::Yes) {
        findings.push(Finding::warning(
            Check::DmarcTesting,
            subject,
            "test mode: the policy applies one step weaker",
        ));
    }
}

/// The record with a tag set to a value.
fn with(published: &Published, tag: &str, value: &str) -> String {
    let text = printable(&published.text);
    let mut tags: Vec<String> = Vec::new();
    let mut done = false;
    for piece in text.split(';').map(str::trim).filter(|piece| !piece.is_empty()) {
        let name = piece.split('=').next().unwrap_or_default().trim();
        if name.eq_ignore_ascii_case(tag) {
            if !done && !value.is_empty() {
                tags.push(format!("{tag}={value}"));
            }
            done = true;
        } else {
            tags.push(piece.to_owned());
        }
    }
    if !done && !value.is_empty() {
        let at = if tag == "p" { 1 } else { tags.len() };
        tags.insert(at.min(tags.len()), format!("{tag}={value}"));
    }
    tags.join("; ")
}

/// Which check tells of a problem, and how bad it is.
const fn check_of(problem: ProblemKind, tag: &[u8]) -> (Check, Severity) {
    match (problem, tag) {
        (ProblemKind::DuplicateTag, _) => (Check::DmarcDuplicateTag, Severity::Error),
        (ProblemKind::UnknownWord, b"p" | b"sp" | b"np") => (Check::DmarcInvalidPolicy, Severity::Error),
        (ProblemKind::UnknownWord | ProblemKind::Contradiction, b"fo") => (Check::DmarcFo, Severity::Info),
        (ProblemKind::BadNumber, _) => (Check::DmarcRemovedTag, Severity::Info),
        (ProblemKind::BadUri, _) => (Check::DmarcInvalidUri, Severity::Error),
        (ProblemKind::EmptyItem, _) => (Check::DmarcInvalidUri, Severity::Info),
        // The default counts in place of an unknown word.
        (ProblemKind::UnknownWord, _) => (Check::DmarcSyntax, Severity::Warning),
        _ => (Check::DmarcSyntax, Severity::Error),
    }
}

fn problems(published: &Published, place: &DnsName, findings: &mut Vec<Finding>) {
    let mut told: Vec<(Check, Severity, Vec<String>)> = Vec::new();
    for problem in &published.record.problems {
        let (check, severity) = check_of(problem.kind, problem.tag.as_bytes());
        match told.iter_mut().find(|(other, level, _)| *other == check && *level == severity) {
            Some((_, _, lines)) => lines.push(problem.to_string()),
            None => told.push((check, severity, vec![problem.to_string()])),
        }
    }
    for (check, severity, lines) in told {
        let (message, advice) = match check {
            Check::DmarcDuplicateTag => ("a tag stands twice".to_owned(), "keep one"),
            Check::DmarcInvalidPolicy => {
                (invalid_policy(&published.record), "write none, quarantine or reject")
            }
            Check::DmarcInvalidUri => {
                ("an address that reports can't be sent to".to_owned(), "write `mailto:` and an address")
            }
            Check::DmarcFo => {
                ("`fo` with values that don't go together".to_owned(), "write 0, or 1, d and s")
            }
            Check::DmarcRemovedTag => {
                ("a removed tag with a value that is no number".to_owned(), "delete it")
            }
            _ => ("a syntax error".to_owned(), "correct the tag"),
        };
        let finding = Finding::new(check, severity, place, message).evidence(lines).advise(advice);
        let missing_scheme = published.record.problems.iter().find_map(with_scheme);
        findings.push(match (check, missing_scheme) {
            (Check::DmarcInvalidUri, Some((tag, value))) => {
                finding.publish(place, "TXT", with(published, tag, &value))
            }
            _ => finding,
        });
    }
}

/// An address that only lacks its scheme, with it.
fn with_scheme(problem: &Problem) -> Option<(&'static str, String)> {
    let tag = if problem.tag == "rua" { "rua" } else { "ruf" };
    let bare =
        problem.kind == ProblemKind::BadUri && problem.text.contains('@') && !problem.text.contains(':');
    bare.then(|| (tag, format!("mailto:{}", problem.text)))
}

fn invalid_policy(record: &DmarcRecord) -> String {
    match record.standing() {
        Standing::AsNone => "a policy that nobody knows: receivers act as with p=none".to_owned(),
        _ => "a policy that nobody knows: receivers act as if there were no record".to_owned(),
    }
}

fn own_policy(published: &Published, place: &DnsName, findings: &mut Vec<Finding>) {
    let record = &published.record;
    match &record.p {
        None if !record.problems.iter().any(|problem| problem.tag == "p") => findings.push(
            Finding::warning(Check::DmarcNoP, place, "no policy is stated, which counts as none")
                .advise("state it: older receivers ask for it")
                .publish(place, "TXT", with(published, "p", "none")),
        ),
        Some(Policy::None) => {
            let message = if record.rua.is_empty() {
                "the policy does nothing, and nobody is told what it would do"
            } else {
                "the policy does nothing"
            };
            findings.push(
                Finding::warning(Check::DmarcPolicyNone, place, message)
                    .advise("enforce when the reports show that the own mail passes")
                    .publish(place, "TXT", with(published, "p", "quarantine")),
            );
        }
        _ => {}
    }
}

fn subdomains(record: &DmarcRecord, organizational: bool, place: &DnsName, findings: &mut Vec<Finding>) {
    if !organizational && !is_suffix(record.psd) {
        if record.sp.is_some() || record.np.is_some() {
            let message = "`sp` and `np` do not count here: the domain is no organizational domain";
            findings.push(Finding::warning(Check::DmarcSpIneffective, place, message).advise("delete them"));
        }
        return;
    }
    let known = |policy: &Option<Policy>| policy.clone().filter(Policy::is_known);
    let Some(p) = known(&record.p) else { return };
    let sp = known(&record.sp);
    if let Some(sp) = &sp
        && rank(sp) < rank(&p)
    {
        let message = format!("subdomains are protected less than the domain: sp={sp}, p={p}");
        findings.push(
            Finding::warning(Check::DmarcSpWeaker, place, message)
                .advise("strangers choose the weakest name: raise sp"),
        );
    }
    let effective = sp.unwrap_or(p);
    if let Some(np) = known(&record.np)
        && rank(&np) < rank(&effective)
    {
        let message = format!("names that do not exist are protected less than those that do: np={np}");
        findings.push(
            Finding::warning(Check::DmarcNpWeaker, place, message)
                .advise("no mail comes from them: set np=reject"),
        );
    }
}

fn modes(published: &Published, place: &DnsName, findings: &mut Vec<Finding>) {
    let record = &published.record;
    if record.t == Some(Testing::Yes) {
        findings.push(
            Finding::warning(Check::DmarcTesting, place, "test mode: the policy applies one step weaker")
                .advise("delete `t=y` when the tests are over")
                .publish(place, "TXT", with(published, "t", "")),
        );
    }
    if !record.removed.is_empty() {
        let partial = record.pct.is_some_and(|pct| pct < 100);
        let lines = record.removed.iter().map(|(tag, value)| format!("{tag}={value}"));
        let finding = if partial {
            Finding::warning(
                Check::DmarcRemovedTag,
                place,
                "`pct` below 100 is ignored by new receivers, and leaves a part of the mail alone at old ones",
            )
        } else {
            Finding::info(Check::DmarcRemovedTag, place, "tags that RFC 9989 removed")
        };
        let finding = finding.evidence(lines).advise("delete them; for a test use `t=y`");
        findings.push(finding);
    }
    match record.psd {
        Some(Psd::Yes) => {
            let finding = if listed_organizational(&published.domain) == published.domain
                && is_listed_suffix(published)
            {
                Finding::info(Check::DmarcPsd, place, "the record is one of a public suffix")
            } else {
                Finding::warning(
                    Check::DmarcPsd,
                    place,
                    "`psd=y` is for registries: it parts the subdomains from the domain",
                )
                .advise("delete it")
            };
            findings.push(finding);
        }
        Some(Psd::No) => {
            findings.push(Finding::info(
                Check::DmarcPsd,
                place,
                "`psd=n` makes the domain an organizational domain",
            ));
        }
        _ => {}
    }
}

/// Whether the domain is a public suffix: then a name below it is its own organizational domain.
fn is_listed_suffix(published: &Published) -> bool {
    published.domain.child("x").is_ok_and(|below| listed_organizational(&below) == below)
}

fn addresses(record: &DmarcRecord, place: &DnsName, findings: &mut Vec<Finding>) {
    let stated = |tag: &str| record.problems.iter().any(|problem| problem.tag == tag);
    if record.rua.is_empty() && !stated("rua") {
        findings.push(
            Finding::warning(
                Check::DmarcNoRua,
                place,
                "no address for aggregate reports: nobody tells who sends",
            )
            .advise("add one with `rua`"),
        );
    }
    if record.ruf.is_empty() && !stated("ruf") {
        findings.push(Finding::info(
            Check::DmarcNoRuf,
            place,
            "no address for failure reports, which few receivers send",
        ));
    }
    for (tag, uris) in [("rua", &record.rua), ("ruf", &record.ruf)] {
        list(tag, uris, place, findings);
    }
}

fn list(tag: &str, uris: &[ReportUri], place: &DnsName, findings: &mut Vec<Finding>) {
    let texts = |wanted: &dyn Fn(&&ReportUri) -> bool| -> Vec<String> {
        uris.iter().filter(wanted).map(|uri| uri.text.clone()).collect()
    };
    let unserved =
        texts(&|uri| matches!(uri.destination, Some(Destination::Https { .. } | Destination::Other { .. })));
    if !unserved.is_empty() {
        findings.push(
            Finding::warning(
                Check::DmarcInvalidUri,
                place,
                format!("`{tag}`: reports are only sent by mail"),
            )
            .evidence(unserved)
            .advise("use a `mailto:` address"),
        );
    }
    let limited = texts(&|uri| uri.size_limit.is_some());
    if !limited.is_empty() {
        let finding =
            Finding::info(Check::DmarcUriSizeLimit, place, format!("`{tag}`: size limits are ignored"));
        findings.push(finding.evidence(limited).advise("delete them"));
    }
    if uris.len() > 2 {
        let message = format!("`{tag}` has {} addresses, and some receivers only use two", uris.len());
        findings.push(Finding::info(Check::DmarcUriCount, place, message));
    }
    let twice = uris.iter().enumerate().filter(|(at, uri)| uris.iter().take(*at).any(|one| one.is_same(uri)));
    let twice: Vec<_> = twice.map(|(_, uri)| uri.text.clone()).collect();
    if !twice.is_empty() {
        let finding =
            Finding::info(Check::DmarcUriDuplicate, place, format!("`{tag}` names an address twice"));
        findings.push(finding.evidence(twice).advise("keep one"));
    }
}
