//! `mark`: what the owner decides about senders.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::run::{Folder, Ran};

/// A service that passes, one whose mail mostly fails, and a server of which nothing is known.
fn folder() -> Folder {
    let folder = Folder::new();
    let mut text = String::new();
    for day in 10..22 {
        text += &format!(
            "report Receiver_One example.com 2026-11-{day} p=none
  198.51.100.10 900 pass/fail dkim=sendgrid.net dkim=example.com spf=sendgrid.net
  198.51.100.60 80 fail/fail dkim=mcsv.net spf=mcsv.net
  192.0.2.25 30 fail/fail
report Receiver_One news.example.com 2026-11-{day} p=none
  198.51.100.60 8 fail/fail dkim=mcsv.net spf=mcsv.net
"
        );
    }
    folder.store(&text);
    folder
}

fn mark(folder: &Folder, args: &[&str]) -> Ran {
    folder.run_args(["--today", "2026-11-22", "mark"]).args(args).env("USER", "ann").go()
}

/// `class decision` of each sender of a domain.
fn classes(folder: &Folder, domain: &str) -> Vec<String> {
    let ran = folder.run("--today 2026-11-22 sources --json").go();
    let object: Value = serde_json::from_str(&ran.stdout()).unwrap();
    let block = object["domains"].as_array().unwrap().iter().find(|block| block["domain"] == domain).unwrap();
    let text = |source: &Value, key: &str| source[key].as_str().unwrap_or("-").to_owned();
    let sources = block["sources"].as_array().unwrap().iter();
    sources.map(|s| format!("{} {} {}", text(s, "source"), text(s, "class"), text(s, "decision"))).collect()
}

