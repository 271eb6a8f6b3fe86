//! `reports`, `reports show` and `notes`.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::run::Folder;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.store(
        "
report Receiver_One example.com 2026-11-20 p=none id=a email=dmarc@receiver.example
  198.51.100.10 90 pass/fail dkim=service.example spf=bounce.service.example:softfail
  192.0.2.25 4000 pass/pass dkim=example.com spf=example.com
  2001:db8:12:3400::5 7 fail/fail disposition=quarantine reason=forwarded:by_a_list
  note word_case record/row/policy_evaluated/dkim Pass
  note word_case record/row/policy_evaluated/spf FAIL
report Receiver_One example.com 2026-11-20 p=none id=a email=dmarc@receiver.example
  192.0.2.25 4000 pass/pass dkim=example.com spf=example.com
report Receiver_Two example.com 2026-11-21 p=none id=b days=7 skipped=2 truncated
  192.0.2.25 2000 pass/pass
  note unusable_count record/row/count many
report - example.org - p=none id=c
  192.0.2.25 1 pass/pass
",
    );
    folder
}

#[test]
fn reports_are_listed_the_newest_first() {
    let folder = folder();
    assert_snapshot!(folder.run("reports").go(), @r"
        ID  DAY          REPORTER      DOMAIN       MESSAGES
         3  2026-11-21~  Receiver Two  example.com     2 000  truncated, 1 note
         1  2026-11-20   Receiver One  example.com     4 097  2 notes
         2  2026-11-20   Receiver One  example.com     4 000  superseded
         4  -            -             example.org         1
        [exit 0]
        ");
    assert_snapshot!(folder.run("reports --limit 1").go(), @r"
        ID  DAY          REPORTER      DOMAIN       MESSAGES
         3  2026-11-21~  Receiver Two  example.com     2 000  truncated, 1 note
        … and older ones; --limit shows more
        [exit 0]
        ");
    assert_snapshot!(folder.run("reports --conflicting --format csv").go(), @r"
        id,reporter,policy_domain,report_id,begin,end,state,truncated,multi_day,records,messages,records_skipped,notes
        1,Receiver One,example.com,a,1795132800,1795219199,counts,false,false,3,4097,0,2
        2,Receiver One,example.com,a,1795132800,1795219199,superseded,false,false,1,4000,0,0
        [exit 0]
        ");
    assert_snapshot!(folder.run("reports --domain example.org --json").go(), @r#"
        {
          "schema": 1,
          "more": false,
          "reports": [
            {
              "id": 4,
              "reporter": null,
              "policy_domain": "example.org",
              "report_id": "c",
              "begin": null,
              "end": null,
              "state": "counts",
              "truncated": false,
              "multi_day": false,
              "records": 1,
              "messages": 1,
              "records_skipped": 0,
              "notes": 0,
              "begin_time": null,
              "end_time": null
            }
          ]
        }
        [exit 0]
        "#);
}

#[test]
fn the_list_can_be_narrowed() {
    let folder = folder();
    let ids = |args: &str| {
        let ran = folder.run(&format!("--today 2026-11-22 reports --format ndjson {args}")).go();
        let lines = ran.stdout();
        let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_i64().unwrap();
        lines.lines().map(id).collect::<Vec<_>>()
    };
    assert_eq!(ids("").len(), 4);
    assert_eq!(ids("--reporter receiver"), ids("--domain example.com"));
    assert_eq!(ids("--reporter two"), ids("--since 1d"));
    assert_eq!(ids("--conflicting").len(), 2);
    assert_snapshot!(folder.run("reports --reporter nobody").go(), @r"
        ------- stderr -------
        error: no report of a reporter like `nobody`
        hint: `whosends sources --by reporter --since all` lists the reporters there are
        [exit 2]
        ");
    assert_snapshot!(folder.run("reports --domain example.org --conflicting").go(), @r"
        ------- stderr -------
        No report conflicts with another.
        [exit 0]
        ");
}

#[test]
fn one_report_is_shown_with_everything_it_says() {
    let folder = folder();
    assert_snapshot!(folder.run("reports show 1").go(), @r#"
        Report 1
          Reporter      Receiver One <dmarc@receiver.example>
          Report ID     a
          Period        2026-11-20 00:00 to 2026-11-20 23:59 UTC
          Policy        example.com: p=none
          State         counts; 3 records with 4 097 messages
          Stored        2026-11-22T12:00:00Z
          From          reports.mbox › message 1
            mail From   noreply@receiver.example
            Message-ID  <1@receiver.example>
          Note          word_case at record/row/policy_evaluated/dkim, line 12: "Pass"
          Note          word_case at record/row/policy_evaluated/spf, line 12: "FAIL"

        ADDRESS              MESSAGES  DISPOSITION  DKIM  SPF   FROM
        198.51.100.10              90  none         pass  fail  example.com
        192.0.2.25              4 000  none         pass  pass  example.com
        2001:db8:12:3400::5         7  quarantine   fail  fail  example.com
        [exit 0]
        "#);
    assert_snapshot!(folder.run("reports show 3").go(), @r#"
        Report 3
          Reporter      Receiver Two
          Report ID     b
          Period        2026-11-21 00:00 to 2026-11-27 23:59 UTC, several days: all of it counts for the first
          Policy        example.com: p=none
          State         counts; truncated: the document ends before its end; 1 record with 2 000 messages, 2 skipped
          Stored        2026-11-22T12:00:00Z
          From          reports.mbox › message 3
            mail From   noreply@receiver.example
            Message-ID  <3@receiver.example>
          Note          unusable_count at record/row/count, line 12: "many"

        ADDRESS     MESSAGES  DISPOSITION  DKIM  SPF   FROM
        192.0.2.25     2 000  none         pass  pass  example.com
        [exit 0]
        "#);
    assert_snapshot!(folder.run("reports show 4 --json").go(), @r#"
        {
          "schema": 1,
          "report": {
            "id": 4,
            "reporter": null,
            "policy_domain": "example.org",
            "report_id": "c",
            "begin": null,
            "end": null,
            "state": "counts",
            "truncated": false,
            "multi_day": false,
            "records": 1,
            "messages": 1,
            "records_skipped": 0,
            "notes": 0,
            "begin_time": null,
            "end_time": null
          },
          "org_name": null,
          "email": null,
          "extra_contact_info": null,
          "errors": [],
          "generator": null,
          "version": null,
          "namespace": null,
          "policy": {
            "p": "none",
            "sp": null,
            "np": null,
            "adkim": null,
            "aspf": null,
            "pct": null,
            "fo": null,
            "testing": null,
            "discovery_method": null
          },
          "stored_time": "2026-11-22T12:00:00Z",
          "origins": [
            {
              "place": "reports.mbox › message 4",
              "mail_from": "noreply@receiver.example",
              "message_id": "<4@receiver.example>",
              "seen_at": 1795348800
            }
          ],
          "notes": [],
          "records": [
            {
              "source_ip": "192.0.2.25",
              "count": 1,
              "disposition": "none",
              "dkim": "pass",
              "spf": "pass",
              "reasons": [],
              "header_from": "example.org",
              "envelope_from": null,
              "envelope_to": null,
              "auth": {
                "dkim": [],
                "spf": []
              },
              "sender": null,
              "class": null
            }
          ]
        }
        [exit 0]
        "#);
    assert_snapshot!(folder.run("reports show 99").go(), @r"
        ------- stderr -------
        error: no report 99
        hint: `whosends reports` lists them
        [exit 2]
        ");
    assert_snapshot!(folder.run("reports show x").go(), @r"
        ------- stderr -------
        error: invalid value 'x' for '<ID>': not a number; `whosends reports` lists each report with its own

        For more information, try '--help'.
        [exit 2]
        ");
}

#[test]
fn notes_are_by_reporter_and_kind() {
    let folder = folder();
    assert_snapshot!(folder.run("notes").go(), @r#"
        REPORTER      NOTE            REPORTS  TIMES  FOR EXAMPLE
        Receiver One  word_case             1      2  report 1 has "Pass" at record/row…
        Receiver Two  unusable_count        1      1  report 3 has "many" at record/row…
        [exit 0]
        "#);
    assert_snapshot!(folder.run("notes --code unusable_count --json").go(), @r#"
        {
          "schema": 1,
          "notes": [
            {
              "reporter": "Receiver Two",
              "code": "unusable_count",
              "reports": 1,
              "times": 1,
              "example": {
                "report": 3,
                "path": "record/row/count",
                "raw": "many",
                "line": 12
              }
            }
          ]
        }
        [exit 0]
        "#);
    assert_snapshot!(folder.run("notes --reporter two --format csv").go(), @r"
        reporter,code,reports,times,report,path,raw,line
        Receiver Two,unusable_count,1,1,3,record/row/count,many,12
        [exit 0]
        ");
    assert_snapshot!(folder.run("notes --domain example.org").go(), @r"
        ------- stderr -------
        Nothing was odd.
        [exit 0]
        ");
    assert_snapshot!(folder.run("notes --domain example.net").go(), @r"
        ------- stderr -------
        error: no report for example.net
        hint: `whosends domains --since all` lists the domains there are
        [exit 2]
        ");
}
