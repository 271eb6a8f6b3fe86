//! What is to be said about the domain itself: its zone, its name servers, wildcards, parked domains, BIMI.

use super::finding::{Check, Finding};
use super::{Context, dmarc, mail, spf};
use crate::dns::answer::Security;
use crate::dns::record::bimi::BimiRecord;
use crate::dns::record::dmarc::rank;
use crate::dns::record::printable;
use crate::dns::{Answer, DnsName, Failure, Inquiry, Outcome, Query, RecordData, RecordType, Text, Want};
use crate::model::words::Policy;

/// What DNS says about the domain itself.
pub(super) struct Facts<'a> {
    text: &'a Answer,
    servers: &'a Answer,
    start: &'a Answer,
    signed: &'a Answer,
    /// What a validating resolver says of the domain's records; not asked where the domain is not signed.
    security: Option<&'a Answer>,
    /// The answer at a name that nobody publishes; not asked where it is known already.
    probe: Option<&'a Answer>,
    /// The answer for the type that SPF gave up: seldom more than an alias.
    old_type: &'a Answer,
    /// The alias that the domain is; asked where the type that SPF gave up has no answer.
    alias: Option<&'a Answer>,
    bimi: &'a Answer,
}

/// Looks everything up; `None` while answers are missing.
pub(super) fn look<'a>(inquiry: &Inquiry<'a>, domain: &DnsName, registered: &DnsName) -> Option<Facts<'a>> {
    let text = inquiry.records(domain, RecordType::Txt);
    let servers = inquiry.records(domain, RecordType::Ns);
    let start = inquiry.records(domain, RecordType::Soa);
    let signed = inquiry.records(registered, RecordType::Ds);
    let old_type = inquiry.records(domain, RecordType::Spf);
    let bimi = inquiry.records(&super::below(domain, "default._bimi"), RecordType::Txt);
    let probe = wildcard(inquiry, domain);
    let (signed, old_type) = (signed?, old_type?);
    let alias = old_type.failure().map(|_| inquiry.records(domain, RecordType::Cname));
    // Nothing is signed, and nothing broken, where the parent has no key for it.
    let security = (!signed.records().is_empty())
        .then(|| inquiry.ask(Query { name: domain.clone(), want: Want::Security(RecordType::Mx) }));
    Some(Facts {
        text: text?,
        servers: servers?,
        start: start?,
        signed,
        security: known(security)?,
        probe: probe?,
        old_type,
        alias: known(alias)?,
        bimi: bimi?,
    })
}

/// The answer at a name that nobody publishes, which a wildcard alone gives; `None` while answers are missing. A
/// name directly below the domain that does not exist shows that there is no wildcard (RFC 4592 section 2.2.1):
/// then it is not asked for.
#[expect(clippy::option_option, reason = "not answered yet and not asked are two things")]
pub(super) fn wildcard<'a>(inquiry: &Inquiry<'a>, domain: &DnsName) -> Option<Option<&'a Answer>> {
    let asked = ["_mta-sts", "_domainkey"]
        .map(|label| inquiry.records(&super::below(domain, label), RecordType::Txt));
    let [one, two] = asked;
    let both = [one?, two?];
    // Where DNS answers neither it would not answer this one either.
    let answered = both.iter().any(|answer| answer.failure().is_none());
    let [policy, keys] = both;
    // A text there that is no such record came from a wildcard, whatever the server says of the other name.
    let strange =
        policy.texts().any(|text| !text.joined().starts_with(b"v=STSv1")) || keys.texts().count() > 0;
    // A name that does not exist at the end of an alias says nothing of this one.
    let is_there = |answer: &Answer| answer.outcome != Outcome::NoSuchName || !answer.aliases.is_empty();
    let may_be = answered && (strange || both.iter().all(|answer| is_there(answer)));
    known(may_be.then(|| inquiry.records(&super::probe_name(domain), RecordType::Txt)))
}

/// The answer to a question that need not be asked; `None` while it is missing.
#[expect(clippy::option_option, reason = "not answered yet and not asked are two things")]
const fn known(asked: Option<Option<&Answer>>) -> Option<Option<&Answer>> {
    match asked {
        None => Some(None),
        Some(Some(answer)) => Some(Some(answer)),
        Some(None) => None,
    }
}

