//! Megabytes of report text a second: small reports, and one large one as it is streamed.

mod support;

use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use whosends_core::error::Error;
use whosends_core::limits::Limits;
use whosends_core::model::Record;
use whosends_core::xml::{Ending, Sink, read_bytes, read_stream};

/// Takes records and forgets them.
struct Count(u64);

impl Sink for Count {
    fn record(&mut self, record: Record) -> ControlFlow<()> {
        self.0 += record.count;
        ControlFlow::Continue(())
    }

    fn document(&mut self, ending: Result<Ending, Error>) -> ControlFlow<()> {
        assert!(ending.is_ok());
        ControlFlow::Continue(())
    }
}

fn parse(criterion: &mut Criterion) {
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("parse");
    for (name, records) in [("2 records", 2), ("40 records", 40), ("2000 records", 2000)] {
        let text = support::text(1, records);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut count = Count(0);
                read_bytes(black_box(text.as_bytes()), &limits, &mut count);
                count.0
            });
        });
    }
    let text = support::text(1, 20_000);
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(20);
    group.bench_function("20000 records, streamed", |bencher| {
        bencher.iter(|| {
            let mut count = Count(0);
            read_stream(black_box(text.as_bytes()), &limits, &mut count);
            count.0
        });
    });
}

criterion_group!(benches, parse);
criterion_main!(benches);
