//! Makes the databases of `growth.py`: `--make FILE --records N`, or `--month N` for that many rows a month.
//!
//! The busiest domain has so many rows (one a reporter, address and combination) on each day of its past, as
//! `support::traffic` draws them. Whatever is left of the records goes to other domains. Days come one after the other,
//! as they do in the life of a database.

#![expect(clippy::unwrap_used, reason = "a bench that can't be set up has to end")]
#![expect(clippy::disallowed_methods, reason = "a benchmark asks the clock")]
#![expect(clippy::print_stdout, reason = "it tells `growth.py` what it did")]

mod support;

use std::path::PathBuf;
use std::time::Instant;

use support::Random;
use support::arguments::Arguments;
use support::traffic::{Drawn, combinations, header};
use whosends_core::model::{Combination, Notes, Origin, RecordBatch};
use whosends_core::store::{Ended, Incoming, Location, Store};

/// The last day, 2026-11-21, in Unix seconds.
const NEWEST: i64 = 1_795_219_200;
/// Records to a transaction, as the command line has them.
const TRANSACTION: u64 = 200_000;
/// Records to a report of the busiest domain, and of others.
const BUSY_REPORT: u64 = 167;
const REPORT: u64 = 12;
/// Rows a day of every other domain.
const OTHER: u64 = 300;
/// Addresses that mail of the busiest domain comes from.
const ADDRESSES: u64 = 35_000;

/// The shape of a database.
struct Shape {
    records: u64,
    days: u64,
    /// Rows a day of the busiest domain.
    busy: u64,
}

impl Shape {
    /// More records: more days, and more domains beside the busiest.
    fn of_records(records: u64) -> Self {
        let days = match records {
            0..1_000_000 => 15,
            1_000_000..10_000_000 => 100,
            10_000_000..100_000_000 => 400,
            _ => 1200,
        };
        Self { records, days, busy: 200_000 / 30 }
    }

    /// More rows a day of the busiest domain, for thirty days and nothing else.
    const fn of_month(rows: u64) -> Self {
        Self { records: rows, days: 30, busy: rows / 30 }
    }

    /// Rows a day of all other domains.
    const fn others(&self) -> u64 {
        (self.records / self.days).saturating_sub(self.busy)
    }
}

/// Everything a day of a domain holds.
struct Day<'a> {
    domain: &'a str,
    begin: i64,
    rows: u64,
    report: u64,
    base: u32,
    addresses: u64,
}

/// Writes reports and commits as the command line does.
struct Keeper<'s> {
    writer: whosends_core::store::Writer<'s>,
    random: Random,
    reports: u64,
    records: u64,
}

impl Keeper<'_> {
    fn day(&mut self, day: &Day<'_>, combinations: &[Combination]) {
        let mut left = day.rows;
        while left > 0 {
            let size = left.min(day.report);
            let records =
                (0..size).map(|_| Drawn::new(&mut self.random, day.addresses).record(combinations, day.base));
            let batch: RecordBatch = records.collect();
            let header = header(self.reports, day.domain, day.begin);
            let (notes, origin) = (Notes::default(), Origin::default());
            let ending = Ended { header: &header, truncated: false, records_skipped: 0, notes: &notes };
            self.writer.add(&Incoming { ending, batch: &batch, origin: &origin }).unwrap();
            if self.writer.pending() >= TRANSACTION {
                self.writer.commit().unwrap();
            }
            (self.reports, self.records, left) = (self.reports + 1, self.records + size, left - size);
        }
    }
}

fn make(path: PathBuf, shape: &Shape) {
    let mut store = Store::open(&Location::File(path)).unwrap();
    let writer = store.writer(NEWEST).unwrap();
    let mut keeper = Keeper { writer, random: Random(7), reports: 0, records: 0 };
    let busy = combinations("busy.example");
    let others: Vec<(String, Vec<Combination>)> = (0..shape.others().div_ceil(OTHER))
        .map(|number| format!("domain{number}.example"))
        .map(|domain| (domain.clone(), combinations(&domain)))
        .collect();
    let began = Instant::now();
    for age in (0..shape.days).rev() {
        let begin = NEWEST - age as i64 * 86_400;
        let addresses = ADDRESSES.max(shape.busy);
        let (domain, report) = ("busy.example", BUSY_REPORT);
        keeper.day(&Day { domain, begin, rows: shape.busy, report, base: 0x0600_0000, addresses }, &busy);
        let mut left = shape.others();
        for (at, (domain, combinations)) in others.iter().enumerate() {
            let (rows, base) = (left.min(OTHER), 0x0b00_0000 + (at as u32) * 0x1_0000);
            keeper.day(&Day { domain, begin, rows, report: REPORT, base, addresses: 500 }, combinations);
            left -= rows;
        }
    }
    keeper.writer.commit().unwrap();
    println!("{} {} {:.3}", keeper.records, keeper.reports, began.elapsed().as_secs_f64());
}

fn main() {
    let args = Arguments::read();
    let (Some(path), Some(shape)) = (
        args.value("--make"),
        args.number("--records").map(Shape::of_records).or(args.number("--month").map(Shape::of_month)),
    ) else {
        println!("benches/growth.py runs this");
        return;
    };
    make(path.into(), &shape);
}
