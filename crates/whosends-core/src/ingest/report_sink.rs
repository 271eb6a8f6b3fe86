//! Collects a document's records and hands the report on.

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::event::{Event, FoundReport};
use super::names::{is_plausible, period_in_name};
use super::unpack::Unpacker;
use crate::error::Error;
use crate::model::{NoteCode, Notes, Record, RecordBatch, Shared};
use crate::xml::{Ending, Sink};

/// Records of a large report that are handed on at a time.
const BATCH: usize = 8192;

/// What comes of a document.
pub(super) enum Parsed {
    /// Records of one that has not ended yet.
    Records(Box<RecordBatch>),
    /// Its end, or why it gave nothing, with the records since then.
    End(Box<Result<Ending, Error>>, RecordBatch),
}

/// Collects records, and gives what comes of a document to `hand_on`.
pub(super) struct ReportSink<F> {
    hand_on: F,
    batch: RecordBatch,
    /// Whether records are handed on before the document's end.
    large: bool,
}

impl<F: FnMut(Parsed)> ReportSink<F> {
    pub(super) fn new(large: bool, hand_on: F) -> Self {
        Self { hand_on, batch: RecordBatch::default(), large }
    }

    /// Hands on what there is of a large report, where it is enough.
    fn hand_on_large(&mut self) {
        if self.large && self.batch.rows().len() >= BATCH {
            (self.hand_on)(Parsed::Records(Box::new(std::mem::take(&mut self.batch))));
        }
    }
}

impl<F: FnMut(Parsed)> Sink for ReportSink<F> {
    fn record(&mut self, record: Record) -> ControlFlow<()> {
        let Record { source, count, combination } = record;
        self.shared(source, count, &Arc::new(Shared::new(combination)))
    }

    fn shared(&mut self, source: IpAddr, count: u64, said: &Arc<Shared>) -> ControlFlow<()> {
        self.batch.push_shared(source, count, said);
        self.hand_on_large();
        ControlFlow::Continue(())
    }

    fn records(&mut self, batch: RecordBatch) -> ControlFlow<()> {
        self.batch.append(batch);
        self.hand_on_large();
        ControlFlow::Continue(())
    }

    fn document(&mut self, ending: Result<Ending, Error>) -> ControlFlow<()> {
        (self.hand_on)(Parsed::End(Box::new(ending), std::mem::take(&mut self.batch)));
        ControlFlow::Continue(())
    }
}

/// What is known of the containers around a report by the time something came of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    pub(super) notes: Notes,
    /// Why the data ends before its end.
    pub(super) broken: Option<String>,
}

/// Makes events of what comes of documents.
pub(super) struct Handover<'u, 'a> {
    pub(super) unpacker: &'u mut Unpacker<'a>,
    /// Whether records of a document were handed on that has not ended.
    begun: bool,
}

impl<'u, 'a> Handover<'u, 'a> {
    pub(super) const fn new(unpacker: &'u mut Unpacker<'a>) -> Self {
        Self { unpacker, begun: false }
    }

    pub(super) fn take(&mut self, parsed: Parsed, around: &Around) {
        let (ending, batch) = match parsed {
            Parsed::Records(batch) => {
                self.begun = true;
                return self.unpacker.emit(Event::Records(batch));
            }
            Parsed::End(ending, batch) => (*ending, batch),
        };
        let begun = std::mem::take(&mut self.begun);
        match ending {
            Ok(mut ending) => {
                ending.notes.extend(&around.notes);
                self.unpacker.date(&mut ending);
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
                self.unpacker.reject_document(error, around);
            }
        }
    }
}

impl Unpacker<'_> {
    /// Gives a report that states no period the one in its file name, or the day before its mail was written.
    fn date(&self, ending: &mut Ending) {
        const DAY: i64 = 86_400;
        let metadata = &mut ending.header.metadata;
        if metadata.begin.is_some() || metadata.end.is_some() {
            return;
        }
        let of_mail = || {
            let day = self.head.date.filter(|date| is_plausible(*date))?.div_euclid(DAY) * DAY;
            Some((day - DAY, day - 1))
        };
        let named = self.steps().iter().rev().find_map(|step| period_in_name(step));
        if let Some((begin, end)) = named.or_else(of_mail) {
            (metadata.begin, metadata.end) = (Some(begin), Some(end));
            let raw = format!("{begin} {end}");
            ending.notes.add(NoteCode::MisplacedValue, "report_metadata/date_range", Some(&raw), None);
        }
    }
}

impl Drop for Handover<'_, '_> {
    /// A document that never ended takes its records with it.
    fn drop(&mut self) {
        if self.begun {
            self.unpacker.tell(Event::LargeReportLost);
        }
    }
}
