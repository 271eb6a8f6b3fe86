//! `ready`: hand-made months, and what a person reads of each.

use std::fmt::Write as _;
use std::ops::Range;

use insta::assert_snapshot;
use serde_json::{Value, json};
use whosends_core::model::period::parse_day;

use crate::support::dns::serve;
use crate::support::run::{Folder, Ran};

const POSTMARK: &str =
    "198.51.100.5 20 pass/pass dkim=20260101000000pm._domainkey.example.com spf=pm-bounces.example.com";
const BREVO: &str = "198.51.100.7 5 pass/fail dkim=brevo1._domainkey.example.com spf=x.sender-sib.com";
const FAILING_BREVO: &str =
    "198.51.100.7 4 fail/fail dkim=mail._domainkey.sender-sib.com spf=x.sender-sib.com";
const BROKEN: &str = "198.51.100.66 1 fail/fail dkim=20240830._domainkey.groups.io \
                      dkim=20260101000000pm._domainkey.example.com:fail spf=groups.io";
const INTACT: &str =
    "198.51.100.77 2 pass/fail dkim=20260101000000pm._domainkey.example.com spf=alumni.example.org";
const FORGED: &str = "203.0.113.200 9 fail/fail spf=example.com:fail";

/// Reports of example.com, of two receivers a day.
struct Month {
    policy: &'static str,
    text: String,
}

impl Month {
    fn new(policy: &'static str) -> Self {
        Self { policy, text: String::new() }
    }

    /// The same records on each of the days so many days before 2026-11-21.
    fn daily(self, ages: Range<i64>, records: &[&str]) -> Self {
        self.seen_by(&["Receiver_One", "Receiver_Two"], ages, records)
    }

    fn seen_by(mut self, reporters: &[&str], ages: Range<i64>, records: &[&str]) -> Self {
        for age in ages {
            let day = parse_day("2026-11-21").unwrap().plus(-age);
            for reporter in reporters {
                let id = self.text.len();
                writeln!(self.text, "report {reporter} example.com {day} {} id={id}", self.policy).unwrap();
                records.iter().for_each(|record| writeln!(self.text, "  {record}").unwrap());
            }
        }
        self
    }

    fn folder(&self) -> Folder {
        let folder = Folder::new();
        folder.store(&self.text);
        folder
    }

    fn ready(&self, args: &str) -> Ran {
        ready(&self.folder(), args)
    }
}

fn ready(folder: &Folder, args: &str) -> Ran {
    folder.run(&format!("--today 2026-11-22 ready {args}")).go()
}

fn object(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout()).unwrap()
}

fn good() -> Month {
    Month::new("p=none").daily(0..60, &[POSTMARK, FORGED])
}

#[test]
fn a_domain_whose_mail_passes_is_ready() {
    assert_snapshot!(good().ready("example.com"));
    let folder = good().folder();
    assert_eq!(ready(&folder, "--step reject").status(), Some(1), "nothing was tried");
    assert_eq!(ready(&folder, "--step reject --waive-trial").status(), Some(0));
    assert_eq!(ready(&folder, "--step reject --min-trial-days 0").status(), Some(0));
    assert_eq!(ready(&folder, "--min-days 61").status(), Some(4));
    assert_eq!(ready(&folder, "--step sp").status(), Some(0));
}

#[test]
fn one_sender_that_fails_is_named_with_its_mail_and_its_fix() {
    let month = good().daily(40..60, &[BREVO]).daily(3..30, &[FAILING_BREVO]);
    assert_snapshot!(month.ready("example.com"));
    let folder = month.folder();
    let found = object(&ready(&folder, "example.com --json"));
    let domain = &found["domains"][0];
    assert_eq!((&domain["verdict"], &domain["next_step"]), (&json!("not_ready"), &json!("quarantine")));
    let losing = &domain["steps"][0]["losing"][0];
    assert_eq!((&losing["source"], &losing["messages"]), (&json!("brevo"), &json!(216)));
    assert_eq!((&losing["days_since"], &losing["blocks"]), (&json!(3), &json!(["pass_rate", "each_sender"])));
    assert_eq!(losing["fix"]["records"][0]["owner"], "brevo1._domainkey.example.com");
    let marked = folder.run("mark example.com brevo unauthorised").go();
    assert_eq!(marked.status(), Some(0), "{marked}");
    let after = ready(&folder, "example.com --step quarantine");
    assert_eq!(after.status(), Some(0), "the owner's word counts: {after}");
}

