//! `sources` and `domains`: the same sums in every format, and a sentence where there are none.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::run::Folder;

/// A month of two domains: a service, the domain's own server, a forwarder, a spoofer, a reporter that
/// leaves its verdicts out, and one that reports by the week.
const MONTH: &str = "
report Receiver_One example.com 2026-10-25 p=none
  198.51.100.10 1000 pass/fail dkim=mail.service.example spf=bounce.service.example
report Receiver_One example.com 2026-11-20 p=none sp=reject
  198.51.100.10 90000 pass/fail dkim=mail.service.example dkim=example.com spf=bounce.service.example
  198.51.100.11 29 fail/fail dkim=mail.service.example:fail spf=bounce.service.example
  192.0.2.25 4000 pass/pass dkim=example.com spf=example.com
  2001:db8:12:3400::5 7 fail/fail
report Receiver_Two example.com 2026-11-21 p=none sp=reject
  192.0.2.25 2000 pass/pass dkim=example.com spf=example.com
  203.0.113.77 310 fail/fail spf=example.com:softfail
  203.0.113.99 3 fail/fail
  198.51.100.200 40 -/fail
report Weekly example.com 2026-11-09 p=none days=7
  203.0.113.80 55 fail/fail
report Receiver_Two example.org 2026-11-21 p=reject
  192.0.2.25 12 pass/pass dkim=example.org
report Receiver_Two example.com - p=none
  192.0.2.25 1 pass/pass
report Receiver_Two example.com 2027-11-21 p=none
  192.0.2.25 1 pass/pass
";

fn month() -> Folder {
    let folder = Folder::new();
    folder.store(MONTH);
    folder
}

fn sources(folder: &Folder, args: &str) -> String {
    let by = if args.contains("--by") { "" } else { "--by network" };
    folder.run(&format!("--today 2026-11-22 sources {args} {by}")).go().to_string()
}

