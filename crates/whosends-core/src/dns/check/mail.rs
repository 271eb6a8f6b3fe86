//! What is to be said about the hosts that take a domain's mail.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Context;
use super::finding::{Check, Finding, Severity};
use super::spf_terms::is_not_routed;
use crate::dns::answer::Security;
use crate::dns::discover::listed_organizational;
use crate::dns::spf::{MOST_NAMES, Net};
use crate::dns::{Answer, DnsName, Failure, Inquiry, Outcome, Query, RecordData, RecordType, Want};

/// How many hosts are looked at.
const MOST_HOSTS: usize = 10;
/// How many addresses of each.
const MOST_ADDRESSES: usize = 6;
/// How many names of each address.
const MOST_POINTERS: usize = 5;

/// A host that takes mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MxView {
    /// The lower, the sooner.
    pub preference: u16,
    /// The host; the root where there is none.
    pub exchange: DnsName,
    /// The name that it is an alias of, where it is one.
    pub alias: Option<DnsName>,
    /// Its addresses, with their names.
    pub addresses: Vec<AddressView>,
    /// Whether it is certain that it has no address.
    pub addressless: bool,
    /// Certificates that DANE publishes for it: usage, selector, matching type, length of the data.
    pub tlsa: Vec<(u8, u8, u8, usize)>,
    /// Whether DNSSEC protects these; `None` where that can't be told.
    pub tlsa_secure: Option<bool>,
    /// Why it is not known whether there are certificates, or whether they are protected.
    pub tlsa_unanswered: Option<Failure>,
    /// What DNS did not answer about its addresses and their names, with the reason.
    pub unanswered: Vec<(String, Failure)>,
}

impl MxView {
    /// Whether all its addresses are known.
    #[must_use]
    pub fn knows_addresses(&self) -> bool {
        let host = self.exchange.to_string();
        !self.unanswered.iter().any(|(what, _)| *what == host)
    }
}

/// An address with its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressView {
    /// The address.
    pub address: IpAddr,
    /// Its names, as far as they were looked at.
    pub names: Vec<DnsName>,
    /// Whether one of them leads back to it; `None` where that can't be told.
    pub confirmed: Option<bool>,
    /// How many names it has.
    pub name_count: usize,
}

/// What DNS says about mail hosts.
pub(super) struct Facts<'a> {
    answer: &'a Answer,
    /// Whether the domain has an address of its own, where it has no mail host; an error where DNS did not answer.
    has_address: Result<bool, Failure>,
    pub(super) views: Vec<MxView>,
}

impl Facts<'_> {
    /// Whether mail for the domain is taken by hosts that it names.
    pub(super) fn has_hosts(&self) -> bool {
        self.views.iter().any(|view| !view.exchange.is_root())
    }

    /// Whether DNS answered which hosts the domain names.
    pub(super) fn is_answered(&self) -> bool {
        self.answer.failure().is_none()
    }

    /// Why it is not known which hosts take mail for the domain.
    pub(super) fn silence(&self) -> Option<Failure> {
        self.answer.failure().or(self.has_address.err())
    }

    /// Whether the domain says that it takes no mail (RFC 7505).
    pub(super) fn is_null(&self) -> bool {
        matches!(&*self.views, [only] if only.exchange.is_root())
    }

    /// Addresses with more names than receivers look at.
    pub(super) fn many_names(&self) -> Vec<(IpAddr, usize)> {
        let addresses = self.views.iter().flat_map(|view| &view.addresses);
        addresses.filter(|one| one.name_count > MOST_NAMES).map(|one| (one.address, one.name_count)).collect()
    }
}

