//! Real reports with their golden results, through the real binary.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::{Folder, shared};

/// What the manifest says of a file.
struct Listed {
    path: String,
    kind: String,
    expected: String,
}

fn manifest(corpus: &Path) -> Vec<Listed> {
    let text = fs::read_to_string(corpus.join("MANIFEST.tsv")).unwrap();
    let mut rows = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let column = |name: &str| head.iter().position(|cell| *cell == name).unwrap();
    let (path, kind, expected) = (column("path"), column("kind"), column("expected"));
    rows.map(|row| Listed {
        path: row[path].to_owned(),
        kind: row[kind].to_owned(),
        expected: row[expected].to_owned(),
    })
    .collect()
}

/// The golden reports of each file, in the order of their parts.
fn golden(corpus: &Path) -> BTreeMap<String, Vec<Value>> {
    let text = fs::read_to_string(corpus.join("golden.jsonl")).unwrap();
    let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let report: Value = serde_json::from_str(line).unwrap();
        files.entry(report["path"].as_str().unwrap().to_owned()).or_default().push(report);
    }
    files
}

fn whosends(database: &Path, arguments: &[&str], paths: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_whosends"))
        .env_clear()
        .arg("--db")
        .arg(database)
        .args(arguments)
        .args(paths)
        .output()
        .unwrap()
}

/// What came of one file.
struct Came {
    status: Option<i32>,
    did: Value,
    reports: Vec<Value>,
}

fn read(folder: &Folder, file: &Path) -> Came {
    let database = folder.path("one.db");
    for name in ["one.db", "one.db-wal", "one.db-shm"] {
        let _ = fs::remove_file(folder.path(name));
    }
    let output = whosends(&database, &["ingest", "--json"], &[file]);
    let did = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{}: {error}: {}", file.display(), String::from_utf8_lossy(&output.stderr))
    });
    Came { status: output.status.code(), did, reports: exported(&database) }
}

