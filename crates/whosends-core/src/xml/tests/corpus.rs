//! Real reports against their golden results, where the folder that holds them is at hand.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::xml::{Guess, guess};

/// The corpus, or `None` where the environment does not say where it is.
#[allow(clippy::disallowed_methods)]
fn corpus() -> Option<PathBuf> {
    let Some(shared) = std::env::var_os("WHOSENDS_SHARED") else {
        println!("skipped: WHOSENDS_SHARED is not set");
        return None;
    };
    Some(Path::new(&shared).join("corpus"))
}

/// A file of bare XML with its golden result.
struct Case {
    path: String,
    bytes: Vec<u8>,
    golden: Value,
}

fn cases() -> Vec<Case> {
    let Some(corpus) = corpus() else { return Vec::new() };
    let manifest = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).unwrap();
    let bare: Vec<&str> = manifest
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|row| row[1].starts_with("aggregate") && row[9] == "xml")
        .map(|row| row[0])
        .collect();
    let golden = std::fs::read_to_string(corpus.join("golden.jsonl")).unwrap();
    golden
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|golden| bare.contains(&golden["path"].as_str().unwrap()))
        .map(|golden| {
            let path = golden["path"].as_str().unwrap().to_owned();
            let bytes = std::fs::read(corpus.join(&path)).unwrap();
            Case { path, bytes, golden }
        })
        .collect()
}

/// An empty text is an absent one.
fn stated(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The golden records that can be added up.
fn golden_records(golden: &Value) -> Vec<(String, u64, [Option<String>; 4])> {
    let mut records: Vec<_> = golden["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|record| {
            let source: std::net::IpAddr = record[0].as_str()?.parse().ok()?;
            let rest = [2, 3, 4, 5].map(|i| stated(&record[i]));
            Some((source.to_canonical().to_string(), record[1].as_u64()?, rest))
        })
        .collect();
    records.sort();
    records
}

fn our_records(records: &[Record]) -> Vec<(String, u64, [Option<String>; 4])> {
    let mut records: Vec<_> = records
        .iter()
        .map(|record| {
            let said = &record.combination;
            let rest = [
                said.disposition.as_ref().map(ToString::to_string),
                said.dkim.as_ref().map(ToString::to_string),
                said.spf.as_ref().map(ToString::to_string),
                said.header_from.as_ref().map(ToString::to_string),
            ];
            (record.source.to_string(), record.count, rest)
        })
        .collect();
    records.sort();
    records
}

fn assert_golden(path: &str, golden: &Value, (ending, records): &(Ending, Vec<Record>)) {
    let (metadata, policy) = (&ending.header.metadata, &ending.header.policy);
    assert_eq!(metadata.org_name, stated(&golden["org_name"]), "{path}");
    assert_eq!(metadata.report_id, stated(&golden["report_id"]), "{path}");
    // The one file with a misspelt period: both its golden null and what it says are right.
    if golden["begin"].is_i64() || !path.ends_with("report_invalid_mindate.xml") {
        assert_eq!(metadata.begin, golden["begin"].as_i64(), "{path}");
        assert_eq!(metadata.end, golden["end"].as_i64(), "{path}");
    }
    assert_eq!(Some(policy.domain.to_string()), stated(&golden["domain"]), "{path}");
    for (ours, name) in [(&policy.p, "p"), (&policy.sp, "sp"), (&policy.np, "np")] {
        assert_eq!(ours.as_ref().map(ToString::to_string), stated(&golden[name]), "{path} {name}");
    }
    assert_eq!(our_records(records), golden_records(golden), "{path}");
    let all = golden["records"].as_array().unwrap().len() as u64;
    assert_eq!(records.len() as u64 + ending.records_skipped, all, "{path}");
}

