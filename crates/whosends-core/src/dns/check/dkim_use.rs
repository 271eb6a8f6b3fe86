//! Whether the keys stand in DNS with which mail is signed, as reports prove.

use super::dkim::{DkimView, Facts, KeyState};
use super::finding::{Check, Finding, Severity};
use crate::dns::record::dkim::{DkimKey, PublicKey};
use crate::dns::{Answer, DnsName, Text};
use crate::model::Day;

/// The shortest RSA key that verifiers use, in bits (RFC 8301 section 3.2).
pub(super) const SHORTEST_KEY: usize = 1024;

/// What reports of late saw of a selector that signs for the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// The selector.
    pub selector: DnsName,
    /// Messages that passed with it.
    pub messages: u64,
    /// All messages with the domain, or one below it, in the From header, in the same days.
    pub of: u64,
    /// The last day with such a message.
    pub last: Day,
    /// How sure it is that it still signs.
    pub recency: Recency,
}

/// How near the end of what reports cover a selector was last seen to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recency {
    /// On one of the newest two days that reports cover.
    Now,
    /// On one of the seven such days before.
    Lately,
    /// What passed with it passes with another selector on the newest day.
    Rotated,
}

/// Why verifiers can't use what stands at a selector. `None` where they can, and where nobody knows.
fn unusable(view: &DkimView, probe: Option<&Answer>) -> Option<&'static str> {
    match &view.state {
        KeyState::Found(_, key) => broken(key),
        KeyState::Several(_) => Some("several texts stand there, and which of them counts is not defined"),
        KeyState::NotFound if view.alias.is_some() => Some("its alias leads to no key"),
        KeyState::NotFound => Some("there is no key"),
        KeyState::Wildcard => {
            let texts = probe.into_iter().flat_map(Answer::texts).map(Text::joined);
            let usable = texts.map(|text| DkimKey::parse(&text)).any(|key| broken(&key).is_none());
            (!usable).then_some("nothing but a wildcard without a usable key answers")
        }
        KeyState::Failed(_) => None,
    }
}

/// Why verifiers can't use a key.
fn broken(key: &DkimKey) -> Option<&'static str> {
    match &key.key {
        PublicKey::Revoked => Some("the key is revoked"),
        PublicKey::Rsa { bits, .. } if *bits < SHORTEST_KEY => Some("the key is too short"),
        _ if !key.allows_known_hash() => Some("the key allows no hash that verifiers use"),
        _ if key.hindrances().next().is_some() => Some("the key can't be read"),
        _ => None,
    }
}

/// Compares the keys in use with DNS.
pub(super) fn judge(facts: &Facts<'_>, place: &DnsName, in_use: &[InUse], findings: &mut Vec<Finding>) {
    for used in in_use {
        let view = facts.views.iter().find(|view| view.selector.name == used.selector);
        let Some((view, name)) = view.zip(used.selector.within(place).ok()) else { continue };
        if let Some(why) = unusable(view, facts.probe) {
            findings.push(finding(used, &name, why));
        }
    }
}

fn finding(used: &InUse, name: &DnsName, why: &str) -> Finding {
    let (severity, then) = match used.recency {
        Recency::Now => (Severity::Error, "mail is signed with it, and fails"),
        Recency::Lately => (Severity::Warning, "mail was signed with it until lately"),
        Recency::Rotated => (Severity::Info, "what was signed with it is signed with another selector now"),
    };
    let messages = match used.messages {
        1 => "1 message".to_owned(),
        number => format!("{number} messages"),
    };
    let share = match used.messages.saturating_mul(1000).checked_div(used.of).map(|parts| parts.min(1000)) {
        Some(parts) => format!(", {}.{} % of the domain's mail", parts / 10, parts % 10),
        None => String::new(),
    };
    let selector = &used.selector;
    let finding =
        Finding::new(Check::DkimInUse, severity, name, format!("selector {selector}: {why}: {then}"))
            .evidence([format!("{messages} passed with it of late{share}, the last on {}", used.last)]);
    match used.recency {
        Recency::Rotated => finding,
        _ => finding.advise("publish the key again, or sign with one that is published"),
    }
}
