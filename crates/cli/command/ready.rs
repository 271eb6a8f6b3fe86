//! `ready`: whether domains can enforce, and what would break.

use std::collections::HashMap;

use whosends_core::analysis::readiness::{
    Circumstances, Currency, Ever, PolicyInForce, Publish, Readiness, Reporters, Step, Thresholds, Verdict,
    Waivers, assess_domain,
};
use whosends_core::analysis::selectors::Selectors;
use whosends_core::answers::{Coverage, Existence, Known, QUARTER, Traffic};
use whosends_core::model::CombinationId;
use whosends_core::model::Period;
use whosends_core::model::{Day, Domains, Name, PolicyPublished, Scope};
use whosends_core::senders::{Decision, ServiceId, SourceKey};
use whosends_core::store::{DomainSummary, Store};

use super::ready_dns::{self, Dns};
use super::{Context, period};
use crate::args::Ready;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::number::count;
use crate::render::ready::{Answer, Domain};
use crate::streams::Streams;

/// So much earlier than the newest day of all may a domain's own be and its verdict still count.
const FORTNIGHT: i64 = 14;
/// The days before these in which a sender that has fallen silent is looked for.
const BEFORE: i64 = 365;

type Judged<'j> = whosends_core::analysis::attribution::Judged<'j>;

/// Answers `ready`.
pub(crate) fn run(args: &Ready, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let domain = args.domain.as_ref();
    let asked = args.as_of.unwrap_or(context.today);
    let Some(newest) = store.newest_day(&Domains::asked(domain.cloned()), asked)? else {
        return Err(period::nothing(domain, Period { from: None, to: Some(asked) }, &store)?);
    };
    let question = Question { args, context, store: &store, newest, asked };
    let known = Known::load(&context.known()?, &store)?;
    super::warn(known.warnings(&Scope::All), streams);
    let (domains, rows) = question.judge(&known)?;
    streams.detail(&format!("{} read", count(rows, "record", "records")));
    if domains.is_empty() {
        return Err(period::nothing(domain, question.quarter(), &store)?);
    }
    let month = Period { from: Some(newest.plus(-29)), to: Some(newest) };
    let left_out = period::left_out(&store, domain, question.quarter(), asked)?;
    let (now, catalogue, as_of) = (context.now, &known.catalogue, args.as_of);
    let answer = Answer { now, as_of, asked, period: month, left_out, catalogue, domains };
    streams.write(&answer, args.format.get(), Extent::all(args.all))?;
    Ok(exit(answer.domains.iter().map(|domain| domain.shown().verdict)))
}

/// How each domain stands to its next step, by what is stored, where nobody sets anything.
pub(super) fn next_steps(
    domain: Option<&Name>,
    context: &Context<'_>,
    (store, known): (&Store, &Known),
) -> Result<Vec<Domain>, Failure> {
    let Some(newest) = store.newest_day(&Domains::asked(domain.cloned()), context.today)? else {
        return Ok(Vec::new());
    };
    let args = Ready { domain: domain.cloned(), ..Ready::default() };
    let asked = context.today;
    Question { args: &args, context, store, newest, asked }.judge(known).map(|(domains, _)| domains)
}

/// 1 where any domain can't take its step, else 4 where there is not enough data for any, else 0.
fn exit(verdicts: impl Iterator<Item = Verdict>) -> Exit {
    let mut exit = Exit::Fine;
    for verdict in verdicts {
        match verdict {
            Verdict::NotReady | Verdict::Regressed => return Exit::No,
            Verdict::NotEnoughData => exit = Exit::Undecided,
            Verdict::Ready | Verdict::Enforced => {}
        }
    }
    exit
}

/// What is asked.
struct Question<'a> {
    args: &'a Ready,
    context: &'a Context<'a>,
    store: &'a Store,
    /// The newest day of all that is asked about.
    newest: Day,
    /// The day that the verdicts are for.
    asked: Day,
}

/// What is known around the records.
struct Around<'a> {
    known: &'a Known,
    traffic: &'a Traffic,
    coverage: &'a Coverage,
    existence: &'a Existence,
    /// What the database ever knew of domains of which nothing passes.
    ever: HashMap<Name, Ever>,
    /// The last day of aligned mail of services that have fallen silent.
    silent: HashMap<u32, Vec<(ServiceId, Day)>>,
    steps: Vec<(Step, Thresholds)>,
}

