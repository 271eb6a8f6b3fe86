//! Where reports are sent, and whether they arrive there.

use super::{Facts, Silent};
use crate::dns::check::finding::{Check, Finding};
use crate::dns::destination::{Consent, External, external};
use crate::dns::discover::{Applied, Discovery};
use crate::dns::record::dmarc::Subject;
use crate::dns::{DnsName, Failure, Inquiry, RecordType};

/// How many report addresses are looked at.
const MOST_DESTINATIONS: usize = 16;

/// The report addresses of others. An inherited record is its owner's business.
pub(super) fn reports(
    inquiry: &Inquiry<'_>,
    applied: &Applied,
    discovery: &Discovery,
) -> Option<Vec<External>> {
    if applied.subject != Subject::Domain {
        return Some(Vec::new());
    }
    let record = &applied.published.record;
    // That nothing is sent to other addresses than those of mail is told; whether their hosts agree is no matter.
    let uris = record.rua.iter().chain(&record.ruf).filter(|uri| uri.is_mail());
    let uris: Vec<_> = uris.take(MOST_DESTINATIONS).cloned().collect();
    let organizational = match discovery.walk.failure() {
        None => Ok(&discovery.organizational),
        Some((_, failure)) => Err(failure),
    };
    external(inquiry, &applied.published.domain, organizational, &uris)
}

/// The hosts of report addresses to which no mail can be sent, and those of which that is not known.
pub(super) fn mailless(inquiry: &Inquiry<'_>, applied: &Applied) -> Option<(Vec<DnsName>, Silent)> {
    if applied.subject != Subject::Domain {
        return Some((Vec::new(), Vec::new()));
    }
    let mut hosts: Vec<_> = applied
        .published
        .record
        .rua
        .iter()
        .filter(|uri| uri.is_mail())
        .filter_map(|uri| uri.host())
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts.truncate(MOST_DESTINATIONS);
    let found: Vec<_> =
        hosts.into_iter().map(|host| takes_mail(inquiry, host).map(|takes| (host, takes))).collect();
    let (mut none, mut silent) = (Vec::new(), Vec::new());
    for one in found {
        match one? {
            (host, Ok(false)) => none.push(host.clone()),
            (host, Err(failure)) => silent.push((host.to_string(), failure)),
            (_, Ok(true)) => {}
        }
    }
    Some((none, silent))
}

/// Whether mail can be sent to a host: by its MX, or where it has none by its address (RFC 5321 section 5.1). A failure
/// is no refusal.
fn takes_mail(inquiry: &Inquiry<'_>, host: &DnsName) -> Option<Result<bool, Failure>> {
    let mx = inquiry.records(host, RecordType::Mx)?;
    match mx.failure() {
        Some(failure) => return Some(Err(failure)),
        None if mx.is_absent() => {}
        None => return Some(Ok(mx.exchanges().iter().any(|(_, exchange)| !exchange.is_root()))),
    }
    let answers = [RecordType::A, RecordType::Aaaa].map(|kind| inquiry.records(host, kind));
    let [v4, v6] = answers;
    let (v4, v6) = (v4?, v6?);
    if !v4.records().is_empty() || !v6.records().is_empty() {
        return Some(Ok(true));
    }
    Some(v4.failure().or(v6.failure()).map_or(Ok(false), Err))
}

pub(super) fn destinations(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for external in &facts.view.external {
        let subject = &external.uri.text;
        let finding = match external.consent {
            Consent::Given => continue,
            Consent::Absent => Finding::error(
                Check::DmarcRuaUnauthorized,
                subject,
                format!(
                    "{} has not agreed to take reports about the domain: none are sent there",
                    external.host
                ),
            ),
            Consent::Diverted => Finding::error(
                Check::DmarcRuaUnauthorized,
                subject,
                format!("{} sends the reports on to another host: none are sent", external.host),
            ),
            Consent::Unknown(failure) => {
                let name = external.asked.as_ref().unwrap_or(&external.host);
                findings.push(Finding::undecided(Check::DmarcDnsError, name, failure));
                continue;
            }
        };
        let advice =
            format!("whoever runs {} has to publish this record, or the address has to go", external.host);
        findings.push(match &external.asked {
            Some(name) => finding.advise(advice).publish(name, "TXT", "v=DMARC1;"),
            None => finding.advise("the name for the agreement would be too long: choose a shorter host"),
        });
    }
    for host in &facts.mailless {
        let message = format!("{host} takes no mail: reports sent there are lost");
        findings.push(
            Finding::warning(Check::DmarcRuaNoMx, host, message)
                .advise("give the host an MX record, or change the address"),
        );
    }
}
