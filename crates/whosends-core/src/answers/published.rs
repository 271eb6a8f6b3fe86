//! What the stored reports say was published, and who wrote them.

use std::collections::HashMap;

use super::asked::filter;
use crate::analysis::published::{PolicyLog, Terms};
use crate::analysis::readiness::Reporters;
use crate::error::Result;
use crate::model::{Day, Domains, Period};
use crate::store::Store;

/// The most days of a report that count as covered by it.
const LONGEST: i64 = 31;

/// What the reports of a period say was published.
pub fn policy_log(store: &Store, domains: &Domains, period: Period) -> Result<PolicyLog> {
    let mut log = PolicyLog::default();
    store.published(&filter(domains, period), &mut |report| {
        log.add(report.domain, report.reporter, report.day, Terms::of(report.policy));
    })?;
    Ok(log)
}

/// Who reported on which policy domain, and when.
#[derive(Debug)]
pub struct Coverage {
    /// What they say was published.
    pub log: PolicyLog,
    /// By the id of the policy domain, with reporters by their places in `names`.
    pub reporters: HashMap<u32, Reporters>,
    /// The names.
    pub names: Vec<Option<Box<str>>>,
}

impl Coverage {
    /// Reads the reports of a period.
    pub fn read(store: &Store, domains: &Domains, period: Period) -> Result<Self> {
        let mut log = PolicyLog::default();
        let mut days: HashMap<(u32, u32, Day), u64> = HashMap::new();
        store.published(&filter(domains, period), &mut |report| {
            log.add(report.domain, report.reporter, report.day, Terms::of(report.policy));
            let (Some(first), Some(last)) = (report.day, report.last) else { return };
            let last = last.min(first.plus(LONGEST - 1));
            let mut messages = report.messages;
            for day in (0..LONGEST).map(|age| first.plus(age)).take_while(|day| *day <= last) {
                let total = days.entry((report.domain, report.reporter, day)).or_default();
                *total = total.saturating_add(std::mem::take(&mut messages));
            }
        })?;
        let mut ids: Vec<u32> = days.keys().map(|(_, reporter, _)| *reporter).collect();
        ids.sort_unstable();
        ids.dedup();
        let spelt = store.reporter_names(ids)?;
        let mut names: Vec<Option<Box<str>>> = spelt.values().cloned().map(Some).collect();
        names.push(None);
        names.sort_unstable();
        names.dedup();
        let mut reporters: HashMap<u32, Reporters> = HashMap::new();
        for ((domain, reporter, day), messages) in days {
            let place = names.binary_search(&spelt.get(&reporter).cloned());
            let place = place.ok().and_then(|place| u32::try_from(place).ok()).unwrap_or(0);
            reporters.entry(domain).or_default().add(place, Some(day), messages);
        }
        Ok(Self { log, reporters, names })
    }
}
