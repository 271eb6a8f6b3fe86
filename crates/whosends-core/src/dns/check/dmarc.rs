//! What is to be said about the DMARC policy that applies to a domain.

use super::dmarc_places::{self, Meant};
use super::finding::{Check, Finding};
use super::{Context, dmarc_differs, dmarc_record};
use crate::dns::destination::{Consent, External, external};
use crate::dns::discover::{Applied, Discovery, Node, Published, discover};
use crate::dns::propose::dmarc::Draft;
use crate::dns::record::dmarc::{Psd, Subject, is_dmarc, one_step_weaker};
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
    /// Texts at the domain's own place that were meant as a record, where there is none.
    lookalikes: Vec<Meant>,
    /// Records that stand where nobody looks for them.
    misplaced: Vec<Meant>,
    /// What keeps the domain above from having a policy, where no policy applies.
    above: Option<Above>,
    /// Whether the record that applies from above is an alias' own, which its owner can't change there.
    inherits_alias: bool,
    /// Hosts of report addresses that take no mail.
    mailless: Vec<DnsName>,
    pub(super) view: DmarcView,
}

/// What stands at `_dmarc` above a domain and was meant as a policy.
enum Above {
    Several(DnsName, usize),
    Lookalike(Meant),
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
    let lookalikes = if lost { dmarc_places::lookalikes(&place, own) } else { Vec::new() };
    let misplaced = match lost {
        true => dmarc_places::misplaced(inquiry, domain, apex),
        false => Some(Vec::new()),
    };
    let above = above(inquiry, domain, &discovery)?;
    let inherits_alias = match &discovery.policy {
        Some(applied) if applied.subject != Subject::Domain => {
            let place = super::below(&applied.published.domain, "_dmarc");
            !inquiry.records(&place, RecordType::Txt)?.aliases.is_empty()
        }
        _ => false,
    };
    let (external, mailless) = match &discovery.policy {
        Some(applied) => (reports(inquiry, applied, &discovery), mailless(inquiry, applied)),
        None => (Some(Vec::new()), Some(Vec::new())),
    };
    let records = found.iter().map(|text| printable(text)).collect();
    let view = DmarcView { records, discovery, external: external? };
    let (misplaced, mailless) = (misplaced?, mailless?);
    Some(Facts { own, probe, lookalikes, misplaced, above, inherits_alias, mailless, view })
}

/// What was meant as a policy at the registered domain above, where no policy applies; `None` while answers are
/// missing.
#[expect(clippy::option_option, reason = "not answered yet and nothing there are two things")]
fn above(inquiry: &Inquiry<'_>, domain: &DnsName, discovery: &Discovery) -> Option<Option<Above>> {
    let registered = &discovery.listed_organizational;
    if discovery.policy.is_some() || registered == domain {
        return Some(None);
    }
    let several = discovery.walk.nodes.iter().skip(1).find_map(|(name, node)| match node {
        Node::Several(count) => Some(Above::Several(name.clone(), *count)),
        _ => None,
    });
    if several.is_some() {
        return Some(several);
    }
    let place = super::below(registered, "_dmarc");
    let answer = inquiry.records(&place, RecordType::Txt)?;
    Some(dmarc_places::lookalikes(&place, answer).pop().map(Above::Lookalike))
}

/// The report addresses of others. An inherited record is its owner's business.
fn reports(inquiry: &Inquiry<'_>, applied: &Applied, discovery: &Discovery) -> Option<Vec<External>> {
    if applied.subject != Subject::Domain {
        return Some(Vec::new());
    }
    let record = &applied.published.record;
    // That nothing is sent to other addresses than those of mail is told; whether their hosts agree is no matter.
    let uris = record.rua.iter().chain(&record.ruf).filter(|uri| uri.is_mail());
    let uris: Vec<_> = uris.take(MOST_DESTINATIONS).cloned().collect();
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

impl Facts<'_> {
    /// The record to publish at the domain's own place: one for all that is wrong there. `None` where more than one
    /// meaning is left, where the place is an alias, or where there is nothing to mend and no policy to begin with.
    fn fix(&self, context: &Context<'_>) -> Option<String> {
        let aliased = !self.own.aliases.is_empty() && !self.is_wildcard_alias();
        if aliased || self.own.failure().is_some() || !context.exists {
            return None;
        }
        let mut draft = self.meant(context)?;
        draft.state_policy();
        if context.parked {
            draft.refuse_everything();
        }
        draft.record()
    }

    /// Whether the alias at the domain's own place is one of every name: a record there hides it (RFC 4592 section 2.2.1).
    fn is_wildcard_alias(&self) -> bool {
        self.probe.is_some_and(|probe| !probe.aliases.is_empty() && probe.aliases == self.own.aliases)
    }

    /// What is meant to stand at the domain's own place.
    fn meant(&self, context: &Context<'_>) -> Option<Draft> {
        let texts: Vec<_> = self.own.texts().map(Text::joined).filter(|text| is_dmarc(text)).collect();
        if let Some((first, others)) = texts.split_first() {
            let draft = Draft::read(first)?;
            return others.iter().all(|text| Draft::read(text).as_ref() == Some(&draft)).then_some(draft);
        }
        if !self.lookalikes.is_empty() {
            return dmarc_places::one_meaning(&self.lookalikes);
        }
        if !self.misplaced.is_empty() {
            return dmarc_places::one_meaning(&self.misplaced);
        }
        Some(match &self.view.discovery.policy {
            Some(inherited) => Self::apart(&inherited.published, context)?,
            // What was meant for the domain and those below it is mended where it stands.
            None if self.above.is_some() => return None,
            None => {
                let mut draft = Draft::new();
                draft.set("p", "none");
                if context.has_mail_hosts {
                    draft.set("rua", &format!("mailto:dmarc@{}", context.domain));
                }
                draft
            }
        })
    }

    /// What an inherited record says, for a record of the domain's own: with the report addresses that need nobody's
    /// consent.
    fn apart(inherited: &Published, context: &Context<'_>) -> Option<Draft> {
        let mut draft = Draft::read(&inherited.text)?;
        let record = &inherited.record;
        let own = |uri: &crate::dns::record::uri::ReportUri| {
            uri.host().is_some_and(|host| host.is_within(context.organizational))
        };
        for (tag, uris) in [("rua", &record.rua), ("ruf", &record.ruf)] {
            if !uris.iter().all(own) {
                draft.remove(tag);
            }
        }
        draft.remove("psd");
        Some(draft)
    }

    /// The record of a domain that sends no mail, where one can stand at its own place.
    pub(super) fn rejecting(&self, context: &Context<'_>) -> Option<String> {
        self.fix(context).filter(|_| context.parked)
    }
}

