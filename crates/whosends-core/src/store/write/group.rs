//! The versions of one report: the same identity with other records, or another state of the same.
//!
//! Which versions count is decided over all of them, so that it does not depend on the order of arrival. The one
//! that says more comes first: whole before cut, sound before damaged, then more messages, then more detail, and
//! where all that is equal by a hash of the content. Each counts that shares no row with those that count before
//! it: parts of a report add up, and what comes again is never added to itself (RFC 9990 sections 3.5.2, 3.5.4).

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows::Rows;
use super::standing::{STANDING, Standing};
use crate::store::READER_VERSION;
use crate::store::error::Outcome;

/// All versions of one identity. The domain and the day follow from the identity; with them the index finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::store) struct Group {
    pub(in crate::store) domain: i64,
    pub(in crate::store) day: Option<i64>,
    pub(in crate::store) identity: i64,
}

/// One stored version.
#[derive(Debug, Clone)]
pub(super) struct Variant {
    pub(super) id: i64,
    pub(super) counts: bool,
    pub(super) reader_version: u32,
    pub(super) records: Range<i64>,
    pub(super) standing: Standing,
}

/// The statement that reads versions of a group, under a further condition.
fn variant_sql(condition: &str) -> String {
    format!(
        "SELECT id, counts, parser_version, first_record, records, {STANDING} \
         FROM report INDEXED BY report_by_day \
         WHERE domain = ?1 AND day IS ?2 AND identity = ?3 AND {condition}"
    )
}

impl Variant {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (first, records): (i64, i64) = (row.get(3)?, row.get(4)?);
        Ok(Self {
            id: row.get(0)?,
            counts: row.get(1)?,
            reader_version: row.get(2)?,
            records: first..first.saturating_add(records),
            standing: Standing::from_row(row, 5)?,
        })
    }
}

/// How an arriving report stands to what is stored under its identity.
#[derive(Debug)]
pub(super) enum Likeness {
    /// Nothing is stored under it.
    New,
    /// This version has the same records.
    Same(Variant),
    /// Only versions with other records are stored.
    Other {
        /// Whether one of them is whole.
        whole: bool,
    },
}

impl Group {
    /// Compares with what is stored by content alone.
    pub(super) fn likeness(
        &self,
        connection: &Connection,
        content: [u8; 16],
        records: i64,
    ) -> Outcome<Likeness> {
        let Self { domain, day, identity } = *self;
        let sql = "SELECT 1 FROM report WHERE domain = ?1 AND day IS ?2 AND identity = ?3";
        if !connection.prepare_cached(sql)?.exists(params![domain, day, identity])? {
            return Ok(Likeness::New);
        }
        let sql = variant_sql("content = ?4 AND records = ?5");
        let same = connection
            .prepare_cached(&sql)?
            .query_row(params![domain, day, identity, content, records], Variant::from_row)
            .optional()?;
        if let Some(same) = same {
            return Ok(Likeness::Same(same));
        }
        let sql = variant_sql("truncated = 0");
        let whole = connection.prepare_cached(&sql)?.exists(params![domain, day, identity])?;
        Ok(Likeness::Other { whole })
    }

    /// Versions that older rules read from the very report that came again: from the same place, or as many records
    /// with as many messages.
    pub(super) fn outdated(
        &self,
        connection: &Connection,
        place: &str,
        records: i64,
        messages: i64,
    ) -> Outcome<Vec<Variant>> {
        let Self { domain, day, identity } = *self;
        let older = format!("parser_version < {READER_VERSION}");
        if !connection.prepare_cached(&variant_sql(&older))?.exists(params![domain, day, identity])? {
            return Ok(Vec::new());
        }
        let from_there = "EXISTS (SELECT 1 FROM origin WHERE origin.report = report.id AND place = ?4)";
        let mut statement = connection.prepare_cached(&variant_sql(&format!("{older} AND {from_there}")))?;
        let found = statement.query_map(params![domain, day, identity, place], Variant::from_row)?;
        let found: Vec<_> = found.collect::<rusqlite::Result<_>>()?;
        if !found.is_empty() {
            return Ok(found);
        }
        let alike = variant_sql(&format!("{older} AND records = ?4 AND messages = ?5 LIMIT 1"));
        let mut statement = connection.prepare_cached(&alike)?;
        let values = params![domain, day, identity, records, messages];
        Ok(statement.query_map(values, Variant::from_row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Decides anew which versions count, and says whether that changed anything.
    pub(in crate::store) fn settle(&self, connection: &Connection) -> Outcome<bool> {
        let mut changed = false;
        self.decide(connection, &mut |variant, counts| {
            if counts != variant.counts {
                connection
                    .prepare_cached("UPDATE report SET counts = ?2 WHERE id = ?1")?
                    .execute(params![variant.id, counts])?;
                changed = true;
            }
            Ok(())
        })?;
        Ok(changed)
    }

    /// Whether the versions that count are those that should.
    pub(in crate::store) fn is_settled(&self, connection: &Connection) -> Outcome<bool> {
        let mut settled = true;
        self.decide(connection, &mut |variant, counts| {
            settled &= counts == variant.counts;
            Ok(())
        })?;
        Ok(settled)
    }

    /// Visits every version with whether it is to count.
    fn decide(
        &self,
        connection: &Connection,
        visit: &mut dyn FnMut(&Variant, bool) -> Outcome<()>,
    ) -> Outcome<()> {
        // One without rows says the least: it counts only where no other does.
        let sql = variant_sql(
            "TRUE ORDER BY records = 0, truncated, damaged, messages DESC, detail DESC, content, records",
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let values = params![self.domain, self.day, self.identity];
        let variants = statement.query_map(values, Variant::from_row)?;
        let variants: Vec<Variant> = variants.collect::<rusqlite::Result<_>>()?;
        let mut counted = Rows::begin(connection)?;
        for (at, variant) in variants.iter().enumerate() {
            let counts = at == 0 || !variant.records.is_empty() && !counted.share(&variant.records)?;
            // What the last one holds is asked of by nobody.
            if counts && at + 1 < variants.len() {
                counted.take(&variant.records)?;
            }
            visit(variant, counts)?;
        }
        Ok(())
    }
}
