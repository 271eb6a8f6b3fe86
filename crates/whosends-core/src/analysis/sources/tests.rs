use std::net::IpAddr;

use super::*;
use crate::analysis::tally::Split;
use crate::model::period::parse_day;
use crate::model::words::{DkimResult, SpfResult, SpfScope, Verdict};
use crate::model::{AddressId, Combination, CombinationId, DkimAuth, Period, SpfAuth, TrafficRow};

fn name(text: &str) -> Name {
    Name::from_stated(text).unwrap()
}

fn day(text: &str) -> Day {
    parse_day(text).unwrap()
}

fn dkim(domain: &str, result: &str) -> DkimAuth {
    let (domain, result) = (Name::from_stated(domain), DkimResult::from_stated(result));
    DkimAuth { domain, selector: None, result, human_result: None }
}

fn spf(domain: &str, result: &str) -> SpfAuth {
    let (domain, result) = (Name::from_stated(domain), SpfResult::from_stated(result));
    SpfAuth { domain, scope: None, result, human_result: None }
}

fn judged(
    verdicts: (&str, &str),
    auth_dkim: impl Into<Vec<DkimAuth>>,
    auth_spf: impl Into<Vec<SpfAuth>>,
) -> Combination {
    Combination {
        dkim: Verdict::from_stated(verdicts.0),
        spf: Verdict::from_stated(verdicts.1),
        header_from: Some(name("example.com")),
        auth_dkim: auth_dkim.into(),
        auth_spf: auth_spf.into(),
        ..Default::default()
    }
}

/// A service that signs as the domain and as itself, the domain's own server, a host that fails, and one
/// about which the reporter says nothing.
fn names() -> Names {
    let service = [dkim("example.com", "pass"), dkim("mta.service.example", "pass")];
    let combinations = [
        (1, judged(("pass", "fail"), service, [spf("bounce.service.example", "pass")])),
        (2, judged(("fail", "pass"), [dkim("service.example", "fail")], [spf("mail.example.com", "pass")])),
        (3, judged(("fail", "fail"), [], [spf("example.com", "softfail")])),
        (4, judged(("", "fail"), [], [])),
    ];
    let addresses = ["192.0.2.1", "192.0.2.200", "2001:db8:0:1::1", "198.51.100.7"];
    Names {
        domains: [(1, name("example.com")), (2, name("example.org"))].into(),
        reporters: [(1, "Receiver".into()), (3, "Receiver".into())].into(),
        combinations: combinations.map(|(id, said)| (CombinationId::new(id), said)).into(),
        addresses: addresses
            .iter()
            .zip(1..)
            .map(|(text, id)| (AddressId::new(id), text.parse().unwrap()))
            .collect(),
    }
}

fn row(date: &str, reporter: u32, address: i64, combination: i64, messages: u64) -> TrafficRow {
    let day = parse_day(date);
    let (address, combination) = (AddressId::new(address), CombinationId::new(combination));
    TrafficRow { day, multi_day: false, domain: 1, reporter, address, combination, messages }
}

fn rows() -> Vec<TrafficRow> {
    vec![
        row("2026-11-01", 1, 1, 1, 100),
        row("2026-11-02", 2, 2, 1, 50),
        row("2026-11-02", 3, 4, 1, 1),
        row("2026-11-03", 1, 1, 2, 30),
        row("2026-11-03", 1, 2, 3, 7),
        row("2026-11-03", 2, 1, 3, 4),
        row("2026-11-02", 2, 3, 3, 2),
        row("2026-11-03", 2, 1, 4, 5),
        TrafficRow { domain: 2, ..row("2026-11-03", 2, 1, 3, 3) },
    ]
}

fn grouped(by: By, rows: &[TrafficRow]) -> Sources {
    let names = names();
    let mut collector = Collector::new(by);
    rows.iter().for_each(|row| collector.add(row));
    assert!(collector.combinations().iter().all(|id| names.combinations.contains_key(id)));
    assert!(collector.addresses().iter().all(|id| names.addresses.contains_key(id)));
    let period = Period { from: Some(day("2026-11-01")), to: Some(day("2026-11-03")) };
    collector.finish(period, day("2026-11-03"), &names)
}

/// Each group of the first domain: its key, messages and addresses.
fn lines(by: By, rows: &[TrafficRow]) -> Vec<String> {
    let sources = grouped(by, rows);
    let line = |group: &SourceGroup| {
        let key = match &group.key {
            Key::Address(address) => address.to_string(),
            Key::Network(network) => network.to_string(),
            Key::Reporter(name) => format!("reporter {name:?}"),
            Key::HeaderFrom(name) => format!("from {name:?}"),
        };
        format!("{key}: {} from {}", group.totals.tally.messages, group.totals.addresses)
    };
    sources.domains[0].groups.iter().map(line).collect()
}

#[test]
fn networks_are_what_passed_else_where_it_came_from() {
    assert_eq!(
        lines(By::Network, &rows()),
        [
            // Signed by the service as well as by the domain itself.
            "service.example: 151 from 3",
            // SPF alone passed, for the domain's own organisation.
            "example.com: 30 from 1",
            // 7 and 4 that failed, and 5 without a verdict: two addresses of one /24.
            "192.0.2.0/24: 16 from 2",
            "2001:db8:0:1::/64: 2 from 1",
        ]
    );
}

