//! `plan`: what a change of DNS would do to the mail that reports saw.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::Folder;
use crate::support::dns::serve;
use crate::support::run::Ran;

const ZONE: &str = r#"
$ORIGIN example.com.
@             TXT "v=spf1 ip4:192.0.2.0/24 include:_spf.letters.example -all"
_dmarc        TXT "v=DMARC1; p=none; rua=mailto:d@example.com"
s1._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
_spf.letters.example. TXT "v=spf1 ip4:198.51.100.0/24 -all"
_spf.more.example.    TXT "v=spf1 ip4:203.0.113.0/24 -all"
"#;

/// Own servers that pass both ways, a service that passes by SPF alone, and one that fails.
const REPORTS: &str = "report One example.com 2026-11-20 p=none
  192.0.2.1 100 pass/pass dkim=s1._domainkey.example.com spf=example.com
  198.51.100.7 40 fail/pass spf=example.com
  203.0.113.9 5 fail/fail spf=example.com:fail
";

/// A folder with these reports, and with what DNS answers kept.
fn known() -> Folder {
    let folder = Folder::new();
    folder.store(REPORTS);
    let server = serve(ZONE);
    let ran = folder
        .run(&format!("--today 2026-11-22 check example.com --selector s1 --resolver {}", server.address()))
        .go();
    assert!(matches!(ran.status(), Some(0 | 1)), "{ran}");
    folder
}

fn plan(folder: &Folder, args: &[&str]) -> Ran {
    folder.run_args(["--today", "2026-11-22", "plan", "example.com"]).args(args).go()
}

fn json(folder: &Folder, args: &[&str]) -> Value {
    let ran = plan(folder, &[args, &["--json"]].concat());
    serde_json::from_str(&ran.stdout()).unwrap_or_else(|_| panic!("{ran}"))
}

/// Messages, and what becomes of them.
fn sums(value: &Value) -> [u64; 6] {
    ["messages", "passes", "lost", "gained", "fails", "untold"].map(|name| value[name].as_u64().unwrap())
}