#[test]
fn networks_are_told_by_who_signed() {
    assert_snapshot!(sources(&month(), "example.com"), @r"
        example.com   p=none sp=reject   30 days to 2026-11-21 UTC
        97 444 messages   99.6% DMARC   3 reporters

        NETWORK                MESSAGES  DMARC  DKIM  SPF  IPS  LAST SEEN    TREND
        service.example          91 029  99.9%  99.9    0    2  2026-11-20   ▁········█
        example.com               6 000   100%   100  100    1  2026-11-21   ·········█
        203.0.113.0/24              368     0%     0    0    3  2026-11-21~  ·····▂···█
        198.51.100.0/24              40      -     -    0    1  2026-11-21   ·········█
        2001:db8:12:3400::/64         7     0%     0    0    1  2026-11-20   ·········█

        ~ 55 messages in reports over several days, counted for the first of these
        40 messages without a verdict, in no rate
        1 report without a usable date left out; `--since all` takes them in
        1 report dated in the future left out; `--since all` takes them in
        [exit 0]
        ");
}

#[test]
fn every_domain_has_its_block_the_busiest_first() {
    assert_snapshot!(sources(&month(), "--limit 2"), @r"
        example.com   p=none sp=reject   30 days to 2026-11-21 UTC
        97 444 messages   99.6% DMARC   3 reporters

        NETWORK          MESSAGES  DMARC  DKIM  SPF  IPS  LAST SEEN   TREND
        service.example    91 029  99.9%  99.9    0    2  2026-11-20  ▁········█
        example.com         6 000   100%   100  100    1  2026-11-21  ·········█
        … and 3 more with 415 messages; --all shows them

        example.org   p=reject   30 days to 2026-11-21 UTC
        12 messages   100% DMARC   1 reporter

        NETWORK      MESSAGES  DMARC  DKIM  SPF  IPS  LAST SEEN   TREND
        example.org        12   100%   100  100    1  2026-11-21  ·········█

        ~ 55 messages in reports over several days, counted for the first of these
        40 messages without a verdict, in no rate
        1 report without a usable date left out; `--since all` takes them in
        1 report dated in the future left out; `--since all` takes them in
        [exit 0]
        ");
}

#[test]
fn sources_are_grouped_by_what_is_asked() {
    let folder = month();
    assert_snapshot!(sources(&folder, "example.com --by address"), @r"
        example.com   p=none sp=reject   30 days to 2026-11-21 UTC
        97 444 messages   99.6% DMARC   3 reporters

        ADDRESS              MESSAGES  DMARC  DKIM  SPF  LAST SEEN    TREND
        198.51.100.10          91 000   100%   100    0  2026-11-20   ▁········█
        192.0.2.25              6 000   100%   100  100  2026-11-21   ·········█
        203.0.113.77              310     0%     0    0  2026-11-21   ·········█
        203.0.113.80               55     0%     0    0  2026-11-09~  ·····█····
        198.51.100.200             40      -     -    0  2026-11-21   ·········█
        198.51.100.11              29     0%     0    0  2026-11-20   ·········█
        2001:db8:12:3400::5         7     0%     0    0  2026-11-20   ·········█
        203.0.113.99                3     0%     0    0  2026-11-21   ·········█

        ~ 55 messages in reports over several days, counted for the first of these
        40 messages without a verdict, in no rate
        1 report without a usable date left out; `--since all` takes them in
        1 report dated in the future left out; `--since all` takes them in
        [exit 0]
        ");
    assert_snapshot!(sources(&folder, "example.com --by reporter"), @r"
        example.com   p=none sp=reject   30 days to 2026-11-21 UTC
        97 444 messages   99.6% DMARC   3 reporters

        REPORTER      MESSAGES  DMARC  DKIM   SPF  IPS  LAST SEEN    TREND
        Receiver One    95 036  99.9%  99.9   4.2    4  2026-11-20   ▁········█
        Receiver Two     2 353  86.5%  86.5  85.0    4  2026-11-21   ·········█
        Weekly              55     0%     0     0    1  2026-11-09~  ·····█····

        ~ 55 messages in reports over several days, counted for the first of these
        40 messages without a verdict, in no rate
        1 report without a usable date left out; `--since all` takes them in
        1 report dated in the future left out; `--since all` takes them in
        [exit 0]
        ");
    assert_snapshot!(sources(&folder, "example.org --by header_from"), @r"
        example.org   p=reject   30 days to 2026-11-21 UTC
        12 messages   100% DMARC   1 reporter

        FROM         MESSAGES  DMARC  DKIM  SPF  IPS  LAST SEEN   TREND
        example.org        12   100%   100  100    1  2026-11-21  ·········█
        [exit 0]
        ");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let folder = month();
    let colored = sources(&folder, "--color always");
    assert!(colored.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), sources(&folder, ""));
}

#[test]
fn json_is_one_object_with_documented_fields() {
    assert_snapshot!(sources(&month(), "example.org --json"), @r#"
        {
          "schema": 1,
          "by": "network",
          "period": {
            "from": "2026-10-23",
            "to": "2026-11-21"
          },
          "trend": {
            "from": "2026-10-23",
            "step_days": 1,
            "steps": 30
          },
          "left_out": {
            "undated": 0,
            "future": 0,
            "domains": 0
          },
          "domains": [
            {
              "domain": "example.org",
              "policy": {
                "p": "reject",
                "sp": null,
                "np": null,
                "adkim": null,
                "aspf": null,
                "pct": null,
                "fo": null,
                "testing": null,
                "discovery_method": null
              },
              "reports": 1,
              "reporters": 1,
              "messages": 12,
              "dmarc": {
                "pass": 12,
                "fail": 0,
                "unknown": 0,
                "rate": 1.0
              },
              "dkim": {
                "pass": 12,
                "fail": 0,
                "unknown": 0,
                "rate": 1.0
              },
              "spf": {
                "pass": 12,
                "fail": 0,
                "unknown": 0,
                "rate": 1.0
              },
              "addresses": 1,
              "first_day": "2026-11-21",
              "last_day": "2026-11-21",
              "multi_day_messages": 0,
              "undated_messages": 0,
              "sources": [
                {
                  "source": "example.org",
                  "kind": "organisation",
                  "messages": 12,
                  "dmarc": {
                    "pass": 12,
                    "fail": 0,
                    "unknown": 0,
                    "rate": 1.0
                  },
                  "dkim": {
                    "pass": 12,
                    "fail": 0,
                    "unknown": 0,
                    "rate": 1.0
                  },
                  "spf": {
                    "pass": 12,
                    "fail": 0,
                    "unknown": 0,
                    "rate": 1.0
                  },
                  "addresses": 1,
                  "first_day": "2026-11-21",
                  "last_day": "2026-11-21",
                  "multi_day_messages": 0,
                  "undated_messages": 0,
                  "trend": [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,12]
                }
              ]
            }
          ]
        }
        [exit 0]
        "#);
}

#[test]
fn every_format_has_the_same_numbers() {
    let folder = month();
    let json: Value =
        serde_json::from_str(&folder.run("--today 2026-11-22 sources --json").go().stdout()).unwrap();
    let mut expected = Vec::new();
    for domain in json["domains"].as_array().unwrap() {
        for source in domain["sources"].as_array().unwrap() {
            expected.push((domain["domain"].clone(), source.clone()));
        }
    }
    assert_eq!(expected.len(), 7);

    let lines = folder.run("--today 2026-11-22 sources --format ndjson").go().stdout();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), expected.len());
    for (line, (domain, source)) in lines.iter().zip(&expected) {
        assert_eq!((&line["schema"], &line["domain"]), (&1.into(), domain));
        assert_eq!(line["period"], json["period"]);
        for (key, value) in source.as_object().unwrap() {
            assert_eq!(&line[key], value, "{key}");
        }
    }

    let csv = folder.run("--today 2026-11-22 sources --format csv").go().stdout();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), expected.len() + 1);
    for (row, (domain, source)) in rows[1..].iter().zip(&expected) {
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let cell = |name: &str| row[rows[0].iter().position(|column| *column == name).unwrap()];
        assert_eq!(cell("domain"), text(domain));
        for key in ["source", "kind", "messages", "addresses", "first_day", "last_day", "multi_day_messages"]
        {
            assert_eq!(cell(key), text(&source[key]), "{key}");
        }
        for key in ["dmarc", "dkim", "spf"] {
            for part in ["pass", "fail", "unknown"] {
                assert_eq!(cell(&format!("{key}_{part}")), text(&source[key][part]), "{key} {part}");
            }
        }
    }
}

#[test]
fn the_period_is_what_is_asked_and_is_said() {
    let folder = month();
    let first = |args: &str| sources(&folder, args).lines().next().unwrap().to_owned();
    assert_eq!(first("example.com"), "example.com   p=none sp=reject   30 days to 2026-11-21 UTC");
    assert_eq!(first("example.com --since 7d"), "example.com   p=none sp=reject   7 days to 2026-11-21 UTC");
    assert_eq!(first("example.com --since 2026-11-21"), "example.com   p=none sp=reject   2026-11-21 UTC");
    assert_eq!(first("example.com --until 2026-10-31"), "example.com   p=none   30 days to 2026-10-31 UTC");
    assert_eq!(first("example.com --since all"), "example.com   p=none   everything stored");
    // Nothing moves because of a report that is dated in the future, and nothing is hidden by an old database.
    let today = folder.run("--today 2027-02-01 sources example.com").go().stdout();
    let (age, rest) = today.split_once("\n\n").unwrap();
    assert_eq!(age, "The newest report is of 2026-11-21: what follows is 72 days old.");
    assert!(rest.starts_with("example.com   p=none sp=reject   30 days to 2026-11-21 UTC\n"), "{today}");
}

#[test]
fn where_there_is_nothing_a_sentence_says_why() {
    let folder = Folder::new();
    assert_snapshot!(sources(&folder, "example.com"), @r"
        ------- stderr -------
        error: no database at whosends.db
        hint: `whosends ingest PATH` makes it from a mailbox of reports
        [exit 2]
        ");
    folder.store("");
    assert_snapshot!(sources(&folder, "example.com"), @r"
        ------- stderr -------
        error: the database holds no report
        hint: `whosends ingest PATH` reads a mailbox of reports
        [exit 2]
        ");
    let folder = month();
    assert_snapshot!(sources(&folder, "example.net"), @r"
        ------- stderr -------
        error: no report for example.net
        hint: `whosends domains --since all` lists the domains there are
        [exit 2]
        ");
    assert_snapshot!(sources(&folder, "example.com --until 2026-01-01"), @r"
        ------- stderr -------
        error: no report for example.com in 30 days to 2026-01-01 UTC
        hint: `--since all` looks at everything that is stored
        [exit 2]
        ");
    assert_snapshot!(sources(&folder, "--since 2026-11-02 --until 2026-11-01"), @r"
        ------- stderr -------
        error: no day lies from 2026-11-02 to 2026-11-01: `--since` is after `--until`
        [exit 2]
        ");
    assert_snapshot!(sources(&folder, "example.net --json"), @r#"
        {
          "schema": 1,
          "by": "network",
          "period": {
            "from": null,
            "to": null
          },
          "trend": null,
          "left_out": {
            "undated": 0,
            "future": 0,
            "domains": 0
          },
          "domains": []
        }
        ------- stderr -------
        error: no report for example.net
        hint: `whosends domains --since all` lists the domains there are
        [exit 2]
        "#);
    assert_snapshot!(folder.run("--db :memory: sources").go(), @r"
        ------- stderr -------
        error: `:memory:` holds nothing: it lasts as long as the command that fills it
        hint: `whosends --db :memory: ingest PATH` shows who sends and keeps nothing
        [exit 2]
        ");
}

#[test]
fn a_domain_is_meant_with_those_below_it() {
    let folder = Folder::new();
    folder.store(
        "
report One example.com 2026-11-20 p=none
  192.0.2.1 5 pass/pass
report One news.example.com 2026-11-20 p=none
  192.0.2.1 6 pass/pass
report One notexample.com 2026-11-20 p=none
  192.0.2.1 7 pass/pass
",
    );
    let heads = |args: &str| {
        let text = sources(&folder, args);
        text.lines().filter(|line| line.contains("   p=")).map(str::to_owned).collect::<Vec<_>>()
    };
    let tail = "   p=none   30 days to 2026-11-20 UTC";
    assert_eq!(heads("EXAMPLE.com."), [format!("news.example.com{tail}"), format!("example.com{tail}")]);
    assert_eq!(heads("news.example.com"), [format!("news.example.com{tail}")]);
}

#[test]
fn a_strangers_text_does_nothing_to_the_terminal() {
    let folder = Folder::new();
    folder.store(
        "
report \u{1b}[2J\u{202e}evil example.com 2026-11-20 p=none
  192.0.2.1 5 pass/pass from=\u{9b}31m.example
report =cmd() example.com 2026-11-20 p=none
  192.0.2.1 4 pass/pass from=\u{200b}.example
",
    );
    for args in ["--by reporter", "--by header_from", "--by reporter --json", "--by reporter --format csv"] {
        let ran = folder.run(&format!("sources {args}")).go();
        let hidden = |c: &char| (c.is_control() && *c != '\n') || ('\u{200b}'..='\u{202e}').contains(c);
        assert_eq!(ran.stdout().chars().find(hidden), None, "{args}: {ran}");
    }
    let csv = folder.run("sources --by reporter --format csv").go().stdout();
    assert!(csv.contains("\nexample.com,'=cmd(),reporter,4,"), "{csv}");
}

#[test]
fn domains_are_one_line_each() {
    let folder = month();
    assert_snapshot!(folder.run("--today 2026-11-22 domains").go(), @r"
        30 days to 2026-11-21 UTC

        DOMAIN       POLICY            MESSAGES  DMARC  REPORTERS  REPORTS  LAST SEEN
        example.com  p=none sp=reject    97 444  99.6%          3        4  2026-11-21~
        example.org  p=reject                12   100%          1        1  2026-11-21

        ~ 55 messages in reports over several days, counted for the first of these
        1 report without a usable date left out; `--since all` takes them in
        1 report dated in the future left out; `--since all` takes them in
        [exit 0]
        ");
    assert_snapshot!(folder.run("--today 2026-11-22 domains --format csv").go(), @r"
        domain,p,sp,np,reports,reporters,messages,dmarc_pass,dmarc_fail,dmarc_unknown,dmarc_rate,dkim_pass,dkim_fail,dkim_unknown,dkim_rate,spf_pass,spf_fail,spf_unknown,spf_rate,first_day,last_day,multi_day_messages,undated_reports
        example.com,none,reject,,4,3,97444,97000,404,40,0.995852,97000,404,40,0.995852,6000,91444,0,0.061574,2026-10-25,2026-11-21,55,0
        example.org,reject,,,1,1,12,12,0,0,1,12,0,0,1,12,0,0,1,2026-11-21,2026-11-21,0,0
        [exit 0]
        ");
    let json: Value =
        serde_json::from_str(&folder.run("--today 2026-11-22 domains --json").go().stdout()).unwrap();
    let sums: Value =
        serde_json::from_str(&folder.run("--today 2026-11-22 sources --json").go().stdout()).unwrap();
    for (domain, block) in json["domains"].as_array().unwrap().iter().zip(sums["domains"].as_array().unwrap())
    {
        for key in [
            "domain",
            "policy",
            "messages",
            "dmarc",
            "dkim",
            "spf",
            "reports",
            "reporters",
            "first_day",
            "last_day",
        ] {
            assert_eq!(domain[key], block[key], "{key}");
        }
    }
    assert_snapshot!(Folder::new().run("domains").go(), @r"
        ------- stderr -------
        error: no database at whosends.db
        hint: `whosends ingest PATH` makes it from a mailbox of reports
        [exit 2]
        ");
}

/// A service that passes, one whose mail mostly fails, and a server of which nothing is known.
fn senders() -> Folder {
    let folder = Folder::new();
    let mut text = String::new();
    for day in 10..22 {
        text += &format!(
            "report Receiver_One example.com 2026-11-{day} p=none
  198.51.100.10 900 pass/fail dkim=sendgrid.net dkim=example.com spf=sendgrid.net
  198.51.100.60 20 pass/pass dkim=mcsv.net dkim=example.com spf=example.com
  198.51.100.60 80 fail/fail dkim=mcsv.net spf=mcsv.net
  192.0.2.25 30 fail/fail
"
        );
    }
    folder.store(&text);
    folder
}

fn by_sender(folder: &Folder, args: &str) -> String {
    folder.run(&format!("--today 2026-11-22 sources {args}")).go().to_string()
}

#[test]
fn senders_are_sorted_as_an_owner_thinks() {
    assert_snapshot!(by_sender(&senders(), ""), @r"
        example.com   p=none   30 days to 2026-11-21 UTC
        12 360 messages   89.3% DMARC   1 reporter

        SENDER             MESSAGES  DMARC  DKIM   SPF  IPS  LAST SEEN   TREND
        Yours, passing
          Twilio SendGrid    10 800   100%   100     0    1  2026-11-21  ······████
        Yours, failing: to be put right
          Mailchimp           1 200  20.0%  20.0  20.0    1  2026-11-21  ······████
            → Set your domain up in Mailchimp (domain authentication) and publish the
              DKIM records it shows.
        Unknown
          192.0.2.25            360     0%     0     0    1  2026-11-21  ······████
        Not enough data for p=quarantine: days covered by large reporters: 0 (at least
        21); large reporters: 1 (at least 2).

        Next: `whosends source mailchimp example.com` says why it fails and what to do
        [exit 0]
        ");
}

#[test]
fn classes_are_chosen_and_negated() {
    let folder = senders();
    let named = |args: &str| {
        let ran = by_sender(&folder, &format!("--format csv {args}"));
        let rows = ran.lines().skip(1).filter(|line| !line.starts_with('['));
        rows.map(|row| row.split(',').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named(""), ["sendgrid", "mailchimp", "192.0.2.25"]);
    assert_eq!(named("--class misaligned"), ["mailchimp"]);
    assert_eq!(named("--class !aligned"), ["mailchimp", "192.0.2.25"]);
    assert_eq!(named("--class aligned,unknown"), ["sendgrid", "192.0.2.25"]);
    assert_snapshot!(by_sender(&folder, "--class aligned --by address"), @r"
        ------- stderr -------
        error: only senders have a class
        hint: leave out `--by`, or `--class`
        [exit 2]
        ");
    let refused = by_sender(&folder, "--class mine");
    assert!(refused.contains("not a class") && refused.ends_with("[exit 2]"), "{refused}");
}

#[test]
fn the_next_step_of_each_domain_stands_below_its_senders() {
    let folder = Folder::new();
    let mut quarter = String::new();
    for (month, days) in [("10", 1..=31), ("11", 1..=21)] {
        for (day, reporter) in days.flat_map(|day| [(day, "Receiver_One"), (day, "Receiver_Two")]) {
            quarter += &format!(
                "report {reporter} example.com 2026-{month}-{day:02} p=none
  198.51.100.10 90 pass/fail dkim=sendgrid.net dkim=example.com spf=sendgrid.net
  198.51.100.60 9 pass/pass dkim=mcsv.net dkim=example.com spf=example.com
  198.51.100.60 7 fail/fail dkim=mcsv.net spf=mcsv.net
report {reporter} example.org 2026-{month}-{day:02} p=reject
  203.0.113.9 2 fail/fail spf=example.org:fail
"
            );
        }
    }
    folder.store(&quarter);
    let lines = |args: &str| {
        let all = by_sender(&folder, args).replace('\n', " ");
        ["Not ready", "Ready for", "in force", "Next:"].map(|text| all.contains(text))
    };
    assert_eq!(lines(""), [true, false, true, true]);
    assert_eq!(lines("example.org"), [false, false, true, true]);
    // Another stretch of time has no next step, and neither have some classes only.
    assert_eq!(lines("--since 7d"), [false, false, false, true]);
    assert_eq!(lines("--class misaligned"), [false, false, false, true]);
    assert_snapshot!(by_sender(&folder, "example.com"), @r"
        example.com   p=none   30 days to 2026-11-21 UTC
        6 360 messages   93.4% DMARC   2 reporters

        SENDER             MESSAGES  DMARC  DKIM   SPF  IPS  LAST SEEN   TREND
        Yours, passing
          Twilio SendGrid     5 400   100%   100     0    1  2026-11-21  ██████████
        Yours, failing: to be put right
          Mailchimp             960  56.3%  56.3  56.3    1  2026-11-21  ██████████
            → Set your domain up in Mailchimp (domain authentication) and publish the
              DKIM records it shows.
        Not ready for p=quarantine: Mailchimp would lose 420 of 6 360 messages (6.60%).

        Next: `whosends source mailchimp example.com` says why it fails and what to do
        [exit 0]
        ");
    let below = folder.run("--today 2026-11-22 sources shop.example.org").go();
    assert!(below.stderr().contains("its mail is in the reports of example.org"), "{below}");
}