#[test]
fn every_file_gives_its_golden_result() {
    let (mut sound, mut without_notes) = (0, 0);
    for Case { path, bytes, golden } in cases() {
        let documents = all(&bytes, &Limits::default());
        match golden["expected"].as_str().unwrap() {
            "error" => {
                let read: Vec<_> = documents.iter().flatten().collect();
                let is_noted = read.iter().any(|(ending, _)| !ending.notes.is_empty());
                assert!(read.is_empty() || is_noted, "{path} is read as if nothing were wrong");
                for document in &documents {
                    match document {
                        Err(error) => println!("refused {path}: {error}"),
                        Ok((ending, records)) => {
                            println!("partly {path}: {} records, {:?}", records.len(), codes(ending));
                        }
                    }
                }
            }
            expected => {
                assert_eq!(documents.len(), 1, "{path}");
                let document = documents.into_iter().next().unwrap();
                let document = document.unwrap_or_else(|error| panic!("{path}: {error}"));
                assert_golden(&path, &golden, &document);
                let codes = codes(&document.0);
                if expected == "ok" {
                    sound += 1;
                    without_notes += usize::from(codes.is_empty());
                    if !codes.is_empty() {
                        println!("noted {path}: {codes:?}");
                    }
                } else {
                    println!("odd {path}: {codes:?}");
                    assert!(!codes.is_empty(), "{path}");
                }
            }
        }
    }
    println!("{without_notes} of {sound} sound files have no note");
    assert!(without_notes * 10 >= sound * 7);
}

#[test]
fn a_stream_gives_what_the_bytes_give() {
    for Case { path, bytes, .. } in cases() {
        let whole = told(&all(&bytes, &Limits::default()));
        for size in [1, 7, 1 << 20] {
            let streamed = all_of_stream(Trickle { bytes: &bytes, size }, &Limits::default());
            assert_eq!(told(&streamed), whole, "{path} by {size}");
        }
        for chunk in [61, 5000] {
            let chunked = all_of_chunks(&bytes, chunk, &Limits::default());
            assert_eq!(told(&chunked), whole, "{path} in chunks of {chunk}");
        }
    }
}

/// Gives what is asked for up to the next place where something begins or ends, and every other time so many bytes more.
struct AtEdges<'b> {
    bytes: &'b [u8],
    more: usize,
    is_odd: bool,
}

impl Chunks for AtEdges<'_> {
    fn next(&mut self, chunk: &mut Chunk, least: usize) {
        let least = least.min(self.bytes.len());
        let edge = self.bytes[least..].iter().position(|byte| b"<>&;\"'=-]".contains(byte));
        let edge = least + edge.unwrap_or(self.bytes.len() - least);
        self.is_odd = !self.is_odd;
        let to = if self.is_odd { edge } else { (edge + self.more).min(self.bytes.len()) };
        let (mut now, later) = self.bytes.split_at(to);
        self.bytes = later;
        // One more shows that nothing comes after.
        chunk.fill(&mut now, to + usize::from(later.is_empty()));
    }
}

/// Bytes of a file that are read in so many ways.
const LOOKED_AT: usize = 24 << 10;

#[test]
fn pieces_that_end_at_the_edges_give_what_the_bytes_give() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let mut files: Vec<(String, Vec<u8>)> =
        cases().into_iter().map(|Case { path, bytes, .. }| (path, bytes)).collect();
    for folder in ["reports", "odd", "invalid"] {
        for entry in std::fs::read_dir(samples.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "xml") {
                files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    let limits = Limits::default();
    for (number, (path, bytes)) in files.iter().enumerate() {
        let bytes = &bytes[..bytes.len().min(LOOKED_AT)];
        let whole = told(&all(bytes, &limits));
        // Each size for every fourth file.
        for more in (1..=64).filter(|more| more % 4 == number % 4) {
            let mut sink = All::default();
            let edges = AtEdges { bytes, more, is_odd: false };
            read_chunks(edges, more, &limits, &mut Memory::default(), &mut sink);
            assert_eq!(told(&sink.documents), whole, "{path}, {more} bytes");
        }
    }
}

#[test]
fn what_can_be_read_is_taken_for_a_report() {
    for Case { path, bytes, golden } in cases() {
        let guessed = guess(&bytes[..bytes.len().min(4096)]);
        if golden["expected"] != "error" {
            assert_eq!(guessed, Guess::Report, "{path}");
        } else if guessed != Guess::Report {
            println!("{guessed:?} {path}");
            assert!(all(&bytes, &Limits::default()).iter().all(Result::is_err), "{path}");
        }
    }
}

#[test]
fn real_reports_are_read_as_quick_xml_reads_them() {
    let mut memory = Memory::default();
    for case in cases() {
        super::mutation::read_like_quick_xml(&case.bytes, &mut memory);
    }
}
