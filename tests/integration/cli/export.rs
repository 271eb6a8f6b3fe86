//! `export`: what other tools build on.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::root;
use crate::support::run::Folder;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.store(
        "
report Receiver_Two example.com 2026-11-21 p=quarantine sp=none pct=50 adkim=s
  192.0.2.25 2000 pass/softfail dkim=example.com reason=mailing_list:a_list
report Receiver_One example.com 2026-11-20
  2001:db8::1 7 fail/- from=news.example.com spf=example.com:hardfail
  192.0.2.25 4000 pass/pass
report - example.org -
  192.0.2.1 1 -/-
",
    );
    folder
}

#[test]
fn records_come_in_a_stable_order_with_every_field() {
    assert_snapshot!(folder().run("export").go(), @r#"
        {"reporter":"Receiver One","report_id":"id-2","begin":1795132800,"end":1795219199,"policy_domain":"example.com","policy":{"p":null,"sp":null,"np":null,"adkim":null,"aspf":null,"pct":null,"fo":null,"testing":null,"discovery_method":null},"source_ip":"2001:db8::1","count":7,"disposition":"none","dkim":"fail","spf":null,"reasons":[],"header_from":"news.example.com","envelope_from":null,"envelope_to":null,"auth":{"dkim":[],"spf":[{"domain":"example.com","scope":null,"result":"hardfail","human_result":null}]},"sender":null,"class":"unknown"}
        {"reporter":"Receiver One","report_id":"id-2","begin":1795132800,"end":1795219199,"policy_domain":"example.com","policy":{"p":null,"sp":null,"np":null,"adkim":null,"aspf":null,"pct":null,"fo":null,"testing":null,"discovery_method":null},"source_ip":"192.0.2.25","count":4000,"disposition":"none","dkim":"pass","spf":"pass","reasons":[],"header_from":"example.com","envelope_from":null,"envelope_to":null,"auth":{"dkim":[],"spf":[]},"sender":null,"class":"aligned"}
        {"reporter":"Receiver Two","report_id":"id-1","begin":1795219200,"end":1795305599,"policy_domain":"example.com","policy":{"p":"quarantine","sp":"none","np":null,"adkim":"s","aspf":null,"pct":50,"fo":null,"testing":null,"discovery_method":null},"source_ip":"192.0.2.25","count":2000,"disposition":"none","dkim":"pass","spf":"softfail","reasons":[{"type":"mailing_list","comment":"a list"}],"header_from":"example.com","envelope_from":null,"envelope_to":null,"auth":{"dkim":[{"domain":"example.com","selector":"s1","result":"pass","human_result":null}],"spf":[]},"sender":null,"class":"forwarder"}
        {"reporter":null,"report_id":"id-3","begin":null,"end":null,"policy_domain":"example.org","policy":{"p":null,"sp":null,"np":null,"adkim":null,"aspf":null,"pct":null,"fo":null,"testing":null,"discovery_method":null},"source_ip":"192.0.2.1","count":1,"disposition":"none","dkim":null,"spf":null,"reasons":[],"header_from":"example.org","envelope_from":null,"envelope_to":null,"auth":{"dkim":[],"spf":[]},"sender":null,"class":"unknown"}
        [exit 0]
        "#);
    assert_snapshot!(folder().run("export --format csv").go(), @r#"
        reporter,report_id,begin,end,policy_domain,policy_p,policy_sp,policy_np,policy_adkim,policy_aspf,policy_pct,policy_fo,policy_testing,policy_discovery_method,source_ip,count,disposition,dkim,spf,reasons,header_from,envelope_from,envelope_to,auth,sender,class
        Receiver One,id-2,1795132800,1795219199,example.com,,,,,,,,,,2001:db8::1,7,none,fail,,[],news.example.com,,,"{""dkim"":[],""spf"":[{""domain"":""example.com"",""scope"":null,""result"":""hardfail"",""human_result"":null}]}",,unknown
        Receiver One,id-2,1795132800,1795219199,example.com,,,,,,,,,,192.0.2.25,4000,none,pass,pass,[],example.com,,,"{""dkim"":[],""spf"":[]}",,aligned
        Receiver Two,id-1,1795219200,1795305599,example.com,quarantine,none,,s,,50,,,,192.0.2.25,2000,none,pass,softfail,"[{""type"":""mailing_list"",""comment"":""a list""}]",example.com,,,"{""dkim"":[{""domain"":""example.com"",""selector"":""s1"",""result"":""pass"",""human_result"":null}],""spf"":[]}",,forwarder
        ,id-3,,,example.org,,,,,,,,,,192.0.2.1,1,none,,,[],example.org,,,"{""dkim"":[],""spf"":[]}",,unknown
        [exit 0]
        "#);
}

/// Messages by domain, sender (`-` without a name) and class.
type Totals = BTreeMap<(String, String, String), u64>;

fn exported(folder: &Folder, args: &str) -> Totals {
    let mut totals = Totals::new();
    for line in folder.run(&format!("export {args}")).go().stdout().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| record[key].as_str().unwrap_or("-").to_owned();
        let key = (text("policy_domain"), text("sender"), text("class"));
        *totals.entry(key).or_default() += record["count"].as_u64().unwrap();
    }
    totals
}

fn summed(folder: &Folder, args: &str) -> Totals {
    let mut totals = Totals::new();
    let ran = folder.run(&format!("sources --json {args}")).go();
    let object: Value = serde_json::from_str(&ran.stdout()).unwrap();
    for block in object["domains"].as_array().unwrap() {
        for source in block["sources"].as_array().unwrap() {
            let is_named = matches!(source["kind"].as_str(), Some("own" | "service"));
            let sender = if is_named { source["source"].as_str().unwrap() } else { "-" };
            for (class, messages) in source["classes"].as_object().unwrap() {
                let key = (block["domain"].as_str().unwrap().to_owned(), sender.to_owned(), class.clone());
                *totals.entry(key).or_default() += messages.as_u64().unwrap();
            }
        }
    }
    totals.retain(|_, messages| *messages > 0);
    totals
}

#[test]
fn senders_and_classes_are_those_of_sources() {
    let folder = Folder::new();
    let ran = folder.run_args(["ingest", "-q"]).args([root().join("samples/mailbox")]).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    for args in ["--since all", "--since 7d --until 2026-10-20", "example.com --since 2026-10-10"] {
        let (export, sources) = (exported(&folder, args), summed(&folder, args));
        assert!(sources.len() > 5, "{args}: {sources:?}");
        assert_eq!(export, sources, "{args}");
    }
    // A decision shows as well, and for nothing else.
    let marked = folder.run("mark example.com mailchimp unauthorised").go();
    assert_eq!(marked.status(), Some(0), "{marked}");
    let export = exported(&folder, "");
    assert_eq!(export, summed(&folder, "--since all"));
    let of_mailchimp =
        export.keys().filter(|(domain, sender, _)| domain == "example.com" && sender == "mailchimp");
    assert_eq!(of_mailchimp.map(|(.., class)| class.as_str()).collect::<Vec<_>>(), ["unauthorised"]);
}

/// Mail that a stranger sends again and again with the owner's signature on it, for one day.
#[test]
fn a_class_may_differ_from_day_to_day() {
    let folder = Folder::new();
    let mut text = String::new();
    for day in 1..22 {
        text += &format!("report Receiver_One example.com 2026-11-{day:02} p=none\n");
        text += "  192.0.2.1 50 pass/pass dkim=key._domainkey.example.com spf=example.com\n";
        let messages = if day == 20 { 5_000 } else { 1 };
        for address in (1..9).filter(|_| day >= 19) {
            text += &format!(
                "  203.0.113.{address} {messages} pass/fail dkim=key._domainkey.example.com spf=example.com:fail\n"
            );
        }
    }
    folder.store(&text);
    let export = exported(&folder, "");
    assert_eq!(export, summed(&folder, "--since all"));
    let classes: Vec<_> = export.keys().map(|(.., class)| class.as_str()).collect();
    assert!(classes.contains(&"unauthorised") && classes.len() > 2, "{export:?}");
}

#[test]
fn domain_and_days_narrow_it() {
    let folder = folder();
    let lines =
        |args: &str| folder.run(&format!("--today 2026-11-22 export {args}")).go().stdout().lines().count();
    assert_eq!(lines(""), 4);
    assert_eq!(lines("example.com"), 3);
    assert_eq!(lines("--since 2026-11-21"), 1);
    assert_eq!(lines("--until 2026-11-20"), 2);
    assert_snapshot!(folder.run("export example.net").go(), @r"
        ------- stderr -------
        error: no report for example.net
        hint: `whosends domains --since all` lists the domains there are
        [exit 2]
        ");
}

#[test]
fn a_report_without_records_is_nothing_to_export_and_fine() {
    let folder = Folder::new();
    folder.store("report One example.com 2026-11-20");
    assert_snapshot!(folder.run("export").go(), @r"
        [exit 0]
        ");
}

#[test]
fn a_reader_that_has_enough_ends_it() {
    let folder = Folder::new();
    let records: String = (0..20_000).map(|at| format!("  192.0.2.1 {at} pass/pass\n")).collect();
    folder.store(&format!("report One example.com 2026-11-20\n{records}"));
    let mut command = folder.run("export").into_command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("{\"reporter\":\"One\""), "{first}");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
