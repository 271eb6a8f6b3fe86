//! Keeps the packed rows of each domain's day: see [`packed`](crate::store::packed).

use std::mem;

use rusqlite::{Connection, OptionalExtension, params};

use super::rollup::{DomainDay, UNDATED};
use crate::store::cache::Cache;
use crate::store::codec::uint;
use crate::store::error::{Fault, Outcome};
use crate::store::packed::{BLOCK, PackedRow, Packer};

/// A part that has so many bytes gets no further block.
const FULL: usize = 64 << 10;
/// The last part is written anew with what is added to it up to so many bytes: where reports come one by one,
/// a day would else have a part for each.
const SMALL: usize = 8 << 10;

/// A report that counts, with its records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reported<'p> {
    pub(super) reporter: i64,
    pub(super) multi_day: bool,
    pub(super) packer: &'p Packer,
}

/// Packed rows of a domain's day that are not written yet, in parts.
#[derive(Debug, Default)]
pub(super) struct DayRows(Vec<Vec<u8>>);

impl DayRows {
    /// Adds the records of a report.
    pub(super) fn add(&mut self, report: Reported<'_>) {
        let Reported { reporter, multi_day, packer } = report;
        packer.finish(reporter, multi_day, &mut |block| match self
            .0
            .last_mut()
            .filter(|part| part.len() < FULL)
        {
            Some(part) => part.extend_from_slice(block),
            None => self.0.push(block.to_vec()),
        });
    }

    /// Writes the parts after those that are there.
    pub(super) fn append(self, connection: &Connection, at: DomainDay) -> Outcome<()> {
        let sql = "SELECT part, CASE WHEN length(rows) < ?3 THEN rows END FROM traffic \
             WHERE domain = ?1 AND day = ?2 ORDER BY part DESC LIMIT 1";
        let last: Option<(i64, Option<Vec<u8>>)> = connection
            .prepare_cached(sql)?
            .query_row(params![at.0, at.1, SMALL as i64], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let mut next = last.as_ref().map_or(0, |(part, _)| part.saturating_add(1));
        let mut parts = self.0.into_iter();
        if let Some((part, Some(mut rows))) = last
            && let Some(first) = parts.as_slice().first()
            && rows.len().saturating_add(first.len()) <= SMALL
        {
            rows.extend_from_slice(first);
            parts.next();
            next = part;
            write(connection, at, &mut next, &rows)?;
        }
        parts.try_for_each(|rows| write(connection, at, &mut next, &rows))
    }
}

/// Writes a part in place of the one of that number, where there is one, and goes to the next number.
fn write(connection: &Connection, at: DomainDay, part: &mut i64, rows: &[u8]) -> Outcome<()> {
    let sql = "REPLACE INTO traffic (domain, day, part, rows) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(sql)?.execute(params![at.0, at.1, *part, rows])?;
    *part = part.saturating_add(1);
    Ok(())
}

/// Makes the rows of a domain's day again from its records.
pub(super) fn rebuild(connection: &Connection, at: DomainDay) -> Outcome<()> {
    let sql = "DELETE FROM traffic WHERE domain = ?1 AND day = ?2";
    connection.prepare_cached(sql)?.execute([at.0, at.1])?;
    let mut rebuilding = Rebuilding::default();
    records_of_day(connection, at, &mut |row| {
        rebuilding.add(row);
        rebuilding.write(connection, at, false)
    })?;
    rebuilding.end_block();
    rebuilding.write(connection, at, true)
}

/// A domain's day that is being packed again.
#[derive(Debug, Default)]
struct Rebuilding {
    rows: DayRows,
    packer: Packer,
    /// The rows in `packer`, and whose they are.
    held: usize,
    whose: (u32, bool),
    part: i64,
}

impl Rebuilding {
    fn add(&mut self, row: &PackedRow) {
        let whose = (row.reporter, row.multi_day);
        if self.held >= BLOCK - 1 || whose != self.whose {
            self.end_block();
            self.whose = whose;
        }
        self.packer.push(row.address, row.profile, row.messages);
        self.held += 1;
    }

    fn end_block(&mut self) {
        let packer = mem::take(&mut self.packer);
        let (reporter, multi_day) = self.whose;
        self.rows.add(Reported { reporter: reporter.into(), multi_day, packer: &packer });
        self.held = 0;
    }

    /// Writes the parts that get no further block, or all.
    fn write(&mut self, connection: &Connection, at: DomainDay, all: bool) -> Outcome<()> {
        let parts = &mut self.rows.0;
        let keep = usize::from(!all);
        while parts.len() > keep {
            let rows = parts.remove(0);
            write(connection, at, &mut self.part, &rows)?;
        }
        Ok(())
    }
}

/// Visits the records of the counting reports of a domain's day.
pub(in crate::store) fn records_of_day(
    connection: &Connection,
    (domain, day): DomainDay,
    visit: &mut dyn FnMut(&PackedRow) -> Outcome<()>,
) -> Outcome<()> {
    let day = (day != UNDATED).then_some(day);
    let mut reports = connection.prepare_cached(
        "SELECT reporter, multi_day, first_record, records FROM report \
         WHERE domain = ?1 AND day IS ?2 AND counts = 1",
    )?;
    let sql = "SELECT address, combination, count FROM record WHERE id >= ?1 AND id < ?2";
    let mut records = connection.prepare_cached(sql)?;
    let mut profiles = Profiles(Cache::new(20_000));
    let mut rows = reports.query(params![domain, day])?;
    while let Some(row) = rows.next()? {
        let reporter =
            u32::try_from(row.get::<_, i64>(0)?).map_err(|_| Fault::damaged("an id out of range"))?;
        let (multi_day, first, length): (_, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let mut found = records.query([first, first.saturating_add(length)])?;
        while let Some(record) = found.next()? {
            visit(&PackedRow {
                reporter,
                multi_day,
                address: record.get(0)?,
                profile: profiles.of(connection, record.get(1)?)?,
                messages: uint(record.get(2)?),
            })?;
        }
    }
    Ok(())
}

/// The profiles of combinations, looked up once each.
#[derive(Debug)]
struct Profiles(Cache<i64, i64>);

impl Profiles {
    fn of(&mut self, connection: &Connection, combination: i64) -> Outcome<i64> {
        if let Some(&profile) = self.0.get(&combination) {
            return Ok(profile);
        }
        let sql = "SELECT profile FROM combination WHERE id = ?1";
        let profile = connection.prepare_cached(sql)?.query_row([combination], |row| row.get(0))?;
        self.0.insert(combination, profile);
        Ok(profile)
    }
}
