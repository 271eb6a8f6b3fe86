//! What is to be said about a domain's DKIM keys.

use std::collections::BTreeMap;

use super::Context;
use super::finding::{Check, Finding};
use crate::dns::record::dkim::{DkimKey, PublicKey, looks_like_key};
use crate::dns::record::{ProblemKind, printable};
use crate::dns::{Answer, DnsName, Failure, Inquiry, Outcome, RecordType, Text};

/// Selectors that services and programs use unless told otherwise.
pub const COMMON_SELECTORS: &[&str] = &[
    "default",
    "dkim",
    "mail",
    "email",
    "smtp",
    "selector1",
    "selector2",
    "google",
    "s1",
    "s2",
    "k1",
    "k2",
    "k3",
    "key1",
    "key2",
    "mandrill",
    "mxvault",
    "pm",
    "pm-bounces",
    "mte1",
    "mte2",
    "zoho",
    "zmail",
    "sig1",
    "fm1",
    "fm2",
    "fm3",
    "protonmail",
    "protonmail2",
    "protonmail3",
    "mailjet",
    "krs",
    "mg",
    "mailo",
    "cm",
    "turbo-smtp",
    "ctct1",
    "ctct2",
    "hs1",
    "hs2",
];

/// Where more selectors than these are named, none is asked for before it is known whether there can be any.
const FEW: usize = 4;

/// How it is known that a selector may be in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Reports name it.
    Reports,
    /// The user named it.
    User,
    /// It is a common one.
    Common,
}

impl Origin {
    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reports => "reports",
            Self::User => "user",
            Self::Common => "common",
        }
    }
}

/// A selector to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Its name, of one label or more.
    pub name: DnsName,
    /// How it is known.
    pub origin: Origin,
}

/// What stands at a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimView {
    /// The selector.
    pub selector: Selector,
    /// What stands there.
    pub state: KeyState,
    /// The name that an alias there leads to: often it tells the provider.
    pub alias: Option<DnsName>,
}

impl DkimView {
    /// Whether a key stands there that was not revoked.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        match &self.state {
            KeyState::Found(_, key) => !matches!(key.key, PublicKey::Revoked),
            KeyState::Several(_) => true,
            KeyState::Wildcard | KeyState::NotFound | KeyState::Failed(_) => false,
        }
    }
}

/// Whether there is a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// One record, as it stands in DNS, made printable, and what it says.
    Found(String, DkimKey),
    /// Several texts, made printable: which of them counts is not defined.
    Several(Vec<String>),
    /// Only a wildcard answers.
    Wildcard,
    /// Nothing. That does not mean that the domain does not sign.
    NotFound,
    /// Nobody knows.
    Failed(Failure),
}

/// What DNS says about keys.
pub(super) struct Facts<'a> {
    /// The random selector that shows whether everything is answered.
    probe: Option<&'a Answer>,
    pub(super) views: Vec<DkimView>,
}

/// Looks everything up; `None` while answers are missing.
///
/// Common selectors, and a long list of named ones, are only tried where `_domainkey` exists: nothing lies below
/// a name that does not (RFC 8020). A server that says so and yet has a known selector is not believed.
pub(super) fn look<'a>(inquiry: &Inquiry<'a>, domain: &DnsName, selectors: &[Selector]) -> Option<Facts<'a>> {
    let place = super::below(domain, "_domainkey");
    let base = inquiry.records(&place, RecordType::Txt);
    let named = |selector: &&Selector| selector.origin == Origin::User;
    let at_once = if selectors.iter().filter(named).count() > FEW { 0 } else { FEW };
    let at_once: Vec<_> = selectors.iter().filter(named).take(at_once).collect();
    let (known, rest): (Vec<_>, Vec<_>) = selectors
        .iter()
        .partition(|selector| selector.origin == Origin::Reports || at_once.contains(selector));
    let mut asked = ask(inquiry, &place, &known);
    let base = base?;
    let lies = asked.as_ref()?.iter().any(|(_, answer)| !answer.records().is_empty());
    // Where DNS does not answer for `_domainkey` it would not for fifty names below it either.
    let exists = !matches!(base.outcome, Outcome::NoSuchName | Outcome::Failed(_) | Outcome::Bogus) || lies;
    let mut probe = None;
    if exists {
        let random = inquiry.records(&super::probe_name(&place), RecordType::Txt);
        let more = ask(inquiry, &place, &rest);
        probe = Some(random?);
        asked.as_mut()?.extend(more?);
    } else {
        asked.as_mut()?.extend(rest.into_iter().filter(named).map(|selector| (selector, base)));
    }
    let asked = asked?;
    let views = asked.into_iter().map(|(selector, answer)| view(selector.clone(), answer, probe));
    // A common selector that is not there tells nothing.
    let told = |view: &DkimView| {
        view.selector.origin != Origin::Common
            || matches!(view.state, KeyState::Found(..) | KeyState::Several(_))
            || view.alias.is_some()
    };
    Some(Facts { probe, views: views.filter(told).collect() })
}

