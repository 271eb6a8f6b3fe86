//! Whether domains can enforce, and what would break.
//!
//! ```
//! use std::sync::Arc;
//! use whosends_core::answers::{Context, readiness::{Dns, Question}};
//! use whosends_core::store::{Location, Store};
//!
//! let (store, context) = (Store::open(&Location::Memory)?, Arc::new(Context::new(1_795_348_800)));
//! let why = Question::default().answer(&context, &store, Dns::Kept).unwrap_err();
//! assert_eq!(why.to_string(), "the database holds no report");
//! # Ok::<(), whosends_core::error::Error>(())
//! ```

mod dns;
mod domain;
mod past;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

pub use self::dns::{Dns, Looked};
pub use self::domain::Domain;
use self::domain::Surroundings;
use self::past::Past;
use super::asked::filter;
use super::{Context, Coverage, Existence, Known, LeftOut, NoAnswer, Nothing, QUARTER, Traffic, Warning};
use crate::analysis::readiness::{Step, Thresholds, Verdict, Waivers};
use crate::analysis::selectors::Selectors;
use crate::error::Result;
use crate::model::{Day, Domains, Name, Period, PolicyPublished};
use crate::senders::Catalogue;
use crate::store::Store;

/// So much earlier than the newest day of all may a domain's own be and its verdict still count.
const FORTNIGHT: i64 = 14;

/// Whether domains can take their next step towards enforcement.
#[derive(Debug, Clone)]
pub struct Question {
    /// The policy domains.
    pub domains: Domains,
    /// The day at whose end it is judged; today where it is not said. Later reports are left out.
    pub as_of: Option<Day>,
    /// The step that decides; the next one of each domain where it is not said.
    pub step: Option<Step>,
    /// What each step needs.
    pub thresholds: [(Step, Thresholds); Step::ALL.len()],
    /// What the owner does without.
    pub waivers: Waivers,
}

impl Default for Question {
    /// About every domain, today, with the customary thresholds.
    fn default() -> Self {
        Self {
            domains: Domains::ALL,
            as_of: None,
            step: None,
            thresholds: Step::ALL.map(|step| (step, Thresholds::of(step))),
            waivers: Waivers::default(),
        }
    }
}

/// Whether domains can enforce.
#[derive(Debug)]
pub struct Answer {
    /// The day that the verdicts are for.
    pub asked: Day,
    /// The month before the newest day of all domains.
    pub period: Period,
    /// What the period leaves out.
    pub left_out: LeftOut,
    /// The services.
    pub catalogue: Arc<Catalogue>,
    /// The domains, the busiest first.
    pub domains: Vec<Domain>,
    /// Records that were read.
    pub records: u64,
    /// What may surprise.
    pub warnings: Vec<Warning>,
}

impl Answer {
    /// What the verdicts come to: no where any domain can't take its step, else not enough data where there is not
    /// enough for any.
    #[must_use]
    pub fn overall(&self) -> Overall {
        let mut overall = Overall::Yes;
        for domain in &self.domains {
            match domain.shown().verdict {
                Verdict::NotReady | Verdict::Regressed => return Overall::No,
                Verdict::NotEnoughData => overall = Overall::Undecided,
                Verdict::Ready | Verdict::Enforced => {}
            }
        }
        overall
    }
}

/// What the verdicts on several domains come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overall {
    /// Each can take its step, or has.
    Yes,
    /// One can't.
    No,
    /// There is not enough data for one.
    Undecided,
}

impl Question {
    /// Judges each domain by the quarter before its newest report.
    ///
    /// # Errors
    /// Fails where no report is held of the domains, and where the database or the catalogue does.
    pub fn answer(&self, context: &Arc<Context>, store: &Store, dns: Dns<'_>) -> Result<Answer, NoAnswer> {
        let asked = self.as_of.unwrap_or(context.today());
        let Some(newest) = store.newest_day(&self.domains, asked)? else {
            let period = Period { from: None, to: Some(asked) };
            return Err(Nothing::of(store, &self.domains, period)?.into());
        };
        let known = Known::load(context, store, &self.domains)?;
        let judge = Judge { question: self, context, store, known: &known, newest, asked };
        let (domains, records) = judge.domains(dns)?;
        if domains.is_empty() {
            return Err(Nothing::of(store, &self.domains, judge.quarter())?.into());
        }
        Ok(Answer {
            asked,
            period: Period { from: Some(newest.plus(-29)), to: Some(newest) },
            left_out: LeftOut::of(store, &self.domains, judge.quarter(), asked)?,
            warnings: known.warnings(&self.domains.scope),
            catalogue: known.catalogue,
            domains,
            records,
        })
    }
}

/// How each domain stands to its next step, by what is stored, where nobody sets anything.
pub(super) fn next_steps(
    domains: &Domains,
    context: &Context,
    (store, known): (&Store, &Known),
) -> Result<Vec<Domain>> {
    let asked = context.today();
    let Some(newest) = store.newest_day(domains, asked)? else { return Ok(Vec::new()) };
    let question = &Question { domains: domains.clone(), ..Question::default() };
    Judge { question, context, store, known, newest, asked }.domains(Dns::Kept).map(|(domains, _)| domains)
}

/// What the verdicts are made from.
struct Judge<'a> {
    question: &'a Question,
    context: &'a Context,
    store: &'a Store,
    known: &'a Known,
    /// The newest day of all that is asked about.
    newest: Day,
    /// The day that the verdicts are for.
    asked: Day,
}

impl Judge<'_> {
    fn quarter(&self) -> Period {
        // Each domain is judged by the quarter before its own newest day.
        let more = if self.question.domains.asked.is_some() { 0 } else { FORTNIGHT };
        Period { from: Some(self.newest.plus(1 - QUARTER - more)), to: Some(self.newest) }
    }

    /// Every domain that was asked about, the busiest first, and how many records were read.
    fn domains(&self, dns: Dns<'_>) -> Result<(Vec<Domain>, u64)> {
        let (store, asked_about) = (self.store, &self.question.domains);
        let found = store.domains(&filter(asked_about, self.quarter()))?;
        let policies: HashMap<Name, PolicyPublished> =
            found.into_iter().map(|found| (found.domain, found.policy)).collect();
        let traffic = Traffic::read(store, asked_about, self.quarter())?;
        let mut seen = Selectors::default();
        traffic.names.combinations.values().for_each(|combination| seen.add(combination, 1, None));
        seen.uses = dns.uses(policies.keys(), (store, self.newest))?;
        let dns = dns.look(policies.keys(), &seen, (store, self.context.now()))?;
        let surroundings = Surroundings {
            judge: self,
            traffic: &traffic,
            coverage: Coverage::read(store, asked_about, self.quarter())?,
            past: Past::read(self, &policies)?,
            existence: Existence::read(store, None, &traffic.names, None)?,
        };
        let mut domains = Vec::new();
        let nothing = dns::InDns::default();
        traffic.judge(self.known, &mut |judged| {
            if let Some(policy) = policies.get(judged.domain) {
                let dns = dns.get(judged.domain).unwrap_or(&nothing);
                domains.push(surroundings.domain(judged, policy, dns));
            }
        });
        domains.sort_by(|a, b| {
            let messages = |domain: &Domain| domain.readiness.month.all();
            messages(b).cmp(&messages(a)).then_with(|| a.policy.domain.cmp(&b.policy.domain))
        });
        Ok((domains, traffic.rows))
    }
}
