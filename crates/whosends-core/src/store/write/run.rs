//! What each run of ingest came to.

use rusqlite::params;

use super::Writer;
use crate::error::Result;
use crate::store::codec::{int, texts_json};
use crate::store::read::{Run, RunOutcome};

/// The runs that are kept.
const KEPT: i64 = 1_000;

impl Writer<'_> {
    /// Begins a run over some inputs and gives its number; one that is never ended was killed.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn run_begun(&mut self, inputs: &[String]) -> Result<i64> {
        let run = self.guarded(|writer| {
            writer.begin()?;
            let connection = &writer.store.connection;
            let inputs = texts_json(inputs).unwrap_or_else(|| "[]".to_owned());
            let run = connection
                .prepare_cached("INSERT INTO run (began_at, inputs) VALUES (?1, ?2)")?
                .insert(params![writer.now, inputs])?;
            connection.prepare_cached("DELETE FROM run WHERE id <= ?1")?.execute([run - KEPT])?;
            writer.pending += 1;
            Ok(run)
        })?;
        self.commit()?;
        Ok(run)
    }

    /// Ends a run: what it came to is kept with the next commit.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn run_ended(&mut self, number: i64, outcome: RunOutcome, run: &Run) -> Result<()> {
        self.guarded(|writer| {
            writer.begin()?;
            let sql = "UPDATE run SET ended_at = ?2, outcome = ?3, files = ?4, unchanged = ?5, mails = ?6, \
                 new = ?7, duplicate = ?8, conflicting = ?9, pruned = ?10, rejected = ?11, still_rejected = ?12, \
                 not_a_report = ?13, records = ?14, messages = ?15 WHERE id = ?1";
            writer.store.connection.prepare_cached(sql)?.execute(params![
                number,
                run.ended_at,
                outcome.as_str(),
                int(run.files),
                int(run.unchanged),
                int(run.mails),
                int(run.new),
                int(run.duplicate),
                int(run.conflicting),
                int(run.pruned),
                int(run.rejected),
                int(run.still_rejected),
                int(run.not_a_report),
                int(run.records),
                int(run.messages),
            ])?;
            writer.pending += 1;
            Ok(())
        })
    }
}
