//! What is known of the owner of a domain.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::catalogue::{Catalogue, ServiceId};
use super::decision::Decision;
use super::keys::KeyUses;
use super::org::organizational_domain;
use super::prefix::{Prefix, PrefixMap};
use super::reading::{KeyUse, Reading};
use super::source::SourceKey;
use super::tenant;
use crate::model::name::is_within;

/// What is known of the owner of a policy domain: everything a judgement needs besides the record itself.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    domains: HashSet<Box<str>>,
    organizations: HashSet<Box<str>>,
    confirmed: HashSet<ServiceId>,
    /// Services confirmed for one organisational domain.
    confirmed_for: HashMap<Box<str>, HashSet<ServiceId>>,
    addresses: PrefixMap<()>,
    selectors: HashSet<Box<str>>,
    /// The first labels of Microsoft tenants.
    tenants: HashSet<Box<str>>,
    tenants_known: bool,
    /// The first labels of the tenants that mail of an organisational domain showed to be the owner's.
    learned_tenants: HashMap<Box<str>, HashSet<Box<str>>>,
    keys: KeyUses,
    /// Decisions by source, each for a domain and every name below it.
    decisions: HashMap<SourceKey, Vec<(Box<str>, Made)>>,
    /// The lengths of the prefixes that decisions are about, the longest first.
    decided_lengths: Vec<u8>,
}

/// A decision as it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) decision: Decision,
    /// Whether one about addresses takes the mail of services from there too.
    pub(super) with_services: bool,
}

/// The name of a tenant: `contoso` of `contoso.onmicrosoft.com` and of `contoso.mail.onmicrosoft.com`.
fn tenant_label(tenant: &str) -> Box<str> {
    let tenant = tenant.trim().to_ascii_lowercase();
    tenant.split('.').next().unwrap_or_default().into()
}

impl Owner {
    /// Adds a domain of the owner's: mail signed by it, or with it in the envelope, is the owner's own. A
    /// name under `onmicrosoft.com` is a Microsoft tenant.
    pub fn add_domain(&mut self, domain: &str) {
        let domain = domain.trim().trim_end_matches('.').to_ascii_lowercase();
        if tenant::is_microsoft(&domain) {
            self.add_tenant(&domain);
        } else if !domain.is_empty() {
            self.organizations.insert(organizational_domain(&domain).into());
            self.domains.insert(domain.into());
        }
    }

    /// Adds a service that is known to send for every domain of the owner: its failing mail is something to put
    /// right.
    ///
    /// A service is confirmed by the owner's word, by a [`Learner`](super::Learner), or by the owner's DNS (its
    /// include in SPF, a selector that points to it).
    pub fn confirm(&mut self, service: ServiceId) {
        self.confirmed.insert(service);
    }

    /// Adds a service that is known to send for a domain and every other of its organisation.
    pub fn confirm_for(&mut self, domain: &str, service: ServiceId) {
        let organization = organizational_domain(domain);
        self.confirmed_for.entry(organization.into()).or_default().insert(service);
    }

    /// Adds addresses of the owner's own servers, as its SPF record lists them by `ip4`, `ip6`, `a` and `mx`,
    /// but not through includes of others.
    pub fn add_addresses(&mut self, prefix: Prefix) {
        self.addresses.entry(prefix, || ());
    }

    /// Adds a selector that is known from mail that also passed SPF: a copy that kept the envelope and fails
    /// SPF is then mail that was passed on.
    pub fn add_selector(&mut self, selector: &str) {
        self.selectors.insert(selector.trim().to_ascii_lowercase().into());
    }

    /// Adds a Microsoft tenant of the owner's: `contoso.onmicrosoft.com`. The owner's tenants are then taken to
    /// be known, and any other one is a stranger's.
    pub fn add_tenant(&mut self, tenant: &str) {
        self.tenants_known = true;
        self.tenants.insert(tenant_label(tenant));
    }

    /// Adds a tenant that mail of an organisational domain showed to be the owner's: for this domain, any other one is
    /// a stranger's from then on.
    pub(super) fn learn_tenant(&mut self, organization: &str, tenant: &str) {
        self.learned_tenants.entry(organization.into()).or_default().insert(tenant_label(tenant));
    }

    /// Keeps where the owner's keys were seen.
    pub(super) fn learn_keys(&mut self, keys: KeyUses) {
        self.keys = keys;
    }

    /// Where else the keys of a record were seen.
    pub(super) fn key_use(&self, reading: &Reading) -> KeyUse {
        self.keys.of(reading)
    }

    /// Keeps the owner's decision about a source, for a domain and every name below it. The decision for the
    /// longest name counts, and of several about addresses the one for the longest prefix.
    pub fn decide(&mut self, domain: &str, source: SourceKey, decision: Decision) {
        self.keep(domain, source, Made { decision, with_services: false });
    }

