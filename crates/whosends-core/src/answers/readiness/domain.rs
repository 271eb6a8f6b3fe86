//! How one domain stands to its steps.

use super::Judge;
use super::dns::{InDns, Looked};
use super::past::Past;
use crate::analysis::attribution::Judged;
use crate::analysis::readiness::{
    Circumstances, Currency, DnsSilence, DnsState, DomainReadiness, Ever, PolicyInForce, Publish, Readiness,
    Reporters, Step, assess_domain,
};
use crate::answers::{Coverage, Existence, Known, QUARTER, Traffic};
use crate::model::{Day, Period, PolicyPublished};
use crate::senders::{Decision, ServiceId, SourceKey};

/// How one policy domain stands to its steps.
#[derive(Debug)]
pub struct Domain {
    /// The policy of its newest report; its domain is the one that is meant.
    pub policy: PolicyPublished,
    /// The same, as it counts.
    pub in_force: PolicyInForce,
    /// The step that comes next.
    pub next: Step,
    /// The step that decides.
    pub shown: Step,
    /// The verdicts.
    pub readiness: DomainReadiness,
    /// What to publish for each of them.
    pub publish: Vec<Option<Publish>>,
    /// How good the data is.
    pub coverage: crate::analysis::readiness::Coverage,
    /// The newest day of its reports.
    pub newest: Day,
    /// The names of the biggest reporters.
    pub biggest: Vec<Option<Box<str>>>,
    /// Where DNS is known from.
    pub looked: Looked,
    /// What stands in DNS, where that is known.
    pub dns: Option<DnsState>,
    /// What DNS says about whether the domain sends.
    pub silence: DnsSilence,
}

impl Domain {
    /// The verdicts, each with what to publish for its step.
    pub fn steps(&self) -> impl Iterator<Item = (&Readiness, Option<&Publish>)> {
        let publish = self.publish.iter().map(Option::as_ref).chain(std::iter::repeat(None));
        self.readiness.steps.iter().zip(publish)
    }

    /// The days that are judged.
    #[must_use]
    pub fn month(&self) -> Period {
        Period { from: Some(self.newest.plus(-29)), to: Some(self.newest) }
    }

    /// The verdict that decides.
    #[must_use]
    pub fn shown(&self) -> &Readiness {
        let shown = self.readiness.steps.iter().find(|readiness| readiness.step == self.shown);
        shown.unwrap_or(&self.readiness.steps[0])
    }
}

/// What is known around the records of all domains.
pub(super) struct Surroundings<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) traffic: &'a Traffic,
    pub(super) coverage: Coverage,
    pub(super) past: Past,
    pub(super) existence: Existence,
}

impl Surroundings<'_> {
    pub(super) fn domain(&self, judged: &Judged<'_>, policy: &PolicyPublished, dns: &InDns) -> Domain {
        let Judge { question, known, newest, asked, .. } = *self.judge;
        let nobody = Reporters::default();
        let reporters = self.coverage.reporters.get(&judged.id).unwrap_or(&nobody);
        let newest = reporters.newest(newest).unwrap_or(newest);
        let coverage = reporters.coverage(newest);
        let trial = self.coverage.log.trial_days(judged.id, newest.plus(1 - QUARTER), newest);
        let trial = trial.intersection(&coverage.two_months.days).count() as u64;
        let in_force = PolicyInForce::new(dns.terms(judged.domain, policy), trial);
        let expected = self.expected(judged, dns);
        let circumstances = Circumstances {
            newest,
            currency: Currency::of(newest, asked),
            coverage: &coverage,
            policy: Some(in_force),
            dns: dns.state.as_ref(),
            expected: &expected,
            dns_unanswered: dns.is_unanswered(),
            authorised: is_authorised(judged, known),
            ever: self.past.ever.get(judged.domain).copied().unwrap_or(Ever { passed: 1, signed: 0 }),
            silence: dns.silence(),
            waivers: question.waivers,
            exists: &|name| dns.exists(name).or_else(|| self.existence.of(name)),
        };
        let readiness =
            assess_domain(judged, &self.traffic.names, &circumstances, question.thresholds.as_slice());
        let is_silent = |step: &Readiness| step.step == Step::Reject && step.own_mail.proof().is_some();
        let next = match readiness.steps.iter().any(is_silent) {
            true => Step::Reject,
            false => in_force.next_step(),
        };
        let record = dns.record(judged.domain);
        let publish = readiness.steps.iter().map(|step| Publish::of(step, policy, record)).collect();
        let name = |&place: &u32| self.coverage.names.get(place as usize).cloned().flatten();
        Domain {
            shown: question.step.unwrap_or(next),
            next,
            newest,
            biggest: coverage.biggest.iter().map(name).collect(),
            dns: dns.state.clone(),
            silence: dns.silence(),
            looked: dns.looked,
            policy: policy.clone(),
            in_force,
            readiness,
            publish,
            coverage,
        }
    }

    /// The services that are known to send for a domain: the owner says so, DNS does, or they once did.
    fn expected(&self, judged: &Judged<'_>, dns: &InDns) -> Vec<(ServiceId, Option<Day>)> {
        let known = self.judge.known;
        let before = self.past.silent.get(&judged.id).map_or(&[][..], Vec::as_slice);
        let decided = known.decisions().iter().filter_map(|made| match made.source {
            SourceKey::Service(service)
                if made.decision == Decision::Authorised && judged.domain.is_within(made.domain.as_str()) =>
            {
                Some(service)
            }
            _ => None,
        });
        let included = dns.spf_includes().filter_map(|name| known.catalogue.by_spf_include(name));
        let signing = dns.selector_targets().filter_map(|name| known.catalogue.by_selector_target(&name));
        let mut services: Vec<ServiceId> = before.iter().map(|(service, _)| *service).collect();
        services.extend(decided.chain(included).chain(signing));
        services.sort_unstable();
        services.dedup();
        let last = |service| before.iter().find(|(known, _)| *known == service).map(|(_, day)| *day);
        services.into_iter().map(|service| (service, last(service))).collect()
    }
}

/// Whether the owner has said of any source that it sends for a domain.
fn is_authorised(judged: &Judged<'_>, known: &Known) -> bool {
    known.decisions().iter().any(|made| {
        let (domain, made_for) = (judged.domain, &made.domain);
        let concerns = domain.is_within(made_for.as_str()) || made_for.is_within(domain.as_str());
        made.decision == Decision::Authorised && concerns
    })
}
