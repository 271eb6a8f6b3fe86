//! A report that is written while it is read.

use super::arrive::{Body, Written};
use super::{Added, Ended, Origin, Tally, Writer};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ContentHash, RecordBatch};
use crate::store::error::{Fault, Outcome};

/// A report whose records come in parts, under a savepoint: it is kept whole at [`StreamedReport::finish`], or
/// leaves nothing.
#[derive(Debug)]
pub struct StreamedReport<'w, 's> {
    writer: &'w mut Writer<'s>,
    start: i64,
    pending: u64,
    content: ContentHash,
    tally: Tally,
}

impl<'w, 's> StreamedReport<'w, 's> {
    pub(super) fn begin(writer: &'w mut Writer<'s>) -> Result<Self> {
        writer.guarded(|writer| {
            writer.begin()?;
            writer.records.flush(&writer.store.connection)?;
            Ok(writer.store.connection.execute_batch("SAVEPOINT streamed")?)
        })?;
        let (start, pending) = (writer.records.next(), writer.pending);
        writer.streaming = true;
        Ok(Self { writer, start, pending, content: ContentHash::default(), tally: Tally::default() })
    }

    /// Writes the next records.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn records(&mut self, batch: &RecordBatch) -> Result<()> {
        let tally = &mut self.tally;
        self.writer.guarded(|writer| {
            writer.refuse_broken_stream()?;
            writer.write_records(batch, tally)
        })?;
        self.content = self.content.plus(batch.content());
        Ok(())
    }

    /// Ends the report: it is kept, or found to be stored.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn finish(self, ended: &Ended<'_>, origin: &Origin) -> Result<Added> {
        self.writer.guarded(|writer| {
            writer.refuse_broken_stream()?;
            writer.records.flush(&writer.store.connection)?;
            let records = self.start..writer.records.next();
            let written = Written { records, tally: self.tally, streamed: true };
            let added = writer.file(ended, origin, self.content, Body::Written(written))?;
            writer.store.connection.execute_batch("RELEASE streamed")?;
            writer.streaming = false;
            Ok(added)
        })
    }

    /// Ends the report without keeping anything of it; so does dropping it.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn abandon(self) -> Result<()> {
        self.writer.guarded(|writer| writer.leave_stream(self.start, self.pending))
    }
}

impl Drop for StreamedReport<'_, '_> {
    fn drop(&mut self) {
        if self.writer.streaming && self.writer.leave_stream(self.start, self.pending).is_err() {
            // The next use of the writer says so: reports before this one were in the same transaction.
            self.writer.undo();
            self.writer.lost = true;
        }
    }
}

impl Writer<'_> {
    fn leave_stream(&mut self, start: i64, pending: u64) -> Outcome<()> {
        self.undo_streamed(start)?;
        self.store.connection.execute_batch("RELEASE streamed")?;
        self.pending = pending;
        self.streaming = false;
        Ok(())
    }

    fn refuse_broken_stream(&self) -> Outcome<()> {
        if self.streaming {
            return Ok(());
        }
        let reason = "an earlier part of the report could not be written";
        Err(Fault::Told(Error::new(ErrorKind::Database, reason)))
    }
}
