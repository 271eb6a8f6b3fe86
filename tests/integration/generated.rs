//! Generated corpora with a known truth: what goes in must come out, whatever the wrapping, however often, and
//! whatever happens on the way.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Crc;
use serde_json::Value;

use crate::support::{Folder, shared};

/// Reports of a corpus: enough for several transactions, few enough for a debug build.
const REPORTS: &str = "1500";

/// A corpus and what its generator says of it.
pub(crate) struct Corpus {
    pub(crate) path: PathBuf,
    pub(crate) truth: Value,
}

impl Corpus {
    fn number(&self, name: &str) -> u64 {
        self.truth[name].as_u64().unwrap()
    }
}

pub(crate) fn generate(folder: &Folder, shared: &Path, format: &str, rest: &[&str]) -> Corpus {
    let path = folder.path(format!("corpus-{format}"));
    let output = Command::new("python3")
        .arg(shared.join("tools/gen_corpus.py"))
        .args(["--format", format, "--out"])
        .arg(&path)
        .args(rest)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Corpus { path, truth: serde_json::from_slice(&output.stdout).unwrap() }
}

pub(crate) fn whosends(database: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whosends"));
    command.env_clear().arg("--db").arg(database);
    command
}

/// Runs an ingest to its end and gives what it says it did.
pub(crate) fn ingest(database: &Path, paths: &[&Path]) -> Value {
    let output = whosends(database).args(["ingest", "--json", "--reread"]).args(paths).output().unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 2 | 3)),
        "{:?}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Sums over everything stored, as the generator counts them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    reports: u64,
    records: u64,
    messages: u64,
    crc: u64,
    /// Records, messages and messages that pass.
    domains: BTreeMap<String, [u64; 3]>,
    days: BTreeMap<i64, [u64; 3]>,
}

fn stored(database: &Path) -> Sums {
    let output = whosends(database).args(["export", "--format", "ndjson"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut sums = Sums::default();
    let mut identities = std::collections::BTreeSet::new();
    for line in output.stdout.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
        let record: Value = serde_json::from_slice(line).unwrap();
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let count = record["count"].as_u64().unwrap();
        let begin = record["begin"].as_i64().unwrap();
        let key = ["policy_domain", "source_ip", "disposition", "dkim", "spf", "header_from"].map(text);
        let [domain, ip, disposition, dkim, spf, from] = key;
        let mut crc = Crc::new();
        crc.update(format!("{domain}|{ip}|{count}|{disposition}|{dkim}|{spf}|{from}").as_bytes());
        sums.crc = sums.crc.wrapping_add(u64::from(crc.sum()));
        sums.records += 1;
        sums.messages += count;
        let passed = if dkim == "pass" || spf == "pass" { count } else { 0 };
        let by_domain = sums.domains.entry(domain.to_owned()).or_default();
        let by_day = sums.days.entry(begin.div_euclid(86_400)).or_default();
        for sum in [by_domain, by_day] {
            for (sum, more) in sum.iter_mut().zip([1, count, passed]) {
                *sum += more;
            }
        }
        identities.insert(format!("{domain}|{}|{}|{begin}", record["reporter"], record["report_id"]));
    }
    sums.reports = identities.len() as u64;
    sums
}

fn expected(corpus: &Corpus) -> Sums {
    let three =
        |value: &Value| ["records", "messages", "dmarc_pass"].map(|name| value[name].as_u64().unwrap());
    let object = |name: &str| corpus.truth[name].as_object().unwrap().clone();
    let day = |text: &str| {
        let date: jiff::civil::Date = text.parse().unwrap();
        date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second() / 86_400
    };
    Sums {
        reports: corpus.number("reports"),
        records: corpus.number("records"),
        messages: corpus.number("messages"),
        crc: corpus.number("record_crc_sum"),
        domains: object("domains").iter().map(|(name, sums)| (name.clone(), three(sums))).collect(),
        days: object("days").iter().map(|(name, sums)| (day(name), three(sums))).collect(),
    }
}

/// What an ingest must say of a corpus that it sees for the first time.
fn assert_first(did: &Value, corpus: &Corpus) {
    assert_eq!(did["reports"]["new"], corpus.truth["reports"]);
    assert_eq!(did["reports"]["duplicate"], corpus.truth["duplicates"]);
    assert_eq!(did["reports"]["conflicting"], 0);
    assert_eq!(did["records"], corpus.truth["records"]);
    assert_eq!(did["messages"], corpus.truth["messages"]);
    // What the generator calls no report is a mail with the subject of one and nothing attached: it was lost.
    assert_eq!(did["other"]["not_a_report"], 0);
    assert_eq!(did["reports"]["rejected"].as_u64().unwrap(), corpus.number("corrupt"));
}

#[test]
fn every_format_gives_the_generators_sums_also_the_second_time() {
    let Some(shared) = shared() else { return };
    let folder = Folder::new();
    for format in ["eml", "mbox", "maildir", "mixed", "gz"] {
        let options = ["--reports", REPORTS, "--seed", "5", "--dup-rate", ".05", "--corrupt-rate", ".05"];
        let corpus = generate(&folder, &shared, format, &options);
        let database = folder.path(format!("{format}.db"));
        assert_first(&ingest(&database, &[&corpus.path]), &corpus);
        assert_eq!(stored(&database), expected(&corpus), "{format}");
        let again = ingest(&database, &[&corpus.path]);
        assert_eq!(again["reports"]["new"], 0, "{format}");
        let copies = corpus.number("reports") + corpus.number("duplicates");
        assert_eq!(again["reports"]["duplicate"].as_u64(), Some(copies), "{format}");
        assert_eq!(stored(&database), expected(&corpus), "{format} twice");
    }
}

#[test]
fn killed_at_any_moment_and_run_again_the_sums_are_those_of_an_uninterrupted_run() {
    let Some(shared) = shared() else { return };
    let folder = Folder::new();
    let options = ["--reports", REPORTS, "--seed", "6", "--dup-rate", ".05"];
    let corpora = ["eml", "mbox"].map(|format| generate(&folder, &shared, format, &options));
    #[expect(
        clippy::disallowed_methods,
        reason = "how long to wait before killing does not change what must come out"
    )]
    let began = Instant::now();
    ingest(&folder.path("whole.db"), &[&corpora[0].path]);
    let whole = began.elapsed();
    for round in 0..10_u32 {
        let corpus = &corpora[round as usize % 2];
        let database = folder.path(format!("killed-{round}.db"));
        let mut child = whosends(&database)
            .arg("ingest")
            .arg(&corpus.path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Moments from just after the start to just before the end.
        thread::sleep(whole * (round + 1) / 11 + Duration::from_millis(1));
        child.kill().unwrap();
        child.wait().unwrap();
        let output = whosends(&database).arg("ingest").arg(&corpus.path).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(stored(&database), expected(corpus), "round {round}");
        let check = whosends(&database).args(["db", "check"]).output().unwrap();
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    }
}

