//! What `ready` knows of DNS.

use whosends_core::analysis::readiness::DnsState;
use whosends_core::analysis::selectors::Selectors;
use whosends_core::dns::check::{Origin, Posture, Selector, Target, posture};
use whosends_core::dns::{Answers, DnsName};
use whosends_core::model::Name;

use super::dns::Conversation;
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
        let args_of_dns = DnsArgs { resolver, in_flight: IN_FLIGHT, save: None, offline };
        Self { args: asked.then_some(args_of_dns), live: args.live }
    }

    /// Looks at a domain, with the selectors that reports saw.
    pub(super) fn look(&self, name: &Name, seen: &Selectors) -> Result<Known, Failure> {
        let (Some(args), Ok(domain)) = (&self.args, DnsName::from_dotted(name.as_str())) else {
            return Ok(Known { looked: Looked::NOBODY, state: None, posture: None, answers: None });
        };
        let mut conversation = Conversation::open(args)?;
        let target = target(domain, name, seen);
        let found = conversation.settle(|inquiry| posture(inquiry, &target)).value;
        let looked = if self.live { Looked::LIVE } else { Looked::OFFLINE };
        let problems = found.as_ref().and_then(Posture::against_enforcing).map(|findings| {
            let problem = |finding: &whosends_core::dns::check::Finding| {
                format!("{}: {}", finding.check.id(), finding.message)
            };
            findings.into_iter().map(problem).collect()
        });
        let state = problems.map(|problems| DnsState { problems, age: 0 });
        Ok(Known { looked, state, posture: found, answers: Some(conversation.answers) })
    }
}

fn target(domain: DnsName, name: &Name, seen: &Selectors) -> Target {
    let selectors = seen.of(name).into_iter().filter_map(|(text, _)| DnsName::from_dotted(text).ok());
    let known = selectors.take(MOST_SELECTORS).map(|name| Selector { name, origin: Origin::Reports });
    let mut target = Target::new(domain, known.collect());
    target.mail_seen = seen.has_mail_from(name);
    target
}

impl Known {
    /// Whether a name exists, where that was answered.
    pub(super) fn exists(&self, name: &Name) -> Option<bool> {
        self.answers.as_ref()?.exists(&DnsName::from_dotted(name.as_str()).ok()?)
    }

    /// Whether the domain takes mail, so that it may well send.
    pub(super) fn takes_mail(&self) -> bool {
        self.posture.as_ref().is_some_and(Posture::takes_mail)
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
