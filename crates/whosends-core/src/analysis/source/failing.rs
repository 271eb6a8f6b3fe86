//! Why a record fails, in one line from what it states.

use crate::model::words::{DkimResult, SpfResult, SpfScope};
use crate::model::{Combination, DkimAuth, Name};
use crate::senders::same_organization;

/// The signatures that a line names.
const SIGNATURES: usize = 3;

/// Why a record passes neither DKIM nor SPF, in one line. Names in it were written by strangers.
#[must_use]
pub fn why_it_fails(combination: &Combination) -> String {
    let from = combination.header_from.as_ref().map_or("the author domain", Name::as_str);
    format!("{}; {}", spf(combination, from), dkim(combination, from))
}

fn spf(combination: &Combination, from: &str) -> String {
    let envelopes = combination.auth_spf.iter().filter(|spf| spf.scope != Some(SpfScope::Helo));
    let best = envelopes.min_by_key(|spf| (spf.result != Some(SpfResult::Pass), &spf.domain, &spf.result));
    if let Some(spf) = best {
        let domain = spf.domain.as_ref().map_or("an unstated domain", Name::as_str);
        return match &spf.result {
            Some(SpfResult::Pass) => format!("SPF passed for {}", unaligned(domain, from)),
            Some(SpfResult::None) => format!("{domain} has no SPF record"),
            Some(SpfResult::Fail) => format!("SPF failed: {domain} does not list the address"),
            Some(result) => format!("SPF gave {result} for {domain}"),
            None => format!("no SPF result is stated for {domain}"),
        };
    }
    match combination.auth_spf.first().and_then(|spf| spf.domain.as_ref()) {
        Some(domain) => format!("SPF was checked for the greeting {domain} only"),
        None => "no SPF result is stated".to_owned(),
    }
}

fn dkim(combination: &Combination, from: &str) -> String {
    // What passed says most; then what was signed as the owner.
    let mut signatures: Vec<&DkimAuth> = combination.auth_dkim.iter().collect();
    let rank = |dkim: &DkimAuth| {
        let own = dkim.domain.as_ref().is_some_and(|domain| same_organization(domain.as_str(), from));
        (dkim.result != Some(DkimResult::Pass), !own)
    };
    signatures.sort_by(|a, b| {
        let named = |dkim: &DkimAuth| (dkim.domain.clone(), dkim.selector.clone());
        rank(a).cmp(&rank(b)).then_with(|| named(a).cmp(&named(b)))
    });
    let mut said: Vec<String> = Vec::new();
    for dkim in signatures {
        let text = signature(dkim, from);
        if said.len() < SIGNATURES && !said.contains(&text) {
            said.push(text);
        }
    }
    match said.is_empty() {
        true => "no DKIM signature".to_owned(),
        false => said.join(", "),
    }
}

fn signature(dkim: &DkimAuth, from: &str) -> String {
    let domain = dkim.domain.as_ref().map_or("an unstated domain", Name::as_str);
    if dkim.result == Some(DkimResult::Pass) {
        return format!("signed by {}", unaligned(domain, from));
    }
    let selector = match &dkim.selector {
        Some(selector) => format!(" (selector {selector})"),
        None => String::new(),
    };
    let result = dkim.result.as_ref().map_or("unstated", DkimResult::as_str);
    format!("the signature of {domain}{selector} gave {result}")
}

/// A domain for which something passed that does not count.
fn unaligned(domain: &str, from: &str) -> String {
    match same_organization(domain, from) {
        false => format!("{domain}, which is not aligned with {from}"),
        true if domain == from => format!("{domain}, which the reporter does not count all the same"),
        true => format!("{domain}, which is aligned with {from} only where alignment is relaxed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::words::Verdict;
    use crate::senders::testing::{dkim, spf};

    fn why(signatures: &str, envelope: &str) -> String {
        why_it_fails(&Combination {
            dkim: Some(Verdict::Fail),
            spf: Some(Verdict::Fail),
            header_from: Name::from_stated("example.com"),
            auth_dkim: dkim(signatures),
            auth_spf: spf(envelope),
            ..Combination::default()
        })
    }

    #[test]
    fn a_line_says_why_a_record_fails() {
        for (signatures, envelope, said) in [
            (
                "",
                "bounces.example.net=pass",
                "SPF passed for bounces.example.net, which is not aligned with example.com; no DKIM signature",
            ),
            (
                "sendgrid.info/smtpapi=pass;example.com/s1=fail",
                "example.com=softfail",
                "SPF gave softfail for example.com; signed by sendgrid.info, which is not aligned with \
                 example.com, the signature of example.com (selector s1) gave fail",
            ),
            ("", "example.com=fail", "SPF failed: example.com does not list the address; no DKIM signature"),
            ("", "example.net=none", "example.net has no SPF record; no DKIM signature"),
            ("", "", "no SPF result is stated; no DKIM signature"),
            (
                "",
                "mx.example.net@helo=pass",
                "SPF was checked for the greeting mx.example.net only; no DKIM signature",
            ),
            (
                "news.example.com/a=pass",
                "example.com=pass",
                "SPF passed for example.com, which the reporter does not count all the same; signed by \
                 news.example.com, which is aligned with example.com only where alignment is relaxed",
            ),
            (
                "example.com=permerror",
                "",
                "no SPF result is stated; the signature of example.com gave permerror",
            ),
        ] {
            assert_eq!(why(signatures, envelope), said);
        }
    }

    #[test]
    fn the_order_of_results_changes_no_line() {
        let one = why("a.example/x=pass;b.example/y=fail", "c.example=fail;d.example=pass");
        let other =
            why("b.example/y=fail;a.example/x=pass;a.example/x=pass", "d.example=pass;c.example=fail");
        assert_eq!(one, other);
    }

    #[test]
    fn many_signatures_make_no_long_line() {
        let many: Vec<_> = (0..1000).map(|n| format!("d{n}.example/s=fail")).collect();
        assert!(why(&many.join(";"), "").len() < 300);
    }
}
