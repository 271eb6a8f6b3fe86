//! Damage is found, and ends what it is in the way of.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::support::*;
use crate::model::words::{Disposition, OverrideType};
use crate::model::{Day, DkimAuth, Reason};
use crate::store::{Location, Store};

/// A database with something in each table that reports fill.
fn fill(path: &Path) {
    let mut store = Store::open(&Location::File(path.to_owned())).expect("made");
    let reports = (0..12_u8).map(|number| {
        let mut report =
            sample(&number.to_string(), (1..6).map(|last| record(last, u64::from(last + number))));
        report.damaged = number % 5 == 0;
        let said = &mut report.records[0].combination;
        said.disposition = Some(Disposition::Reject);
        said.envelope_to = Some(name(&format!("to{number}.example")));
        said.reasons.push(Reason { kind: Some(OverrideType::Forwarded), comment: Some("a list".into()) });
        let signature = DkimAuth {
            domain: Some(name("example.com")),
            selector: Some("s1".into()),
            result: None,
            human_result: None,
        };
        said.auth_dkim.push(signature);
        report.records[1].source = format!("2001:db8::{number:x}").parse().expect("an address");
        report.header.metadata.errors.push("a question failed".into());
        report
    });
    let versions = [sample("0", [record(1, 900)]), sample("0", [record(99, 1)])];
    add_all(&mut store, &reports.chain(versions).collect::<Vec<_>>());
    assert_sound(&store);
}

/// The database with a change by hand, and what `check` says of it.
fn damaged(path: &Path, sql: &str) -> Vec<String> {
    let copy = path.with_extension("copy");
    fs::copy(path, &copy).expect("copied");
    let connection = Connection::open(&copy).expect("opened");
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    drop(connection);
    Store::open_existing(&Location::File(copy)).expect("opened").check().expect("checked")
}

#[test]
fn whatever_is_changed_behind_its_back_is_found() {
    let folder = Folder::new();
    let path = folder.0.join("a.db");
    fill(&path);
    for sql in [
        "DROP VIEW v_records",
        "DROP INDEX report_by_day; CREATE INDEX report_by_day ON report (domain, day, identity)",
        "DROP INDEX report_superseded",
        "DROP TABLE conversation",
        "DELETE FROM meta",
        "CREATE TRIGGER strange AFTER INSERT ON report BEGIN DELETE FROM decision; END",
        "UPDATE profile SET auth = '{' WHERE id = 1",
        "UPDATE profile SET reasons = '[{}]' WHERE id = 1",
        "UPDATE profile SET header_from = 'example.net' WHERE id = 1",
        "UPDATE profile SET dkim = 'fail'",
        "UPDATE combination SET envelope_to = 'other.example' WHERE envelope_to = 'to3.example'",
        "UPDATE policy SET p = 'reject'",
        "UPDATE reporter SET email = NULL",
        "UPDATE address SET text = '2001:db8::ffff' WHERE id = 2147483648",
        "UPDATE report SET report_id = CAST(x'ff' AS TEXT) WHERE id = 1",
        "UPDATE report SET report_id = 'other' WHERE id = 2",
        "UPDATE report SET errors = '[' WHERE id = 2",
        "UPDATE report SET \"begin\" = \"begin\" + 86400 WHERE id = 2",
        "UPDATE report SET detail = detail + 1 WHERE id = 3",
        "UPDATE report SET damaged = 1 - damaged WHERE id = 3",
        "UPDATE report SET records_skipped = 7 WHERE id = 3",
        "UPDATE report SET multi_day = 1 WHERE id = 3",
        "UPDATE report SET counts = 1 - counts WHERE report_id = '0'",
        "UPDATE record SET count = count + 1 WHERE id = 1; UPDATE record SET count = count - 1 WHERE id = 2",
        "UPDATE record SET address = address + 1 WHERE id = 3",
        "UPDATE note SET raw = CAST(x'c3' AS TEXT)",
        "UPDATE origin SET place = CAST(x'ff' AS TEXT)",
        "DELETE FROM reporter",
        "DELETE FROM traffic",
        "UPDATE domain_day SET dkim_pass = 0",
    ] {
        let problems = damaged(&path, sql);
        assert!(!problems.is_empty(), "{sql}");
        assert!(problems.iter().all(|problem| !problem.contains(char::is_control)), "{problems:?}");
    }
    // What owners add for themselves is none of it.
    let own = "CREATE VIEW mine AS SELECT 1; CREATE INDEX mine_too ON report (report_id); ANALYZE";
    assert_eq!(damaged(&path, own), Vec::<String>::new());
}

#[test]
fn a_byte_that_changed_is_found_or_changes_no_answer() {
    let folder = Folder::new();
    let path = folder.0.join("a.db");
    fill(&path);
    let sound = dump(&Store::open_existing(&Location::File(path.clone())).expect("opened"));
    let bytes = fs::read(&path).expect("read");
    let mut random = Random::new(5);
    let (mut found, mut harmless) = (0, 0);
    for round in 0..150 {
        let mut bytes = bytes.clone();
        for _ in 0..=random.below(3) {
            // Half of them where there is something.
            let mut at = random.below(bytes.len() as u64) as usize;
            if round % 2 == 0 {
                at = (at..bytes.len()).find(|&at| bytes[at] != 0).unwrap_or(at);
            }
            bytes[at] ^= 1 << random.below(8);
        }
        let hurt = folder.0.join("hurt.db");
        fs::write(&hurt, &bytes).expect("written");
        let Ok(mut store) = Store::open_existing(&Location::File(hurt.clone())) else {
            found += 1;
            continue;
        };
        match store.check() {
            Ok(problems) if problems.is_empty() => {
                harmless += 1;
                assert_eq!(dump(&store), sound, "round {round}");
            }
            _ => found += 1,
        }
        // Whatever it says, it ends.
        let _ = store.prune(Day::of(BEGIN).plus(2), None);
        drop(store);
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(folder.0.join(format!("hurt.db{end}")));
        }
    }
    assert!(found > 30 && harmless > 10, "{found} found, {harmless} harmless");
}

#[test]
fn pruning_ends_where_an_index_names_what_is_not_there() {
    let folder = Folder::new();
    let path = folder.0.join("a.db");
    fill(&path);
    let connection = Connection::open(&path).expect("opened");
    let index: (i64, String) = connection
        .query_row("SELECT rootpage, sql FROM sqlite_schema WHERE name = 'report_by_day'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("read");
    connection
        .execute_batch("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'report_by_day'")
        .expect("hidden");
    drop(connection);
    let connection = Connection::open(&path).expect("opened");
    connection
        .execute_batch("DELETE FROM report WHERE id = 3; PRAGMA writable_schema = ON")
        .expect("removed");
    let sql = "INSERT INTO sqlite_schema VALUES ('index', 'report_by_day', 'report', ?1, ?2)";
    connection.execute(sql, rusqlite::params![index.0, index.1]).expect("shown again");
    drop(connection);
    let mut store = Store::open_existing(&Location::File(path)).expect("opened");
    let error = store.prune(Day::of(BEGIN).plus(2), None).expect_err("refused");
    assert!(error.to_string().contains("damaged"), "{error}");
    assert!(!store.check().expect("checked").is_empty());
}
