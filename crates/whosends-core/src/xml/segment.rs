//! The records of a chunk, read before what stands before them: so several threads read one report.

use std::net::IpAddr;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::document::Document;
use super::interpret::Interpreter;
use super::memory::Memory;
use super::scan::Scanner;
use super::window::Window;
use super::{Ending, Sink};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::model::record::Record;
use crate::model::{RecordBatch, Shared};

/// What a part of a chunk gives where it begins after a record of a report in UTF-8; it ends with one.
#[derive(Debug)]
pub(super) struct Segment {
    /// Where in the chunk it lies.
    pub(super) bytes: Range<usize>,
    /// Lines that end in it.
    pub(super) lines: u64,
    pub(super) document: Document,
    pub(super) batch: RecordBatch,
}

impl Segment {
    /// Reads what follows the first record's end in a chunk, up to the last one's; `None` where there is more than
    /// records, or nothing.
    pub(super) fn read(chunk: &[u8], limits: &Limits, memory: &mut Memory) -> Option<Self> {
        let bytes = memory.between_records(chunk)?;
        let text = std::str::from_utf8(chunk.get(bytes.clone())?).ok()?;
        memory.catch_up();
        let mut batch = Collected::default();
        let mut into = Interpreter::after_a_record(limits, &mut batch, memory);
        let mut scanner = Scanner::new(limits);
        let window = Window::new(text, 0, 0);
        let read = scanner.scan(&window, false, &mut into);
        let document = into.apart()?;
        let is_whole = read == ControlFlow::Continue(text.len()) && scanner.is_untroubled();
        is_whole.then(|| Self { bytes, lines: window.line(text.len()), document, batch: batch.0 })
    }
}

/// Collects the records of a part of a document.
#[derive(Debug, Default)]
struct Collected(RecordBatch);

impl Sink for Collected {
    fn record(&mut self, record: Record) -> ControlFlow<()> {
        self.0.push(record);
        ControlFlow::Continue(())
    }

    fn shared(&mut self, source: IpAddr, count: u64, said: &Arc<Shared>) -> ControlFlow<()> {
        self.0.push_shared(source, count, said);
        ControlFlow::Continue(())
    }

    /// Records of another document are none of this one.
    fn document(&mut self, _: Result<Ending, Error>) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}
