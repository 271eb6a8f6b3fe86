//! Reports that somebody packed with bzip2, xz or Zstandard: read as gzip is, whatever is wrong with them.

use std::io::Write as _;

use bzip2::Compression;
use bzip2::write::BzEncoder;
use whosends_core::error::ErrorKind;
use whosends_core::ingest::{Event, unpack};
use whosends_core::limits::{Limit, Limits};
use whosends_core::model::NoteCode;

use crate::support::root;

const PACKED: [&str; 4] = ["report.xml.gz", "report.xml.bz2", "report.xml.xz", "report.xml.zst"];

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(root().join("samples/containers").join(name)).unwrap()
}

fn events_within(limits: &Limits, name: &str, bytes: Vec<u8>) -> Vec<Event> {
    let mut events = Vec::new();
    unpack(name, bytes, limits, &mut |event| {
        if !matches!(event, Event::Mail) {
            events.push(event);
        }
    });
    events
}

fn events(name: &str, bytes: Vec<u8>) -> Vec<Event> {
    events_within(&Limits::default(), name, bytes)
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_follows_the_data_is_noted_and_another_member_is_read() {
    for name in PACKED {
        let [Event::Report(found)] = &events(name, [&sample(name)[..], b"\r\n"].concat())[..] else {
            panic!("{name}")
        };
        assert!(found.notes.has(NoteCode::TrailingBytes), "{name}: {:?}", found.notes);
    }
    let xml = sample("report.xml");
    let two = [bzip2(&xml[..300]), bzip2(&xml[300..])].concat();
    assert!(matches!(&events("a.xml.bz2", two)[..], [Event::Report(found)] if found.notes.is_empty()));
    // A frame of Zstandard that holds something for programs to skip (RFC 8878 section 3.1.2).
    let skipped = [b"\x53\x2a\x4d\x18\x03\0\0\0abc", &sample("report.xml.zst")[..]].concat();
    for (before, after) in [(&b""[..], &skipped[..]), (&sample("report.xml.zst")[..], &skipped[..12])] {
        let [Event::Report(_)] = &events("a.xml.zst", [before, after].concat())[..] else {
            panic!("skipped")
        };
    }
}

#[test]
fn every_cut_says_so_and_keeps_what_came_before() {
    for name in PACKED {
        let whole = sample(name);
        // The one cut that nothing can tell is that between two streams.
        let mut between = 0;
        for cut in 12..whole.len() {
            match &events(name, whole[..cut].to_vec())[..] {
                [Event::Report(found)] => {
                    assert!(!found.notes.is_empty(), "{name} cut at {cut} is read without a word");
                }
                [Event::Rejected(error)] if error.kind() == ErrorKind::BrokenXml => between += 1,
                [Event::Rejected(error)] => {
                    assert_eq!(error.kind(), ErrorKind::DamagedArchive, "{name} cut at {cut}");
                }
                other => panic!("{name} cut at {cut}: {other:?}"),
            }
        }
        assert_eq!(between, usize::from(name == "report.xml.bz2"), "{name}");
    }
}

#[test]
fn no_damaged_byte_stops_anything() {
    for name in PACKED {
        let whole = sample(name);
        for at in 0..whole.len() {
            for bits in [1, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= bits;
                let said = events(name, bytes);
                assert!(!said.is_empty() && !said.iter().any(is_our_fault), "{name} at {at}: {said:?}");
            }
        }
    }
}

fn is_our_fault(event: &Event) -> bool {
    matches!(event, Event::Rejected(error) if error.kind() == ErrorKind::Internal)
}

/// The sum that ends an xz block's header (XZ format 3.1.7).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    })
}

#[test]
fn what_needs_more_memory_than_a_reader_should_give_is_told_with_what_to_do() {
    let mut xz = sample("report.xml.xz");
    let header = 12..12 + (usize::from(xz[12]) + 1) * 4;
    let property = header.start + 4;
    assert_eq!(
        xz[header.start + 2..property],
        [0x21, 1],
        "the sample has one filter, LZMA2, and its dictionary's size"
    );
    xz[property] = 37;
    let sum = crc32(&xz[header.start..header.end - 4]).to_le_bytes();
    xz[header.end - 4..header.end].copy_from_slice(&sum);
    // A window of 2 GiB.
    let zstandard = b"\x28\xb5\x2f\xfd\0\xa8\x01\0\0".to_vec();
    for (name, bytes) in [("r.xml.xz", xz), ("r.xml.zst", zstandard)] {
        let [Event::Rejected(error)] = &events(name, bytes)[..] else { panic!("{name}") };
        assert_eq!(error.kind(), ErrorKind::UnsupportedContainer, "{name}: {error}");
        assert!(error.to_string().contains(" -d` and read what comes out"), "{name}: {error}");
    }
}

#[test]
fn packed_input_is_bounded_by_what_it_unpacks_to() {
    let limits = Limits { unpacked_bytes: 4 << 20, ..Limits::default() };
    let bomb = bzip2(&[b"<feedback>", &b"<x/>".repeat(3 << 20)[..]].concat());
    assert!(bomb.len() < 20_000, "{}", bomb.len());
    for (name, bytes) in [("r.xml.bz2", bomb.clone()), ("r.xml.bz2.bz2", bzip2(&bomb))] {
        let [Event::Rejected(error)] = &events_within(&limits, name, bytes)[..] else { panic!("{name}") };
        assert_eq!(error.kind(), ErrorKind::Limit(Limit::UnpackedBytes), "{error}");
    }
}

#[test]
fn mailboxes_and_archives_are_read_in_every_packing() {
    let mbox = sample("three-mails.mbox");
    let reports = |name: &str, bytes: Vec<u8>| {
        events(name, bytes).iter().filter(|event| matches!(event, Event::Report(_))).count()
    };
    assert_eq!(reports("mail.mbox.bz2", bzip2(&mbox)), 2);
    assert_eq!(reports("mail.tar.bz2", bzip2(&sample("report.tar"))), 1);
    // Blocks of a mailbox that is longer than the first of them.
    assert_eq!(reports("mail.mbox.bz2", bzip2(&mbox.repeat(500))), 1000);
}
