//! What was refused in each input the last time that it was read.

use std::collections::HashMap;
use std::mem;

use rusqlite::{Connection, TransactionBehavior, params};

use super::Writer;
use super::file::FileResult;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ReadFile;
use crate::store::Store;
use crate::store::error::{Fault, Outcome};
use crate::store::read::{Rejected, all_rejected};

/// What is kept of what was refused in one input; the rest is counted.
const KEPT: usize = 1_000;

/// What reading an input came to so far.
#[derive(Debug, Default)]
pub(super) struct InputSoFar {
    pub(super) usable: bool,
    rejected: u64,
    kept: Vec<Refused>,
}

#[derive(Debug)]
struct Refused {
    place: String,
    kind: &'static str,
    limit: Option<&'static str>,
    reason: String,
}

impl Writer<'_> {
    /// Takes down that something in the input in hand was refused. It is kept when the input ends.
    pub fn rejected(&mut self, error: &Error) {
        self.input.rejected = self.input.rejected.saturating_add(1);
        if self.input.kept.len() < KEPT {
            let limit = match error.kind() {
                ErrorKind::Limit(limit) => Some(limit.name()),
                _ => None,
            };
            let (place, kind) = (error.place().to_string(), error.kind().as_str());
            self.input.kept.push(Refused { place, kind, limit, reason: error.reason() });
        }
    }

    /// Takes down that something of use that is not stored here, such as a report of another kind, was found in the
    /// input in hand.
    pub const fn usable(&mut self) {
        self.input.usable = true;
    }

    /// Remembers what reading a file came to, in the same transaction as its last report: that it was read whole, and
    /// what was refused in it. One that is to be read again is not remembered as read, nor is one in which the writing
    /// failed.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn file_read(&mut self, file: &ReadFile) -> Result<()> {
        self.refuse_beside_large()?;
        let input = mem::take(&mut self.input);
        let again = mem::take(&mut self.failed) || file.is_to_be_read_again();
        self.guarded(|writer| {
            writer.begin()?;
            let connection = &writer.store.connection;
            let path = &file.stamp().path;
            if again {
                writer.files.remove(connection, path)?;
            } else {
                let result = FileResult { usable: input.usable, rejected: input.rejected };
                writer.files.push(connection, file.stamp(), result, writer.now)?;
            }
            writer.keep_rejected(path, input.kept)?;
            writer.pending += 1;
            Ok(())
        })
    }

    /// Remembers what was refused in an input that is no file to remember.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn input_read(&mut self, path: &[u8]) -> Result<()> {
        self.refuse_beside_large()?;
        let input = mem::take(&mut self.input);
        self.guarded(|writer| {
            writer.begin()?;
            writer.keep_rejected(path, input.kept)?;
            writer.pending += 1;
            Ok(())
        })
    }

    /// Puts what was refused in the place of what was refused there before.
    fn keep_rejected(&mut self, path: &[u8], refused: Vec<Refused>) -> Outcome<()> {
        if refused.is_empty() && !self.any_rejected {
            return Ok(());
        }
        let connection = &self.store.connection;
        let sql = "SELECT place, kind, reason, first_at FROM rejected WHERE path = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let before =
            statement.query_map([path], |row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?)))?;
        let before: HashMap<(String, String, String), i64> = before.collect::<rusqlite::Result<_>>()?;
        connection.prepare_cached("DELETE FROM rejected WHERE path = ?1")?.execute([path])?;
        let sql = "INSERT INTO rejected (path, seq, place, kind, limit_name, reason, first_at, last_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        for (seq, Refused { place, kind, limit, reason }) in (0_i64..).zip(refused) {
            let said = (place, kind.to_owned(), reason);
            let first = before.get(&said).copied().unwrap_or(self.now);
            let (place, _, reason) = said;
            connection
                .prepare_cached(sql)?
                .execute(params![path, seq, place, kind, limit, reason, first, self.now])?;
            self.any_rejected = true;
        }
        Ok(())
    }
}

impl Store {
    /// Forgets what was refused at a place and everywhere below it, and gives how much that was: the next run over the
    /// same files ends as if it had been read.
    ///
    /// # Errors
    /// Fails where the database can't be written.
    pub fn forget_rejected(&mut self, place: &str) -> Result<u64> {
        let forget = |store: &mut Self| -> Outcome<u64> {
            store.refuse_read_only()?;
            let transaction = store.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut forgotten = 0;
            for (path, seq, refused) in all_rejected(&transaction)? {
                if !is_at(&refused, place) {
                    continue;
                }
                transaction
                    .prepare_cached("DELETE FROM rejected WHERE path = ?1 AND seq = ?2")?
                    .execute(params![path, seq])?;
                // Where all that is known of was settled, so is what was only counted.
                transaction
                    .prepare_cached(
                        "UPDATE file SET \
                         rejected = (SELECT count(*) FROM rejected WHERE rejected.path = file.path), \
                         usable = usable OR NOT EXISTS (SELECT 1 FROM rejected WHERE rejected.path = file.path) \
                         WHERE path = ?1",
                    )?
                    .execute([&path])?;
                forgotten += 1;
            }
            transaction.commit()?;
            Ok(forgotten)
        };
        forget(self).map_err(|fault: Fault| fault.at(&self.place))
    }
}

/// Whether something was refused at a place or below it: in a folder, in a file, in a mail.
fn is_at(refused: &Rejected, place: &str) -> bool {
    let place = place.trim_end_matches('/');
    refused.place.strip_prefix(place).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(['/', ':']) || rest.starts_with(" › ") || place.is_empty()
    })
}

/// Whether anything is remembered as refused.
pub(super) fn any(connection: &Connection) -> Outcome<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM rejected LIMIT 1")?.exists([])?)
}
