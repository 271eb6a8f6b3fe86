//! Every counting record of a filter, as numbers: the basis of all analysis.

use std::collections::{BTreeMap, HashSet};
use std::ops::{ControlFlow, Range};

use rusqlite::{CachedStatement, Connection};

use super::in_ranges::Held;
use super::{bounds, condition, stored};
use crate::error::Result;
use crate::model::{AddressId, CombinationId, Day, Domains, Filter, Name, Period, Scope, TrafficRow};
use crate::store::Store;
use crate::store::error::{Fault, Outcome};
use crate::store::packed::PackedRow;
use crate::store::write::UNDATED;

/// Names that are looked for in what was read.
const MOST_NAMES: usize = 16;

impl Store {
    /// Visits every counting record of the filter, domain by domain: those of addresses that are near each other
    /// together, as a rule, and each address's by day. Records of one report from one address
    /// that differ in `envelope_to` alone are added up, as a rule.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn traffic(&self, filter: &Filter, mut visit: impl FnMut(&TrafficRow)) -> Result<()> {
        self.reading(|connection| {
            for (domain, _) in stored(connection, &filter.domains)? {
                visit_domain(connection, domain, filter.period, &mut visit)?;
            }
            Ok(())
        })
    }

    /// As [`Store::traffic`], of policy domains by their ids, each with its own days.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn traffic_of(
        &self,
        periods: &BTreeMap<u32, Period>,
        mut visit: impl FnMut(&TrafficRow),
    ) -> Result<()> {
        self.reading(|connection| {
            for (&domain, &period) in periods {
                visit_domain(connection, domain.into(), period, &mut visit)?;
            }
            Ok(())
        })
    }

    /// As [`Store::traffic`], of the policy domains of the scope whose mail may be from or signed by one of these names; of all
    /// where there are many names.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn traffic_naming(
        &self,
        scope: &Scope,
        names: &[Name],
        period: Period,
        mut visit: impl FnMut(&TrafficRow),
    ) -> Result<()> {
        self.reading(|connection| {
            let above = above_authors(connection, names)?;
            let domains = Domains { scope: scope.clone(), asked: None };
            for (domain, name) in stored(connection, &domains)? {
                if above.as_ref().is_none_or(|above| above.contains(&name)) {
                    visit_domain(connection, domain, period, &mut visit)?;
                }
            }
            Ok(())
        })
    }
}

/// The author domains of mail that may be from or signed by names, and all domains above these: a policy domain is its
/// author domain or above it (RFC 9989 section 4.10). `None` where that can't be told, or takes longer than to read all.
fn above_authors(connection: &Connection, names: &[Name]) -> Outcome<Option<HashSet<String>>> {
    if names.len() > MOST_NAMES {
        return Ok(None);
    }
    let mut above = HashSet::new();
    let mut add = |author: &str| {
        for (dot, _) in author.match_indices('.') {
            above.insert(author[dot + 1..].to_owned());
        }
        above.insert(author.to_owned());
    };
    names.iter().for_each(|name| add(name.as_str()));
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{}\"", name.as_str())).collect();
    let mut profiles = connection.prepare_cached("SELECT header_from, auth FROM profile")?;
    let mut rows = profiles.query([])?;
    while let Some(row) = rows.next()? {
        let auth = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        if quoted.iter().any(|name| auth.contains(name)) {
            let author = row.get_ref(0)?.as_str_or_null().map_err(rusqlite::Error::from)?;
            let Some(author) = author else { return Ok(None) };
            add(author);
        }
    }
    Ok(Some(above))
}

fn visit_domain(
    connection: &Connection,
    domain: i64,
    period: Period,
    visit: &mut impl FnMut(&TrafficRow),
) -> Outcome<()> {
    let sql = format!(
        "SELECT day, rows FROM traffic WHERE domain = ?1 AND {} ORDER BY day, part",
        condition(period, "day"),
    );
    let mut parts = connection.prepare_cached(&sql)?;
    let mut parts = parts.query([domain])?;
    let domain = number(domain)?;
    let mut visit = |day, row: &PackedRow| {
        let day = (day != UNDATED).then_some(Day(day));
        let PackedRow { reporter, multi_day, address, profile, messages } = *row;
        let (address, combination) = (AddressId::new(address), CombinationId::new(profile));
        visit(&TrafficRow { day, multi_day, domain, reporter, address, combination, messages });
    };
    let mut held = Held::default();
    while let Some(part) = parts.next()? {
        let day = part.get(0)?;
        if day == UNDATED && bounds(period).is_some() {
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
