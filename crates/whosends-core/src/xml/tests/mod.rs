//! Tests of the reader as a whole.

mod broken;
mod corpus;
mod mutation;
mod namespace;
mod sample;
mod structure;
mod values;

use std::io::Read;
use std::ops::ControlFlow;

use self::sample::{SOUND, with};
use super::stream::read_chunks;
use super::{Chunk, Chunks, Ending, Memory, Reading, Sink, read_bytes, read_bytes_with, read_stream};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::model::RecordBatch;
use crate::model::batch::Row;
use crate::model::note::NoteCode;
use crate::model::record::Record;

/// What came of one document.
type Document = Result<(Ending, Vec<Record>)>;

/// Keeps everything.
#[derive(Default)]
struct All {
    records: Vec<Record>,
    /// How often records were taken over that were read apart.
    taken_over: usize,
    documents: Vec<Document>,
}

impl Sink for All {
    fn record(&mut self, record: Record) -> ControlFlow<()> {
        self.records.push(record);
        ControlFlow::Continue(())
    }

    fn records(&mut self, batch: RecordBatch) -> ControlFlow<()> {
        self.taken_over += 1;
        let record = |row: &Row| Record {
            source: row.source,
            count: row.count,
            combination: batch.combinations()[row.combination as usize].combination(),
        };
        self.records.extend(batch.rows().iter().map(record));
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

/// Every document in a stream that is read by few bytes.
fn all_of_chunks(bytes: &[u8], chunk: usize, limits: &Limits) -> Vec<Document> {
    let mut sink = All::default();
    read_chunks(Reading(bytes), chunk, limits, &mut Memory::default(), &mut sink);
    sink.documents
}

/// Every document in a stream that is read by few bytes, the records of each chunk apart from what stands before
/// them; and how often that was taken over.
fn all_of_segments(
    bytes: &[u8],
    chunk: usize,
    limits: &Limits,
    memory: &mut Memory,
) -> (Vec<Document>, usize) {
    let mut sink = All::default();
    let chunks = Apart { reading: Reading(bytes), limits, memory };
    read_chunks(chunks, chunk, limits, &mut Memory::default(), &mut sink);
    (sink.documents, sink.taken_over)
}

/// Reads the records of each chunk before it is given.
struct Apart<'b> {
    reading: Reading<&'b [u8]>,
    limits: &'b Limits,
    memory: &'b mut Memory,
}

impl Chunks for Apart<'_> {
    fn next(&mut self, chunk: &mut Chunk, least: usize) {
        self.reading.next(chunk, least);
        chunk.read_apart(self.limits, self.memory);
    }
}

/// Every document in some bytes, with all of it read by quick-xml.
fn all_by_quick_xml(bytes: &[u8], limits: &Limits) -> Vec<Document> {
    let mut sink = All::default();
    read_bytes_with(bytes, limits, &mut Memory::blind(), &mut sink);
    sink.documents
}

/// Every document in some bytes, with the memory of what was read before.
fn all_remembering(bytes: &[u8], memory: &mut Memory) -> Vec<Document> {
    let mut sink = All::default();
    read_bytes_with(bytes, &Limits::default(), memory, &mut sink);
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

/// The only document in a text, read.
fn read(text: impl AsRef<[u8]>) -> (Ending, Vec<Record>) {
    let mut documents = all(text.as_ref(), &Limits::default());
    assert_eq!(documents.len(), 1, "{}", text.as_ref().escape_ascii());
    documents.remove(0).unwrap_or_else(|error| panic!("{error}\n{}", text.as_ref().escape_ascii()))
}

/// Why the only document in a text gave nothing.
fn refusal(text: impl AsRef<[u8]>) -> Error {
    let mut documents = all(text.as_ref(), &Limits::default());
    assert_eq!(documents.len(), 1);
    documents.remove(0).map(|(ending, _)| told(&[Ok((ending, Vec::new()))])).unwrap_err()
}

/// Reads a spoilt sample that must give just these notes, and the records of the sample.
fn same_records(text: &str, expected: &[NoteCode]) -> Ending {
    let (ending, records) = read(text);
    assert_eq!(codes(&ending), expected, "{text}");
    assert_eq!(records, read(SOUND).1, "{text}");
    assert_eq!(ending.records_skipped, 0);
    ending
}

/// The first note's path, raw text and line.
fn first_note(ending: &Ending) -> (&str, Option<&str>, Option<u64>) {
    let note = &ending.notes.as_slice()[0];
    (&note.path, note.raw.as_deref(), note.line)
}

/// The first record of the sample with a change, and the notes on it.
fn first(what: &str, instead: &str) -> (Record, Vec<NoteCode>) {
    let (ending, mut records) = read(with(what, instead));
    assert_eq!(records.len(), 2, "{instead}");
    (records.swap_remove(0), codes(&ending))
}
