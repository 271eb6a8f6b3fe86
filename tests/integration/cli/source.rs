//! `source`: one sender in full, with the same numbers as `sources`.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{Folder, root};

/// Two weeks: a service that passes, one whose mail mostly fails, an unknown server, and a domain apart.
fn fortnight() -> Folder {
    let folder = Folder::new();
    let mut text = String::new();
    for day in 10..22 {
        text += &format!(
            "report Receiver_One example.com 2026-11-{day} p=none
  198.51.100.10 900 pass/fail dkim=smtpapi._domainkey.sendgrid.info dkim=example.com spf=sendgrid.net
  198.51.100.60 20 pass/pass dkim=mcsv.net dkim=example.com spf=example.com
  198.51.100.60 80 fail/fail dkim=k2._domainkey.mailchimpapp.net spf=mail1.mcsv.net
  198.51.100.61 9 fail/fail dkim=k2._domainkey.mailchimpapp.net spf=mail1.mcsv.net disposition=quarantine
  192.0.2.25 30 fail/fail spf=crm.example.com:none
report Receiver_Two example.org 2026-11-{day} p=reject
  198.51.100.60 3 pass/pass dkim=mcsv.net dkim=example.org spf=example.org
"
        );
    }
    folder.store(&text);
    folder
}

fn source(folder: &Folder, args: &str) -> String {
    folder.run(&format!("--today 2026-11-22 source {args}")).go().to_string()
}

fn json(folder: &Folder, args: &str) -> Value {
    let ran = folder.run(&format!("--today 2026-11-22 {args} --json")).go();
    serde_json::from_str(&ran.stdout()).unwrap_or_else(|error| panic!("{args}: {error}: {ran}"))
}

#[test]
fn a_failing_service_is_shown_with_what_to_publish() {
    assert_snapshot!(source(&fortnight(), "Mailchimp"));
}

#[test]
fn a_server_nobody_knows_is_shown_with_what_to_find_out() {
    assert_snapshot!(source(&fortnight(), "192.0.2.25"));
}

#[test]
fn json_carries_everything_and_the_records_as_data() {
    let folder = fortnight();
    let object = json(&folder, "source mailchimp example.com");
    assert_eq!(object["asked"], "mailchimp");
    let mine = &object["sources"][0];
    assert_eq!((&mine["domain"], &mine["class"]), (&"example.com".into(), &"misaligned".into()));
    assert_eq!(mine["fix"]["records"][0]["owner"], "k2._domainkey.example.com");
    assert_eq!(mine["failing"]["list"][0]["messages"], 12 * 89);
    assert_eq!(mine["by_address"]["total"], 2);
    assert_eq!(mine["by_day"].as_array().unwrap().len(), 12);
    assert_eq!(mine["by_day"][0]["dmarc"]["pass"], 20);
    assert_eq!(mine["evidence_messages"], mine["messages"]);
    assert_snapshot!(folder.run("--today 2026-11-22 source own --json").go());
    let lines = folder.run("--today 2026-11-22 source mailchimp --format ndjson").go().stdout();
    let domains: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(domains.len(), 2);
    assert_eq!(&domains[0]["messages"], &mine["messages"]);
    let csv = folder.run("--today 2026-11-22 source sendgrid --format csv").go().stdout();
    assert_eq!(csv.lines().count(), 13);
    assert!(csv.contains("\nexample.com,sendgrid,aligned,2026-11-10,900,900,0,0,900,0,0,0,900,0\n"), "{csv}");
}

#[test]
fn what_cannot_be_meant_is_answered_with_what_can() {
    let folder = fortnight();
    let said = ["sendgird", "google", "postmark", "192.0.2.99", "xqzzv", "mailchimp example.net"]
        .map(|args| source(&folder, args));
    assert_snapshot!(said.join("\n\n"));
}

#[test]
fn a_prefix_takes_in_everything_that_was_sent_from_there() {
    let object = json(&fortnight(), "source 198.51.100.0/26");
    let found: Vec<_> = object["sources"].as_array().unwrap().iter().map(|one| &one["source"]).collect();
    assert_eq!(found, ["sendgrid", "mailchimp", "mailchimp"]);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let folder = fortnight();
    let colored = source(&folder, "mailchimp --color always");
    assert!(colored.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), source(&folder, "mailchimp"));
}

#[test]
fn a_strangers_text_does_nothing_to_the_terminal() {
    let folder = Folder::new();
    folder.store(
        "
report \u{1b}[2J\u{202e}evil example.com 2026-11-20 p=none
  192.0.2.1 5 fail/fail from=\u{9b}31m.example dkim=\u{1b}]0;x\u{7}._domainkey.\u{202e}x.example spf=\u{200b}.example:\u{9b}1m
",
    );
    for args in ["", "--all", "--json", "--format ndjson", "--format csv"] {
        let ran = folder.run(&format!("source 192.0.2.1 {args}")).go();
        let hidden = |c: &char| (c.is_control() && *c != '\n') || ('\u{200b}'..='\u{202e}').contains(c);
        assert_eq!(ran.stdout().chars().find(hidden), None, "{args}: {ran}");
        assert_eq!(ran.status(), Some(0), "{ran}");
    }
}

#[test]
fn every_source_has_the_numbers_it_has_in_the_list() {
    let folder = Folder::new();
    let mailbox = root().join("samples/mailbox");
    assert_eq!(folder.run("--quiet ingest").args([mailbox]).go().status(), Some(0));
    let all = json(&folder, "sources");
    let mut compared = 0;
    for domain in all["domains"].as_array().unwrap() {
        for listed in domain["sources"].as_array().unwrap() {
            let (name, domain) = (listed["source"].as_str().unwrap(), domain["domain"].as_str().unwrap());
            // All domains are read, as they were for the list: a spoofer may be told by how many it uses.
            let object = json(&folder, &format!("source {name}"));
            let same = |one: &&Value| {
                ["source", "class", "messages"].iter().all(|key| one[key] == listed[key])
                    && one["domain"] == domain
            };
            let one = object["sources"].as_array().unwrap().iter().find(same);
            let one = one.unwrap_or_else(|| panic!("{name} of {domain} is not shown as it is listed"));
            for (key, value) in listed.as_object().unwrap() {
                assert!(key == "fix" || &one[key] == value, "{name} of {domain}: {key}");
            }
            assert!(listed["fix"].is_null() || one["fix"] == listed["fix"], "{name}");
            for list in
                ["by_reason", "by_route", "by_address", "by_header_from", "by_reporter", "by_disposition"]
            {
                let sum: u64 = one[list]["list"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|entry| entry["messages"].as_u64().unwrap())
                    .sum();
                assert_eq!(sum, one["messages"].as_u64().unwrap(), "{name} of {domain}: {list}");
            }
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}
