//! What a domain needs in DNS for DMARC reports to come: the record that asks for them, and where they are to go to somebody
//! else, that one's agreement (RFC 9990 section 4).

use super::answer::{Failure, Text};
use super::answers::Inquiry;
use super::check::AdvisedRecord;
use super::destination::{Consent, External, consent_name, external};
use super::discover::{Applied, Node, discover, listed_organizational};
use super::name::DnsName;
use super::propose::dmarc::Draft;
use super::query::RecordType;
use super::record::dmarc::{DmarcRecord, is_dmarc};
use super::record::printable;
use super::record::uri::{Destination, ReportUri};

/// What stands in DNS of a domain's reports, and what to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The domain.
    pub domain: DnsName,
    /// The record that asks for reports.
    pub asking: Asking,
    /// The mailboxes that it names, as it writes them.
    pub addresses: Vec<ReportUri>,
    /// Those of others, and whether they agreed.
    pub external: Vec<External>,
    /// The record to publish so that reports go to the address; `None` where nothing has to change, or nobody can tell.
    pub record: Option<AdvisedRecord>,
    /// The record by which the owner of the address's domain agrees to it; `None` where none is needed.
    pub consent: Option<Agreement>,
    /// Who takes the domain's mail.
    pub mail: MailSystem,
}

/// The record that asks for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// There is one: the domain that it is published for, and its text.
    Published(DnsName, String),
    /// There is none.
    Absent,
    /// There are so many at this domain that they count as none.
    Several(DnsName, usize),
    /// DNS did not answer about this domain.
    Unknown(DnsName, Failure),
}

/// An agreement to take reports about another domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The record.
    pub record: AdvisedRecord,
    /// Whether it is there.
    pub state: Consent,
}

/// Who takes a domain's mail: the commonest systems sign outgoing mail in a way that does not align until they are told to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailSystem {
    /// Microsoft 365.
    Microsoft365,
    /// Google Workspace.
    GoogleWorkspace,
    /// Others, by the first of their hosts.
    Other(DnsName),
    /// Nobody.
    Nobody,
    /// DNS did not answer.
    Unknown(Failure),
}

/// Looks it up; `None` while answers are missing. `address` is where reports are to go, if not where they go already.
#[must_use]
pub fn start(inquiry: &Inquiry<'_>, domain: &DnsName, address: Option<&ReportUri>) -> Option<Start> {
    let discovery = discover(inquiry, domain, true);
    let mail = mail_system(inquiry, domain);
    let discovery = discovery?;
    let several = discovery.walk.nodes.iter().find_map(|(at, node)| match node {
        Node::Several(count) => Some((at.clone(), *count)),
        _ => None,
    });
    let (asking, applied) = match (&discovery.undecided, &discovery.policy, several) {
        (Some((at, failure)), _, _) => (Asking::Unknown(at.clone(), *failure), None),
        (None, Some(applied), _) => {
            let published = &applied.published;
            (Asking::Published(published.domain.clone(), printable(&published.text)), Some(applied))
        }
        (None, None, Some((at, count))) => (Asking::Several(at, count), None),
        (None, None, None) => (Asking::Absent, None),
    };
    let addresses = applied.map(|applied| applied.published.record.rua.clone()).unwrap_or_default();
    let place = applied.map_or_else(|| domain.clone(), |applied| applied.published.domain.clone());
    let organizational = Ok(&discovery.organizational);
    let others = external(inquiry, &place, organizational, &addresses);
    let consent = match address {
        Some(address) => agreement(inquiry, &place, address),
        None => Some(None),
    };
    let record = match asking {
        Asking::Published(..) | Asking::Absent => to_publish(domain, applied, address),
        Asking::Several(..) | Asking::Unknown(..) => None,
    };
    let (external, consent, mail) = (others?, consent?, mail?);
    Some(Start { domain: domain.clone(), asking, addresses, external, record, consent, mail })
}

/// The record with the address, everything else in it kept.
fn to_publish(
    domain: &DnsName,
    applied: Option<&Applied>,
    address: Option<&ReportUri>,
) -> Option<AdvisedRecord> {
    let address = address?;
    let (at, mut draft) = match applied {
        Some(applied) if applied.published.record.rua.iter().any(|uri| uri.is_same(address)) => return None,
        Some(applied) => (&applied.published.domain, Draft::read(&applied.published.text)?),
        None => (domain, Draft::new()),
    };
    let addresses = match draft.get("rua") {
        Some(others) => format!("{others},{}", address.text),
        None => address.text.clone(),
    };
    draft.state_policy();
    draft.set("rua", &addresses);
    let owner = at.child("_dmarc").ok()?.to_string();
    Some(AdvisedRecord { owner, kind: "TXT", value: draft.record()? })
}

/// The agreement of the owner of the address's domain, where that is of another organization.
fn agreement(inquiry: &Inquiry<'_>, domain: &DnsName, address: &ReportUri) -> Option<Option<Agreement>> {
    let Some(Destination::Mail { host, .. }) = &address.destination else { return Some(None) };
    if listed_organizational(host) == listed_organizational(domain) {
        return Some(None);
    }
    let Some(name) = consent_name(domain, host) else { return Some(None) };
    let answer = inquiry.records(&name, RecordType::Txt)?;
    let is_one = |text: Vec<u8>| is_dmarc(&text) && DmarcRecord::parse(&text).is_some();
    let state = match answer.failure() {
        Some(failure) => Consent::Unknown(failure),
        None if answer.texts().map(Text::joined).any(is_one) => Consent::Given,
        None => Consent::Absent,
    };
    let record = AdvisedRecord { owner: name.to_string(), kind: "TXT", value: "v=DMARC1;".to_owned() };
    Some(Some(Agreement { record, state }))
}