#[test]
fn forwarders_alone_lose_what_they_break() {
    let month = Month::new("p=quarantine").daily(0..60, &[POSTMARK, INTACT]).daily(0..30, &[BROKEN]);
    assert_snapshot!(month.ready("example.com"));
    assert_eq!(month.ready("example.com --accept-list-loss").status(), Some(0));
}

#[test]
fn a_silent_reporter_leaves_too_little_to_say() {
    let month =
        Month::new("p=none").daily(40..50, &[POSTMARK]).seen_by(&["Receiver_One"], 0..40, &[POSTMARK]);
    assert_snapshot!(month.ready("example.com"));
}

#[test]
fn a_domain_that_never_sends_can_refuse_everything() {
    let folder = parked(0..60).folder();
    assert_snapshot!(ready(&folder, "example.com"));
    assert!(
        ready(&folder, "example.com --step sp").stdout().contains("Ready for sp=reject: none of the mail")
    );
    let found = object(&ready(&folder, "example.com --json"));
    let domain = &found["domains"][0];
    assert_eq!((&domain["never_sends"], &domain["own_mail"]), (&json!(true), &json!("none")));
    let dns = |zone: &str| {
        let server = serve(&format!(
            "$ORIGIN example.com.\n_dmarc TXT \"v=DMARC1; p=none; rua=mailto:d@example.com\"\n{zone}"
        ));
        ready(&folder, &format!("example.com --live --resolver {}", server.address()))
    };
    let bare = dns("@ TXT \"hello\"");
    assert!(bare.stdout().contains("Publish `v=spf1 -all` and p=reject at once."), "{bare}");
    for speaks in [
        "@ MX 10 mx\nmx A 192.0.2.1",
        "@ TXT \"v=spf1 mx -all\"",
        "default._domainkey TXT \"v=DKIM1; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
    ] {
        let ran = dns(speaks);
        assert_eq!(ran.status(), Some(4), "{ran}");
        assert_denies(&ran);
    }
    let declared = dns("@ TXT \"v=spf1 -all\"\n@ MX 0 .");
    assert!(declared.stdout().contains("declares in DNS that it has no mail"), "{declared}");
}

/// A few forged messages a day, of ever other addresses.
fn parked(ages: Range<i64>) -> Month {
    ages.fold(Month::new("p=none"), |month, age| {
        let forged = format!("203.0.{age}.200 3 fail/fail spf=example.com:softfail");
        month.daily(age..age + 1, &[&forged])
    })
}

/// Nothing on the screen can be taken for the advice to a domain without mail.
#[track_caller]
fn assert_denies(ran: &Ran) {
    for word in ["none of the mail", "v=spf1 -all", "at once", "sends no mail", "never sends"] {
        assert!(!ran.stdout().contains(word), "{ran}");
    }
}

#[test]
fn a_domain_of_which_nothing_passes_yet_is_no_silent_one() {
    let server = "198.51.100.7 150 fail/fail spf=example.com:softfail";
    let month = Month::new("p=none").daily(0..60, &[server]);
    assert_snapshot!(month.ready("example.com"));
    assert_denies(&month.ready("example.com --step reject"));
    let first_day = Month::new("p=none").daily(0..1, &[server]).ready("example.com");
    assert_eq!(first_day.status(), Some(4), "{first_day}");
    assert_denies(&first_day);
    let once = parked(0..60).daily(200..201, &[POSTMARK]).ready("example.com");
    assert_eq!(once.status(), Some(4), "it sent once: {once}");
    assert_denies(&once);
    let below = good().ready("example.com --step np");
    assert_eq!(below.status(), Some(0));
    assert_denies(&below);
}

#[test]
fn an_enforced_domain_that_loses_mail_has_regressed() {
    let month = Month::new("p=reject")
        .daily(0..60, &[POSTMARK])
        .daily(40..60, &[BREVO])
        .daily(0..7, &[FAILING_BREVO]);
    assert_snapshot!(month.ready("example.com"));
    let before = Month::new("p=reject").daily(0..60, &[POSTMARK]).ready("example.com --json");
    assert_eq!(
        (before.status(), &object(&before)["domains"][0]["verdict"]),
        (Some(0), &json!("enforced_ok"))
    );
}

#[test]
fn what_was_sent_once_and_is_silent_is_not_forgotten() {
    let month = good().daily(120..130, &[BREVO]);
    let ran = month.ready("example.com");
    assert!(ran.stdout().contains("Quiet for 90 days: Brevo (Sendinblue) (last 2026-07-24)."), "{ran}");
    let folder = good().folder();
    assert_eq!(folder.run("mark example.com adp authorised").go().status(), Some(0));
    let found = object(&ready(&folder, "--json"));
    let quiet = json!([{"source": "adp", "name": "ADP", "last_day": null}]);
    assert_eq!(found["domains"][0]["steps"][1]["quiet"], quiet);
}

