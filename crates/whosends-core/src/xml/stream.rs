//! Brings bytes to the scanner: all at once, or in chunks.

use std::io::{ErrorKind as IoErrorKind, Read};
use std::ops::{ControlFlow, Range};

use super::Sink;
use super::encoding::{self, HEAD_BYTES, StreamDecoder};
use super::interpret::{Interpreter, Stop};
use super::memory::Memory;
use super::scan::Scanner;
use super::segment::Segment;
use super::window::Window;
use crate::error::Error;
use crate::limits::Limits;

/// Reads a report that is held whole.
pub(super) fn read_bytes<S: Sink + ?Sized>(bytes: &[u8], limits: &Limits, memory: &mut Memory, sink: &mut S) {
    memory.catch_up();
    let choice = encoding::choose(bytes);
    let decoded = encoding::decode(bytes, &choice);
    let mut into = Interpreter::new(limits, sink, memory, choice.odd_label.as_deref());
    into.invalid.extend(decoded.invalid);
    let window = Window::new(&decoded.text, 0, 1);
    let mut scanner = Scanner::new(limits);
    if scanner.scan(&window, true, &mut into) != ControlFlow::Break(Stop::Over) {
        into.finish(window.spot(scanner.at));
    }
}

/// The bytes of a chunk.
pub(super) const CHUNK: usize = 256 << 10;

/// A part of a stream.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    /// Room that is used again; the chunk is its first `length` bytes.
    room: Vec<u8>,
    length: usize,
    /// Whether nothing comes after it.
    has_ended: bool,
    /// Why nothing more can be read, where that is fatal.
    failure: Option<Error>,
    /// Records in it that were read apart from what stands before them.
    segment: Option<Box<Segment>>,
}

impl Chunk {
    /// Nothing, and nothing after it.
    pub(crate) fn end() -> Self {
        Self { has_ended: true, ..Self::default() }
    }

    /// Reads the next chunk, of so many bytes unless the data ends.
    pub(crate) fn fill(&mut self, input: &mut dyn Read, bytes: usize) {
        if self.room.len() > bytes.saturating_mul(2) {
            // A long token made it grow.
            self.room = Vec::new();
        }
        if self.room.len() < bytes {
            self.room.resize(bytes, 0);
        }
        (self.length, self.has_ended, self.failure, self.segment) = (0, false, None, None);
        while self.length < bytes && !self.is_last() {
            match input.read(&mut self.room[self.length..bytes]) {
                Ok(0) => self.has_ended = true,
                Ok(read) => self.length += read.min(bytes - self.length),
                Err(error) if error.kind() == IoErrorKind::Interrupted => {}
                Err(error) => match error.downcast::<Error>() {
                    Ok(error) => self.failure = Some(error),
                    Err(_) => self.has_ended = true,
                },
            }
        }
    }

    /// Adds the chunk that follows.
    pub(crate) fn append(&mut self, next: &mut Self) {
        self.room.truncate(self.length);
        self.room.extend_from_slice(next.bytes());
        self.length = self.room.len();
        (self.has_ended, self.failure) = (next.has_ended, next.failure.take());
        self.segment = None;
    }

    /// Reads its records apart from what stands before them, for whoever reads the chunks one after the other.
    pub(crate) fn read_apart(&mut self, limits: &Limits, memory: &mut Memory) {
        self.segment = Segment::read(self.bytes(), limits, memory).map(Box::new);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.room[..self.length]
    }

    /// Whether nothing more can be read.
    pub(crate) const fn is_last(&self) -> bool {
        self.has_ended || self.failure.is_some()
    }
}

/// Where chunks come from.
pub(crate) trait Chunks {
    /// Puts the next chunk in the place of the last one: of at least so many bytes unless the data ends.
    fn next(&mut self, chunk: &mut Chunk, least: usize);
}

/// Chunks of what is read.
pub(crate) struct Reading<R>(pub(crate) R);

