//! `replay`: what another policy would have done to the stored mail.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::run::Folder;

/// Ten days of a domain at `p=none`: Brevo, which passed at first and does not any more; the own server, whose
/// signature is that of the domain above; a list that breaks it; a stranger; somebody who forges two subdomains,
/// one of which exists; and a subdomain with a record of its own.
fn month() -> Folder {
    let mut text = String::new();
    for day in 10..20 {
        let brevo = if day < 14 { "pass/fail dkim=brevo1._domainkey.example.com" } else { "fail/fail" };
        text += &format!(
            "
report Receiver_One example.com 2026-11-{day} p=none adkim=r
  203.0.113.7 40 {brevo} dkim=mail._domainkey.sender-sib.com spf=x.sender-sib.com
  192.0.2.25 1000 pass/pass from=news.example.com dkim=example.com spf=example.com
  198.51.100.66 3 fail/fail dkim=list._domainkey.groups.io dkim=example.com:fail spf=groups.io reason=mailing_list
  198.51.100.66 2 fail/fail dkim=list._domainkey.groups.io dkim=example.com:fail spf=groups.io
  198.51.100.200 1 fail/fail spf=example.com:fail from=shop.example.com
  198.51.100.200 4 fail/fail spf=example.com:fail from=gone.example.com
  192.0.2.99 1 -/fail
report Receiver_Two own.example.com 2026-11-{day} p=quarantine
  198.51.100.99 6 fail/fail spf=own.example.com:fail disposition=quarantine
  198.51.100.99 1 fail/fail spf=own.example.com:fail reason=forwarded
"
        );
    }
    let folder = Folder::new();
    folder.store(&text);
    folder
}

fn replay(folder: &Folder, args: &str) -> String {
    folder.run(&format!("--today 2026-11-22 replay {args}")).go().to_string()
}

fn object(folder: &Folder, args: &str) -> Value {
    let ran = folder.run(&format!("--today 2026-11-22 replay {args} --json")).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    serde_json::from_str(&ran.stdout()).unwrap()
}

/// What `check --save` keeps.
fn kept(folder: &Folder) {
    let item = |name: &str, answer: &str| json!({"name": name, "want": "TXT", "answer": answer});
    let items = [item("shop.example.com.", "no_data"), item("gone.example.com.", "no_such_name")];
    folder.write("kept.json", json!({"schema": 1, "conversation": items}).to_string());
}

#[test]
fn what_a_policy_would_have_done_is_told_by_sender() {
    assert_snapshot!(replay(&month(), "example.com --p reject"));
}

#[test]
fn the_sums_stand_at_the_top_of_one_object() {
    let folder = month();
    let found = object(&folder, "example.com --p reject");
    // Brevo 6 x 40, the list 10 x 5, the forger 10 x 5, and what is under a record of its own, 10 x 7.
    assert_eq!((&found["messages"], &found["strict_loss"]), (&json!(10_580), &json!(410)));
    assert_eq!((&found["likely_loss"], &found["rescued"]), (&json!(370), &json!(40)));
    assert_eq!(found["legitimate_loss"], json!({"low": 240, "high": 300}));
    assert_eq!((&found["blocked"], &found["undecided"]), (&json!(110), &json!(10)));
    let senders = found["senders"].as_array().unwrap();
    for field in ["messages", "strict_loss", "likely_loss", "rescued", "quarantined", "blocked"] {
        let sum: u64 = senders.iter().map(|sender| sender[field].as_u64().unwrap()).sum();
        assert_eq!(json!(sum), found[field], "{field}");
        let authors = found["authors"].as_array().unwrap();
        let sum: u64 = authors.iter().map(|author| author[field].as_u64().unwrap_or(0)).sum();
        assert!(
            matches!(field, "rescued" | "quarantined" | "blocked") || json!(sum) == found[field],
            "{field}"
        );
    }
    assert_eq!(object(&folder, "example.com --p none")["strict_loss"], 70, "the own record stays");
    let week = object(&folder, "example.com --p reject --since 2026-11-19 --until 2026-11-19");
    assert_eq!((&week["strict_loss"], &week["period"]["from"]), (&json!(57), &json!("2026-11-19")));
}

#[test]
fn each_author_domain_is_judged_by_the_policy_it_is_under() {
    let folder = month();
    kept(&folder);
    let policies = |args: &str| {
        let found = object(&folder, args);
        let authors = found["authors"].as_array().unwrap().iter().map(|author| {
            let text = |field: &str| author[field].as_str().unwrap().to_owned();
            let (tag, action) = (text("decided_by"), text("action"));
            format!("{} {tag}={action} {}", text("header_from"), author["strict_loss"])
        });
        (authors.collect::<Vec<_>>().join("\n"), found["existence_unknown"].as_u64().unwrap())
    };
    assert_eq!(
        policies("example.com --p reject --sp none --np quarantine --offline kept.json"),
        (
            "news.example.com sp=none 0\nexample.com p=reject 290\nown.example.com own_record=quarantine 70\n\
             gone.example.com np=quarantine 40\nshop.example.com sp=none 0"
                .to_owned(),
            0
        )
    );
    let (unknown, messages) = policies("example.com --p none --np reject");
    assert!(unknown.contains("gone.example.com p=none 0"), "{unknown}");
    assert_eq!(messages, 50);
    assert_snapshot!(replay(&folder, "own.example.com --p none"));
}

#[test]
fn strict_alignment_loses_what_was_aligned() {
    let folder = month();
    let found = object(&folder, "example.com --p reject --adkim s");
    assert_eq!((&found["tried"]["adkim"], &found["legitimate_loss"]["low"]), (&json!("s"), &json!(240)));
    let found = object(&folder, "example.com --p reject --adkim s --aspf s");
    assert_eq!(found["legitimate_loss"]["low"], 10_240);
    assert_eq!(found["loss_by_class"]["aligned"], 10_000);
}

#[test]
fn every_format_has_the_same_numbers() {
    let folder = month();
    let found = object(&folder, "example.com --p reject");
    let senders = found["senders"].as_array().unwrap();
    let lines = folder.run("replay example.com --p reject --format ndjson").go().stdout();
    let csv = folder.run("replay example.com --p reject --format csv").go().stdout();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((lines.lines().count(), rows.len()), (senders.len(), senders.len() + 1));
    for ((line, row), sender) in lines.lines().zip(&rows[1..]).zip(senders) {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("schema");
        assert_eq!(&line, sender);
        for (name, cell) in rows[0].iter().zip(row) {
            let value = match name.strip_prefix("legitimate_loss_") {
                Some(end) => &sender["legitimate_loss"][end],
                None => &sender[*name],
            };
            assert_eq!(value.as_str().map_or_else(|| value.to_string(), str::to_owned), *cell, "{name}");
        }
    }
}

#[test]
fn where_there_is_nothing_a_sentence_says_why() {
    let folder = month();
    assert_snapshot!(replay(&folder, "example.net --p reject"));
    assert_snapshot!(replay(&folder, "example.com --p reject --offline nothing.json"));
    assert_eq!(folder.run("replay example.com").go().status(), Some(2), "which policy has to be said");
}
