//! One judgement: a record has the same sender and class in every answer, whatever was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rusqlite::Connection;
use serde_json::Value;
use whosends_core::store::{Location, Store};

use crate::bench_support::Random;
use crate::support::Folder;
use crate::support::reports::NOW;

/// Policy domains, and those of them that are asked about one by one.
const DOMAINS: u64 = 300;
const ASKED: [u64; 2] = [4, 7];
/// The last thirty days, days before these, and everything.
const PERIODS: [&str; 3] =
    ["--since 2026-10-23 --until 2026-11-21", "--since 2026-09-10 --until 2026-10-09", "--since all"];

/// Messages by class.
type Classes = BTreeMap<String, u64>;

/// Reports of many domains, a quarter of which never send. Somebody forges mail of all of them from one network; a server
/// is steady only in the mail of all domains together; a service passed for its owners long ago, and fails now; and a mailbox
/// host passes on mail with several of an owner's keys.
fn reports(domains: u64) -> String {
    let mut text = String::new();
    for number in 0..domains {
        let domain = format!("owner{number}.example");
        let mut random = Random::of(12, number, 1);
        for (at, day) in ["08-30", "09-12", "10-01", "10-20", "11-01", "11-19", "11-21"].iter().enumerate() {
            let receiver = random.below(3);
            writeln!(text, "report Receiver_{receiver} {domain} 2026-{day} p=none").unwrap();
            for _ in 0..3 {
                let forger = random.below(120);
                writeln!(text, "  203.0.113.{forger} {} fail/fail", 1 + random.below(9)).unwrap();
            }
            writeln!(text, "  192.0.2.25 {} fail/fail spf=crm.example:none", 1 + random.below(20)).unwrap();
            writeln!(text, "  192.0.2.{} 2 fail/fail spf=crm.example:none", 30 + random.below(90)).unwrap();
            if number % 4 == 0 {
                continue;
            }
            let (own, messages) = (number % 200, 5 + random.below(50));
            writeln!(text, "  198.51.100.{own} {messages} pass/pass dkim={domain} spf={domain}").unwrap();
            let (verdict, signed) = match at < 3 {
                true => ("pass", format!("dkim={domain} ")),
                false => ("fail", String::new()),
            };
            writeln!(text, "  198.18.0.9 25 {verdict}/fail {signed}dkim=sendgrid.net spf=sendgrid.net")
                .unwrap();
            let key = format!("k{}._domainkey.{domain}", at % 3);
            writeln!(text, "  198.18.7.{own} 3 pass/fail dkim={key} spf=box.example").unwrap();
            writeln!(text, "  198.18.7.{own} 2 fail/fail dkim={key}:fail spf=box.example").unwrap();
        }
    }
    text
}

fn json(folder: &Folder, args: &str) -> Value {
    let ran = folder.run(&format!("--today 2026-11-22 {args}")).go();
    serde_json::from_str(&ran.stdout()).unwrap_or_else(|_| panic!("{args}: {}", ran.stderr()))
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}

fn word(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// The records of an export, in order.
fn records(folder: &Folder, args: &str) -> Vec<Value> {
    let text = folder.run(&format!("--today 2026-11-22 export {args}")).go().stdout();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Messages by class of each domain, and by sender where that has a name.
fn sums(records: &[Value]) -> BTreeMap<String, (Classes, Classes)> {
    let mut found: BTreeMap<String, (Classes, Classes)> = BTreeMap::new();
    for record in records {
        let messages = record["count"].as_u64().unwrap();
        let (classes, senders) = found.entry(word(record, "policy_domain")).or_default();
        *classes.entry(word(record, "class")).or_default() += messages;
        if let Some(sender) = record["sender"].as_str() {
            *senders.entry(sender.to_owned()).or_default() += messages;
        }
    }
    found
}

/// Messages by class, as an answer gives them.
fn classes(domain: &Value) -> Classes {
    let all = domain["classes"].as_object().unwrap().iter();
    let all = all.map(|(class, messages)| (class.clone(), messages.as_u64().unwrap()));
    all.filter(|(_, messages)| *messages > 0).collect()
}

/// Messages by sender, of those that an export names.
fn senders(domain: &Value, named: &Classes) -> Classes {
    let mut found = Classes::new();
    for source in list(domain, "sources").filter(|source| named.contains_key(&word(source, "source"))) {
        *found.entry(word(source, "source")).or_default() += source["messages"].as_u64().unwrap();
    }
    found
}

/// The sources of a domain with their classes.
fn judged(domain: &Value, name: &str) -> BTreeSet<(String, String)> {
    list(domain, name).map(|source| (word(source, "source"), word(source, "class"))).collect()
}

/// What an answer over all domains says of one.
fn of<'v>(answer: &'v Value, domain: &str) -> &'v Value {
    list(answer, "domains").find(|found| found["domain"] == domain).unwrap()
}

