//! Full disks, impossible sums, sudden ends.

use std::fs;

use super::support::*;
use crate::error::ErrorKind;
use crate::model::{Filter, Notes, Record, RecordBatch};
use crate::store::{Added, Ended, Incoming, Store};

fn large(id: &str) -> Sample {
    sample(id, (0..20_000).map(|number| record(number as u8, number)))
}

#[test]
fn a_full_disk_leaves_whole_reports_only() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file("a.db")).expect("opened");
    let small = sample("1", [record(1, 1)]);
    add_all(&mut store, std::slice::from_ref(&small));
    let state = dump(&store);
    store.connection.execute_batch("PRAGMA max_page_count = 80").expect("set");
    for streamed in [false, true] {
        let mut writer = store.writer(BEGIN).expect("a writer");
        assert_eq!(sample("2", [record(2, 1)]).add(&mut writer), Added::New);
        let big = large("3");
        let batch: RecordBatch = big.records.iter().cloned().collect();
        let notes = Notes::default();
        let ending = big.ended(&notes);
        let error = if streamed {
            writer.large_begin().expect("begun");
            let error = writer.large_records(&batch).expect_err("full");
            // What follows an error says so too instead of keeping half a report.
            writer.large_records(&batch).expect_err("broken");
            writer.large_end(&ending, &origin("a")).expect_err("broken");
            error
        } else {
            let added = writer.add(&Incoming { ending, batch: &batch, origin: &origin("a") });
            added.and_then(|_| writer.commit()).expect_err("full")
        };
        assert_eq!(error.kind(), ErrorKind::DiskFull, "{error}");
        assert!(error.to_string().contains("a.db"), "{error}");
        assert_eq!(writer.pending(), 0);
        // Nothing since the last commit is kept, and nothing more comes of it.
        writer.commit().expect("nothing to do");
        drop(writer);
        assert_eq!(dump(&store), state);
        assert_sound(&store);
    }
    // With room again the same writer's store goes on.
    store.connection.execute_batch("PRAGMA max_page_count = 100000").expect("set");
    assert_eq!(add_all(&mut store, &[small, large("3")]), [Added::Duplicate, Added::New]);
    assert_sound(&store);
}

#[test]
fn what_is_not_committed_is_lost_with_the_writer() {
    let mut store = memory();
    let mut writer = store.writer(BEGIN).expect("a writer");
    sample("1", [record(1, 1)]).add(&mut writer);
    drop(writer);
    assert_eq!(export(&store).len(), 0);
    assert_eq!(add_all(&mut store, &[sample("1", [record(1, 1)])]), [Added::New]);
    assert_sound(&store);
}

#[test]
fn a_killed_process_leaves_whole_reports_only() {
    let folder = Folder::new();
    let copy = Folder::new();
    let mut store = Store::open(&folder.file("a.db")).expect("opened");
    add_all(&mut store, &[sample("1", [record(1, 1)])]);
    // So little memory that uncommitted pages reach the log.
    store.connection.execute_batch("PRAGMA cache_size = 10").expect("set");
    let state = dump(&store);
    let mut writer = store.writer(BEGIN).expect("a writer");
    for number in 2..12 {
        large(&number.to_string()).add(&mut writer);
    }
    // What another process would find if this one ended here.
    for name in ["a.db", "a.db-wal"] {
        fs::copy(folder.0.join(name), copy.0.join(name)).expect("copied");
    }
    assert!(fs::metadata(copy.0.join("a.db-wal")).expect("there").len() > 1 << 20);
    let mut found = Store::open(&copy.file("a.db")).expect("opened");
    assert_eq!(dump(&found), state);
    assert_sound(&found);
    assert_eq!(add_all(&mut found, &[large("2")]), [Added::New]);
    assert_sound(&found);
}

#[test]
fn counts_that_add_up_to_more_than_there_are_numbers() {
    let mut store = memory();
    let huge = [record(1, u64::MAX), record(2, i64::MAX as u64), record(3, i64::MAX as u64)];
    let other = sample("2", huge.iter().map(|one| Record { count: i64::MAX as u64, ..one.clone() }));
    let cut = other.cut(2);
    let whole = sample("1", huge);
    assert_eq!(add_all(&mut store, &[cut, whole.clone(), other]), [Added::New, Added::New, Added::Duplicate]);
    assert_eq!(add_all(&mut store, &[whole]), [Added::Duplicate]);
    let most = i64::MAX as u64;
    let domains = store.domains(&Filter::default()).expect("read");
    assert!(domains[0].messages >= most && domains[0].dkim_pass >= most);
    assert_eq!(domains[0].spf_pass, 0);
    assert_eq!(store.info().expect("read").messages, most);
    for view in ["v_records", "v_reports", "v_sources_daily", "v_domains_daily"] {
        let sql = format!("SELECT count(*) FROM (SELECT * FROM {view})");
        let rows: i64 = store.connection.query_row(&sql, [], |row| row.get(0)).expect("no overflow");
        assert!(rows > 0, "{view}");
    }
    let sql = "SELECT max(messages) FROM v_sources_daily";
    let sum: i64 = store.connection.query_row(sql, [], |row| row.get(0)).expect("no overflow");
    assert_eq!(sum, i64::MAX);
    let mut rows = 0;
    store.traffic(&Filter::default(), |_| rows += 1).expect("read");
    assert_eq!(rows, 6);
    assert_sound(&store);
}

#[test]
fn days_at_the_ends_of_time() {
    let mut store = memory();
    for (id, begin) in [("1", i64::MIN), ("2", i64::MAX), ("3", -1)] {
        let mut report = sample(id, [record(1, 1)]);
        report.header.metadata.begin = Some(begin);
        report.header.metadata.end = Some(i64::MAX);
        assert_eq!(add_all(&mut store, &[report.clone(), report]), [Added::New, Added::Duplicate]);
    }
    let domains = store.domains(&Filter::default()).expect("read");
    assert_eq!((domains[0].reports, domains[0].undated_reports), (3, 0));
    assert_eq!(export(&store).len(), 3);
    store.connection.query_row("SELECT count(day) FROM v_sources_daily", [], |_| Ok(())).expect("read");
    assert_sound(&store);
}

#[test]
fn a_reporter_that_calls_everything_by_one_name() {
    // No id and no period: all reports are variants of one. Many of them at once, half of them cut.
    let mut store = memory();
    let mut writer = store.writer(BEGIN).expect("a writer");
    let notes = Notes::default();
    for number in 0..500_u32 {
        let mut report = sample("1", [record(1, 1), record(2, u64::from(number) + 2)]);
        report.header.metadata.report_id = None;
        report.header.metadata.begin = None;
        let batch: RecordBatch = report.records.iter().cloned().collect();
        let ending = Ended { truncated: number % 2 == 0, ..report.ended(&notes) };
        writer.add(&Incoming { ending, batch: &batch, origin: &origin("a") }).expect("added");
    }
    writer.commit().expect("committed");
    drop(writer);
    assert_eq!(export(&store).len(), 2);
    assert_sound(&store);
}
