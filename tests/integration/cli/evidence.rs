//! Where evidence is missing, no answer holds a verdict or a record; and what the screens say agrees with itself.

use std::fmt::Write as _;
use std::ops::Range;

use serde_json::{Value, json};
use whosends_core::model::period::parse_day;

use crate::support::dns::serve;
use crate::support::run::{Folder, Ran};

const TODAY: &str = "2026-11-22";
const NEWEST: &str = "2026-11-21";

/// Mail of an owner in order, of one who has set up nothing, and of forgers of a domain without mail.
const GOOD: &str =
    "198.51.100.5 40 pass/pass dkim=20260101000000pm._domainkey.example.com spf=pm-bounces.example.com";
const BARE: &str = "198.51.100.5 40 pass/pass";
const SERVER: &str = "198.51.100.7 40 fail/fail spf=example.com:softfail";
const REFUSED: &str = "198.51.100.7 40 fail/fail spf=example.com:fail";
const BROKEN: &str = "198.51.100.7 40 fail/fail dkim=s1._domainkey.example.com:fail spf=example.com:softfail";
const SERVICE: &str = "198.51.100.8 40 fail/fail dkim=k1._domainkey.mcsv.net spf=mcsv.net";
const FORGED: &str = "203.0.113.9 2 fail/fail spf=example.com:softfail";
const BELOW: &str =
    "198.51.100.5 40 pass/pass dkim=s1._domainkey.example.com spf=example.com from=news.example.com";

/// Reports of a domain, day by day.
#[derive(Default)]
struct Reports(String);

impl Reports {
    fn of(reporters: &[&str], ages: Range<i64>, record: &str) -> Self {
        Self::default().and(reporters, ages, record)
    }

    fn and(self, reporters: &[&str], ages: Range<i64>, record: &str) -> Self {
        self.about("example.com p=none", reporters, ages, record)
    }

    fn about(mut self, what: &str, reporters: &[&str], ages: Range<i64>, record: &str) -> Self {
        let (domain, policy) = what.split_once(' ').unwrap();
        for age in ages {
            let day = parse_day(NEWEST).unwrap().plus(-age);
            for reporter in reporters {
                let id = self.0.len();
                writeln!(self.0, "report {reporter} {domain} {day} {policy} id={id}\n  {record}").unwrap();
            }
        }
        self
    }
}

const BOTH: &[&str] = &["Receiver_One", "Receiver_Two"];
const ONE: &[&str] = &["Receiver_One"];

/// States in which nothing can be said, each with a name.
fn states() -> Vec<(String, Reports)> {
    let mut states: Vec<(String, Reports)> = Vec::new();
    let mail = [GOOD, BARE, SERVER, REFUSED, BROKEN, SERVICE, FORGED, BELOW];
    for (number, record) in mail.into_iter().enumerate() {
        let mut add = |name: &str, reports| states.push((format!("{name}, mail {number}"), reports));
        add("one report", Reports::of(ONE, 0..1, record));
        add("one reporter", Reports::of(ONE, 0..60, record));
        add(
            "holes",
            (0..5).fold(Reports::default(), |all, week| all.and(BOTH, week * 7..week * 7 + 3, record)),
        );
        add("old", Reports::of(BOTH, 15..75, record));
    }
    let few = "198.51.100.5 1 pass/pass dkim=s1._domainkey.example.com spf=example.com";
    let small = |ages: Range<i64>| Reports::of(ONE, ages.clone(), GOOD).and(&["Receiver_Two"], ages, few);
    states.extend([
        ("twenty days".to_owned(), Reports::of(BOTH, 0..20, GOOD)),
        ("a second reporter of little mail".to_owned(), small(0..60)),
        ("little mail of few days".to_owned(), Reports::of(BOTH, 0..15, few)),
        (
            "no large reporter of late".to_owned(),
            Reports::of(BOTH, 5..60, GOOD).and(&["Receiver_Three"], 0..5, few),
        ),
        (
            "the second reporter has fallen silent".to_owned(),
            Reports::of(ONE, 0..60, GOOD).and(&["Receiver_Two"], 31..60, GOOD),
        ),
        ("long ago".to_owned(), Reports::of(BOTH, 100..160, GOOD).and(ONE, 0..1, FORGED)),
        ("only the future".to_owned(), Reports::of(BOTH, -40..-2, GOOD)),
        ("only another domain".to_owned(), Reports::default().about("example.net p=none", BOTH, 0..15, few)),
        (
            "only a domain below".to_owned(),
            Reports::default().about("news.example.com p=none", ONE, 0..60, few),
        ),
        (
            "in force, one report".to_owned(),
            Reports::default().about("example.com p=reject", ONE, 0..1, GOOD),
        ),
        ("forged eighteen days".to_owned(), Reports::of(BOTH, 0..18, FORGED)),
        ("no date".to_owned(), Reports(format!("report Receiver_One example.com - p=none id=1\n  {GOOD}\n"))),
    ]);
    states
}