/// Looks everything up; `None` while answers are missing.
pub(super) fn look<'a>(inquiry: &Inquiry<'a>, domain: &DnsName) -> Option<Facts<'a>> {
    let answer = inquiry.records(domain, RecordType::Mx)?;
    let hosts: Vec<_> = answer.exchanges().into_iter().take(MOST_HOSTS).collect();
    let views: Vec<_> =
        hosts.iter().map(|(preference, exchange)| host(inquiry, *preference, exchange)).collect();
    let mut has_address = Ok(false);
    if answer.is_absent() {
        let own = [RecordType::A, RecordType::Aaaa].map(|kind| inquiry.records(domain, kind));
        for one in own {
            let one = one?;
            has_address = match (has_address, one.failure()) {
                (Ok(true), _) => Ok(true),
                (_, None) if !one.records().is_empty() => Ok(true),
                (known, None) => known,
                (_, Some(failure)) => Err(failure),
            };
        }
    }
    Some(Facts { answer, has_address, views: views.into_iter().collect::<Option<_>>()? })
}

/// Whether a mail host is written as an address.
fn is_literal(exchange: &DnsName) -> bool {
    let text = exchange.to_string();
    text.parse::<IpAddr>().is_ok() || text.starts_with('[')
}

fn host(inquiry: &Inquiry<'_>, preference: u16, exchange: &DnsName) -> Option<MxView> {
    let mut view = MxView {
        preference,
        exchange: exchange.clone(),
        alias: None,
        addresses: Vec::new(),
        addressless: false,
        tlsa: Vec::new(),
        tlsa_secure: None,
        tlsa_unanswered: None,
        unanswered: Vec::new(),
    };
    if exchange.is_root() || is_literal(exchange) {
        return Some(view);
    }
    let answers = [RecordType::A, RecordType::Aaaa].map(|kind| inquiry.records(exchange, kind));
    let certificates = inquiry.records(&super::below(exchange, "_25._tcp"), RecordType::Tlsa);
    let [v4, v6] = answers;
    let (v4, v6) = (v4?, v6?);
    view.addressless = v4.is_absent() && v6.is_absent();
    view.alias = v4.aliases.last().or(v6.aliases.last()).cloned();
    let failed = v4.failure().or(v6.failure());
    view.unanswered.extend(failed.map(|failure| (exchange.to_string(), failure)));
    let found: Vec<_> = v4.addresses().chain(v6.addresses()).take(MOST_ADDRESSES).collect();
    let addresses: Vec<_> = found.into_iter().map(|address| reverse(inquiry, address)).collect();
    for one in addresses {
        let (address, failed) = one?;
        view.unanswered.extend(failed.map(|failure| (address.address.to_string(), failure)));
        view.addresses.push(address);
    }
    let certificates = certificates?;
    view.tlsa = certificates.records().iter().filter_map(certificate).collect();
    view.tlsa_unanswered = certificates.failure();
    if !view.tlsa.is_empty() {
        match secure(inquiry, exchange, certificates.authenticated)? {
            Ok(secure) => view.tlsa_secure = secure,
            Err(failure) => view.tlsa_unanswered = Some(failure),
        }
    }
    Some(view)
}

/// Whether DNSSEC protects the certificates of a host: by a validating resolver, else by the word of the
/// server, else certainly not where its registered domain is not signed.
fn secure(
    inquiry: &Inquiry<'_>,
    host: &DnsName,
    authenticated: bool,
) -> Option<Result<Option<bool>, Failure>> {
    let name = super::below(host, "_25._tcp");
    let validated = inquiry.ask(Query { name, want: Want::Security(RecordType::Tlsa) });
    let signed = inquiry.records(&listed_organizational(host), RecordType::Ds);
    let (validated, signed) = (validated?, signed?);
    // A resolver that can't validate leaves it to the other ways.
    let silent = validated.failure().filter(|failure| *failure != Failure::Unsupported);
    Some(match validated.security() {
        Some(Security::Secure) => Ok(Some(true)),
        Some(Security::Insecure) => Ok(Some(false)),
        _ if authenticated => Ok(Some(true)),
        _ if signed.is_absent() => Ok(Some(false)),
        _ => silent.or(signed.failure()).map_or(Ok(None), Err),
    })
}

fn certificate(record: &RecordData) -> Option<(u8, u8, u8, usize)> {
    match record {
        RecordData::Tlsa(usage, selector, matching, data) => Some((*usage, *selector, *matching, data.len())),
        _ => None,
    }
}