#[test]
fn every_answer_gives_a_record_the_same_sender_and_class() {
    let folder = Folder::new();
    folder.store(&reports(DOMAINS));
    for period in PERIODS {
        let all = json(&folder, &format!("sources --json --all {period}"));
        let exported = records(&folder, period);
        let sums = sums(&exported);
        assert_eq!(list(&all, "domains").count() as u64, DOMAINS);
        for domain in list(&all, "domains") {
            let (by_class, by_sender) = &sums[&word(domain, "domain")];
            assert_eq!(classes(domain), *by_class, "{period} {}", domain["domain"]);
            assert_eq!(senders(domain, by_sender), *by_sender, "{period} {}", domain["domain"]);
        }
        for number in ASKED {
            let domain = format!("owner{number}.example");
            let alone = json(&folder, &format!("sources {domain} --json --all {period}"));
            let mine = of(&all, &domain);
            assert_eq!(judged(of(&alone, &domain), "sources"), judged(mine, "sources"), "{period} {domain}");
            let wanted = exported.iter().filter(|record| record["policy_domain"] == *domain);
            let wanted: Vec<_> = wanted.cloned().collect();
            assert_eq!(records(&folder, &format!("{domain} {period}")), wanted, "{period} {domain}");
            let replayed = json(&folder, &format!("replay {domain} --p reject --json {period}"));
            let replayed = judged(&replayed, "senders");
            assert!(replayed.is_subset(&judged(mine, "sources")), "{period} {domain}: {replayed:?}");
        }
    }
}

#[test]
fn verdicts_and_changes_do_not_depend_on_the_domain_that_is_named() {
    let folder = Folder::new();
    folder.store(&reports(DOMAINS));
    let ready = json(&folder, "ready --json");
    let sums = sums(&records(&folder, PERIODS[0]));
    for domain in list(&ready, "domains") {
        assert_eq!(classes(domain), sums[&word(domain, "domain")].0, "{}", domain["domain"]);
    }
    let changes = json(&folder, "changes --json");
    for number in ASKED {
        let domain = format!("owner{number}.example");
        let alone = json(&folder, &format!("ready {domain} --json"));
        for name in ["classes", "messages", "verdict"] {
            assert_eq!(of(&alone, &domain)[name], of(&ready, &domain)[name], "{domain} {name}");
        }
        let alone = json(&folder, &format!("changes {domain} --json"));
        let mine: Vec<_> = list(&changes, "senders").filter(|sender| sender["domain"] == *domain).collect();
        let mine = judged(&serde_json::json!({ "senders": mine }), "senders");
        assert!(mine.is_subset(&judged(&alone, "senders")), "{domain}");
    }
}

/// A database, by its path in the folder.
fn database(folder: &Folder) -> Connection {
    Connection::open(folder.path("whosends.db")).unwrap()
}

/// What is kept of what was learned: its part, its stamp, and the digest of what it says.
fn kept(folder: &Folder) -> Vec<(i64, String, String)> {
    let connection = database(folder);
    let sql = "SELECT part, hex(stamp), hex(digest) FROM learned ORDER BY part";
    let mut parts = connection.prepare(sql).unwrap();
    let parts = parts.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    parts.map(Result::unwrap).collect()
}

/// What is said of every record and domain, with what is kept of learning as it is.
fn said(folder: &Folder, args: &str) -> Vec<String> {
    let asked = [
        format!("export {args}"),
        format!("export owner5.example {args}"),
        format!("sources --json --all {args}"),
        format!("sources owner5.example --json --all {args}"),
        format!("ready --json {args}"),
        format!("ready owner5.example --json {args}"),
        format!("changes owner5.example --json {args}"),
    ];
    let ask = |args: &String| {
        let ran = folder.run(&format!("--today 2026-11-22 {args}")).go();
        assert!(matches!(ran.status(), Some(0 | 1 | 4)), "{args}: {}", ran.stderr());
        ran.stdout()
    };
    asked.iter().map(ask).collect()
}

/// Does what has to succeed.
fn done(folder: &Folder, args: &str) {
    let ran = folder.run(args).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
}

