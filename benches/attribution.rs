//! Naming senders, apart from any database: a month of a busy domain, kept in memory.
//!
//! The first three are the steps that the last one takes together: combinations and addresses are read and judged in
//! pairs, rows are grouped and groups judged, and everything is summed by sender as `whosends sources` shows it.

#![expect(clippy::unwrap_used, reason = "a bench that can't be set up has to end")]

mod support;

use std::collections::HashMap;
use std::net::IpAddr;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use support::Random;
use support::traffic::{Drawn, REPORTERS, combinations, reporter};
use whosends_core::analysis::attribution::{BySender, Intake, Knowledge};
use whosends_core::analysis::sources::Names;
use whosends_core::model::Period;
use whosends_core::model::{AddressId, Combination, CombinationId, Day, Name, TrafficRow};
use whosends_core::senders::{
    AddressFacts, Book, Catalogue, GroupContext, GroupJudge, Groups, Owner, PairKey, Ranges, Traffic,
};

const ROWS: u64 = 200_000;
const DAYS: u64 = 30;
const ADDRESSES: u64 = 35_000;
const DOMAIN: &str = "busy.example";
/// The number that stands for it.
const ID: u32 = 1;

/// Rows, and what their numbers stand for.
struct Month {
    rows: Vec<TrafficRow>,
    names: Names,
    newest: Day,
}

impl Month {
    fn new() -> Self {
        let (mut random, first) = (Random::of(1, 0, 0), Day::of(support::FIRST));
        let mut addresses = HashMap::new();
        let mut rows: Vec<_> = (0..ROWS)
            .map(|at| {
                let drawn = Drawn::new(&mut random, ADDRESSES);
                addresses.insert(AddressId::new(drawn.host as i64), drawn.address(0x0600_0000));
                TrafficRow {
                    day: Some(first.plus((at * DAYS / ROWS) as i64)),
                    multi_day: false,
                    domain: ID,
                    reporter: random.below(REPORTERS) as u32,
                    address: AddressId::new(drawn.host as i64),
                    combination: CombinationId::new(drawn.combination as i64),
                    messages: drawn.messages,
                }
            })
            .collect();
        // As a database gives them: by ranges of addresses, each of which holds some 32,000 rows.
        rows.sort_by_key(|row| (row.address.number() / 5600, row.day, row.reporter));
        let names = Names {
            domains: HashMap::from([(ID, Name::from_stated(DOMAIN).unwrap())]),
            reporters: (0..REPORTERS).map(|id| (id as u32, reporter(id).into())).collect(),
            combinations: (0..).map(CombinationId::new).zip(combinations(DOMAIN)).collect(),
            addresses,
        };
        Self { rows, names, newest: first.plus(DAYS as i64 - 1) }
    }

    /// Each pair of a combination and an address once.
    fn pairs(&self) -> Vec<(CombinationId, AddressId)> {
        let mut pairs: Vec<_> = self.rows.iter().map(|row| (row.combination, row.address)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }
}

fn owner() -> Owner {
    let mut owner = Owner::default();
    owner.add_domain(DOMAIN);
    owner
}

/// Reads combinations and addresses, and judges the pairs.
fn judge<'a>(book: &mut Book<'a>, names: &Names, pairs: &[(CombinationId, AddressId)]) -> Vec<PairKey> {
    let combinations: HashMap<_, _> = names
        .combinations
        .iter()
        .map(|(&id, said): (_, &Combination)| (id, book.combination(said)))
        .collect();
    let read = |(&id, &address): (&AddressId, &IpAddr)| (id, book.address(&AddressFacts::bare(address)));
    let addresses: HashMap<_, _> = names.addresses.iter().map(read).collect();
    pairs
        .iter()
        .map(|(combination, address)| book.pair(combinations[combination], addresses[address]))
        .collect()
}

/// Groups rows, judges the groups, and says how many there are.
fn group(book: &Book<'_>, rows: &[Traffic]) -> usize {
    let mut groups = Groups::new(GroupContext::default());
    for alike in rows.chunk_by(|one, next| one.pair == next.pair) {
        groups.add_all(book, alike[0].pair, alike[0].domain, &alike.iter().copied());
    }
    let judge = GroupJudge::new(&groups, book);
    let classes: Vec<_> = groups.all().iter().map(|&(key, _)| judge.judge(key).class).collect();
    classes.len()
}

/// Everything from rows to sums by sender.
fn by_sender(month: &Month, catalogue: &Catalogue, ranges: &Ranges) -> usize {
    let period = Period { from: month.rows[0].day, to: Some(month.newest) };
    let mut intake = Intake::default();
    month.rows.iter().for_each(|row| intake.add(row));
    let ledger = intake.finish();
    let (facts, domains) = (HashMap::new(), [Name::from_stated(DOMAIN).unwrap()]);
    let knowledge =
        Knowledge { catalogue, ranges, facts: &facts, own_dns: &[], domains: &domains, decisions: &[] };
    let mut sums = BySender::new(&month.names, period, ledger.first_day(), month.newest);
    let learned = ledger.learn(&month.names, &knowledge, &HashMap::from([(ID, month.newest)]));
    ledger.judge(&month.names, &knowledge, &learned, &mut |judged| sums.add(judged));
    sums.finish().domains.iter().map(|domain| domain.senders.len()).sum()
}

fn attribution(criterion: &mut Criterion) {
    let (month, catalogue, ranges) = (Month::new(), Catalogue::built_in().unwrap(), Ranges::default());
    let pairs = month.pairs();
    let mut group_of_benches = criterion.benchmark_group("attribution");
    group_of_benches.sample_size(20);

    group_of_benches.bench_function("read the catalogue", |bencher| {
        bencher.iter(|| Catalogue::built_in().unwrap());
    });
    group_of_benches.throughput(Throughput::Elements(pairs.len() as u64));
    group_of_benches.bench_function("read and judge pairs", |bencher| {
        bencher.iter(|| {
            let mut book = Book::new(&catalogue, &ranges, owner());
            judge(&mut book, &month.names, &pairs).len()
        });
    });

    let mut book = Book::new(&catalogue, &ranges, owner());
    let keys: HashMap<_, _> = pairs.iter().zip(judge(&mut book, &month.names, &pairs)).collect();
    let traffic = month.rows.iter().map(|row| Traffic {
        pair: keys[&(row.combination, row.address)],
        domain: row.domain,
        reporter: row.reporter,
        day: row.day,
        messages: row.messages,
    });
    let mut traffic: Vec<_> = traffic.collect();
    // Groups take the rows of a pair together.
    traffic.sort_by_key(|row| row.pair);
    group_of_benches.throughput(Throughput::Elements(ROWS));
    group_of_benches.bench_function("group rows and judge groups", |bencher| {
        bencher.iter(|| group(&book, &traffic));
    });
    group_of_benches.bench_function("rows to sums by sender", |bencher| {
        bencher.iter(|| by_sender(&month, &catalogue, &ranges));
    });
    group_of_benches.finish();
}

criterion_group!(benches, attribution);
criterion_main!(benches);
