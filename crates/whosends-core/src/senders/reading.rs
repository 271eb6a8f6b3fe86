//! What a combination says about who sent it, before anything is known of the address.

use std::collections::BTreeSet;

use crate::model::words::{DkimResult, SpfResult, SpfScope, Verdict};
use crate::model::{Combination, Name};

use super::catalogue::{Catalogue, Category, ServiceId, Strength};
use super::envelope::{Envelope, SpfOutcome};
use super::evidence::{Evidence, EvidenceKind, Sender};
use super::org::organizational_domain;
use super::owner::Owner;
use super::passed_on::{PassedOn, is_forwarding_name, is_rewritten, passed_on};
use super::suffix::Claims;
use super::tenant::{Tenant, tenant};

use super::address::Machine;

/// The results of a record that are looked at: reporters are to list no more signatures (RFC 9990 section
/// 3.1.3).
const MOST_RESULTS: usize = 100;

/// The longest name of DNS.
const LONGEST_NAME: usize = 253;

/// The state of the owner's own signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OwnSignature {
    Absent,
    Broken,
    Passing,
}

/// Where else than under a stranger's return path mail with a key of the owner's was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyUse {
    /// Nobody looked.
    Unasked,
    /// Nowhere else: whoever sends there holds the key.
    OnlyHere,
    /// In mail that came straight from its sender, or from another organisation's machines.
    Elsewhere,
}

/// A service the mail itself names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    pub(super) service: ServiceId,
    pub(super) kind: EvidenceKind,
    /// Whether the sign is only likely to mean the service.
    pub(super) likely: bool,
}

/// A tenant of a shared mail host.
#[derive(Debug, Clone)]
pub(super) struct NamedTenant {
    pub(super) host: ServiceId,
    pub(super) tenant: Tenant,
    /// The signing domain that names it.
    pub(super) name: String,
}

/// A combination as the judgement sees it.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// The author domain; empty where it is none.
    pub(super) from: Box<str>,
    /// The reporter's verdicts; `None` where it gave none.
    pub(super) dkim: Option<bool>,
    pub(super) spf: Option<bool>,
    pub(super) passed_on: Option<PassedOn>,
    pub(super) envelope: Envelope,
    pub(super) own_signature: OwnSignature,
    /// Where else the key of a passing own signature was seen.
    pub(super) key_use: KeyUse,
    /// The tenants that passing signatures of shared mail hosts name.
    pub(super) tenants: Vec<NamedTenant>,
    /// Whether a list or forwarder signed.
    pub(super) relay_signature: bool,
    /// Whether the return path is called, or was rewritten, the way lists and forwarders do it.
    pub(super) forwarding_path: bool,
    /// The organisational domain of somebody who signed whom the catalogue does not know.
    pub(super) stranger_signature: Option<Box<str>>,
    /// The organisational domain of the return path, where it is somebody else's.
    pub(super) foreign_path: Option<Box<str>>,
    pub(super) originators: Vec<Candidate>,
    pub(super) machines: Vec<Machine>,
    /// Services whose weak signs the mail shows.
    pub(super) weak: Vec<(ServiceId, EvidenceKind, String)>,
    pub(super) evidence: Vec<Evidence>,
    /// Selectors of the owner's passing signatures.
    pub(super) selectors: Vec<String>,
    /// The keys of these, each by the name it is published at, whether or not the report states a selector.
    pub(super) keys: Vec<String>,
    /// The envelope domain that counts, for people.
    pub(super) envelope_domain: Option<String>,
}

/// Reads a combination in the eyes of its owner.
pub(super) fn read(combination: &Combination, catalogue: &Catalogue, owner: &Owner) -> Reading {
    let from = combination.header_from.as_ref().filter(|name| name.is_domain());
    let mut reader = Reader {
        catalogue,
        owner,
        from: from.map(Name::as_str).unwrap_or_default(),
        reading: blank(combination),
    };
    reader.reading.from = reader.from.into();
    reader.signatures(combination);
    reader.envelopes(combination);
    reader.helo(combination);
    let mut reading = reader.reading;
    reading.originators.sort_unstable();
    reading.originators.dedup();
    reading.evidence.sort_unstable();
    reading.evidence.dedup();
    reading.learn(owner);
    reading
}

impl Reading {
    /// Takes account of keys and tenants of which more is known now.
    pub(super) fn learn(&mut self, owner: &Owner) {
        // What the owner stated stands.
        if self.key_use != KeyUse::Elsewhere {
            self.key_use = owner.key_use(self);
        }
        for named in &mut self.tenants {
            if named.tenant == Tenant::Unknown
                && let Some(tenant) = tenant(&named.name, owner, &self.from)
            {
                named.tenant = tenant;
            }
        }
    }

