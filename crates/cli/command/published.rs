//! What the stored reports say was published.

use whosends_core::analysis::period::Period;
use whosends_core::analysis::published::{PolicyLog, Terms};
use whosends_core::model::Name;
use whosends_core::store::Store;

use super::period;
use crate::failure::Failure;

/// What the reports of a period say was published.
pub(super) fn log(store: &Store, domain: Option<&Name>, period: Period) -> Result<PolicyLog, Failure> {
    let mut log = PolicyLog::default();
    store.published(&period::filter(domain, period), &mut |report| {
        log.add(report.domain, report.reporter, report.day, Terms::of(report.policy));
    })?;
    Ok(log)
}
