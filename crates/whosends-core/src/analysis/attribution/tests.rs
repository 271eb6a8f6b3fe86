//! What the owner is told of hand-made traffic.

use std::collections::HashMap;

use super::*;
use crate::analysis::sources::Names;
use crate::model::Period;
use crate::model::id::by_place;
use crate::model::{AddressId, Combination, CombinationId, Day, Name, TrafficRow};
use crate::senders::testing::{Scene, catalogue};
use crate::senders::{AddressFacts, Asn, Class, Decision, Learner, Ranges, ReverseName, SourceKey};

const NEWEST: Day = Day(20_500);

/// Rows of example.com; ids are places in lists.
#[derive(Default)]
struct Stored {
    combinations: Vec<Combination>,
    addresses: Vec<std::net::IpAddr>,
    rows: Vec<TrafficRow>,
    facts: HashMap<std::net::IpAddr, AddressFacts>,
    own_dns: Vec<OwnDns>,
}

impl Stored {
    /// The same mail on each of the days so many days ago.
    fn daily(mut self, scene: &Scene, address: [u8; 4], ages: std::ops::Range<i64>, messages: u64) -> Self {
        self.combinations.push(scene.combination.clone());
        self.addresses.push(address.into());
        let at = self.combinations.len() as i64 - 1;
        self.rows.extend(ages.map(|age| TrafficRow {
            day: Some(NEWEST.plus(-age)),
            multi_day: false,
            domain: 1,
            reporter: 1,
            address: AddressId::new(at),
            combination: CombinationId::new(at),
            messages,
        }));
        self
    }

    fn senders(&self, decisions: &[MadeDecision]) -> DomainSenders {
        let period = Period { from: Some(NEWEST.plus(-29)), to: Some(NEWEST) };
        let ledger = taken(&self.rows, period);
        let domain = Name::from_stated("example.com").unwrap();
        let names = Names {
            domains: HashMap::from([(1, domain.clone())]),
            reporters: HashMap::from([(1, "Receiver".into())]),
            combinations: by_place(&self.combinations, CombinationId::new),
            addresses: by_place(&self.addresses, AddressId::new),
        };
        let (ranges, domains, facts) = (Ranges::default(), [domain], &self.facts);
        let knowledge = Knowledge {
            catalogue: catalogue(),
            ranges: &ranges,
            facts,
            own_dns: &self.own_dns,
            domains: &domains,
            decisions,
        };
        let mut sums = BySender::new(&names, period, ledger.first_day(), NEWEST);
        let recent = taken(&self.rows, Period::ending(NEWEST, Learner::DAYS));
        let learned = recent.learn(&names, &knowledge, &HashMap::from([(1, NEWEST)]));
        ledger.judge(&names, &knowledge, &learned, &mut |judged| sums.add(judged));
        sums.finish().domains.remove(0)
    }
}

/// The rows of a period.
fn taken(rows: &[TrafficRow], period: Period) -> Ledger {
    let mut intake = Intake::default();
    rows.iter().filter(|row| period.holds(row.day)).for_each(|row| intake.add(row));
    intake.finish()
}

fn told(senders: &DomainSenders) -> Vec<(String, Class, u64)> {
    let one = |sender: &SenderSums| {
        (sender.source.text(catalogue()), sender.judgement.class, sender.totals.tally.messages)
    };
    senders.senders.iter().map(one).collect()
}

fn passing() -> Scene {
    Scene::new((true, false), "sendgrid.net/smtpapi=pass;example.com/s1=pass", "sendgrid.net=pass")
}

fn failing() -> Scene {
    Scene::new((false, false), "sendgrid.net/smtpapi=pass", "sendgrid.net=pass")
}

fn unknown() -> Scene {
    Scene::new((false, false), "", "crm.example.com=none")
}

#[test]
fn what_passed_before_the_period_confirms_what_fails_in_it() {
    let stored = Stored::default().daily(&passing(), [192, 0, 2, 1], 40..60, 10).daily(
        &failing(),
        [192, 0, 2, 1],
        0..20,
        10,
    );
    let senders = stored.senders(&[]);
    assert_eq!(told(&senders), [("sendgrid".to_owned(), Class::Misaligned, 200)]);
    assert!(senders.senders[0].fix.as_ref().unwrap().text.contains("SendGrid"));
    let alone = Stored::default().daily(&failing(), [192, 0, 2, 1], 0..20, 10).senders(&[]);
    assert_eq!(told(&alone), [("sendgrid".to_owned(), Class::Unknown, 200)]);
    assert_eq!(alone.senders[0].fix, None);
}