#[test]
fn sums_are_of_messages_and_verdicts_are_not_invented() {
    let sources = grouped(By::Network, &rows());
    let domain = &sources.domains[0];
    assert_eq!((sources.domains.len(), domain.domain, domain.reporters), (2, 1, 2));
    assert_eq!((domain.totals.tally.messages, domain.totals.addresses), (199, 4));
    assert_eq!(domain.totals.tally.dmarc, Split { pass: 181, fail: 13, unknown: 5 });
    assert_eq!(domain.totals.tally.dkim, Split { pass: 151, fail: 43, unknown: 5 });
    assert_eq!(domain.totals.tally.spf, Split { pass: 30, fail: 169, unknown: 0 });
    let totals = domain.groups[2].totals;
    assert_eq!(totals.tally.dmarc, Split { pass: 0, fail: 11, unknown: 5 });
    assert_eq!(totals.tally.dmarc.decided(), 11);
}

#[test]
fn other_groupings_hold_the_same_messages() {
    assert_eq!(
        lines(By::Address, &rows()),
        [
            "192.0.2.1: 139 from 1",
            "192.0.2.200: 57 from 1",
            "2001:db8:0:1::1: 2 from 1",
            "198.51.100.7: 1 from 1"
        ]
    );
    assert_eq!(
        lines(By::Reporter, &rows()),
        ["reporter Some(\"Receiver\"): 138 from 3", "reporter None: 61 from 3"]
    );
    assert_eq!(lines(By::HeaderFrom, &rows()), ["from Some(Name(\"example.com\")): 199 from 4"]);
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let mut turned = rows();
    turned.reverse();
    for by in [By::Network, By::Address, By::Reporter, By::HeaderFrom] {
        assert_eq!(grouped(by, &rows()), grouped(by, &turned));
    }
}

#[test]
fn days_are_the_first_the_last_and_those_between() {
    let sources = grouped(By::Network, &rows());
    assert_eq!(sources.steps, Some(Steps { from: day("2026-11-01"), days: 1, count: 3 }));
    let group = &sources.domains[0].groups[0];
    assert_eq!((group.totals.first, group.totals.last), (Some(day("2026-11-01")), Some(day("2026-11-02"))));
    assert_eq!(group.trend, [(0, 100), (1, 51)]);
}

#[test]
fn what_has_no_day_and_what_has_several_are_counted_apart() {
    let undated = TrafficRow { day: None, ..row("", 1, 1, 3, 9) };
    let several = TrafficRow { multi_day: true, ..row("2026-11-02", 1, 1, 3, 6) };
    let sources = grouped(By::Network, &[undated, several]);
    let totals = sources.domains[0].groups[0].totals;
    assert_eq!((totals.tally.messages, totals.undated, totals.multi_day), (15, 9, 6));
    assert_eq!((totals.first, totals.last), (Some(day("2026-11-02")), Some(day("2026-11-02"))));
}

#[test]
fn a_service_is_shown_before_the_domain_itself_and_a_signature_before_an_envelope() {
    let shown = |dkim: Vec<DkimAuth>, spf: Vec<SpfAuth>| {
        network::evidence(&judged(("", ""), dkim, spf), "example.com").map(String::from)
    };
    let both =
        vec![dkim("example.com", "pass"), dkim("b.example.net", "pass"), dkim("a.example.org", "pass")];
    let turned = both.iter().rev().cloned().collect();
    assert_eq!(shown(both, vec![]).as_deref(), Some("example.net"));
    assert_eq!(shown(turned, vec![]).as_deref(), Some("example.net"));
    let own = || vec![dkim("mail.example.com", "pass")];
    assert_eq!(shown(own(), vec![spf("example.net", "pass")]).as_deref(), Some("example.net"));
    assert_eq!(shown(own(), vec![spf("example.net", "neutral")]).as_deref(), Some("example.com"));
    let helo = SpfAuth { scope: Some(SpfScope::Helo), ..spf("mx.example.net", "pass") };
    assert_eq!(shown(vec![], vec![helo]), None);
    assert_eq!(shown(vec![dkim("192.0.2.1", "pass")], vec![spf("", "pass")]), None);
}

#[test]
fn steps_cover_any_period() {
    let steps = |from: Option<&str>, to: Option<&str>, first: &str, newest: &str| {
        let period = Period { from: from.map(day), to: to.map(day) };
        let steps = Steps::of(period, day(first), day(newest));
        (steps.from.to_string(), steps.days, steps.count)
    };
    let month = steps(Some("2026-10-23"), Some("2026-11-21"), "2026-10-30", "2026-11-21");
    assert_eq!(month, ("2026-10-23".into(), 1, 30));
    let quarter = steps(Some("2026-08-01"), Some("2026-10-31"), "2026-08-01", "2026-10-31");
    assert_eq!(quarter, ("2026-08-01".into(), 4, 23));
    // One report that claims to be from 1970 does not hide the last year.
    assert_eq!(steps(None, None, "1970-01-01", "2026-11-21"), ("2025-11-22".into(), 13, 29));
    assert_eq!(steps(None, None, "2027-01-01", "2026-11-21"), ("2026-11-21".into(), 1, 1));
    let all = Steps::of(Period { from: Some(Day(i64::MIN)), to: Some(Day(i64::MAX)) }, Day(0), Day(0));
    assert!(all.step(Day(i64::MAX)).is_none_or(|step| step < all.count));
    assert_eq!(all.step(Day(i64::MIN)), Some(0));
}

#[test]
fn prefixes_are_24_or_64_bits() {
    let prefix = |text: &str| network::Prefix::of(text.parse::<IpAddr>().unwrap()).to_string();
    assert_eq!(prefix("203.0.113.255"), "203.0.113.0/24");
    assert_eq!(prefix("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
}