#[test]
fn the_dns_gate_says_where_it_looked() {
    let zone = r#"
$ORIGIN example.com.
@      TXT "v=spf1 include:_spf.example.net -all"
_spf.example.net. TXT "v=spf1 ip4:198.51.100.0/24 -all"
@      MX  10 mx
mx     A   192.0.2.25
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
20260101000000pm._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
"#;
    let folder = good().folder();
    let dns = |ran: &Ran| object(ran)["domains"][0]["dns"].clone();
    assert_eq!(dns(&ready(&folder, "--json"))["source"], Value::Null);
    let server = serve(zone);
    let live = dns(&ready(&folder, &format!("--json --live --resolver {}", server.address())));
    assert_eq!(
        (&live["source"], &live["problems"], &live["age_seconds"]),
        (&json!("live"), &json!([]), &json!(0))
    );
    let check = format!("--today 2026-11-12 check example.com --resolver {}", server.address());
    folder.run(&check).go();
    let kept = ready(&folder, "example.com --json");
    assert_eq!((kept.status(), &dns(&kept)["source"]), (Some(0), &json!("kept")), "{kept}");
    assert_eq!(dns(&kept)["age_seconds"], 10 * 86_400);
    let text = ready(&folder, "example.com").stdout();
    assert!(text.contains("DNS: nothing stands in the way (asked by `check` 10 days ago)."), "{text}");
    let broken = serve(&zone.replace("-all\"\n@      MX", "-all\"\n@ TXT \"v=spf1 -all\"\n@      MX"));
    let ran = ready(&folder, &format!("example.com --live --resolver {}", broken.address()));
    assert_eq!(ran.status(), Some(1), "{ran}");
    assert!(ran.stdout().contains("DNS stands in the way (asked now): spf.multiple"), "{ran}");
    // A key that the newest reports show in use and that is gone costs its share of the mail.
    let gone = serve(&zone.replace("20260101000000pm._domainkey TXT", "; gone"));
    let ran = ready(&folder, &format!("example.com --live --resolver {}", gone.address()));
    let text = ran.stdout().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ran.status(), Some(1), "{ran}");
    assert!(text.contains("dkim.in-use: selector 20260101000000pm: there is no key"), "{ran}");
    assert!(text.contains("% of the domain's mail, the last on 2026-11-21"), "{ran}");
    let silent = serve(&format!("{zone}\n$BEHAVE 20260101000000pm._domainkey TXT servfail"));
    let ran = ready(&folder, &format!("example.com --live --resolver {}", silent.address()));
    assert_eq!(ran.status(), Some(4), "{ran}");
}

