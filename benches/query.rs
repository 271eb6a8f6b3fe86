//! Questions to a database of a million records: the busiest domain's last thirty days, and everything.

#![expect(clippy::unwrap_used, reason = "a bench that can't be set up has to end")]

mod support;

use std::collections::HashMap;

use criterion::{Criterion, criterion_group, criterion_main};
use support::Random;
use support::corpus::records_of;
use support::traffic::{Drawn, combinations, header};
use whosends_core::analysis::attribution::{BySender, Intake, Knowledge};
use whosends_core::analysis::sources::{By, Collector, Names};
use whosends_core::answers::QUARTER;
use whosends_core::model::period;
use whosends_core::model::{Day, Domains, Filter, Name, Notes, Origin, Period, RecordBatch, Scope};
use whosends_core::senders::{Catalogue, Ranges};
use whosends_core::store::{Ended, Incoming, Location, Store};

const RECORDS: usize = 1_000_000;
const DAYS: u64 = 365;
const ADDRESSES: u64 = 35_000;

/// A database in memory with so many records of ten domains, in reports of the sizes that occur.
fn database() -> Store {
    let mut store = Store::open(&Location::Memory).unwrap();
    let mut writer = store.writer(support::FIRST).unwrap();
    let names: Vec<String> = (0..10).map(|number| format!("domain{number}.example")).collect();
    let domains: Vec<_> = names.iter().map(|name| (name, combinations(name))).collect();
    let (mut stored, mut number) = (0, 0);
    while stored < RECORDS {
        let mut random = Random::of(1, number, 0);
        let (domain, combinations) = &domains[random.below(10) as usize];
        let batch: RecordBatch = (0..records_of(1, number))
            .map(|_| Drawn::new(&mut random, ADDRESSES).record(combinations, 0x0600_0000))
            .collect();
        let header = header(number, domain, support::FIRST + random.below(DAYS) as i64 * 86_400);
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
    let mut collector = Collector::new(By::Network);
    store.traffic(filter, |row| collector.add(row)).unwrap();
    let names = Names {
        domains: store.domain_names(collector.domains()).unwrap(),
        reporters: reporters(store, collector.reporters()),
        combinations: store.combinations(collector.combinations()).unwrap(),
        addresses: store.addresses(collector.addresses()).unwrap(),
    };
    let found = collector.finish(period::Period::ALL, newest(), &names);
    found.domains.iter().map(|domain| domain.groups.len()).sum()
}

/// Who sends, by name, as `whosends sources` asks it.
fn senders(store: &Store, catalogue: &Catalogue, period: period::Period) -> usize {
    let read = |days| {
        let mut intake = Intake::default();
        store.traffic(&Filter { domains: Domains::ALL, period: days }, |row| intake.add(row)).unwrap();
        let ledger = intake.finish();
        let names = Names {
            domains: store.domain_names(ledger.domains()).unwrap(),
            reporters: reporters(store, ledger.reporters()),
            combinations: store.combinations(ledger.combinations()).unwrap(),
            addresses: store.addresses(ledger.addresses()).unwrap(),
        };
        (ledger, names)
    };
    let (recent, known) = read(Period::ending(newest(), QUARTER));
    let (ledger, names) = read(period);
    let domains = store.policy_domains(&Scope::All).unwrap();
    let (ranges, facts) = (Ranges::default(), HashMap::new());
    let knowledge = Knowledge {
        catalogue,
        ranges: &ranges,
        facts: &facts,
        own_dns: &[],
        domains: &domains,
        decisions: &[],
    };
    let mut sums = BySender::new(&names, period, ledger.first_day(), newest());
    let learned = recent.learn(&known, &knowledge, &store.newest_days(newest()).unwrap());
    ledger.judge(&names, &knowledge, &learned, &mut |judged| sums.add(judged));
    sums.finish().domains.iter().map(|domain| domain.senders.len()).sum()
}

fn reporters(store: &Store, ids: Vec<u32>) -> HashMap<u32, Box<str>> {
    let found = store.reporters(ids).unwrap().into_iter();
    found.filter_map(|(id, reporter)| Some((id, reporter.name()?.into()))).collect()
}

/// The last day of the made traffic.
fn newest() -> Day {
    Day::of(support::FIRST).plus(DAYS as i64 - 1)
}

fn query(criterion: &mut Criterion) {
    let store = database();
    let month = Filter {
        domains: Domains::asked(Name::from_stated("domain1.example")),
        period: Period { from: Some(newest().plus(-29)), to: Some(newest()) },
    };
    let mut group = criterion.benchmark_group("query");
    group.sample_size(20);
    group.bench_function("sources, a domain's 30 days", |bencher| bencher.iter(|| sources(&store, &month)));
    group.bench_function("sources, a million records", |bencher| {
        bencher.iter(|| sources(&store, &Filter::default()));
    });
    let catalogue = Catalogue::built_in().unwrap();
    let thirty = period::Period { from: month.period.from, to: month.period.to };
    group.bench_function("senders, 30 days", |bencher| bencher.iter(|| senders(&store, &catalogue, thirty)));
    group.bench_function("senders, a million records", |bencher| {
        bencher.iter(|| senders(&store, &catalogue, period::Period::ALL));
    });
    group.bench_function("domains", |bencher| bencher.iter(|| store.domains(&month).unwrap().len()));
    group.bench_function("newest day", |bencher| {
        bencher.iter(|| store.newest_day(&Domains::ALL, newest()).unwrap())
    });
    group.finish();
}

criterion_group!(benches, query);
criterion_main!(benches);
