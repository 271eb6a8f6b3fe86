//! What holds of the sums by sender, whatever the traffic is.

use std::collections::HashMap;

use super::*;
use crate::analysis::sources::Names;
use crate::model::Period;
use crate::model::id::by_place;
use crate::model::{AddressId, Combination, CombinationId, Day, Name, TrafficRow};
use crate::senders::testing::{Scene, catalogue};
use crate::senders::{Class, Decision, Learner, Ranges, SourceKey};

const NEWEST: Day = Day(20_500);

/// A small generator of numbers, so that a failure can be run again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        // Knuth's constants for a linear congruence of 64 bits; the low bits are weak.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len() as u64) as usize]
    }
}

const SIGNATURES: &[&str] = &[
    "",
    "example.com/s1=pass",
    "example.com/s9=fail",
    "sendgrid.net/smtpapi=pass;example.com/s1=pass",
    "sendgrid.net/smtpapi=pass",
    "mailchimpapp.net/k2=pass",
    "groups.io/a=pass;example.com/google=fail",
    "stranger.example/a=pass",
];
const ENVELOPES: &[&str] = &[
    "",
    "example.com=pass",
    "example.com=fail",
    "sendgrid.net=pass",
    "club.example.net=pass",
    "mcsv.net=pass",
];

struct Stored {
    combinations: Vec<Combination>,
    addresses: Vec<std::net::IpAddr>,
    rows: Vec<TrafficRow>,
}

fn traffic(numbers: &mut Numbers) -> Stored {
    let combinations = (0..12).map(|_| {
        let verdicts = (numbers.below(2) == 0, numbers.below(3) == 0);
        Scene::new(verdicts, numbers.pick(SIGNATURES), numbers.pick(ENVELOPES)).combination
    });
    let combinations = combinations.collect();
    let addresses = (0..10_u8).map(|n| [192, 0, n % 3, n].into()).collect();
    let rows = (0..400).map(|_| TrafficRow {
        day: (numbers.below(50) > 0).then(|| NEWEST.plus(-(numbers.below(60) as i64))),
        multi_day: numbers.below(9) == 0,
        domain: 1 + numbers.below(2) as u32,
        reporter: 1 + numbers.below(3) as u32,
        address: AddressId::new(numbers.below(10) as i64),
        combination: CombinationId::new(numbers.below(12) as i64),
        messages: numbers.below(40),
    });
    Stored { rows: rows.collect(), combinations, addresses }
}

impl Stored {
    fn senders(&self, period: Period, decisions: &[MadeDecision]) -> Senders {
        let ledger = taken(&self.rows, period);
        let name = |text| Name::from_stated(text).unwrap();
        let names = Names {
            domains: HashMap::from([(1, name("example.com")), (2, name("example.net"))]),
            reporters: (1..4).map(|id| (id, format!("Receiver {id}").into())).collect(),
            combinations: by_place(&self.combinations, CombinationId::new),
            addresses: by_place(&self.addresses, AddressId::new),
        };
        let (ranges, domains) = (Ranges::default(), [name("example.com"), name("example.net")]);
        let knowledge = Knowledge {
            catalogue: catalogue(),
            ranges: &ranges,
            facts: &HashMap::new(),
            own_dns: &[],
            domains: &domains,
            decisions,
        };
        let mut sums = BySender::new(&names, period, ledger.first_day(), NEWEST);
        let recent = taken(&self.rows, Period::ending(NEWEST, Learner::DAYS));
        let learned = recent.learn(&names, &knowledge, &HashMap::from([(1, NEWEST), (2, NEWEST)]));
        ledger.judge(&names, &knowledge, &learned, &mut |judged| sums.add(judged));
        sums.finish()
    }
}

/// The rows of a period.
fn taken(rows: &[TrafficRow], period: Period) -> Ledger {
    let mut intake = Intake::default();
    rows.iter().filter(|row| period.holds(row.day)).for_each(|row| intake.add(row));
    intake.finish()
}

const MONTH: Period = Period { from: Some(Day(20_471)), to: Some(NEWEST) };

#[test]
fn sums_by_class_and_by_sender_are_those_of_the_records() {
    let mut numbers = Numbers(1);
    for _ in 0..60 {
        let stored = traffic(&mut numbers);
        for period in [MONTH, Period::ALL] {
            for domain in &stored.senders(period, &[]).domains {
                let rows =
                    stored.rows.iter().filter(|row| row.domain == domain.domain && period.holds(row.day));
                let all: u64 = rows.map(|row| row.messages).sum();
                assert_eq!(domain.totals.tally.messages, all);
                assert_eq!(domain.classes.all(), all);
                let senders = domain.senders.iter();
                assert_eq!(senders.map(|sender| sender.totals.tally.messages).sum::<u64>(), all);
                for class in Class::ALL {
                    let of_class = domain.senders.iter().map(|sender| sender.classes.of(class));
                    assert_eq!(of_class.sum::<u64>(), domain.classes.of(class));
                }
            }
        }
    }
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let mut numbers = Numbers(2);
    for _ in 0..60 {
        let mut stored = traffic(&mut numbers);
        let before = stored.senders(MONTH, &[]);
        stored.rows.reverse();
        assert_eq!(stored.senders(MONTH, &[]), before);
        let half = stored.rows.len() / 2;
        stored.rows.rotate_left(half);
        assert_eq!(stored.senders(MONTH, &[]), before);
    }
}

#[test]
fn what_has_no_name_is_never_to_be_put_right() {
    let mut numbers = Numbers(3);
    let mut fixes = 0;
    for _ in 0..60 {
        let found = traffic(&mut numbers).senders(MONTH, &[]);
        for sender in found.domains.iter().flat_map(|domain| &domain.senders) {
            if sender.fix.is_some() {
                let judgement = &sender.judgement;
                assert!(judgement.class == Class::Misaligned || judgement.leaks, "{sender:?}");
                assert!(sender.source.is_named() || judgement.leaks, "{sender:?}");
                fixes += 1;
            }
        }
    }
    assert!(fixes > 10, "{fixes}");
}

#[test]
fn confirming_a_service_keeps_what_is_aligned() {
    let mut numbers = Numbers(4);
    for _ in 0..60 {
        let stored = traffic(&mut numbers);
        let before = stored.senders(MONTH, &[]);
        for id in ["sendgrid", "mailchimp", "groups-io", "own"] {
            let made = ["example.com", "example.net"].map(|domain| MadeDecision {
                domain: Name::from_stated(domain).unwrap(),
                source: SourceKey::parse(catalogue(), id).unwrap(),
                decision: Decision::Authorised,
                with_services: false,
            });
            let after = stored.senders(MONTH, &made);
            for (before, after) in before.domains.iter().zip(&after.domains) {
                assert!(after.classes.of(Class::Aligned) >= before.classes.of(Class::Aligned), "{id}");
                assert_eq!(after.classes.all(), before.classes.all());
            }
        }
    }
}
