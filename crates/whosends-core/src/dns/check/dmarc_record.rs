//! What is to be said about a DMARC record itself.

use super::dmarc::{is_suffix, with};
use super::dmarc_syntax;
use super::finding::{Check, Finding, Severity};
use crate::dns::DnsName;
use crate::dns::discover::{Applied, Published, listed_organizational};
use crate::dns::propose::dmarc::mended;
use crate::dns::record::dmarc::{DmarcRecord, Psd, Standing, rank};
use crate::dns::record::printable;
use crate::dns::record::uri::{Destination, ReportUri};
use crate::model::words::{Policy, Testing};

/// Judges a record at the domain it is for, which is an organizational domain or not, as far as that is known. `fix` is the record to publish
/// in its place, which mends all that is wrong with its words.
pub(super) fn judge(
    published: &Published,
    organizational: Option<bool>,
    fix: Option<&str>,
    findings: &mut Vec<Finding>,
) {
    let place = super::below(&published.domain, "_dmarc");
    let record = &published.record;
    // A removed tag stays what it is.
    let mends = |finding: &Finding| finding.check != Check::DmarcRemovedTag || record.pct.is_none();
    let found = dmarc_syntax::problems(published, &place).into_iter();
    findings.extend(found.map(|finding| if mends(&finding) { with(finding, &place, fix) } else { finding }));
    own_policy(record, &place, fix, findings);
    if let Some(organizational) = organizational {
        subdomains(record, organizational, &place, findings);
    }
    modes(published, &place, findings);
    addresses(record, &place, fix, findings);
}

/// Judges the policy that a domain inherits, like one of its own: where its record is broken it protects as little
/// below. It can be mended where it stands, if that is in a zone of the same owner.
pub(super) fn judge_inherited(applied: &Applied, own_zone: bool, findings: &mut Vec<Finding>) {
    let published = &applied.published;
    let record = &published.record;
    let place = super::below(&published.domain, "_dmarc");
    let problems = dmarc_syntax::problems(published, &place);
    let broken: Vec<_> = problems.into_iter().filter(|one| one.severity == Severity::Error).collect();
    let broken: Vec<_> = broken.into_iter().filter(|one| one.check != Check::DmarcInvalidUri).collect();
    if record.standing() != Standing::Sound || !broken.is_empty() {
        let lines = broken.into_iter().flat_map(|one| one.evidence);
        let message = format!("the record that applies is broken: {}", dmarc_syntax::effect(record));
        let finding = Finding::error(Check::DmarcInheritedBroken, &place, message)
            .evidence([printable(&published.text)])
            .evidence(lines)
            .advise(format!("correct the record at {place}"));
        let fix = mended(&published.text).filter(|_| own_zone);
        findings.push(with(finding, &place, fix.as_deref()));
    }
    if applied.policy() == Some(Policy::None) {
        let message = "the policy that applies does nothing";
        let finding = Finding::warning(Check::DmarcPolicyNone, &published.domain, message);
        findings.push(finding.advise("enforce when the reports show that the own mail passes"));
    }
    if record.t == Some(Testing::Yes) {
        let message = "test mode: the policy applies one step weaker";
        findings.push(Finding::warning(Check::DmarcTesting, &published.domain, message));
    }
}

fn own_policy(record: &DmarcRecord, place: &DnsName, fix: Option<&str>, findings: &mut Vec<Finding>) {
    match &record.p {
        None if !record.problems.iter().any(|problem| problem.tag == "p") => {
            let message = "no policy is stated, which counts as none";
            let finding = Finding::warning(Check::DmarcNoP, place, message)
                .advise("state it: older receivers ask for it");
            findings.push(with(finding, place, fix));
        }
        Some(Policy::None) => {
            let message = if record.rua.is_empty() {
                "the policy does nothing, and nobody is told what it would do"
            } else {
                "the policy does nothing"
            };
            // What to publish instead, only reports can tell.
            let finding = Finding::warning(Check::DmarcPolicyNone, place, message);
            findings.push(finding.advise("enforce when the reports show that the own mail passes"));
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
        let message = "test mode: the policy applies one step weaker";
        let finding = Finding::warning(Check::DmarcTesting, place, message);
        findings.push(finding.advise("delete `t=y` when the tests are over"));
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

fn addresses(record: &DmarcRecord, place: &DnsName, fix: Option<&str>, findings: &mut Vec<Finding>) {
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
        list(tag, uris, place, fix, findings);
    }
}

fn list(tag: &str, uris: &[ReportUri], place: &DnsName, fix: Option<&str>, findings: &mut Vec<Finding>) {
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
        findings.push(with(finding.evidence(twice).advise("keep one"), place, fix));
    }
}