#[test]
fn two_ingests_at_once_both_succeed() {
    let Some(shared) = shared() else { return };
    let folder = Folder::new();
    let options = ["--reports", REPORTS, "--seed", "7"];
    let corpora = ["eml", "mbox"].map(|format| generate(&folder, &shared, format, &options));
    let database = folder.path("both.db");
    thread::scope(|scope| {
        for corpus in &corpora {
            let database = &database;
            scope.spawn(move || assert_eq!(ingest(database, &[&corpus.path])["reports"]["rejected"], 0));
        }
    });
    assert_eq!(stored(&database), expected(&corpora[0]));
}

#[test]
fn a_cut_copy_changes_no_total_whichever_comes_first() {
    let Some(shared) = shared() else { return };
    let folder = Folder::new();
    let corpus = generate(&folder, &shared, "xml", &["--reports", "12", "--seed", "8"]);
    let whole = fs::read_dir(&corpus.path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| fs::metadata(path).unwrap().len().min(60_000))
        .unwrap();
    let text = fs::read(&whole).unwrap();
    let ends: Vec<usize> = memmem(&text, b"</record>").collect();
    assert!(ends.len() > 3);
    let only = folder.path("only.db");
    ingest(&only, &[&whole]);
    let expected = stored(&only);
    for (at, end) in ends.iter().enumerate().step_by(ends.len().div_ceil(15)) {
        let cut = folder.path("cut.xml");
        fs::write(&cut, &text[..end + "</record>".len()]).unwrap();
        for (order, paths) in [("cut first", [&cut, &whole]), ("whole first", [&whole, &cut])] {
            let database = folder.path(format!("{at}-{order}.db"));
            for path in paths {
                ingest(&database, &[path]);
            }
            assert_eq!(stored(&database), expected, "cut after record {}, {order}", at + 1);
        }
    }
}

fn memmem<'t>(text: &'t [u8], word: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    text.windows(word.len()).enumerate().filter(move |(_, window)| *window == word).map(|(at, _)| at)
}
