use super::{FILE_LINES, FUNCTION_LINES, violations};

const DNS: &str = "whosends-core/src/dns/planted.rs";

/// What may not stand in `dns`, each on a line of its own.
const NAMES_THE_STORE: &[&str] = &[
    "use crate::store::Store;",
    "use crate::store;",
    "use crate::store as kept;",
    "use crate::{model::Name, store::Store};",
    "use crate::{model::{Day, Name}, store};",
    "use {crate::{model::Name, store::*}};",
    "use super::super::store::Store;",
    "use self::super::super::{store::Store};",
    "use ::whosends_core::store::Store;",
    "fn f() { crate::store::open() }",
    "async fn f() { crate::store::open() }",
    "const fn f() -> u8 { crate::store::ONE }",
    "pub(in crate::dns) fn f(store: &super::super::store::Store) {}",
    "impl crate::store::Read for u8 {}",
    "trait T { fn f() { let _: Option<crate::store::Store>; } }",
    "fn f() { use crate::{store::Store}; }",
    "mod inner { use super::super::super::store::Store; }",
    "fn f() { assert!(matches!(x, crate::store::Kind::A)); }",
    "fn f() { format!(\"{}\", super::super::store::open()); }",
    "macro_rules! m { () => { $crate::store::open() } }",
    "macro_rules! m { () => { use crate::{model::Name, store::Store}; } }",
    "#[serde(with = \"crate::store::written\")] struct S;",
    "#[derive(crate::store::Row)] struct S;",
];

#[test]
fn a_room_that_names_what_it_may_not_is_caught_however_it_is_written() {
    for line in NAMES_THE_STORE {
        let wrong = violations(DNS, line);
        let room = "`whosends_core::dns` may not use `whosends_core::store`";
        assert!(wrong.iter().any(|why| why.ends_with(room)), "not caught: {line}\n{wrong:?}");
    }
}

#[test]
fn code_after_tests_is_seen_and_tests_are_not() {
    let store = "use crate::store::Store;";
    for tests in ["#[cfg(test)]\nmod tests;\n", "#[cfg(test)]\nmod t { fn f() {} }\n", "#[test]\nfn t() {}\n"]
    {
        assert_eq!(violations(DNS, &format!("{tests}{store}")).len(), 1, "{tests}");
    }
    for test in [
        format!("#[cfg(test)]\nmod t {{ {store} }}"),
        format!("#[cfg(test)]\n{store}"),
        format!("#[cfg(all(test, feature = \"store\"))]\n{store}"),
        "impl X { #[cfg(test)] fn f() { crate::store::open() } }".to_owned(),
    ] {
        assert_eq!(violations(DNS, &test), [""; 0], "{test}");
    }
    assert_eq!(violations("whosends-core/src/dns/tests.rs", store), [""; 0]);
    for code in [format!("#[cfg(not(test))]\n{store}"), format!("#[cfg(any(test, unix))]\n{store}")] {
        assert_eq!(violations(DNS, &code).len(), 1, "{code}");
    }
}

#[test]
fn no_file_hides_among_the_tests_or_behind_another_name() {
    assert_eq!(violations(DNS, "mod greatests;").len(), 1);
    assert_eq!(violations(DNS, "#[path = \"tests/code.rs\"] mod code;").len(), 1);
    assert_eq!(violations(DNS, "#[cfg(test)] #[path = \"other.rs\"] mod tests;"), [""; 0]);
}

#[test]
fn a_dependency_outside_its_room_is_caught() {
    for line in [
        "use rusqlite::Connection;",
        "use rusqlite as sql;",
        "use {rusqlite::{Connection, Row}};",
        "extern crate rusqlite as sql;",
        "fn f(of: &::rusqlite::Row<'_>) {}",
        "fn f() { vec![rusqlite::Error::InvalidQuery]; }",
        "use hickory_resolver::Resolver;",
        "#[derive(serde::Serialize)] struct S;",
        "fn f() { std::env::var(\"HOME\"); }",
    ] {
        assert!(!violations(DNS, line).is_empty(), "not caught: {line}");
    }
    assert_eq!(violations("whosends-core/src/store/read.rs", "use rusqlite::Connection;"), [""; 0]);
    assert_eq!(violations("whosends-core/src/dns/live/ask.rs", "use tokio::net::UdpSocket;"), [""; 0]);
    assert_eq!(violations("whosends-core/src/dns/lively.rs", "use tokio::net::UdpSocket;").len(), 1);
}

#[test]
fn rendering_that_knows_more_than_values_is_caught() {
    for line in [
        "use whosends_core::store::Store;",
        "use whosends_core::{model::Day, store::Store};",
        "use std::fs;",
        "use std::{fmt, fs::File};",
        "fn f() { std::fs::read(\"x\"); }",
        "use clap::Parser;",
        "use super::super::args::Args;",
        "use crate::command;",
    ] {
        assert_eq!(violations("cli/render/planted.rs", line).len(), 1, "{line}");
        assert_eq!(violations("cli/command/planted.rs", line), [""; 0], "{line}");
    }
}

#[test]
fn length_is_seen_in_every_kind_of_function_and_counts_neither_comments_nor_tests() {
    let body = |lines: usize| "    x();\n".repeat(lines - 2);
    for start in [
        "fn f()",
        "async fn f()",
        "const fn f()",
        "pub(in crate::dns) fn f()",
        "pub(crate) const unsafe fn f()",
    ] {
        let of = |lines| format!("{start} {{\n{}}}\n", body(lines));
        assert_eq!(violations(DNS, &of(FUNCTION_LINES)), [""; 0], "{start}");
        assert_eq!(violations(DNS, &of(FUNCTION_LINES + 1)).len(), 1, "{start}");
        for around in ["impl X", "trait X", "mod x"] {
            let inside = format!("{around} {{\n{}}}\n", of(FUNCTION_LINES + 1));
            if !(around == "trait X" && start.starts_with("pub")) {
                assert_eq!(violations(DNS, &inside).len(), 1, "{start} in {around}");
            }
        }
    }
    let commented = format!("fn f() {{\n    // why\n{}}}\n", body(FUNCTION_LINES));
    assert_eq!(violations(DNS, &commented), [""; 0]);

    let file = |lines: usize| "const X: u8 = 1;\n".repeat(lines);
    let test = "#[cfg(test)]\nmod t {\n    fn f() {}\n}\n";
    assert_eq!(violations(DNS, &format!("{test}{}// why\n", file(FILE_LINES))), [""; 0]);
    assert_eq!(violations(DNS, &format!("{test}{}", file(FILE_LINES + 1))).len(), 1);
}
