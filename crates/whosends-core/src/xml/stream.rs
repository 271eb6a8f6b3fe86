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
const CHUNK: usize = 256 << 10;

/// Reads a report chunk by chunk: what is held is what has not been read yet, a token at most.
pub(super) fn read_stream<R: Read, S: Sink + ?Sized>(
    input: R,
    limits: &Limits,
    memory: &mut Memory,
    sink: &mut S,
) {
    read_chunks(input, CHUNK, limits, memory, sink);
}

/// Reads a report by chunks of some bytes.
pub(super) fn read_chunks<R: Read, S: Sink + ?Sized>(
    input: R,
    chunk_bytes: usize,
    limits: &Limits,
    memory: &mut Memory,
    sink: &mut S,
) {
    memory.catch_up();
    let mut source = Source { input, chunk: Vec::new(), has_ended: false, failure: None };
    source.read_chunk(chunk_bytes.max(HEAD_BYTES));
    let choice = encoding::choose(&source.chunk);
    let mut decoder = StreamDecoder::new(&choice);
    source.chunk.drain(..choice.mark.min(source.chunk.len()));
    let mut into = Interpreter::new(limits, sink, memory, choice.odd_label.as_deref());
    let mut scanner = Scanner::new(limits);
    let (mut text, mut base, mut line) = (String::new(), 0_u64, 1_u64);
    loop {
        decoder.decode(&source.chunk, source.has_ended, &mut text, &mut into.invalid);
        source.chunk.clear();
        let window = Window::new(&text, base, line);
        match scanner.scan(&window, source.has_ended, &mut into) {
            ControlFlow::Continue(_) if source.has_ended => return into.finish(window.spot(scanner.at)),
            ControlFlow::Continue(_) => {}
            ControlFlow::Break(Stop::Enough) => return into.finish(window.spot(scanner.at)),
            ControlFlow::Break(Stop::Over) => return,
        }
        if let Some(error) = source.failure.take() {
            let _ = into.give_up(error, window.spot(scanner.at));
            return;
        }
        into.pin(&window);
        line = window.line(scanner.at);
        base += scanner.at as u64;
        text.drain(..scanner.at);
        // A token that is not all there is read again from its start: reading as much again as there is of
        // it keeps that from taking quadratic time.
        source.read_chunk(chunk_bytes.max(text.len()));
    }
}

/// Where the bytes come from.
struct Source<R> {
    input: R,
    chunk: Vec<u8>,
    has_ended: bool,
    /// Why there is nothing more to read, where that is fatal.
    failure: Option<Error>,
}

impl<R: Read> Source<R> {
    /// Reads the next chunk, of so many bytes unless the data ends.
    fn read_chunk(&mut self, bytes: usize) {
        self.chunk.resize(bytes, 0);
        let mut length = 0;
        while length < self.chunk.len() && !self.has_ended && self.failure.is_none() {
            match self.input.read(&mut self.chunk[length..]) {
                Ok(0) => self.has_ended = true,
                Ok(read) => length += read.min(self.chunk.len() - length),
                Err(error) if error.kind() == IoErrorKind::Interrupted => {}
                Err(error) => match error.downcast::<Error>() {
                    Ok(error) => self.failure = Some(error),
                    Err(_) => self.has_ended = true,
                },
            }
        }
        self.chunk.truncate(length);
    }
}
