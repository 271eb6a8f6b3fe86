//! `check`, with a name server on loopback.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::path::Path;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::dns::serve;
use crate::support::run::Ran;
use crate::support::{Folder, root, shared};

const ZONE: &str = r#"
$ORIGIN example.com.
@             SOA ns1 host 1 3600 600 86400 300
@             NS  ns1
@             NS  ns2
@             MX  10 mx
mx            A   192.0.2.25
25.2.0.192.in-addr.arpa. PTR mx.example.com.
@             TXT "v=spf1 mx include:_spf.example.net ?all"
_dmarc        TXT "v=DMARC1; p=none"
s1._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
spare._domainkey TXT "v=DKIM1; k=ed25519; p=3p6Yo1v0wzOyv4oS8cLcoPzkdmSUl8H/RkdJJHz5xA4="
$ORIGIN example.net.
_spf          TXT "v=spf1 ip4:192.0.2.0/28 -all"
$ORIGIN parked.example.
@             MX  0 .
@             TXT "v=spf1 -all"
_dmarc        TXT "v=DMARC1; p=reject"
$ORIGIN down.example.
_dmarc        TXT "v=DMARC1; p=reject"
@             TXT "v=spf1 -all"
$BEHAVE @     TXT servfail
"#;

fn check(folder: &Folder, server: &str, arguments: &str) -> Ran {
    folder.run(&format!("check {arguments} --resolver {server}")).go()
}

fn object(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout()).unwrap_or_else(|_| panic!("{ran}"))
}