/// Nothing that anybody could publish.
#[track_caller]
fn assert_says_nothing(state: &str, ran: &Ran) {
    let text = ran.to_string();
    let words = [
        "Ready for",
        "is in force, and",
        "Publish at",
        "In the record at",
        "v=spf1 -all",
        "at once",
        "none of the mail",
        "never sends",
    ];
    for word in words {
        assert!(!text.contains(word), "{state}: {word}\n{text}");
    }
}

#[test]
fn where_evidence_is_missing_there_is_no_verdict() {
    let states = states();
    assert!(states.len() >= 40, "{}", states.len());
    for (state, reports) in &states {
        let folder = Folder::new();
        folder.store(&reports.0);
        let run = |args: &str| folder.run(&format!("--today {TODAY} {args}")).go();
        for step in ["quarantine", "reject", "sp", "np"] {
            let ran = run(&format!("ready example.com --step {step}"));
            assert!(matches!(ran.status(), Some(2 | 4)), "{state} {step}: {ran}");
            assert_says_nothing(state, &ran);
        }
        for screen in ["ready", "sources", "source 198.51.100.5", "changes", "domains"] {
            assert_says_nothing(state, &run(screen));
        }
        let ran = run("ready --json");
        let Ok(found) = serde_json::from_str::<Value>(&ran.stdout()) else { continue };
        for domain in found["domains"].as_array().unwrap() {
            assert_eq!(domain["never_sends"], json!(false), "{state}");
            for step in domain["steps"].as_array().unwrap() {
                assert_eq!(step["verdict"], json!("not_enough_data"), "{state}: {step}");
                assert_eq!(step["publish"], Value::Null, "{state}: {step}");
            }
        }
    }
}

#[test]
fn dns_that_was_asked_and_does_not_answer_decides_nothing() {
    let folder = Folder::new();
    folder.store(&Reports::of(BOTH, 0..60, GOOD).0);
    let live = |server: &str| {
        folder.run(&format!("--today {TODAY} ready example.com --live --resolver {server}")).go()
    };
    let ran = live("127.0.0.1:9");
    assert_eq!(ran.status(), Some(4), "{ran}");
    assert_says_nothing("a dead name server", &ran);
    let zone = "$ORIGIN example.com.\n@ TXT \"v=spf1 include:spf.mtasv.net -all\"\nspf.mtasv.net. TXT \"v=spf1 ip4:198.51.100.0/24 -all\"\n\
                @ MX 10 mx\nmx A 192.0.2.1\n20260101000000pm._domainkey TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n\
                _dmarc TXT \"v=DMARC1; p=none; rua=mailto:d@example.com; fo=1; pct=100\"\n";
    let server = serve(zone);
    let ran = live(&server.address().to_string());
    assert_eq!(ran.status(), Some(0), "{ran}");
    let record = "Publish at _dmarc.example.com:\n  v=DMARC1; p=quarantine; rua=mailto:d@example.com; fo=1\n";
    assert!(ran.stdout().contains(record), "{ran}");
    let unasked = folder.run(&format!("--today {TODAY} ready example.com")).go();
    let tags = "In the record at _dmarc.example.com, set p=quarantine, and leave the rest as it is.";
    assert!(unasked.stdout().contains(tags), "{unasked}");
    assert!(!unasked.stdout().contains("v=DMARC1"), "{unasked}");
}