    /// The organisation that mail passes SPF or DKIM for, where it is neither the owner nor one of the catalogue's. The
    /// signature says more than the return path.
    pub(super) fn foreign_organization(&self) -> Option<&str> {
        let passed = matches!(self.envelope, Envelope::Foreign { bounce: None, passed: true });
        let path = self.foreign_path.as_deref().filter(|_| passed);
        self.stranger_signature.as_deref().or(path)
    }
}

fn blank(combination: &Combination) -> Reading {
    let verdict = |verdict: &Option<Verdict>| match verdict {
        Some(Verdict::Pass) => Some(true),
        Some(Verdict::Fail) => Some(false),
        _ => None,
    };
    Reading {
        from: Box::default(),
        dkim: verdict(&combination.dkim),
        spf: verdict(&combination.spf),
        passed_on: passed_on(combination),
        envelope: Envelope::Absent,
        own_signature: OwnSignature::Absent,
        key_use: KeyUse::Unasked,
        tenants: Vec::new(),
        relay_signature: false,
        forwarding_path: false,
        stranger_signature: None,
        foreign_path: None,
        originators: Vec::new(),
        machines: Vec::new(),
        weak: Vec::new(),
        evidence: Vec::new(),
        selectors: Vec::new(),
        keys: Vec::new(),
        envelope_domain: None,
    }
}

struct Reader<'a> {
    catalogue: &'a Catalogue,
    owner: &'a Owner,
    from: &'a str,
    reading: Reading,
}

