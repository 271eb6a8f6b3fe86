//! Collects a document's records and hands the report on.

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::event::{Event, FoundReport};
use super::unpack::Unpacker;
use crate::error::Error;
use crate::model::{Record, RecordBatch, Shared};
use crate::xml::{Ending, Sink};

/// Records of a large report that are handed on at a time.
const BATCH: usize = 8192;

pub(super) struct ReportSink<'u, 'a> {
    unpacker: &'u mut Unpacker<'a>,
    batch: RecordBatch,
    /// Whether records are handed on before the document's end.
    large: bool,
    /// Whether records of this document were handed on.
    begun: bool,
}

impl<'u, 'a> ReportSink<'u, 'a> {
    pub(super) fn new(unpacker: &'u mut Unpacker<'a>, large: bool) -> Self {
        Self { unpacker, batch: RecordBatch::default(), large, begun: false }
    }
}

impl Sink for ReportSink<'_, '_> {
    fn record(&mut self, record: Record) -> ControlFlow<()> {
        let Record { source, count, combination } = record;
        self.shared(source, count, &Arc::new(Shared::new(combination)))
    }

    fn shared(&mut self, source: IpAddr, count: u64, said: &Arc<Shared>) -> ControlFlow<()> {
        self.batch.push_shared(source, count, said);
        if self.large && self.batch.rows().len() >= BATCH {
            self.begun = true;
            let batch = std::mem::take(&mut self.batch);
            self.unpacker.emit(Event::Records(Box::new(batch)));
        }
        ControlFlow::Continue(())
    }

    fn document(&mut self, ending: Result<Ending, Error>) -> ControlFlow<()> {
        let batch = std::mem::take(&mut self.batch);
        let begun = std::mem::take(&mut self.begun);
        match ending {
            Ok(mut ending) => {
                self.unpacker.add_container_notes(&mut ending.notes);
                let found = Box::new(FoundReport {
                    header: ending.header,
                    truncated: ending.truncated,
                    records_skipped: ending.records_skipped,
                    notes: ending.notes,
                    batch,
                    origin: self.unpacker.origin(),
                });
                self.unpacker.emit(if begun { Event::LargeReport(found) } else { Event::Report(found) });
            }
            Err(error) => {
                if begun {
                    self.unpacker.emit(Event::LargeReportLost);
                }
                self.unpacker.reject_document(error);
            }
        }
        ControlFlow::Continue(())
    }
}

impl Drop for ReportSink<'_, '_> {
    /// A document that never ended takes its records with it.
    fn drop(&mut self) {
        if self.begun {
            self.unpacker.tell(Event::LargeReportLost);
        }
    }
}