impl Facts<'_> {
    /// Whether the domain exists: also where it is an alias of something that does not. `None` where DNS answered no
    /// question about it.
    pub(super) fn exists(&self) -> Option<bool> {
        let answers = [self.text, self.servers, self.start, self.old_type];
        let told = answers.into_iter().find(|answer| answer.failure().is_none())?;
        Some(told.outcome != Outcome::NoSuchName || !told.aliases.is_empty())
    }

    /// What DNS did not answer about the zone.
    fn silence(&self, context: &Context<'_>) -> Vec<(String, Failure)> {
        let (domain, registered) = (context.domain, context.registered);
        let asked = [
            (format!("{domain} TXT"), Some(self.text).filter(|_| self.exists().is_none())),
            (format!("{domain} NS"), Some(self.servers)),
            (format!("{domain} SOA"), Some(self.start).filter(|_| domain == registered)),
            (format!("{registered} DS"), Some(self.signed)),
            (format!("{domain} DNSSEC"), self.security.filter(|answer| answer.outcome != Outcome::Bogus)),
            (super::probe_name(domain).to_string(), self.probe),
        ];
        // A resolver that can't validate leaves nothing open that it could tell.
        let why = |answer: &Answer| answer.failure().filter(|failure| *failure != Failure::Unsupported);
        asked.into_iter().filter_map(|(what, answer)| Some((what, why(answer?)?))).collect()
    }

    /// Whether it is certain that the registered domain is not signed.
    fn is_unsigned(&self) -> bool {
        self.signed.is_absent() || self.security.and_then(Answer::security) == Some(Security::Insecure)
    }

    /// The BIMI records, made printable; `None` where DNS did not answer.
    pub(super) fn bimi_records(&self) -> Option<Vec<String>> {
        let texts = self.bimi.texts().map(Text::joined).filter(|text| text.starts_with(b"v=BIMI1"));
        self.bimi.failure().is_none().then(|| texts.map(|text| printable(&text)).collect())
    }
}

/// Judges the domain and its zone.
pub(super) fn judge(facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let domain = context.domain;
    findings.extend(Finding::unanswered(Check::DomainDnsError, &facts.silence(context)));
    if facts.exists() == Some(false) {
        findings.push(
            Finding::error(Check::DomainNxdomain, domain, "the name does not exist in DNS").advise(
                "check its spelling and its registration; the DMARC policy of its parents applies to it",
            ),
        );
        return;
    }
    alias_beside_records(facts, context, findings);
    let count = facts.servers.records().iter().filter(|record| matches!(record, RecordData::Ns(_))).count();
    if count == 1 && facts.servers.aliases.is_empty() {
        findings.push(
            Finding::warning(Check::NsOne, domain, "a single name server: when it is down, so is the domain")
                .advise("add a second one, in another network"),
        );
    }
    if domain == context.registered && facts.start.is_absent() && facts.start.aliases.is_empty() {
        findings.push(Finding::warning(Check::SoaBroken, domain, "the domain has no SOA record"));
    }
    if facts.security.is_some_and(|answer| answer.outcome == Outcome::Bogus) {
        findings.push(
            Finding::error(
                Check::DnssecBogus,
                domain,
                "DNSSEC validation fails: validating resolvers see nothing",
            )
            .advise("renew the signatures, or correct the DS record at the registry"),
        );
    } else if domain == context.registered && facts.is_unsigned() {
        findings.push(Finding::info(Check::DnssecInsecure, domain, "the domain is not signed with DNSSEC"));
    }
    let wild: Vec<_> =
        facts.probe.into_iter().flat_map(Answer::texts).map(|text| printable(&text.joined())).collect();
    if !wild.is_empty() {
        findings.push(
            Finding::info(Check::WildcardTxt, domain, "a wildcard TXT record answers at every name")
                .evidence(wild)
                .advise("make it narrower"),
        );
    }
}

/// An alias next to other records: which of them a resolver sees is chance.
fn alias_beside_records(facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let (domain, registered) = (context.domain, context.registered);
    let old_type = facts.alias.unwrap_or(facts.old_type);
    let answers = [facts.text, facts.servers, facts.start, old_type, facts.signed];
    // Whether the zone is signed is asked at the registered domain, which need not be this one.
    let own_zone = if domain == registered { answers.len() } else { answers.len() - 1 };
    let answers = answers.get(..own_zone).unwrap_or_default();
    let alias = answers.iter().find_map(|answer| {
        let stated = answer.records().iter().find_map(|record| match record {
            RecordData::Cname(target) => Some(target),
            _ => None,
        });
        answer.aliases.first().or(stated)
    });
    let is_own = |record: &RecordData| !matches!(record, RecordData::Cname(_));
    let own = answers.iter().any(|answer| answer.aliases.is_empty() && answer.records().iter().any(is_own));
    if let Some(alias) = alias.filter(|_| own) {
        let message = format!("an alias to {alias} stands beside other records of the name");
        findings.push(
            Finding::error(Check::SpfApexCname, domain, message)
                .advise("remove the alias, or the other records"),
        );
    } else if let Some(failure) = answers.iter().find_map(|answer| answer.failure())
        && (alias.is_some() || facts.alias.is_some_and(|answer| answer.failure().is_some()))
    {
        findings.push(Finding::undecided(Check::SpfDnsError, domain, failure));
    }
}

