//! Puts what comes out of the inputs into the database.

use std::time::Duration;

use super::Watch;
use super::tally::Ingested;
use crate::error::Result;
use crate::ingest::{Event, FoundReport, OtherKind};
use crate::model::{NoteCode, RecordBatch};
use crate::store::{Ended, Incoming, KnownFiles, Writer};

/// What waits to be committed, in records, before it is.
const RECORDS_A_TRANSACTION: u64 = 200_000;
/// How long a transaction may keep others from writing.
const TRANSACTION: Duration = Duration::from_secs(1);

/// Takes events and writes them, in transactions that keep others waiting for a second at most.
pub(super) struct Keeper<'s, 'w> {
    writer: Writer<'s>,
    done: Ingested,
    now: i64,
    watch: &'w mut dyn Watch,
    /// When the transaction that is open began.
    began: Option<Duration>,
    /// Records and messages of the large report in hand that were stored already.
    large: Option<(u64, u64)>,
    known: &'w KnownFiles,
    /// The unchanged files in which something was refused.
    refused: Vec<Vec<u8>>,
    /// The number of this run, and how far the clock was at its beginning.
    run: (i64, Duration),
}

impl<'s, 'w> Keeper<'s, 'w> {
    pub(super) fn new(
        mut writer: Writer<'s>,
        now: i64,
        watch: &'w mut dyn Watch,
        known: &'w KnownFiles,
        inputs: &[String],
    ) -> Result<Self> {
        let run = (writer.run_begun(inputs)?, watch.elapsed());
        let done = Ingested::default();
        Ok(Self { writer, done, now, watch, began: None, large: None, known, refused: Vec::new(), run })
    }

    /// Whether no report is in hand of which a part is stored.
    pub(super) const fn may_stop(&self) -> bool {
        self.large.is_none()
    }

    pub(super) fn event(&mut self, event: Event) -> Result<()> {
        match event {
            Event::Report(found) => self.report(*found)?,
            Event::Records(batch) => self.large_records(&batch)?,
            Event::LargeReport(found) => self.large_report(*found)?,
            Event::LargeReportLost => {
                self.large = None;
                self.writer.large_forget()?;
            }
            Event::FileRead(ref file) => {
                self.writer.file_read(file)?;
                self.done.event(event);
            }
            Event::InputRead(path) => self.writer.input_read(&path)?,
            Event::FileUnchanged(stamp) => {
                let result = self.known.result(&stamp);
                self.done.unchanged(result);
                if result.rejected > 0 {
                    self.refused.push(stamp.path);
                }
            }
            Event::Rejected(ref error) => {
                self.writer.rejected(error);
                self.done.event(event);
            }
            Event::Other { kind: OtherKind::TlsReport | OtherKind::FailureReport, .. } => {
                self.writer.usable();
                self.done.event(event);
            }
            Event::Waiting if self.large.is_none() => self.commit()?,
            other => self.done.event(other),
        }
        if self.large.is_none() {
            self.commit_if_due()?;
        }
        self.watch.progress(&self.done);
        Ok(())
    }

    /// Commits what is left, and gives the unchanged files too in which something was refused.
    pub(super) fn finish(mut self, interrupted: bool) -> Result<(Ingested, Vec<Vec<u8>>)> {
        self.done.interrupted = interrupted;
        let (run, began) = self.run;
        let seconds = self.watch.elapsed().saturating_sub(began).as_secs();
        let ended_at = self.now.saturating_add_unsigned(seconds);
        self.writer.run_ended(run, self.done.outcome(), &self.done.run(ended_at))?;
        self.commit()?;
        Ok((self.done, self.refused))
    }

    fn report(&mut self, mut found: FoundReport) -> Result<()> {
        self.note_future(&mut found);
        let incoming = Incoming { ending: ended(&found), batch: &found.batch, origin: &found.origin };
        let added = self.writer.add(&incoming)?;
        let (records, messages) = (found.batch.rows().len() as u64, found.batch.messages());
        self.done.added(added, &found, records, messages);
        Ok(())
    }

    fn large_records(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.large.is_none() {
            self.writer.large_begin()?;
        }
        self.writer.large_records(batch)?;
        let (records, messages) = self.large.unwrap_or_default();
        self.large = Some((records + batch.rows().len() as u64, messages.saturating_add(batch.messages())));
        Ok(())
    }

    fn large_report(&mut self, mut found: FoundReport) -> Result<()> {
        self.note_future(&mut found);
        self.large_records(&found.batch)?;
        let (records, messages) = self.large.take().unwrap_or_default();
        let added = self.writer.large_end(&ended(&found), &found.origin)?;
        self.done.added(added, &found, records, messages);
        Ok(())
    }

    /// Notes a period that has not begun yet: such a report never moves the default period.
    fn note_future(&self, found: &mut FoundReport) {
        if let Some(begin) = found.header.metadata.begin.filter(|begin| *begin > self.now) {
            let (code, path) = (NoteCode::FuturePeriod, "report_metadata/date_range/begin");
            found.notes.add(code, path, Some(&begin.to_string()), None);
        }
    }

    fn commit_if_due(&mut self) -> Result<()> {
        if self.writer.pending() == 0 {
            return Ok(());
        }
        let now = self.watch.elapsed();
        let began = *self.began.get_or_insert(now);
        if self.writer.pending() >= RECORDS_A_TRANSACTION || now.saturating_sub(began) >= TRANSACTION {
            self.commit()?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.began = None;
        self.writer.commit()
    }
}

fn ended(found: &FoundReport) -> Ended<'_> {
    let FoundReport { header, truncated, records_skipped, notes, .. } = found;
    Ended { header, truncated: *truncated, records_skipped: *records_skipped, notes }
}
