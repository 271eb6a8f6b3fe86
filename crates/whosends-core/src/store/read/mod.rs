//! Answers what the commands ask.

mod backup;
mod check;
mod decisions;
mod domains;
mod export;
mod header;
mod in_ranges;
mod info;
mod names;
mod notes;
mod outside;
mod published;
mod reports;
mod resolved;
mod runs;
mod traffic;

use rusqlite::Connection;

pub use self::backup::Stopper;
pub use self::decisions::{DecisionChange, KeptDecision};
pub use self::domains::DomainSummary;
pub use self::export::{ExportRecord, ExportReport};
pub(super) use self::header::header;
pub use self::info::{Cutoff, DatabaseInfo};
pub(super) use self::info::{checkpoint, file_bytes};
pub use self::names::Reporter;
pub(super) use self::names::{address, combination};
pub use self::notes::{NoteExample, NoteFilter, NoteRow};
pub use self::outside::Outside;
pub use self::published::PublishedRow;
pub use self::reports::{ReportDetail, ReportFilter, ReportId, ReportNote, ReportOrigin, ReportRow};
pub use self::resolved::{KeptName, KeptRange};
pub(super) use self::runs::all_rejected;
pub use self::runs::{Rejected, Run, RunOutcome};
use super::error::Outcome;
use crate::model::{Domains, Filter, Period};

/// The first and last day of a period, or `None` where everything is meant.
const fn bounds(period: Period) -> Option<(i64, i64)> {
    let from = match period.from {
        Some(day) => day.0,
        None => i64::MIN,
    };
    let to = match period.to {
        Some(day) => day.0,
        None => i64::MAX,
    };
    if period.from.is_none() && period.to.is_none() { None } else { Some((from, to)) }
}

/// The condition that a period puts on a day column, with literal numbers.
fn condition(period: Period, column: &str) -> String {
    bounds(period)
        .map_or_else(|| String::from("TRUE"), |(from, to)| format!("{column} BETWEEN {from} AND {to}"))
}

/// The stored domains that are meant, with their ids, in the order of their names.
pub(super) fn stored(connection: &Connection, domains: &Domains) -> Outcome<Vec<(i64, String)>> {
    let mut statement = connection.prepare_cached("SELECT id, name FROM domain ORDER BY name")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let name = row.get_ref(1)?.as_str()?;
        if domains.holds(name) {
            found.push((row.get(0)?, name.to_owned()));
        }
    }
    Ok(found)
}

/// A filter as SQL: a condition on the `report` table whose first parameter is the list of domains.
#[derive(Debug)]
struct Condition {
    domains: String,
    condition: String,
}

impl Condition {
    fn new(connection: &Connection, filter: &Filter) -> Outcome<Self> {
        let domains = stored(connection, &filter.domains)?;
        let ids: Vec<String> = domains.iter().map(|(id, _)| id.to_string()).collect();
        Ok(Self {
            domains: format!("[{}]", ids.join(",")),
            // Naming the domains even where all are meant lets the index find the days.
            condition: format!(
                "report.domain IN (SELECT value FROM json_each(?1)) AND {}",
                condition(filter.period, "report.day"),
            ),
        })
    }
}