impl Reader<'_> {
    /// Whether a name is in one of the owner's organisations; the author domain always is.
    fn is_own(&self, name: &str) -> bool {
        self.owner.has_domain(name)
            || (!self.from.is_empty() && organizational_domain(name) == organizational_domain(self.from))
    }

    fn signatures(&mut self, combination: &Combination) {
        // Passing ones first: where a hostile record has more than anybody reads, the order in it means nothing.
        let distinct: BTreeSet<_> = combination
            .auth_dkim
            .iter()
            .filter_map(|dkim| {
                let domain = dkim.domain.as_ref().filter(|domain| domain.is_domain())?;
                let selector = dkim.selector.as_deref().unwrap_or_default().trim();
                let selector = if selector.len() > LONGEST_NAME { "" } else { selector };
                let failed = dkim.result != Some(DkimResult::Pass);
                Some((failed, domain.as_str(), selector.to_ascii_lowercase()))
            })
            .collect();
        for (failed, domain, selector) in distinct.into_iter().take(MOST_RESULTS) {
            match (self.is_own(domain), failed) {
                (true, false) => self.own_signature(domain, selector),
                (true, true) => {
                    let state = &mut self.reading.own_signature;
                    *state = (*state).max(OwnSignature::Broken);
                }
                (false, false) => self.foreign_signature(domain, &selector),
                (false, true) => self.claim(domain, &selector),
            }
        }
    }

    fn own_signature(&mut self, domain: &str, selector: String) {
        self.reading.own_signature = OwnSignature::Passing;
        self.reading.keys.push(format!("{selector}._domainkey.{domain}"));
        if selector.is_empty() {
            return;
        }
        if self.owner.has_selector(&selector) {
            self.reading.key_use = KeyUse::Elsewhere;
        }
        let value = format!("{domain}, selector {selector}");
        let found: Vec<_> = self.catalogue.signals().selectors.find(&selector).collect();
        for (strength, service) in found {
            match strength {
                Strength::Weak => {
                    self.reading.weak.push((service, EvidenceKind::WeakSelector, value.clone()));
                }
                Strength::Likely | Strength::Strong => {
                    self.originator(service, EvidenceKind::Selector, &value, strength == Strength::Likely);
                }
            }
        }
        self.reading.selectors.push(selector);
    }

    fn foreign_signature(&mut self, domain: &str, selector: &str) {
        let catalogue = self.catalogue;
        let Some(claims) = catalogue.signals().dkim.find(domain) else {
            // The first of several in their order: that of the report means nothing.
            self.reading.stranger_signature.get_or_insert_with(|| organizational_domain(domain).into());
            return;
        };
        if let Some(tenant) = tenant(domain, self.owner, self.from) {
            self.reading.tenants.push(NamedTenant {
                host: claims.primary(),
                tenant,
                name: domain.to_owned(),
            });
        }
        let value = signature(domain, selector);
        let category = catalogue.service(claims.primary()).category;
        let kind = match category {
            Category::Isp => EvidenceKind::IspSignature,
            category if category.is_relay() => EvidenceKind::RelaySignature,
            _ => {
                self.originator(claims.primary(), EvidenceKind::ServiceSignature, &value, false);
                return;
            }
        };
        self.reading.relay_signature |= category.passes_on();
        self.machine(claims, kind, &value);
    }

    /// A signature that did not pass is a stranger's text: it is shown and counts for nothing.
    fn claim(&mut self, domain: &str, selector: &str) {
        if let Some(claims) = self.catalogue.signals().dkim.find(domain) {
            let value = signature(domain, selector);
            let names = Sender::Service(claims.primary());
            self.reading.evidence.push(Evidence { kind: EvidenceKind::Claim, value, names });
        }
    }

    fn envelopes(&mut self, combination: &Combination) {
        let mut stated: Vec<(SpfOutcome, bool, &str)> = combination
            .auth_spf
            .iter()
            .filter(|spf| !matches!(spf.scope, Some(SpfScope::Helo)))
            .filter_map(|spf| {
                let domain = spf.domain.as_ref().filter(|domain| domain.is_domain())?.as_str();
                Some((SpfOutcome::of(spf.result.as_ref()), !self.is_own(domain), domain))
            })
            .collect();
        if stated.is_empty()
            && let Some(domain) = combination.envelope_from.as_ref().filter(|domain| domain.is_domain())
        {
            stated.push((SpfOutcome::Other, !self.is_own(domain.as_str()), domain.as_str()));
        }
        // What passed comes first, then the owner's: the order in the report means nothing.
        stated.sort_unstable();
        stated.dedup();
        stated.truncate(MOST_RESULTS);
        for &(_, foreign, domain) in stated.iter().take_while(|(outcome, ..)| *outcome == SpfOutcome::Pass) {
            if foreign { self.foreign_envelope(domain) } else { self.own_envelope(domain) }
        }
        let texts = combination.auth_spf.iter().filter_map(|spf| spf.domain.as_ref());
        let mut texts = texts.chain(&combination.envelope_from).take(MOST_RESULTS);
        self.reading.forwarding_path = texts.any(|text| is_rewritten(text.as_str()));
        let Some(&(outcome, foreign, domain)) = stated.first() else { return };
        self.reading.envelope_domain = Some(domain.to_owned());
        self.reading.envelope = if foreign {
            let bounce = self.catalogue.signals().bounce.find(domain).map(Claims::primary);
            self.reading.forwarding_path |= bounce.is_none() && is_forwarding_name(domain);
            self.reading.foreign_path = Some(organizational_domain(domain).into());
            Envelope::Foreign { bounce, passed: outcome == SpfOutcome::Pass }
        } else {
            Envelope::Own(outcome)
        };
    }

    fn foreign_envelope(&mut self, domain: &str) {
        let catalogue = self.catalogue;
        let Some(claims) = catalogue.signals().bounce.find(domain) else { return };
        if catalogue.service(claims.primary()).category.is_relay() {
            self.machine(claims, EvidenceKind::RelayEnvelope, domain);
        } else {
            self.originator(claims.primary(), EvidenceKind::Envelope, domain, false);
            self.reading.machines.push(Machine { kind: EvidenceKind::Envelope, claims: claims.clone() });
        }
    }

    /// The labels of an envelope host that stand before the owner's domain.
    fn own_envelope(&mut self, domain: &str) {
        let organization = organizational_domain(domain);
        let Some(host) = domain.strip_suffix(organization).and_then(|host| host.strip_suffix('.')) else {
            return;
        };
        let ends = host.match_indices('.').map(|(at, _)| at).chain([host.len()]);
        let labels = &self.catalogue.signals().labels;
        let found: BTreeSet<_> =
            ends.filter_map(|end| host.get(..end)).flat_map(|l| labels.find(l)).collect();
        for (strength, service) in found {
            if strength == Strength::Weak {
                let kind = EvidenceKind::WeakEnvelopeLabel;
                self.reading.weak.push((service, kind, domain.to_owned()));
            } else {
                self.originator(service, EvidenceKind::EnvelopeLabel, domain, false);
                self.reading
                    .machines
                    .push(Machine { kind: EvidenceKind::EnvelopeLabel, claims: Claims::new(service) });
            }
        }
    }

    fn helo(&mut self, combination: &Combination) {
        for spf in combination.auth_spf.iter().take(MOST_RESULTS) {
            if spf.scope == Some(SpfScope::Helo)
                && spf.result == Some(SpfResult::Pass)
                && let Some(name) = spf.domain.as_ref().filter(|name| name.is_domain())
                && let Some(claims) = self.catalogue.signals().rdns.find(name.as_str())
            {
                self.machine(claims, EvidenceKind::Helo, name.as_str());
            }
        }
    }

    fn originator(&mut self, service: ServiceId, kind: EvidenceKind, value: &str, likely: bool) {
        let names = Sender::Service(service);
        self.reading.evidence.push(Evidence { kind, value: value.to_owned(), names });
        self.reading.originators.push(Candidate { service, kind, likely });
    }

    fn machine(&mut self, claims: &Claims, kind: EvidenceKind, value: &str) {
        let names = Sender::Service(claims.primary());
        self.reading.evidence.push(Evidence { kind, value: value.to_owned(), names });
        self.reading.machines.push(Machine { kind, claims: claims.clone() });
    }
}

fn signature(domain: &str, selector: &str) -> String {
    match selector {
        "" => domain.to_owned(),
        selector => format!("{domain}, selector {selector}"),
    }
}
