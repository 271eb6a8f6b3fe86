//! What came before the days that are judged.

use std::collections::HashMap;

use super::Judge;
use crate::analysis::attribution::JudgedRow;
use crate::analysis::readiness::Ever;
use crate::answers::asked::filter;
use crate::answers::{QUARTER, Traffic};
use crate::error::Result;
use crate::model::{CombinationId, Day, Domains, Name, Period, PolicyPublished};
use crate::senders::{Learner, Seen, ServiceId, SourceKey};
use crate::store::DomainSummary;

/// The days before the quarter in which a sender that has fallen silent is looked for.
const BEFORE: i64 = 365;

/// What the database knows from before.
pub(super) struct Past {
    /// What it ever knew of domains of which nothing passes.
    pub(super) ever: HashMap<Name, Ever>,
    /// The last day of aligned mail of services that have fallen silent, by the id of the domain.
    pub(super) silent: HashMap<u32, Vec<(ServiceId, Day)>>,
}

impl Past {
    pub(super) fn read(judge: &Judge<'_>, judged: &HashMap<Name, PolicyPublished>) -> Result<Self> {
        Ok(Self { silent: silent(judge)?, ever: ever(judge, judged)? })
    }
}

/// What the database ever knew of those of some domains of which it never saw any mail pass.
fn ever(judge: &Judge<'_>, judged: &HashMap<Name, PolicyPublished>) -> Result<HashMap<Name, Ever>> {
    let (store, asked) = (judge.store, &judge.question.domains);
    let mut found = HashMap::new();
    let passed = |summary: &DomainSummary| summary.dkim_pass.max(summary.spf_pass).max(summary.dmarc_pass);
    let wanted = |summary: &DomainSummary| passed(summary) == 0 && judged.contains_key(&summary.domain);
    for summary in store.domains(&filter(asked, Period::ALL))?.into_iter().filter(wanted) {
        let mut counts: HashMap<(u32, CombinationId), u64> = HashMap::new();
        let it = Domains { scope: asked.scope.clone(), asked: Some(summary.domain.clone()) };
        store.traffic(&filter(&it, Period::ALL), |row| {
            let count = counts.entry((row.domain, row.combination)).or_default();
            *count = count.saturating_add(row.messages);
        })?;
        // A domain below that has a record of its own has a verdict of its own.
        let names = store.domain_names(counts.keys().map(|(domain, _)| *domain))?;
        counts.retain(|(domain, _), _| names.get(domain) == Some(&summary.domain));
        let combinations = store.combinations(counts.keys().map(|(_, id)| *id))?;
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
fn silent(judge: &Judge<'_>) -> Result<HashMap<u32, Vec<(ServiceId, Day)>>> {
    let (store, asked) = (judge.store, &judge.question.domains);
    let last = judge.newest.plus(-QUARTER);
    let mut silent: HashMap<u32, Vec<(ServiceId, Day)>> = HashMap::new();
    if store.newest_day(asked, last)?.is_none() {
        return Ok(silent);
    }
    let before = Period { from: Some(last.plus(1 - BEFORE)), to: Some(last) };
    let traffic = Traffic::read(store, asked, before)?;
    traffic.judge(judge.known, &mut |judged| {
        let mut services: HashMap<ServiceId, Aligned> = HashMap::new();
        for group in judged.groups() {
            let SourceKey::Service(service) = group.source() else { continue };
            let found = services.entry(*service).or_default();
            found.confirmed |= group.judgement.confirmed;
            group.aligned().for_each(|row| found.add(&row));
        }
        let services = services.into_iter().filter(|(_, found)| found.was_confirmed());
        let services = services.filter_map(|(service, found)| Some((service, found.last?)));
        silent.insert(judged.id, services.collect());
    });
    Ok(silent)
}

/// The aligned mail of a service.
#[derive(Debug, Default)]
struct Aligned {
    seen: Seen,
    last: Option<Day>,
    /// Whether something else than this mail confirms the service.
    confirmed: bool,
}

impl Aligned {
    fn add(&mut self, row: &JudgedRow) {
        if let Some(day) = row.traffic.day {
            self.seen.add(day, row.traffic.messages);
            self.last = self.last.max(Some(day));
        }
    }

    /// As much of it confirmed the service in its day.
    fn was_confirmed(&self) -> bool {
        let enough =
            self.seen.days() >= Learner::SERVICE_DAYS && self.seen.messages() >= Learner::SERVICE_MESSAGES;
        self.confirmed || enough
    }
}
