//! `ingest`: the exit status and the sentence for each way a run can end.

use std::fs;

use serde_json::Value;

use crate::support::{Folder, root};

fn sound() -> Vec<u8> {
    let folder = fs::read_dir(root().join("samples/reports")).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    fs::read(files.iter().find(|path| path.extension().is_some_and(|end| end == "xml")).unwrap()).unwrap()
}

#[test]
fn a_mailbox_is_answered_with_who_sends() {
    let folder = Folder::new();
    let mailbox = root().join("samples/mailbox");
    let ran = folder.run_args(["--today", "2026-11-22", "ingest", mailbox.to_str().unwrap()]).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    assert!(ran.stdout().starts_with("3 domains   30 days to 2026-11-21 UTC"), "{ran}");
    assert!(ran.stderr().contains("Reports: 840 new, 2 duplicate."), "{ran}");
    let full = folder.run_args(["--today", "2026-11-22", "ingest", "--full", mailbox.to_str().unwrap()]).go();
    assert!(full.stdout().starts_with("example.com   p=none   30 days to "), "{full}");
    let sources = folder.run("--today 2026-11-22 sources").go();
    assert_eq!(sources.stdout(), full.stdout());
}

#[test]
fn what_was_read_before_is_fine_and_changes_nothing() {
    let folder = Folder::new();
    folder.write("in/report.xml", sound());
    assert_eq!(folder.run("ingest in").go().status(), Some(0));
    let before = folder.run("export").go().stdout();
    for again in ["ingest in", "ingest in --reread"] {
        let ran = folder.run(again).go();
        assert_eq!(ran.status(), Some(0), "{ran}");
        assert_eq!(folder.run("export").go().stdout(), before);
    }
}

#[test]
fn stdin_is_read_and_memory_keeps_nothing() {
    let folder = Folder::new();
    let ran = folder.run("--db :memory: ingest -").stdin(&sound()).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    assert!(ran.stdout().contains("MESSAGES"), "{ran}");
    assert!(!folder.database().exists());
}

#[test]
fn nothing_usable_is_status_2_and_a_sentence() {
    let folder = Folder::new();
    fs::create_dir(folder.path("empty")).unwrap();
    folder.write("photos/IMG_1.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01");
    for (args, says) in
        [("ingest empty", "empty"), ("ingest photos", "photos"), ("ingest nowhere", "nowhere")]
    {
        let ran = folder.run(args).go();
        assert_eq!((ran.status(), ran.stdout().as_str()), (Some(2), ""), "{ran}");
        assert!(ran.stderr().contains("error: ") && ran.stderr().contains(says), "{ran}");
    }
    let ran = folder.run("ingest photos --reread --json").go();
    let object: Value = serde_json::from_str(&ran.stdout()).unwrap();
    assert_eq!((ran.status(), &object["other"]["not_a_report"]), (Some(2), &1.into()));
}

#[test]
fn something_rejected_beside_something_usable_is_status_3_and_listed() {
    let folder = Folder::new();
    folder.write("in/good.xml", sound());
    folder.write("in/bad\u{202e}.xml", "<feedback><report_metadata><org_name>x</org_name>");
    let ran = folder.run("ingest in").go();
    assert_eq!(ran.status(), Some(3), "{ran}");
    assert!(ran.stderr().contains(r"bad\u{202e}.xml"), "{ran}");
    let json = folder.run("ingest in --reread --json").go();
    let object: Value = serde_json::from_str(&json.stdout()).unwrap();
    assert_eq!((json.status(), &object["reports"]["duplicate"]), (Some(3), &1.into()));
    assert_eq!(object["rejected"].as_array().unwrap().len(), 1);
}

#[test]
fn a_limit_is_named_with_the_flag_that_raises_it() {
    let folder = Folder::new();
    folder.write("in/report.xml", sound());
    let ran = folder.run("ingest in --max-input-bytes 100").go();
    assert_eq!(ran.status(), Some(2), "{ran}");
    assert!(ran.stderr().contains("--max-input-bytes"), "{ran}");
    folder.write("c.toml", "[limits]\nmax-input-bytes = \"100\"\n");
    assert_eq!(folder.run("--config c.toml ingest in --reread").go().status(), Some(2));
    assert_eq!(
        folder.run("--config c.toml ingest in --reread --max-input-bytes 1MiB").go().status(),
        Some(0)
    );
}
