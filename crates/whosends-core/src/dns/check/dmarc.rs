//! What is to be said about the DMARC policy that applies to a domain.

use super::finding::{Check, Finding};
use super::{Context, dmarc_record};
use crate::dns::destination::{Consent, External, external};
use crate::dns::discover::{Applied, Difference, Discovery, Node, discover};
use crate::dns::record::dmarc::{Lookalike, Psd, Subject, is_dmarc, lookalike, one_step_weaker, repaired};
use crate::dns::record::printable;
use crate::dns::{Answer, DnsName, Inquiry, Outcome, RecordType, Text};
use crate::model::words::{Policy, Testing};

/// How many report addresses are looked at.
const MOST_DESTINATIONS: usize = 16;

/// The DMARC policy of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DmarcView {
    /// The texts at the domain's own `_dmarc`, made printable, broken ones too.
    pub records: Vec<String>,
    /// Which policy applies, and how it was found.
    pub discovery: Discovery,
    /// The report addresses of others, and whether they agreed.
    pub external: Vec<External>,
}

impl DmarcView {
    /// The text of the record that applies, made printable.
    #[must_use]
    pub fn record(&self) -> Option<String> {
        self.discovery.policy.as_ref().map(|applied| printable(&applied.published.text))
    }

    /// The policy that applies, test mode counted in; `None` where there is none or where it can't be told.
    #[must_use]
    pub fn effective(&self) -> Option<Policy> {
        let applied = self.discovery.policy.as_ref()?;
        let policy = applied.policy()?;
        let testing = applied.published.record.t == Some(Testing::Yes);
        Some(if testing { one_step_weaker(&policy) } else { policy })
    }

    /// Whether a record applies; `None` where it can't be told.
    #[must_use]
    pub fn has_policy(&self) -> Option<bool> {
        match self.discovery.undecided {
            Some(_) => None,
            None => Some(self.effective().is_some()),
        }
    }
}

/// What DNS says about DMARC.
pub(super) struct Facts<'a> {
    own: &'a Answer,
    /// The random name that shows whether everything is answered.
    probe: Option<&'a Answer>,
    /// Names at which a misplaced record stands, and its text.
    misplaced: Vec<(DnsName, String)>,
    /// Hosts of report addresses that take no mail.
    mailless: Vec<DnsName>,
    pub(super) view: DmarcView,
}

/// Looks everything up; `None` while answers are missing.
pub(super) fn look<'a>(inquiry: &Inquiry<'a>, domain: &DnsName, exists: bool) -> Option<Facts<'a>> {
    let place = super::below(domain, "_dmarc");
    let own = inquiry.records(&place, RecordType::Txt);
    let apex = inquiry.records(domain, RecordType::Txt);
    let probe = super::zone::wildcard(inquiry, domain);
    let discovery = discover(inquiry, domain, exists);
    let (own, apex, probe, discovery) = (own?, apex?, probe?, discovery?);
    let found: Vec<_> = own.texts().map(Text::joined).collect();
    let lost = own.failure().is_none() && !found.iter().any(|text| is_dmarc(text));
    let misplaced = if lost { misplaced(inquiry, domain, apex) } else { Some(Vec::new()) };
    let (external, mailless) = match &discovery.policy {
        Some(applied) => (reports(inquiry, applied, &discovery), mailless(inquiry, applied)),
        None => (Some(Vec::new()), Some(Vec::new())),
    };
    let records = found.iter().map(|text| printable(text)).collect();
    let view = DmarcView { records, discovery, external: external? };
    Some(Facts { own, probe, misplaced: misplaced?, mailless: mailless?, view })
}

/// The report addresses of others. An inherited record is its owner's business.
fn reports(inquiry: &Inquiry<'_>, applied: &Applied, discovery: &Discovery) -> Option<Vec<External>> {
    if applied.subject != Subject::Domain {
        return Some(Vec::new());
    }
    let record = &applied.published.record;
    let uris: Vec<_> = record.rua.iter().chain(&record.ruf).take(MOST_DESTINATIONS).cloned().collect();
    external(inquiry, &applied.published.domain, &discovery.organizational, &uris)
}