/// The stored reports as the golden file writes them.
fn exported(database: &Path) -> Vec<Value> {
    let listed = whosends(database, &["reports", "--since", "all", "--format", "ndjson"], &[]);
    let records = whosends(database, &["export", "--format", "ndjson"], &[]);
    let lines = |output: &Output| -> Vec<Value> {
        output
            .stdout
            .split(|&b| b == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    };
    let mut reports: Vec<(Value, Vec<Value>)> = Vec::new();
    for record in lines(&records) {
        let key = json!([
            record["policy_domain"],
            record["reporter"],
            record["report_id"],
            record["begin"],
            record["end"],
            record["policy"]["p"],
            record["policy"]["sp"],
            record["policy"]["np"],
        ]);
        let row = json!([
            record["source_ip"],
            record["count"],
            record["disposition"],
            record["dkim"],
            record["spf"],
            record["header_from"],
        ]);
        match reports.iter_mut().find(|(other, _)| *other == key) {
            Some((_, rows)) => rows.push(row),
            None => reports.push((key, vec![row])),
        }
    }
    // A report without records is in the list only.
    for report in lines(&listed).iter().filter(|report| report["records"] == 0) {
        let shown = whosends(database, &["reports", "show", &report["id"].to_string(), "--json"], &[]);
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        let policy = &shown["policy"];
        let key = json!([
            report["policy_domain"],
            report["reporter"],
            report["report_id"],
            report["begin"],
            report["end"],
            policy["p"],
            policy["sp"],
            policy["np"],
        ]);
        reports.push((key, Vec::new()));
    }
    let mut reports: Vec<Value> = reports
        .into_iter()
        .map(|(key, mut rows)| {
            rows.sort_by_key(Value::to_string);
            json!([key, rows])
        })
        .collect();
    reports.sort_by_key(Value::to_string);
    reports
}

/// The golden reports in the same form: records that can't be added up are left out, and what is empty was
/// not stated.
fn expected(golden: &[Value]) -> Vec<Value> {
    let stated = |value: &Value| if value == "" { Value::Null } else { value.clone() };
    let mut reports: Vec<Value> = golden
        .iter()
        .map(|report| {
            let key: Vec<Value> = ["domain", "org_name", "report_id", "begin", "end", "p", "sp", "np"]
                .map(|name| stated(&report[name]))
                .to_vec();
            let mut rows: Vec<Value> = report["records"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| {
                    row[0] != "" && row[0] != Value::Null && row[1].as_i64().is_some_and(|n| n >= 0)
                })
                .map(|row| Value::Array(row.as_array().unwrap().iter().map(stated).collect()))
                .collect();
            rows.sort_by_key(Value::to_string);
            json!([key, rows])
        })
        .collect();
    reports.sort_by_key(Value::to_string);
    reports
}

fn files(corpus: &Path, of: &[&str], expected: &[&str]) -> Vec<(String, PathBuf)> {
    manifest(corpus)
        .into_iter()
        .filter(|listed| of.contains(&listed.kind.as_str()) && expected.contains(&listed.expected.as_str()))
        .map(|listed| (listed.path.clone(), corpus.join(listed.path)))
        .collect()
}

const REPORTS: &[&str] = &["aggregate", "aggregate-invalid", "email"];

#[test]
fn every_readable_file_gives_its_golden_result() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("corpus");
    let golden = golden(&corpus);
    let folder = Folder::new();
    let (mut wrong, mut read_files, mut sound, mut without_notes) = (Vec::new(), 0, 0, 0);
    for (expected_word, must_note) in [("ok", false), ("ok-with-warnings", true)] {
        for (name, path) in files(&corpus, REPORTS, &[expected_word]) {
            let Some(reports) = golden.get(&name) else { continue };
            read_files += 1;
            let came = read(&folder, &path);
            if came.status != Some(0) {
                wrong.push(format!("{name}: status {:?}: {}", came.status, came.did));
            } else if came.reports != expected(reports) && !reads_more(&name) {
                wrong.push(format!("{name}:\n  got  {:?}\n  want {:?}", came.reports, expected(reports)));
            }
            let noted = came.did["notes"].as_u64().unwrap() > 0;
            if must_note && !noted {
                wrong.push(format!("{name}: nothing was noted"));
            }
            if !must_note {
                sound += 1;
                without_notes += u32::from(!noted);
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {read_files} files:\n{}", wrong.len(), wrong.join("\n"));
    assert!(read_files > 200, "only {read_files} files");
    assert!(without_notes * 10 >= sound * 7, "{without_notes} of {sound} sound files without a note");
}

/// Whether the golden file accepts the period that is read here and left out there: `data_range` is a known
/// misspelling.
fn reads_more(name: &str) -> bool {
    name == "aggregate-invalid/report_invalid_mindate.xml"
}

/// Files marked as errors of which the golden file accepts a part, if a note says so.
fn may_be_read_in_part(golden: &BTreeMap<String, Vec<Value>>, name: &str) -> bool {
    golden.get(name).is_some_and(|reports| {
        reports.iter().any(|report| {
            report["decision"].as_str().is_some_and(|decision| decision.contains("partial result"))
        })
    })
}

/// What the corpus takes for broken since few programs read it, and this one does: a whole report, packed with bzip2.
const READ: [&str; 1] = ["aggregate-invalid/bzip2-b.xml.bz2"];

#[test]
fn every_broken_file_is_refused_with_a_reason() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("corpus");
    let golden = golden(&corpus);
    let folder = Folder::new();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (name, path) in files(&corpus, REPORTS, &["error"]) {
        seen += 1;
        let came = read(&folder, &path);
        let in_part = came.status == Some(0) && came.did["notes"].as_u64() > Some(0);
        let rejected = came.did["rejected"].as_array().unwrap();
        let reasons =
            rejected.iter().all(|one| one["reason"].as_str().is_some_and(|reason| reason.len() > 10));
        if READ.contains(&name.as_str()) {
            assert!(came.status == Some(0) && came.reports.len() == 1, "{name}: {}", came.did);
            continue;
        }
        let refused = came.status == Some(2)
            && came.reports.is_empty()
            && reasons
            && (!rejected.is_empty() || came.did["other"]["not_a_report"] == 1);
        if !(refused || in_part && may_be_read_in_part(&golden, &name)) {
            wrong.push(format!("{name}: status {:?}: {}", came.status, came.did));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 40, "only {seen} files");
}

#[test]
fn other_reports_are_recognised() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("corpus");
    let folder = Folder::new();
    for (kind, counter) in [("tls-rpt", "tls_rpt"), ("failure", "failure")] {
        let mut seen = 0;
        for entry in fs::read_dir(corpus.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let came = read(&folder, &path);
            assert_eq!(came.status, Some(0), "{}: {}", path.display(), came.did);
            assert!(came.did["other"][counter].as_u64() >= Some(1), "{}: {}", path.display(), came.did);
            assert_eq!(came.did["reports"]["rejected"], 0, "{}: {}", path.display(), came.did);
            seen += 1;
        }
        assert!(seen > 10, "only {seen} {kind} files");
    }
}

#[test]
fn a_folder_of_both_is_read_and_says_so() {
    let Some(shared) = shared() else { return };
    let folder = Folder::new();
    let output = whosends(&folder.path("all.db"), &["ingest", "--json"], &[&shared.join("corpus")]);
    assert_eq!(output.status.code(), Some(3));
    let did: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(did["reports"]["new"].as_u64() > Some(150), "{did}");
    assert!(did["reports"]["rejected"].as_u64() > Some(20), "{did}");
}