/// Judges what was found.
pub(super) fn judge(facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let discovery = &facts.view.discovery;
    let place = super::below(context.domain, "_dmarc");
    let fix = facts.fix(context);
    if let Some((name, failure)) = &discovery.undecided {
        findings.push(Finding::undecided(Check::DmarcDnsError, format!("_dmarc.{name}"), failure));
    }
    alias(facts, &place, findings);
    let broken = own_node(facts, &place, fix.as_deref(), findings);
    let wild = wildcard(facts, &place, findings);
    match &discovery.policy {
        Some(applied) => policy(applied, facts, fix.as_deref(), context, findings),
        None if discovery.undecided.is_none() && !broken => {
            missing(facts, context, &place, fix.as_deref(), findings)
        }
        None => {}
    }
    if discovery.policy.is_none() && discovery.undecided.is_none() && !wild {
        let found = facts.misplaced.iter().map(|meant| dmarc_places::judge_misplaced(meant, &place));
        findings.extend(found.map(|finding| with(finding, &place, fix.as_deref())));
    }
    dmarc_differs::judge(discovery, context, findings);
}

/// A finding with the record to publish at a place, where there is one.
pub(super) fn with(finding: Finding, place: &DnsName, record: Option<&str>) -> Finding {
    match record {
        Some(record) => finding.publish(place, "TXT", record),
        None => finding,
    }
}

fn missing(
    facts: &Facts<'_>,
    context: &Context<'_>,
    place: &DnsName,
    fix: Option<&str>,
    findings: &mut Vec<Finding>,
) {
    let finding = Finding::error(Check::DmarcMissing, place, "no DMARC record applies to the domain");
    let finding = match &facts.above {
        Some(Above::Several(name, count)) => finding
            .evidence([format!("the {count} DMARC records at _dmarc.{name} count as none")])
            .advise(format!("keep one of the records at _dmarc.{name}")),
        Some(Above::Lookalike(meant)) => {
            let repaired = meant.draft.clone().and_then(|mut draft| {
                draft.state_policy();
                draft.record()
            });
            let finding = finding
                .evidence([format!("the text at {} was meant as one: {}", meant.at, meant.text)])
                .advise(format!("correct the text at {}", meant.at));
            with(finding, &meant.at, repaired.as_deref())
        }
        None if context.parked => finding.advise("a domain that sends no mail can enforce at once"),
        None => finding.advise("start with reports, and enforce when they show who sends"),
    };
    findings.push(if facts.above.is_none() { with(finding, place, fix) } else { finding });
}

/// Judges what stands at the domain's own `_dmarc`, other than one record. Says whether that is the reason
/// why there is none.
fn own_node(facts: &Facts<'_>, place: &DnsName, fix: Option<&str>, findings: &mut Vec<Finding>) -> bool {
    let Some((_, node)) = facts.view.discovery.walk.nodes.first() else { return false };
    match node {
        Node::Several(count) => {
            let message = format!("{count} DMARC records count as none");
            let finding = Finding::error(Check::DmarcMultiple, place, message)
                .evidence(facts.view.records.clone())
                .advise("keep one");
            findings.push(with(finding, place, fix));
            true
        }
        Node::Nothing => {
            let found = facts.lookalikes.iter().map(dmarc_places::judge_lookalike);
            findings.extend(found.map(|finding| with(finding, place, fix)));
            !facts.lookalikes.is_empty()
        }
        Node::Record(_) | Node::Failed(_) => false,
    }
}

/// Notes an alias at `_dmarc`, and where it leads nowhere.
fn alias(facts: &Facts<'_>, place: &DnsName, findings: &mut Vec<Finding>) {
    let Some(target) = facts.own.aliases.last().filter(|_| !facts.is_wildcard_alias()) else { return };
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

fn policy(
    applied: &Applied,
    facts: &Facts<'_>,
    fix: Option<&str>,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
) {
    let published = &applied.published;
    if applied.subject == Subject::Domain {
        let organizational = facts.view.discovery.organizational == published.domain;
        dmarc_record::judge(published, organizational, fix, findings);
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
    let own_zone = published.domain.is_within(context.registered) && !facts.inherits_alias;
    dmarc_record::judge_inherited(applied, own_zone, findings);
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

/// Whether a record says that it is of a public suffix.
pub(super) fn is_suffix(psd: Option<Psd>) -> bool {
    psd == Some(Psd::Yes)
}