#[test]
fn a_term_that_carries_mail_loses_its_sender() {
    let folder = known();
    let lost = plan(&folder, &["--remove", "include:_spf.letters.example"]);
    assert_eq!(lost.status(), Some(1), "{lost}");
    assert_snapshot!(lost.stdout(), @r"
    This change loses 40 messages of 198.51.100.0/24.

    example.com   90 days to 2026-11-20 UTC, DNS as of 2026-11-22
    SPF is     v=spf1 ip4:192.0.2.0/24 include:_spf.letters.example -all (1 lookup)
    would be   v=spf1 ip4:192.0.2.0/24 -all (0 lookups)

    SENDER            MESSAGES  LOST  GAINED  NOT KNOWN  IS
    198.51.100.0/24         40    40       ·          ·  Yours, passing
    your own servers       100     ·       ·          ·  Yours, passing
    203.0.113.0/24           5     ·       ·          ·  Not yours

    MAIL       MESSAGES  PASS STILL  LOST  GAINED  FAIL STILL  NOT KNOWN
    yours           140         100    40       0           0          0
    unknown           0           0     0       0           0          0
    of others         5           0     0       0           5          0

    Under p=none the 40 messages of yours that would fail are delivered.
    ");
    let answer = json(&folder, &["--remove", "include:_spf.letters.example"]);
    assert_eq!(sums(&answer["yours"]), [140, 100, 40, 0, 0, 0]);
    // A loss that is small enough is no failure.
    for (most, status) in [("39", 1), ("40", 0), ("28%", 1), ("29%", 0)] {
        let ran = plan(&folder, &["--remove", "include:_spf.letters.example", "--max-loss", most]);
        assert_eq!(ran.status(), Some(status), "{most}: {ran}");
    }
}

#[test]
fn what_changes_nothing_says_so() {
    let folder = known();
    for same in [
        vec!["--spf", "v=spf1 ip4:192.0.2.0/24 include:_spf.letters.example -all"],
        vec!["--spf", "v=spf1 include:_spf.letters.example ip4:192.0.2.0/24 ~all"],
        vec!["--dmarc", "v=DMARC1; p=none; rua=mailto:other@example.com"],
        vec!["--without-selector", "s2"],
        vec!["--add", "ip4:192.0.2.7"],
    ] {
        let ran = plan(&folder, &same);
        assert_eq!(ran.status(), Some(0), "{same:?}: {ran}");
        assert!(ran.stdout().starts_with("No mail of yours changes.\n"), "{same:?}: {ran}");
        let answer = json(&folder, &same);
        for whose in ["yours", "unknown", "others"] {
            let [messages, passes, lost, gained, fails, untold] = sums(&answer[whose]);
            assert_eq!((lost, gained, untold), (0, 0, 0), "{same:?} {whose}");
            assert_eq!(messages, passes + fails, "{same:?} {whose}");
        }
    }
}

#[test]
fn a_key_that_goes_loses_what_passes_by_it_alone() {
    let folder = known();
    // SPF still passes.
    assert_eq!(plan(&folder, &["--without-selector", "s1"]).status(), Some(0));
    let both = json(&folder, &["--without-selector", "S1", "--remove", "ip4:192.0.2.0/24"]);
    assert_eq!(sums(&both["yours"]), [140, 40, 100, 0, 0, 0]);
}

#[test]
fn a_stricter_policy_is_held_against_what_fails_already() {
    let folder = Folder::new();
    // A confirmed service of which half fails.
    let mut text = String::new();
    for day in 10..20 {
        text.push_str(&format!(
            "report One example.com 2026-11-{day} p=none\n  198.37.144.9 30 pass/fail dkim=s1._domainkey.example.com spf=u1.wl.sendgrid.net\n  \
             198.37.144.9 20 fail/fail dkim=sendgrid.net spf=u1.wl.sendgrid.net\n"
        ));
    }
    folder.store(&text);
    let server = serve(ZONE);
    folder.run(&format!("check example.com --selector s1 --resolver {}", server.address())).go();
    let strict = plan(&folder, &["--dmarc", "v=DMARC1; p=reject; rua=mailto:d@example.com"]);
    assert_eq!(strict.status(), Some(1), "{strict}");
    assert!(
        strict.stdout().starts_with("Under p=reject 200 messages of yours would be refused.\n"),
        "{strict}"
    );
    let answer = json(&folder, &["--dmarc", "v=DMARC1; p=reject; t=y; rua=mailto:d@example.com"]);
    assert_eq!(
        (&answer["policy_before"], &answer["policy"]),
        (&"none".into(), &"quarantine".into()),
        "test mode"
    );
    assert_eq!(answer["stopped"], 200);
    let replayed = folder.run("--today 2026-11-22 replay example.com --p reject --json").go().stdout();
    let replayed: Value = serde_json::from_str(&replayed).unwrap();
    assert_eq!(replayed["legitimate_loss"]["low"], 200);
}

#[test]
fn what_nobody_can_tell_is_counted_and_decides_nothing() {
    let folder = known();
    let new = ["--spf", "v=spf1 ip4:192.0.2.0/24 include:_spf.more.example -all"];
    // What the new record includes was never asked.
    let answer = json(&folder, &new);
    assert_eq!(sums(&answer["yours"])[5], 40, "{answer}");
    let ran = plan(&folder, &new);
    assert_eq!(ran.status(), Some(4), "{ran}");
    assert!(
        ran.stdout().starts_with("Not decided: nobody can tell what becomes of 40 messages of yours.\n"),
        "{ran}"
    );
    // Asked now, it loses them.
    let server = serve(ZONE);
    let live = plan(&folder, &[&new[..], &["--live", "--resolver", &server.address().to_string()]].concat());
    assert_eq!(live.status(), Some(1), "{live}");
}

#[test]
fn a_plan_that_does_not_fit_is_refused() {
    let folder = Folder::new();
    folder.store(REPORTS);
    let never = plan(&folder, &["--remove", "mx"]);
    assert_eq!(never.status(), Some(2));
    assert!(never.stderr().contains("`whosends check example.com` asks and keeps it"), "{never}");
    let folder = known();
    for (args, word) in [
        (vec!["--remove", "mx"], "the SPF record has no term `mx`; it has ip4:192.0.2.0/24"),
        (vec!["--add", "includ:x.example"], "is no SPF record that receivers can use"),
        (vec!["--dmarc", "p=reject"], "is no DMARC record"),
    ] {
        let ran = plan(&folder, &args);
        assert!(ran.status() == Some(2) && ran.stderr().contains(word), "{args:?}: {ran}");
    }
    assert_eq!(folder.run("plan example.com").go().status(), Some(2), "a plan without a change");
    let other = folder.run("plan example.net --remove mx").go();
    assert!(other.status() == Some(2) && other.stderr().contains("no report for example.net"), "{other}");
}
