//! Whether what is known of reports is what follows from what is stored of them.

use rusqlite::{Connection, OptionalExtension as _};

use super::MOST;
use crate::model::ContentHash;
use crate::store::digest;
use crate::store::error::Outcome;
use crate::store::read::header;
use crate::store::write::{Contents, Group, STANDING, Standing, groups, standing};

/// Every report says what it said when it was stored, and of its versions those count that should.
pub(super) fn versions(connection: &Connection, problems: &mut Vec<String>) -> Outcome<()> {
    let sql = format!(
        "SELECT id, identity, day, multi_day, content, content_version, {STANDING} FROM report ORDER BY id"
    );
    let mut reports = connection.prepare(&sql)?;
    let mut reports = reports.query([])?;
    let mut contents = Contents::new(connection);
    while let Some(row) = reports.next()? {
        let report: i64 = row.get(0)?;
        let Some(said) = header(connection, report)? else { continue };
        let content = contents.of(report)?;
        let (stored, version): ([u8; 16], u32) = (row.get(4)?, row.get(5)?);
        if stored != content.to_bytes() || version != ContentHash::VERSION {
            problems.push(format!("report {report} does not hold the records that were stored"));
        }
        let day = said.metadata.day().map(|day| day.0);
        let placed: (i64, Option<i64>, bool) = (row.get(1)?, row.get(2)?, row.get(3)?);
        if placed != (digest::identity(&said), day, said.metadata.is_multi_day())
            || Standing::from_row(row, 6)? != standing(connection, report, content)?
        {
            problems.push(format!("report {report} does not say what it said when it was stored"));
        }
        if problems.len() >= MOST {
            return Ok(());
        }
    }
    for group in groups(connection)? {
        if !group.is_settled(connection)? {
            problems.push(unsettled(connection, &group)?);
        }
    }
    Ok(())
}

fn unsettled(connection: &Connection, group: &Group) -> Outcome<String> {
    let sql = "SELECT id FROM report WHERE domain = ?1 AND day IS ?2 AND identity = ?3 ORDER BY id LIMIT 1";
    let values = rusqlite::params![group.domain, group.day, group.identity];
    let id: Option<i64> = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
    let id = id.unwrap_or_default();
    Ok(format!("of the versions of report {id} not those count that should"))
}
