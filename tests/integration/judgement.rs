//! One judgement: a record has the same sender and class in every answer, whatever was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

use crate::bench_support::Random;
use crate::support::Folder;

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
fn reports() -> String {
    let mut text = String::new();
    for number in 0..DOMAINS {
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
    folder.store(&reports());
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
    folder.store(&reports());
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
