//! Reports a second from a folder of mails into a database, the whole way.

#![expect(clippy::unwrap_used, reason = "a bench that can't be set up has to end")]

mod support;

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use support::corpus::mail::{Kind, Mail};
use support::corpus::records_of;
use whosends_core::ingest::{Event, Input, Options, Progress, read};
use whosends_core::limits::Limits;
use whosends_core::store::{Ended, Incoming, Location, Store};

const MAILS: u64 = 1000;
/// Reports that are larger come in pieces, which would be another thing to time.
const LARGEST: u64 = 2000;

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("whosends-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for number in 0..MAILS {
        let path = folder.join(format!("{number}.eml"));
        let mail = Mail::new(1, number, records_of(1, number).min(LARGEST), Kind::First);
        fs::write(path, mail.bytes).unwrap();
    }
    folder
}

/// Reads everything into a database that is gone afterwards, and says how many reports there were.
fn ingest(input: &Input, store: &mut Store, workers: usize) -> u64 {
    let options = Options {
        limits: Limits::default(),
        workers,
        is_known: Arc::new(|_| false),
        progress: Arc::new(Progress::default()),
    };
    let mut writer = store.writer(support::FIRST).unwrap();
    let mut reports = 0;
    read(input, &options, &mut |event| {
        if let Event::Report(found) = event {
            let ended = Ended {
                header: &found.header,
                truncated: found.truncated,
                records_skipped: found.records_skipped,
                notes: &found.notes,
            };
            let incoming = Incoming { ending: ended, batch: &found.batch, origin: &found.origin };
            writer.add(&incoming).unwrap();
            reports += 1;
        }
        ControlFlow::Continue(())
    });
    writer.commit().unwrap();
    reports
}

fn mails(criterion: &mut Criterion) {
    let folder = folder();
    let input = Input::Paths(vec![folder.clone()]);
    let mut group = criterion.benchmark_group("ingest");
    group.throughput(Throughput::Elements(MAILS)).sample_size(10);
    for workers in [1, 2] {
        group.bench_function(format!("{MAILS} mails, {workers} workers"), |bencher| {
            bencher.iter_batched(
                || Store::open(&Location::Memory).unwrap(),
                |mut store| assert_eq!(ingest(&input, &mut store, workers), MAILS),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
    // A temporary folder that stays is no reason to fail.
    let _ = fs::remove_dir_all(folder);
}

criterion_group!(benches, mails);
criterion_main!(benches);
