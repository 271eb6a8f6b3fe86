//! Whether the database holds together.

mod schema;
mod texts;
mod versions;

use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use rusqlite::{Connection, Rows};

use crate::error::Result;
use crate::store::Store;
use crate::store::codec::uint;
use crate::store::error::Outcome;
use crate::store::packed::{PackedRow, unpack};
use crate::store::write::{COLUMNS, DomainDay, Tally, UNDATED, records_of_day, sum_up};

/// How many problems are told of before looking ends.
const MOST: usize = 20;

/// What must be in one table because another refers to it: a query that counts what is not, and its name.
const REFERENCES: [(&str, &str); 8] = [
    (
        "SELECT count(*) FROM report WHERE domain NOT IN (SELECT id FROM domain)",
        "reports without their domain",
    ),
    (
        "SELECT count(*) FROM report WHERE reporter NOT IN (SELECT id FROM reporter)",
        "reports without their reporter",
    ),
    (
        "SELECT count(*) FROM report WHERE policy NOT IN (SELECT id FROM policy)",
        "reports without their policy",
    ),
    (
        "SELECT count(*) FROM record WHERE combination NOT IN (SELECT id FROM combination)",
        "records without their combination",
    ),
    (
        "SELECT count(*) FROM combination WHERE profile NOT IN (SELECT id FROM profile)",
        "combinations without their profile",
    ),
    (
        "SELECT count(*) FROM record WHERE address >= 2147483648 AND address NOT IN (SELECT id FROM address)",
        "records without their address",
    ),
    ("SELECT count(*) FROM note WHERE report NOT IN (SELECT id FROM report)", "notes without their report"),
    (
        "SELECT count(*) FROM origin WHERE report NOT IN (SELECT id FROM report)",
        "origins without their report",
    ),
];

impl Store {
    /// Looks for damage: in the file's structure, its tables and views, its texts, in what refers to what, in what every
    /// report says, and in the sums. Gives a sentence for each problem, the first few; none means that the database is sound. Takes time with its size.
    ///
    /// # Errors
    /// Fails where the database can't be read at all.
    pub fn check(&self) -> Result<Vec<String>> {
        self.reading(|connection| {
            let mut problems = Vec::new();
            // Each of these looks at what the ones before found to be sound.
            let rounds: [&[Look]; 4] = [
                &[structure],
                &[schema::schema, texts::texts],
                &[texts::digests, references, ranges, variants],
                &[versions::versions, sums],
            ];
            for round in rounds {
                for look in round {
                    let seen = look(connection, &mut problems);
                    if let Err(fault) = seen {
                        problems.push(fault.damage().ok_or(fault)?);
                    }
                }
                if !problems.is_empty() {
                    break;
                }
            }
            problems.truncate(MOST);
            Ok(problems)
        })
    }
}

/// Looks for one kind of damage.
type Look = fn(&Connection, &mut Vec<String>) -> Outcome<()>;

/// What SQLite itself finds wrong.
fn structure(connection: &Connection, problems: &mut Vec<String>) -> Outcome<()> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({MOST})"))?;
    let found = statement.query_map([], |row| row.get::<_, String>(0))?;
    for found in found {
        // Some of them have several lines.
        let lines = found?;
        problems.extend(
            lines.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "ok").map(str::to_owned),
        );
    }
    Ok(())
}

fn references(connection: &Connection, problems: &mut Vec<String>) -> Outcome<()> {
    for (sql, what) in REFERENCES {
        let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        if count > 0 {
            problems.push(format!("{count} {what}"));
        }
    }
    Ok(())
}

