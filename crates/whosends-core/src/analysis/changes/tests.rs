//! What is told of hand-made traffic.

use std::collections::HashMap;

use super::*;
use crate::analysis::attribution::{Intake, Knowledge};
use crate::analysis::sources::Names;
use crate::model::id::by_place;
use crate::model::words::Policy;
use crate::model::{AddressId, Combination, CombinationId, Name, Period, PolicyPublished, TrafficRow};
use crate::senders::testing::{Scene, catalogue};
use crate::senders::{Learner, Ranges};

const TO: Day = Day(20_500);
const WEEK: Windows = Windows { from: Day(20_494), to: TO };

fn passing() -> Scene {
    Scene::new((true, false), "sendgrid.net/smtpapi=pass;example.com/s1=pass", "sendgrid.net=pass")
}

fn failing() -> Scene {
    Scene::new((false, false), "sendgrid.net/smtpapi=pass", "sendgrid.net=pass")
}

fn other() -> Scene {
    Scene::new((true, true), "mcsv.net/k1=pass;example.com/k1=pass", "example.com=pass")
}

/// Rows of example.com; ids are places in lists.
#[derive(Default)]
struct Stored {
    combinations: Vec<Combination>,
    rows: Vec<TrafficRow>,
}

impl Stored {
    /// Mail of one reporter on each of the days so many days ago.
    fn mail(mut self, scene: &Scene, reporter: u32, ages: impl Iterator<Item = i64>, messages: u64) -> Self {
        self.combinations.push(scene.combination.clone());
        let combination = CombinationId::new(self.combinations.len() as i64 - 1);
        self.rows.extend(ages.map(|age| TrafficRow {
            day: Some(TO.plus(-age)),
            multi_day: false,
            domain: 1,
            reporter,
            address: AddressId::new(0),
            combination,
            messages,
        }));
        self
    }

    fn changes(&self) -> Changes {
        let taken = |period: Period| {
            let mut intake = Intake::default();
            self.rows.iter().filter(|row| period.holds(row.day)).for_each(|row| intake.add(row));
            intake.finish()
        };
        let ledger = taken(WEEK.all());
        let domain = Name::from_stated("example.com").unwrap();
        let names = Names {
            domains: HashMap::from([(1, domain.clone())]),
            reporters: (1..9).map(|id| (id, format!("Receiver {id}").into())).collect(),
            combinations: by_place(&self.combinations, CombinationId::new),
            addresses: HashMap::from([(AddressId::new(0), [192, 0, 2, 1].into())]),
        };
        let (ranges, domains) = (Ranges::default(), [domain]);
        let knowledge = Knowledge {
            catalogue: catalogue(),
            ranges: &ranges,
            facts: &HashMap::new(),
            own_dns: &[],
            domains: &domains,
            decisions: &[],
        };
        let mut comparison = Comparison::new(&names, WEEK);
        let recent = taken(Period::ending(TO, Learner::DAYS));
        let learned = recent.learn(&names, &knowledge, &HashMap::from([(1, TO)]));
        ledger.judge(&names, &knowledge, &learned, &mut |judged| comparison.add(judged));
        comparison.finish()
    }

    fn told(&self) -> Vec<String> {
        let tell = |sender: &SenderChange| {
            let words: Vec<_> = sender.changes.iter().map(|change| change.as_str()).collect();
            format!("{} {}", sender.source.text(catalogue()), words.join(" "))
        };
        self.changes().senders.iter().map(tell).collect()
    }
}

#[test]
fn a_sender_is_new_where_ninety_days_saw_nothing_of_it() {
    let steady = || Stored::default().mail(&passing(), 1, 0..97, 100);
    assert_eq!(steady().mail(&other(), 1, 0..3, 5).told(), ["mailchimp new"]);
    assert_eq!(steady().mail(&other(), 1, 0..1, 4).told(), Vec::<String>::new(), "a trace");
    let seen_before = steady().mail(&other(), 1, 0..3, 5).mail(&other(), 1, 80..81, 1);
    assert_eq!(seen_before.told(), Vec::<String>::new());
    assert_eq!(steady().changes().looked_back_to, Some(WEEK.from.plus(-90)));
    let nothing_before = Stored::default().mail(&passing(), 1, 0..7, 100);
    assert_eq!((nothing_before.told(), nothing_before.changes().looked_back_to), (Vec::new(), None));
}

