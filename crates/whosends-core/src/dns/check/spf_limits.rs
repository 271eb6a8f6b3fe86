//! What is to be said about an SPF record as a whole: how much it asks, and what it says in the end.

use super::Context;
use super::finding::{Check, Finding};
use super::spf_fix::Fixes;
use crate::dns::DnsName;
use crate::dns::spf::{MOST_LOOKUPS, MOST_NAMES, MOST_VOID_LOOKUPS, Qualifier, State, Tree};

/// Lookups from which on one change at a provider may break the record.
const NEAR_LIMIT: u32 = 9;

/// Terms that ask DNS too often, or in vain.
pub(super) fn limits(tree: &Tree, domain: &DnsName, findings: &mut Vec<Finding>) {
    let mut circles = false;
    tree.visit(&mut |tree, _| circles |= matches!(tree.state, State::Loop(_)));
    let (lookups, voids) = (tree.lookups(), tree.void_lookups());
    let counts = tree.branches.iter().filter(|branch| branch.counted);
    let counts: Vec<_> = counts.map(|branch| format!("{} {}", branch.text, branch.lookups())).collect();
    if circles {
        // A circle has no count.
    } else if lookups > MOST_LOOKUPS {
        let message = format!("{lookups} terms ask DNS, and {MOST_LOOKUPS} may: receivers reject the record");
        findings.push(Finding::error(Check::SpfTooManyLookups, domain, message).evidence(counts).advise(
            "drop includes that no longer send, write stable `a` and `mx` as ip4 and ip6, or move a \
                 provider to a subdomain",
        ));
        findings.push(Finding::info(
            Check::SpfFlattenHint,
            domain,
            "a subdomain for each provider keeps the record short; copied addresses of a provider go stale",
        ));
    } else if lookups >= NEAR_LIMIT {
        let message = format!("{lookups} of {MOST_LOOKUPS} terms that may ask DNS are used");
        findings.push(
            Finding::warning(Check::SpfLookupsNearLimit, domain, message)
                .evidence(counts)
                .advise("one change at a provider breaks the record: make room"),
        );
    }
    let (mut lost, mut silent) = (Vec::new(), 0);
    tree.visit(&mut |tree, _| {
        // Each that DNS did not answer may be one more that finds nothing.
        silent += u32::from(tree.branches.iter().any(|branch| branch.counted && !branch.failed.is_empty()));
        for branch in tree.branches.iter().filter(|branch| branch.counted && branch.void == Some(true)) {
            lost.push(format!("{}: {}", tree.domain, branch.text));
        }
        for branch in tree.branches.iter().filter(|branch| branch.exchanges > MOST_NAMES) {
            let message =
                format!("`{}` leads to {} hosts, and {MOST_NAMES} may be", branch.text, branch.exchanges);
            findings.push(
                Finding::error(Check::SpfMxTooMany, domain, message).advise("list their addresses instead"),
            );
        }
    });
    let message = format!("{voids} terms ask DNS and find nothing, and {MOST_VOID_LOOKUPS} may");
    let advice = "remove what no longer exists";
    if voids > MOST_VOID_LOOKUPS {
        findings.push(Finding::error(Check::SpfTooManyVoid, domain, message).evidence(lost).advise(advice));
    } else if voids > 0 && voids + silent <= MOST_VOID_LOOKUPS {
        findings.push(Finding::warning(Check::SpfVoidLookup, domain, message).evidence(lost).advise(advice));
    }
}

/// What becomes of senders that nothing matches.
pub(super) fn last_word(
    tree: &Tree,
    is_silent: bool,
    fixes: &Fixes,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
) {
    let domain = context.domain;
    let end = tree.end();
    let said = tree.last_word();
    if tree.passes_everyone() {
        let finding =
            Finding::error(Check::SpfAllPass, domain, "everyone on the internet may send as the domain")
                .advise("end with `-all` or `~all`, and include nothing that passes everyone");
        findings.push(if said == Some(Qualifier::Pass) { fixes.add(finding, &end.domain) } else { finding });
        return;
    }
    // Where the target of a redirect has no record, that is told.
    if end.record().is_none() {
        return;
    }
    let advice = how_to_end(&end.domain, context);
    match said {
        Some(Qualifier::Neutral) => {
            let message = "`?all` says nothing of other senders";
            let finding = Finding::warning(Check::SpfAllNeutral, domain, message).advise(advice);
            findings.push(fixes.add(finding, &end.domain));
        }
        Some(Qualifier::SoftFail) if context.has_policy == Some(false) => findings.push(
            Finding::warning(
                Check::SpfSoftfail,
                domain,
                "`~all` only marks other senders as doubtful, and no DMARC policy says more",
            )
            .advise("publish a DMARC policy"),
        ),
        Some(Qualifier::SoftFail) if context.has_policy.is_none() => findings.push(Finding::undecided(
            Check::SpfDnsError,
            domain,
            "`~all` only marks other senders as doubtful, and whether a DMARC policy says more is not known",
        )),
        // Where DNS did not answer, a term may pass everyone all the same.
        Some(Qualifier::SoftFail) if is_silent => {}
        Some(Qualifier::SoftFail) => findings.push(Finding::info(
            Check::SpfSoftfail,
            domain,
            "`~all` only marks other senders as doubtful, which is right beside a DMARC policy",
        )),
        None => {
            let message = "the record does not end: other senders are neutral";
            let finding = Finding::warning(Check::SpfNoAll, domain, message).advise(advice);
            findings.push(fixes.add(finding, &end.domain));
        }
        Some(Qualifier::Pass | Qualifier::Fail) => {}
    }
}

/// What to do about a record at a domain that does not say what becomes of other senders.
fn how_to_end(at: &str, context: &Context<'_>) -> String {
    if DnsName::from_dotted(at).is_ok_and(|name| name.is_within(context.registered)) {
        return "end with `-all` or `~all`".to_owned();
    }
    format!("ask whoever runs {at} to end its record with `-all` or `~all`, or end the own record so")
}
