//! Whether the addresses that reports are sent to have agreed (RFC 9990 section 4).

use super::answer::Failure;
use super::answers::Inquiry;
use super::discover;
use super::name::DnsName;
use super::query::RecordType;
use super::record::dmarc::{DmarcRecord, is_dmarc};
use super::record::uri::ReportUri;

/// An address for reports whose host is not of the domain's own organization, and what its owner says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// The address as stated.
    pub uri: ReportUri,
    /// Its host.
    pub host: DnsName,
    /// Where the agreement is looked for; `None` where that name would be too long.
    pub asked: Option<DnsName>,
    /// What was found there.
    pub consent: Consent,
}

/// What the owner of a host says to reports about another domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// A record says that they are welcome.
    Given,
    /// There is none: reporters leave the address out.
    Absent,
    /// The record there sends them to a host of somebody else: they go to neither.
    Diverted,
    /// Nobody knows.
    Unknown(Failure),
}

/// The name at which `host` agrees to reports about `domain`.
#[must_use]
pub fn consent_name(domain: &DnsName, host: &DnsName) -> Option<DnsName> {
    let place = host.child("_report._dmarc").ok()?;
    domain.within(&place).ok()
}

/// The addresses among `uris` that lead out of the organization of `domain`, where its policy record was
/// found, with what their owners say. `None` while answers are missing.
#[must_use]
pub fn external(
    inquiry: &Inquiry<'_>,
    domain: &DnsName,
    organizational: Result<&DnsName, Failure>,
    uris: &[ReportUri],
) -> Option<Vec<External>> {
    // All are looked at before any is missed: their questions go out together.
    let checked: Vec<_> = uris
        .iter()
        .filter_map(|uri| Some((uri, uri.host()?)))
        .map(|(uri, host)| {
            Some(match is_outside(inquiry, (host, domain), organizational)? {
                Ok(true) => Some(check(inquiry, domain, uri, host)?),
                Ok(false) => None,
                Err(failure) => {
                    let (asked, consent) = (consent_name(domain, host), Consent::Unknown(failure));
                    Some(External { uri: uri.clone(), host: host.clone(), asked, consent })
                }
            })
        })
        .collect();
    let checked: Option<Vec<Option<External>>> = checked.into_iter().collect();
    Some(checked?.into_iter().flatten().collect())
}

/// Whether a host belongs to another organization than the domain. Its own walk is needed only where it lies below the
/// organizational domain, from which a record on the way may part it. An error where DNS did not answer enough.
fn is_outside(
    inquiry: &Inquiry<'_>,
    (host, domain): (&DnsName, &DnsName),
    organizational: Result<&DnsName, Failure>,
) -> Option<Result<bool, Failure>> {
    let organizational = match organizational {
        Ok(organizational) => organizational,
        Err(_) if host == domain => return Some(Ok(false)),
        // A host that shares no registered domain is of another organization in any case.
        Err(_) if !host.is_within(&discover::listed_organizational(domain)) => return Some(Ok(true)),
        Err(failure) => return Some(Err(failure)),
    };
    if !host.is_within(organizational) {
        return Some(Ok(true));
    }
    if host == organizational {
        return Some(Ok(false));
    }
    let walk = discover::walk(inquiry, host)?;
    Some(match walk.failure() {
        Some((_, failure)) => Err(failure),
        None => Ok(walk.organizational() != *organizational),
    })
}

fn check(inquiry: &Inquiry<'_>, domain: &DnsName, uri: &ReportUri, host: &DnsName) -> Option<External> {
    let asked = consent_name(domain, host);
    let consent = match &asked {
        Some(name) => consent(inquiry, name, host)?,
        None => Consent::Absent,
    };
    Some(External { uri: uri.clone(), host: host.clone(), asked, consent })
}

fn consent(inquiry: &Inquiry<'_>, name: &DnsName, host: &DnsName) -> Option<Consent> {
    let answer = inquiry.records(name, RecordType::Txt)?;
    if let Some(failure) = answer.failure() {
        return Some(Consent::Unknown(failure));
    }
    let records: Vec<_> = answer
        .texts()
        .map(super::answer::Text::joined)
        .filter(|text| is_dmarc(text))
        .filter_map(|text| DmarcRecord::parse(&text))
        .collect();
    let diverted = records.iter().flat_map(|record| &record.rua).any(|uri| uri.host() != Some(host));
    Some(match records.is_empty() {
        true => Consent::Absent,
        false if diverted => Consent::Diverted,
        false => Consent::Given,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::testing::{settle, zone_of};

    #[test]
    fn strangers_have_to_agree_and_a_failure_is_no_refusal() {
        let zone = zone_of(
            r#"
            _dmarc.example.com. TXT "v=DMARC1; p=none"
            _dmarc.apart.example.com. TXT "v=DMARC1; p=none; psd=n"
            example.com._report._dmarc.one.example. TXT "v=DMARC1"
            *._report._dmarc.all.example. TXT "v=DMARC1;"
            example.com._report._dmarc.away.example. TXT "v=DMARC1; rua=mailto:x@other.example"
            example.com._report._dmarc.not.example. TXT "v=spf1 -all"
            $BEHAVE example.com._report._dmarc.dead.example. TXT drop
            "#,
        );
        let record = DmarcRecord::parse(
            b"v=DMARC1; p=none; rua=mailto:d@example.com,mailto:d@mail.example.com,mailto:d@apart.example.com,\
            mailto:d@one.example,mailto:d@all.example,mailto:d@away.example,mailto:d@not.example,\
            mailto:d@dead.example,mailto:d@none.example,nothing",
        )
        .unwrap();
        let domain = DnsName::from_dotted("example.com").unwrap();
        let found = settle(&zone, |inquiry| external(inquiry, &domain, Ok(&domain), &record.rua));
        let said: Vec<_> = found.iter().map(|one| (one.host.to_string(), one.consent)).collect();
        assert_eq!(
            said,
            [
                ("apart.example.com".into(), Consent::Absent),
                ("one.example".into(), Consent::Given),
                ("all.example".into(), Consent::Given),
                ("away.example".into(), Consent::Diverted),
                ("not.example".into(), Consent::Absent),
                ("dead.example".into(), Consent::Unknown(Failure::Timeout)),
                ("none.example".into(), Consent::Absent),
            ]
        );
    }
}
