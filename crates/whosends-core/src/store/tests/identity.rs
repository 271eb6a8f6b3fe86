//! Which reports are one report, and which variants of it count.

use super::support::*;
use crate::model::Record;
use crate::store::{Added, Filter, ReportFilter};

#[test]
fn the_same_again_is_a_duplicate() {
    let mut store = memory();
    let report = sample("1", [record(1, 5), record(2, 7)]);
    let mut turned = report.clone();
    turned.records.reverse();
    turned.header.metadata.org_name = Some("Receiver.Example".into());
    let added = add_all(&mut store, &[report.clone(), report.clone()]);
    assert_eq!(added, [Added::New, Added::Duplicate]);
    assert_eq!(add_all(&mut store, &[report, turned]), [Added::Duplicate, Added::Duplicate]);
    let domains = store.domains(&Filter::default()).expect("read");
    assert_eq!((domains[0].reports, domains[0].records, domains[0].messages), (1, 2, 12));
    assert_eq!((domains[0].dmarc_pass, domains[0].dkim_pass, domains[0].spf_pass), (12, 12, 0));
    assert_eq!(export(&store).len(), 2);
    assert_sound(&store);
}

#[test]
fn each_part_of_the_identity_tells_reports_apart() {
    let mut store = memory();
    let report = sample("1", [record(1, 5)]);
    let mut others = vec![report.clone(); 6];
    others[0].header.metadata.report_id = None;
    others[1].header.metadata.org_name = Some("other.example".into());
    others[2].header.metadata.org_name = None;
    others[3].header.metadata.begin = None;
    others[4].header.metadata.end = Some(BEGIN + 86_400);
    others[5].header.policy.domain = name("example.org");
    for other in &others {
        assert_eq!(add_all(&mut store, std::slice::from_ref(other)), [Added::New]);
        // Null equals null.
        assert_eq!(add_all(&mut store, std::slice::from_ref(other)), [Added::Duplicate]);
    }
    assert_eq!(add_all(&mut store, &[report]), [Added::New]);
    assert_sound(&store);
}

/// Every order of three.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Adds the variants in every order, in one transaction or in one each, and asserts that the same addresses count.
fn assert_counts(variants: [&[Record]; 3], expected: &[u8]) {
    for order in ORDERS {
        for together in [true, false] {
            let mut store = memory();
            let samples: Vec<_> = order.iter().map(|&at| sample("1", variants[at].to_vec())).collect();
            if together {
                add_all(&mut store, &samples);
            } else {
                samples.iter().for_each(|one| drop(add_all(&mut store, std::slice::from_ref(one))));
            }
            let expected: Vec<String> = expected.iter().map(|last| format!("192.0.2.{last}")).collect();
            assert_eq!(messages(&store).into_keys().collect::<Vec<_>>(), expected, "{order:?}");
            assert_sound(&store);
        }
    }
}

#[test]
fn variants_without_a_shared_record_all_count() {
    let (a, b, c) = ([record(1, 1), record(2, 1)], [record(3, 1)], [record(4, 1), record(5, 1)]);
    assert_counts([&a, &b, &c], &[1, 2, 3, 4, 5]);
}

#[test]
fn of_variants_within_each_other_the_largest_counts() {
    let all = [record(1, 1), record(2, 1), record(3, 1)];
    assert_counts([&all[..1], &all[..2], &all], &[1, 2, 3]);
}

#[test]
fn of_overlapping_variants_the_one_with_more_records_counts() {
    let large = [record(1, 1), record(2, 1), record(3, 1)];
    let small = [record(3, 1), record(4, 1)];
    let apart = [record(5, 1)];
    assert_counts([&large, &small, &apart], &[1, 2, 3, 5]);
    // The middle one shares with both others: without it they count together.
    let (left, middle, right) =
        ([record(1, 1), record(2, 1), record(3, 1)], [record(3, 1), record(4, 1)], [record(4, 1)]);
    assert_counts([&left, &middle, &right], &[1, 2, 3, 4]);
}

#[test]
fn a_variant_that_does_not_count_is_kept_and_listed() {
    let mut store = memory();
    let small = sample("1", [record(1, 9)]);
    let large = sample("1", [record(1, 9), record(2, 1)]);
    let other = sample("2", [record(7, 1)]);
    assert_eq!(add_all(&mut store, &[small, large, other]), [Added::New, Added::Conflicting, Added::New]);
    let filter = ReportFilter { conflicting: true, ..ReportFilter::default() };
    let rows = store.reports(&filter).expect("read");
    let mut seen: Vec<_> = rows.iter().map(|row| (row.records, row.counts)).collect();
    seen.sort_unstable();
    assert_eq!(seen, [(1, false), (2, true)]);
    assert_eq!(store.info().expect("read").superseded, 1);
}

#[test]
fn a_truncated_copy_gives_way_whichever_comes_first() {
    let whole = sample("1", (1..9).map(|last| record(last, u64::from(last))));
    let mut alone = memory();
    add_all(&mut alone, std::slice::from_ref(&whole));
    for cut in 0..=8 {
        for [first, second] in [[whole.clone(), whole.cut(cut)], [whole.cut(cut), whole.clone()]] {
            let mut store = memory();
            assert_eq!(
                add_all(&mut store, &[first.clone(), second]),
                [Added::New, Added::Duplicate],
                "{cut}"
            );
            assert_eq!(dump(&store), dump(&alone), "{cut}");
            assert_eq!(add_all(&mut store, &[first, whole.cut(3)]), [Added::Duplicate, Added::Duplicate]);
            assert_sound(&store);
        }
    }
}

