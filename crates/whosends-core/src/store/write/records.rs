//! Writes records, many to a statement, and knows which ids they get.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::LazyLock;

use rusqlite::{Connection, params};

use crate::store::error::{Fault, Outcome};

/// Records to a statement.
const ROWS: usize = 32;

static INSERT_MANY: LazyLock<String> = LazyLock::new(|| {
    // Without OR ROLLBACK SQLite notes down what the statement changes, in case it must be undone alone.
    let mut sql = String::from("INSERT OR ROLLBACK INTO record (address, count, combination) VALUES ");
    for row in 0..ROWS {
        let comma = if row == 0 { "" } else { ", " };
        // Writing to a string can't fail.
        let _ = write!(sql, "{comma}(?, ?, ?)");
    }
    sql
});

/// Records that are not written yet, across reports: half of all reports hold two or fewer.
#[derive(Debug, Default)]
pub(super) struct Records {
    waiting: Vec<[i64; 3]>,
    next: i64,
}

impl Records {
    /// Starts after the last record that is stored. Ids of removed records may come again: no report refers
    /// to them any more.
    pub(super) fn begin(&mut self, connection: &Connection) -> Outcome<()> {
        self.waiting.clear();
        let last: Option<i64> =
            connection.prepare_cached("SELECT max(id) FROM record")?.query_row([], |row| row.get(0))?;
        self.next = last.unwrap_or(0).saturating_add(1);
        Ok(())
    }

    /// The id the next record gets.
    pub(super) const fn next(&self) -> i64 {
        self.next
    }

    /// Forgets what is waiting and goes back to an id.
    pub(super) fn rewind(&mut self, next: i64) {
        self.waiting.clear();
        self.next = next;
    }

    /// Takes one record.
    pub(super) fn push(
        &mut self,
        connection: &Connection,
        address: i64,
        count: i64,
        combination: i64,
    ) -> Outcome<()> {
        self.waiting.push([address, count, combination]);
        self.next = self.next.checked_add(1).ok_or_else(|| Fault::damaged("no record id is left"))?;
        if self.waiting.len() == ROWS { self.write_many(connection) } else { Ok(()) }
    }

    fn write_many(&mut self, connection: &Connection) -> Outcome<()> {
        let mut statement = connection.prepare_cached(&INSERT_MANY)?;
        for (at, value) in (1..).zip(self.waiting.drain(..).flatten()) {
            statement.raw_bind_parameter(at, value)?;
        }
        statement.raw_execute()?;
        // SQLite gives each the number after the last there is, which saves it looking whether it is taken.
        if connection.last_insert_rowid() != self.next - 1 {
            return Err(Fault::damaged("records that do not follow one another"));
        }
        Ok(())
    }

    /// Writes what is waiting.
    pub(super) fn flush(&mut self, connection: &Connection) -> Outcome<()> {
        let sql = "INSERT INTO record (id, address, count, combination) VALUES (?1, ?2, ?3, ?4)";
        let first = self.next - self.waiting.len() as i64;
        for (id, [address, count, combination]) in (first..).zip(self.waiting.drain(..)) {
            connection.prepare_cached(sql)?.execute(params![id, address, count, combination])?;
        }
        Ok(())
    }
}

/// Removes the records of a report.
pub(super) fn remove(connection: &Connection, ids: &Range<i64>) -> Outcome<()> {
    connection
        .prepare_cached("DELETE FROM record WHERE id >= ?1 AND id < ?2")?
        .execute([ids.start, ids.end])?;
    Ok(())
}
