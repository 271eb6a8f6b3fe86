//! What the stored reports say was published, and who wrote them.

use std::collections::HashMap;

use whosends_core::analysis::published::{PolicyLog, Terms};
use whosends_core::analysis::readiness::Reporters;
use whosends_core::model::Period;
use whosends_core::model::{Day, Name};
use whosends_core::store::Store;

use super::{period, sources};
use crate::failure::Failure;

/// The most days of a report that count as covered by it.
const LONGEST: i64 = 31;

/// What the reports of a period say was published.
pub(super) fn log(store: &Store, domain: Option<&Name>, period: Period) -> Result<PolicyLog, Failure> {
    let mut log = PolicyLog::default();
    store.published(&period::filter(domain, period), &mut |report| {
        log.add(report.domain, report.reporter, report.day, Terms::of(report.policy));
    })?;
    Ok(log)
}

/// Who reported on which policy domain, and when.
pub(super) struct Coverage {
    /// What they say was published.
    pub(super) log: PolicyLog,
    /// By the id of the policy domain, with reporters by their places in `names`.
    pub(super) reporters: HashMap<u32, Reporters>,
    /// The names.
    pub(super) names: Vec<Option<Box<str>>>,
}

impl Coverage {
    /// Reads the reports of a period.
    pub(super) fn read(store: &Store, domain: Option<&Name>, period: Period) -> Result<Self, Failure> {
        let mut log = PolicyLog::default();
        let mut days: HashMap<(u32, u32, Day), u64> = HashMap::new();
        store.published(&period::filter(domain, period), &mut |report| {
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
        let spelt = sources::reporters(store, ids)?;
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
