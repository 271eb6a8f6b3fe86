//! Whatever comes in whatever order and way, what is held in the end is the same.

use std::collections::BTreeMap;

use super::support::*;
use crate::model::{Day, Filter, Record};
use crate::store::Store;

const DAY: i64 = 86_400;

/// Reports of few identities, so that most have several variants: cut, overlapping, disjoint and equal ones.
fn reports(random: &mut Random) -> Vec<Sample> {
    let identities: Vec<Sample> = (0..4).map(|number| identity(random, number)).collect();
    let mut reports: Vec<Sample> = (0..14)
        .map(|_| {
            let identity = &identities[random.below(4) as usize];
            let (first, length) = (random.below(12) as u8, random.below(7) as usize);
            let records: Vec<Record> =
                (0..length as u8).map(|at| record(first + at % 5, 1 + u64::from(at % 5))).collect();
            let whole = Sample { records, ..identity.clone() };
            if random.below(3) == 0 { whole.cut(random.below(length as u64 + 1) as usize) } else { whole }
        })
        .collect();
    let again: Vec<Sample> = (0..4).map(|_| reports[random.below(14) as usize].clone()).collect();
    reports.extend(again);
    reports
}

/// A report without records, of one of two domains, on one of three days, of many, or of none.
fn identity(random: &mut Random, number: u64) -> Sample {
    let mut report = sample(&number.to_string(), []);
    report.header.policy.domain = name(["example.com", "a.example.com"][random.below(2) as usize]);
    let metadata = &mut report.header.metadata;
    let day = random.below(4) as i64;
    metadata.begin = (day < 3).then_some(BEGIN + day * DAY);
    metadata.end = metadata.begin.map(|begin| begin + DAY * (1 + random.below(3) as i64));
    if random.below(4) == 0 {
        (metadata.org_name, metadata.report_id) = (None, None);
    }
    report
}

/// Takes reports in one way or another, some of them streamed, and prunes before a day at some time.
fn take(reports: &[Sample], before: Day, random: &mut Random) -> Store {
    let mut store = memory();
    let (mut left, mut pruned) = (reports, false);
    while !left.is_empty() || !pruned {
        let (now, later) = left.split_at(random.below(left.len() as u64 + 1) as usize);
        let mut writer = store.writer(BEGIN).expect("a writer");
        for report in now {
            match random.below(2) {
                0 => report.add(&mut writer),
                _ => report.stream(&mut writer),
            };
        }
        writer.commit().expect("committed");
        drop(writer);
        if !pruned && random.below(2) == 0 {
            store.prune(before, None).expect("pruned");
            pruned = true;
        }
        left = later;
    }
    store
}

/// Messages by domain, as the export has them.
fn exported(store: &Store) -> BTreeMap<String, (u64, u64)> {
    let mut sums = BTreeMap::new();
    for record in export(store) {
        let (records, messages) = sums.entry(record.report.policy.domain.to_string()).or_default();
        *records += 1;
        *messages += record.count;
    }
    sums
}

fn summed(store: &Store) -> BTreeMap<String, (u64, u64)> {
    let domains = store.domains(&Filter::default()).expect("read").into_iter();
    let sums = domains.map(|domain| (domain.domain.to_string(), (domain.records, domain.messages)));
    sums.filter(|(_, (records, _))| *records > 0).collect()
}

/// The lines of [`dump`], sorted: the records of a report stand as the first copy held them.
fn state(store: &Store) -> Vec<String> {
    let mut lines: Vec<String> = dump(store).lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn neither_order_nor_way_nor_pruning_between_changes_what_is_held() {
    let mut random = Random::new(11);
    for round in 0..60 {
        let mut reports = reports(&mut random);
        let before = Day::of(BEGIN).plus(random.below(3) as i64);
        let mut seen = None;
        for _ in 0..5 {
            random.shuffle(&mut reports);
            let store = take(&reports, before, &mut random);
            assert_sound(&store);
            assert_eq!(summed(&store), exported(&store), "round {round}");
            let state = state(&store);
            assert_eq!(*seen.get_or_insert_with(|| state.clone()), state, "round {round}");
        }
    }
}