#[test]
fn of_two_truncated_copies_the_longer_stays() {
    let whole = sample("1", (1..9).map(|last| record(last, 1)));
    for order in [[2, 5], [5, 2]] {
        let mut store = memory();
        let added = add_all(&mut store, &order.map(|cut| whole.cut(cut)));
        assert_eq!(added, [Added::New, Added::Duplicate]);
        let rows = store.reports(&ReportFilter::default()).expect("read");
        assert_eq!((rows.len(), rows[0].records, rows[0].truncated), (1, 5, true));
        assert_sound(&store);
    }
}

#[test]
fn a_truncated_copy_never_counts_beside_a_whole_one() {
    let whole = sample("1", [record(1, 1)]);
    let strange = sample("1", [record(2, 1), record(3, 1)]).cut(2);
    for order in [[&whole, &strange], [&strange, &whole]] {
        let mut store = memory();
        assert_eq!(add_all(&mut store, &order.map(Clone::clone)), [Added::New, Added::Conflicting]);
        assert_eq!(messages(&store).into_keys().collect::<Vec<_>>(), ["192.0.2.1"]);
        assert_sound(&store);
    }
}

#[test]
fn a_record_that_stands_twice_is_two_records() {
    let whole = sample("1", [record(1, 1), record(2, 1)]);
    let twice = sample("1", [record(1, 1), record(1, 1)]).cut(2);
    let mut store = memory();
    assert_eq!(add_all(&mut store, &[whole, twice]), [Added::New, Added::Conflicting]);
}

/// Which variants count by the rule, over all at once.
fn counted_by_rule(variants: &[Sample]) -> usize {
    let mut order: Vec<&Sample> = variants.iter().collect();
    order.sort_by_key(|variant| (variant.truncated, std::cmp::Reverse(variant.records.len())));
    let mut counted: Vec<&Record> = Vec::new();
    for (at, variant) in order.iter().enumerate() {
        let apart = variant.records.iter().all(|record| !counted.contains(&record));
        if at == 0 || (!variant.truncated && apart) {
            counted.extend(&variant.records);
        }
    }
    counted.len()
}

#[test]
fn totals_never_depend_on_the_order_of_arrival() {
    let mut random = Random::new(7);
    for round in 0..80 {
        // Records of different lengths only, so that the rule needs no tie broken by hash.
        let mut lengths: Vec<usize> = (1..7).collect();
        random.shuffle(&mut lengths);
        let mut variants: Vec<Sample> = lengths[..4]
            .iter()
            .map(|&length| {
                let first = 1 + random.below(14) as u8;
                let whole = sample("1", (first..first + length as u8).map(|last| record(last, 1)));
                if random.below(3) == 0 { whole.cut(length) } else { whole }
            })
            .collect();
        let expected = counted_by_rule(&variants);
        let mut seen = None;
        for _ in 0..4 {
            random.shuffle(&mut variants);
            let mut store = memory();
            let commit_after = random.below(4) as usize;
            add_all(&mut store, &variants[..commit_after]);
            add_all(&mut store, &variants[commit_after..]);
            assert_sound(&store);
            assert_eq!(export(&store).len(), expected, "round {round}");
            let state = dump(&store);
            assert_eq!(*seen.get_or_insert_with(|| state.clone()), state, "round {round}");
        }
    }
}

#[test]
fn where_copies_came_from_is_kept() {
    let mut store = memory();
    let whole = sample("1", [record(1, 1), record(2, 1)]);
    let mut writer = store.writer(BEGIN).expect("a writer");
    let mut add = |sample: &Sample, place: &str| {
        let (batch, notes) = (sample.records.iter().cloned().collect(), crate::model::Notes::default());
        let origin = origin(place);
        let incoming =
            crate::store::Incoming { ending: sample.ended(&notes), batch: &batch, origin: &origin };
        writer.add(&incoming).expect("added");
    };
    add(&whole.cut(1), "cut.xml");
    add(&whole, "whole.xml");
    add(&whole, "whole.xml");
    for copy in 0..20 {
        add(&whole, &format!("copy-{copy}.xml"));
    }
    writer.commit().expect("committed");
    drop(writer);
    let id = store.reports(&ReportFilter::default()).expect("read")[0].id;
    let detail = store.report(id).expect("read").expect("found");
    let mut places: Vec<_> = detail.origins.iter().map(|origin| origin.origin.place.as_str()).collect();
    assert_eq!(places.len(), 8);
    places.sort_unstable();
    assert!(places.contains(&"cut.xml") && places.contains(&"whole.xml") && places.contains(&"copy-0.xml"));
    assert_eq!(places.iter().filter(|place| **place == "whole.xml").count(), 1);
}

#[test]
fn newer_reading_rules_replace_what_older_ones_stored() {
    let mut store = memory();
    let mut report = sample("1", [record(1, 5)]);
    add_all(&mut store, std::slice::from_ref(&report));
    store.connection.execute("UPDATE report SET parser_version = 0", []).expect("set back");
    report.header.metadata.generator = Some("one more field".into());
    assert_eq!(add_all(&mut store, std::slice::from_ref(&report)), [Added::Duplicate]);
    let id = store.reports(&ReportFilter::default()).expect("read")[0].id;
    let header = store.report(id).expect("read").expect("found").header;
    assert_eq!(header, report.header);
    assert_sound(&store);
}
