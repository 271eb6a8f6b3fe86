//! An mbox with its outermost layer: each message is told of, and a file of two is what the two are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whosends_core::ingest::{Event, unpack};
use whosends_core::limits::Limits;

const SEPARATOR: &[u8] = b"From a@example.com Sun Nov 22 10:00:00 2026\nSubject: x\n";

/// The mails in some bytes.
fn mails(bytes: Vec<u8>) -> usize {
    let limits = Limits { unpacked_bytes: 4 << 20, held_bytes: 4 << 20, ..Limits::default() };
    let (mut mails, mut told) = (0, 0);
    unpack("mailbox", bytes, &limits, &mut |event| match event {
        Event::Mail => mails += 1,
        _ => told += 1,
    });
    assert!(told > 0);
    mails
}

fuzz_target!(|bytes: &[u8]| {
    let one = [SEPARATOR, bytes].concat();
    let found = mails(one.clone());
    assert!(found > 0);
    assert!(mails([&one[..], b"\n\n", SEPARATOR, b"\nHello\n"].concat()) > 0);
});
