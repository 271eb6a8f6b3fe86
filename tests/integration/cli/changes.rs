//! `changes`: a period against the one before it.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::Folder;

/// Six weeks to 2026-11-21 of a service that grows, one that is new and fails, one that is gone, a spoofer, a
/// reporter that falls silent and one that is late, and a policy that changes.
fn six_weeks() -> Folder {
    let folder = Folder::new();
    let mut text = String::new();
    let days =
        (10..32).map(|day| format!("2026-10-{day:02}")).chain((1..22).map(|day| format!("2026-11-{day:02}")));
    for (at, day) in days.enumerate() {
        let age = 42 - at;
        let policy = if age < 4 { "quarantine" } else { "none" };
        let grown = if age < 7 { 1500 } else { 100 };
        text += &format!(
            "report Bigmail example.com {day} p={policy}
  198.51.100.10 {grown} pass/fail dkim=smtpapi._domainkey.sendgrid.info dkim=example.com spf=sendgrid.net
"
        );
        if age < 5 {
            text += "  198.51.100.60 80 fail/fail dkim=k2._domainkey.mailchimpapp.net spf=mail1.mcsv.net\n";
            text += "  203.0.113.5 9 fail/fail spf=example.com:fail\n";
        }
        if age > 8 {
            text +=
                "  198.51.100.70 40 pass/pass dkim=20260101000000pm._domainkey.example.com spf=example.com\n";
        }
        if age > 1 {
            text += &format!(
                "report Late example.com {day} p={policy}
  198.51.100.10 1000 pass/fail dkim=smtpapi._domainkey.sendgrid.info dkim=example.com spf=sendgrid.net
"
            );
        }
        if age > 9 {
            text += &format!(
                "report Silent example.com {day} p=none
  198.51.100.80 3000 pass/pass dkim=messagingengine.com dkim=fm1._domainkey.example.com spf=example.com
"
            );
        }
    }
    folder.store(&text);
    folder
}

fn changes(folder: &Folder, args: &str) -> String {
    folder.run(&format!("--today 2026-11-22 changes {args}")).go().to_string()
}

fn json(folder: &Folder, args: &str) -> Value {
    let ran = folder.run(&format!("--today 2026-11-22 changes {args} --json")).go();
    serde_json::from_str(&ran.stdout()).unwrap_or_else(|error| panic!("{error}: {ran}"))
}

#[test]
fn a_person_reads_what_changed() {
    assert_snapshot!(changes(&six_weeks(), ""));
}

#[test]
fn a_quiet_week_says_so() {
    let folder = six_weeks();
    assert_snapshot!(changes(&folder, "--until 2026-11-07"));
    assert_snapshot!(changes(&folder, "--until 2026-10-16"));
}

#[test]
fn json_holds_the_same() {
    let folder = six_weeks();
    let object = json(&folder, "");
    assert_eq!(object["period"]["from"], "2026-11-15");
    assert_eq!(object["before"]["from"], "2026-11-08");
    assert_eq!(object["looked_back_to"], "2026-10-10");
    let told: Vec<_> = object["senders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["source"].as_str().unwrap(), one["changes"][0].as_str().unwrap()))
        .collect();
    // The mail that only the silent reporter saw is not gone.
    assert_eq!(
        told,
        [("sendgrid", "more"), ("mailchimp", "new"), ("postmark", "gone"), ("203.0.113.0/24", "new")]
    );
    assert_eq!(object["policies"][0]["tag"], "p");
    assert_eq!(object["policies"][0]["to"], "quarantine");
    assert_eq!(object["policies"].as_array().unwrap().len(), 1);
    assert_eq!(object["silent"][0]["reporter"], "Silent");
    assert_eq!(object["lag"]["late"][0], "Late");
    let lines = folder.run("--today 2026-11-22 changes --format ndjson").go().stdout();
    assert_eq!(lines.lines().count(), told.len());
    let csv = folder.run("--today 2026-11-22 changes --format csv").go().stdout();
    assert_eq!(csv.lines().count(), told.len() + 1);
}

#[test]
fn where_nothing_can_be_compared_a_sentence_says_why() {
    let empty = Folder::new();
    empty.store("");
    let folder = six_weeks();
    let said = [
        changes(&empty, ""),
        changes(&folder, "example.net"),
        changes(&folder, "--since all"),
        changes(&folder, "--until 2026-01-01"),
    ];
    assert_snapshot!(said.join("\n\n"));
}

#[test]
fn a_strangers_text_does_nothing_to_the_terminal() {
    let folder = Folder::new();
    let mut text = String::new();
    for day in 1..10 {
        text += &format!(
            "report \u{1b}[2J\u{202e}evil example.com 2026-11-{day:02} p=\u{9b}x{day}\n  192.0.2.1 5 fail/fail\n"
        );
    }
    text += "report Other example.com 2026-11-21 p=none\n  192.0.2.2 5 fail/fail\n";
    folder.store(&text);
    for args in ["", "--all", "--json", "--format ndjson", "--format csv", "--until 2026-11-09"] {
        let ran = folder.run(&format!("changes {args}")).go();
        let hidden = |c: &char| (c.is_control() && *c != '\n') || ('\u{200b}'..='\u{202e}').contains(c);
        assert_eq!(ran.stdout().chars().find(hidden), None, "{args}: {ran}");
        assert_eq!(ran.status(), Some(0), "{ran}");
    }
}

#[test]
fn silence_and_gaps_are_named_and_the_status_can_tell() {
    let folder = Folder::new();
    let mut text = String::new();
    for day in (1..=14).filter(|day| !(5..=6).contains(day)) {
        let id = format!("id=a{day}");
        text += &format!(
            "report Receiver_One example.com 2026-11-{day:02} p=none {id}\n  192.0.2.1 9 pass/pass dkim=example.com\n"
        );
    }
    folder.store(&text);
    let run = |args: &str| folder.run(&format!("--today 2026-11-15 changes --since 7d {args}")).go();
    let ran = run("--exit-code");
    assert_eq!(ran.status(), Some(0), "nothing changed: {ran}");
    assert!(ran.stdout().contains("No report covers 2 days to 2026-11-06 UTC"), "{ran}");
    let days: String = (1..=4)
        .map(|day| format!("report Receiver_One example.net 2026-11-{day:02} p=none id=b{day}\n  192.0.2.9 9 pass/pass dkim=example.net\n"))
        .collect();
    folder.store(&days);
    let ran = run("--exit-code");
    assert_eq!(ran.status(), Some(1), "{ran}");
    assert!(ran.stdout().contains("example.net: no report since 2026-11-08"), "{ran}");
    assert_eq!(run("").status(), Some(0), "only where it is asked for");
    let left_out = folder.run("--today 2026-11-15 sources --since 7d").go();
    assert!(
        left_out.stdout().contains("1 domain left out that only other days have reports of"),
        "{left_out}"
    );
    let ready = folder.run("--today 2026-11-15 ready").go();
    assert!(
        ready.stdout().contains("2 domains: 0 ready or in force, 0 not ready, 2 without enough data"),
        "{ready}"
    );
}