/// The hosts of report addresses to which no mail can be sent.
fn mailless(inquiry: &Inquiry<'_>, applied: &Applied) -> Option<Vec<DnsName>> {
    if applied.subject != Subject::Domain {
        return Some(Vec::new());
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
    let found: Option<Vec<_>> = found.into_iter().collect();
    Some(found?.into_iter().filter(|(_, takes)| !takes).map(|(host, _)| host.clone()).collect())
}

/// Whether mail can be sent to a host: by its MX, or where it has none by its address (RFC 5321 section
/// 5.1). A failure is no refusal.
fn takes_mail(inquiry: &Inquiry<'_>, host: &DnsName) -> Option<bool> {
    let mx = inquiry.records(host, RecordType::Mx)?;
    match &mx.outcome {
        Outcome::Found(_) => Some(mx.exchanges().iter().any(|(_, exchange)| !exchange.is_root())),
        Outcome::NoData | Outcome::NoSuchName => {
            let answers = [RecordType::A, RecordType::Aaaa].map(|kind| inquiry.records(host, kind));
            let [v4, v6] = answers;
            Some(!v4?.is_absent() || !v6?.is_absent())
        }
        Outcome::Failed(_) | Outcome::Bogus => Some(true),
    }
}

/// Where a record for the domain stands that nobody looks for, and its text.
fn misplaced(inquiry: &Inquiry<'_>, domain: &DnsName, apex: &Answer) -> Option<Vec<(DnsName, String)>> {
    let record = |answer: &Answer| answer.texts().map(Text::joined).find(|text| is_dmarc(text));
    let doubled = domain.within(domain).and_then(|name| name.child("_dmarc"));
    let places = [domain.child("_dmarc._dmarc"), domain.child("_dmarc.www"), doubled];
    let places = places.into_iter().filter_map(Result::ok);
    let asked = places.map(|place| (inquiry.records(&place, RecordType::Txt), place));
    let answers: Vec<_> = std::iter::once((Some(apex), domain.clone())).chain(asked).collect();
    let mut found = Vec::new();
    for (answer, place) in answers {
        if let Some(text) = record(answer?) {
            found.push((place, printable(&text)));
        }
    }
    Some(found)
}

/// Judges what was found.
pub(super) fn judge(facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let discovery = &facts.view.discovery;
    let place = super::below(context.domain, "_dmarc");
    if let Some((name, failure)) = &discovery.undecided {
        findings.push(Finding::undecided(Check::DmarcDnsError, format!("_dmarc.{name}"), failure));
    }
    alias(facts, &place, findings);
    let broken = own_node(facts, &place, findings);
    let wild = wildcard(facts, &place, findings);
    match &discovery.policy {
        Some(applied) => policy(applied, facts, context, findings),
        None if discovery.undecided.is_none() && !broken => missing(context, &place, findings),
        None => {}
    }
    if discovery.policy.is_none() && discovery.undecided.is_none() && !wild {
        wrong_place(facts, &place, findings);
    }
    differing(discovery, context, findings);
}

fn missing(context: &Context<'_>, place: &DnsName, findings: &mut Vec<Finding>) {
    let finding = Finding::error(Check::DmarcMissing, place, "no DMARC record applies to the domain");
    findings.push(if context.has_mail_hosts {
        let value = format!("v=DMARC1; p=none; rua=mailto:dmarc@{}", context.domain);
        finding
            .advise("start with reports, and enforce when they show who sends")
            .publish(place, "TXT", value)
    } else {
        finding.advise("a domain that sends no mail can enforce at once").publish(
            place,
            "TXT",
            "v=DMARC1; p=reject",
        )
    });
}

/// Judges what stands at the domain's own `_dmarc`, other than one record. Says whether that is the reason
/// why there is none.
fn own_node(facts: &Facts<'_>, place: &DnsName, findings: &mut Vec<Finding>) -> bool {
    let Some((_, node)) = facts.view.discovery.walk.nodes.first() else { return false };
    if let Node::Several(count) = node {
        findings.push(
            Finding::error(Check::DmarcMultiple, place, format!("{count} DMARC records count as none"))
                .evidence(facts.view.records.clone())
                .advise("keep one"),
        );
        return true;
    }
    let mut broken = false;
    if *node == Node::Nothing {
        for text in facts.own.texts().map(Text::joined) {
            let Some(kind) = lookalike(&text) else { continue };
            let (check, what) = match kind {
                Lookalike::VersionNotFirst => {
                    (Check::DmarcVersionNotFirst, "`v=DMARC1` does not stand first")
                }
                Lookalike::LeadingJunk => (Check::DmarcSyntax, "something stands before the version"),
                Lookalike::BadVersion => (Check::DmarcSyntax, "the version is not exactly `v=DMARC1`"),
                Lookalike::NoSeparator => (Check::DmarcSyntax, "no `;` follows the version"),
            };
            findings.push(
                Finding::error(check, place, format!("{what}: receivers ignore the record"))
                    .evidence([printable(&text)])
                    .publish(place, "TXT", repaired(&text, kind)),
            );
            broken = true;
        }
    }
    broken
}

/// Notes an alias at `_dmarc`, and where it leads nowhere.
fn alias(facts: &Facts<'_>, place: &DnsName, findings: &mut Vec<Finding>) {
    let Some(target) = facts.own.aliases.last() else { return };
    let found = facts.own.texts().any(|text| is_dmarc(&text.joined()));
    if found {
        findings.push(Finding::info(Check::DmarcCname, place, format!("the record is kept at {target}")));
    } else if facts.own.failure().is_none() {
        let message = format!("an alias to {target}, where no DMARC record stands");
        findings.push(
            Finding::error(Check::DmarcCname, place, message)
                .advise("correct the alias, or replace it by a record"),
        );
    }
}

/// Notes texts at `_dmarc` that stand at every name.
fn wildcard(facts: &Facts<'_>, place: &DnsName, findings: &mut Vec<Finding>) -> bool {
    let texts = |answer: &Answer| answer.texts().map(Text::joined).collect::<Vec<_>>();
    let (own, random) = (texts(facts.own), facts.probe.map(texts).unwrap_or_default());
    let same = !own.is_empty() && own == random;
    if same {
        findings.push(
            Finding::warning(Check::DmarcWildcardTxt, place, "a wildcard TXT record answers here")
                .evidence(facts.view.records.clone())
                .advise("make the wildcard narrower, or publish a record here"),
        );
    }
    same
}

fn wrong_place(facts: &Facts<'_>, place: &DnsName, findings: &mut Vec<Finding>) {
    for (name, text) in &facts.misplaced {
        let message = format!("a DMARC record at {name}, where nobody looks for it");
        findings.push(
            Finding::warning(Check::DmarcWrongLocation, name, message)
                .advise(format!("move it to {place}"))
                .publish(place, "TXT", text.clone()),
        );
    }
}

fn policy(applied: &Applied, facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let published = &applied.published;
    if applied.subject == Subject::Domain {
        let organizational = facts.view.discovery.organizational == published.domain;
        dmarc_record::judge(published, organizational, findings);
        destinations(facts, findings);
        return;
    }
    let word = applied.policy().map_or_else(|| "none at all".to_owned(), |policy| policy.to_string());
    let whose = match applied.subject {
        Subject::NonExistent => "names that do not exist",
        _ => "subdomains",
    };
    findings.push(
        Finding::info(
            Check::DmarcInherited,
            context.domain,
            format!("the record of {} applies; its policy for {whose} is {word}", published.domain),
        )
        .evidence([printable(&published.text)]),
    );
    dmarc_record::judge_policy(applied, findings);
}

fn destinations(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
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
            Some(name) => finding.advise(advice).publish(name, "TXT", "v=DMARC1"),
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

fn differing(discovery: &Discovery, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let Some(difference) = discovery.difference() else { return };
    // For names that do not exist `np` says what only new receivers know: that is what it is for.
    let at = |applied: &Option<Applied>| applied.as_ref().map(|one| one.published.domain.clone());
    let subject = discovery.policy.as_ref().map(|applied| applied.subject);
    if subject == Some(Subject::NonExistent) && at(&discovery.policy) == at(&discovery.listed_policy) {
        return;
    }
    let told = |applied: &Option<Applied>| match applied {
        Some(applied) => {
            let policy = applied.policy().map_or_else(|| "none".to_owned(), |policy| policy.to_string());
            format!("{policy}, from {}", applied.published.domain)
        }
        None => "no policy".to_owned(),
    };
    let message = match difference {
        Difference::Policy => "receivers that still go by the public suffix list see another policy",
        Difference::Alignment => {
            "receivers that still go by the public suffix list see another organizational domain"
        }
    };
    let lines = [
        format!("tree walk: {}; organizational domain {}", told(&discovery.policy), discovery.organizational),
        format!(
            "suffix list: {}; organizational domain {}",
            told(&discovery.listed_policy),
            discovery.listed_organizational
        ),
    ];
    findings.push(
        Finding::warning(Check::DmarcDiscoveryDiffers, context.domain, message)
            .evidence(lines)
            .advise("publish a record at the domain itself: all receivers read that first"),
    );
}

/// Whether a record says that it is of a public suffix.
pub(super) fn is_suffix(psd: Option<Psd>) -> bool {
    psd == Some(Psd::Yes)
}
