//! Several processes at one database.

use crate::model::Filter;
use std::sync::Barrier;
use std::thread;

use super::support::*;
use crate::store::{Added, Store};

#[test]
fn two_connections_in_turn() {
    let folder = Folder::new();
    let mut first = Store::open(&folder.file("a.db")).expect("opened");
    let mut second = Store::open(&folder.file("a.db")).expect("opened");
    let mut writers = [first.writer(BEGIN).expect("a writer"), second.writer(BEGIN).expect("a writer")];
    let mut samples = Vec::new();
    for number in 0..40_u8 {
        // Both meet the same new addresses and combinations, each first in turn.
        let mut one = record(1, 1);
        one.source = format!("2001:db8::{:x}", number / 2).parse().expect("an address");
        one.combination.envelope_to = Some(name(&format!("host{}.example", number / 3)));
        samples.push(sample(&number.to_string(), [one, record(number, 2)]));
    }
    for (number, sample) in samples.iter().enumerate() {
        let writer = &mut writers[number % 2];
        assert_eq!(sample.add(writer), Added::New);
        writer.commit().expect("committed");
    }
    drop(writers);
    let mut alone = memory();
    add_all(&mut alone, &samples);
    assert_eq!(dump(&first), dump(&alone));
    assert_sound(&second);
}

#[test]
fn two_ingests_at_once_both_succeed() {
    let folder = Folder::new();
    let location = folder.file("a.db");
    let barrier = Barrier::new(2);
    let samples: Vec<Sample> =
        (0..400).map(|number| sample(&number.to_string(), [record(number as u8, 1)])).collect();
    let new: usize = thread::scope(|scope| {
        let ingest = |samples: Vec<Sample>| {
            let (location, barrier) = (&location, &barrier);
            move || {
                let mut store = Store::open(location).expect("opened");
                let mut writer = store.writer(BEGIN).expect("a writer");
                barrier.wait();
                let mut new = 0;
                for sample in samples {
                    new += usize::from(sample.add(&mut writer) == Added::New);
                    if writer.pending() >= 20 {
                        writer.commit().expect("committed");
                    }
                }
                writer.commit().expect("committed");
                new
            }
        };
        let backwards = samples.iter().rev().cloned().collect();
        let threads = [scope.spawn(ingest(samples.clone())), scope.spawn(ingest(backwards))];
        threads.map(|thread| thread.join().expect("ended")).iter().sum()
    });
    assert_eq!(new, samples.len());
    let store = Store::open(&location).expect("opened");
    assert_eq!(store.domains(&Filter::default()).expect("read")[0].reports, 400);
    assert_sound(&store);
}

#[test]
fn a_reading_sees_one_moment() {
    let folder = Folder::new();
    let mut writing = Store::open(&folder.file("a.db")).expect("opened");
    let reading = Store::open(&folder.file("a.db")).expect("opened");
    add_all(&mut writing, &[sample("1", [record(1, 1), record(2, 1)]), sample("2", [record(3, 1)])]);
    let (mut rows, mut wrote) = (0, false);
    let mut visit = |row: &crate::model::TrafficRow| {
        if !std::mem::replace(&mut wrote, true) {
            add_all(&mut writing, &[sample("3", [record(4, 1)])]);
        }
        // A visitor may ask for more.
        reading.address(row.address).expect("read");
        rows += 1;
    };
    reading.traffic(&Filter::default(), &mut visit).expect("read");
    assert_eq!(rows, 3);
    assert_eq!(export(&reading).len(), 4);
}
