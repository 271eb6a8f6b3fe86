//! Messages of one kind on one day, and what becomes of them.

use std::net::Ipv4Addr;

use super::{Owner, Policy, Random, System};

/// Whose a message is in truth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// A system's, by its index.
    System(usize),
    /// The owner's, changed or not by somebody who passed it on.
    PassedOn,
    Forged,
}

/// Messages that look alike.
#[derive(Clone)]
pub(super) struct Mail {
    pub(super) whose: Whose,
    pub(super) address: Ipv4Addr,
    pub(super) count: u64,
    pub(super) header_from: String,
    pub(super) envelope_from: String,
    pub(super) spf: &'static str,
    /// Domain, selector and result of each signature.
    pub(super) dkim: Vec<(String, String, &'static str)>,
}

impl Mail {
    pub(super) fn dkim_passes(&self, owner: &str) -> bool {
        self.dkim.iter().any(|(domain, _, result)| *result == "pass" && is_within(domain, owner))
    }

    pub(super) fn spf_passes(&self, owner: &str) -> bool {
        self.spf == "pass" && is_within(&self.envelope_from, owner)
    }

    pub(super) fn passes(&self, owner: &str) -> bool {
        self.dkim_passes(owner) || self.spf_passes(owner)
    }
}

pub(super) fn is_within(name: &str, owner: &str) -> bool {
    name.strip_suffix(owner).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What becomes of a day's mail.
#[derive(Debug, Default, Clone)]
pub(crate) struct Fate {
    /// Messages of each system, those that fail DMARC, and those that the policy in force takes away.
    pub(crate) systems: Vec<[u64; 3]>,
    /// Messages that were passed on, and those that the policy takes away.
    pub(crate) passed_on: [u64; 2],
    /// Forged messages, and those that arrive all the same.
    pub(crate) forged: [u64; 2],
}

impl Fate {
    pub(super) fn of(owner: &Owner, mail: &[Mail]) -> Self {
        let mut fate = Self { systems: vec![[0; 3]; owner.systems.len()], ..Self::default() };
        for sent in mail {
            let fails = !sent.passes(&owner.domain);
            let below = sent.header_from != owner.domain;
            let is_stopped = fails && owner.policy(below) != Policy::None;
            match sent.whose {
                Whose::System(at) => {
                    let [all, failing, lost] = &mut fate.systems[at];
                    *all += sent.count;
                    *failing += if fails { sent.count } else { 0 };
                    *lost += if is_stopped { sent.count } else { 0 };
                }
                Whose::PassedOn => {
                    fate.passed_on[0] += sent.count;
                    fate.passed_on[1] += if is_stopped { sent.count } else { 0 };
                }
                Whose::Forged => {
                    fate.forged[0] += sent.count;
                    fate.forged[1] += if is_stopped { 0 } else { sent.count };
                }
            }
        }
        fate
    }
}

/// What forwarders and lists make of a part of these messages.
pub(super) fn passed_on(random: &mut Random, owner: &Owner, sent: &Mail) -> Vec<Mail> {
    let Whose::System(at) = sent.whose else { return Vec::new() };
    if !owner.systems[at].is_read_by_people() {
        return Vec::new();
    }
    let mut part = |share: u64| (sent.count * share + random.below(1_000)) / 1_000;
    let (forwarded, listed) = (part(owner.forwarded), part(owner.listed));
    let forwarder = Mail {
        whose: Whose::PassedOn,
        address: Ipv4Addr::new(203, 0, 113, 20 + random.below(3) as u8),
        count: forwarded,
        envelope_from: "alumni.college.example".to_owned(),
        spf: "pass",
        ..sent.clone()
    };
    let list = Mail {
        whose: Whose::PassedOn,
        address: Ipv4Addr::new(203, 0, 113, 200),
        count: listed,
        envelope_from: "lists.society.example".to_owned(),
        spf: "pass",
        dkim: broken(sent).chain([("lists.society.example".to_owned(), "list".to_owned(), "pass")]).collect(),
        ..sent.clone()
    };
    [forwarder, list].into_iter().filter(|mail| mail.count > 0).collect()
}

/// The signatures once a list has changed subject and body.
fn broken(sent: &Mail) -> impl Iterator<Item = (String, String, &'static str)> {
    sent.dkim.iter().map(|(domain, selector, _)| (domain.clone(), selector.clone(), "fail"))
}

/// A few messages fail whatever the set-up: DNS that did not answer, a body that a relay changed.
pub(super) fn with_failures(random: &mut Random, mail: Mail) -> Vec<Mail> {
    let failing = (mail.count + random.below(2_500)) / 2_500;
    let failing = failing.min(mail.count);
    let failed = Mail {
        count: failing,
        spf: if mail.spf == "pass" { "temperror" } else { mail.spf },
        dkim: broken(&mail).collect(),
        ..mail.clone()
    };
    let rest = Mail { count: mail.count - failing, ..mail };
    [failed, rest].into_iter().filter(|mail| mail.count > 0).collect()
}

impl System {
    /// Whether people write with it, so that their mail gets forwarded and goes to lists.
    const fn is_read_by_people(&self) -> bool {
        matches!(self.kind, super::system::Kind::Server | super::system::Kind::Host { .. })
    }
}