/// Months in which something can be said.
fn scenarios() -> Vec<(&'static str, Reports)> {
    let good = || Reports::of(BOTH, 0..90, GOOD);
    let brevo = "198.51.100.77 5 pass/fail dkim=brevo1._domainkey.example.com spf=x.sender-sib.com";
    let failing = "198.51.100.77 4 fail/fail dkim=mail._domainkey.sender-sib.com spf=x.sender-sib.com";
    let by_spf = "198.51.100.50 20 fail/pass spf=example.com";
    let list = "198.51.100.66 2 fail/fail dkim=20240830._domainkey.groups.io dkim=20260101000000pm._domainkey.example.com:fail spf=groups.io";
    let shop = "198.51.100.99 10 fail/fail spf=stranger.example from=shop.example.com";
    let key = "198.51.100.30 20 pass/fail dkim=mystery._domainkey.example.com spf=example.com:softfail";
    let force = |record: &str| Reports::default().about("example.com p=reject", BOTH, 0..90, record);
    vec![
        ("good", good()),
        ("a sender fails", good().and(BOTH, 60..80, brevo).and(BOTH, 0..30, failing)),
        ("out of season", good().and(BOTH, 80..88, brevo).and(BOTH, 40..60, failing)),
        ("by SPF alone", good().and(BOTH, 0..60, by_spf)),
        ("lists", good().and(BOTH, 0..60, list)),
        ("below", good().and(BOTH, 0..60, shop)),
        (
            "below, apart",
            Reports::default().about("example.com p=none sp=quarantine", BOTH, 0..60, GOOD).and(
                BOTH,
                0..60,
                shop,
            ),
        ),
        ("one key", Reports::of(BOTH, 0..60, key)),
        ("nothing set up", Reports::of(BOTH, 0..60, SERVER)),
        ("refused", good().and(BOTH, 0..60, REFUSED)),
        ("service", good().and(BOTH, 0..60, SERVICE)),
        ("in force", force(GOOD)),
        (
            "in force, and a sender fails",
            force(GOOD).about("example.com p=reject", BOTH, 0..30, failing).and(BOTH, 80..88, brevo),
        ),
        ("half in force", Reports::default().about("example.com p=quarantine pct=50", BOTH, 0..60, GOOD)),
        ("forged", good().and(BOTH, 0..60, FORGED)),
        (
            "parked",
            (0..60).fold(Reports::default(), |all, age| {
                all.and(BOTH, age..age + 1, &format!("203.0.{age}.9 2 fail/fail spf=example.com:softfail"))
            }),
        ),
    ]
}

#[test]
fn what_a_screen_says_agrees_with_itself() {
    for (name, reports) in scenarios() {
        let folder = Folder::new();
        folder.store(&reports.0);
        let run = |args: &str| folder.run(&format!("--today {TODAY} {args}")).go();
        let object = |args: &str| -> Value { serde_json::from_str(&run(args).stdout()).unwrap() };
        let sources = object("sources example.com --since 90d --json");
        let sources: Vec<&Value> = sources["domains"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|domain| domain["sources"].as_array().unwrap())
            .collect();
        let found = object("ready example.com --json");
        let domain = &found["domains"][0];
        for step in domain["steps"].as_array().unwrap() {
            steps_agree(name, step, &sources);
            let word = step["step"].as_str().unwrap();
            let text = run(&format!("ready example.com --step {word}")).stdout();
            if matches!(step["verdict"].as_str(), Some("ready" | "enforced")) {
                assert!(!text.contains("FAILS"), "{name}: {text}");
            }
            assert!(!text.contains("never"), "{name}: {text}");
            if domain["never_sends"] == json!(true) {
                assert!(!text.contains("WOULD LOSE MAIL"), "{name}: {text}");
            }
        }
    }
}

fn steps_agree(name: &str, step: &Value, sources: &[&Value]) {
    let number = |value: &Value| value.as_f64().unwrap();
    let gates = step["gates"].as_array().unwrap();
    if step["verdict"] == json!("ready") {
        assert!(gates.iter().all(|gate| gate["state"] != json!("fails")), "{name}: {step}");
    }
    let base = number(&step["own"]) + number(&step["unknown"]);
    for losing in step["losing"].as_array().unwrap() {
        let messages = number(&losing["messages"]);
        let off = (number(&losing["share"]) * base - messages).abs();
        assert!(off <= base * 0.000_05 + 0.5, "{name}: {losing} of {base}");
        let failing: f64 = sources
            .iter()
            .filter(|source| source["source"] == losing["source"] || losing["kind"] == json!("prefix"))
            .map(|source| number(&source["dmarc"]["fail"]))
            .sum();
        assert!(messages <= failing, "{name}: {losing}, and only {failing} fail");
    }
    for quiet in step["quiet"].as_array().unwrap() {
        assert!(sources.iter().all(|source| source["source"] != quiet["source"]), "{name}: {quiet}");
    }
    for gate in gates.iter().filter(|gate| gate["unit"] == json!("share") && gate["state"] == json!("fails"))
    {
        assert!(gate["of_messages"].as_u64().is_some_and(|base| base > 0), "{name}: {gate}");
    }
}
