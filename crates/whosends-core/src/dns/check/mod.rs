//! The posture of a domain: what stands in its DNS around mail, what is wrong with it, and what to publish.
//!
//! [`posture`] is a pure function over an [`Inquiry`]; everything that can be asked is asked at once.

mod alignment;
mod compare;
mod dkim;
mod dkim_judge;
mod dkim_use;
mod dmarc;
mod dmarc_differs;
mod dmarc_places;
mod dmarc_record;
mod dmarc_syntax;
mod finding;
mod lookalikes;
mod mail;
mod prove;
mod readiness;
mod spf;
mod spf_everybody;
mod spf_fix;
mod spf_limits;
mod spf_terms;
mod transport;
mod zone;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod zones;

use std::net::IpAddr;

use sha2::{Digest, Sha256};

pub use dkim::{COMMON_SELECTORS, DkimView, Guesses, KeyState, Origin, Selector};
pub use dkim_use::{InUse, Recency};
pub use dmarc::DmarcView;
pub use finding::{Advice, AdvisedRecord, Check, Finding, Severity};
pub use mail::{AddressView, MxView};
pub use spf::SpfView;
pub use transport::TransportView;

use super::answer::Failure;
use super::answers::Inquiry;
use super::discover::listed_organizational;
use super::name::DnsName;

/// What to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The domain.
    pub domain: DnsName,
    /// The DKIM selectors to look for. Common ones are only tried where `_domainkey` exists, so that they
    /// cost nothing where there is no key.
    pub selectors: Vec<Selector>,
    /// The selectors that sign for the domain, by the newest reports.
    pub in_use: Vec<InUse>,
    /// Whether reports saw mail from the domain.
    pub mail_seen: bool,
    /// The addresses that reports saw pass SPF for the domain: no proposal makes one of them fail.
    pub passing: Vec<IpAddr>,
    /// The messages in reports that strict alignment costs.
    pub relaxed_only: RelaxedOnly,
}

/// Messages that pass in relaxed alignment and would not in strict alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RelaxedOnly {
    /// By DKIM.
    pub dkim: u64,
    /// By SPF.
    pub spf: u64,
}

impl Target {
    /// A domain with the selectors that are known, to which the common ones are added.
    #[must_use]
    pub fn new(domain: DnsName, known: Vec<Selector>) -> Self {
        let mut selectors = known;
        let common = COMMON_SELECTORS.iter().filter_map(|text| DnsName::from_dotted(text).ok());
        for name in common {
            if !selectors.iter().any(|selector| selector.name == name) {
                selectors.push(Selector { name, origin: Origin::Common });
            }
        }
        let (in_use, passing, relaxed_only) = (Vec::new(), Vec::new(), RelaxedOnly::default());
        Self { domain, selectors, in_use, mail_seen: false, passing, relaxed_only }
    }
}

/// What was found out about a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posture {
    /// The domain.
    pub domain: DnsName,
    /// Whether it exists in DNS; `None` where DNS answered no question about it.
    pub exists: Option<bool>,
    /// What is to be said, the worst first within each area; areas in the order of [`Check::ALL`].
    pub findings: Vec<Finding>,
    /// Who may send.
    pub spf: SpfView,
    /// What happens to other mail.
    pub dmarc: DmarcView,
    /// The keys for signatures, of the known selectors and of those found.
    pub dkim: Vec<DkimView>,
    /// The common selectors that were tried besides.
    pub guesses: Guesses,
    /// The hosts that take mail.
    pub mx: Vec<MxView>,
    /// Whether DNS answered which hosts these are.
    pub knows_hosts: bool,
    /// How mail has to be transported.
    pub transport: TransportView,
    /// The BIMI records, made printable; `None` where DNS did not answer.
    pub bimi: Option<Vec<String>>,
}

impl Posture {
    /// The worst decided finding.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().filter(|finding| !finding.temporary).map(|finding| finding.severity).max()
    }

    /// Whether something could not be decided, because DNS did not answer.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.findings.iter().any(Finding::is_open)
    }
}

/// What the judges of single records need to know of the others.
struct Context<'a> {
    domain: &'a DnsName,
    /// The domain that is registered, by the public suffix list.
    registered: &'a DnsName,
    /// The organizational domain, by the tree walk.
    organizational: &'a DnsName,
    exists: bool,
    has_mail_hosts: bool,
    /// Whether everything shows that the domain has no mail: no host takes any, no report saw any, SPF passes nobody,
    /// and no key stands there.
    parked: bool,
    /// Why that can't be told.
    parked_silence: Option<Failure>,
    /// Whether a DMARC record applies; `None` where that can't be told.
    has_policy: Option<bool>,
    /// Addresses of mail hosts with more names than receivers look at.
    many_names: &'a [(IpAddr, usize)],
}

/// A name that nobody publishes, always the same for a domain: what answers there answers everywhere.
fn probe_name(domain: &DnsName) -> DnsName {
    let digest = Sha256::digest(domain.to_string().as_bytes());
    let label: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    below(domain, &format!("whosends-{label}"))
}