#[test]
fn a_steady_server_is_not_thrown_together_with_its_block() {
    let stored = Stored::default()
        .daily(&unknown(), [192, 0, 2, 25], 0..30, 50)
        .daily(&unknown(), [192, 0, 2, 77], 0..2, 5)
        .daily(&unknown(), [192, 0, 2, 78], 0..2, 5);
    assert_eq!(
        told(&stored.senders(&[])),
        [("192.0.2.25".to_owned(), Class::Unknown, 1500), ("192.0.2.0/24".to_owned(), Class::Unknown, 20)]
    );
}

#[test]
fn a_decision_takes_effect_at_once() {
    let stored = Stored::default().daily(&unknown(), [192, 0, 2, 25], 0..3, 50);
    let decided = |domain: &str, source: &str, decision| {
        let made = MadeDecision {
            domain: Name::from_stated(domain).unwrap(),
            source: SourceKey::parse(catalogue(), source).unwrap(),
            decision,
            with_services: false,
        };
        told(&stored.senders(&[made])).remove(0)
    };
    let address = "192.0.2.25".to_owned();
    assert_eq!(
        decided("example.com", "192.0.2.25", Decision::Authorised),
        (address.clone(), Class::Misaligned, 150)
    );
    assert_eq!(
        decided("example.com", "192.0.2.25", Decision::Unauthorised),
        (address, Class::Unauthorised, 150)
    );
    let block = "192.0.2.0/24".to_owned();
    assert_eq!(decided("example.com", "192.0.2.0/24", Decision::Forwarder), (block, Class::Forwarder, 150));
    // The decision holds for its own domain only.
    assert_eq!(
        decided("example.org", "192.0.2.25", Decision::Authorised),
        ("192.0.2.0/24".to_owned(), Class::Unknown, 150)
    );
}

#[test]
fn a_decision_about_an_address_holds_whatever_is_learned_of_it() {
    let address = [192, 0, 2, 25];
    let mut stored =
        Stored::default().daily(&unknown(), address, 0..3, 50).daily(&failing(), address, 0..3, 7);
    let made = |source: &str, decision| MadeDecision {
        domain: Name::from_stated("example.com").unwrap(),
        source: SourceKey::parse(catalogue(), source).unwrap(),
        decision,
        with_services: false,
    };
    let all = [made("192.0.2.25", Decision::Unauthorised), made("isp.example", Decision::Forwarder)];
    let before = told(&stored.senders(&all));
    // What a service is named for is the service's, and not the address's.
    let sendgrid = || ("sendgrid".to_owned(), Class::Unknown, 21);
    assert_eq!(before, [("192.0.2.25".to_owned(), Class::Unauthorised, 150), sendgrid()]);
    let with_services = [MadeDecision { with_services: true, ..made("192.0.2.25", Decision::Unauthorised) }];
    assert_eq!(told(&stored.senders(&with_services)), [("192.0.2.25".to_owned(), Class::Unauthorised, 171)]);
    let reverse = ReverseName::Found { name: "mx.isp.example".to_owned(), confirmed: Some(true) };
    let facts = AddressFacts { address: address.into(), reverse, network: Some(64500.into()) };
    stored.facts.insert(address.into(), facts);
    assert_eq!(told(&stored.senders(&all)), before);
    // A network's decision holds for what has no sender, also once the address has a name.
    let by_network = told(&stored.senders(&[made("AS64500", Decision::Forwarder)]));
    assert_eq!(by_network, [("AS64500".to_owned(), Class::Forwarder, 150), sendgrid()]);
}

