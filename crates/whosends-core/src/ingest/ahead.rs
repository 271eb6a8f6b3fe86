//! Reads a large report with several threads: one unpacks, some read the records of the chunks, each of other chunks
//! than the others, and one reads what stands around these and puts all together.
//!
//! What is known of the containers goes along with each chunk: what comes of a report depends neither on how far the
//! unpacking is ahead nor on how many threads there are.

use std::cell::RefCell;
use std::io::Read;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use super::report_sink::{Around, Handover, Parsed, ReportSink};
use super::unpack::{Unpacker, What};
use crate::limits::Limits;
use crate::xml::{self, Chunk, Chunks, Memory};

/// The bytes of a chunk: to wake another thread takes as long as to read some ten KiB of records.
const LARGE_CHUNK: usize = 1 << 20;
/// Chunks that may wait for each reader of records, and chunks of each that may wait for who puts them together.
const CHUNKS_AHEAD: usize = 1;

/// A chunk with what was known when it had been unpacked.
struct Unpacked {
    chunk: Chunk,
    around: Around,
    /// What was left of the input's bytes to unpack.
    room: u64,
}

impl Unpacker<'_> {
    /// Reads a large report, which this thread unpacks and others parse.
    pub(super) fn large_report(&mut self, input: &mut dyn Read) -> What {
        self.read_ahead(input, LARGE_CHUNK);
        "a report".into()
    }

    /// Reads a report by chunks of some bytes.
    fn read_ahead(&mut self, input: &mut dyn Read, chunk_bytes: usize) {
        let tools = Rc::clone(&self.tools);
        let (limits, memory) = (&*tools.limits, &mut *tools.memory.borrow_mut());
        let mut handover = Handover::new(self);
        let room = thread::scope(|scope| {
            // In here, so that a fault of one thread ends what the others wait for.
            let (parsed, found) = channel();
            let (used, to_fill) = channel();
            let (mut to_read, mut to_parse, mut readers) = (Vec::new(), Vec::new(), Vec::new());
            for memory in tools.memories_of_readers() {
                let (unpacked, chunks) = sync_channel(CHUNKS_AHEAD);
                let (read, in_turn) = sync_channel(CHUNKS_AHEAD);
                readers.push(scope.spawn(move || read_apart(&chunks, &read, limits, memory)));
                to_read.push(unpacked);
                to_parse.push(in_turn);
            }
            let parser = scope.spawn(move || {
                let chunks = Ahead { to_parse, turn: 0, has_ended: false, used, last: Rc::default() };
                parse(limits, memory, chunk_bytes, chunks, &parsed)
            });
            unpack(input, chunk_bytes, &mut handover, &to_read, &to_fill, &found);
            drop(to_read);
            found.iter().for_each(|(parsed, around)| handover.take(parsed, &around));
            // The parser ends with them: what ended them says more.
            let room = parser.join();
            for reader in readers {
                tools.keep_memory(reader.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            room.unwrap_or_else(|panic| resume_unwind(panic))
        });
        // Where the parser wanted no more, what was unpacked ahead of it does not count.
        if let Some(room) = room {
            handover.unpacker.budget.set_room(room);
        }
    }
}

/// Unpacks chunk by chunk, for each reader in turn, and hands on what comes of them meanwhile.
fn unpack(
    input: &mut dyn Read,
    chunk_bytes: usize,
    handover: &mut Handover<'_, '_>,
    unpacked: &[SyncSender<Unpacked>],
    to_fill: &Receiver<Chunk>,
    found: &Receiver<(Parsed, Around)>,
) {
    for unpacked in unpacked.iter().cycle() {
        let mut chunk = to_fill.try_recv().unwrap_or_default();
        chunk.fill(input, chunk_bytes);
        let is_last = chunk.is_last();
        let (around, room) = (handover.unpacker.around(), handover.unpacker.budget.room());
        if unpacked.send(Unpacked { chunk, around, room }).is_err() || is_last {
            return;
        }
        // Never waited for: the parser waits for the readers, and they for nobody but this thread.
        found.try_iter().for_each(|(parsed, around)| handover.take(parsed, &around));
    }
}

/// Reads the records of chunks as far as that can be done without what stands before them.
fn read_apart(
    chunks: &Receiver<Unpacked>,
    read: &SyncSender<Unpacked>,
    limits: &Limits,
    mut memory: Memory,
) -> Memory {
    for mut unpacked in chunks {
        unpacked.chunk.read_apart(limits, &mut memory);
        if read.send(unpacked).is_err() {
            break;
        }
    }
    memory
}

/// Parses what is unpacked, and gives the room that was left after the last chunk it took.
fn parse(
    limits: &Limits,
    memory: &mut Memory,
    chunk_bytes: usize,
    mut chunks: Ahead,
    parsed: &Sender<(Parsed, Around)>,
) -> Option<u64> {
    let last = Rc::clone(&chunks.last);
    let mut sink = ReportSink::new(true, |what| {
        // Whoever no longer listens has its reasons.
        let _ = parsed.send((what, last.borrow().around.clone()));
    });
    xml::read_chunks_with(&mut chunks, chunk_bytes, limits, memory, &mut sink);
    chunks.last.borrow().room
}

/// The chunks on the parser's side.
struct Ahead {
    /// What the readers give, in turn.
    to_parse: Vec<Receiver<Unpacked>>,
    turn: usize,
    has_ended: bool,
    used: Sender<Chunk>,
    last: Rc<RefCell<Last>>,
}

/// What was known with the last chunk that the parser took.
#[derive(Default)]
struct Last {
    around: Around,
    room: Option<u64>,
}

impl Ahead {
    fn receive(&mut self) -> Chunk {
        if self.has_ended {
            return Chunk::end();
        }
        let Ok(Unpacked { chunk, around, room }) = self.to_parse[self.turn].recv() else {
            // Another thread ended before the data did: what it found is nothing to go on with.
            resume_unwind(Box::new("a thread that reads ahead ended early"));
        };
        self.turn = (self.turn + 1) % self.to_parse.len();
        self.has_ended = chunk.is_last();
        *self.last.borrow_mut() = Last { around, room: Some(room) };
        chunk
    }
}

impl Chunks for &mut Ahead {
    fn next(&mut self, chunk: &mut Chunk, least: usize) {
        let next = self.receive();
        // Where nobody fills it again it is dropped.
        let _ = self.used.send(std::mem::replace(chunk, next));
        while chunk.bytes().len() < least && !chunk.is_last() {
            let mut next = self.receive();
            chunk.append(&mut next);
            let _ = self.used.send(next);
        }
    }
}

#[cfg(test)]
mod tests;
