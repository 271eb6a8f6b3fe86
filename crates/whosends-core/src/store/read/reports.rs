//! The reports that are held, and one of them in detail.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::export::Combinations;
use super::header::header;
use super::names::{Reporter, address, name_of};
use super::traffic::{range_statement, visit_range};
use super::{Condition, stored};
use crate::error::Result;
use crate::model::{Day, Domains, Filter, Header, Name, Origin, Record, Scope};
use crate::store::Store;
use crate::store::codec::uint;
use crate::store::error::{Fault, Outcome};

/// Stands for a report within one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReportId(pub i64);

/// Which reports are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportFilter {
    /// Domain and period.
    pub filter: Filter,
    /// Text in the reporter's name or address, in any case of ASCII letters.
    pub reporter: Option<String>,
    /// The report's id as stated.
    pub report_id: Option<String>,
    /// Only reports of which there are several variants.
    pub conflicting: bool,
    /// At most so many.
    pub limit: Option<u64>,
}

/// A report in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Its id in this database.
    pub id: ReportId,
    /// Who wrote it.
    pub reporter: Reporter,
    /// The policy domain.
    pub domain: Name,
    /// Its id as stated.
    pub report_id: Option<String>,
    /// Start of the period in Unix seconds.
    pub begin: Option<i64>,
    /// End of the period in Unix seconds.
    pub end: Option<i64>,
    /// The day it counts for.
    pub day: Option<Day>,
    /// Whether it is of more than one day.
    pub multi_day: bool,
    /// Whether it counts; if not, another variant of it does.
    pub counts: bool,
    /// Whether it was cut short.
    pub truncated: bool,
    /// Its records.
    pub records: u64,
    /// Records that could not be added up.
    pub records_skipped: u64,
    /// Its messages.
    pub messages: u64,
    /// How often something in it was odd.
    pub notes: u64,
}

/// A report in detail.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportDetail {
    /// What the list says of it.
    pub row: ReportRow,
    /// What it says of itself.
    pub header: Header,
    /// Where its copies came from: the first few.
    pub origins: Vec<ReportOrigin>,
    /// What was odd in it.
    pub notes: Vec<ReportNote>,
    /// The Unix time it was stored.
    pub ingested_at: i64,
}

/// Where a copy of a report came from, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOrigin {
    /// Where from.
    pub origin: Origin,
    /// The Unix time it was read.
    pub seen_at: i64,
}

/// A note as it was stored: see [`Note`](crate::model::Note).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportNote {
    /// The word of its [`NoteCode`](crate::model::NoteCode).
    pub code: String,
    /// The element's path within the report.
    pub path: String,
    /// What stood there.
    pub raw: Option<String>,
    /// The line where it stood first.
    pub line: Option<u64>,
    /// How often the same was seen.
    pub times: u64,
}

const COLUMNS: &str = "report.id, reporter.org_name, reporter.email, domain.name, report.report_id, \
     report.\"begin\", report.\"end\", report.day, report.multi_day, report.counts, report.truncated, \
     report.records, report.records_skipped, report.messages, report.notes";

impl Store {
    /// The reports of the filter, the newest first, also those that do not count.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn reports(&self, filter: &ReportFilter) -> Result<Vec<ReportRow>> {
        self.reading(|connection| list(connection, filter))
    }

    /// A report in detail, or `None` where there is no such report in the scope.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn report(&self, scope: &Scope, id: ReportId) -> Result<Option<ReportDetail>> {
        let found = self.reading(|connection| detail(connection, id))?;
        Ok(found.filter(|detail| scope.holds(detail.row.domain.as_str())))
    }

    /// Visits the records of a report in the scope, counting or not, in its order until the visitor breaks.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn report_records(
        &self,
        scope: &Scope,
        id: ReportId,
        visit: &mut dyn FnMut(&Record) -> ControlFlow<()>,
    ) -> Result<()> {
        self.reading(|connection| {
            let sql = "SELECT report.first_record, report.records, domain.name FROM report \
                 CROSS JOIN domain ON domain.id = report.domain WHERE report.id = ?1";
            let mut found = connection.prepare_cached(sql)?;
            let mut rows = found.query([id.0])?;
            let Some(row) = rows.next()? else { return Ok(()) };
            if !scope.holds(row.get_ref(2)?.as_str()?) {
                return Ok(());
            }
            let first: i64 = row.get(0)?;
            let range = first..first.saturating_add(row.get(1)?);
            let mut combinations = Combinations::new(connection);
            let mut records = range_statement(connection)?;
            let _ = visit_range(&mut records, range, |source, count, combination| {
                Ok(visit(&Record {
                    source: address(connection, source)?,
                    count: uint(count),
                    combination: (*combinations.get(combination)?.0).clone(),
                }))
            })?;
            Ok(())
        })
    }
}

/// The days before the newest in which the newest reports are looked for, one after the other as long as there are too
/// few: ordering all of them took a quarter of a second for 400,000.
const NEWEST: [i64; 3] = [3, 30, 365];

