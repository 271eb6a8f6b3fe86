//! What `check` proposes, beside the mail that is stored: no record loses what reports saw pass.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::dns::serve;
use crate::support::dns::server::Server;
use crate::support::{Folder, root, shared};

fn object(folder: &Folder, server: &Server, arguments: &str) -> Value {
    let ran =
        folder.run(&format!("--today 2026-11-22 {arguments} --json --resolver {}", server.address())).go();
    serde_json::from_str(&ran.stdout()).unwrap_or_else(|_| panic!("{ran}"))
}

/// The records that are proposed, as owner and value.
fn proposed(folder: &Folder, server: &Server, domain: &str) -> BTreeSet<(String, String)> {
    let found = object(folder, server, &format!("check {domain}"));
    let findings = found["domains"][0]["findings"].as_array().unwrap().iter();
    let records = findings.filter_map(|one| one["advice"]["records"].as_array()).flatten();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    records.map(|record| (text(&record["owner"]), text(&record["value"]))).collect()
}

const ZONE: &str = r#"
$ORIGIN example.com.
@ SOA ns host 1 3600 600 86400 300
@ NS ns
@ MX 10 mx
mx A 192.0.2.1
@ TXT "v=spf1 mx ptr -all"
_dmarc TXT "v=DMARC1; policy=reject; rua=mailto:d@example.com"
7.2.0.192.in-addr.arpa. PTR out
out A 192.0.2.7
"#;

#[test]
fn a_term_that_carries_mail_is_not_dropped() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    let dropped = ("example.com".to_owned(), "v=spf1 mx -all".to_owned());
    assert!(proposed(&folder, &server, "example.com").contains(&dropped));
    folder.store("report One example.com 2026-11-20 p=none\n  192.0.2.1 40 pass/pass spf=example.com\n");
    assert!(proposed(&folder, &server, "example.com").contains(&dropped));
    folder.store("report Two example.com 2026-11-20 p=none\n  192.0.2.7 40 fail/pass spf=example.com\n");
    assert!(!proposed(&folder, &server, "example.com").contains(&dropped));
}

#[test]
fn a_policy_that_own_mail_would_not_survive_is_not_proposed() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    let rejects = |folder: &Folder| {
        let found = proposed(folder, &server, "example.com");
        found.iter().any(|(owner, value)| owner == "_dmarc.example.com" && value.contains("p=reject"))
    };
    assert!(rejects(&folder));
    let reports = |result: &str| {
        let report = |day| {
            format!(
                "report One example.com 2026-11-{day} p=none\n  203.0.113.7 40 {result} dkim=mail._domainkey.sender-sib.com spf=x.sender-sib.com\n"
            )
        };
        (10..20).map(report).collect::<String>()
    };
    folder.store(&reports("pass/fail dkim=brevo1._domainkey.example.com"));
    assert!(rejects(&folder));
    let failing = Folder::new();
    let passed = reports("pass/fail dkim=brevo1._domainkey.example.com").replace("2026-11-", "2026-10-");
    failing.store(&format!("{passed}{}", reports("fail/fail")));
    assert!(!rejects(&failing));
}

/// The zone with a TXT record in place of those of its owner that begin with the same version.
fn published(zone: &str, owner: &str, value: &str) -> String {
    let mut origin = String::new();
    let version = value.split([';', ' ']).next().unwrap_or_default();
    let mut lines = Vec::new();
    for line in zone.lines() {
        let mut words = line.split_whitespace();
        let (first, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if first == "$ORIGIN" {
            origin = kind.trim_end_matches('.').to_owned();
        }
        let name = if first == "@" { origin.clone() } else { format!("{first}.{origin}") };
        if !(name == owner && kind == "TXT" && line.contains(version)) {
            lines.push(line.to_owned());
        }
    }
    format!("{}\n$ORIGIN .\n{owner}. TXT \"{value}\"\n", lines.join("\n"))
}

/// Follows every proposal for a domain, and says what is lost and how many there are.
fn follow(here: &Folder, zone: &str, domain: &str) -> (Vec<String>, usize) {
    let server = serve(zone);
    let mail = |server: &Server| object(here, server, &format!("spf {domain} --recheck"))["mail"].clone();
    let before = mail(&server);
    let (mut lost, mut followed) = (Vec::new(), 0);
    for (owner, value) in proposed(here, &server, domain) {
        followed += 1;
        if value.starts_with("v=spf1") && owner == domain {
            let after = mail(&serve(&published(zone, &owner, &value)));
            if after["lost"].as_u64() > before["lost"].as_u64() {
                lost.push(format!("{owner} {value}: {before} {after}"));
            }
        }
        let policy =
            value.split("; ").find_map(|tag| tag.strip_prefix("p=")).filter(|policy| *policy != "none");
        if let Some(policy) = policy.filter(|_| value.starts_with("v=DMARC1")) {
            let replayed = object_of_replay(here, domain, policy);
            if replayed["legitimate_loss"]["low"] != 0 {
                lost.push(format!("{owner} {value}: {}", replayed["legitimate_loss"]));
            }
        }
    }
    (lost, followed)
}

#[test]
fn whoever_follows_a_proposal_for_the_shipped_domain_loses_no_mail() {
    let here = Folder::new();
    here.run(&format!("-q ingest {}", root().join("samples/mailbox/2026-10.mbox").display())).go();
    let zone = std::fs::read_to_string(root().join("samples/zones/example.com.zone")).unwrap();
    let (lost, followed) = follow(&here, &zone, "example.com");
    assert_eq!(lost, Vec::<String>::new());
    assert!(followed > 0);
}

#[test]
fn whoever_follows_a_proposal_for_the_shared_domains_loses_no_mail() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("cases/dns");
    let zone = std::fs::read_to_string(folder.join("zone")).unwrap();
    let zone: Vec<_> = zone.lines().filter(|line| !line.starts_with("$SYNTHESIS")).collect();
    let cases = std::fs::read_to_string(folder.join("expected.jsonl")).unwrap();
    let (mut domains, mut lost) = (0, Vec::new());
    for case in cases.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let (Some(reports), Some(domain)) = (case["reports"].as_array(), case["domain"].as_str()) else {
            continue;
        };
        let here = Folder::new();
        for report in reports {
            let path = folder.join(report.as_str().unwrap());
            here.run(&format!("-q ingest {}", path.display())).go();
        }
        domains += 1;
        lost.extend(follow(&here, &zone.join("\n"), domain).0);
    }
    assert_eq!(lost, Vec::<String>::new());
    assert!(domains > 5, "{domains}");
}

fn object_of_replay(folder: &Folder, domain: &str, policy: &str) -> Value {
    let ran = folder.run(&format!("replay {domain} --p {policy} --json")).go();
    serde_json::from_str(&ran.stdout()).unwrap_or_else(|_| panic!("{ran}"))
}
