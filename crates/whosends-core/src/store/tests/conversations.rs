//! What DNS answered, over time.

use crate::model::Scope;
use crate::store::{KeptConversation, Location, Store};

fn kept(store: &Store, domain: &str) -> Vec<(String, i64, i64)> {
    let found = store.conversations(&Scope::All, domain).expect("read");
    found.into_iter().map(|one| (one.answers, one.first_asked, one.last_asked)).collect()
}

#[test]
fn what_did_not_change_only_moves_a_date() {
    let mut store = Store::open(&Location::Memory).expect("opened");
    assert_eq!(store.conversation(&Scope::All, "example.com").expect("read"), None);
    for (answers, now) in [("a", 100), ("a", 200), ("a", 150), ("b", 300), ("a", 400)] {
        store.keep_conversation("example.com", answers, now).expect("kept");
    }
    store.keep_conversation("example.net", "n", 50).expect("kept");
    assert_eq!(
        kept(&store, "example.com"),
        [("a".to_owned(), 100, 200), ("b".to_owned(), 300, 300), ("a".to_owned(), 400, 400)]
    );
    let newest = KeptConversation { answers: "a".to_owned(), first_asked: 400, last_asked: 400 };
    assert_eq!(store.conversation(&Scope::All, "example.com").expect("read"), Some(newest));
    assert_eq!(kept(&store, "example.net").len(), 1);
}

#[test]
fn a_clock_that_was_set_back_loses_nothing() {
    let mut store = Store::open(&Location::Memory).expect("opened");
    for (answers, now) in [("a", 500), ("b", 500), ("c", 100)] {
        store.keep_conversation("example.com", answers, now).expect("kept");
    }
    let answers: Vec<_> = kept(&store, "example.com").into_iter().map(|one| one.0).collect();
    assert_eq!(answers, ["a", "b", "c"]);
}

#[test]
fn the_oldest_give_way() {
    let mut store = Store::open(&Location::Memory).expect("opened");
    for now in 0..super::super::conversation::MOST_KEPT + 3 {
        store.keep_conversation("example.com", &now.to_string(), now).expect("kept");
    }
    let found = kept(&store, "example.com");
    assert_eq!((found.len() as i64, found[0].1), (super::super::conversation::MOST_KEPT, 3));
}