fn list(connection: &Connection, filter: &ReportFilter) -> Outcome<Vec<ReportRow>> {
    let newest = match filter.limit {
        Some(_) => newest_day(connection, &filter.filter.domains)?,
        None => None,
    };
    for from in NEWEST.iter().filter_map(|days| newest?.checked_sub(*days)) {
        let found = list_from(connection, filter, Some(from))?;
        if filter.limit.is_some_and(|limit| found.len() as u64 >= limit) {
            return Ok(found);
        }
    }
    list_from(connection, filter, None)
}

/// The newest day of which there is a report, counting or not.
fn newest_day(connection: &Connection, domains: &Domains) -> Outcome<Option<i64>> {
    let sql = "SELECT day FROM report WHERE domain = ?1 ORDER BY day DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut newest = None;
    for (domain, _) in stored(connection, domains)? {
        let day: Option<Option<i64>> = statement.query_row([domain], |row| row.get(0)).optional()?;
        newest = newest.max(day.flatten());
    }
    Ok(newest)
}

/// The reports of the filter; of this day and later where there is one.
fn list_from(connection: &Connection, filter: &ReportFilter, from: Option<i64>) -> Outcome<Vec<ReportRow>> {
    let meant = Condition::new(connection, &filter.filter)?;
    let mut condition = meant.condition;
    if let Some(from) = from {
        condition += &format!(" AND report.day >= {from}");
    }
    if filter.reporter.is_some() {
        condition += " AND report.reporter IN (SELECT id FROM reporter \
             WHERE instr(lower(coalesce(org_name, '') || ' ' || coalesce(email, '')), lower(?2)) > 0)";
    }
    if filter.report_id.is_some() {
        condition += " AND report.report_id = ?3";
    }
    if filter.conflicting {
        condition += " AND EXISTS (SELECT 1 FROM report AS other WHERE other.domain = report.domain \
             AND other.day IS report.day AND other.identity = report.identity AND other.id <> report.id)";
    }
    // The limit comes before the joins.
    let sql = format!(
        "SELECT {COLUMNS} FROM (SELECT * FROM report WHERE {condition} \
         ORDER BY \"begin\" DESC, \"end\" DESC, content LIMIT ?4) AS report \
         CROSS JOIN domain ON domain.id = report.domain \
         CROSS JOIN reporter ON reporter.id = report.reporter \
         ORDER BY report.\"begin\" DESC, report.\"end\" DESC, domain.name, reporter.org_name, \
         report.report_id, report.content"
    );
    let limit = filter.limit.map_or(-1, crate::store::codec::int);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![meant.domains, filter.reporter, filter.report_id, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(report_row(row)?);
    }
    Ok(found)
}

fn report_row(row: &Row<'_>) -> Outcome<ReportRow> {
    Ok(ReportRow {
        id: ReportId(row.get(0)?),
        reporter: Reporter { org_name: row.get(1)?, email: row.get(2)? },
        domain: name_of(row.get_ref(3)?.as_str()?)?,
        report_id: row.get(4)?,
        begin: row.get(5)?,
        end: row.get(6)?,
        day: row.get::<_, Option<i64>>(7)?.map(Day),
        multi_day: row.get(8)?,
        counts: row.get(9)?,
        truncated: row.get(10)?,
        records: uint(row.get(11)?),
        records_skipped: uint(row.get(12)?),
        messages: uint(row.get(13)?),
        notes: uint(row.get(14)?),
    })
}

fn detail(connection: &Connection, id: ReportId) -> Outcome<Option<ReportDetail>> {
    let sql = format!(
        "SELECT {COLUMNS}, report.ingested_at FROM report \
         CROSS JOIN domain ON domain.id = report.domain \
         CROSS JOIN reporter ON reporter.id = report.reporter WHERE report.id = ?1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let header = header(connection, id.0)?.ok_or_else(|| Fault::damaged("a report without its parts"))?;
    Ok(Some(ReportDetail {
        row: report_row(row)?,
        header,
        origins: origins(connection, id)?,
        notes: notes(connection, id)?,
        ingested_at: row.get(15)?,
    }))
}

fn origins(connection: &Connection, id: ReportId) -> Outcome<Vec<ReportOrigin>> {
    let sql = "SELECT place, mail_from, message_id, seen_at FROM origin WHERE report = ?1 ORDER BY seq";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([id.0], |row| {
        let origin = Origin { place: row.get(0)?, mail_from: row.get(1)?, message_id: row.get(2)? };
        Ok(ReportOrigin { origin, seen_at: row.get(3)? })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn notes(connection: &Connection, id: ReportId) -> Outcome<Vec<ReportNote>> {
    let sql = "SELECT code, path, raw, line, times FROM note WHERE report = ?1 ORDER BY seq";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([id.0], |row| {
        Ok(ReportNote {
            code: row.get(0)?,
            path: row.get(1)?,
            raw: row.get(2)?,
            line: row.get::<_, Option<i64>>(3)?.map(uint),
            times: uint(row.get(4)?),
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