impl<R: Read> Chunks for Reading<R> {
    fn next(&mut self, chunk: &mut Chunk, least: usize) {
        chunk.fill(&mut self.0, least);
    }
}

/// Reads a report by chunks of some bytes: what is held is what has not been read yet, a token at most.
pub(super) fn read_chunks<C: Chunks, S: Sink + ?Sized>(
    mut chunks: C,
    chunk_bytes: usize,
    limits: &Limits,
    memory: &mut Memory,
    sink: &mut S,
) {
    memory.catch_up();
    let mut chunk = Chunk::default();
    chunks.next(&mut chunk, chunk_bytes.max(HEAD_BYTES));
    let choice = encoding::choose(chunk.bytes());
    let mut document = Stream {
        into: Interpreter::new(limits, sink, memory, choice.odd_label.as_deref()),
        scanner: Scanner::new(limits),
        decoder: StreamDecoder::new(&choice),
        text: String::new(),
        base: 0,
        line: 1,
    };
    let mut from = choice.mark;
    while document.chunk(&mut chunk, std::mem::take(&mut from)).is_continue() {
        // A token that is not all there is read again from its start: reading as much again as there is of
        // it keeps that from taking quadratic time.
        chunks.next(&mut chunk, chunk_bytes.max(document.text.len()));
    }
}

/// Documents that are read by chunks.
struct Stream<'s, S: ?Sized> {
    into: Interpreter<'s, S>,
    scanner: Scanner,
    decoder: StreamDecoder,
    /// What has not been read yet, how many bytes of text stand before it, and on which line it begins.
    text: String,
    base: u64,
    line: u64,
}

impl<S: Sink + ?Sized> Stream<'_, S> {
    /// Reads a chunk from some byte on. `Break` where nothing more is to be read.
    fn chunk(&mut self, chunk: &mut Chunk, mut from: usize) -> ControlFlow<()> {
        if let Some(segment) = chunk.segment.take() {
            let Range { start, end } = segment.bytes;
            self.feed(chunk.bytes().get(from..start).unwrap_or_default(), false)?;
            from = if self.takes_over(*segment)? { end } else { start };
        }
        self.feed(chunk.bytes().get(from..).unwrap_or_default(), chunk.has_ended)?;
        let Some(error) = chunk.failure.take() else { return ControlFlow::Continue(()) };
        let window = Window::new(&self.text, self.base, self.line);
        let _ = self.into.give_up(error, window.spot(0));
        ControlFlow::Break(())
    }

    /// Reads what can be read of what follows.
    fn feed(&mut self, bytes: &[u8], is_last: bool) -> ControlFlow<()> {
        self.decoder.decode(bytes, is_last, &mut self.text, &mut self.into.invalid);
        let window = Window::new(&self.text, self.base, self.line);
        let read = self.scanner.scan(&window, is_last, &mut self.into);
        let at = self.scanner.at;
        match read {
            ControlFlow::Continue(_) if !is_last => {}
            ControlFlow::Break(Stop::Over) => return ControlFlow::Break(()),
            _ => {
                self.into.finish(window.spot(at));
                return ControlFlow::Break(());
            }
        }
        self.into.pin(&window);
        self.line = window.line(at);
        self.base += at as u64;
        self.text.drain(..at);
        ControlFlow::Continue(())
    }

    /// Takes over what was read apart, where that is what would be read here, and says whether it did.
    fn takes_over(&mut self, segment: Segment) -> ControlFlow<(), bool> {
        let Segment { bytes, lines, document, batch } = segment;
        let fits = self.text.is_empty()
            && self.scanner.is_untroubled()
            && self.decoder.takes_utf8()
            && self.into.fits(&document);
        if !fits {
            return ControlFlow::Continue(false);
        }
        let taken = self.into.take_over(document, batch, self.line);
        self.decoder.pass(bytes.len());
        self.base += bytes.len() as u64;
        self.line = self.line.saturating_add(lines);
        if taken.is_break() {
            let window = Window::new(&self.text, self.base, self.line);
            self.into.finish(window.spot(0));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(true)
    }
}