#[test]
fn a_decision_shows_at_once_and_holds_until_it_is_cleared() {
    let folder = folder();
    assert_eq!(
        classes(&folder, "example.com"),
        ["sendgrid aligned -", "mailchimp unknown -", "192.0.2.25 unknown -"]
    );
    assert_snapshot!(mark(&folder, &["example.com", "Mailchimp", "authorised", "--note", "newsletter"]), @r"
        ------- stderr -------
        example.com: Mailchimp (mailchimp) is marked authorised.
        It takes in 1 056 messages of the last 30 days: Mailchimp (1 056).
        [exit 0]
        ");
    assert_snapshot!(mark(&folder, &["example.com", "192.0.2.25", "unauthorised"]), @r"
        ------- stderr -------
        example.com: 192.0.2.25 is marked unauthorised.
        It takes in 360 messages of the last 30 days: 192.0.2.25 (360).
        [exit 0]
        ");
    assert_eq!(
        classes(&folder, "example.com"),
        ["sendgrid aligned -", "mailchimp misaligned authorised", "192.0.2.25 unauthorised unauthorised"]
    );
    // It is for the domains below as well, and a nearer one goes before it.
    assert_eq!(classes(&folder, "news.example.com"), ["mailchimp misaligned authorised"]);
    mark(&folder, &["news.example.com", "mailchimp", "forwarder"]);
    assert_eq!(classes(&folder, "news.example.com"), ["mailchimp forwarder forwarder"]);
    assert_snapshot!(folder.run("--today 2026-11-22 sources example.com").go(), @r"
        example.com   p=none   30 days to 2026-11-21 UTC
        12 120 messages   89.1% DMARC   1 reporter

        SENDER                 MESSAGES  DMARC  DKIM  SPF  IPS  LAST SEEN   TREND
        Yours, passing
          Twilio SendGrid        10 800   100%   100    0    1  2026-11-21  ······████
        Yours, failing: to be put right
          Mailchimp (marked)        960     0%     0    0    1  2026-11-21  ······████
            → Set your domain up in Mailchimp (domain authentication) and publish the
              DKIM records it shows.
        Not yours
          192.0.2.25 (marked)       360     0%     0    0    1  2026-11-21  ······████
        Not enough data for p=quarantine: days covered by large reporters: 0 (at least
        21); large reporters: 1 (at least 2).

        news.example.com   p=none   30 days to 2026-11-21 UTC
        96 messages   0% DMARC   1 reporter

        SENDER                MESSAGES  DMARC  DKIM  SPF  IPS  LAST SEEN   TREND
        Passed on by forwarders and lists
          Mailchimp (marked)        96     0%     0    0    1  2026-11-21  ······████
        Not enough data for p=quarantine: nothing of yours passes so far; days covered
        by large reporters: 0 (at least 21); large reporters: 1 (at least 2); messages
        of yours: 0 (at least 500).

        Next: `whosends source mailchimp example.com` says why it fails and what to do
        [exit 0]
        ");
    assert_snapshot!(mark(&folder, &["--list"]), @r"
        DOMAIN            SENDER      AS            SINCE       BY   NOTE
        example.com       192.0.2.25  unauthorised  2026-11-22  ann
        example.com       Mailchimp   authorised    2026-11-22  ann  newsletter
        news.example.com  Mailchimp   forwarder     2026-11-22  ann
        [exit 0]
        ");
    assert_snapshot!(mark(&folder, &["--list", "news.example.com", "--format", "csv"]), @r"
        domain,sender,name,decision,note,made_by,made_time,with_services
        news.example.com,mailchimp,Mailchimp,forwarder,,ann,2026-11-22T23:59:59Z,false
        [exit 0]
        ");
    mark(&folder, &["example.com", "192.0.2.25", "--clear"]);
    mark(&folder, &["example.com", "mailchimp", "--clear"]);
    assert_snapshot!(mark(&folder, &["example.com", "mailchimp", "--clear"]), @r"
        ------- stderr -------
        error: example.com has no decision about `mailchimp`
        hint: `whosends mark --list` lists the decisions there are
        [exit 2]
        ");
    assert_eq!(
        classes(&folder, "example.com"),
        ["sendgrid aligned -", "mailchimp unknown -", "192.0.2.25 unknown -"]
    );
}

#[test]
fn an_ignored_sender_leaves_the_table_and_no_total() {
    let folder = folder();
    let before = folder.run("--today 2026-11-22 sources example.com --json").go();
    mark(&folder, &["example.com", "192.0.2.25", "ignore"]);
    let after = folder.run("--today 2026-11-22 sources example.com --json").go();
    let totals = |ran: &Ran| {
        let object: Value = serde_json::from_str(&ran.stdout()).unwrap();
        (object["domains"][0]["messages"].clone(), object["domains"][0]["classes"].clone())
    };
    assert_eq!(totals(&before), totals(&after));
    let table = folder.run("--today 2026-11-22 sources example.com").go().to_string();
    assert!(!table.contains("192.0.2.25") && table.contains("1 sender ignored"), "{table}");
}

#[test]
fn a_sender_that_is_not_known_is_refused_with_what_is_near() {
    let folder = folder();
    assert_snapshot!(mark(&folder, &["example.com", "sendgird", "authorised"]), @r"
        ------- stderr -------
        error: no sender is called `sendgird`
        hint: did you mean `sendgrid` (Twilio SendGrid)?
        [exit 2]
        ");
    assert_snapshot!(mark(&folder, &["example.com", "sendgrid", "mine"]), @r"
        ------- stderr -------
        error: invalid value 'mine' for '[AS]': not a decision; it can be authorised, unauthorised, forwarder or ignore

        For more information, try '--help'.
        [exit 2]
        ");
    assert_snapshot!(mark(&folder, &["example.com", "sendgrid.net", "authorised"]), @r"
        ------- stderr -------
        example.com: Twilio SendGrid (sendgrid) is marked authorised.
        It takes in 10 800 messages of the last 30 days: Twilio SendGrid (10 800).
        [exit 0]
        ");
    for wrong in [
        &["example.com"][..],
        &["example.com", "sendgrid"],
        &["example.com", "sendgrid", "authorised", "--clear"],
        &["--list", "--export"],
        &["--export", "--json"],
        &["example.com", "sendgrid", "--clear", "--note", "x"],
        &["example.com", "--import", "x.toml"],
    ] {
        let ran = mark(&folder, wrong);
        assert_eq!(ran.status(), Some(2), "{wrong:?}: {ran}");
    }
}

#[test]
fn decisions_go_into_a_file_and_come_back() {
    let folder = folder();
    mark(&folder, &["example.com", "mailchimp", "authorised", "--note", "a \"quoted\"\nnote"]);
    mark(&folder, &["example.com", "own", "ignore"]);
    let written = mark(&folder, &["--export"]);
    assert_snapshot!(written, @r#"
        # What was decided about the senders of domains. `whosends mark --import FILE` takes it in.

        [[decision]]
        domain = "example.com"
        sender = "mailchimp"
        decision = "authorised"
        note = "a \"quoted\"\nnote"
        by = "ann"
        at = "2026-11-22T23:59:59Z"

        [[decision]]
        domain = "example.com"
        sender = "own"
        decision = "ignore"
        by = "ann"
        at = "2026-11-22T23:59:59Z"
        [exit 0]
        "#);
    let other = Folder::new();
    other.store("report One example.com 2026-11-20\n  192.0.2.25 1 pass/pass\n");
    let file = other.write("decisions.toml", written.stdout());
    assert_snapshot!(mark(&other, &["--import", file.to_str().unwrap()]), @r"
        ------- stderr -------
        2 decisions taken in
        [exit 0]
        ");
    assert_eq!(mark(&other, &["--export"]).stdout(), written.stdout());
    let from_stdin = folder.run("mark --import -").stdin(written.stdout().as_bytes()).go();
    assert_eq!(from_stdin.status(), Some(0), "{from_stdin}");
}

#[test]
fn a_file_with_a_fault_changes_nothing_and_the_line_is_named() {
    let folder = folder();
    let good = "[[decision]]\ndomain = 'example.com'\nsender = 'mailchimp'\ndecision = 'authorised'\n\n";
    for (bad, why) in [
        (
            "[[decision]]\ndomain = 'example.com'\nsender = 'mailchip'\ndecision = 'ignore'",
            ":8: no sender is",
        ),
        (
            "[[decision]]\ndomain = 'example.com'\nsender = 'own'\ndecision = 'mine'",
            ":9: `mine` is no decision",
        ),
        ("[[decision]]\ndomain = 'a b'\nsender = 'own'\ndecision = 'ignore'", ":7: `a b` is no domain"),
        (
            "[[decision]]\ndomain = 'Example.com'\nsender = 'Mailchimp'\ndecision = 'ignore'",
            ":8: example.com already decides",
        ),
        ("[[decision]]\ndomain = 'example.com'\ndecision = 'ignore'", ":6: missing field `sender`"),
        ("[[decision]]\ndomain = 'example.com'\nsneder = 'own'", ":8: unknown field `sneder`"),
        (
            "[[decision]]\ndomain = 'a.example'\nsender = 'own'\ndecision = 'ignore'\nat = 'noon'",
            ":10: `noon` is no time",
        ),
        ("[[decision", ":6: "),
    ] {
        let ran = folder.run("mark --import -").stdin(format!("{good}{bad}\n").as_bytes()).go();
        assert!(ran.status() == Some(2) && ran.stderr().contains(&format!("stdin{why}")), "{bad}: {ran}");
        assert_eq!(mark(&folder, &["--list", "--format", "ndjson"]).stdout(), "");
    }
}

#[test]
fn a_decision_about_a_sender_that_went_is_kept_and_said() {
    let folder = folder();
    let own = "[[sender]]\nid = 'corporate-relay'\nname = 'Corporate relay'\ncategory = 'marketing'\nconfidence = 'high'\ndkim = ['relay.example']\n";
    folder.write("own.toml", own);
    let ran = mark(&folder, &["example.com", "corporate-relay", "authorised", "--senders", "own.toml"]);
    assert_eq!(ran.status(), Some(0), "{ran}");
    assert_snapshot!(mark(&folder, &["--list"]), @r"
        DOMAIN       SENDER                     AS          SINCE       BY   NOTE
        example.com  corporate-relay (unknown)  authorised  2026-11-22  ann
        ------- stderr -------
        warning: no sender is called `corporate-relay` any more: that example.com has it authorised is kept and decides nothing
        [exit 0]
        ");
    let sources = folder.run("--today 2026-11-22 sources example.com").go();
    assert!(sources.stderr().contains("`corporate-relay`"), "{sources}");
    // What is kept can be written out, come back, and be cleared.
    let text = mark(&folder, &["--export"]).stdout();
    let again = folder.run("mark --import -").stdin(text.as_bytes()).go();
    assert_eq!(again.status(), Some(0), "{again}");
    let cleared = mark(&folder, &["example.com", "corporate-relay", "--clear"]);
    assert_eq!(cleared.status(), Some(0), "{cleared}");
}

#[test]
fn a_domain_of_which_nothing_is_stored_is_told() {
    let folder = folder();
    let told =
        |domain: &str| mark(&folder, &[domain, "mailchimp", "authorised"]).stderr().contains("no report for");
    assert!(told("exmaple.com"));
    // Subdomains are in the reports of the domain above, and a decision above holds below.
    assert!(!told("example.com") && !told("shop.example.com") && !told("com"));
}

#[test]
fn an_own_server_is_told_what_to_set_up_and_not_to_find_out_whose_it_is() {
    let folder = folder();
    let told = |command: &str| folder.run(&format!("--today 2026-11-22 {command} --json")).go().stdout();
    let asked = "Find out whether this is yours";
    assert!(told("source 192.0.2.25 example.com").contains(asked));
    mark(&folder, &["example.com", "192.0.2.25", "authorised"]);
    for command in ["source 192.0.2.25 example.com", "sources example.com", "ready example.com"] {
        let told = told(command);
        assert!(
            !told.contains(asked) && told.contains("Have it sign with DKIM as example.com"),
            "{command}: {told}"
        );
    }
}

#[test]
fn a_prefix_is_kept_as_it_is_given_and_spares_services() {
    let folder = folder();
    for (prefix, kept) in [
        ("192.0.2.16/28", "192.0.2.16/28"),
        ("192.0.0.0/20", "192.0.0.0/20"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("2001:db8::/32", "2001:db8::/32"),
    ] {
        let ran = mark(&folder, &["example.com", prefix, "unauthorised"]);
        assert!(ran.stderr().contains(&format!("example.com: {kept} is marked unauthorised.")), "{ran}");
    }
    // The mail in them that no service is named for is decided, by the longest prefix, and that of services is not.
    let all = mark(&folder, &["example.com", "0.0.0.0/0", "forwarder"]);
    assert!(all.stderr().contains("It takes in none of the mail of the last 30 days."), "{all}");
    assert_eq!(
        classes(&folder, "example.com"),
        ["sendgrid aligned -", "mailchimp unknown -", "192.0.2.16/28 unauthorised unauthorised"]
    );
    let ran = mark(&folder, &["example.com", "0.0.0.0/0", "forwarder", "--with-services"]);
    assert!(ran.stderr().contains("It takes in 11 856 messages"), "{ran}");
    assert!(ran.stderr().contains("Twilio SendGrid (10 800), Mailchimp (1 056)"), "{ran}");
    assert_eq!(
        classes(&folder, "example.com"),
        ["0.0.0.0/0 forwarder forwarder", "192.0.2.16/28 unauthorised unauthorised"]
    );
    // It goes into the file and comes from it.
    let exported = mark(&folder, &["--export"]).stdout();
    assert!(
        exported.contains("sender = \"0.0.0.0/0\"") && exported.contains("with-services = true"),
        "{exported}"
    );
    for text in ["198.51.100", "198.51.100.0-198.51.100.255", "wave-2026-11-20", "co.uk"] {
        let ran = mark(&folder, &["example.com", text, "unauthorised"]);
        assert_eq!(ran.status(), Some(2), "{ran}");
    }
}

#[test]
fn decisions_keep_their_history_and_stand_in_the_source() {
    let folder = folder();
    mark(&folder, &["example.com", "mailchimp", "unauthorised"]);
    mark(&folder, &["example.com", "mailchimp", "authorised", "--note", "newsletter"]);
    let shown = folder.run("--today 2026-11-22 source mailchimp example.com").go();
    assert!(
        shown.stdout().contains("Marked authorised for example.com by ann on 2026-11-22: newsletter"),
        "{shown}"
    );
    let object: serde_json::Value = serde_json::from_str(
        &folder.run("--today 2026-11-22 source mailchimp example.com --json").go().stdout(),
    )
    .unwrap();
    assert_eq!(object["sources"][0]["decision"]["note"], "newsletter");
    mark(&folder, &["example.com", "mailchimp", "--clear"]);
    let log = mark(&folder, &["--log", "--format", "csv"]).stdout();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(
        lines,
        [
            "domain,sender,name,before,after,note,made_by,made_time",
            "example.com,mailchimp,Mailchimp,,unauthorised,,ann,2026-11-22T23:59:59Z",
            "example.com,mailchimp,Mailchimp,unauthorised,authorised,newsletter,ann,2026-11-22T23:59:59Z",
            "example.com,mailchimp,Mailchimp,authorised,,,ann,2026-11-22T23:59:59Z",
        ]
    );
}
