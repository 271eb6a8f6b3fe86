//! What `ready` knows of DNS.

use std::collections::HashMap;

use whosends_core::analysis::published::Terms;
use whosends_core::analysis::readiness::{DnsSilence, DnsState};
use whosends_core::analysis::selectors::Selectors;
use whosends_core::analysis::selectors_in_use::Uses;
use whosends_core::answers::{exists, selectors};
use whosends_core::dns::check::{Check, Finding, Origin, Posture, Selector, Target, posture};
use whosends_core::dns::discover::Published;
use whosends_core::dns::resolve::{Bounds, Immediate, drive, drive_all};
use whosends_core::dns::{Answers, DnsName};
use whosends_core::model::{Day, Name, PolicyPublished, Scope};
use whosends_core::store::Store;

use super::dns::{Conversation, not_kept};
use crate::args::{DnsArgs, Ready};
use crate::failure::Failure;
use crate::render::ready::Looked;

/// Questions under way at the same time.
const IN_FLIGHT: std::num::NonZeroUsize = std::num::NonZeroUsize::MIN.saturating_add(63);
/// Selectors out of reports that are looked for: they were written by strangers.
const MOST_SELECTORS: usize = 50;

/// Where DNS is known from.
pub(super) struct Dns {
    args: Option<DnsArgs>,
    live: bool,
}

/// What is known of a domain.
pub(super) struct Known {
    /// Where from, and how old it is.
    pub(super) looked: Looked,
    /// What stands in the way.
    pub(super) state: Option<DnsState>,
    posture: Option<Posture>,
    answers: Option<Answers>,
}

impl Dns {
    /// What the arguments ask for.
    pub(super) fn new(args: &Ready) -> Self {
        let (resolver, offline) = (args.resolver.clone(), args.offline.clone());
        let asked = args.live || offline.is_some();
        let args_of_dns =
            DnsArgs { resolver, in_flight: IN_FLIGHT, allow_private: false, save: None, offline };
        Self { args: asked.then_some(args_of_dns), live: args.live }
    }

    /// Which selectors sign of late, of the names whose DNS will be known.
    pub(super) fn uses(
        &self,
        names: impl Iterator<Item = Name>,
        (store, newest): (&Store, Day),
    ) -> Result<Uses, Failure> {
        let mut known = Vec::new();
        for name in names {
            if self.args.is_some() || store.conversation(&Scope::All, name.as_str())?.is_some() {
                known.push(name);
            }
        }
        if known.is_empty() {
            return Ok(Uses::default());
        }
        Ok(selectors(store, &Scope::All, &known, newest)?.uses)
    }

    /// Looks at domains, side by side, with the selectors that reports saw.
    pub(super) fn look<'n>(
        &self,
        names: impl Iterator<Item = &'n Name>,
        seen: &Selectors,
        (store, now): (&Store, i64),
    ) -> Result<HashMap<Name, Known>, Failure> {
        let targets = names.filter_map(|name| {
            let domain = DnsName::from_dotted(name.as_str()).ok()?;
            Some((name, target(domain, name, seen)))
        });
        let Some(args) = &self.args else {
            return targets
                .map(|(name, target)| Ok((name.clone(), kept(name, &target, store, now)?)))
                .collect();
        };
        let looked = if self.live { Looked::LIVE } else { Looked::OFFLINE };
        let mut conversation = Conversation::open(args)?;
        let mut found = HashMap::new();
        drive_all(
            &mut conversation.resolver,
            &mut conversation.answers,
            &Bounds::default(),
            targets,
            |(_, target), inquiry| posture(inquiry, target),
            |(name, _), answers, settled| {
                // A file may also know of names that were not asked for here.
                let answers = if self.live { answers.about(&settled.asked) } else { answers.clone() };
                let known = Known::new(looked, settled.value, answers, 0);
                found.insert(name.clone(), known);
            },
        );
        Ok(found)
    }
}

/// A finding in one line; of a key in use with what is at stake.
fn problem(finding: &Finding) -> String {
    let line = format!("{}: {}", finding.check.id(), finding.message);
    match finding.evidence.first().filter(|_| finding.check == Check::DkimInUse) {
        Some(share) => format!("{line}; {share}"),
        None => line,
    }
}

