//! Tests of the reader as a whole.

mod corpus;
mod deviations;
mod sample;

use std::io::Read;
use std::ops::ControlFlow;

use super::{Ending, Sink, read_bytes, read_stream};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::model::note::NoteCode;
use crate::model::record::Record;

/// What came of one document.
type Document = Result<(Ending, Vec<Record>)>;

/// Keeps everything.
#[derive(Default)]
struct All {
    records: Vec<Record>,
    documents: Vec<Document>,
}

impl Sink for All {
    fn record(&mut self, record: Record) -> ControlFlow<()> {
        self.records.push(record);
        ControlFlow::Continue(())
    }

    fn document(&mut self, ending: Result<Ending, Error>) -> ControlFlow<()> {
        let records = std::mem::take(&mut self.records);
        self.documents.push(ending.map(|ending| (ending, records)));
        ControlFlow::Continue(())
    }
}

/// Every document in some bytes.
fn all(bytes: &[u8], limits: &Limits) -> Vec<Document> {
    let mut sink = All::default();
    read_bytes(bytes, limits, &mut sink);
    sink.documents
}

/// Every document in a stream.
fn all_of_stream(input: impl Read, limits: &Limits) -> Vec<Document> {
    let mut sink = All::default();
    read_stream(input, limits, &mut sink);
    sink.documents
}

/// A stream that gives a few bytes at a time.
struct Trickle<'b> {
    bytes: &'b [u8],
    size: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.size.min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(size);
        buffer[..size].copy_from_slice(now);
        self.bytes = later;
        Ok(size)
    }
}

/// Everything that came of some bytes, to compare.
fn told(documents: &[Document]) -> String {
    let tell = |document: &Document| match document {
        Err(error) => format!("{:?} {error}", error.kind()),
        Ok((ending, records)) => {
            let Ending { header, truncated, records_skipped, notes } = ending;
            format!("{header:?} {truncated} {records_skipped} {:?} {records:?}", notes.as_slice())
        }
    };
    documents.iter().map(tell).collect::<Vec<_>>().join("\n")
}

/// The codes of a document's notes, each once, in order.
fn codes(ending: &Ending) -> Vec<NoteCode> {
    let mut codes: Vec<_> = ending.notes.as_slice().iter().map(|note| note.code).collect();
    codes.sort();
    codes.dedup();
    codes
}
