//! What a thread keeps from one input to the next.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;

use crate::limits::Limits;
use crate::xml::{Lessons, Memory};

/// The bounds, and what of earlier inputs saves work on the next.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) limits: Rc<Limits>,
    /// Threads that read the records of one large report, and what these remember.
    readers: usize,
    memories: RefCell<Vec<Memory>>,
    lessons: Arc<Lessons>,
    /// What records have said.
    pub(super) memory: RefCell<Memory>,
    /// Buffers nobody uses.
    spare: RefCell<Vec<Vec<u8>>>,
}

/// Threads that read the records of one large report: more of them would wait for the one that writes it, and each
/// holds chunks.
const MOST_READERS: usize = 2;
/// Bytes of a buffer that is kept.
const SPARE_BYTES: usize = 2 << 20;
/// Buffers that are kept: one for each archive in another, and few are in another.
const SPARE: usize = 2;
/// Bytes of a new buffer: most reports fit.
const FIRST_BYTES: usize = 64 << 10;

impl Tools {
    /// The tools of one of some threads, that learns from the others.
    pub(super) fn new(limits: &Limits, workers: usize, lessons: &Arc<Lessons>) -> Rc<Self> {
        Rc::new(Self {
            limits: Rc::new(limits.clone()),
            // One puts together what they read.
            readers: workers.saturating_sub(1).clamp(1, MOST_READERS),
            memories: RefCell::default(),
            lessons: Arc::clone(lessons),
            memory: RefCell::new(Memory::sharing(lessons)),
            spare: RefCell::default(),
        })
    }

    /// The memories of the threads that read the records of a large report.
    pub(super) fn memories_of_readers(&self) -> Vec<Memory> {
        let mut memories = self.memories.take();
        memories.resize_with(self.readers, || Memory::sharing(&self.lessons));
        memories
    }

    /// Keeps the memory of such a thread for the next report.
    pub(super) fn keep_memory(&self, memory: Memory) {
        self.memories.borrow_mut().push(memory);
    }

    /// Reads until the input ends or there are more than `most` bytes.
    pub(super) fn read(self: &Rc<Self>, input: &mut dyn Read, most: usize) -> io::Result<Buffer> {
        let bytes = self.spare.borrow_mut().pop().unwrap_or_default();
        let mut buffer = Buffer { tools: Rc::clone(self), bytes, filled: 0 };
        buffer.fill(input, most.saturating_add(1))?;
        Ok(buffer)
    }
}

/// A buffer with what was read into it; its memory is used again.
#[derive(Debug)]
pub(super) struct Buffer {
    tools: Rc<Tools>,
    /// All of it was written once, so that nothing has to be cleared before it is used again.
    bytes: Vec<u8>,
    filled: usize,
}

impl Buffer {
    fn fill(&mut self, input: &mut dyn Read, most: usize) -> io::Result<()> {
        while self.filled < most {
            if self.filled == self.bytes.len() {
                let room = (self.bytes.len() * 2).clamp(FIRST_BYTES, most.max(FIRST_BYTES));
                self.bytes.resize(room, 0);
            }
            let end = self.bytes.len().min(most);
            match input.read(&mut self.bytes[self.filled..end]) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What was read.
    pub(super) fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// What was read, to be kept and added to.
    pub(super) fn take(mut self) -> Vec<u8> {
        self.bytes.truncate(self.filled);
        std::mem::take(&mut self.bytes)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut spare = self.tools.spare.borrow_mut();
        if spare.len() < SPARE && (1..=SPARE_BYTES).contains(&self.bytes.len()) {
            spare.push(std::mem::take(&mut self.bytes));
        }
    }
}