fn mail_system(inquiry: &Inquiry<'_>, domain: &DnsName) -> Option<MailSystem> {
    let answer = inquiry.records(domain, RecordType::Mx)?;
    if let Some(failure) = answer.failure() {
        return Some(MailSystem::Unknown(failure));
    }
    let mut hosts: Vec<_> = answer.exchanges();
    hosts.sort_by_key(|(preference, _)| *preference);
    Some(match hosts.into_iter().next() {
        None => MailSystem::Nobody,
        Some((_, host)) if host.is_root() => MailSystem::Nobody,
        Some((_, host)) => of_host(host),
    })
}

/// Hosts below these names take mail for a system.
const HOSTS: [(&str, MailSystem); 5] = [
    ("mail.protection.outlook.com", MailSystem::Microsoft365),
    ("mx.microsoft", MailSystem::Microsoft365),
    ("google.com", MailSystem::GoogleWorkspace),
    ("googlemail.com", MailSystem::GoogleWorkspace),
    ("mail.protection.outlook.de", MailSystem::Microsoft365),
];

fn of_host(host: &DnsName) -> MailSystem {
    let found =
        HOSTS.iter().find(|(name, _)| DnsName::from_dotted(name).is_ok_and(|name| host.is_within(&name)));
    found.map_or_else(|| MailSystem::Other(host.clone()), |(_, system)| system.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::resolve::{Bounds, Immediate, drive};
    use crate::dns::testing::zone_of;
    use crate::dns::{Answers, Query};

    fn of(zone: &str, domain: &str, address: Option<&str>) -> Start {
        let zone = zone_of(zone);
        let (domain, address) =
            (DnsName::from_dotted(domain).unwrap(), address.map(|text| ReportUri::of(text.as_bytes())));
        let mut resolver = Immediate::new(|query: &Query| zone.answer(query));
        let mut answers = Answers::new();
        let settled = drive(&mut resolver, &mut answers, &Bounds::default(), |inquiry| {
            start(inquiry, &domain, address.as_ref())
        });
        settled.value.unwrap()
    }

    fn record(start: &Start) -> Option<(&str, &str)> {
        start.record.as_ref().map(|record| (record.owner.as_str(), record.value.as_str()))
    }

    #[test]
    fn what_is_there_is_kept_and_the_address_added() {
        let mine = Some("mailto:dmarc@example.com");
        let wanted = |record: &str| Some(("_dmarc.example.com", record.to_owned()));
        for (zone, record_wanted) in [
            ("", wanted("v=DMARC1; p=none; rua=mailto:dmarc@example.com")),
            (
                "_dmarc.example.com. TXT \"v=DMARC1; p=reject; adkim=s\"",
                wanted("v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@example.com"),
            ),
            (
                "_dmarc.example.com. TXT \"v=DMARC1; p=none; rua=mailto:a@other.example; fo=1\"",
                wanted("v=DMARC1; p=none; rua=mailto:a@other.example,mailto:dmarc@example.com; fo=1"),
            ),
            ("_dmarc.example.com. TXT \"v=DMARC1; p=none; rua=mailto:DMARC@Example.com!10m\"", None),
            ("_dmarc.example.com. TXT \"v=DMARC1\"\n_dmarc.example.com. TXT \"v=DMARC1; p=none\"", None),
            ("$BEHAVE _dmarc.example.com. TXT servfail", None),
        ] {
            let found = of(zone, "example.com", mine);
            let found = record(&found).map(|(owner, value)| (owner, value.to_owned()));
            assert_eq!(found, record_wanted, "{zone}");
        }
        // A record above covers it.
        let below = of("_dmarc.example.com. TXT \"v=DMARC1; p=none\"", "mail.example.com", mine);
        assert_eq!(record(&below).map(|(owner, _)| owner), Some("_dmarc.example.com"));
    }

    #[test]
    fn another_organization_has_to_agree() {
        let theirs = Some("mailto:r@box.example.net");
        let agreement = |zone: &str| {
            let found = of(zone, "example.com", theirs).consent.unwrap();
            assert_eq!(found.record.owner, "example.com._report._dmarc.box.example.net");
            found.state
        };
        assert_eq!(agreement(""), Consent::Absent);
        assert_eq!(agreement("*._report._dmarc.box.example.net. TXT \"v=DMARC1;\""), Consent::Given);
        assert!(matches!(
            agreement("$BEHAVE example.com._report._dmarc.box.example.net. TXT servfail"),
            Consent::Unknown(_)
        ));
        assert_eq!(of("", "example.com", Some("mailto:r@mail.example.com")).consent, None);
    }

    #[test]
    fn mail_systems_are_known_by_their_hosts() {
        let of = |host: &str| of(&format!("example.com. MX 10 {host}"), "example.com", None).mail;
        assert_eq!(of("example-com.mail.protection.outlook.com."), MailSystem::Microsoft365);
        assert_eq!(of("aspmx.l.google.com."), MailSystem::GoogleWorkspace);
        assert_eq!(of("."), MailSystem::Nobody);
        assert!(matches!(of("mx.notgoogle.com."), MailSystem::Other(_)));
    }
}
