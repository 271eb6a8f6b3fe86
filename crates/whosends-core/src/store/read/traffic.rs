//! Every counting record of a filter, as numbers: the basis of all analysis.

use std::ops::{ControlFlow, Range};

use rusqlite::{CachedStatement, Connection};

use super::names::{AddressId, CombinationId};
use super::{Filter, Period, domains_within};
use crate::error::Result;
use crate::model::Day;
use crate::store::Store;
use crate::store::codec::uint;
use crate::store::error::{Fault, Outcome};

/// A counting record. What the ids stand for is asked of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrafficRow {
    /// The day its report begins on.
    pub day: Option<Day>,
    /// Whether its report is of more than one day.
    pub multi_day: bool,
    /// The policy domain.
    pub domain: u32,
    /// Who reported it. Several ids may stand for one reporter: see [`Reporter::name`](super::Reporter::name).
    pub reporter: u32,
    /// The source.
    pub address: AddressId,
    /// How it was judged.
    pub combination: CombinationId,
    /// Messages.
    pub messages: u64,
}

impl Store {
    /// Visits every counting record of the filter, in no order that means anything.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn traffic(&self, filter: &Filter, visit: &mut dyn FnMut(&TrafficRow)) -> Result<()> {
        self.reading(|connection| {
            for (domain, _) in domains_within(connection, filter.domain.as_deref())? {
                visit_domain(connection, domain, filter.period, visit)?;
            }
            Ok(())
        })
    }
}

fn visit_domain(
    connection: &Connection,
    domain: i64,
    period: Period,
    visit: &mut dyn FnMut(&TrafficRow),
) -> Outcome<()> {
    let sql = format!(
        "SELECT day, multi_day, reporter, first_record, records FROM report INDEXED BY report_by_day \
         WHERE domain = ?1 AND counts = 1 AND {}",
        period.condition("day"),
    );
    let mut reports = connection.prepare_cached(&sql)?;
    let mut records = range_statement(connection)?;
    let mut rows = reports.query([domain])?;
    while let Some(row) = rows.next()? {
        let first: i64 = row.get(3)?;
        let mut line = TrafficRow {
            day: row.get::<_, Option<i64>>(0)?.map(Day),
            multi_day: row.get(1)?,
            domain: number(domain)?,
            reporter: number(row.get(2)?)?,
            address: AddressId(0),
            combination: CombinationId(0),
            messages: 0,
        };
        let range = first..first.saturating_add(row.get(4)?);
        let _ = visit_range(&mut records, range, |address, count, combination| {
            line.address = AddressId(address);
            line.messages = uint(count);
            line.combination = CombinationId(combination);
            visit(&line);
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(())
}

/// A domain's or reporter's id in the smaller form the rows carry.
pub(super) fn number(id: i64) -> Outcome<u32> {
    u32::try_from(id).map_err(|_| Fault::damaged("an id out of range"))
}

/// The statement of [`visit_range`].
pub(super) fn range_statement(connection: &Connection) -> Outcome<CachedStatement<'_>> {
    let sql = "SELECT address, count, combination FROM record WHERE id >= ?1 AND id < ?2";
    Ok(connection.prepare_cached(sql)?)
}

/// Visits address, count and combination of the records of one report until the visitor breaks.
pub(super) fn visit_range(
    statement: &mut CachedStatement<'_>,
    range: Range<i64>,
    mut visit: impl FnMut(i64, i64, i64) -> Outcome<ControlFlow<()>>,
) -> Outcome<ControlFlow<()>> {
    let mut rows = statement.query([range.start, range.end])?;
    while let Some(row) = rows.next()? {
        if visit(row.get(0)?, row.get(1)?, row.get(2)?)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}
