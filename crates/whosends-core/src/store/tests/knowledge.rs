//! What is kept besides reports.

use super::support::*;
use crate::store::{KeptDecision, Location, Store};

fn decision(domain: &str, sender: &str, word: &str) -> KeptDecision {
    KeptDecision {
        domain: name(domain),
        sender: sender.to_owned(),
        decision: word.to_owned(),
        note: Some("why".to_owned()),
        made_by: None,
        made_at: BEGIN,
    }
}

#[test]
fn a_decision_replaces_the_one_before_and_goes_when_cleared() {
    let mut store = Store::open(&Location::Memory).expect("opened");
    let (first, second) = (decision("example.com", "own", "ignore"), decision("a.example", "own", "ignore"));
    store.keep_decisions(&[first.clone(), second.clone()]).expect("kept");
    assert_eq!(store.decisions().expect("read"), [second.clone(), first]);
    let changed = decision("example.com", "own", "authorised");
    store.keep_decisions(std::slice::from_ref(&changed)).expect("kept");
    assert_eq!(store.decisions().expect("read"), [second.clone(), changed]);
    assert!(store.clear_decision(&name("example.com"), "own").expect("cleared"));
    assert!(!store.clear_decision(&name("example.com"), "own").expect("nothing to clear"));
    assert_eq!(store.decisions().expect("read"), [second]);
}

#[test]
fn a_word_that_is_none_is_refused_with_all_that_came_with_it() {
    let mut store = Store::open(&Location::Memory).expect("opened");
    let both = [decision("example.com", "own", "ignore"), decision("example.com", "x.example", "mine")];
    store.keep_decisions(&both).expect_err("refused");
    assert_eq!(store.decisions().expect("read"), []);
}