#[test]
fn the_longest_prefix_that_was_decided_about_wins() {
    let stored = Stored::default()
        .daily(&unknown(), [192, 0, 2, 129], 0..3, 50)
        .daily(&unknown(), [192, 0, 2, 25], 0..3, 40)
        .daily(&unknown(), [192, 0, 3, 1], 0..3, 30)
        .daily(&unknown(), [198, 51, 100, 1], 0..3, 20);
    let made = |source: &str, decision| MadeDecision {
        domain: Name::from_stated("example.com").unwrap(),
        source: SourceKey::parse(catalogue(), source).unwrap(),
        decision,
        with_services: false,
    };
    let all = [
        made("192.0.0.0/16", Decision::Unauthorised),
        made("192.0.2.0/25", Decision::Forwarder),
        made("192.0.2.129", Decision::Authorised),
    ];
    assert_eq!(
        told(&stored.senders(&all)),
        [
            ("192.0.2.129".to_owned(), Class::Misaligned, 150),
            ("192.0.2.0/25".to_owned(), Class::Forwarder, 120),
            ("192.0.0.0/16".to_owned(), Class::Unauthorised, 90),
            ("198.51.100.0/24".to_owned(), Class::Unknown, 60),
        ]
    );
}

#[test]
fn what_has_no_sender_is_named_by_what_is_known_of_its_address() {
    let mut stored = Stored::default().daily(&unknown(), [192, 0, 2, 25], 0..3, 50);
    let network = Asn { number: 64500, name: Some("Example Networks".into()) };
    let mut facts = AddressFacts { network: Some(network), ..AddressFacts::bare([192, 0, 2, 25].into()) };
    let mut title = |facts: &AddressFacts| {
        stored.facts.insert(facts.address, facts.clone());
        stored.senders(&[]).senders[0].source.title(catalogue())
    };
    assert_eq!(title(&facts), "network AS64500 Example Networks");
    facts.reverse = ReverseName::Found { name: "mx.isp.example".to_owned(), confirmed: Some(false) };
    assert_eq!(title(&facts), "network AS64500 Example Networks");
    facts.reverse = ReverseName::Found { name: "mx.isp.example".to_owned(), confirmed: Some(true) };
    assert_eq!(title(&facts), "isp.example");
}

#[test]
fn class_totals_are_message_totals() {
    let stored = Stored::default()
        .daily(&passing(), [192, 0, 2, 1], 0..40, 7)
        .daily(&failing(), [192, 0, 2, 2], 0..9, 3)
        .daily(&unknown(), [203, 0, 113, 5], 0..2, 11);
    let senders = stored.senders(&[]);
    assert_eq!(senders.classes.all(), 30 * 7 + 9 * 3 + 2 * 11);
    assert_eq!(senders.totals.tally.messages, senders.classes.all());
    assert!(senders.senders.iter().all(|sender| sender.classes.all() == sender.totals.tally.messages));
}

#[test]
fn the_owners_dns_says_which_servers_and_services_are_its_own() {
    let mut stored = Stored::default()
        .daily(&unknown(), [192, 0, 2, 25], 0..3, 50)
        .daily(&failing(), [203, 0, 113, 5], 0..3, 30)
        .daily(&unknown(), [198, 51, 100, 7], 0..3, 10);
    let classes = |stored: &Stored| {
        let senders = stored.senders(&[]).senders;
        senders.iter().map(|s| (s.source.text(catalogue()), s.judgement.class)).collect::<Vec<_>>()
    };
    let named = |text: &str, class| (text.to_owned(), class);
    assert_eq!(
        classes(&stored),
        [
            named("192.0.2.0/24", Class::Unknown),
            named("sendgrid", Class::Unknown),
            named("198.51.100.0/24", Class::Unknown),
        ]
    );
    let own = OwnDns {
        domain: Name::from_stated("example.com").unwrap(),
        addresses: vec![crate::senders::Prefix::parse("192.0.2.16/28").unwrap()],
        includes: vec!["sendgrid.net".to_owned()],
        selector_targets: Vec::new(),
        never_sends: false,
    };
    stored.own_dns = vec![own.clone()];
    assert_eq!(
        classes(&stored),
        [
            named("own", Class::Misaligned),
            named("sendgrid", Class::Misaligned),
            named("198.51.100.0/24", Class::Unknown),
        ]
    );
    // Mail as a domain that never sends is a stranger's.
    stored.own_dns = vec![OwnDns { addresses: Vec::new(), includes: Vec::new(), never_sends: true, ..own }];
    assert_eq!(classes(&stored)[2], named("198.51.100.0/24", Class::Unauthorised));
}