/// Judges the logo that a domain shows.
pub(super) fn judge_bimi(
    facts: &Facts<'_>,
    policy: &dmarc::DmarcView,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
) {
    let place = super::below(context.domain, "default._bimi");
    if let Some(failure) = facts.bimi.failure() {
        findings.push(Finding::undecided(Check::BimiDnsError, &place, failure));
    }
    let records = facts.bimi.texts().map(Text::joined).filter_map(|text| BimiRecord::parse(&text));
    let Some(record) = records.into_iter().find(|record| !record.is_declined()) else { return };
    if let Some((name, failure)) = &policy.discovery.undecided {
        findings.push(Finding::undecided(Check::BimiDnsError, format!("_dmarc.{name}"), failure));
    }
    if let Some(why) = unfit(policy) {
        findings.push(
            Finding::warning(Check::BimiDmarcPolicy, &place, format!("no logo is shown: {why}"))
                .advise("enforce with quarantine or reject, for subdomains too"),
        );
    }
    let problems: Vec<_> = record.problems.iter().map(ToString::to_string).collect();
    let svg = record.logo.as_deref().is_none_or(|logo| logo.split('?').next().is_some_and(is_svg));
    if !problems.is_empty() || !svg {
        findings.push(
            Finding::warning(Check::BimiLogo, &place, "the logo has to be an SVG Tiny PS file behind https")
                .evidence(problems)
                .evidence(record.logo.clone()),
        );
    }
    if record.evidence.as_deref().unwrap_or_default().is_empty() {
        findings.push(Finding::info(
            Check::BimiCert,
            &place,
            "no certificate for the logo, which large receivers ask for",
        ));
    }
}

fn is_svg(logo: &str) -> bool {
    logo.to_ascii_lowercase().ends_with(".svg")
}

/// Why the policy is too weak for a logo.
fn unfit(policy: &dmarc::DmarcView) -> Option<&'static str> {
    if policy.discovery.undecided.is_some() {
        return None;
    }
    let Some(applied) = &policy.discovery.policy else { return Some("there is no DMARC policy") };
    let record = &applied.published.record;
    let weak = |policy: Option<Policy>| policy.is_none_or(|policy| rank(&policy) == 0);
    if weak(policy.effective()) {
        Some("the DMARC policy does not enforce")
    } else if record.sp.clone().is_some_and(|sp| weak(Some(sp))) {
        Some("the DMARC policy leaves subdomains alone")
    } else if record.pct.is_some_and(|pct| pct < 100) {
        Some("the DMARC policy is for a part of the mail only")
    } else {
        None
    }
}

/// Judges a domain that does not seem to send or take mail: it should say so.
pub(super) fn judge_parked(
    spf: &spf::Facts<'_>,
    policy: &dmarc::Facts<'_>,
    hosts: &mail::Facts<'_>,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
) {
    let domain = context.domain;
    let undecided = policy.view.discovery.undecided.as_ref().filter(|_| context.parked);
    if let Some(failure) = context.parked_silence.or(undecided.map(|(_, failure)| *failure)) {
        findings.push(Finding::undecided(Check::ParkedDnsError, domain, failure));
        return;
    }
    if !context.parked {
        return;
    }
    let (silent, null) = (spf.view.allows_nobody(), hosts.is_null());
    let rejects = policy.view.effective() == Some(Policy::Reject);
    if silent && rejects && null {
        return;
    }
    let missing = [
        (!silent).then_some("SPF does not forbid all senders"),
        (!rejects).then_some("DMARC does not reject"),
        (!null).then_some("no null MX"),
    ];
    let message = "the domain takes no mail, and does not say that it sends none";
    let finding = Finding::warning(Check::ParkedUnprotected, domain, message);
    findings.push(finding.evidence(missing.into_iter().flatten()));
    // What says so already stays as it is, and beside an alias nothing can stand.
    let mut advice = Finding::info(Check::ParkedAdvice, domain, "what a domain without mail publishes")
        .advise("if it really sends no mail, publish these");
    let at_apex = !spf.is_alias();
    if !silent && at_apex {
        advice = advice.publish(domain, "TXT", "v=spf1 -all");
    }
    if let Some(record) = policy.rejecting(context).filter(|_| !rejects) {
        advice = advice.publish(super::below(domain, "_dmarc"), "TXT", record);
    }
    if !null && at_apex {
        advice = advice.publish(domain, "MX", "0 .");
    }
    findings.push(advice.publish(format!("*._domainkey.{domain}"), "TXT", "v=DKIM1; p="));
}