    /// Keeps a decision about addresses that also takes the mail of services from there: one without that takes what no
    /// service is named for.
    pub fn decide_with_services(&mut self, domain: &str, source: SourceKey, decision: Decision) {
        self.keep(domain, source, Made { decision, with_services: true });
    }

    fn keep(&mut self, domain: &str, source: SourceKey, made: Made) {
        if let SourceKey::Block(prefix) = source
            && !self.decided_lengths.contains(&prefix.length())
        {
            self.decided_lengths.push(prefix.length());
            self.decided_lengths.sort_unstable_by(|a, b| b.cmp(a));
        }
        let domain = domain.trim().trim_end_matches('.').to_ascii_lowercase();
        let decisions = self.decisions.entry(source).or_default();
        decisions.retain(|(other, _)| **other != *domain);
        decisions.push((domain.into(), made));
        decisions.sort_by_key(|(domain, _)| std::cmp::Reverse(domain.len()));
    }

    /// The owner's decision about a source, for mail as `header_from`.
    #[must_use]
    pub fn decision(&self, header_from: &str, source: &SourceKey) -> Option<Decision> {
        self.made(header_from, source).map(|made| made.decision)
    }

    /// The decision as it was made.
    pub(super) fn made(&self, header_from: &str, source: &SourceKey) -> Option<Made> {
        // Most owners decide nothing, and this is asked of every pair of an address and a combination.
        if self.decisions.is_empty() {
            return None;
        }
        let decisions = self.decisions.get(source)?;
        decisions.iter().find(|(domain, _)| is_within(header_from, domain)).map(|&(_, made)| made)
    }

    /// The prefixes that hold an address and that something was decided about, the longest first.
    pub(super) fn decided_prefixes(&self, address: IpAddr) -> impl Iterator<Item = Prefix> {
        let width = if address.to_canonical().is_ipv4() { 32 } else { 128 };
        let lengths = self.decided_lengths.iter().filter(move |&&length| length <= width);
        lengths
            .map(move |&length| Prefix::new(address, length))
            .filter(|&prefix| self.decides(&SourceKey::Block(prefix)))
    }

    /// Whether anything was decided at all.
    pub(super) fn decides_anything(&self) -> bool {
        !self.decisions.is_empty()
    }

    /// Whether anything was decided about a source, for whatever domain.
    pub(super) fn decides(&self, source: &SourceKey) -> bool {
        self.decisions.contains_key(source)
    }

    /// Whether a service is known to send as `header_from`.
    #[must_use]
    pub fn has_confirmed(&self, header_from: &str, service: ServiceId) -> bool {
        self.confirmed.contains(&service)
            || self
                .confirmed_for
                .get(organizational_domain(header_from))
                .is_some_and(|confirmed| confirmed.contains(&service))
            || self.decision(header_from, &SourceKey::Service(service)) == Some(Decision::Authorised)
    }

    /// Whether a name is in one of the owner's organisations.
    #[must_use]
    pub fn has_domain(&self, name: &str) -> bool {
        self.organizations.contains(organizational_domain(name))
    }

    /// Whether an address is one of the owner's own servers.
    #[must_use]
    pub fn has_address(&self, address: IpAddr) -> bool {
        !self.addresses.is_empty() && self.addresses.find(address).is_some()
    }

    pub(super) fn has_selector(&self, selector: &str) -> bool {
        self.selectors.contains(selector)
    }

    pub(super) fn organizations(&self) -> impl Iterator<Item = &str> {
        self.organizations.iter().map(|name| &**name)
    }

    pub(super) fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.iter().map(|name| &**name)
    }

    /// Whether the tenants that send for an organisational domain are known.
    pub(super) fn knows_tenants(&self, organization: &str) -> bool {
        self.tenants_known || self.learned_tenants.contains_key(organization)
    }

    /// Whether a tenant is the owner's, whichever of its domains that is known from.
    pub(super) fn has_tenant(&self, tenant: &str) -> bool {
        self.tenants.contains(tenant) || self.learned_tenants.values().any(|known| known.contains(tenant))
    }

    /// Confirms the services that the DNS of a domain shows: the names its SPF record includes, and the names its
    /// DKIM selectors point to. An include that several services share confirms the one it shows.
    pub fn confirm_from_dns<'n>(
        &mut self,
        domain: &str,
        catalogue: &Catalogue,
        includes: impl IntoIterator<Item = &'n str>,
        selector_targets: impl IntoIterator<Item = &'n str>,
    ) {
        let includes = includes.into_iter().filter_map(|name| catalogue.by_spf_include(name));
        let targets = selector_targets.into_iter().filter_map(|name| catalogue.by_selector_target(name));
        includes.chain(targets).for_each(|service| self.confirm_for(domain, service));
    }
}
