//! Questions to a database of a million records: the busiest domain's last thirty days, and everything.

#![expect(clippy::unwrap_used, reason = "a bench that can't be set up has to end")]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use whosends_core::analysis::period;
use whosends_core::analysis::sources::{By, Collector, Names, Row};
use whosends_core::model::{Day, Notes, Origin, RecordBatch};
use whosends_core::store::{AddressId, CombinationId, Ended, Filter, Incoming, Location, Period, Store};

const RECORDS: usize = 1_000_000;

/// A database in memory with so many records, in reports of the sizes that occur.
fn database() -> Store {
    let mut store = Store::open(&Location::Memory).unwrap();
    let mut writer = store.writer(support::FIRST).unwrap();
    let (mut stored, mut number) = (0, 0);
    while stored < RECORDS {
        let batch: RecordBatch = support::records(number, support::records_of(number)).collect();
        let header = support::header(number);
        let (notes, origin) = (Notes::default(), Origin::default());
        let ending = Ended { header: &header, truncated: false, records_skipped: 0, notes: &notes };
        writer.add(&Incoming { ending, batch: &batch, origin: &origin }).unwrap();
        stored += batch.rows().len();
        number += 1;
    }
    writer.commit().unwrap();
    drop(writer);
    store
}

/// Who sends, grouped by network, as `whosends sources` asks it.
fn sources(store: &Store, filter: &Filter) -> usize {
    let mut collector = Collector::<AddressId, CombinationId>::new(By::Network);
    let mut add = |row: &whosends_core::store::TrafficRow| {
        collector.add(&Row {
            day: row.day,
            multi_day: row.multi_day,
            domain: row.domain,
            reporter: row.reporter,
            address: row.address,
            combination: row.combination,
            messages: row.messages,
        });
    };
    store.traffic(filter, &mut add).unwrap();
    let names = Names {
        domains: store.domain_names(collector.domains()).unwrap(),
        reporters: store
            .reporters(collector.reporters())
            .unwrap()
            .into_iter()
            .filter_map(|(id, reporter)| Some((id, reporter.name()?.into())))
            .collect(),
        combinations: store.combinations(collector.combinations()).unwrap(),
        addresses: store.addresses(collector.addresses()).unwrap(),
    };
    let found = collector.finish(period::Period::ALL, newest(), &names);
    found.domains.iter().map(|domain| domain.groups.len()).sum()
}

/// The last day of the made traffic.
fn newest() -> Day {
    Day::of(support::FIRST).plus(364)
}

fn query(criterion: &mut Criterion) {
    let store = database();
    let month = Filter {
        domain: Some("domain1.example".to_owned()),
        period: Period { from: Some(newest().plus(-29)), to: Some(newest()) },
    };
    let mut group = criterion.benchmark_group("query");
    group.sample_size(20);
    group.bench_function("sources, a domain's 30 days", |bencher| bencher.iter(|| sources(&store, &month)));
    group.bench_function("sources, a million records", |bencher| {
        bencher.iter(|| sources(&store, &Filter::default()));
    });
    group.bench_function("domains", |bencher| bencher.iter(|| store.domains(&month).unwrap().len()));
    group.bench_function("newest day", |bencher| bencher.iter(|| store.newest_day(None, newest()).unwrap()));
    group.finish();
}

criterion_group!(benches, query);
criterion_main!(benches);
