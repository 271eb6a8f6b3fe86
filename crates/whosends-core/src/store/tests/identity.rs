//! Which reports are one report, and which variants of it count.

use super::support::*;
use crate::model::words::{Disposition, Verdict};
use crate::model::{Combination, Filter, Reason, Record, Scope};
use crate::store::{Added, ReportFilter};

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

/// A record with one field set to something else.
fn with(last: u8, count: u64, set: impl FnOnce(&mut Combination)) -> Record {
    let mut record = record(last, count);
    set(&mut record.combination);
    record
}

#[test]
fn a_row_that_comes_again_is_never_added_to_itself() {
    let said = [
        ("another count", record(1, 7)),
        ("another verdict", with(1, 5, |said| said.dkim = Some(Verdict::Fail))),
        ("another disposition", with(1, 5, |said| said.disposition = Some(Disposition::Reject))),
        ("another return path", with(1, 5, |said| said.envelope_from = Some(name("other.example")))),
        ("a recipient that only one states", with(1, 5, |said| said.envelope_to = Some(name("to.example")))),
        ("no author that is stated", with(1, 5, |said| said.header_from = None)),
        ("a reason", with(1, 5, |said| said.reasons.push(Reason { kind: None, comment: Some("x".into()) }))),
    ];
    for (what, again) in said {
        let versions = [sample("1", [record(1, 5)]), sample("1", [again])];
        let most = versions.iter().map(|one| one.records[0].count).max();
        let mut seen = None;
        for order in [[0, 1], [1, 0]] {
            let mut store = memory();
            let added = add_all(&mut store, &order.map(|at: usize| versions[at].clone()));
            assert_eq!(added, [Added::New, Added::Conflicting], "{what}");
            assert_eq!(messages(&store).into_values().max(), most, "{what}");
            let state = dump(&store);
            assert_eq!(*seen.get_or_insert_with(|| state.clone()), state, "{what}");
            assert_sound(&store);
        }
    }
}

#[test]
fn rows_of_other_authors_or_recipients_add_up() {
    let to = |to: &str| with(1, 5, |said| said.envelope_to = Some(name(to)));
    let from = |from: &str| with(1, 5, |said| said.header_from = Some(name(from)));
    for (one, other) in [(to("a.example"), to("b.example")), (from("a.example"), from("b.example"))] {
        let mut store = memory();
        add_all(&mut store, &[sample("1", [one]), sample("1", [other])]);
        assert_eq!(messages(&store)["192.0.2.1"], 10);
        assert_sound(&store);
    }
}

#[test]
fn of_copies_with_the_same_records_the_better_is_kept() {
    let plain = sample("1", [record(1, 5)]);
    let mut bare = plain.clone();
    bare.header.policy.p = None;
    let damaged = Sample { damaged: true, ..plain.clone() };
    for worse in [bare, damaged, plain.cut(1)] {
        let mut alone = memory();
        add_all(&mut alone, std::slice::from_ref(&plain));
        for order in [[&plain, &worse], [&worse, &plain]] {
            let mut store = memory();
            assert_eq!(add_all(&mut store, &order.map(Clone::clone)), [Added::New, Added::Duplicate]);
            assert_eq!(dump(&store), dump(&alone));
            assert_sound(&store);
        }
    }
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
            assert_eq!(export(&store), export(&alone), "{cut}");
            assert_eq!(add_all(&mut store, &[first, whole.cut(3)]), [Added::Duplicate, Added::Duplicate]);
            assert_eq!(export(&store), export(&alone), "{cut}");
            assert_sound(&store);
        }
    }
}

#[test]
fn of_two_truncated_copies_the_longer_counts() {
    let whole = sample("1", (1..9).map(|last| record(last, 1)));
    for order in [[2, 5], [5, 2]] {
        let mut store = memory();
        let added = add_all(&mut store, &order.map(|cut| whole.cut(cut)));
        assert_eq!(added, [Added::New, Added::Duplicate]);
        assert_eq!(export(&store).len(), 5);
        assert_sound(&store);
    }
}

#[test]
fn a_report_without_rows_counts_only_alone() {
    let (empty, some) = (sample("1", []), sample("1", [record(1, 1)]).cut(1));
    for order in [[&empty, &some], [&some, &empty]] {
        let mut store = memory();
        add_all(&mut store, &order.map(Clone::clone));
        let domains = store.domains(&Filter::default()).expect("read");
        assert_eq!((domains[0].reports, domains[0].messages), (1, 1));
        assert_sound(&store);
    }
}

/// A version with rows of few sources, authors and recipients; cut, damaged or neither.
fn version(random: &mut Random) -> Sample {
    let name_of = |random: &mut Random, names: [&str; 3]| {
        Some(names[random.below(3) as usize]).filter(|text| !text.is_empty()).map(name)
    };
    let records: Vec<Record> = (0..random.below(4))
        .map(|_| {
            let mut record = record(1 + random.below(9) as u8, 1 + random.below(3));
            let said = &mut record.combination;
            said.header_from = name_of(random, ["example.com", "a.example.com", "example.com"]);
            said.envelope_to = name_of(random, ["", "b.example", "c.example"]);
            said.envelope_from = name_of(random, ["", "", "d.example"]);
            record
        })
        .collect();
    let whole = sample("1", records);
    Sample { truncated: random.below(4) == 0, damaged: random.below(4) == 0, ..whole }
}