#[test]
fn a_sender_is_gone_when_its_silence_is_longer_than_its_pace() {
    let steady = || Stored::default().mail(&passing(), 1, 0..97, 100);
    assert_eq!(steady().mail(&other(), 1, 7..60, 50).told(), ["mailchimp gone"]);
    assert_eq!(steady().mail(&other(), 1, (7..97).step_by(30), 500).told(), Vec::<String>::new());
    // The only reporter that saw it fell silent: nothing is known of the sender.
    let unseen = steady().mail(&other(), 2, 7..60, 50);
    assert_eq!(unseen.told(), Vec::<String>::new());
    let changes = unseen.changes();
    assert_eq!(changes.silent.len(), 1);
    assert_eq!((changes.silent[0].reporter.as_deref(), changes.silent[0].days), (Some("Receiver 2"), 53));
}

#[test]
fn volumes_are_compared_over_what_reporters_covered() {
    let told = |now: u64, before: u64| {
        Stored::default().mail(&passing(), 1, 0..7, now).mail(&passing(), 1, 7..97, before).told()
    };
    assert_eq!(told(30, 10), ["sendgrid more"]);
    assert_eq!(told(10, 30), ["sendgrid less"]);
    assert_eq!(told(19, 10), Vec::<String>::new());
    assert_eq!(told(3, 1), Vec::<String>::new(), "few messages");
    // Half of the reporters are late by four days: no sender is smaller for it.
    let late = Stored::default().mail(&passing(), 1, 0..97, 10).mail(&passing(), 2, 4..97, 1000);
    assert_eq!(late.told(), Vec::<String>::new());
    let changes = late.changes();
    assert_eq!((changes.lag.regular, changes.lag.late), (2, vec![Some("Receiver 2".into())]));
    // A reporter that is new makes no sender bigger.
    let joined = Stored::default().mail(&passing(), 1, 0..97, 10).mail(&passing(), 2, 0..7, 1000);
    assert_eq!(joined.told(), Vec::<String>::new());
}

#[test]
fn a_rate_changes_by_what_matters() {
    let told = |fails: u64| {
        Stored::default()
            .mail(&passing(), 1, 7..97, 100)
            .mail(&passing(), 1, 0..7, 100 - fails)
            .mail(&failing(), 1, 0..7, fails)
            .told()
    };
    assert_eq!(told(20), ["sendgrid dmarc_worse dkim_worse"]);
    assert_eq!(told(4), Vec::<String>::new());
}

#[test]
fn each_change_has_the_day_that_shows_it() {
    let since = |stored: Stored| {
        let changes = stored.changes();
        assert_eq!(changes.senders.len(), 1);
        changes.senders[0].since.map(|day| TO.0 - day.0)
    };
    let steady = |days| Stored::default().mail(&passing(), 1, days, 100);
    assert_eq!(since(steady(0..97).mail(&other(), 1, 0..3, 5)), Some(2), "its first message");
    assert_eq!(since(steady(0..97).mail(&other(), 1, 7..60, 50)), Some(6), "the day after its last");
    assert_eq!(since(steady(3..97).mail(&failing(), 1, 0..3, 100)), Some(2), "it broke");
    assert_eq!(since(steady(4..97).mail(&passing(), 1, 0..4, 400)), Some(3), "it grew");
    assert_eq!(since(steady(6..97).mail(&passing(), 1, 0..6, 10)), Some(5), "it shrank");
}

fn policy(p: &str, sp: &str) -> PolicyPublished {
    PolicyPublished {
        p: Policy::from_stated(p),
        sp: Policy::from_stated(sp),
        ..PolicyPublished::of(Name::from_stated("example.com").unwrap())
    }
}

#[test]
fn a_policy_changes_when_most_reporters_say_so() {
    let mut watch = PolicyWatch::new(WEEK);
    for age in 0..12 {
        // Three days ago; reporter 2 states what follows from it as well, and 3 was misled once.
        let p = if age <= 3 { "quarantine" } else { "none" };
        watch.add(1, TO.plus(-age), &policy(p, ""));
        watch.add(2, TO.plus(-age), &policy(if age == 3 { "none" } else { p }, p));
        watch.add(3, TO.plus(-age), &policy(if age == 6 { "reject" } else { p }, ""));
    }
    let changes = watch.finish();
    let told: Vec<_> = changes.iter().map(|c| (c.tag, c.from.as_str(), c.to.as_str(), c.day)).collect();
    assert_eq!(told, [("p", "none", "quarantine", TO.plus(-3))]);
}

#[test]
fn a_policy_that_stays_is_not_told_however_it_is_stated() {
    let mut watch = PolicyWatch::new(WEEK);
    for age in 0..20 {
        watch.add(1, TO.plus(-age), &policy("reject", if age % 2 == 0 { "reject" } else { "" }));
    }
    assert_eq!(watch.finish(), []);
    let mut alone = PolicyWatch::new(WEEK);
    alone.add(1, TO, &policy("reject", ""));
    assert_eq!(alone.finish(), [], "nothing held before");
}
