//! Writes rows many to a statement: one at a time, SQLite takes longer to begin and end the statement than to write
//! the row.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::store::error::Outcome;

/// Rows to a statement.
const ROWS: usize = 16;

/// Rows of a table that are not written yet.
#[derive(Debug)]
pub(super) struct Bulk<const COLUMNS: usize> {
    many: String,
    one: String,
    waiting: Vec<[Value; COLUMNS]>,
}

impl<const COLUMNS: usize> Bulk<COLUMNS> {
    /// Rows that go `into` a table: the statement up to its values, such as `INSERT INTO table (a, b)`.
    ///
    /// It should say `OR ROLLBACK` or replace, for else SQLite notes down what a statement changes in case it must
    /// be undone alone. After an error the whole transaction is undone anyway.
    pub(super) fn new(into: &str) -> Self {
        let row = format!("({})", ["?"; COLUMNS].join(", "));
        Self {
            many: format!("{into} VALUES {}", vec![row.as_str(); ROWS].join(", ")),
            one: format!("{into} VALUES {row}"),
            waiting: Vec::with_capacity(ROWS),
        }
    }

    /// Takes a row, and writes all that are waiting where they are enough.
    pub(super) fn push(&mut self, connection: &Connection, row: [Value; COLUMNS]) -> Outcome<()> {
        self.waiting.push(row);
        if self.waiting.len() < ROWS {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(&self.many)?;
        for (at, value) in (1..).zip(self.waiting.drain(..).flatten()) {
            statement.raw_bind_parameter(at, value)?;
        }
        statement.raw_execute()?;
        Ok(())
    }

    /// Writes what is waiting.
    pub(super) fn flush(&mut self, connection: &Connection) -> Outcome<()> {
        for row in self.waiting.drain(..) {
            connection.prepare_cached(&self.one)?.execute(params_from_iter(row))?;
        }
        Ok(())
    }

    /// Forgets what is waiting.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
