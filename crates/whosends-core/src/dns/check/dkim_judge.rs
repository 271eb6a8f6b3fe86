//! What is to be said about a domain's DKIM keys.

use std::collections::BTreeMap;

use super::Context;
use super::dkim::{DkimView, End, Facts, KeyState, Origin};
use super::dkim_use::{self, InUse, SHORTEST_KEY};
use super::finding::{Check, Finding};
use crate::dns::record::dkim::{DkimKey, PublicKey, looks_like_key};
use crate::dns::record::printable;
use crate::dns::{Answer, DnsName, Failure, Text};

/// Judges what was found.
pub(super) fn judge(facts: &Facts<'_>, context: &Context<'_>, in_use: &[InUse], findings: &mut Vec<Finding>) {
    let place = super::below(context.domain, "_domainkey");
    for view in &facts.views {
        let Ok(name) = view.selector.name.within(&place) else { continue };
        match &view.state {
            KeyState::Found(text, key) => judge_key(view, &name, (text, key), in_use, findings),
            KeyState::Several(texts) => findings.push(
                Finding::error(
                    Check::DkimMultiple,
                    &name,
                    "several texts: which of them verifiers use is not defined",
                )
                .evidence(texts.clone())
                .advise("keep one; a long key is one record of several strings"),
            ),
            KeyState::NotFound => match &view.alias {
                Some(target) => findings.extend(dangling(facts, &name, target)),
                None => findings.extend(missing(view, &name)),
            },
            KeyState::Wildcard | KeyState::Failed(_) => {}
        }
    }
    for (selector, name) in &facts.misplaced {
        let message = format!("the key of selector {selector} stands at {name}, where nobody looks for it");
        let finding = Finding::warning(Check::DkimWrongLocation, name, message);
        findings.push(finding.advise(format!("move it to {selector}.{place}")));
    }
    silence(facts, &place, findings);
    wildcard(facts, &place, findings);
    shared(facts, &place, findings);
    dkim_use::judge(facts, &place, in_use, findings);
}

/// Tells what DNS did not answer, in one finding. A guess that failed decides nothing.
fn silence(facts: &Facts<'_>, place: &DnsName, findings: &mut Vec<Finding>) {
    let mut failed: Vec<(String, Failure)> = Vec::new();
    for view in &facts.views {
        if let (KeyState::Failed(failure), Ok(name)) = (&view.state, view.selector.name.within(place)) {
            failed.push((name.to_string(), *failure));
        }
    }
    if let Some(failure) = facts.base.failure() {
        failed.push((place.to_string(), failure));
    }
    let ends = facts.ends.iter().filter_map(|(target, end)| match end {
        End::Failed(failure) => Some((target.to_string(), *failure)),
        End::Gone | End::Alive => None,
    });
    failed.extend(ends);
    if let Some(failure) = facts.probe.and_then(Answer::failure).filter(|_| !facts.views.is_empty()) {
        failed.push((super::probe_name(place).to_string(), failure));
    }
    findings.extend(Finding::unanswered(Check::DkimDnsError, &failed));
}

/// An alias that leads to no key. It matters whose the name is that it leads to: one that nobody holds can be
/// registered by anybody, and one in the living zone of a provider is part of the provider's scheme, such as the
/// second selector of Microsoft 365, which has no key until keys are rotated.
fn dangling(facts: &Facts<'_>, name: &DnsName, target: &DnsName) -> Option<Finding> {
    match facts.ends.get(target)? {
        End::Gone => Some(
            Finding::error(
                Check::DkimDanglingCname,
                name,
                format!("an alias to {target}, in a domain that does not exist"),
            )
            .advise("remove it: whoever registers that domain can sign as this one"),
        ),
        End::Alive => Some(
            Finding::info(
                Check::DkimDanglingCname,
                name,
                format!("an alias to {target}, where no key stands yet or any more"),
            )
            .advise("keep it where the provider asks for it, and remove it where the provider is left"),
        ),
        End::Failed(_) => None,
    }
}

/// A selector that the user named and that is not there.
fn missing(view: &DkimView, name: &DnsName) -> Option<Finding> {
    (view.selector.origin == Origin::User).then(|| {
        Finding::warning(Check::DkimMissing, name, format!("no key at selector {}", view.selector.name))
            .advise("publish the key that the signing service gave, or correct the selector")
    })
}