/// The name that `prefix` leads to below a domain. Where that would be too long nothing can stand there:
/// then the domain itself is returned, at which no such record stands either.
fn below(domain: &DnsName, prefix: &str) -> DnsName {
    domain.child(prefix).unwrap_or_else(|_| domain.clone())
}

/// Checks a domain. `None` while answers are missing.
#[must_use]
pub fn posture(inquiry: &Inquiry<'_>, target: &Target) -> Option<Posture> {
    let mut posture = judged(inquiry, target)?;
    prove::prove(inquiry, target, &mut posture)?;
    Some(posture)
}

/// Checks a domain, and proposes records that are still to be proven.
fn judged(inquiry: &Inquiry<'_>, target: &Target) -> Option<Posture> {
    let domain = &target.domain;
    let registered = listed_organizational(domain);
    let zone = zone::look(inquiry, domain, &registered);
    let spf = spf::look(inquiry, domain, &registered);
    let hosts = mail::look(inquiry, domain);
    let dkim = dkim::look(inquiry, domain, &target.selectors);
    let transport = transport::look(inquiry, domain);
    let lookalikes = lookalikes::look(inquiry, domain);
    let exists = zone.as_ref().map_or(Some(true), zone::Facts::exists);
    let dmarc = dmarc::look(inquiry, domain, exists);
    let (zone, spf, hosts, dkim, transport, dmarc) = (zone?, spf?, hosts?, dkim?, transport?, dmarc?);
    let many_names = hosts.many_names();
    let parked = match exists {
        Some(true) => is_parked(&hosts, &spf, &dkim, target),
        Some(false) => Ok(false),
        None => Err(hosts.silence().unwrap_or(Failure::Deadline)),
    };
    let context = Context {
        domain,
        registered: &registered,
        organizational: &dmarc.view.discovery.organizational,
        exists: exists == Some(true),
        has_mail_hosts: hosts.has_hosts(),
        parked: parked == Ok(true),
        parked_silence: parked.err(),
        has_policy: dmarc.view.has_policy(),
        many_names: &many_names,
    };
    let mut findings = Vec::new();
    zone::judge(&zone, &context, &mut findings);
    spf::judge(&spf, &context, &mut findings);
    dmarc::judge(&dmarc, &context, &mut findings);
    alignment::judge(&dmarc.view.discovery, target.relaxed_only, &mut findings);
    dkim_judge::judge(&dkim, &context, &target.in_use, &mut findings);
    mail::judge(&hosts, &context, &mut findings);
    transport::judge(&transport, &hosts, &context, &mut findings);
    let lookalikes = lookalikes?;
    // What was meant as one is told in place of that there is none.
    if lookalikes.iter().any(|one| one.check == Check::TlsRptLookalike) {
        findings.retain(|one| one.check != Check::TlsRptMissing);
    }
    findings.extend(lookalikes);
    zone::judge_bimi(&zone, &dmarc.view, &context, &mut findings);
    zone::judge_parked(&spf, &dmarc, &hosts, &context, &mut findings);
    hold_back(&mut findings, parked.is_err(), dmarc.begins_unsure() || hosts.silence().is_some());
    sort(&mut findings);
    Some(Posture {
        domain: domain.clone(),
        exists,
        findings,
        bimi: zone.bimi_records(),
        spf: spf.view,
        dmarc: dmarc.view,
        guesses: dkim.guesses,
        dkim: dkim.views,
        knows_hosts: hosts.is_answered(),
        mx: hosts.views,
        transport: transport.view,
    })
}

/// Whether everything shows that a domain has no mail. That no host takes any is not enough: many names send alone. An
/// error where DNS did not answer what may show it.
fn is_parked(
    hosts: &mail::Facts<'_>,
    spf: &spf::Facts<'_>,
    dkim: &dkim::Facts<'_>,
    target: &Target,
) -> Result<bool, Failure> {
    if hosts.has_hosts() || target.mail_seen || dkim.views.iter().any(DkimView::is_live) {
        return Ok(false);
    }
    match spf.silence() {
        None if spf.may_name_senders() => return Ok(false),
        Some(failure) => return Err(failure),
        None => {}
    }
    hosts.silence().or(dkim.silence()).map_or(Ok(true), Err)
}

/// Takes away the records that were proposed from what is not known: whether the domain sends mail, and whether a policy
/// was meant elsewhere.
fn hold_back(findings: &mut [Finding], may_send: bool, may_have_policy: bool) {
    for finding in findings {
        let of_senders = matches!(finding.check.area(), "spf" | "dmarc" | "mx" | "parked");
        let begins = matches!(finding.check, Check::DmarcMissing | Check::DmarcWrongLocation);
        if may_send && of_senders || may_have_policy && begins {
            finding.withdraw();
        }
    }
}

/// Areas in the order of the checks, and in each the worst first.
fn sort(findings: &mut [Finding]) {
    let area = |check: Check| Check::ALL.iter().position(|other| other.area() == check.area());
    findings.sort_by_key(|finding| {
        (area(finding.check), std::cmp::Reverse(finding.severity), finding.check, finding.subject.clone())
    });
}
