//! Reports written while they are read.

use super::support::*;
use crate::model::{Filter, Notes, Record, RecordBatch};
use crate::store::Added;

/// Records with addresses and combinations that only they have.
fn unusual(seed: u8) -> Vec<Record> {
    (0..10)
        .map(|number| {
            let mut one = record(number, 3);
            one.source = format!("2001:db8::{seed:x}:{number:x}").parse().expect("an address");
            one.combination.envelope_from = Some(name(&format!("host{seed}-{number}.example")));
            one
        })
        .collect()
}

#[test]
fn it_makes_no_difference_whether_a_report_is_streamed() {
    let mut random = Random::new(11);
    for _ in 0..40 {
        let samples: Vec<Sample> = (0..8)
            .map(|_| {
                let first = 1 + random.below(6) as u8;
                let length = 1 + random.below(6) as usize;
                let id = random.below(2).to_string();
                let whole = sample(&id, (first..first + length as u8).map(|last| record(last, 1)));
                if random.below(3) == 0 { whole.cut(length) } else { whole }
            })
            .collect();
        let (mut whole, mut streamed) = (memory(), memory());
        let added = add_all(&mut whole, &samples);
        let mut writer = streamed.writer(BEGIN).expect("a writer");
        let same: Vec<Added> = samples
            .iter()
            .enumerate()
            .map(|(at, one)| if at % 3 == 0 { one.add(&mut writer) } else { one.stream(&mut writer) })
            .collect();
        writer.commit().expect("committed");
        drop(writer);
        assert_eq!(added, same);
        assert_eq!(dump(&whole), dump(&streamed));
        assert_sound(&streamed);
    }
}

#[test]
fn a_streamed_duplicate_leaves_nothing_and_ids_stay_right() {
    let mut store = memory();
    let report = sample("1", unusual(1));
    let mut pruned = sample("old", unusual(2));
    pruned.header.metadata.begin = Some(0);
    store.prune(crate::model::Day(10), None).expect("pruned");
    let mut writer = store.writer(BEGIN).expect("a writer");
    assert_eq!(report.stream(&mut writer), Added::New);
    assert_eq!(report.stream(&mut writer), Added::Duplicate);
    // Its addresses and combinations are new, and undone with it.
    assert_eq!(pruned.stream(&mut writer), Added::Pruned);
    let later = sample("2", unusual(3));
    assert_eq!(later.add(&mut writer), Added::New);
    let again = sample("3", unusual(2));
    assert_eq!(again.add(&mut writer), Added::New);
    writer.commit().expect("committed");
    drop(writer);
    assert_sound(&store);
    let mut expected = memory();
    add_all(&mut expected, &[report, later, again]);
    assert_eq!(dump(&store), dump(&expected));
}

#[test]
fn a_forgotten_large_report_leaves_nothing() {
    let mut store = memory();
    let kept = sample("1", [record(1, 1)]);
    let mut writer = store.writer(BEGIN).expect("a writer");
    assert_eq!(kept.add(&mut writer), Added::New);
    let pending = writer.pending();
    let batch: RecordBatch = unusual(1).into_iter().collect();
    writer.large_begin().expect("begun");
    writer.large_records(&batch).expect("written");
    // Nothing may come between its records, nor end the transaction before they have a report.
    assert!(writer.commit().is_err() && writer.large_begin().is_err());
    writer.large_records(&batch).expect("still in hand");
    writer.large_forget().expect("forgotten");
    assert_eq!(writer.pending(), pending);
    writer.large_records(&batch).expect_err("none in hand");
    assert_eq!(sample("2", unusual(1)).add(&mut writer), Added::New);
    writer.commit().expect("committed");
    drop(writer);
    assert_sound(&store);
    assert_eq!(export(&store).len(), 11);
}

#[test]
fn a_stream_may_hold_no_record() {
    let mut store = memory();
    let mut writer = store.writer(BEGIN).expect("a writer");
    let empty = sample("1", []);
    let notes = Notes::default();
    writer.large_begin().expect("begun");
    assert_eq!(writer.large_end(&empty.ended(&notes), &origin("a")).expect("kept"), Added::New);
    writer.commit().expect("committed");
    drop(writer);
    let domains = store.domains(&Filter::default()).expect("read");
    assert_eq!((domains[0].reports, domains[0].records), (1, 0));
    assert_sound(&store);
}
