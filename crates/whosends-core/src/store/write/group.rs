//! The variants of one report: the same identity with other records, or cut short.
//!
//! Which variants count is decided over all of them, so that it does not depend on the order of arrival:
//! whole ones before truncated ones, those with more records first, equals by their content. A whole one
//! counts if it shares no record with those that count before it; a truncated one only if it is the first.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::model::batch::{judged_digest, record_digest};
use crate::store::cache::Cache;
use crate::store::codec::uint;
use crate::store::error::Outcome;
use crate::store::read;

/// How many variants a truncated report is compared with. Beyond it the report is kept as one more variant;
/// what counts does not depend on it.
const COMPARED: usize = 16;

/// All variants of one identity. The domain and the day follow from the identity; with them the index finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) domain: i64,
    pub(super) day: Option<i64>,
    pub(super) identity: i64,
}

/// One stored variant.
#[derive(Debug, Clone)]
pub(super) struct Variant {
    pub(super) id: i64,
    pub(super) truncated: bool,
    pub(super) counts: bool,
    pub(super) reader_version: u32,
    pub(super) records: Range<i64>,
}

/// The statement that reads variants of a group by an index, under a further condition.
fn variant_sql(index: &str, condition: &str) -> String {
    format!(
        "SELECT id, truncated, counts, parser_version, first_record, records FROM report INDEXED BY {index} \
         WHERE domain = ?1 AND day IS ?2 AND identity = ?3 AND {condition}"
    )
}

impl Variant {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (first, records): (i64, i64) = (row.get(4)?, row.get(5)?);
        Ok(Self {
            id: row.get(0)?,
            truncated: row.get(1)?,
            counts: row.get(2)?,
            reader_version: row.get(3)?,
            records: first..first.saturating_add(records),
        })
    }
}

/// How an arriving report stands to what is stored under its identity.
#[derive(Debug)]
pub(super) enum Likeness {
    /// Nothing is stored under it.
    New,
    /// This variant has the same records.
    Same(Variant),
    /// Only variants with other records are stored.
    Other,
}

impl Group {
    /// Compares with what is stored by content alone.
    pub(super) fn likeness(
        &self,
        connection: &Connection,
        content: [u8; 16],
        records: i64,
    ) -> Outcome<Likeness> {
        let sql = "SELECT 1 FROM report WHERE domain = ?1 AND day IS ?2 AND identity = ?3";
        if !connection.prepare_cached(sql)?.exists(params![self.domain, self.day, self.identity])? {
            return Ok(Likeness::New);
        }
        let sql = variant_sql("report_by_day", "content = ?4 AND records = ?5");
        let same = connection
            .prepare_cached(&sql)?
            .query_row(params![self.domain, self.day, self.identity, content, records], Variant::from_row)
            .optional()?;
        Ok(same.map_or(Likeness::Other, Likeness::Same))
    }

    /// Stored variants that hold at least these records: all, unless they are many.
    pub(super) fn larger(&self, connection: &Connection, records: i64) -> Outcome<Vec<Variant>> {
        let sql = variant_sql("report_by_day", &format!("records >= ?4 LIMIT {COMPARED}"));
        self.variants(connection, &sql, records)
    }

    /// Truncated variants that hold at most these records: all, unless they are many.
    pub(super) fn truncated(&self, connection: &Connection, records: i64) -> Outcome<Vec<Variant>> {
        let condition = format!("truncated = 1 AND records <= ?4 LIMIT {COMPARED}");
        self.variants(connection, &variant_sql("report_truncated", &condition), records)
    }

