//! Inflates deflated data (RFC 1951) with the memory of the data before it.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

thread_local! {
    /// The memory that this thread used last: some 50 KB, which for most reports took longer to make and clear
    /// than to fill.
    static SPARE: Cell<Option<Decompress>> = const { Cell::new(None) };
}

/// Memory that its thread gets back.
#[derive(Debug)]
struct Borrowed(Option<Decompress>);

impl Borrowed {
    fn new() -> Self {
        let Some(mut memory) = SPARE.take() else { return Self(Some(Decompress::new(false))) };
        memory.reset(false);
        Self(Some(memory))
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // Where the thread is ending, the memory goes with it.
        let _ = SPARE.try_with(|spare| spare.set(self.0.take()));
    }
}

/// Reads what deflated data holds, and ends with its last block; `input` stands behind it then.
#[derive(Debug)]
pub(super) struct Inflate<R> {
    input: R,
    memory: Borrowed,
}

impl<R: BufRead> Inflate<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, memory: Borrowed::new() }
    }

    /// The input.
    pub(super) fn into_inner(self) -> R {
        self.input
    }
}

impl<R: BufRead> Read for Inflate<R> {
    /// # Errors
    /// As the input, with [`io::ErrorKind::UnexpectedEof`] where the data is cut, and with
    /// [`io::ErrorKind::InvalidData`] where it is no deflated data.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self { input, memory: Borrowed(Some(memory)) } = self else { return Ok(0) };
        loop {
            let packed = input.fill_buf()?;
            let is_end = packed.is_empty();
            let flush = if is_end { FlushDecompress::Finish } else { FlushDecompress::None };
            let (was_in, was_out) = (memory.total_in(), memory.total_out());
            let status = memory.decompress(packed, buffer, flush);
            let read = (memory.total_out() - was_out) as usize;
            input.consume((memory.total_in() - was_in) as usize);
            match status {
                Err(_) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "corrupt deflate stream"));
                }
                Ok(Status::StreamEnd) => return Ok(read),
                Ok(_) if read > 0 || buffer.is_empty() => return Ok(read),
                Ok(_) if is_end => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
            }
        }
    }
}
