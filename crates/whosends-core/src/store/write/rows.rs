//! Which rows of a report are the same as those of another.
//!
//! Two rows are the same where their source address agrees, and `header_from` and `envelope_to` as far as both state
//! them. Count, verdicts, reasons, signatures and return path are what a row says, and not which row it is.

use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::quality::FixedState;
use rusqlite::{Connection, Rows as Found};

use crate::store::cache::Cache;
use crate::store::error::Outcome;

/// A name by which rows are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Stated(u64),
    Absent,
    /// Stands for all of a name's values, so that a row that does not state it is found with a single look.
    Any,
}

/// The rows of some versions, in a temporary table: SQLite keeps it within its cache and puts the rest into a file, so
/// that two reports of millions of records compare in little memory.
///
/// A row is kept as hashes; two rows of one report look alike by chance once in 2^64 pairs.
#[derive(Debug)]
pub(super) struct Rows<'c> {
    connection: &'c Connection,
    names: Cache<i64, [Part; 2]>,
}

impl<'c> Rows<'c> {
    pub(super) fn begin(connection: &'c Connection) -> Outcome<Self> {
        connection.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS seen (row INTEGER PRIMARY KEY); DELETE FROM temp.seen",
        )?;
        Ok(Self { connection, names: Cache::new(20_000) })
    }

    /// Adds the rows of a version.
    pub(super) fn take(&mut self, records: &Range<i64>) -> Outcome<()> {
        let connection = self.connection;
        let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO temp.seen (row) VALUES (?1)")?;
        self.visit(records, |address, [from, to]| {
            for from in [from, Part::Any] {
                for to in [to, Part::Any] {
                    insert.execute([hash(address, from, to)])?;
                }
            }
            Ok(true)
        })?;
        Ok(())
    }

    /// Whether one of these rows is among those that were added.
    pub(super) fn share(&mut self, records: &Range<i64>) -> Outcome<bool> {
        let connection = self.connection;
        let mut look = connection.prepare_cached("SELECT 1 FROM temp.seen WHERE row = ?1")?;
        let none = self.visit(records, |address, [from, to]| {
            for &from in matching(&[from, Part::Absent]) {
                for &to in matching(&[to, Part::Absent]) {
                    if look.exists([hash(address, from, to)])? {
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        })?;
        Ok(!none)
    }

    /// Visits rows until one gives `false`, and says whether none did.
    fn visit(
        &mut self,
        records: &Range<i64>,
        mut visit: impl FnMut(i64, [Part; 2]) -> Outcome<bool>,
    ) -> Outcome<bool> {
        let sql = "SELECT address, combination FROM record WHERE id >= ?1 AND id < ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows: Found<'_> = statement.query([records.start, records.end])?;
        while let Some(row) = rows.next()? {
            let names = self.names(row.get(1)?)?;
            if !visit(row.get(0)?, names)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The `header_from` and the `envelope_to` of a combination.
    fn names(&mut self, combination: i64) -> Outcome<[Part; 2]> {
        if let Some(&names) = self.names.get(&combination) {
            return Ok(names);
        }
        let sql = "SELECT profile.header_from, combination.envelope_to FROM combination \
             CROSS JOIN profile ON profile.id = combination.profile WHERE combination.id = ?1";
        let part = |text: Option<&str>| {
            text.map_or(Part::Absent, |text| Part::Stated(FixedState::default().hash_one(text)))
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let names = statement.query_row([combination], |row| {
            Ok([part(row.get_ref(0)?.as_str_or_null()?), part(row.get_ref(1)?.as_str_or_null()?)])
        })?;
        self.names.insert(combination, names);
        Ok(names)
    }
}

/// What a name may be among the rows that were added, to be the same: itself or absent; anything where it is absent.
const fn matching(itself_and_absent: &[Part; 2]) -> &[Part] {
    match itself_and_absent[0] {
        Part::Stated(_) => itself_and_absent,
        Part::Absent | Part::Any => &[Part::Any],
    }
}

fn hash(address: i64, from: Part, to: Part) -> i64 {
    i64::from_ne_bytes(FixedState::default().hash_one((address, from, to)).to_ne_bytes())
}