    fn variants(&self, connection: &Connection, sql: &str, records: i64) -> Outcome<Vec<Variant>> {
        let mut statement = connection.prepare_cached(sql)?;
        let values = params![self.domain, self.day, self.identity, records];
        let found = statement.query_map(values, Variant::from_row)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// Decides anew which variants count, and says whether that changed anything.
    pub(super) fn settle(&self, connection: &Connection) -> Outcome<bool> {
        let sql = variant_sql("report_by_day", "records >= ?4 ORDER BY truncated, records DESC, content");
        let variants = self.variants(connection, &sql, 0)?;
        let mut counted = Digests::begin(connection)?;
        let mut changed = false;
        for (at, variant) in variants.iter().enumerate() {
            let counts =
                if at == 0 { true } else { !variant.truncated && !counted.share(&variant.records)? };
            // What the last one holds is asked of by nobody.
            if counts && at + 1 < variants.len() {
                counted.take(&variant.records)?;
            }
            if counts != variant.counts {
                connection
                    .prepare_cached("UPDATE report SET counts = ?2 WHERE id = ?1")?
                    .execute(params![variant.id, counts])?;
                changed = true;
            }
        }
        Ok(changed)
    }
}

/// Whether every record of `part` stands in `whole`, as often as it stands in `part`.
pub(super) fn contains(connection: &Connection, whole: &Range<i64>, part: &Range<i64>) -> Outcome<bool> {
    if begins_with(connection, whole, part)? {
        return Ok(true);
    }
    let mut digests = Digests::begin(connection)?;
    digests.take(whole)?;
    digests.give_back(part)
}

/// Whether `whole` begins with the very records of `part`, as it does where `part` is a cut copy.
fn begins_with(connection: &Connection, whole: &Range<i64>, part: &Range<i64>) -> Outcome<bool> {
    let sql = "SELECT 1 FROM record AS mine LEFT JOIN record AS theirs ON theirs.id = mine.id + ?3 \
         WHERE mine.id >= ?1 AND mine.id < ?2 AND (theirs.address IS NOT mine.address \
         OR theirs.count IS NOT mine.count OR theirs.combination IS NOT mine.combination)";
    let longer = part.end - part.start > whole.end - whole.start;
    let values = [part.start, part.end, whole.start - part.start];
    Ok(!longer && !connection.prepare_cached(sql)?.exists(values)?)
}

/// A multiset of record digests in a temporary table: SQLite keeps it within its cache and puts the rest into
/// a file, so that two reports of millions of records compare in little memory.
///
/// Half of a digest is kept; two different records look alike once in 2^64 pairs.
#[derive(Debug)]
struct Digests<'c> {
    connection: &'c Connection,
    judged: Cache<i64, u128>,
}

impl<'c> Digests<'c> {
    fn begin(connection: &'c Connection) -> Outcome<Self> {
        connection.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS seen (digest INTEGER PRIMARY KEY, times INTEGER NOT NULL); \
             DELETE FROM temp.seen",
        )?;
        Ok(Self { connection, judged: Cache::new(20_000) })
    }

    fn take(&mut self, records: &Range<i64>) -> Outcome<()> {
        let connection = self.connection;
        self.visit(records, |digest| {
            let sql = "INSERT INTO temp.seen (digest, times) VALUES (?1, 1) \
                 ON CONFLICT (digest) DO UPDATE SET times = times + 1";
            connection.prepare_cached(sql)?.execute([digest])?;
            Ok(true)
        })?;
        Ok(())
    }

    /// Whether one of these records was taken.
    fn share(&mut self, records: &Range<i64>) -> Outcome<bool> {
        let connection = self.connection;
        let none = self.visit(records, |digest| {
            let sql = "SELECT 1 FROM temp.seen WHERE digest = ?1";
            Ok(!connection.prepare_cached(sql)?.exists([digest])?)
        })?;
        Ok(!none)
    }

    /// Whether each of these records was taken, as often.
    fn give_back(&mut self, records: &Range<i64>) -> Outcome<bool> {
        let connection = self.connection;
        self.visit(records, |digest| {
            let sql = "UPDATE temp.seen SET times = times - 1 WHERE digest = ?1 AND times > 0";
            Ok(connection.prepare_cached(sql)?.execute([digest])? == 1)
        })
    }

    /// Visits digests until one gives `false`, and says whether none did.
    fn visit(&mut self, records: &Range<i64>, mut visit: impl FnMut(i64) -> Outcome<bool>) -> Outcome<bool> {
        let sql = "SELECT address, count, combination FROM record WHERE id >= ?1 AND id < ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([records.start, records.end])?;
        while let Some(row) = rows.next()? {
            let source = read::address(self.connection, row.get(0)?)?;
            let judged = self.judged(row.get(2)?)?;
            let digest = record_digest(source, uint(row.get(1)?), judged);
            if !visit((digest >> 64) as u64 as i64)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn judged(&mut self, combination: i64) -> Outcome<u128> {
        if let Some(&digest) = self.judged.get(&combination) {
            return Ok(digest);
        }
        let (said, _) = read::combination(self.connection, combination)?;
        let digest = judged_digest(&said);
        self.judged.insert(combination, digest);
        Ok(digest)
    }
}