/// Whether a row of one is a row of the other.
fn share(one: &Sample, other: &Sample) -> bool {
    let agree =
        |a: &Option<crate::model::Name>, b: &Option<crate::model::Name>| a.is_none() || b.is_none() || a == b;
    one.records.iter().any(|a| {
        other.records.iter().any(|b| {
            a.source == b.source
                && agree(&a.combination.header_from, &b.combination.header_from)
                && agree(&a.combination.envelope_to, &b.combination.envelope_to)
        })
    })
}

/// Which messages count by the rule, over all versions at once; `None` where the rule asks the hash.
fn counted_by_rule(versions: &[Sample]) -> Option<u64> {
    let rank = |one: &Sample| {
        let content = one.records.iter().cloned().collect::<crate::model::RecordBatch>().content();
        let messages: u64 = one.records.iter().map(|record| record.count).sum();
        let most = std::cmp::Reverse((messages, content.detail()));
        ((one.records.is_empty(), one.truncated, one.damaged, most), content.to_bytes())
    };
    let mut order: Vec<&Sample> = versions.iter().collect();
    order.sort_by_key(|one| rank(one));
    let tied = order.windows(2).any(|two| rank(two[0]).0 == rank(two[1]).0 && rank(two[0]) != rank(two[1]));
    let mut counted: Vec<&Sample> = Vec::new();
    for one in order {
        if counted.iter().all(|other| !share(one, other)) {
            counted.push(one);
        }
    }
    let sum = counted.iter().flat_map(|one| &one.records).map(|record| record.count).sum();
    (!tied).then_some(sum)
}

#[test]
fn totals_depend_on_nothing_but_the_set_of_reports() {
    let mut random = Random::new(7);
    let mut asked = 0;
    for round in 0..250 {
        let mut versions: Vec<Sample> = (0..2 + random.below(4)).map(|_| version(&mut random)).collect();
        // Of copies with the same records the better one stands for all.
        versions.sort_by_key(|one| (one.truncated, one.damaged));
        let mut different: Vec<Sample> = Vec::new();
        for one in &versions {
            let content =
                |one: &Sample| one.records.iter().cloned().collect::<crate::model::RecordBatch>().content();
            if different.iter().all(|other| content(other) != content(one)) {
                different.push(one.clone());
            }
        }
        let expected = counted_by_rule(&different);
        asked += usize::from(expected.is_some());
        let mut seen = None;
        for _ in 0..6 {
            random.shuffle(&mut versions);
            let mut store = memory();
            let (first, second) = versions.split_at(random.below(versions.len() as u64) as usize);
            for part in [first, second] {
                let mut writer = store.writer(BEGIN).expect("a writer");
                for one in part {
                    if random.below(2) == 0 {
                        one.add(&mut writer)
                    } else {
                        one.stream(&mut writer)
                    };
                }
                writer.commit().expect("committed");
            }
            assert_sound(&store);
            let sum = messages(&store).into_values().sum::<u64>();
            assert!(
                expected.is_none_or(|expected| expected == sum),
                "round {round}: {sum}, not {expected:?}"
            );
            let mut state: Vec<_> = dump(&store).lines().map(str::to_owned).collect();
            state.sort_unstable();
            assert_eq!(*seen.get_or_insert_with(|| state.clone()), state, "round {round}");
        }
    }
    assert!(asked > 100, "{asked}");
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
    let rows = store.reports(&ReportFilter::default()).expect("read");
    let places = |counts: bool| {
        let id = rows.iter().find(|row| row.counts == counts).expect("listed").id;
        let detail = store.report(&Scope::All, id).expect("read").expect("found");
        detail.origins.into_iter().map(|origin| origin.origin.place).collect::<Vec<_>>()
    };
    assert_eq!(places(false), ["cut.xml"]);
    let copies = places(true);
    assert_eq!(copies.len(), 8);
    assert!(copies.contains(&"whole.xml".to_owned()) && copies.contains(&"copy-0.xml".to_owned()));
    assert_eq!(copies.iter().filter(|place| *place == "whole.xml").count(), 1);
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
    let header = store.report(&Scope::All, id).expect("read").expect("found").header;
    assert_eq!(header, report.header);
    assert_sound(&store);
}

#[test]
fn what_older_rules_read_from_the_same_place_is_replaced() {
    // Newer rules may also read less: what older ones took for a row need not have been one.
    let (old, new) = (sample("1", [record(1, 5), record(2, 500)]), sample("1", [record(1, 5)]));
    let mut store = memory();
    add_all(&mut store, &[old, sample("2", [record(3, 1)])]);
    store.connection.execute("UPDATE report SET parser_version = 0", []).expect("set back");
    assert_eq!(add_all(&mut store, &[new]), [Added::Duplicate]);
    assert_eq!(messages(&store).into_values().collect::<Vec<_>>(), [5, 1]);
    assert_eq!(store.info().expect("read").superseded, 0);
    assert_sound(&store);
}
