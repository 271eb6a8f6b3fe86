//! The state of the database itself.

use rusqlite::Connection;

use crate::error::Result;
use crate::model::Day;
use crate::store::Store;
use crate::store::codec::uint;
use crate::store::error::Outcome;
use crate::store::write::UNDATED;

/// What a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseInfo {
    /// The number of its schema.
    pub schema: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// Bytes of it that are free to be written again.
    pub free_bytes: u64,
    /// Policy domains with a report that counts.
    pub domains: u64,
    /// Reports that count.
    pub reports: u64,
    /// Reports that do not count because another variant does.
    pub superseded: u64,
    /// Reports that count though they were cut short.
    pub truncated: u64,
    /// Records of the reports that count.
    pub records: u64,
    /// Messages of the reports that count.
    pub messages: u64,
    /// Different combinations of identifiers and results.
    pub combinations: u64,
    /// Files that were read.
    pub files: u64,
    /// The first day with a report that counts.
    pub first_day: Option<Day>,
    /// The last day with one.
    pub last_day: Option<Day>,
    /// What was pruned.
    pub cutoffs: Vec<Cutoff>,
}

/// Reports that begin before a day are not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cutoff {
    /// Of this domain and those below it, or of every domain.
    pub domain: Option<String>,
    /// The first day that is taken in.
    pub before: Day,
}

impl Store {
    /// What the database holds, whoever's it is: for those who may see everything.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn info(&self) -> Result<DatabaseInfo> {
        self.reading(|connection| {
            let one =
                |sql: &str| Ok::<_, rusqlite::Error>(uint(connection.query_row(sql, [], |row| row.get(0))?));
            let day = |sql: &str| connection.query_row(sql, [UNDATED], |row| row.get::<_, Option<i64>>(0));
            let page = one("PRAGMA page_size")?;
            Ok(DatabaseInfo {
                schema: one("PRAGMA user_version")?,
                bytes: file_bytes(connection)?,
                free_bytes: one("PRAGMA freelist_count")?.saturating_mul(page),
                domains: one("SELECT count(DISTINCT domain) FROM domain_day")?,
                reports: one("SELECT CAST(total(reports) AS INTEGER) FROM domain_day")?,
                superseded: one("SELECT count(*) FROM report WHERE counts = 0")?,
                truncated: one("SELECT count(*) FROM report WHERE counts = 1 AND truncated = 1")?,
                records: one("SELECT CAST(total(records) AS INTEGER) FROM domain_day")?,
                messages: one("SELECT CAST(total(messages) AS INTEGER) FROM domain_day")?,
                combinations: one("SELECT count(*) FROM combination")?,
                files: one("SELECT count(*) FROM file")?,
                first_day: day("SELECT min(day) FROM domain_day WHERE day > ?1")?.map(Day),
                last_day: day("SELECT max(day) FROM domain_day WHERE day > ?1")?.map(Day),
                cutoffs: cutoffs(connection)?,
            })
        })
    }
}

fn cutoffs(connection: &Connection) -> Outcome<Vec<Cutoff>> {
    let mut statement = connection.prepare_cached("SELECT domain, before FROM cutoff ORDER BY domain")?;
    let found = statement.query_map([], |row| {
        let domain: String = row.get(0)?;
        Ok(Cutoff { domain: Some(domain).filter(|name| !name.is_empty()), before: Day(row.get(1)?) })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The size of the database in bytes.
pub(in crate::store) fn file_bytes(connection: &Connection) -> Outcome<u64> {
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let size: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    Ok(uint(pages.saturating_mul(size)))
}

/// Writes what is in the log to the database itself, as far as no reader is in the way.
pub(in crate::store) fn checkpoint(connection: &Connection) -> Outcome<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}
