//! Replays of generated reports, where the truth is known, and of real ones, where reporters differ.

use std::path::Path;

use serde_json::Value;

use crate::generated::{generate, ingest, whosends};
use crate::support::{Folder, shared};

/// Reports of the generated corpus.
const REPORTS: &str = "20000";

fn replay(database: &Path, domain: &str, policy: &str) -> Value {
    let output = whosends(database).args(["replay", domain, "--json", "--p", policy]).output().unwrap();
    assert!(output.status.success(), "{domain}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn domains(database: &Path) -> Vec<String> {
    let output = whosends(database).args(["domains", "--since", "all", "--json"]).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let domains = found["domains"].as_array().unwrap().iter();
    domains.map(|domain| domain["domain"].as_str().unwrap().to_owned()).collect()
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap()
}

/// What holds for any replay.
fn assert_sums(found: &Value) {
    let bracket = &found["legitimate_loss"];
    assert_eq!(number(found, "strict_loss"), number(found, "likely_loss") + number(found, "rescued"));
    assert_eq!(number(found, "strict_loss"), number(bracket, "high") + number(found, "blocked"));
    for field in ["messages", "strict_loss", "likely_loss", "rescued", "quarantined", "blocked"] {
        let senders = found["senders"].as_array().unwrap();
        assert_eq!(senders.iter().map(|sender| number(sender, field)).sum::<u64>(), number(found, field));
    }
}

#[test]
fn what_is_predicted_is_what_was_done_but_where_a_reason_is_given() {
    let Some(shared) = shared() else { return };
    let folder = Folder::new();
    let corpus = generate(&folder, &shared, "gz", &["--reports", REPORTS, "--seed", "9"]);
    let database = folder.path("generated.db");
    ingest(&database, &[&corpus.path]);
    let found = domains(&database);
    let mut enforced = 0;
    for domain in &found {
        for policy in ["quarantine", "reject"] {
            let found = replay(&database, domain, policy);
            assert_sums(&found);
            let truth = &corpus.truth["domains"][domain];
            assert_eq!(number(&found, "messages"), number(truth, "messages"), "{domain}");
            let failing = number(truth, "messages") - number(truth, "dmarc_pass");
            assert_eq!(number(&found, "strict_loss"), failing, "{domain}");
            let done = &found["calibration"];
            enforced += number(done, "messages");
            assert_eq!(
                number(done, "messages"),
                number(done, "agreed") + number(done, "overridden"),
                "{domain}: {done}"
            );
        }
        assert_eq!(number(&replay(&database, domain, "none"), "strict_loss"), 0, "{domain}");
    }
    assert!(enforced > 0 && found.len() == 5);
}

#[test]
fn agreement_with_real_reporters_is_shown() {
    let Some(shared) = shared() else { return };
    let folder = Folder::new();
    let database = folder.path("real.db");
    ingest(&database, &[&shared.join("corpus/aggregate")]);
    let mut reporters: Vec<(u64, u64, u64, String)> = Vec::new();
    for domain in domains(&database) {
        let found = replay(&database, &domain, "reject");
        assert_sums(&found);
        for reporter in found["calibration"]["reporters"].as_array().unwrap() {
            let name = reporter["reporter"].as_str().unwrap_or("not stated").to_owned();
            let numbers = ["messages", "agreed", "overridden"].map(|field| number(reporter, field));
            match reporters.iter_mut().find(|known| known.3 == name) {
                Some(known) => {
                    known.0 += numbers[0];
                    known.1 += numbers[1];
                    known.2 += numbers[2];
                }
                None => reporters.push((numbers[0], numbers[1], numbers[2], name)),
            }
        }
    }
    reporters.sort_by(|a, b| b.cmp(a));
    assert!(!reporters.is_empty());
    for (messages, agreed, overridden, name) in reporters {
        println!("{name}: {agreed} of {messages} agree, {overridden} overridden with a reason");
        assert!(agreed + overridden <= messages, "{name}");
    }
}
