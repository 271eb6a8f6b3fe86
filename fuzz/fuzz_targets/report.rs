//! Report bytes to values; read whole and in pieces, the result is the same.
#![no_main]

use std::io::Read;
use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use whosends_core::error::Error;
use whosends_core::limits::Limits;
use whosends_core::model::Record;
use whosends_core::xml::{Ending, Sink, read_bytes, read_stream};

#[derive(Default)]
struct Collect(Vec<String>);

impl Sink for Collect {
    fn record(&mut self, record: Record) -> ControlFlow<()> {
        self.0.push(format!("{record:?}"));
        ControlFlow::Continue(())
    }

    fn document(&mut self, ending: Result<Ending, Error>) -> ControlFlow<()> {
        self.0.push(format!("{:?}", ending.map(|ending| (ending.header, ending.truncated, ending.records_skipped))));
        ControlFlow::Continue(())
    }
}

/// Gives three bytes at a time.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(3);
        self.0.read(&mut buffer[..most])
    }
}

fuzz_target!(|bytes: &[u8]| {
    let (mut whole, mut pieces) = (Collect::default(), Collect::default());
    read_bytes(bytes, &Limits::default(), &mut whole);
    read_stream(Slow(bytes), &Limits::default(), &mut pieces);
    assert_eq!(whole.0, pieces.0);
});
