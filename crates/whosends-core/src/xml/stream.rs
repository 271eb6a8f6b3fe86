//! Brings bytes to the scanner: all at once, or in chunks.

use std::io::{ErrorKind as IoErrorKind, Read};
use std::ops::ControlFlow;

use super::Sink;
use super::encoding::{self, HEAD_BYTES, StreamDecoder};
use super::interpret::{Interpreter, Stop};
use super::memory::Memory;
use super::scan::Scanner;
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
pub(crate) const CHUNK: usize = 256 << 10;

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
}

impl Chunk {
    /// Nothing, and nothing after it.
    pub(crate) fn end() -> Self {
        Self { has_ended: true, ..Self::default() }
    }

    /// Reads the next chunk, of so many bytes unless the data ends.
    pub(crate) fn fill(&mut self, input: &mut dyn Read, bytes: usize) {
        if self.room.len() < bytes {
            self.room.resize(bytes, 0);
        }
        (self.length, self.has_ended, self.failure) = (0, false, None);
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
    let mut decoder = StreamDecoder::new(&choice);
    let mut mark = choice.mark;
    let mut into = Interpreter::new(limits, sink, memory, choice.odd_label.as_deref());
    let mut scanner = Scanner::new(limits);
    let (mut text, mut base, mut line) = (String::new(), 0_u64, 1_u64);
    loop {
        let bytes = chunk.bytes().get(std::mem::take(&mut mark)..).unwrap_or_default();
        decoder.decode(bytes, chunk.has_ended, &mut text, &mut into.invalid);
        let window = Window::new(&text, base, line);
        match scanner.scan(&window, chunk.has_ended, &mut into) {
            ControlFlow::Continue(_) if chunk.has_ended => return into.finish(window.spot(scanner.at)),
            ControlFlow::Continue(_) => {}
            ControlFlow::Break(Stop::Enough) => return into.finish(window.spot(scanner.at)),
            ControlFlow::Break(Stop::Over) => return,
        }
        if let Some(error) = chunk.failure.take() {
            let _ = into.give_up(error, window.spot(scanner.at));
            return;
        }
        into.pin(&window);
        line = window.line(scanner.at);
        base += scanner.at as u64;
        text.drain(..scanner.at);
        // A token that is not all there is read again from its start: reading as much again as there is of
        // it keeps that from taking quadratic time.
        chunks.next(&mut chunk, chunk_bytes.max(text.len()));
    }
}
