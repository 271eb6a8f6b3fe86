//! `db runs`: what was refused is remembered until it is read or settled.

use std::fs;

use serde_json::Value;

use crate::support::Folder;
use crate::support::run::Ran;

const GOOD: &str = "<feedback><report_metadata><org_name>receiver.example</org_name><report_id>1</report_id>\
     <date_range><begin>1795219200</begin><end>1795305599</end></date_range></report_metadata>\
     <policy_published><domain>example.com</domain><p>none</p></policy_published><record><row>\
     <source_ip>192.0.2.1</source_ip><count>5</count></row><identifiers><header_from>example.com</header_from>\
     </identifiers></record></feedback>";
const BAD: &str = "<feedback><report_metadata><org_name>receiver.example</org_name>";

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout()).unwrap_or_else(|error| panic!("{error}: {ran}"))
}

fn rejected(folder: &Folder) -> Vec<String> {
    let listed = json(&folder.run("db runs --rejected --json").go());
    listed["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["place"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_was_refused_counts_until_it_is_settled() {
    let folder = Folder::new();
    folder.write("in/good.xml", GOOD);
    folder.write("in/bad.xml", BAD);
    let first = folder.run("ingest in --json").go();
    assert_eq!((first.status(), json(&first)["still_rejected"].as_array().map(Vec::len)), (Some(3), Some(0)));
    for _ in 0..2 {
        let again = folder.run("ingest in --json").go();
        let did = json(&again);
        assert_eq!((again.status(), &did["skipped_unchanged"]), (Some(3), &2.into()), "{again}");
        assert_eq!(did["reports"]["rejected"], 0);
        let still = &did["still_rejected"][0];
        assert_eq!(still["place"], "in/bad.xml:1");
        assert_eq!(
            (&still["kind"], &still["reason"]),
            (&json(&first)["rejected"][0]["kind"], &json(&first)["rejected"][0]["reason"])
        );
    }
    let told = folder.run("ingest in").go();
    assert!(told.stderr().contains("Still rejected in unchanged files: 1 input;"), "{told}");
    let listed = folder.run("db runs --rejected").go();
    assert!(listed.stdout().starts_with("in/bad.xml:1\n  "), "{listed}");
    // Other files are not the same files.
    assert_eq!(folder.run("ingest in/good.xml").go().status(), Some(0));
    assert_eq!(folder.run("db runs --forget in/ba").go().status(), Some(2));
    let forgotten = folder.run("db runs --forget in --json").go();
    assert_eq!((forgotten.status(), &json(&forgotten)["forgotten"]), (Some(0), &1.into()));
    assert_eq!(folder.run("ingest in").go().status(), Some(0));
    assert_eq!(rejected(&folder), [""; 0]);
    assert_eq!(folder.run("db check").go().status(), Some(0));
}

#[test]
fn a_file_that_changed_is_judged_anew() {
    let folder = Folder::new();
    folder.write("in/a.xml", BAD);
    assert_eq!(folder.run("ingest in").go().status(), Some(2));
    // Nothing of use was in it then, and nothing is now.
    assert_eq!(folder.run("ingest in").go().status(), Some(2));
    folder.write("in/a.xml", GOOD);
    assert_eq!(folder.run("ingest in").go().status(), Some(0));
    assert_eq!(rejected(&folder), [""; 0]);
    folder.write("in/a.xml", BAD);
    assert_eq!(folder.run("ingest in").go().status(), Some(2));
    assert_eq!(folder.run("db runs --forget in/a.xml").go().status(), Some(0));
    assert_eq!(folder.run("ingest in").go().status(), Some(0));
}

#[test]
fn a_run_without_anything_of_use_ends_so_again() {
    let folder = Folder::new();
    folder.write("photos/IMG_1.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01");
    for _ in 0..2 {
        let ran = folder.run("ingest photos").go();
        assert_eq!((ran.status(), ran.stdout().as_str()), (Some(2), ""), "{ran}");
    }
    folder.write("photos/report.xml", GOOD);
    assert_eq!(folder.run("ingest photos").go().status(), Some(0));
    assert_eq!(folder.run("ingest photos").go().status(), Some(0));
}

#[test]
fn what_is_inside_a_mailbox_is_settled_piece_by_piece() {
    let folder = Folder::new();
    let mail = |number: u32, body: &str| {
        format!(
            "From a@b.example Mon Nov 23 00:00:0{number} 2026\nFrom: a@b.example\nMIME-Version: 1.0\n\
             Content-Type: application/xml; name=\"r{number}.xml\"\n\n{body}\n\n"
        )
    };
    folder.write("in.mbox", mail(1, BAD) + &mail(2, GOOD) + &mail(3, BAD));
    assert_eq!(folder.run("ingest in.mbox").go().status(), Some(3));
    let places = rejected(&folder);
    assert_eq!(places.len(), 2, "{places:?}");
    for place in &places {
        assert_eq!(folder.run("ingest in.mbox").go().status(), Some(3));
        let forget = ["db", "runs", "--forget", place];
        assert_eq!(folder.run_args(forget).go().status(), Some(0));
    }
    assert_eq!(folder.run("ingest in.mbox").go().status(), Some(0));
}

#[test]
fn a_path_that_could_not_be_opened_is_listed_until_it_can() {
    let folder = Folder::new();
    folder.write("in/good.xml", GOOD);
    assert_eq!(folder.run("ingest in later.xml").go().status(), Some(3));
    assert_eq!(rejected(&folder), ["later.xml"]);
    assert_eq!(folder.run("ingest in").go().status(), Some(0));
    folder.write("later.xml", GOOD);
    assert_eq!(folder.run("ingest later.xml").go().status(), Some(0));
    assert_eq!(rejected(&folder), [""; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_to_be_read_is_named_and_not_taken_for_read() {
    let folder = Folder::new();
    folder.write("in/good.xml", GOOD);
    for _ in 0..2 {
        // A regular file whose first byte can't be read.
        let ran = folder.run("ingest --json in /proc/self/mem").go();
        let did = json(&ran);
        assert_eq!(ran.status(), Some(3), "{ran}");
        assert_eq!(did["rejected"][0]["place"], "/proc/self/mem");
        assert_eq!(did["rejected"][0]["kind"], "unreadable");
    }
    assert_eq!(rejected(&folder), ["/proc/self/mem"]);
}

#[test]
fn every_run_is_listed_with_how_it_ended() {
    let folder = Folder::new();
    folder.write("in/good.xml", GOOD);
    for path in ["in", "in", "nowhere"] {
        folder.run_args(["ingest", path]).go();
    }
    let database = rusqlite::Connection::open(folder.database()).unwrap();
    database.execute("INSERT INTO run (began_at, inputs) VALUES (1795348800, '[\"killed\"]')", []).unwrap();
    drop(database);
    let listed = json(&folder.run("db runs --json").go());
    let runs = listed["runs"].as_array().unwrap();
    let of = |key: &str| runs.iter().map(|run| run[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("outcome"), [Value::Null, "nothing".into(), "fine".into(), "fine".into()]);
    assert_eq!(of("skipped_unchanged"), [0, 0, 1, 0]);
    assert_eq!(runs[3]["reports"]["new"], 1);
    assert_eq!(runs[3]["inputs"][0], "in");
    let table = folder.run("db runs --limit 1").go().stdout();
    assert!(table.contains("not ended") && table.lines().count() == 2, "{table}");
    fs::remove_file(folder.path("in/good.xml")).unwrap();
}
