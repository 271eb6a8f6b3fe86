//! What is known of the owner of a domain.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::catalogue::{Catalogue, ServiceId};
use super::decision::Decision;
use super::org::organizational_domain;
use super::prefix::{Prefix, PrefixMap};
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
    /// Decisions by source, each for a domain and every name below it.
    decisions: HashMap<SourceKey, Vec<(Box<str>, Decision)>>,
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
        self.learn_tenant(tenant);
    }

    /// Adds a tenant that mail showed to be the owner's; there may be others.
    pub(super) fn learn_tenant(&mut self, tenant: &str) {
        let tenant = tenant.trim().to_ascii_lowercase();
        let label = tenant.split('.').next().unwrap_or_default();
        self.tenants.insert(label.into());
    }

    /// Keeps the owner's decision about a source, for a domain and every name below it. The decision for the
    /// longest name counts.
    pub fn decide(&mut self, domain: &str, source: SourceKey, decision: Decision) {
        let domain = domain.trim().trim_end_matches('.').to_ascii_lowercase();
        let decisions = self.decisions.entry(source).or_default();
        decisions.retain(|(other, _)| **other != *domain);
        decisions.push((domain.into(), decision));
        decisions.sort_by_key(|(domain, _)| std::cmp::Reverse(domain.len()));
    }

    /// The owner's decision about a source, for mail as `header_from`.
    #[must_use]
    pub fn decision(&self, header_from: &str, source: &SourceKey) -> Option<Decision> {
        // Most owners decide nothing, and this is asked of every pair of an address and a combination.
        if self.decisions.is_empty() {
            return None;
        }
        let decisions = self.decisions.get(source)?;
        decisions.iter().find(|(domain, _)| is_within(header_from, domain)).map(|&(_, decision)| decision)
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

    pub(super) const fn knows_tenants(&self) -> bool {
        self.tenants_known
    }

    pub(super) fn has_tenant(&self, tenant: &str) -> bool {
        self.tenants.contains(tenant)
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
