//! Report bytes to values: RFC 9990, RFC 7489 and the drafts before them, in any mixture.
//!
//! Elements of other namespaces than the report's are skipped, order is free, and what is odd is read and noted. What is fatal is a short list: no
//! `feedback` element, no usable policy domain, XML that breaks before the first whole record, and neither a
//! usable period nor a record. One bad record never costs the others.
//!
//! The same code reads a report that is held whole and one that comes in pieces: `scan` drives quick-xml over
//! the text that is at hand, and `interpret` keeps all state between two tags, so that reading can stop and
//! go on anywhere. The records of a part may be read before what stands before them: `segment` says how.

mod document;
mod element;
mod encoding;
mod fields;
mod guess;
mod header;
mod interpret;
mod lessons;
mod memory;
mod record;
mod scan;
mod segment;
mod stream;
mod time;
mod value;
mod window;

use std::io::Read;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::model::note::Notes;
use crate::model::record::Record;
use crate::model::report::{Header, Report};
use crate::model::{RecordBatch, Shared};

pub(crate) use encoding::in_utf8;
pub use guess::{Guess, guess};
pub(crate) use lessons::Lessons;
pub(crate) use memory::Memory;
#[cfg(test)]
pub(crate) use stream::Reading;
pub(crate) use stream::{Chunk, Chunks};

/// Where the parts of a report go as they are read.
pub trait Sink {
    /// One whole record. `Break` stops the reading: the document then ends as if nothing followed.
    fn record(&mut self, record: Record) -> ControlFlow<()>;

    /// One whole record, as [`Sink::record`], whose combination other records share: whoever keeps records
    /// need not keep it once more.
    fn shared(&mut self, source: IpAddr, count: u64, said: &Arc<Shared>) -> ControlFlow<()> {
        self.record(Record { source, count, combination: said.combination() })
    }

    /// Several whole records, as [`Sink::shared`]; `Break` stops the reading after all of them.
    fn records(&mut self, batch: RecordBatch) -> ControlFlow<()> {
        batch.rows().iter().try_for_each(|row| match batch.combinations().get(row.combination as usize) {
            Some(said) => self.shared(row.source, row.count, said),
            None => ControlFlow::Continue(()),
        })
    }

    /// A document's end: its header, or why it gave nothing (its records must then be forgotten). `Break`
    /// stops the reading.
    fn document(&mut self, ending: Result<Ending, Error>) -> ControlFlow<()>;
}

/// What is known of a document once it was read.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Everything but the records.
    pub header: Header,
    /// Whether the document ends before its end: more records may have been sent.
    pub truncated: bool,
    /// Records without a usable address or message count, and records lost to broken XML where they could be
    /// counted; each has a note.
    pub records_skipped: u64,
    /// What was odd.
    pub notes: Notes,
}

/// A report and what was odd in it.
#[derive(Debug, Clone)]
pub struct ReadReport {
    /// The report.
    pub report: Report,
    /// What was odd in it; nothing is where it is sound.
    pub notes: Notes,
}

/// Reads all documents in a report file's bytes, whatever their encoding. [`Sink::document`] is called at
/// least once.
pub fn read_bytes<S: Sink + ?Sized>(bytes: &[u8], limits: &Limits, sink: &mut S) {
    stream::read_bytes(bytes, limits, &mut Memory::default(), sink);
}

/// As [`read_bytes`], with a memory of the reports read before under the same limits.
pub(crate) fn read_bytes_with<S: Sink + ?Sized>(
    bytes: &[u8],
    limits: &Limits,
    memory: &mut Memory,
    sink: &mut S,
) {
    stream::read_bytes(bytes, limits, memory, sink);
}

/// Reads all documents in a stream, decoded in chunks and held one piece at a time. [`Sink::document`] is
/// called at least once.
///
/// A [`std::io::Error`] that wraps an [`Error`] of this crate is fatal with that error; any other counts as
/// the end of the data.
pub fn read_stream<R: Read, S: Sink + ?Sized>(input: R, limits: &Limits, sink: &mut S) {
    stream::read_chunks(stream::Reading(input), stream::CHUNK, limits, &mut Memory::default(), sink);
}

/// As [`read_stream`], by chunks of some bytes, with a memory of the reports read before under the same limits.
pub(crate) fn read_chunks_with<C: Chunks, S: Sink + ?Sized>(
    chunks: C,
    chunk_bytes: usize,
    limits: &Limits,
    memory: &mut Memory,
    sink: &mut S,
) {
    stream::read_chunks(chunks, chunk_bytes, limits, memory, sink);
}

/// Reads the first document in a report file's bytes.
///
/// # Errors
/// [`ErrorKind::NoFeedback`], [`ErrorKind::BrokenXml`], [`ErrorKind::NoPolicyDomain`],
/// [`ErrorKind::NothingToKeep`] and [`ErrorKind::Limit`], each for an input that gave nothing.
pub fn read_report(bytes: &[u8], limits: &Limits) -> Result<ReadReport> {
    let mut first = First { records: Vec::new(), ending: None };
    read_bytes(bytes, limits, &mut first);
    let no_document = || Err(Error::new(ErrorKind::NoFeedback, "no feedback element"));
    let ending = first.ending.unwrap_or_else(no_document)?;
    let Ending { header, truncated, records_skipped, notes } = ending;
    let report = Report { header, records: first.records, truncated, records_skipped };
    Ok(ReadReport { report, notes })
}

/// Keeps the first document.
struct First {
    records: Vec<Record>,
    ending: Option<Result<Ending>>,
}

impl Sink for First {
    fn record(&mut self, record: Record) -> ControlFlow<()> {
        self.records.push(record);
        ControlFlow::Continue(())
    }

    fn document(&mut self, ending: Result<Ending, Error>) -> ControlFlow<()> {
        self.ending = Some(ending);
        ControlFlow::Break(())
    }
}

#[cfg(test)]
mod tests;
