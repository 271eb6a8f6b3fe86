//! Judging a domain's DNS from a saved conversation: what `whosends check` takes besides waiting for answers.

#![expect(clippy::unwrap_used, reason = "a bench that can't be set up has to end")]

use criterion::{Criterion, criterion_group, criterion_main};
use whosends_core::dns::check::{Target, posture};
use whosends_core::dns::{Answers, DnsName, Inquiry};

/// A conversation about example.com.
const SAVED: &str = include_str!("../samples/zones/example.com.json");

fn check(criterion: &mut Criterion) {
    let answers = Answers::from_json(SAVED).unwrap();
    let target = Target::new(DnsName::from_dotted("example.com").unwrap(), Vec::new());
    let mut group = criterion.benchmark_group("check");
    group.bench_function("read a conversation", |bencher| {
        bencher.iter(|| Answers::from_json(SAVED).unwrap().len());
    });
    group.bench_function("posture", |bencher| {
        bencher.iter(|| posture(&Inquiry::new(&answers), &target).unwrap().findings.len());
    });
    group.finish();
}

criterion_group!(benches, check);
criterion_main!(benches);