impl Question<'_> {
    fn quarter(&self) -> Period {
        // Each domain is judged by the quarter before its own newest day.
        let more = if self.args.domain.is_some() { 0 } else { FORTNIGHT };
        Period { from: Some(self.newest.plus(1 - QUARTER - more)), to: Some(self.newest) }
    }

    /// Every domain that was asked about, the busiest first, and how many records were read.
    fn judge(&self, known: &Known) -> Result<(Vec<Domain>, u64), Failure> {
        let (store, domain) = (self.store, self.args.domain.as_ref());
        let found = store.domains(&period::filter(domain, self.quarter()))?;
        let policies: HashMap<Name, PolicyPublished> =
            found.into_iter().map(|found| (found.domain, found.policy)).collect();
        let traffic = Traffic::read(store, &Domains::asked(domain.cloned()), self.quarter())?;
        let mut seen = Selectors::default();
        traffic.names.combinations.values().for_each(|combination| seen.add(combination, 1, None));
        let looking = Dns::new(self.args);
        seen.uses = looking.uses(policies.keys().cloned(), (store, self.newest))?;
        let dns = looking.look(policies.keys(), &seen, (store, self.context.now))?;
        let coverage = Coverage::read(store, &Domains::asked(domain.cloned()), self.quarter())?;
        let steps = Step::ALL.map(|step| (step, self.args.thresholds.of(step))).to_vec();
        let silent = self.silent(known)?;
        let existence = &Existence::read(store, None, &traffic.names, None)?;
        let ever = self.ever(&policies)?;
        let around = Around { known, traffic: &traffic, coverage: &coverage, existence, ever, silent, steps };
        let mut domains = Vec::new();
        traffic.judge(known, &mut |judged| {
            if let Some(policy) = policies.get(judged.domain) {
                let nothing = ready_dns::Known::NOTHING;
                let dns = dns.get(judged.domain).unwrap_or(&nothing);
                domains.push(self.domain(judged, &around, policy, dns));
            }
        });
        domains.sort_by(|a, b| {
            let messages = |domain: &Domain| domain.readiness.month.all();
            messages(b).cmp(&messages(a)).then_with(|| a.policy.domain.cmp(&b.policy.domain))
        });
        Ok((domains, traffic.rows))
    }

    fn domain(
        &self,
        judged: &Judged<'_>,
        around: &Around<'_>,
        policy: &PolicyPublished,
        dns: &ready_dns::Known,
    ) -> Domain {
        let nobody = Reporters::default();
        let reporters = around.coverage.reporters.get(&judged.id).unwrap_or(&nobody);
        let newest = reporters.newest(self.newest).unwrap_or(self.newest);
        let coverage = reporters.coverage(newest);
        let trial = around.coverage.log.trial_days(judged.id, newest.plus(1 - QUARTER), newest);
        let trial = trial.intersection(&coverage.two_months.days).count() as u64;
        let in_force = PolicyInForce::new(dns.terms(judged.domain, policy), trial);
        let expected = expected(judged, around, dns);
        let circumstances = Circumstances {
            newest,
            currency: Currency::of(newest, self.asked),
            coverage: &coverage,
            policy: Some(in_force),
            dns: dns.state.as_ref(),
            expected: &expected,
            dns_unanswered: dns.is_unanswered(),
            authorised: is_authorised(judged, around.known),
            ever: around.ever.get(judged.domain).copied().unwrap_or(Ever { passed: 1, signed: 0 }),
            silence: dns.silence(),
            waivers: Waivers { trial: self.args.waive_trial, list_loss: self.args.accept_list_loss },
            exists: &|name| dns.exists(name).or_else(|| around.existence.of(name)),
        };
        let readiness = assess_domain(judged, &around.traffic.names, &circumstances, &around.steps);
        let is_silent = |step: &Readiness| step.step == Step::Reject && step.own_mail.proof().is_some();
        let next = match readiness.steps.iter().any(is_silent) {
            true => Step::Reject,
            false => in_force.next_step(),
        };
        let record = dns.record(judged.domain);
        let publish = readiness.steps.iter().map(|step| Publish::of(step, policy, record)).collect();
        let name = |&place: &u32| around.coverage.names.get(place as usize).cloned().flatten();
        Domain {
            shown: self.args.step.map_or(next, Step::from),
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

    /// What the database ever knew of those of some domains of which it never saw any mail pass.
    fn ever(&self, judged: &HashMap<Name, PolicyPublished>) -> Result<HashMap<Name, Ever>, Failure> {
        let domain = self.args.domain.as_ref();
        let all = self.store.domains(&period::filter(domain, Period::ALL))?;
        let mut found = HashMap::new();
        let passed =
            |summary: &DomainSummary| summary.dkim_pass.max(summary.spf_pass).max(summary.dmarc_pass);
        let wanted = |summary: &DomainSummary| passed(summary) == 0 && judged.contains_key(&summary.domain);
        for summary in all.into_iter().filter(wanted) {
            let mut counts: HashMap<(u32, CombinationId), u64> = HashMap::new();
            self.store.traffic(&period::filter(Some(&summary.domain), Period::ALL), |row| {
                let count = counts.entry((row.domain, row.combination)).or_default();
                *count = count.saturating_add(row.messages);
            })?;
            // A domain below that has a record of its own has a verdict of its own.
            let names = self.store.domain_names(counts.keys().map(|(domain, _)| *domain))?;
            counts.retain(|(domain, _), _| names.get(domain) == Some(&summary.domain));
            let combinations = self.store.combinations(counts.keys().map(|(_, id)| *id))?;
            let mut ever = Ever::default();
            for ((_, id), messages) in counts {
                if let Some(combination) = combinations.get(&id) {
                    ever.add(&summary.domain, combination, messages);
                }
            }
            found.insert(summary.domain, ever);
        }
        Ok(found)
    }

    /// Services that were confirmed once, with their last day of aligned mail, from before the quarter.
    fn silent(&self, known: &Known) -> Result<HashMap<u32, Vec<(ServiceId, Day)>>, Failure> {
        let domain = self.args.domain.as_ref();
        let last = self.newest.plus(-QUARTER);
        let mut silent: HashMap<u32, Vec<(ServiceId, Day)>> = HashMap::new();
        if self.store.newest_day(&Domains::asked(domain.cloned()), last)?.is_none() {
            return Ok(silent);
        }
        let before = Period { from: Some(last.plus(1 - BEFORE)), to: Some(last) };
        let traffic = Traffic::read(self.store, &Domains::asked(domain.cloned()), before)?;
        let learned = known.as_of(self.store, last)?;
        traffic.judge_by(&learned, known, &mut |judged| {
            let mut services: HashMap<ServiceId, Day> = HashMap::new();
            for group in judged.groups().filter(|group| group.judgement.confirmed) {
                let SourceKey::Service(service) = group.source() else { continue };
                if let Some(day) = group.last_aligned() {
                    let last = services.entry(*service).or_insert(day);
                    *last = (*last).max(day);
                }
            }
            silent.insert(judged.id, services.into_iter().collect());
        });
        Ok(silent)
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

/// The services that are known to send for a domain: the owner says so, DNS does, or they once did.
fn expected(
    judged: &Judged<'_>,
    around: &Around<'_>,
    dns: &ready_dns::Known,
) -> Vec<(ServiceId, Option<Day>)> {
    let catalogue = &around.known.catalogue;
    let before = around.silent.get(&judged.id).map_or(&[][..], Vec::as_slice);
    let decided = around.known.decisions().iter().filter_map(|made| match made.source {
        SourceKey::Service(service)
            if made.decision == Decision::Authorised && judged.domain.is_within(made.domain.as_str()) =>
        {
            Some(service)
        }
        _ => None,
    });
    let included = dns.spf_includes().filter_map(|name| catalogue.by_spf_include(name));
    let signing = dns.selector_targets().filter_map(|name| catalogue.by_selector_target(&name));
    let mut services: Vec<ServiceId> = before.iter().map(|(service, _)| *service).collect();
    services.extend(decided.chain(included).chain(signing));
    services.sort_unstable();
    services.dedup();
    let last = |service| before.iter().find(|(known, _)| *known == service).map(|(_, day)| *day);
    services.into_iter().map(|service| (service, last(service))).collect()
}
