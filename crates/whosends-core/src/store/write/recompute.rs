//! Brings what follows from stored records to the present rules.

use std::net::IpAddr;

use rusqlite::{Connection, params};

use super::group::Group;
use super::rollup::{UNDATED, refresh};
use super::standing::{Condition, Standing};
use crate::model::batch::record_digest;
use crate::model::{ContentHash, Header, NoteCode};
use crate::store::cache::Cache;
use crate::store::codec::uint;
use crate::store::error::{Fault, Outcome};
use crate::store::{learned, read};

/// Works the hashes of reports out anew that are of an older version, and which versions count.
pub(in crate::store) fn recompute(connection: &Connection) -> Outcome<()> {
    let sql = "SELECT id FROM report WHERE content_version < ?1";
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map([ContentHash::VERSION], |row| row.get(0))?;
    let reports: Vec<i64> = found.collect::<rusqlite::Result<_>>()?;
    if reports.is_empty() {
        return Ok(());
    }
    let mut contents = Contents::new(connection);
    for report in reports {
        let content = contents.of(report)?;
        let condition = condition(connection, report)?;
        let standing = condition.standing(&header(connection, report)?, content);
        connection
            .prepare_cached(
                "UPDATE report SET content = ?2, content_version = ?3, damaged = ?4, detail = ?5, said = ?6 \
                 WHERE id = ?1",
            )?
            .execute(params![
                report,
                content.to_bytes(),
                ContentHash::VERSION,
                standing.damaged,
                standing.detail.0,
                standing.said,
            ])?;
    }
    settle(connection)
}

/// Decides anew which versions count, of all reports that have several.
fn settle(connection: &Connection) -> Outcome<()> {
    for group in groups(connection)? {
        if group.settle(connection)? {
            refresh(connection, (group.domain, group.day.unwrap_or(UNDATED)))?;
            learned::outdate(connection)?;
        }
    }
    Ok(())
}

/// The reports of which there are several versions.
pub(in crate::store) fn groups(connection: &Connection) -> Outcome<Vec<Group>> {
    let sql = "SELECT domain, day, identity FROM report GROUP BY domain, day, identity HAVING count(*) > 1";
    let mut statement = connection.prepare(sql)?;
    let found = statement
        .query_map([], |row| Ok(Group { domain: row.get(0)?, day: row.get(1)?, identity: row.get(2)? }))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The standing that a stored version should have.
pub(in crate::store) fn standing(
    connection: &Connection,
    report: i64,
    content: ContentHash,
) -> Outcome<Standing> {
    Ok(condition(connection, report)?.standing(&header(connection, report)?, content))
}

fn header(connection: &Connection, report: i64) -> Outcome<Header> {
    read::header(connection, report)?.ok_or_else(|| Fault::damaged("a report without its reporter or policy"))
}

fn condition(connection: &Connection, report: i64) -> Outcome<Condition> {
    let damage = NoteCode::DAMAGE.map(|code| format!("'{}'", code.as_str())).join(", ");
    let sql = format!(
        "SELECT truncated, records_skipped, notes, records_skipped > 0 OR \
         EXISTS (SELECT 1 FROM note WHERE note.report = report.id AND code IN ({damage})) \
         FROM report WHERE id = ?1"
    );
    Ok(connection.prepare_cached(&sql)?.query_row([report], |row| {
        Ok(Condition {
            truncated: row.get(0)?,
            records_skipped: row.get(1)?,
            notes: row.get(2)?,
            damaged: row.get(3)?,
        })
    })?)
}

/// Works content hashes out from stored records.
#[derive(Debug)]
pub(in crate::store) struct Contents<'c> {
    connection: &'c Connection,
    combinations: Cache<i64, (u128, u32)>,
    addresses: Cache<i64, IpAddr>,
}

impl<'c> Contents<'c> {
    pub(in crate::store) fn new(connection: &'c Connection) -> Self {
        Self { connection, combinations: Cache::new(20_000), addresses: Cache::new(20_000) }
    }

    /// The content of a report's records.
    pub(in crate::store) fn of(&mut self, report: i64) -> Outcome<ContentHash> {
        let sql = "SELECT record.address, record.count, record.combination FROM report CROSS JOIN record \
             ON record.id >= report.first_record AND record.id < report.first_record + report.records \
             WHERE report.id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([report])?;
        let mut content = ContentHash::default();
        while let Some(row) = rows.next()? {
            let source = self.address(row.get(0)?)?;
            let (digest, detail) = self.combination(row.get(2)?)?;
            content.add_digest(record_digest(source, uint(row.get(1)?), digest), detail);
        }
        Ok(content)
    }

    fn address(&mut self, id: i64) -> Outcome<IpAddr> {
        if let Some(&address) = self.addresses.get(&id) {
            return Ok(address);
        }
        let address = read::address(self.connection, id)?;
        self.addresses.insert(id, address);
        Ok(address)
    }

    fn combination(&mut self, id: i64) -> Outcome<(u128, u32)> {
        if let Some(&known) = self.combinations.get(&id) {
            return Ok(known);
        }
        let sql = "SELECT digest FROM combination WHERE id = ?1";
        let digest: [u8; 16] = self.connection.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
        let known = (u128::from_be_bytes(digest), read::combination(self.connection, id)?.0.detail());
        self.combinations.insert(id, known);
        Ok(known)
    }
}
