//! Damaged and hostile inputs: nothing panics, hangs, grows without end, or passes in silence.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use whosends_core::ingest::{Event, unpack};
use whosends_core::limits::Limits;

use crate::samples::files;
use crate::support::{Folder, shared};

/// Mutations of one run.
const MUTATIONS: usize = 100_000;

/// A small generator of random numbers (xorshift64*), so that a failure can be had again from its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Changes a text the way transports, disks and enemies do.
fn mutate(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = text.to_vec();
    for _ in 0..=random.below(3) {
        if out.is_empty() {
            break;
        }
        let (a, b) = (random.below(out.len()), random.below(out.len()));
        let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 400));
        match random.below(7) {
            0 => out.truncate(a),
            1 => out[a] ^= 1 << random.below(8),
            2 => out[a] = random.next() as u8,
            3 => drop(out.drain(from..to)),
            4 => {
                let piece = out[from..to].to_vec();
                out.splice(a..a, piece);
            }
            5 => out.swap(a, b),
            _ => {
                let word: &[u8] = [
                    &b"<"[..],
                    b">",
                    b"</record>",
                    b"<record>",
                    b"</feedback>",
                    b"&",
                    b"]]>",
                    b"<![CDATA[",
                    b"<!--",
                    b"\0",
                    b"\xff\xfe",
                    b"<!DOCTYPE x [",
                    b"-1",
                    b"99999999999999999999",
                    b"\r\n--",
                    b"From ",
                ][random.below(16)];
                out.splice(a..a, word.iter().copied());
            }
        }
    }
    out
}

/// Takes an input apart and sees that something is said of it.
fn survives(name: &str, bytes: Vec<u8>, limits: &Limits) {
    let mut events = 0_usize;
    let mut said = false;
    unpack(name, bytes, limits, &mut |event| {
        events += 1;
        said |= !matches!(event, Event::Mail);
        if let Event::Report(found) = event {
            let sum = found.batch.rows().iter().fold(0_u64, |sum, row| sum.saturating_add(row.count));
            assert_eq!(sum, found.batch.messages());
            assert!(!found.truncated || !found.notes.is_empty());
        }
    });
    assert!(said, "{name}: nothing was said of it");
    assert!(events < 100_000, "{name}: {events} events");
}

#[test]
fn a_hundred_thousand_mutations_do_no_harm() {
    let inputs: Vec<(String, Vec<u8>)> = ["reports", "odd", "invalid", "containers", "other"]
        .iter()
        .flat_map(|folder| files(folder))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .filter(|(_, bytes)| bytes.len() < 40_000)
        .collect();
    let limits = Limits { unpacked_bytes: 8 << 20, ..Limits::default() };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (inputs, limits) = (&inputs, &limits);
            scope.spawn(move || {
                for number in (thread..MUTATIONS).step_by(threads) {
                    let (name, bytes) = &inputs[number % inputs.len()];
                    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1));
                    survives(name, mutate(bytes, &mut random), limits);
                }
            });
        }
    });
}

#[test]
fn every_cut_of_a_report_keeps_its_whole_records_or_says_why_not() {
    let path = crate::support::root().join("samples/containers/report.xml");
    let text = fs::read(path).unwrap();
    for cut in 0..text.len() {
        let whole = text[..cut].windows(9).filter(|window| *window == b"</record>").count();
        let mut kept = None;
        let mut rejected = false;
        unpack("cut.xml", text[..cut].to_vec(), &Limits::default(), &mut |event| match event {
            Event::Report(found) => kept = Some((found.batch.rows().len(), found.truncated)),
            _ => rejected = true,
        });
        match kept {
            Some((records, truncated)) => {
                assert_eq!(records, whole, "cut at {cut}");
                assert!(
                    truncated || text[..cut].ends_with(b"</feedback>") || text[cut..].trim_ascii().is_empty()
                );
            }
            None => assert!(rejected && whole == 0, "cut at {cut}"),
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Runs the binary with at most `megabytes` of address space.
fn run_bounded(folder: &Folder, megabytes: u64, path: &Path) -> (Option<i32>, String) {
    let script = format!("ulimit -v {}; exec \"$@\"", megabytes << 10);
    let output = Command::new("sh")
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_whosends"), "--db"])
        .arg(folder.path("bounded.db"))
        .args(["ingest", "--json", "--jobs", "2"])
        .arg(path)
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

#[test]
fn bombs_are_refused_in_bounded_memory() {
    let folder = Folder::new();
    let spaces = vec![b' '; 200 << 20];
    let mut comments = b"<?xml version=\"1.0\"?><feedback>".to_vec();
    while comments.len() < 100 << 20 {
        comments.extend_from_slice(b"<!-- and on and on and on and on and on and on and on -->\n");
    }
    let nested = gzip(&gzip(&gzip(&gzip(b"<feedback>"))));
    let deep = [b"<feedback>".to_vec(), b"<a>".repeat(3_000_000)].concat();
    let one_tag = [b"<feedback><record ".to_vec(), vec![b'x'; 60 << 20]].concat();
    let long_text = [b"<feedback><report_metadata><org_name>".to_vec(), vec![b'x'; 60 << 20]].concat();
    let mails = b"Content-Type: message/rfc822\r\n\r\n".repeat(300_000);
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("spaces.gz", gzip(&spaces), ""),
        ("comments.gz", gzip(&comments), ""),
        ("nested.gz", nested, "--max-archive-depth"),
        ("deep.gz", gzip(&deep), ""),
        ("one-tag.gz", gzip(&one_tag), ""),
        ("long-text.gz", gzip(&long_text), ""),
        ("mails.eml", mails, "--max-mail-depth"),
    ];
    drop((spaces, comments, deep));
    for (name, bytes, says) in cases {
        let path = folder.path(name);
        fs::write(&path, bytes).unwrap();
        let (status, text) = run_bounded(&folder, 700, &path);
        assert_eq!(status, Some(2), "{name}: {text}");
        assert!(text.contains(says), "{name}: {text}");
    }
}

#[test]
fn every_real_file_passes_in_bounded_memory() {
    let Some(shared) = shared() else { return };
    let folder = Folder::new();
    let (status, text) = run_bounded(&folder, 900, &shared.join("corpus"));
    assert_eq!(status, Some(3), "{text}");
}

#[test]
fn a_message_over_the_limit_is_refused_and_the_next_one_read() {
    let folder = Folder::new();
    let mbox = folder.path("long.mbox");
    let report = fs::read(crate::support::root().join("samples/containers/multipart.eml")).unwrap();
    let mut text = b"From a@example.com Sun Nov 22 10:00:00 2026\nSubject: long\n\n".to_vec();
    text.extend(b"all work and no play\n".repeat(500_000));
    text.extend(b"\nFrom b@example.com Sun Nov 22 10:00:00 2026\n");
    text.extend(report);
    fs::write(&mbox, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_whosends"))
        .args(["--db", ":memory:", "ingest", "--json", "--max-held-bytes", "1MiB"])
        .arg(&mbox)
        .output()
        .unwrap();
    let did: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{did}");
    assert_eq!(did["reports"]["new"], 1);
    assert_eq!(did["rejected"][0]["kind"], "limit");
    assert!(did["rejected"][0]["reason"].as_str().unwrap().contains("--max-held-bytes"), "{did}");
    assert!(did["rejected"][0]["place"].as_str().unwrap().ends_with("message 1"), "{did}");
}
