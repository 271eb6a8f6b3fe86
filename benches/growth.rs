//! Makes the databases of `growth.py`: `--make FILE --records N`, or `--month N` for that many rows a month.
//!
//! The busiest domain has so many rows (one a reporter, address and combination) on each day of its past, and six
//! of ten of its addresses send for services that the catalogue knows. Whatever is left of the records
//! goes to other domains. Days come one after the other, as they do in the life of a database.

#![expect(clippy::unwrap_used, reason = "a bench that can't be set up has to end")]
#![expect(clippy::disallowed_methods, reason = "a benchmark asks the clock")]
#![expect(clippy::print_stdout, reason = "it tells `growth.py` what it did")]

mod support;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Instant;

use support::Random;
use whosends_core::model::words::{Disposition, DkimResult, SpfResult, Verdict};
use whosends_core::model::{
    Combination, DkimAuth, Header, Name, Notes, Origin, Record, RecordBatch, SpfAuth,
};
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

/// What sends: the domain that signs, its selector, and the domain of the envelope.
const SENDERS: [(&str, &str, &str); 6] = [
    ("sendgrid.net", "smtpapi", "sendgrid.net"),
    ("amazonses.com", "224i4yxa5dv7c2xz3womw6peuasteono", "amazonses.com"),
    ("mcsv.net", "k1", "mail1.mcsv.net"),
    ("forwarder.example", "default", "forwarder.example"),
    ("stranger.example", "s1", "stranger.example"),
    ("", "", "bounce.example.net"),
];

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

/// The combinations of a domain: each sender, passing and failing, signed with one of a few keys.
fn combinations(domain: &str) -> Vec<Combination> {
    let own = Name::from_stated(domain);
    let mut all = Vec::new();
    for (at, (signer, selector, envelope)) in SENDERS.into_iter().enumerate() {
        for key in 0..10 {
            let pass = at < 3 && key < 9;
            let verdict = Some(if pass { Verdict::Pass } else { Verdict::Fail });
            let sign = |domain: &str, selector: String, pass: bool| DkimAuth {
                domain: Name::from_stated(domain),
                selector: Some(selector),
                result: Some(if pass { DkimResult::Pass } else { DkimResult::Fail }),
                human_result: None,
            };
            let mut auth_dkim = vec![sign(domain, format!("k{key}"), pass)];
            if !signer.is_empty() {
                auth_dkim.push(sign(signer, selector.to_owned(), true));
            }
            all.push(Combination {
                disposition: Some(Disposition::None),
                dkim: verdict,
                spf: Some(Verdict::Fail),
                header_from: own.clone(),
                auth_dkim,
                auth_spf: vec![SpfAuth {
                    domain: Name::from_stated(envelope),
                    scope: None,
                    result: Some(SpfResult::Pass),
                    human_result: None,
                }],
                ..Combination::default()
            });
        }
    }
    all
}

/// A record whose address says who sends: the same address has the same sender every day.
fn record(random: &mut Random, combinations: &[Combination], base: u32, addresses: u64) -> Record {
    let host = random.below(addresses);
    let sender = if host % 10 < 6 { host / 10 % 3 } else { 3 + host % 3 };
    // Most servers sign with one key.
    let key = if random.below(20) == 0 { random.below(10) } else { host / 30 % 10 };
    let said = &combinations[(sender * 10 + key) as usize];
    Record {
        source: IpAddr::V4(Ipv4Addr::from_bits(base + (host * 37) as u32)),
        count: 1 + random.below(40),
        combination: said.clone(),
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
            let records = (0..size).map(|_| record(&mut self.random, combinations, day.base, day.addresses));
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

fn header(number: u64, domain: &str, begin: i64) -> Header {
    let mut header = support::header(number);
    header.policy.domain = Name::from_stated(domain).unwrap();
    header.metadata.org_name = Some(format!("receiver{}.example", number % 40));
    header.metadata.begin = Some(begin);
    header.metadata.end = Some(begin + 86_399);
    header
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
    let args: Vec<String> = std::env::args().collect();
    let value = |flag: &str| {
        let at = args.iter().position(|arg| arg == flag)?;
        args.get(at + 1)
    };
    let number = |flag| value(flag).map(|text| text.parse::<u64>().unwrap());
    let (Some(path), Some(shape)) = (
        value("--make"),
        number("--records").map(Shape::of_records).or(number("--month").map(Shape::of_month)),
    ) else {
        println!("benches/growth.py runs this");
        return;
    };
    make(path.into(), &shape);
}