/// Looks an address up backwards, and its names forwards again (RFC 8601 section 3). With what DNS did not answer.
fn reverse(inquiry: &Inquiry<'_>, address: IpAddr) -> Option<(AddressView, Option<Failure>)> {
    let not_asked = AddressView { address, names: Vec::new(), confirmed: None, name_count: 0 };
    if is_not_routed(Net::single(address)) {
        return Some((not_asked, None));
    }
    let answer = inquiry.records(&DnsName::reverse(address), RecordType::Ptr)?;
    let names: Vec<_> = answer.pointers().take(MOST_POINTERS).cloned().collect();
    let kind = if address.is_ipv4() { RecordType::A } else { RecordType::Aaaa };
    let forward: Vec<_> = names.iter().map(|name| inquiry.records(name, kind)).collect();
    let mut failed = answer.failure();
    let mut confirmed = false;
    for one in forward {
        let one = one?;
        confirmed |= one.addresses().any(|found| found == address);
        failed = failed.or(one.failure());
    }
    let confirmed = if confirmed { Some(true) } else { failed.is_none().then_some(false) };
    let failed = failed.filter(|_| confirmed.is_none());
    let name_count = answer.pointers().count();
    Some((AddressView { address, names, confirmed, name_count }, failed))
}

/// Judges what was found.
pub(super) fn judge(facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let domain = context.domain;
    if let (true, Err(failure)) = (facts.answer.is_absent(), facts.has_address) {
        findings.push(Finding::undecided(Check::MxDnsError, domain, failure));
        return;
    }
    match &facts.answer.outcome {
        Outcome::Failed(failure) => findings.push(Finding::undecided(Check::MxDnsError, domain, failure)),
        Outcome::Bogus => {
            findings.push(Finding::undecided(Check::MxDnsError, domain, "DNSSEC validation fails"))
        }
        Outcome::NoData if facts.has_address == Ok(true) => {
            let message = "no MX record: mail is tried at the address of the name itself";
            let finding = Finding::warning(Check::MxNone, domain, message)
                .advise("name the hosts that take mail; a domain that takes none says so");
            // Mail of a domain with a null MX may be refused (RFC 7505 section 4.2).
            let parked = context.parked && facts.answer.aliases.is_empty();
            findings.push(if parked { finding.publish(domain, "MX", "0 .") } else { finding });
        }
        Outcome::NoData | Outcome::NoSuchName => {
            findings.push(Finding::info(Check::MxNone, domain, "no MX record"));
        }
        Outcome::Found(_) => {
            null(facts, context, findings);
            let mut told = Vec::new();
            for view in facts.views.iter().filter(|view| !view.exchange.is_root()) {
                judge_host(view, context, &mut told);
            }
            findings.extend(together(told, domain));
            let silent: Vec<_> = facts.views.iter().flat_map(|view| &view.unanswered).cloned().collect();
            findings.extend(Finding::unanswered(Check::MxDnsError, &silent));
        }
    }
}

fn null(facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let domain = context.domain;
    let nulls: Vec<_> = facts.views.iter().filter(|view| view.exchange.is_root()).collect();
    let Some(null) = nulls.first() else { return };
    if nulls.len() < facts.views.len() {
        findings.push(
            Finding::error(
                Check::MxNullMixed,
                domain,
                "a null MX beside hosts that take mail: senders may give up",
            )
            .advise("keep either the null MX or the hosts"),
        );
        return;
    }
    findings.push(Finding::info(Check::MxNull, domain, "the domain takes no mail"));
    if null.preference != 0 {
        let message = format!("the null MX has preference {}", null.preference);
        let finding = Finding::info(Check::MxNullMixed, domain, message);
        findings.push(if context.parked { finding.publish(domain, "MX", "0 .") } else { finding });
    }
}

