//! Every field of every JSON object is described.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::dns::serve;
use crate::support::{Folder, root};

const ZONE: &str = r#"
$ORIGIN example.com.
@    TXT "v=spf1 include:_spf.example.com exp=why.example.com -all"
_spf TXT "v=spf1 ip4:192.0.2.0/24"
why  TXT "no"
@    MX  10 mx
mx   A   192.0.2.25
_25._tcp.mx TLSA 3 1 1 00
25.2.0.192.in-addr.arpa. PTR mx.example.com.
s1._domainkey TXT "v=DKIM1; p="
_dmarc TXT "v=DMARC1; p=none; rua=mailto:d@reports.example"
"#;

#[test]
fn every_field_is_described_in_docs_json() {
    let folder = Folder::new();
    folder.store(
        "
report One example.com 2026-11-20 p=none id=a
  192.0.2.1 5 pass/pass dkim=example.com spf=example.com reason=other:why
  note word_case record/row Pass
report One example.com 2026-11-20 p=none id=a
  192.0.2.1 4 pass/pass
",
    );
    for day in 1..9 {
        folder.store(&format!(
            "
report One example.com 2026-11-1{day} p=none
  192.0.2.9 90 pass/fail dkim=sendgrid.net dkim=example.com
  192.0.2.9 90 fail/fail dkim=sendgrid.net
"
        ));
    }
    folder.write("empty/nothing.txt", "no report");
    let server = serve(ZONE);
    let changed =
        serve(&format!("{}$BEHAVE s1._domainkey TXT servfail\n", ZONE.replace("p=none", "p=reject")));
    let mut fields = BTreeSet::new();
    for command in [
        "sources --json",
        "sources --by network --json",
        "sources --format ndjson",
        "changes --format ndjson --since 1d --until 2026-11-20",
        "resolve --resolver [SERVER] --json",
        "mark example.com sendgrid authorised --json",
        "mark --list --format ndjson",
        "source sendgrid --json",
        "source 192.0.2.1 --format ndjson",
        "changes --json",
        "senders --json",
        "senders mailchimp --format ndjson",
        "ready --json",
        "ready --format ndjson",
        "replay example.com --p reject --json",
        "replay example.com --p reject --format ndjson",
        "domains --json",
        "reports --json",
        "reports show 1 --json",
        "notes --json",
        "export",
        "db info --json",
        "db check --json",
        "db prune --before 2026-01-01 --json",
        "ingest empty --json",
        "check example.com gone.example --selector s1 --resolver [SERVER] --json",
        "check example.com --format ndjson --resolver [SERVER]",
        "check example.com --diff --live --resolver [CHANGED] --json",
        "spf example.com --resolver [SERVER] --json",
        "spf example.com --used --resolver [SERVER] --json",
        "spf example.com --recheck --resolver [SERVER] --json",
        "spf example.com --ip 192.0.2.1 --resolver [SERVER] --json",
        "spf example.com --ip 2001:db8::1 --resolver [SERVER] --json",
    ] {
        let command = command.replace("[SERVER]", &server.address().to_string());
        let command = command.replace("[CHANGED]", &changed.address().to_string());
        let ran = folder.run(&command).go();
        let text = ran.stdout();
        let lines = if text.starts_with("{\n") { vec![text.as_str()] } else { text.lines().collect() };
        assert!(!lines.is_empty(), "{command}: {ran}");
        for line in lines {
            let value: Value = serde_json::from_str(line).unwrap();
            assert!(command == "export" || value["schema"] == 1, "{command}");
            collect(&value, &mut fields);
        }
    }
    let documented = fs::read_to_string(root().join("docs/json.md")).unwrap();
    let missing: Vec<&String> =
        fields.iter().filter(|field| !documented.contains(&format!("`{field}`"))).collect();
    assert!(fields.len() > 80 && missing.is_empty(), "{missing:?} of {}", fields.len());
}

fn collect(value: &Value, fields: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                fields.insert(name.clone());
                collect(value, fields);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, fields)),
        _ => {}
    }
}