/// The ids of a domain's findings.
fn ids(domain: &Value) -> Vec<&str> {
    domain["findings"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[test]
fn the_worst_stands_first_with_the_record_to_publish() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    let server = server.address().to_string();
    let kept = check(&folder, &server, "example.com --selector s1 --save kept.json");
    assert_eq!(kept.status(), Some(0), "{kept}");
    assert_snapshot!(folder.run("check example.com --selector s1 --offline kept.json").go(), @r#"
        example.com   warning  3 warnings, 3 hints

        SPF     warning   v=spf1 mx include:_spf.example.net ?all
                          lookups 2 of 10, void 0 of 2
        DMARC   warning   v=DMARC1; p=none
                          none, from _dmarc.example.com
        DKIM    ok        s1: ed25519
        MX      ok        10 mx.example.com
        TLS     ok        no MTA-STS, no TLS-RPT, no DANE
        Zone    ok        the domain exists

        warning    spf.all-neutral  example.com  (RFC 7208 5.1)
                   `?all` says nothing of other senders
                   → end with `-all` or `~all`
                   example.com. TXT "v=spf1 mx include:_spf.example.net ~all"

        warning    dmarc.policy-none  _dmarc.example.com  (RFC 9989 4.7)
                   the policy does nothing, and nobody is told what it would do
                   → enforce when the reports show that the own mail passes

        warning    dmarc.no-rua  _dmarc.example.com  (RFC 9989 4.7)
                   no address for aggregate reports: nobody tells who sends
                   → add one with `rua`

        hint       dnssec.insecure  example.com  (RFC 4035 4.3)
                   the domain is not signed with DNSSEC

        hint       dmarc.no-ruf  _dmarc.example.com  (RFC 9989 4.7)
                   no address for failure reports, which few receivers send

        hint       tls-rpt.missing  _smtp._tls.example.com  (RFC 8460 3)
                   nobody reports failures of TLS
                   _smtp._tls.example.com. TXT "v=TLSRPTv1; rua=mailto:tls-reports@example.com"

        58 questions, answered from kept.json
        [exit 0]
        "#);
}

#[test]
fn the_status_says_whether_a_finding_is_bad_enough_or_open() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    let server = server.address().to_string();
    let status = |arguments: &str| check(&folder, &server, arguments).status();
    assert_eq!(status("example.com"), Some(0));
    assert_eq!(status("example.com --fail-on warning"), Some(1));
    assert_eq!(status("nothing.example"), Some(1));
    assert_eq!(status("nothing.example --fail-on never"), Some(0));
    assert_eq!(
        status("parked.example down.example"),
        Some(4),
        "{}",
        check(&folder, &server, "parked.example down.example")
    );
    assert_eq!(status("nothing.example down.example"), Some(1));
    // What is left out decides nothing.
    let all = object(&check(&folder, &server, "example.com --json"));
    let warnings = all["domains"][0]["findings"].as_array().unwrap().iter();
    let warnings: Vec<_> =
        warnings.filter(|one| one["severity"] == "warning").map(|one| one["id"].as_str().unwrap()).collect();
    let ignored = format!("example.com --fail-on warning --ignore {}", warnings.join(","));
    assert!(!warnings.is_empty());
    assert_eq!(status(&ignored), Some(0));
    assert_eq!(status("example.com --ignore spf.nonsense"), Some(2));
    assert_eq!(status("not_a..name"), Some(2));
}

#[test]
fn selectors_come_from_the_stored_reports() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    let server = server.address().to_string();
    folder.store(
        "
report One example.com 2026-11-20 p=none id=a
  192.0.2.1 40 pass/pass dkim=example.com spf=example.com
  192.0.2.1 2 pass/pass dkim=gone._domainkey.example.com spf=example.com
report One example.com 2026-07-01 p=none id=b
  192.0.2.1 7 pass/pass dkim=old._domainkey.example.com spf=example.com
report One news.example.com 2026-11-20 p=none id=c
  192.0.2.1 3 pass/pass dkim=example.com spf=example.com
report One example.net 2026-11-20 p=none id=d
  192.0.2.1 500 pass/pass dkim=for-others._domainkey.example.com spf=example.com
report One example.org 2026-11-20 p=none id=e
  192.0.2.1 900 pass/pass dkim=example.org spf=example.org
",
    );
    let all = object(&check(&folder, &server, "example.com --json"));
    let keys: Vec<_> = all["domains"][0]["dkim"].as_array().unwrap().iter().collect();
    let told: Vec<_> = keys
        .iter()
        .map(|key| {
            (
                key["selector"].as_str().unwrap(),
                key["state"].as_str().unwrap(),
                key["origin"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [("for-others", "not_found"), ("s1", "found"), ("gone", "not_found")];
    assert_eq!(told, expected.map(|(name, state)| (name, state, "reports")));
    assert_eq!(keys[1]["seen"], serde_json::json!({"messages": 43, "passed": 43, "last_day": "2026-11-20"}));
    let text = check(&folder, &server, "example.com").stdout();
    assert!(text.contains("s1: ed25519; in reports: 43 messages"), "{text}");
    let text = check(&folder, &server, "example.com --selector spare").stdout();
    assert!(text.contains("spare: ed25519; not used in 90 days of reports"), "{text}");
    let strict = serve(&ZONE.replace("p=none", "p=none; adkim=s"));
    folder.store(
        "
report Two example.com 2026-11-20 p=none id=f
  192.0.2.1 7 pass/pass dkim=em.example.com spf=example.com
",
    );
    let strict = object(&check(&folder, &strict.address().to_string(), "example.com --json"));
    let strict = strict["domains"][0]["findings"].as_array().unwrap().iter();
    let strict: Vec<_> = strict.filter(|one| one["id"] == "dmarc.alignment-strict").collect();
    assert!(strict[0]["message"].as_str().unwrap().contains("`adkim=s`: 7 messages"), "{strict:?}");
    // A database that can't be read costs the selectors and no more.
    folder.write("whosends.db", "no database");
    let ran = check(&folder, &server, "example.com --json");
    assert_eq!((ran.status(), ran.stderr().contains("warning: ")), (Some(0), true), "{ran}");
}

#[test]
fn the_shipped_conversation_is_what_the_shipped_zone_answers() {
    let samples = root().join("samples/zones");
    let (folder, server) =
        (Folder::new(), serve(&std::fs::read_to_string(samples.join("example.com.zone")).unwrap()));
    let ran = check(
        &folder,
        &server.address().to_string(),
        "example.com --selector mq5a2v7kdx3jzr6ohw4tb7yenclfgp2s --save kept.json",
    );
    assert_eq!(ran.status(), Some(1), "{ran}");
    let read = |path: std::path::PathBuf| -> Value {
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let (kept, shipped) = (read(folder.path("kept.json")), read(samples.join("example.com.json")));
    assert_eq!(kept["conversation"], shipped["conversation"]);
    assert!(kept["held"].is_string() && shipped["held"].is_string());
}

#[test]
fn of_too_many_lookups_those_that_carried_nothing_are_named() {
    let includes: String = (0..11).map(|index| format!("include:n{index}.example ")).collect();
    let records: String =
        (0..11).map(|index| format!("n{index}.example. TXT \"v=spf1 ip4:192.0.2.{index} -all\"\n")).collect();
    let server = serve(&format!("example.com. TXT \"v=spf1 {includes}-all\"\n{records}"));
    let folder = Folder::new();
    let evidence = |folder: &Folder| {
        let found = object(&check(folder, &server.address().to_string(), "example.com --json"));
        let findings = found["domains"][0]["findings"].as_array().unwrap().clone();
        let finding = findings.iter().find(|one| one["id"] == "spf.too-many-lookups").unwrap();
        finding["evidence"].to_string()
    };
    assert!(!evidence(&folder).contains("carried"));
    // The eleventh carries mail although receivers never come to it.
    folder.store(
        "report One example.com 2026-11-20 p=none id=a\n  192.0.2.10 4 fail/fail spf=example.com:permerror\n",
    );
    let known = evidence(&folder);
    assert_eq!(known.matches("carried no mail in 90 days of reports, to 2026-11-20").count(), 10, "{known}");
    assert!(!known.contains("include:n10.example carried"), "{known}");
}

#[test]
fn many_domains_are_one_answer_in_the_order_they_were_named() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    let address = server.address().to_string();
    let ran = folder
        .run(&format!("check parked.example - --json --resolver {address}"))
        .stdin("# ours\nexample.com\n\nEXAMPLE.com.\nnothing.example\n".as_bytes())
        .go();
    let all = object(&ran);
    let names: Vec<_> =
        all["domains"].as_array().unwrap().iter().map(|one| one["domain"].as_str().unwrap()).collect();
    assert_eq!(names, ["parked.example", "example.com", "nothing.example"]);
    folder.write("domains.txt", "parked.example\r\n# ours\nexample.com\n");
    let lines = check(&folder, &address, "@domains.txt --ndjson").stdout();
    folder.write("wrong.txt", "parked.example\nnot_a..name\n");
    let wrong = check(&folder, &address, "@wrong.txt");
    assert!(wrong.status() == Some(2) && wrong.stderr().contains("wrong.txt, line 2"), "{wrong}");
    assert_eq!(check(&folder, &address, "@nothing.txt").status(), Some(2));
    let domains: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(domains.len(), 2);
    assert_eq!(ids(&domains[1]), ids(&all["domains"][1]));
    let text = check(&folder, &address, "parked.example down.example").stdout();
    assert!(
        text.contains("2 domains: 0 with errors") && text.contains("SPF     unknown   not decided: "),
        "{text}"
    );
}

#[test]
fn a_resolver_that_answers_nothing_decides_nothing() {
    let folder = Folder::new();
    let mute = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = mute.local_addr().unwrap().to_string();
    let start = now();
    let ran = check(&folder, &server, "one.example two.example --json");
    let spent = start.elapsed();
    assert_eq!(ran.status(), Some(4), "{ran}");
    assert!(spent < Duration::from_secs(9), "{spent:?}");
    for domain in object(&ran)["domains"].as_array().unwrap() {
        assert_eq!(domain["status"], "undecided");
        let findings = domain["findings"].as_array().unwrap();
        assert!(!findings.is_empty() && findings.iter().all(|one| one["temporary"] == true), "{domain:#}");
    }
    // Nor does one that refuses the connection.
    drop(mute);
    assert_eq!(check(&folder, &server, "one.example").status(), Some(4));
}

#[expect(clippy::disallowed_methods, reason = "the test measures time")]
fn now() -> Instant {
    Instant::now()
}

/// Checks the domains of a folder of zones through the binary, and compares with what is expected. Returns
/// the findings that nobody asked for.
fn zones(folder: &Path, domains: &[(String, String)]) -> Vec<String> {
    let here = Folder::new();
    let server = serve(&std::fs::read_to_string(folder.join("zone")).unwrap());
    let server = server.address().to_string();
    let mut found = BTreeMap::new();
    for (domain, selectors) in domains {
        let mut arguments = format!("{domain} --json");
        if !selectors.is_empty() {
            arguments += &format!(" --selector {selectors}");
        }
        let start = now();
        let ran = check(&here, &server, &arguments);
        assert!(start.elapsed() < Duration::from_secs(9), "{domain}: {:?}", start.elapsed());
        let object = object(&ran)["domains"][0].clone();
        let errors = object["counts"]["error"] != 0;
        let open = object["counts"]["undecided"] != 0;
        let expected = if errors {
            1
        } else if open {
            4
        } else {
            0
        };
        assert_eq!(ran.status(), Some(expected), "{ran}");
        found.insert(domain.clone(), object);
    }
    let (mut wrong, mut wanted) = (Vec::new(), Vec::new());
    let expected = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    for row in expected.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>()) {
        let (domain, kind, what) = (row[0], row[1], row[2]);
        let object = &found[domain];
        let severe = |severity: &str| {
            let findings = object["findings"].as_array().unwrap();
            let of_mail = |one: &&Value| ["spf", "dmarc", "mx"].contains(&one["area"].as_str().unwrap());
            findings.iter().filter(of_mail).any(|one| one["severity"] == severity)
        };
        let is_so = match (kind, what) {
            ("mustnot", "any-error") => !severe("error"),
            ("mustnot", "any-warning") => !severe("warning"),
            ("mustnot", id) => !ids(object).contains(&id),
            ("must", id) => {
                wanted.push((domain.to_owned(), id.to_owned()));
                ids(object).contains(&id)
            }
            ("record", area) => object[area]["record"] == row[3],
            _ => panic!("{row:?}"),
        };
        if !is_so {
            wrong.push(format!("{domain}: {kind} {what}: {:?}", ids(object)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{} domains, {} findings as they must be", found.len(), wanted.len());
    let mut further = Vec::new();
    for (domain, object) in &found {
        for one in object["findings"].as_array().unwrap() {
            let area = one["area"].as_str().unwrap();
            let id = one["id"].as_str().unwrap();
            let counts = ["spf", "dmarc", "dkim", "mx"].contains(&area) && one["severity"] != "info";
            if counts && !wanted.contains(&(domain.clone(), id.to_owned())) {
                further.push(format!("{domain} {id}"));
            }
        }
    }
    further
}

#[test]
fn the_shared_zones_give_what_they_must() {
    let Some(folder) = shared().map(|folder| folder.join("zones")) else { return };
    let text = std::fs::read_to_string(folder.join("domains.txt")).unwrap();
    let pair = |line: &str| {
        line.split_once('\t').map_or((line.to_owned(), String::new()), |(a, b)| (a.to_owned(), b.to_owned()))
    };
    let domains: Vec<_> = text.lines().map(pair).collect();
    let further = zones(&folder, &domains);
    assert!(domains.len() >= 50 && further.len() * 2 <= domains.len(), "{further:#?}");
}

#[test]
fn the_faulty_zones_give_what_they_must() {
    let Some(folder) = shared().map(|folder| folder.join("zones/faults")) else { return };
    let text = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let mut domains: Vec<_> = text
        .lines()
        .skip(1)
        .map(|line| (line.split('\t').next().unwrap().to_owned(), String::new()))
        .collect();
    domains.dedup();
    domains.sort();
    domains.dedup();
    zones(&folder, &domains);
}

#[test]
fn many_domains_are_a_line_each() {
    let folder = Folder::new();
    let mut zone = ZONE.to_owned();
    for number in 1..=4 {
        zone.push_str(&format!(
            "$ORIGIN d{number}.example.\n@ TXT \"v=spf1 -all\"\n_dmarc TXT \"v=DMARC1; p=reject\"\n"
        ));
    }
    let server = serve(&zone);
    let server = server.address().to_string();
    folder.write(
        "domains.txt",
        "d1.example\nexample.com\nparked.example\ndown.example\nd2.example\nd3.example\nd4.example\n",
    );
    let ran = check(&folder, &server, "@domains.txt");
    let table: Vec<_> = ran.stdout().lines().take(11).map(str::to_owned).collect();
    assert_snapshot!(table.join("\n"), @r"
    DOMAIN          POLICY  SPF      DMARC    DKIM  MX  TLS  ZONE     WORST
    down.example    reject  unknown  warning  ok    ok  ok   unknown  spf.dns-error…
    d1.example      reject  ok       warning  ok    ok  ok   warning  soa.broken +2
    d2.example      reject  ok       warning  ok    ok  ok   warning  soa.broken +2
    d3.example      reject  ok       warning  ok    ok  ok   warning  soa.broken +2
    d4.example      reject  ok       warning  ok    ok  ok   warning  soa.broken +2
    example.com     none    warning  warning  ok    ok  ok   ok       spf.all-neutr…
    parked.example  reject  ok       warning  ok    ok  ok   warning  soa.broken +1
    
    7 domains: 0 with errors, 6 with warnings, 1 not decided, 0 in order
    `--full` shows the records and findings of each, and `whosends check DOMAIN` those of one
    ");
    assert!(check(&folder, &server, "@domains.txt --full").stdout().contains("→ end with `-all` or `~all`"));
    let csv = check(&folder, &server, "@domains.txt --format csv").stdout();
    assert_eq!(csv.lines().count(), 8, "{csv}");
    let line = csv.lines().find(|line| line.starts_with("example.com,")).unwrap();
    assert!(line.starts_with("example.com,warning,yes,0,"), "{line}");
    assert!(
        line.contains(",v=spf1 mx include:_spf.example.net ?all,v=DMARC1; p=none,_dmarc.example.com,"),
        "{line}"
    );
    assert!(csv.lines().any(|line| line.starts_with("down.example,undecided,")), "{csv}");
}
