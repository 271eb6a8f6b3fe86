//! A report that is written while it is read.

use super::arrive::{Body, Written};
use super::{Added, Ended, Tally, Writer};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ContentHash, Origin, RecordBatch};
use crate::store::error::{Fault, Outcome};

/// The large report in hand: its records so far stand under a savepoint.
#[derive(Debug)]
pub(super) struct Large {
    start: i64,
    pending: u64,
    content: ContentHash,
    tally: Tally,
}

impl Writer<'_> {
    /// Begins a report whose records come in parts, so that it need not be held whole. It is kept whole at
    /// [`Writer::large_end`], or leaves nothing.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn large_begin(&mut self) -> Result<()> {
        self.refuse_in_hand()?;
        self.guarded(|writer| {
            writer.begin()?;
            writer.records.flush(&writer.store.connection)?;
            writer.store.connection.execute_batch("SAVEPOINT large")?;
            writer.large = Some(Large {
                start: writer.records.next(),
                pending: writer.pending,
                content: ContentHash::default(),
                tally: Tally::default(),
            });
            Ok(())
        })
    }

    /// Writes the next records of the report that was begun.
    ///
    /// # Errors
    /// As [`Writer::add`], and where no report was begun.
    pub fn large_records(&mut self, batch: &RecordBatch) -> Result<()> {
        self.guarded(|writer| {
            let mut large = writer.take_large()?;
            writer.write_records(batch, &mut large.tally)?;
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
        self.guarded(|writer| {
            let Large { start, content, tally, .. } = writer.take_large()?;
            writer.records.flush(&writer.store.connection)?;
            let records = start..writer.records.next();
            let written = Written { records, tally, streamed: true };
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
        self.guarded(|writer| {
            let Large { start, pending, .. } = writer.take_large()?;
            writer.undo_large(start)?;
            writer.store.connection.execute_batch("RELEASE large")?;
            writer.pending = pending;
            Ok(())
        })
    }

    /// Refuses what would tear the large report in hand apart.
    pub(super) fn refuse_in_hand(&self) -> Result<()> {
        match self.large {
            None => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::Database, "a large report is in hand that has not ended")),
        }
    }

    fn take_large(&mut self) -> Outcome<Large> {
        self.large.take().ok_or_else(|| {
            let reason = "no large report was begun, or an earlier part of it could not be written";
            Fault::Told(Error::new(ErrorKind::Database, reason))
        })
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