/// Holds what is said with what is kept to what is said where nothing is, and shows that it is kept.
fn hold(folder: &Folder, what: &str, args: &str) {
    let with = said(folder, args);
    let before = kept(folder);
    assert!(!before.is_empty(), "{what}: nothing is kept");
    assert!(said(folder, args) == with, "{what}: asked again, another answer");
    assert_eq!(kept(folder), before, "{what}: what is kept was kept again");
    database(folder).execute("DELETE FROM learned", []).unwrap();
    let without = said(folder, args);
    assert!(with == without, "{what}: it is not what is learned anew");
    assert_eq!(kept(folder), before, "{what}: it is not learned the same way");
}

#[test]
fn what_is_kept_of_learning_is_what_would_be_learned_anew() {
    let folder = Folder::new();
    folder.store(&reports(40));
    hold(&folder, "at first", "");
    let stamp = |folder: &Folder| kept(folder)[0].1.clone();
    let mut stamps = BTreeSet::from([stamp(&folder)]);
    let mut changed = |folder: &Folder, what: &str, args: &str| {
        hold(folder, what, args);
        assert!(stamps.insert(stamp(folder)), "{what} changes nothing of what was learned from");
    };
    done(&folder, "mark owner5.example 203.0.113.0/24 authorised");
    changed(&folder, "after a decision", "");
    done(&folder, "mark owner5.example 203.0.113.0/24 --clear");
    changed(&folder, "after it was taken back", "");
    folder.write(
        "mine.toml",
        "[[sender]]\nid = \"crm\"\nname = \"CRM\"\ncategory = \"crm\"\nbounce = [\"crm.example\"]\n",
    );
    changed(&folder, "with services of the owner's own", "--senders mine.toml");
    // Late reports: of a day that is known, and of a newer one.
    folder.store("report Late owner5.example 2026-11-01 id=late\n  198.51.100.5 60 fail/fail\n");
    changed(&folder, "after a late report", "");
    folder.store("report Late owner6.example 2026-11-22 id=new\n  203.0.113.7 900 fail/fail\n");
    changed(&folder, "after a new day", "");
    // A version of a report that says more than the one that is there.
    folder.store("report Late owner5.example 2026-11-01 id=late\n  198.51.100.5 60 pass/pass dkim=owner5.example spf=owner5.example\n  203.0.113.7 900 fail/fail\n");
    changed(&folder, "after a report was superseded", "");
    let mut store = Store::open(&Location::File(folder.path("whosends.db"))).unwrap();
    store.keep_conversation("owner5.example", CONVERSATION, NOW).unwrap();
    changed(&folder, "after DNS was asked", "");
    store.keep_conversation("owner5.example", CONVERSATION, NOW + 1).unwrap();
    drop(store);
    let before = kept(&folder);
    said(&folder, "");
    assert_eq!(kept(&folder), before, "DNS answered the same");
    done(&folder, "db prune --before 2026-10-01");
    changed(&folder, "after old reports were removed", "");
}

#[test]
fn learning_that_is_damaged_or_a_strangers_is_not_used() {
    let folder = Folder::new();
    folder.store(&reports(40));
    let right = said(&folder, "");
    let before = kept(&folder);
    let connection = database(&folder);
    let damage = |sql: &str| {
        assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
        assert!(said(&folder, "") == right, "{sql}");
        assert_eq!(kept(&folder), before, "{sql}: it is learned anew");
    };
    damage("UPDATE learned SET value = substr(value, 1, length(value) - 1)");
    damage("UPDATE learned SET value = x'00', digest = x'00000000000000000000000000000000' WHERE part = 0");
    damage("UPDATE learned SET stamp = x'00000000000000000000000000000000'");
    damage("DELETE FROM learned WHERE part > 0");
    damage("DELETE FROM learned WHERE part = 0");
}

#[test]
fn nobody_waits_for_a_lock_to_keep_what_was_learned() {
    let folder = Folder::new();
    folder.store(&reports(8));
    let right = said(&folder, "");
    database(&folder).execute("DELETE FROM learned", []).unwrap();
    // Another process writes at this very moment.
    let writer = database(&folder);
    writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO meta VALUES ('test', 1)").unwrap();
    assert!(said(&folder, "") == right);
    assert!(kept(&folder).is_empty(), "nobody waits for the lock to keep what was learned");
    writer.execute_batch("ROLLBACK").unwrap();
    assert!(said(&folder, "") == right);
    assert!(!kept(&folder).is_empty());
}

/// What DNS answers: the record of a domain that lets one address send.
const CONVERSATION: &str = r#"{"conversation":[{"answer":"found","name":"owner5.example",
    "records":[{"TXT":["v=spf1 ip4:203.0.113.0/24 -all"]}],"want":"TXT"}],"schema":1}"#;