/// What `check` last kept of a domain.
fn kept(name: &Name, target: &Target, store: &Store, now: i64) -> Result<Known, Failure> {
    let Some(kept) = store.conversation(&Scope::All, name.as_str())? else { return Ok(Known::NOTHING) };
    // What an older release kept may be written otherwise.
    let Ok(mut answers) = Answers::from_json(&kept.answers) else { return Ok(Known::NOTHING) };
    if !super::kept::is_of_check(&answers, name.as_str()) {
        return Ok(Known::NOTHING);
    }
    let mut nobody = Immediate::new(not_kept);
    let found =
        drive(&mut nobody, &mut answers, &Bounds::default(), |inquiry| posture(inquiry, target)).value;
    let looked = Looked { source: Some("kept"), asked: Some(kept.last_asked) };
    Ok(Known::new(looked, found, answers, now.saturating_sub(kept.last_asked)))
}

/// Whether a name in DNS is that of a domain.
fn is_at(name: &DnsName, domain: &Name) -> bool {
    DnsName::from_dotted(domain.as_str()).is_ok_and(|domain| domain == *name)
}

fn target(domain: DnsName, name: &Name, seen: &Selectors) -> Target {
    let selectors = seen.of(name).into_iter().filter_map(|(text, _)| DnsName::from_dotted(text).ok());
    let known = selectors.take(MOST_SELECTORS).map(|name| Selector { name, origin: Origin::Reports });
    let mut target = Target::new(domain, known.collect());
    target.in_use = seen.uses.of(name);
    target.mail_seen = seen.has_mail_from(name);
    target
}

impl Known {
    /// Nobody looked.
    pub(super) const NOTHING: Self =
        Self { looked: Looked::NOBODY, state: None, posture: None, answers: None };

    fn new(looked: Looked, posture: Option<Posture>, answers: Answers, age: i64) -> Self {
        let problems = posture.as_ref().and_then(Posture::against_enforcing).map(|findings| {
            let problems = findings.into_iter().map(problem);
            problems.collect()
        });
        let state = problems.map(|problems| DnsState { problems, age });
        Self { looked, state, posture, answers: Some(answers) }
    }

    /// Whether a name exists, where that was answered.
    pub(super) fn exists(&self, name: &Name) -> Option<bool> {
        exists(self.answers.as_ref()?, name)
    }

    /// What it says about whether the domain sends.
    pub(super) fn silence(&self) -> DnsSilence {
        let Some(posture) = &self.posture else {
            return if self.looked.is_on_demand() { DnsSilence::Unanswered } else { DnsSilence::Unasked };
        };
        let refuses_all = posture.spf.allows_nobody();
        match posture.speaks_for_mail() {
            Some(true) => DnsSilence::SpeaksAgainst,
            Some(false) => DnsSilence::Quiet { refuses_all, declared: refuses_all && posture.has_null_mx() },
            None => DnsSilence::Unanswered,
        }
    }

    /// The policy in force: what reports state, with what they can't tell from the record that was kept, or as the
    /// record that was read for this answer says.
    pub(super) fn terms(&self, domain: &Name, policy: &PolicyPublished) -> Terms {
        let stated = Terms::of(policy);
        match self.own_record(domain) {
            Some(published) if self.looked.is_on_demand() => stated.of_record(&published.record),
            Some(published) => stated.with_tags_of(&published.record),
            None => stated,
        }
    }

    /// The policy record of the domain itself.
    fn own_record(&self, domain: &Name) -> Option<&Published> {
        let applied = self.posture.as_ref()?.dmarc.discovery.policy.as_ref()?;
        Some(&applied.published).filter(|published| is_at(&published.domain, domain))
    }

    /// The same as it stands in DNS.
    pub(super) fn record(&self, domain: &Name) -> Option<&[u8]> {
        self.own_record(domain).map(|published| &*published.text)
    }

    /// Whether it was asked now and did not answer enough.
    pub(super) fn is_unanswered(&self) -> bool {
        self.looked == Looked::LIVE && self.state.is_none()
    }

    /// The names by which services are known that DNS says send for the domain: what SPF includes, and where
    /// selectors lead.
    pub(super) fn spf_includes(&self) -> impl Iterator<Item = &str> {
        self.posture.iter().flat_map(Posture::spf_includes)
    }

    /// Where selectors lead that are aliases.
    pub(super) fn selector_targets(&self) -> impl Iterator<Item = String> {
        let views = self.posture.iter().flat_map(|posture| &posture.dkim);
        views
            .filter_map(|view| view.alias.as_ref())
            .map(|alias| alias.to_string().trim_end_matches('.').to_owned())
    }
}