#[test]
fn mail_from_subdomains_speaks_for_the_step_that_touches_it() {
    let shop = "198.51.100.99 10 fail/fail spf=stranger.example from=shop.example.com";
    let verdicts = |policy: &'static str, args: &str| {
        let folder = Month::new(policy).daily(0..60, &[POSTMARK, shop]).folder();
        let item = json!({"name": "shop.example.com.", "want": "TXT", "answer": "no_data"});
        folder.write("kept.json", json!({"schema": 1, "conversation": [item]}).to_string());
        let found = object(&ready(&folder, &format!("example.com --json {args}")));
        let steps = found["domains"][0]["steps"].as_array().unwrap();
        steps.iter().map(|step| step["verdict"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(verdicts("p=none", "--waive-trial"), ["not_ready", "not_ready", "not_ready", "not_ready"]);
    let habit = verdicts("p=none sp=none np=none", "--waive-trial");
    assert_eq!(habit, ["not_ready"; 4], "most reporters write sp where the record has none");
    let apart = verdicts("p=none sp=quarantine", "--waive-trial");
    assert_eq!(apart, ["ready", "ready", "not_ready", "not_ready"], "p does not touch it where sp is stated");
    let exists = verdicts("p=none sp=quarantine", "--waive-trial --offline kept.json");
    assert_eq!(exists, ["ready", "ready", "not_ready", "ready"], "np does not touch a name that exists");
}

#[test]
fn a_tag_of_the_record_parts_the_subdomains() {
    let shop = "198.51.100.99 10 fail/fail spf=stranger.example from=shop.example.com";
    let folder = Month::new("p=none sp=none").daily(0..60, &[POSTMARK, shop]).folder();
    let quarantine = |zone: &str, args: &str| {
        let server = serve(&format!(
            "$ORIGIN example.com.\n_dmarc TXT \"{zone}\"\n@ TXT \"v=spf1 ip4:198.51.100.5 -all\"\n@ MX 10 mx\nmx A 192.0.2.1\n\
             20260101000000pm._domainkey TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\""
        ));
        folder.run(&format!("--today 2026-11-22 check example.com --resolver {}", server.address())).go();
        let found = object(&ready(&folder, &format!("example.com --json {args}")));
        found["domains"][0]["steps"][0]["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(quarantine("v=DMARC1; p=none; rua=mailto:d@example.com", ""), "not_ready");
    assert_eq!(quarantine("v=DMARC1; p=none; sp=none; rua=mailto:d@example.com", ""), "ready");
}

#[test]
fn several_domains_end_as_the_worst_of_them() {
    let folder = good().folder();
    let other = "
report Receiver_One example.net 2026-11-20 p=none
  192.0.2.1 5 pass/pass dkim=example.net
report Receiver_One news.example.com 2026-11-20 p=reject
  192.0.2.1 5 pass/pass dkim=example.com
report Receiver_One example.com 2026-11-22 p=none sp=quarantine
  192.0.2.1 5 pass/pass dkim=example.com from=shop.example.com
";
    folder.store(other);
    assert_eq!(ready(&folder, "example.com").status(), Some(4), "with the one below");
    assert_eq!(ready(&folder, "").status(), Some(4));
    let found = object(&ready(&folder, "--json"));
    let domains = found["domains"].as_array().unwrap();
    let verdicts: Vec<_> = domains.iter().map(|one| (&one["domain"], &one["verdict"])).collect();
    let text = |domain: &str, verdict: &str| (json!(domain), json!(verdict));
    let wanted = [
        text("example.com", "ready_quarantine"),
        text("example.net", "insufficient"),
        text("news.example.com", "insufficient"),
    ];
    assert_eq!(verdicts, wanted.iter().map(|(domain, verdict)| (domain, verdict)).collect::<Vec<_>>());
    let below = &domains[0]["subdomains"][0];
    assert_eq!((&below["header_from"], &below["decided_by"]), (&json!("shop.example.com"), &json!("sp")));
    let text = ready(&folder, "").to_string();
    assert!(
        text.starts_with("DOMAIN            POLICY ") && text.contains("\nexample.com   p=none sp=q"),
        "{text}"
    );
}

#[test]
fn where_there_is_nothing_a_sentence_says_why() {
    assert_snapshot!(good().ready("example.org"), @r"
    ------- stderr -------
    error: no report for example.org
    hint: `whosends domains --since all` lists the domains there are
    [exit 2]
    ");
}

#[test]
fn the_age_of_the_data_is_said_first_and_ends_the_verdict() {
    let folder = good().folder();
    let on = |today: &str, args: &str| folder.run(&format!("--today {today} ready example.com {args}")).go();
    let first = |ran: &Ran| ran.stdout().lines().next().unwrap_or_default().to_owned();
    assert!(first(&on("2026-11-24", "")).starts_with("example.com   p=none   30 days to 2026-11-21 UTC"));
    let dated = on("2026-11-25", "");
    assert_eq!(first(&dated), "The newest report is of 2026-11-21: what follows is 4 days old.");
    assert_eq!(dated.status(), Some(0));
    let old = on("2026-12-06", "");
    assert_eq!(old.status(), Some(4), "{old}");
    let text = old.stdout().replace('\n', " ");
    assert!(text.contains("No verdict: example.com was ready for p=quarantine on 2026-11-21"), "{text}");
    let found = object(&on("2026-12-06", "--json"));
    let domain = &found["domains"][0];
    let told = [&domain["verdict"], &domain["was"], &domain["data_to"], &found["as_of"]];
    assert_eq!(
        told,
        [&json!("insufficient"), &json!("ready_quarantine"), &json!("2026-11-21"), &Value::Null]
    );
    let judged = on("2026-12-31", "--as-of 2026-11-22");
    assert_eq!(judged.status(), Some(0), "{judged}");
    assert_eq!(first(&judged), "Judged as of 2026-11-22, not as of today.");
    let before = on("2026-11-22", "--as-of 2026-10-05");
    assert_eq!(before.status(), Some(4), "13 days of data: {before}");
    let silent = parked(0..60).folder();
    let late = silent.run("--today 2026-12-24 ready example.com").go();
    assert_eq!(late.status(), Some(4), "{late}");
    assert_denies(&late);
    for screen in ["sources example.com", "changes example.com", "replay example.com --p reject", "domains"] {
        let ran = folder.run(&format!("--today 2026-11-26 {screen}")).go();
        assert_eq!(first(&ran), "The newest report is of 2026-11-21: what follows is 5 days old.", "{ran}");
    }
}