fn judge_key(
    view: &DkimView,
    name: &DnsName,
    (text, key): (&str, &DkimKey),
    in_use: &[InUse],
    findings: &mut Vec<Finding>,
) {
    let lines: Vec<_> = key.hindrances().map(ToString::to_string).collect();
    if !lines.is_empty() {
        let finding = Finding::error(Check::DkimSyntax, name, "verifiers can't use the key record");
        let advice = "publish it as the signing service gave it, without quotes or backslashes";
        findings.push(fixed(finding.evidence(lines).evidence([text]), view, name, advice));
    }
    let idle: Vec<_> = key.problems.iter().filter(|one| one.tag == "t").map(ToString::to_string).collect();
    if !idle.is_empty() {
        findings.push(
            Finding::info(Check::DkimSyntax, name, "flags that no verifier knows: they do nothing")
                .evidence(idle)
                .advise("delete the tag `t`"),
        );
    }
    findings.extend(size(name, key));
    let is_used = in_use.iter().any(|used| used.selector == view.selector.name);
    if key.key == PublicKey::Revoked && !is_used {
        findings.push(Finding::info(Check::DkimRevoked, name, "the key is revoked"));
    }
    if key.is_testing() {
        findings.push(
            Finding::warning(
                Check::DkimTesting,
                name,
                "test mode: verifiers may treat bad signatures like none",
            )
            .advise("delete `t=y`"),
        );
    }
    if !key.allows_known_hash() {
        findings.push(hashes(view, name, key));
    }
}

/// What is to be said of an RSA key's length and form.
fn size(name: &DnsName, key: &DkimKey) -> Vec<Finding> {
    let PublicKey::Rsa { bits, bare, .. } = &key.key else { return Vec::new() };
    let advice = "sign with a key of 2048 bits";
    let mut findings = Vec::new();
    if *bits < SHORTEST_KEY {
        let message = format!("an RSA key of {bits} bits: verifiers ignore it");
        findings.push(Finding::error(Check::DkimKeyTooShort, name, message).advise(advice));
    } else if *bits < 2048 {
        let message = format!("an RSA key of {bits} bits");
        findings.push(Finding::warning(Check::DkimKeyWeak, name, message).advise(advice));
    }
    if *bare {
        findings.push(
            Finding::warning(
                Check::DkimKeyForm,
                name,
                "the key is a bare RSAPublicKey (PKCS #1): many verifiers can't read it",
            )
            .advise(
                "publish it as SubjectPublicKeyInfo: `openssl rsa -RSAPublicKey_in -pubout` makes it one",
            ),
        );
    }
    findings
}

/// A key of which no verifier takes any hash (RFC 6376 section 6.1.2 step 6, RFC 8301 section 3.1).
fn hashes(view: &DkimView, name: &DnsName, key: &DkimKey) -> Finding {
    let advice = "delete `h=`, or write `h=sha256`";
    let finding = if key.is_sha1_only() {
        Finding::error(Check::DkimSha1Only, name, "only SHA-1 may be used, which verifiers refuse")
    } else {
        let words = key.hashes.as_deref().unwrap_or_default().join(":");
        let message = format!("`h={words}` names no hash that verifiers know: every signature fails");
        Finding::error(Check::DkimSyntax, name, message)
    };
    fixed(finding, view, name, advice)
}

/// A finding with the record that mends the key, where there is one, and with advice in words.
fn fixed(finding: Finding, view: &DkimView, name: &DnsName, advice: &str) -> Finding {
    let finding = finding.advise(advice);
    match &view.mended {
        Some(record) => finding.publish(name, "TXT", record),
        None => finding,
    }
}

fn wildcard(facts: &Facts<'_>, place: &DnsName, findings: &mut Vec<Finding>) {
    let Some(probe) = facts.probe else { return };
    let texts: Vec<_> = probe.texts().map(Text::joined).filter(|text| looks_like_key(text)).collect();
    // For a domain that sends nothing, an empty key at every selector is right.
    let alive = texts.iter().find(|text| DkimKey::parse(text).key != PublicKey::Revoked);
    if let Some(text) = alive {
        findings.push(
            Finding::warning(Check::DkimWildcard, place, "every selector has a key: a wildcard answers")
                .evidence([printable(text)])
                .advise("publish keys at the selectors that sign"),
        );
        return;
    }
    let Some(target) = probe.aliases.last().filter(|_| probe.is_absent()) else { return };
    let message = |what: &str| format!("every selector is an alias to {target}, {what}: a wildcard answers");
    let finding = match facts.ends.get(target) {
        Some(End::Gone) => {
            Finding::warning(Check::DkimWildcard, place, message("in a domain that does not exist"))
                .advise("remove the wildcard: whoever registers that domain can sign as this one")
        }
        Some(End::Alive) => Finding::info(Check::DkimWildcard, place, message("where no key stands"))
            .advise("make the wildcard narrower"),
        Some(End::Failed(_)) | None => return,
    };
    findings.push(finding);
}

/// Notes a key that stands at several selectors.
fn shared(facts: &Facts<'_>, place: &DnsName, findings: &mut Vec<Finding>) {
    let mut keys: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for view in &facts.views {
        if let KeyState::Found(_, key) = &view.state
            && let Some(text) = key.key.text()
        {
            keys.entry(text).or_default().push(view.selector.name.to_string());
        }
    }
    for selectors in keys.into_values().filter(|selectors| selectors.len() > 1) {
        findings.push(
            Finding::warning(Check::DkimDuplicateKey, place, "several selectors have the same key")
                .evidence(selectors)
                .advise("give each signer a key of its own, so that one can be revoked alone"),
        );
    }
}