/// Every record belongs to one report, and every report has the records and messages it says: one walk along
/// both tables.
fn ranges(connection: &Connection, problems: &mut Vec<String>) -> Outcome<()> {
    let sql =
        "SELECT id, first_record, records, messages FROM report WHERE records > 0 ORDER BY first_record";
    let mut reports = connection.prepare(sql)?;
    let mut records = connection.prepare("SELECT id, count FROM record ORDER BY id")?;
    let mut reports = reports.query([])?;
    let mut records = records.query([])?;
    let mut record = next(&mut records)?;
    while let Some(row) = reports.next()? {
        let (report, first, length): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let mut stray = 0_u64;
        while let Some((_, _)) = record.filter(|&(id, _)| id < first) {
            stray += 1;
            record = next(&mut records)?;
        }
        if stray > 0 {
            problems.push(format!("{stray} records before report {report} belong to no report"));
        }
        let (mut found, mut messages) = (0, 0_u64);
        while let Some((_, count)) = record.filter(|&(id, _)| id < first.saturating_add(length)) {
            found += 1;
            messages = messages.saturating_add(uint(count));
            record = next(&mut records)?;
        }
        if found != length {
            problems.push(format!("report {report} should have {length} records and has {found}"));
        } else if messages.min(i64::MAX.unsigned_abs()) != uint(row.get(3)?) {
            problems.push(format!("report {report} has {messages} messages and says otherwise"));
        }
        if problems.len() >= MOST {
            return Ok(());
        }
    }
    if record.is_some() {
        problems.push("records after the last report belong to no report".to_owned());
    }
    Ok(())
}

fn next(records: &mut Rows<'_>) -> Outcome<Option<(i64, i64)>> {
    match records.next()? {
        Some(row) => Ok(Some((row.get(0)?, row.get(1)?))),
        None => Ok(None),
    }
}

/// Of every report at least one version counts.
fn variants(connection: &Connection, problems: &mut Vec<String>) -> Outcome<()> {
    let sql = "SELECT count(*) FROM \
         (SELECT 1 FROM report GROUP BY domain, day, identity HAVING max(counts) = 0)";
    let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if count > 0 {
        problems.push(format!("{count} reports of which no version counts"));
    }
    Ok(())
}

/// The sums and rows by day are those of the records.
fn sums(connection: &Connection, problems: &mut Vec<String>) -> Outcome<()> {
    let sql = format!(
        "SELECT domain, day FROM domain_day UNION SELECT domain, day FROM traffic \
         UNION SELECT domain, coalesce(day, {UNDATED}) FROM report WHERE counts = 1"
    );
    let mut statement = connection.prepare(&sql)?;
    let days = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sql = format!("SELECT {COLUMNS} FROM domain_day WHERE domain = ?1 AND day = ?2");
    let mut stored = connection.prepare(&sql)?;
    for at in days {
        let at @ (domain, day) = at?;
        let mut rows = stored.query([domain, day])?;
        let found = rows.next()?.map(|row| Tally::from_row(row, 0)).transpose()?.unwrap_or_default();
        if found != sum_up(connection, at)?.clamped() {
            problems.push(format!("the sums of domain {domain} on day {day} are not those of its records"));
        }
        if packed(connection, at)? != Some(records(connection, at)?) {
            problems.push(format!("the rows of domain {domain} on day {day} are not those of its records"));
        }
        if problems.len() >= MOST {
            break;
        }
    }
    Ok(())
}

/// What the packed rows of a domain's day add up to; `None` where they can't be unpacked.
fn packed(connection: &Connection, (domain, day): DomainDay) -> Outcome<Option<u64>> {
    let sql = "SELECT rows FROM traffic WHERE domain = ?1 AND day = ?2 ORDER BY part";
    let mut parts = connection.prepare_cached(sql)?;
    let mut parts = parts.query([domain, day])?;
    let mut sum = 0;
    while let Some(part) = parts.next()? {
        let rows = part.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        if unpack(rows, |row| sum = weigh(sum, row)).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(sum))
}

/// What the records of a domain's day add up to.
fn records(connection: &Connection, at: DomainDay) -> Outcome<u64> {
    let mut sum = 0;
    records_of_day(connection, at, &mut |row| {
        sum = weigh(sum, row);
        Ok(())
    })?;
    Ok(sum)
}

/// Adds a row to a sum that does not depend on their order, nor on which of them were added up.
fn weigh(sum: u64, row: &PackedRow) -> u64 {
    let hash = FixedState::default().hash_one((row.reporter, row.multi_day, row.address, row.profile));
    sum.wrapping_add(hash.wrapping_mul(row.messages))
}
