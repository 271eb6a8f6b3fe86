//! Writes and removes one variant of a report with all that hangs on it.

use std::ops::Range;

use rusqlite::{Connection, params};

use super::bulk::Bulk;
use super::group::{Group, Variant};
use super::standing::Standing;
use super::{Ended, records};
use crate::model::Origin;
use crate::model::{ContentHash, Notes};
use crate::store::READER_VERSION;
use crate::store::codec::{int, texts_json};
use crate::store::error::{Fault, Outcome};

/// How many copies of a report are remembered with where they came from.
const ORIGINS: i64 = 8;

/// What the row of a report holds besides what its header says.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) group: Group,
    pub(super) reporter: i64,
    pub(super) policy: i64,
    pub(super) content: ContentHash,
    pub(super) standing: Standing,
    pub(super) messages: u64,
    pub(super) records: Range<i64>,
    pub(super) counts: bool,
    pub(super) ingested_at: i64,
}

/// Writes the row of a report and its notes, and gives its id.
pub(super) fn insert(connection: &Connection, ended: &Ended<'_>, placed: &Placed) -> Outcome<i64> {
    let from = &ended.header.metadata;
    let sql = "INSERT INTO report (identity, content, content_version, domain, reporter, policy, report_id, \
         \"begin\", \"end\", day, multi_day, counts, truncated, first_record, records, messages, \
         records_skipped, notes, errors, ingested_at, parser_version, damaged, detail, said) VALUES \
         (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, \
         ?22, ?23, ?24)";
    let standing = &placed.standing;
    let id = connection.prepare_cached(sql)?.insert(params![
        placed.group.identity,
        placed.content.to_bytes(),
        ContentHash::VERSION,
        placed.group.domain,
        placed.reporter,
        placed.policy,
        from.report_id,
        from.begin,
        from.end,
        placed.group.day,
        from.is_multi_day(),
        placed.counts,
        standing.truncated,
        placed.records.start,
        placed.records.end - placed.records.start,
        int(placed.messages),
        standing.records_skipped,
        standing.notes,
        texts_json(&from.errors),
        placed.ingested_at,
        READER_VERSION,
        standing.damaged,
        standing.detail.0,
        standing.said,
    ])?;
    insert_notes(connection, id, ended.notes)?;
    Ok(id)
}

fn insert_notes(connection: &Connection, report: i64, notes: &Notes) -> Outcome<()> {
    let sql =
        "INSERT INTO note (report, seq, code, path, raw, line, times) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    for (seq, note) in (0_i64..).zip(notes.as_slice()) {
        connection.prepare_cached(sql)?.execute(params![
            report,
            seq,
            note.code.as_str(),
            note.path,
            note.raw,
            note.line.map(int),
            int(note.times),
        ])?;
    }
    Ok(())
}

/// Where copies of reports came from, not written yet.
#[derive(Debug)]
pub(super) struct Origins(Bulk<6>);

impl Default for Origins {
    fn default() -> Self {
        Self(Bulk::new("INSERT OR ROLLBACK INTO origin (report, seq, place, mail_from, message_id, seen_at)"))
    }
}

impl Origins {
    /// Adds where the first copy of a report came from.
    pub(super) fn first(
        &mut self,
        connection: &Connection,
        report: i64,
        origin: &Origin,
        now: i64,
    ) -> Outcome<()> {
        self.push(connection, report, 0, origin, now)
    }

    /// Adds where another copy of a report came from, unless that is known or enough is.
    pub(super) fn another(
        &mut self,
        connection: &Connection,
        report: i64,
        origin: &Origin,
        now: i64,
    ) -> Outcome<()> {
        self.flush(connection)?;
        let sql = "SELECT count(*), \
             total(place = ?2 AND mail_from IS ?3 AND message_id IS ?4) FROM origin WHERE report = ?1";
        let (known, same): (i64, f64) = connection
            .prepare_cached(sql)?
            .query_row(params![report, origin.place, origin.mail_from, origin.message_id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        if known >= ORIGINS || same > 0.0 {
            return Ok(());
        }
        self.push(connection, report, known, origin, now)
    }

    fn push(
        &mut self,
        connection: &Connection,
        report: i64,
        seq: i64,
        origin: &Origin,
        now: i64,
    ) -> Outcome<()> {
        let Origin { place, mail_from, message_id } = origin.clone();
        let row = [report.into(), seq.into(), place.into(), mail_from.into(), message_id.into(), now.into()];
        self.0.push(connection, row)
    }

    /// Writes what is waiting.
    pub(super) fn flush(&mut self, connection: &Connection) -> Outcome<()> {
        self.0.flush(connection)
    }

    /// Forgets what is waiting.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Gives the origins of one report to another, as many as there is room for.
pub(super) fn move_origins(connection: &Connection, from: i64, to: i64) -> Outcome<()> {
    let known: i64 = connection
        .prepare_cached("SELECT count(*) FROM origin WHERE report = ?1")?
        .query_row([to], |row| row.get(0))?;
    let sql = "INSERT INTO origin (report, seq, place, mail_from, message_id, seen_at) \
         SELECT ?2, ?3 + row_number() OVER (ORDER BY seq) - 1, place, mail_from, message_id, seen_at \
         FROM origin WHERE report = ?1 ORDER BY seq LIMIT ?4";
    connection.prepare_cached(sql)?.execute([from, to, known, (ORIGINS - known).max(0)])?;
    Ok(())
}

/// Removes a variant with its records, notes and origins.
pub(super) fn remove(connection: &Connection, variant: &Variant) -> Outcome<()> {
    records::remove(connection, &variant.records)?;
    remove_row(connection, variant.id)
}

/// Removes the row of a report with its notes and origins, but not its records.
pub(super) fn remove_row(connection: &Connection, report: i64) -> Outcome<()> {
    for sql in ["DELETE FROM note WHERE report = ?1", "DELETE FROM origin WHERE report = ?1"] {
        connection.prepare_cached(sql)?.execute([report])?;
    }
    let removed = connection.prepare_cached("DELETE FROM report WHERE id = ?1")?.execute([report])?;
    if removed != 1 {
        // Whoever looks for what is left would find it again, without end.
        return Err(Fault::damaged("an index names a report that is not there"));
    }
    Ok(())
}
