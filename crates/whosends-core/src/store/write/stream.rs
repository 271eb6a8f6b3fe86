//! A report that is written while it is read.

use super::arrive::{Body, Written};
use super::{Added, Ended, Tally, Writer};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ContentHash, Origin, RecordBatch};
use crate::store::error::Outcome;
use crate::store::packed::Packer;

/// The large report in hand: its records so far stand under a savepoint.
#[derive(Debug)]
pub(super) struct Large {
    start: i64,
    pending: u64,
    content: ContentHash,
    tally: Tally,
    packer: Packer,
}

impl Writer<'_> {
    /// Begins a report whose records come in parts, so that it need not be held whole. It is kept whole at
    /// [`Writer::large_end`], or leaves nothing.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn large_begin(&mut self) -> Result<()> {
        self.refuse_beside_large()?;
        self.guarded(|writer| {
            writer.begin()?;
            // What waits from before must not go with the large report.
            writer.flush()?;
            writer.store.connection.execute_batch("SAVEPOINT large")?;
            writer.large = Some(Large {
                start: writer.records.next(),
                pending: writer.pending,
                content: ContentHash::default(),
                tally: Tally::default(),
                packer: Packer::default(),
            });
            Ok(())
        })
    }

    /// Writes the next records of the report that was begun.
    ///
    /// # Errors
    /// As [`Writer::add`], and where no report was begun.
    pub fn large_records(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut large = self.take_large()?;
        self.guarded(|writer| {
            writer.write_records(batch, &mut large.tally, &mut large.packer)?;
            large.content = large.content.plus(batch.content());
            writer.large = Some(large);
            Ok(())
        })
    }

    /// Ends the report that was begun: it is kept, or found to be stored.
    ///
    /// # Errors
    /// As [`Writer::large_records`].
    pub fn large_end(&mut self, ended: &Ended<'_>, origin: &Origin) -> Result<Added> {
        let Large { start, content, tally, packer, .. } = self.take_large()?;
        self.guarded(|writer| {
            writer.records.flush(&writer.store.connection)?;
            let records = start..writer.records.next();
            let written = Written { records, tally, packer, streamed: true };
            let added = writer.file(ended, origin, content, Body::Written(written))?;
            writer.store.connection.execute_batch("RELEASE large")?;
            Ok(added)
        })
    }

    /// Forgets the report that was begun; nothing of it stays.
    ///
    /// # Errors
    /// As [`Writer::large_records`].
    pub fn large_forget(&mut self) -> Result<()> {
        let Large { start, pending, .. } = self.take_large()?;
        self.guarded(|writer| {
            writer.undo_large(start)?;
            writer.store.connection.execute_batch("RELEASE large")?;
            writer.pending = pending;
            Ok(())
        })
    }

    /// Refuses what can't be done while a large report is in hand; the report stays in hand.
    pub(super) fn refuse_beside_large(&self) -> Result<()> {
        match self.large {
            None => Ok(()),
            Some(_) => Err(self.misuse("a large report is in hand and must end first")),
        }
    }

    fn take_large(&mut self) -> Result<Large> {
        let none = "no large report was begun, or an earlier part of it could not be written";
        self.large.take().ok_or_else(|| self.misuse(none))
    }

    fn misuse(&self, reason: &str) -> Error {
        Error::new(ErrorKind::Database, reason).within(&self.store.place)
    }

    /// Goes back to where the large report began.
    pub(super) fn undo_large(&mut self, start: i64) -> Outcome<()> {
        self.records.rewind(start);
        // What was added since the savepoint is gone, and so are its ids.
        self.ids.clear();
        self.store.connection.execute_batch("ROLLBACK TO large")?;
        Ok(())
    }
}
