//! `classify` and `senders`: what the catalogue makes of records, without a database.

use serde_json::{Value, json};

use crate::support::run::Folder;

fn answers(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_record_gets_its_sender_and_a_bad_line_its_number() {
    let folder = Folder::new();
    let good = json!({
        "source_ip": "192.0.2.1", "count": 5, "policy_domain": "example.com", "dkim": "pass", "spf": "fail",
        "header_from": "example.com",
        "auth": {"dkim": [
            {"domain": "example.com", "selector": "s1", "result": "pass", "human_result": null},
            {"domain": "sendgrid.net", "selector": "smtpapi", "result": "pass"},
        ], "spf": [{"domain": "sendgrid.net", "scope": "mfrom", "result": "pass"}]},
        "rdns": null, "owner": null,
    });
    let text = format!("{good}\n\n{{\"source_ip\": 7}}\n{good}\n{{}}\n");
    let ran = folder.run("classify -").stdin(text.as_bytes()).go();
    assert_eq!(ran.status(), Some(3), "{ran}");
    let found = answers(&ran.stdout());
    assert_eq!(found.len(), 2);
    assert_eq!((&found[0]["sender"], &found[0]["class"]), (&json!("sendgrid"), &json!("aligned")));
    assert!(found[0]["evidence"][0]["points"].as_u64().unwrap() >= 90);
    let said = ran.stderr();
    assert!(said.contains("error: line 3: ") && said.contains("error: line 5: "), "{said}");
    assert!(!said.contains("line 1") && !said.contains("line 2"), "{said}");
}

#[test]
fn nothing_usable_and_no_file_are_told_apart_from_an_answer() {
    let folder = Folder::new();
    assert_eq!(folder.run("classify -").stdin(b"nonsense\n").go().status(), Some(2));
    assert_eq!(folder.run("classify missing.ndjson").go().status(), Some(2));
    let empty = folder.run("classify -").stdin(b"\n").go();
    assert!(empty.status() == Some(2) && empty.stderr().contains("no record in stdin"), "{empty}");
    let null = folder.run("classify -").stdin(b"null\n").go();
    assert!(null.stderr().contains("expected a record as a JSON object"), "{null}");
    let long = vec![b'x'; (1 << 20) + 5];
    let ran = folder.run("classify -").stdin(&long).go();
    assert!(ran.stderr().contains("line 1: longer than"), "{ran}");
}

#[test]
fn a_file_of_services_adds_to_the_catalogue_and_is_checked() {
    let folder = Folder::new();
    folder.write("mine.toml", "[[sender]]\nid = \"postroom\"\nname = \"Postroom\"\ncategory = \"crm\"\ndkim = [\"postroom.example\"]\n");
    let record = json!({
        "source_ip": "192.0.2.1", "header_from": "example.com", "dkim": "fail", "spf": "fail",
        "auth": {"dkim": [{"domain": "postroom.example", "selector": "a", "result": "pass"}]},
    });
    let ran = folder.run("--senders mine.toml classify -").stdin(record.to_string().as_bytes()).go();
    assert_eq!(answers(&ran.stdout())[0]["sender"], "postroom", "{ran}");
    let shown = folder.run("--senders mine.toml senders postroom").go();
    assert!(shown.stdout().contains("postroom.example"), "{shown}");
    assert_eq!(folder.run("senders postroom").go().status(), Some(2));
    folder.write("wrong.toml", "[[sender]]\nid = \"postroom\"\nnome = \"Postroom\"\n");
    let wrong = folder.run("--senders wrong.toml senders").go();
    assert!(wrong.status() == Some(2) && wrong.stderr().contains("wrong.toml:3"), "{wrong}");
}

/// The labelled cases as `classify` reads them, each with the sender and class it should get.
#[expect(clippy::disallowed_methods, reason = "the cases lie outside the project")]
fn labelled() -> Option<Vec<(Value, String, String)>> {
    let shared = std::env::var_os("WHOSENDS_SHARED")?;
    let path = std::path::Path::new(&shared).join("facts/senders-labelled.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let heads: Vec<_> = lines.next().unwrap().split('\t').collect();
    let case = |line: &str| {
        let cells: Vec<_> = line.split('\t').collect();
        let cell = |name: &str| {
            let at = heads.iter().position(|head| *head == name).unwrap();
            cells.get(at).copied().unwrap_or_default()
        };
        (record(&cell), cell("expected_sender").to_owned(), cell("expected_class").to_owned())
    };
    Some(lines.map(case).collect())
}

fn record<'t>(cell: &impl Fn(&str) -> &'t str) -> Value {
    let some = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    let items = |name: &str| cell(name).split(';').filter(|item| !item.is_empty());
    let dkim: Vec<_> = items("dkim")
        .map(|item| {
            let (name, result) = item.split_once('=').unwrap();
            let (domain, selector) = name.split_once('/').unwrap_or((name, ""));
            json!({"domain": domain, "selector": some(selector), "result": result})
        })
        .collect();
    let spf: Vec<_> = items("spf")
        .map(|item| {
            let (name, result) = item.split_once('=').unwrap();
            let (domain, scope) = name.split_once('@').unwrap_or((name, ""));
            json!({"domain": domain, "scope": some(scope), "result": result})
        })
        .collect();
    let reasons: Vec<_> = items("reasons")
        .map(|item| {
            let (kind, comment) = item.split_once(':').unwrap_or((item, ""));
            json!({"type": kind, "comment": comment})
        })
        .collect();
    let mut owner = json!({});
    for (key, value) in items("owner_context").filter_map(|item| item.split_once('=')) {
        let values: Vec<_> = value.split(',').collect();
        match key {
            "confirmed" => owner["confirmed"] = json!(values),
            "own" => owner["addresses"] = json!(values),
            "tenants" => owner["tenants"] = json!(values),
            "sel_known" => {
                let selectors: Vec<_> = dkim.iter().map(|signature| &signature["selector"]).collect();
                owner["selectors"] = json!(selectors);
            }
            _ => {}
        }
    }
    let checked = cell("owner_context").contains("rdns_checked=yes");
    let rdns = if cell("rdns").is_empty() && !checked { Value::Null } else { json!(cell("rdns")) };
    let fcrdns = match cell("fcrdns") {
        "yes" => json!(true),
        "no" => json!(false),
        _ => Value::Null,
    };
    json!({
        "source_ip": cell("source_ip"), "count": cell("count").parse::<u64>().unwrap(),
        "policy_domain": cell("header_from"), "header_from": cell("header_from"),
        "disposition": cell("disposition"), "dkim": cell("eval_dkim"), "spf": cell("eval_spf"),
        "reasons": reasons, "auth": {"dkim": dkim, "spf": spf},
        "rdns": rdns, "fcrdns": fcrdns, "asn": cell("asn").parse::<u32>().ok(), "owner": owner,
    })
}

#[test]
fn labelled_cases_get_their_sender_and_class() {
    let Some(cases) = labelled() else {
        println!("skipped: WHOSENDS_SHARED is not set");
        return;
    };
    assert!(cases.len() >= 43);
    let lines: String = cases.iter().map(|(record, ..)| format!("{record}\n")).collect();
    let ran = Folder::new().run("classify -").stdin(lines.as_bytes()).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    for (found, (record, sender, class)) in answers(&ran.stdout()).iter().zip(&cases) {
        assert_eq!(found["sender"].as_str().unwrap_or_default(), sender, "{record}");
        assert_eq!(found["class"], **class, "{record}");
    }
}
