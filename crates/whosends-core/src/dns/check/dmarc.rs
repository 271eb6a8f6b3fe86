//! What is to be said about the DMARC policy that applies to a domain.

use super::dmarc_places::{self, Meant};
use super::finding::{Check, Finding};
use super::{Context, dmarc_differs, dmarc_record};
use crate::dns::destination::External;
use crate::dns::discover::{Applied, Discovery, Node, Published, discover};
use crate::dns::propose::dmarc::Draft;
use crate::dns::record::dmarc::{Psd, Subject, is_dmarc, one_step_weaker};
use crate::dns::record::printable;
use crate::dns::{Answer, DnsName, Failure, Inquiry, RecordData, RecordType, Text};
use crate::model::words::{Policy, Testing};

mod reports;

/// What was asked, and why there is no answer.
type Silent = Vec<(String, Failure)>;

/// The DMARC policy of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DmarcView {
    /// The texts at the domain's own `_dmarc`, made printable, broken ones too.
    pub records: Vec<String>,
    /// Whether DNS answered for it.
    pub is_answered: bool,
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
    /// Whether there may be more of these, where DNS did not answer.
    unsure: bool,
    /// The alias that stands beside a record; asked where there is one.
    stray: Option<&'a Answer>,
    /// What DNS did not answer besides what leaves the policy open.
    silent: Silent,
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
pub(super) fn look<'a>(inquiry: &Inquiry<'a>, domain: &DnsName, exists: Option<bool>) -> Option<Facts<'a>> {
    let place = super::below(domain, "_dmarc");
    let own = inquiry.records(&place, RecordType::Txt);
    let apex = inquiry.records(domain, RecordType::Txt);
    let probe = super::zone::wildcard(inquiry, domain);
    let discovery = discover(inquiry, domain, exists != Some(false));
    let (own, apex, probe, mut discovery) = (own?, apex?, probe?, discovery?);
    if let (None, Some(failure)) = (exists, apex.failure()) {
        forget_unsure(&mut discovery, domain, failure);
    }
    let found: Vec<_> = own.texts().map(Text::joined).collect();
    let lost = own.failure().is_none() && !found.iter().any(|text| is_dmarc(text));
    let lookalikes = if lost { dmarc_places::lookalikes(&place, own) } else { Vec::new() };
    let misplaced = match lost {
        true => dmarc_places::misplaced(inquiry, domain, apex),
        false => Some((Vec::new(), false)),
    };
    let stray = stray(inquiry, &place, own);
    let above = above(inquiry, domain, &discovery)?;
    let inherits_alias = match &discovery.policy {
        Some(applied) if applied.subject != Subject::Domain => {
            let place = super::below(&applied.published.domain, "_dmarc");
            !inquiry.records(&place, RecordType::Txt)?.aliases.is_empty()
        }
        _ => false,
    };
    let (external, mailless) = match &discovery.policy {
        Some(applied) => {
            (reports::reports(inquiry, applied, &discovery), reports::mailless(inquiry, applied))
        }
        None => (Some(Vec::new()), Some((Vec::new(), Vec::new()))),
    };
    let records = found.iter().map(|text| printable(text)).collect();
    let view = DmarcView { records, is_answered: own.failure().is_none(), discovery, external: external? };
    let ((misplaced, unsure), (mailless, mut silent), stray) = (misplaced?, mailless?, stray?);
    // Above a record of the domain's own lies what the organizational domain rests on.
    let above_own = view.discovery.walk.failure().filter(|_| view.discovery.undecided.is_none());
    silent.extend(above_own.map(|(name, failure)| (format!("_dmarc.{name}"), failure)));
    let aliased = stray.and_then(Answer::failure);
    silent.extend(aliased.map(|failure| (format!("{place} CNAME"), failure)));
    // What a wildcard would say stands there too, if there is one.
    let wild = probe.and_then(Answer::failure).filter(|_| !found.is_empty() || !own.aliases.is_empty());
    silent.extend(wild.map(|failure| (super::probe_name(domain).to_string(), failure)));
    Some(Facts {
        own,
        probe,
        lookalikes,
        misplaced,
        unsure,
        stray,
        silent,
        above,
        inherits_alias,
        mailless,
        view,
    })
}

/// The alias beside a record; `None` while the answer is missing. A name with an alias may hold nothing else (RFC 1034
/// section 3.6.2), and which of the two a receiver sees is chance.
#[expect(clippy::option_option, reason = "not answered yet and not asked are two things")]
fn stray<'a>(inquiry: &Inquiry<'a>, place: &DnsName, own: &Answer) -> Option<Option<&'a Answer>> {
    if own.records().is_empty() || !own.aliases.is_empty() {
        return Some(None);
    }
    inquiry.records(place, RecordType::Cname).map(Some)
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

/// Gives up an inherited policy that is another one for a name that does not exist, where nobody knows whether it does.
fn forget_unsure(discovery: &mut Discovery, domain: &DnsName, failure: Failure) {
    let differs = discovery.policy.as_ref().is_some_and(|applied| {
        let record = &applied.published.record;
        applied.subject != Subject::Domain
            && record.policy(Subject::Subdomain) != record.policy(Subject::NonExistent)
    });
    if differs {
        discovery.policy = None;
        discovery.undecided.get_or_insert_with(|| (domain.clone(), failure));
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

    /// Whether a policy may have been meant somewhere where DNS did not answer.
    pub(super) const fn begins_unsure(&self) -> bool {
        self.unsure
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
    findings.extend(Finding::unanswered(Check::DmarcDnsError, &facts.silent));
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
        if facts.unsure {
            let why = "a record may stand where nobody looks for it";
            findings.push(Finding::unheard(Check::DmarcDnsError, &place, why));
        }
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
    if let Some(RecordData::Cname(target)) = facts.stray.and_then(|answer| answer.records().first()) {
        let message =
            format!("an alias to {target} stands beside the record: which of them counts is chance");
        findings.push(
            Finding::error(Check::DmarcCname, place, message).advise("remove the alias, or the record"),
        );
    }
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
        let discovery = &facts.view.discovery;
        let organizational =
            discovery.knows_organization().then(|| discovery.organizational == published.domain);
        dmarc_record::judge(published, organizational, fix, findings);
        reports::destinations(facts, findings);
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

/// Whether a record says that it is of a public suffix.
pub(super) fn is_suffix(psd: Option<Psd>) -> bool {
    psd == Some(Psd::Yes)
}