/// The answers at selectors, but for those whose names would be too long; `None` while answers are missing.
fn ask<'a, 's>(
    inquiry: &Inquiry<'a>,
    place: &DnsName,
    selectors: &[&'s Selector],
) -> Option<Vec<(&'s Selector, &'a Answer)>> {
    let names = selectors.iter().filter_map(|selector| Some((*selector, selector.name.within(place).ok()?)));
    let answers: Vec<_> =
        names.map(|(selector, name)| (selector, inquiry.records(&name, RecordType::Txt))).collect();
    answers.into_iter().map(|(selector, answer)| Some((selector, answer?))).collect()
}

fn view(selector: Selector, answer: &Answer, probe: Option<&Answer>) -> DkimView {
    let alias = answer.aliases.last().cloned();
    let texts: Vec<_> = answer.texts().map(Text::joined).collect();
    let random: Vec<_> = probe.into_iter().flat_map(Answer::texts).map(Text::joined).collect();
    let guessed = selector.origin == Origin::Common;
    let state = match (answer.failure(), texts.as_slice()) {
        (Some(failure), _) => KeyState::Failed(failure),
        (None, []) => KeyState::NotFound,
        (None, texts) if texts == random => KeyState::Wildcard,
        (None, texts) if guessed && !texts.iter().any(|text| looks_like_key(text)) => KeyState::NotFound,
        (None, [text]) => KeyState::Found(printable(text), DkimKey::parse(text)),
        (None, texts) => KeyState::Several(texts.iter().map(|text| printable(text)).collect()),
    };
    DkimView { selector, state, alias }
}

/// Judges what was found.
pub(super) fn judge(facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let place = super::below(context.domain, "_domainkey");
    for view in &facts.views {
        let Ok(name) = view.selector.name.within(&place) else { continue };
        match &view.state {
            KeyState::Found(text, key) => judge_key(view, &name, text, key, findings),
            KeyState::Several(texts) => findings.push(
                Finding::error(
                    Check::DkimMultiple,
                    &name,
                    "several texts: which of them verifiers use is not defined",
                )
                .evidence(texts.clone())
                .advise("keep one; a long key is one record of several strings"),
            ),
            KeyState::NotFound => {
                if let Some(target) = &view.alias {
                    let message = format!("an alias to {target}, where no key stands");
                    findings.push(
                        Finding::error(Check::DkimDanglingCname, &name, message)
                            .advise("remove it: whoever can register its target can sign as the domain"),
                    );
                }
            }
            KeyState::Failed(failure) if view.selector.origin != Origin::Common => {
                findings.push(Finding::undecided(Check::DkimDnsError, &name, failure));
            }
            KeyState::Wildcard | KeyState::Failed(_) => {}
        }
    }
    wildcard(facts, &place, findings);
    shared(facts, &place, findings);
}

fn judge_key(view: &DkimView, name: &DnsName, text: &str, key: &DkimKey, findings: &mut Vec<Finding>) {
    let problems = key.problems.iter().filter(|problem| problem.kind != ProblemKind::EmptyTag);
    let lines: Vec<_> = problems.map(ToString::to_string).collect();
    if !lines.is_empty() {
        findings.push(
            Finding::error(Check::DkimSyntax, name, "verifiers can't use the key record")
                .evidence(lines)
                .evidence([text])
                .advise("publish it as the signing service gave it, without quotes or backslashes"),
        );
    }
    match &key.key {
        PublicKey::Rsa { bits, .. } if *bits < 1024 => findings.push(
            Finding::error(
                Check::DkimKeyTooShort,
                name,
                format!("an RSA key of {bits} bits: verifiers ignore it"),
            )
            .advise("sign with a key of 2048 bits"),
        ),
        PublicKey::Rsa { bits, .. } if *bits < 2048 => findings.push(
            Finding::warning(Check::DkimKeyWeak, name, format!("an RSA key of {bits} bits"))
                .advise("sign with a key of 2048 bits"),
        ),
        PublicKey::Revoked => {
            let message = "the key is revoked";
            // What reports still name is still used to sign.
            findings.push(if view.selector.origin == Origin::Reports {
                Finding::warning(
                    Check::DkimRevoked,
                    name,
                    format!("{message}, and yet mail is signed with it"),
                )
                .advise("sign with a key that is published")
            } else {
                Finding::info(Check::DkimRevoked, name, message)
            });
        }
        _ => {}
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
    if key.is_sha1_only() {
        findings.push(
            Finding::error(Check::DkimSha1Only, name, "only SHA-1 may be used, which verifiers refuse")
                .advise("delete `h=`, or add sha256"),
        );
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
    }
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
