//! What readiness knows of DNS.

use std::collections::HashMap;

use crate::analysis::published::Terms;
use crate::analysis::readiness::{DnsSilence, DnsState};
use crate::analysis::selectors::Selectors;
use crate::analysis::selectors_in_use::Uses;
use crate::answers::{exists, is_of_check, selectors, target};
use crate::dns::check::{Check, Finding, Posture, Target, posture};
use crate::dns::discover::Published;
use crate::dns::resolve::{Bounds, Immediate, Resolver, drive, drive_all, not_kept};
use crate::dns::{Answers, DnsName};
use crate::error::Result;
use crate::model::{Day, Name, PolicyPublished, Scope};
use crate::store::Store;

/// Where DNS is to be known from.
#[derive(Default)]
pub enum Dns<'r> {
    /// What a check last kept in the database.
    #[default]
    Kept,
    /// A conversation that was held at another time.
    Given(Answers),
    /// Whoever is to be asked now.
    Live(&'r mut dyn Resolver),
}

impl std::fmt::Debug for Dns<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Kept => "Kept",
            Self::Given(_) => "Given",
            Self::Live(_) => "Live",
        })
    }
}

/// Where DNS is known from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Looked {
    /// Nobody ever looked.
    #[default]
    Never,
    /// What a check kept in the database.
    Kept {
        /// When it was asked, in Unix seconds.
        asked: i64,
    },
    /// A conversation that was given.
    Given,
    /// Name servers were asked now.
    Live,
}

impl Looked {
    /// Whether somebody wants it in this answer.
    #[must_use]
    pub const fn is_on_demand(self) -> bool {
        matches!(self, Self::Live | Self::Given)
    }
}

/// What is known of the DNS of a domain.
#[derive(Default)]
pub(super) struct InDns {
    /// Where from, and how old it is.
    pub(super) looked: Looked,
    /// What stands in the way.
    pub(super) state: Option<DnsState>,
    posture: Option<Posture>,
    answers: Option<Answers>,
}

impl Dns<'_> {
    /// Which selectors sign of late, of the names whose DNS will be known.
    pub(super) fn uses<'n>(
        &self,
        names: impl Iterator<Item = &'n Name>,
        (store, newest): (&Store, Day),
    ) -> Result<Uses> {
        let mut known = Vec::new();
        for name in names {
            let is_kept = matches!(self, Self::Kept);
            if !is_kept || store.conversation(&Scope::All, name.as_str())?.is_some() {
                known.push(name.clone());
            }
        }
        if known.is_empty() {
            return Ok(Uses::default());
        }
        Ok(selectors(store, &Scope::All, &known, newest)?.uses)
    }

    /// Looks at domains, side by side, with the selectors that reports saw.
    pub(super) fn look<'n>(
        self,
        names: impl Iterator<Item = &'n Name>,
        seen: &Selectors,
        (store, now): (&Store, i64),
    ) -> Result<HashMap<Name, InDns>> {
        let targets = names.filter_map(|name| {
            let domain = DnsName::from_dotted(name.as_str()).ok()?;
            Some((name, target(domain, name, seen, &[])))
        });
        Ok(match self {
            Self::Kept => {
                let kept = targets.map(|(name, target)| Ok((name.clone(), kept(name, &target, store, now)?)));
                return kept.collect();
            }
            Self::Given(mut answers) => {
                look_now(&mut Immediate::new(not_kept), &mut answers, targets, Looked::Given)
            }
            Self::Live(resolver) => look_now(resolver, &mut Answers::new(), targets, Looked::Live),
        })
    }
}

fn look_now<'n>(
    resolver: &mut dyn Resolver,
    answers: &mut Answers,
    targets: impl Iterator<Item = (&'n Name, Target)>,
    looked: Looked,
) -> HashMap<Name, InDns> {
    let mut found = HashMap::new();
    drive_all(
        resolver,
        answers,
        &Bounds::default(),
        targets,
        |(_, target), inquiry| posture(inquiry, target),
        |(name, _), answers, settled| {
            let answers = match looked {
                Looked::Live => answers.about(&settled.asked),
                // It may also know of names that were not asked for here.
                _ => answers.clone(),
            };
            found.insert(name.clone(), InDns::new(looked, settled.value, answers, 0));
        },
    );
    found
}

/// A finding in one line; of a key in use with what is at stake.
fn problem(finding: &Finding) -> String {
    let line = format!("{}: {}", finding.check.id(), finding.message);
    match finding.evidence.first().filter(|_| finding.check == Check::DkimInUse) {
        Some(share) => format!("{line}; {share}"),
        None => line,
    }
}

/// What a check last kept of a domain.
fn kept(name: &Name, target: &Target, store: &Store, now: i64) -> Result<InDns> {
    let Some(kept) = store.conversation(&Scope::All, name.as_str())? else { return Ok(InDns::default()) };
    // What an older release kept may be written otherwise.
    let Ok(mut answers) = Answers::from_json(&kept.answers) else { return Ok(InDns::default()) };
    if !is_of_check(&answers, name.as_str()) {
        return Ok(InDns::default());
    }
    let mut target = target.clone();
    // Mail that passed since then proves a key that was not there yet.
    target.in_use.retain(|used| used.last < Day::of(kept.last_asked));
    let mut nobody = Immediate::new(not_kept);
    let found =
        drive(&mut nobody, &mut answers, &Bounds::default(), |inquiry| posture(inquiry, &target)).value;
    let looked = Looked::Kept { asked: kept.last_asked };
    Ok(InDns::new(looked, found, answers, now.saturating_sub(kept.last_asked)))
}

/// Whether a name in DNS is that of a domain.
fn is_at(name: &DnsName, domain: &Name) -> bool {
    DnsName::from_dotted(domain.as_str()).is_ok_and(|domain| domain == *name)
}

impl InDns {
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
        self.looked == Looked::Live && self.state.is_none()
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
