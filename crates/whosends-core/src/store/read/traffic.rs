//! Every counting record of a filter, as numbers: the basis of all analysis.

use std::ops::{ControlFlow, Range};

use rusqlite::{CachedStatement, Connection};

use super::in_ranges::Held;
use super::names::{AddressId, CombinationId, name_of};
use super::{Filter, Period, domains_within};
use crate::error::Result;
use crate::model::{Day, Name};
use crate::store::Store;
use crate::store::error::{Fault, Outcome};
use crate::store::packed::PackedRow;
use crate::store::write::UNDATED;

/// Counting records of one report that have everything in common. What the ids stand for is asked of the store.
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
    /// Visits every counting record of the filter, domain by domain: those of addresses that are near each other
    /// together, as a rule, and each address's by day. Records of one report from one address
    /// that differ in `envelope_to` alone are added up, as a rule.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn traffic(&self, filter: &Filter, mut visit: impl FnMut(&TrafficRow)) -> Result<()> {
        self.reading(|connection| {
            for (domain, _) in domains_within(connection, filter.domain.as_deref())? {
                visit_domain(connection, domain, filter.period, &mut visit)?;
            }
            Ok(())
        })
    }

    /// As [`Store::traffic`], of the policy domains that are wanted.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn traffic_of(
        &self,
        period: Period,
        is_wanted: impl Fn(&Name) -> bool,
        mut visit: impl FnMut(&TrafficRow),
    ) -> Result<()> {
        self.reading(|connection| {
            for (domain, name) in domains_within(connection, None)? {
                if is_wanted(&name_of(&name)?) {
                    visit_domain(connection, domain, period, &mut visit)?;
                }
            }
            Ok(())
        })
    }
}

fn visit_domain(
    connection: &Connection,
    domain: i64,
    period: Period,
    visit: &mut impl FnMut(&TrafficRow),
) -> Outcome<()> {
    let sql = format!(
        "SELECT day, rows FROM traffic WHERE domain = ?1 AND {} ORDER BY day, part",
        period.condition("day"),
    );
    let mut parts = connection.prepare_cached(&sql)?;
    let mut parts = parts.query([domain])?;
    let domain = number(domain)?;
    let mut visit = |day, row: &PackedRow| {
        let day = (day != UNDATED).then_some(Day(day));
        let PackedRow { reporter, multi_day, address, profile, messages } = *row;
        let (address, combination) = (AddressId(address), CombinationId { profile });
        visit(&TrafficRow { day, multi_day, domain, reporter, address, combination, messages });
    };
    let mut held = Held::default();
    while let Some(part) = parts.next()? {
        let day = part.get(0)?;
        if day == UNDATED && period.bounds().is_some() {
            continue;
        }
        held.add(day, part.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
        if held.is_full() {
            held.visit(&mut visit)?;
        }
    }
    held.visit(&mut visit)
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