/// What several hosts lack is one finding, about the domain.
fn together(told: Vec<Finding>, domain: &DnsName) -> Vec<Finding> {
    let mut groups: BTreeMap<Check, Vec<Finding>> = BTreeMap::new();
    for finding in told {
        groups.entry(finding.check).or_default().push(finding);
    }
    let merged = |mut group: Vec<Finding>| match group.pop() {
        Some(only) if group.is_empty() => Some(only),
        Some(last) => {
            group.push(last);
            merge(group, domain)
        }
        None => None,
    };
    groups.into_values().filter_map(merged).collect()
}

fn merge(group: Vec<Finding>, domain: &DnsName) -> Option<Finding> {
    let first = group.first()?;
    let what = match first.check {
        Check::MxCname => "mail hosts are aliases",
        Check::MxNoAddress => "mail hosts have no address: mail to them is lost",
        Check::MxIpLiteral => "mail hosts are written as addresses: senders can't use them",
        Check::MxPrivate => "mail hosts are such that nobody outside reaches them",
        Check::MxFcrdnsMismatch => "addresses of mail hosts have names that do not lead back to them",
        _ => "addresses of mail hosts have no name: many receivers refuse mail from them",
    };
    let mut finding = Finding::new(first.check, first.severity, domain, format!("{} {what}", group.len()));
    finding.advice = first.advice.clone();
    let mut lines = Vec::new();
    for (index, one) in group.into_iter().enumerate() {
        lines.push(format!("{}: {}", one.subject, one.message));
        lines.extend(one.evidence);
        if let (Some(advice), Some(more), true) = (&mut finding.advice, one.advice, index > 0) {
            advice.records.extend(more.records);
        }
    }
    Some(finding.evidence(lines))
}

/// Whether a mail host is an address to which the zone's own name was added, for want of a dot at its end.
fn is_relative_literal(exchange: &DnsName, domain: &DnsName) -> bool {
    let (host, suffix) = (exchange.to_string(), format!(".{domain}"));
    host.strip_suffix(&suffix).is_some_and(|label| label.parse::<IpAddr>().is_ok())
}

fn judge_host(view: &MxView, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let (domain, host) = (context.domain, &view.exchange);
    // The names of a provider's hosts are the provider's business.
    let is_own = host.is_within(context.registered);
    if is_literal(host) || view.addressless && is_relative_literal(host, domain) {
        findings.push(
            Finding::error(
                Check::MxIpLiteral,
                host,
                "an address in place of a host name: senders can't use it",
            )
            .advise("give the host a name, and name that"),
        );
        return;
    }
    if let Some(target) = &view.alias {
        findings.push(
            Finding::warning(Check::MxCname, host, format!("the mail host is an alias of {target}"))
                .advise("name the host itself"),
        );
    }
    if view.addressless {
        findings.push(
            Finding::error(Check::MxNoAddress, host, "the mail host has no address: mail to it is lost")
                .advise("give it an address, or remove it"),
        );
    }
    let hidden = |one: &AddressView| is_not_routed(Net::single(one.address));
    if !view.addresses.is_empty() && view.knows_addresses() && view.addresses.iter().all(hidden) {
        let shown = view.addresses.iter().map(|one| one.address.to_string());
        let finding = Finding::warning(Check::MxPrivate, host, "nobody outside reaches the mail host");
        findings.push(finding.evidence(shown));
    }
    for one in view.addresses.iter().filter(|one| !hidden(one)) {
        let address = one.address;
        let named = |finding: Finding| match is_own {
            true => finding.publish(DnsName::reverse(address), "PTR", format!("{host}.")),
            false => finding,
        };
        if one.confirmed == Some(false) && one.names.is_empty() {
            let message = format!("{address} has no name: many receivers refuse mail from it");
            findings.push(named(Finding::warning(Check::MxNoPtr, host, message)));
        } else if one.confirmed == Some(false) {
            let message = format!("{address} has names that do not lead back to it");
            let severity = if is_own { Severity::Warning } else { Severity::Info };
            let finding = Finding::new(Check::MxFcrdnsMismatch, severity, host, message);
            findings.push(named(finding.evidence(one.names.iter().map(ToString::to_string))));
        }
    }
}
