//! Reads a large report with two threads: one unpacks what the other parses.
//!
//! Both go by the same chunks as one thread would, and what is known of the containers goes along with each chunk:
//! what comes of a report does not depend on how far the unpacking is ahead.

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

/// Chunks that may wait for the parser.
const CHUNKS_AHEAD: usize = 4;

/// A chunk with what was known when it had been unpacked.
struct Unpacked {
    chunk: Chunk,
    around: Around,
    /// What was left of the input's bytes to unpack.
    room: u64,
}

impl Unpacker<'_> {
    /// Reads a large report, which this thread unpacks and another parses.
    pub(super) fn large_report(&mut self, input: &mut dyn Read) -> What {
        self.read_ahead(input, xml::CHUNK);
        "a report".into()
    }

    /// Reads a report by chunks of some bytes.
    fn read_ahead(&mut self, input: &mut dyn Read, chunk_bytes: usize) {
        let tools = Rc::clone(&self.tools);
        let (limits, memory) = (&*tools.limits, &mut *tools.memory.borrow_mut());
        let mut handover = Handover::new(self);
        let room = thread::scope(|scope| {
            // In here, so that a fault of one thread ends what the other waits for.
            let (unpacked, to_parse) = sync_channel(CHUNKS_AHEAD);
            let (parsed, found) = channel();
            let (used, to_fill) = channel();
            let parser = scope.spawn(move || {
                let chunks = Ahead { to_parse, used, last: Rc::default() };
                parse(limits, memory, chunk_bytes, chunks, &parsed)
            });
            unpack(input, chunk_bytes, &mut handover, &unpacked, &to_fill, &found);
            drop(unpacked);
            found.iter().for_each(|(parsed, around)| handover.take(parsed, &around));
            parser.join().unwrap_or_else(|panic| resume_unwind(panic))
        });
        // Where the parser wanted no more, what was unpacked ahead of it does not count.
        if let Some(room) = room {
            handover.unpacker.budget.set_room(room);
        }
    }
}

/// Unpacks chunk by chunk, and hands on what comes of them meanwhile.
fn unpack(
    input: &mut dyn Read,
    chunk_bytes: usize,
    handover: &mut Handover<'_, '_>,
    unpacked: &SyncSender<Unpacked>,
    to_fill: &Receiver<Chunk>,
    found: &Receiver<(Parsed, Around)>,
) {
    let mut is_last = false;
    while !is_last {
        let mut chunk = to_fill.try_recv().unwrap_or_default();
        chunk.fill(input, chunk_bytes);
        is_last = chunk.is_last();
        let (around, room) = (handover.unpacker.around(), handover.unpacker.budget.room());
        if unpacked.send(Unpacked { chunk, around, room }).is_err() {
            return;
        }
        // Never waited for: the parser waits for nobody but this thread.
        found.try_iter().for_each(|(parsed, around)| handover.take(parsed, &around));
    }
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
    to_parse: Receiver<Unpacked>,
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
    fn receive(&self) -> Chunk {
        let Ok(Unpacked { chunk, around, room }) = self.to_parse.recv() else { return Chunk::end() };
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
