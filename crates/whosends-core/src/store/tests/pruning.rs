//! Old reports go and stay gone.

use super::support::*;
use crate::model::{Day, Filter};
use crate::store::{Added, Cutoff, Store};

/// A report that begins so many days after [`BEGIN`].
fn on_day(domain: &str, day: i64) -> Sample {
    let mut report = sample(&format!("{domain}-{day}"), [record(1, 1), record(2, 2)]);
    report.header.policy.domain = name(domain);
    report.header.metadata.begin = Some(BEGIN + day * 86_400);
    report.header.metadata.end = Some(BEGIN + day * 86_400 + 86_399);
    report
}

fn first() -> Day {
    Day::of(BEGIN)
}

fn reports(store: &Store) -> Vec<(String, u64)> {
    let domains = store.domains(&Filter::default()).expect("read");
    domains.into_iter().map(|domain| (domain.domain.to_string(), domain.reports)).collect()
}

#[test]
fn pruned_reports_are_not_taken_in_again() {
    let mut store = memory();
    let mut all: Vec<Sample> = (0..10).map(|day| on_day("example.com", day)).collect();
    let mut undated = on_day("example.com", 99);
    undated.header.metadata.begin = None;
    all.push(undated);
    add_all(&mut store, &all);
    let pruned = store.prune(first().plus(4), None).expect("pruned");
    assert_eq!((pruned.reports, pruned.records), (4, 8));
    assert_eq!(reports(&store), [("example.com".to_owned(), 7)]);
    assert_sound(&store);
    let added = add_all(&mut store, &all);
    assert_eq!(added[..4], [Added::Pruned; 4]);
    assert_eq!(added[4..], [Added::Duplicate; 7]);
    // A domain that was not known then is meant too.
    let others = [on_day("example.org", 3), on_day("example.org", 4)];
    assert_eq!(add_all(&mut store, &others), [Added::Pruned, Added::New]);
    // An earlier day later does not take the cut-off back.
    store.prune(first(), None).expect("pruned");
    assert_eq!(add_all(&mut store, &all[3..4]), [Added::Pruned]);
    assert_eq!(store.info().expect("read").cutoffs, [Cutoff { domain: None, before: first().plus(4) }]);
}

#[test]
fn one_domain_and_those_below_it() {
    let mut store = memory();
    let all = [on_day("example.com", 0), on_day("a.example.com", 0), on_day("notexample.com", 0)];
    add_all(&mut store, &all);
    assert_eq!(store.prune(first().plus(1), Some(&name("example.com"))).expect("pruned").reports, 2);
    assert_eq!(reports(&store), [("notexample.com".to_owned(), 1)]);
    let later = [on_day("b.example.com", 0), on_day("b.example.com", 1), on_day("example.org", 0)];
    assert_eq!(add_all(&mut store, &later), [Added::Pruned, Added::New, Added::New]);
    assert_sound(&store);
}

#[test]
fn the_file_gets_smaller() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file("a.db")).expect("opened");
    let reports: Vec<Sample> = (0..100)
        .map(|day| Sample {
            records: (0..400).map(|number| record(number as u8, number)).collect(),
            ..on_day("example.com", day)
        })
        .collect();
    add_all(&mut store, &reports);
    let before = store.info().expect("read").bytes;
    let pruned = store.prune(first().plus(90), None).expect("pruned");
    let info = store.info().expect("read");
    assert_eq!(pruned.reports, 90);
    assert_eq!(pruned.freed_bytes, before - info.bytes);
    assert!(info.bytes * 3 < before, "{} of {before}", info.bytes);
    assert_sound(&store);
    drop(store);
    let size = std::fs::metadata(folder.0.join("a.db")).expect("there").len();
    assert_eq!(size, info.bytes);
}

#[test]
fn what_only_pruned_reports_said_is_gone_and_comes_back_right() {
    let folder = Folder::new();
    let mut store = Store::open(&folder.file("a.db")).expect("opened");
    let mut other = Store::open(&folder.file("a.db")).expect("opened");
    let mut old = on_day("example.com", 0);
    for one in &mut old.records {
        one.source = "2001:db8::7".parse().expect("an address");
        one.combination.envelope_to = Some(name("secret.example"));
    }
    let mut writer = store.writer(BEGIN).expect("a writer");
    old.add(&mut writer);
    writer.commit().expect("committed");
    // Another process prunes while this one remembers ids.
    other.prune(first().plus(1), None).expect("pruned");
    for table in ["address", "combination", "profile", "reporter", "policy", "record", "origin", "traffic"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let left: i64 = other.connection.query_row(&sql, [], |row| row.get(0)).expect("read");
        assert_eq!(left, 0, "{table}");
    }
    let mut new = on_day("example.com", 5);
    new.records.clone_from(&old.records);
    assert_eq!(new.add(&mut writer), Added::New);
    writer.commit().expect("committed");
    drop(writer);
    assert_sound(&store);
    assert_eq!(export(&store)[0].source_ip.to_string(), "2001:db8::7");
}

#[test]
fn what_would_go_is_counted_and_a_cut_off_can_be_lifted() {
    let mut store = memory();
    let all: Vec<Sample> = (0..4).map(|day| on_day("example.com", day)).collect();
    add_all(&mut store, &all);
    let would = store.prunable(first().plus(2), None).expect("counted");
    assert_eq!((would.reports, would.records, would.freed_bytes), (2, 4, 0));
    assert_eq!(reports(&store), [("example.com".to_owned(), 4)]);
    store.prune(first().plus(2), None).expect("pruned");
    assert_eq!(store.lift_cutoff(Some(&name("example.com"))).expect("lifted"), None);
    assert_eq!(add_all(&mut store, &all[..1]), [Added::Pruned]);
    assert_eq!(store.lift_cutoff(None).expect("lifted"), Some(first().plus(2)));
    assert_eq!(store.lift_cutoff(None).expect("lifted"), None);
    assert_eq!(add_all(&mut store, &all[..1]), [Added::New]);
    assert_sound(&store);
}
