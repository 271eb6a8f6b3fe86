//! Every counting record with its words, in an order that does not depend on how the reports came in.

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use rusqlite::Connection;

use super::Condition;
use super::header::header;
use super::names::{address, combination};
use super::traffic::{number, range_statement, visit_range};
use crate::error::Result;
use crate::model::{AddressId, Combination, CombinationId, Day, Filter, PolicyPublished};
use crate::store::Store;
use crate::store::cache::Cache;
use crate::store::codec::uint;
use crate::store::error::{Fault, Outcome};

/// What an [`ExportRecord`] says of its report.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportReport {
    /// The reporter's `org_name` as stated, trimmed.
    pub reporter: Option<String>,
    /// The report's id as stated.
    pub report_id: Option<String>,
    /// Start of the period in Unix seconds.
    pub begin: Option<i64>,
    /// End of the period in Unix seconds.
    pub end: Option<i64>,
    /// The policy domain and the policy published.
    pub policy: PolicyPublished,
    /// The policy domain, as in [`TrafficRow`](crate::model::TrafficRow).
    pub domain: u32,
    /// The day it begins on.
    pub day: Option<Day>,
}

/// One counting record. Its report and combination are shared with its neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRecord {
    /// Its report.
    pub report: Arc<ExportReport>,
    /// The source.
    pub source_ip: IpAddr,
    /// The source, as in [`TrafficRow`](crate::model::TrafficRow).
    pub address: AddressId,
    /// Messages.
    pub count: u64,
    /// How it was judged, its identifiers and its raw results.
    pub combination: Arc<Combination>,
    /// The same, as in [`TrafficRow`](crate::model::TrafficRow).
    pub combination_id: CombinationId,
}

impl Store {
    /// Visits every counting record of the filter until the visitor breaks: by begin (reports without one last),
    /// policy domain, reporter and report id, the records of a report as it held them.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn export(
        &self,
        filter: &Filter,
        visit: &mut dyn FnMut(&ExportRecord) -> ControlFlow<()>,
    ) -> Result<()> {
        self.reading(|connection| walk(connection, filter, visit))
    }
}

fn walk(
    connection: &Connection,
    filter: &Filter,
    visit: &mut dyn FnMut(&ExportRecord) -> ControlFlow<()>,
) -> Outcome<()> {
    let meant = Condition::new(connection, filter)?;
    // Only what is sorted by goes through the sorter, which puts on disk what does not fit its memory.
    let sql = format!(
        "SELECT report.id, report.first_record, report.records, report.domain, report.day \
         FROM report CROSS JOIN domain ON domain.id = report.domain \
         CROSS JOIN reporter ON reporter.id = report.reporter \
         WHERE report.counts = 1 AND {} \
         ORDER BY report.\"begin\" NULLS LAST, domain.name, reporter.org_name NULLS LAST, \
         report.report_id NULLS LAST, report.\"end\" NULLS LAST, reporter.email NULLS LAST, report.content",
        meant.condition,
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut reports = statement.query([&meant.domains])?;
    let mut records = range_statement(connection)?;
    let mut combinations = Combinations::new(connection);
    while let Some(row) = reports.next()? {
        let (domain, day) = (number(row.get(3)?)?, row.get::<_, Option<i64>>(4)?.map(Day));
        let report = Arc::new(export_report(connection, row.get(0)?, domain, day)?);
        let first: i64 = row.get(1)?;
        let range = first..first.saturating_add(row.get(2)?);
        let flow = visit_range(&mut records, range, |source, count, combination| {
            let (combination, combination_id) = combinations.get(combination)?;
            Ok(visit(&ExportRecord {
                report: Arc::clone(&report),
                source_ip: address(connection, source)?,
                address: AddressId::new(source),
                count: uint(count),
                combination,
                combination_id,
            }))
        })?;
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

fn export_report(connection: &Connection, id: i64, domain: u32, day: Option<Day>) -> Outcome<ExportReport> {
    let header = header(connection, id)?.ok_or_else(|| Fault::damaged("a report without its parts"))?;
    Ok(ExportReport {
        reporter: header.metadata.org_name,
        report_id: header.metadata.report_id,
        begin: header.metadata.begin,
        end: header.metadata.end,
        policy: header.policy,
        domain,
        day,
    })
}

/// Combinations, looked up once as far as memory is given to them.
pub(super) struct Combinations<'c> {
    connection: &'c Connection,
    known: Cache<i64, (Arc<Combination>, CombinationId)>,
}

impl<'c> Combinations<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, known: Cache::new(20_000) }
    }

    /// The combination, and the id it has without `envelope_to`.
    pub(super) fn get(&mut self, id: i64) -> Outcome<(Arc<Combination>, CombinationId)> {
        if let Some((known, without)) = self.known.get(&id) {
            return Ok((Arc::clone(known), *without));
        }
        let (found, without) = combination(self.connection, id)?;
        let found = Arc::new(found);
        self.known.insert(id, (Arc::clone(&found), without));
        Ok((found, without))
    }
}
