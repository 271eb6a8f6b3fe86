//! `ingest` as people run it: what is said, what is stored, how it ends.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::support::root;
use crate::support::run::{Folder, Ran};

/// What a run gave, without how long it took.
fn shown(ran: &Ran) -> String {
    let mut text = ran.to_string();
    if let Some(at) = text.find(" in ").filter(|_| text.contains("Read ")) {
        let end = at + text[at..].find(" s").unwrap_or(0);
        text.replace_range(at..end, " in …");
    }
    let lines = text.lines().map(|line| match line.trim_start().starts_with("\"seconds\"") {
        true => "  \"seconds\": …",
        false => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn sample(path: &str) -> String {
    root().join("samples").join(path).display().to_string()
}

fn messages(folder: &Folder) -> u64 {
    let ran = folder.run("domains --since all --format ndjson").go();
    let lines = ran.stdout();
    lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["messages"].as_u64().unwrap())
        .sum()
}

#[test]
fn an_empty_folder_a_wrong_path_and_holiday_photos_get_the_sentence_a_person_needs() {
    let folder = Folder::new();
    fs::create_dir(folder.path("empty")).unwrap();
    assert_snapshot!(shown(&folder.run("ingest empty").go()));
    assert_snapshot!(shown(&folder.run("ingest nowhere.mbox").go()));
    folder.write("photos/a.jpg", b"\xff\xd8\xff\xe0");
    assert_snapshot!(shown(&folder.run("ingest photos").go()));
    folder.write("photos/b.jpg", b"\xff\xd8\xff\xe1");
    assert_snapshot!(shown(&folder.run("ingest photos --reread").go()));
}

#[test]
fn a_second_run_says_that_nothing_is_new() {
    let folder = Folder::new();
    let report = sample("reports/rfc9990.xml");
    assert_snapshot!(shown(&folder.run_args(["--today", "2026-11-22", "ingest", &report]).go()));
    assert_snapshot!(shown(&folder.run_args(["-q", "ingest", &report, "--json"]).go()));
    assert_snapshot!(shown(&folder.run_args(["-q", "ingest", &report, "--reread", "--json"]).go()));
}

#[test]
fn what_is_rejected_is_listed_beside_what_was_usable() {
    let folder = Folder::new();
    folder.write("in/good.xml", fs::read(sample("reports/rfc7489.xml")).unwrap());
    folder.write("in/bad.xml", fs::read(sample("invalid/no-policy-domain.xml")).unwrap());
    folder.write("in/note.txt", "no report\n");
    symlink("nowhere", folder.path("in/dangling")).unwrap();
    assert_snapshot!(shown(&folder.run("--today 2026-11-22 -v ingest in").go()));
}

#[test]
fn a_file_over_a_limit_is_read_again_once_the_limit_is_raised() {
    let folder = Folder::new();
    let report = sample("reports/rfc7489.xml");
    let ran = folder.run_args(["ingest", "--max-input-bytes", "100", &report]).go();
    assert_eq!(ran.status(), Some(2), "{ran}");
    assert!(ran.stderr().contains("--max-input-bytes"), "{ran}");
    let ran = folder.run_args(["ingest", &report]).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    assert_eq!(messages(&folder), 127);
}

#[test]
fn standard_input_is_read_whatever_it_is() {
    for (path, messages_in_it) in [
        ("containers/report.xml", 55),
        ("containers/report.zip", 55),
        ("containers/multipart.eml", 55),
        ("containers/three-mails.mbox", 110),
        ("containers/report.tar.gz", 55),
    ] {
        let folder = Folder::new();
        let ran = folder.run("ingest -").stdin(&fs::read(sample(path)).unwrap()).go();
        assert_eq!(ran.status(), Some(0), "{path}: {ran}");
        assert_eq!(messages(&folder), messages_in_it, "{path}");
    }
    assert_snapshot!(Folder::new().run("ingest - a.xml").go());
}

#[test]
fn a_pipe_is_read_where_it_is_named_and_not_waited_for_in_a_folder() {
    let folder = Folder::new();
    let mails = fs::read(sample("containers/three-mails.mbox")).unwrap();
    let ran = folder.run("ingest /dev/stdin").stdin(&mails).go();
    assert_eq!((ran.status(), messages(&folder)), (Some(0), 110), "{ran}");
    folder.write("in/one.xml", fs::read(sample("reports/rfc7489.xml")).unwrap());
    assert!(Command::new("mkfifo").arg(folder.path("in/pipe")).status().unwrap().success());
    let ran = folder.run("ingest in").go();
    assert!(
        ran.status() == Some(3) && ran.stderr().contains("in/pipe: it is no file and no folder"),
        "{ran}"
    );
}

#[test]
fn links_are_followed_and_nothing_is_read_twice() {
    let folder = Folder::new();
    folder.write("in/deep/one.xml", fs::read(sample("reports/rfc7489.xml")).unwrap());
    symlink("..", folder.path("in/deep/up")).unwrap();
    symlink("deep/one.xml", folder.path("in/two.xml")).unwrap();
    fs::hard_link(folder.path("in/deep/one.xml"), folder.path("in/three.xml")).unwrap();
    let ran = folder.run("ingest in in in/deep --json").go();
    let did: serde_json::Value = serde_json::from_str(&ran.stdout()).unwrap();
    assert_eq!((&did["files"], &did["reports"]["new"]), (&1.into(), &1.into()), "{ran}");
    assert_eq!(did["reports"]["duplicate"], 0);
}

#[test]
fn what_strangers_write_controls_no_terminal() {
    let folder = Folder::new();
    folder.write("\u{1b}]52;c;aGk=\u{7}.xml", "<feedback>");
    fs::copy(sample("odd/control-characters.xml"), folder.path("odd.xml")).unwrap();
    for args in
        ["-v ingest .", "reports --since all", "sources --since all --by reporter", "notes", "reports show 1"]
    {
        let ran = folder.run(&format!("--color always {args}")).go();
        let text = ran.stdout() + &ran.stderr();
        assert!(!text.contains(['\u{7}', '\u{202e}']), "{args}: {text:?}");
        assert!(!text.contains("\u{1b}]") && !text.contains("\u{1b}[2J"), "{args}: {text:?}");
    }
}

#[test]
fn a_one_shot_answer_keeps_nothing() {
    let folder = Folder::new();
    let report = sample("reports/rfc7489.xml");
    let ran = folder.run_args(["--db", ":memory:", "--today", "2026-11-22", "ingest", &report]).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    assert!(ran.stdout().contains("127 messages"), "{ran}");
    assert!(!folder.database().exists() && !folder.path(":memory:").exists());
}

#[test]
fn a_database_that_can_not_be_written_is_named_with_the_reason() {
    let folder = Folder::new();
    let report = sample("reports/rfc7489.xml");
    folder.write("file", "not a folder");
    assert_snapshot!(folder.run_args(["--db", "file/x.db", "ingest", &report]).go());
    folder.write("other.db", "this is some other file of more than a hundred bytes, ".repeat(4));
    assert_snapshot!(folder.run_args(["--db", "other.db", "ingest", &report]).go());
}

#[test]
fn an_interruption_keeps_what_was_read_and_the_next_run_goes_on() {
    let folder = Folder::new();
    let mails = fs::read(sample("containers/three-mails.mbox")).unwrap();
    let mut child = folder
        .run("ingest -")
        .into_command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than is read at a time, so that messages are in hand while the pipe stays open.
    for _ in 0..200 {
        stdin.write_all(&mails).unwrap();
    }
    stdin.flush().unwrap();
    // The first message is stored once the database says so.
    while messages_or_none(&folder) == 0 {
        std::thread::yield_now();
    }
    let signalled = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted"), "{said}");
    drop(stdin);
    let ran = folder.run("ingest -").stdin(&mails).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    assert_eq!(messages(&folder), 110);
}

fn messages_or_none(folder: &Folder) -> u64 {
    match folder.database().exists() && folder.run("db info").go().status() == Some(0) {
        true => messages(folder),
        false => 0,
    }
}
