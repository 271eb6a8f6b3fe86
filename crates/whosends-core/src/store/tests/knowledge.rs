//! What is kept besides reports.

use std::net::IpAddr;

use super::support::*;
use crate::model::{Combination, Day, Filter, Record, Scope};
use crate::store::{KeptDecision, KeptName, KeptRange, Location, Store};

fn decision(domain: &str, sender: &str, word: &str) -> KeptDecision {
    KeptDecision {
        domain: name(domain),
        sender: sender.to_owned(),
        decision: word.to_owned(),
        note: Some("why".to_owned()),
        made_by: None,
        made_at: BEGIN,
        with_services: false,
    }
}

#[test]
fn a_decision_replaces_the_one_before_and_goes_when_cleared() {
    let mut store = Store::open(&Location::Memory).expect("opened");
    let (first, second) = (decision("example.com", "own", "ignore"), decision("a.example", "own", "ignore"));
    store.keep_decisions(&[first.clone(), second.clone()]).expect("kept");
    assert_eq!(store.decisions(&Scope::All).expect("read"), [second.clone(), first]);
    let changed = decision("example.com", "own", "authorised");
    store.keep_decisions(std::slice::from_ref(&changed)).expect("kept");
    assert_eq!(store.decisions(&Scope::All).expect("read"), [second.clone(), changed]);
    let by = (Some("ann"), BEGIN + 9);
    assert!(store.clear_decision(&name("example.com"), "own", by).expect("cleared"));
    assert!(!store.clear_decision(&name("example.com"), "own", by).expect("nothing to clear"));
    assert_eq!(store.decisions(&Scope::All).expect("read"), [second]);
    let changes = store.decision_changes(&Scope::All).expect("read");
    let told: Vec<_> = changes
        .iter()
        .filter(|change| change.domain.as_str() == "example.com")
        .map(|change| (change.before.as_deref(), change.after.as_deref(), change.made_by.as_deref()))
        .collect();
    let expected = [
        (None, Some("ignore"), None),
        (Some("ignore"), Some("authorised"), None),
        (Some("authorised"), None, Some("ann")),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_word_that_is_none_is_refused_with_all_that_came_with_it() {
    let mut store = Store::open(&Location::Memory).expect("opened");
    let both = [decision("example.com", "own", "ignore"), decision("example.com", "x.example", "mine")];
    store.keep_decisions(&both).expect_err("refused");
    assert_eq!(store.decisions(&Scope::All).expect("read"), []);
}

fn from(address: &str) -> Record {
    Record { source: address.parse().expect("an address"), count: 1, combination: Combination::default() }
}

/// The names of all addresses that are stored, in order.
fn names(store: &Store) -> Vec<(IpAddr, KeptName)> {
    let mut ids = Vec::new();
    store.traffic(&Filter::default(), |row| ids.push(row.address)).expect("read");
    let addresses = store.addresses(ids.iter().copied()).expect("read");
    let found = store.reverse_names(ids).expect("read");
    let mut names: Vec<_> = found.into_iter().map(|(id, name)| (addresses[&id], name)).collect();
    names.sort_by_key(|(address, _)| *address);
    names
}

fn kept(name: Option<&str>, asked_at: i64) -> KeptName {
    KeptName { name: name.map(str::to_owned), confirmed: name.is_some(), asked_at }
}

#[test]
fn names_are_found_by_few_and_by_many() {
    let mut store = Store::open(&Location::Memory).expect("opened");
    let addresses = (0..3_000_u32).map(|number| {
        let [_, _, third, last] = number.to_be_bytes();
        if number % 2 == 0 { format!("10.0.{third}.{last}") } else { format!("2001:db8::{number:x}") }
    });
    let addresses: Vec<_> = addresses.collect();
    add_all(&mut store, &[sample("1", addresses.iter().map(|address| from(address)))]);
    let first: IpAddr = addresses[0].parse().expect("an address");
    let all: Vec<_> =
        addresses.iter().map(|text| (text.parse().expect("an address"), kept(Some(text), 1))).collect();
    store.keep_reverse_names(&all).expect("kept");
    store.keep_reverse_names(&[(first, kept(None, 2))]).expect("kept");
    let found = names(&store);
    assert_eq!(found.len(), 3_000);
    assert_eq!(found[0], (first, kept(None, 2)));
    assert!(found[1..].iter().all(|(address, name)| name.name.as_deref() == Some(&*address.to_string())));
    let mut few = Store::open(&Location::Memory).expect("opened");
    add_all(&mut few, &[sample("1", [from("192.0.2.1"), from("2001:db8::9")])]);
    let two = [("2001:db8::9", "six"), ("192.0.2.1", "four"), ("2001:db8::dead", "never seen")];
    let two = two.map(|(address, name)| (address.parse().expect("an address"), kept(Some(name), 1)));
    few.keep_reverse_names(&two).expect("kept");
    let found: Vec<_> = names(&few).into_iter().filter_map(|(_, name)| name.name).collect();
    assert_eq!(found, ["four", "six"]);
}

#[test]
fn a_pruned_address_takes_its_name_along() {
    let mut store = Store::open(&Location::Memory).expect("opened");
    add_all(&mut store, &[sample("1", [from("2001:db8::1"), from("192.0.2.1")])]);
    let both = ["2001:db8::1", "192.0.2.1"].map(|text| (text.parse().expect("one"), kept(Some("mx"), 1)));
    store.keep_reverse_names(&both).expect("kept");
    assert_eq!(names(&store).len(), 2);
    store.prune(Day(BEGIN / 86_400 + 1), None).expect("pruned");
    // The id of the first may now be the id of another.
    let mut later = sample("2", [from("2001:db8::2"), from("192.0.2.1")]);
    later.header.metadata.begin = Some(BEGIN + 2 * 86_400);
    later.header.metadata.end = Some(BEGIN + 3 * 86_400);
    add_all(&mut store, &[later]);
    assert_eq!(names(&store), []);
}

#[test]
fn a_range_replaces_the_one_before() {
    let mut store = Store::open(&Location::Memory).expect("opened");
    let range = |prefixes: &[&str], asked_at| KeptRange {
        sender: "sendgrid".to_owned(),
        include: "sendgrid.net".to_owned(),
        prefixes: prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
        asked_at,
    };
    store.keep_service_ranges(&[range(&["192.0.2.0/24", "2001:db8::/32"], 1)]).expect("kept");
    store.keep_service_ranges(&[range(&["198.51.100.0/24"], 2)]).expect("kept");
    assert_eq!(store.service_ranges().expect("read"), [range(&["198.51.100.0/24"], 2)]);
    store.keep_service_ranges(&[range(&[], 3)]).expect("kept");
    assert_eq!(store.service_ranges().expect("read"), [range(&[], 3)]);
}
