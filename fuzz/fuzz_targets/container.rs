//! Any bytes as an input: something is said of it, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whosends_core::ingest::unpack;
use whosends_core::limits::Limits;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { unpacked_bytes: 4 << 20, held_bytes: 4 << 20, ..Limits::default() };
    let mut events = 0;
    unpack("input", bytes.to_vec(), &limits, &mut |_| events += 1);
    assert!(events > 0);
});
