//! The first minute: no command at all, a path alone, the sample.

use insta::assert_snapshot;

use crate::support::{Folder, root};

/// Lines that `ingest` says of what it read.
const SAID: usize = 4;

#[test]
fn without_a_command_it_says_where_to_begin_or_what_is_known() {
    let folder = Folder::new();
    assert_snapshot!(folder.run("").go(), @r"
    whosends tells who sends mail as your domain, from DMARC aggregate reports.

      whosends demo          look at a sample; nothing of it is kept
      whosends PATH          read your own: a mailbox export, a folder of mails, an archive
      whosends check DOMAIN  what is wrong in the domain's DNS
      whosends start DOMAIN  no reports yet? what to publish for them to come
      whosends help          everything else
    [exit 0]
    ");
    folder.store(
        "report One example.com 2026-11-01 p=none\n  192.0.2.1 40 pass/pass\n  192.0.2.2 10 fail/fail\n\
         report Two example.org 2026-10-30 p=reject\n  192.0.2.3 5 fail/fail\n",
    );
    assert_snapshot!(folder.run("--today 2026-11-22").go(), @r"
    2 reports about 2 domains, of 2026-10-30 to 2026-11-01.
    The newest report is of 2026-11-01: what follows is 21 days old.

    30 days to 2026-11-01 UTC
    DOMAIN       POLICY    MESSAGES  DMARC  LAST SEEN
    example.com  p=none          50  80.0%  2026-11-01
    example.org  p=reject         5     0%  2026-10-30

      whosends ready           can these domains enforce their policy, and what would be lost?
      whosends sources DOMAIN  who sends as the domain
      whosends check DOMAIN    what is wrong in its DNS
      whosends PATH            read new reports; `whosends help` lists the rest
    [exit 0]
    ");
    let mut many = String::new();
    for number in 0..300 {
        many.push_str(&format!(
            "report One d{number}.example 2026-11-21 p=none\n  192.0.2.1 {} pass/pass\n",
            number + 1
        ));
    }
    folder.store(&many);
    let text = folder.run("--today 2026-11-22").go().stdout();
    assert!(text.lines().count() <= 15, "{text}");
    assert!(text.contains("… and 298 domains more"), "{text}");
}

#[test]
fn the_first_screen_fits_one_domain_and_three_hundred() {
    let report = root().join("samples/containers/report.xml.gz");
    for domains in [0, 1, 2, 30, 300] {
        let folder = Folder::new();
        let mut text = String::new();
        for number in 0..domains {
            text.push_str(&format!("report One d{number}.example 2026-10-12 p=none\n"));
            for address in 0..60 {
                text.push_str(&format!(
                    "  192.0.2.{address} {} pass/pass dkim=d{number}.example\n",
                    number + 1
                ));
                text.push_str(&format!("  198.51.{address}.7 {} fail/fail\n", number + 1));
            }
        }
        folder.store(&text);
        let ran = folder.run_args(["--today", "2026-10-13", "ingest"]).args([&report]).go();
        let screen = ran.stdout();
        assert!(screen.lines().count() + SAID <= 24, "{domains}: {screen}");
        assert!(screen.lines().all(|line| line.chars().count() <= 80), "{domains}: {screen}");
        let others =
            format!("… and {} domains more; `--full` shows who sends as each", domains as i64 + 1 - 12);
        assert_eq!(screen.contains(&others), domains > 11, "{domains}: {screen}");
        let full =
            folder.run_args(["--today", "2026-10-13", "ingest", "--full", "--reread"]).args([&report]).go();
        assert_eq!(full.stdout(), folder.run("--today 2026-10-13 sources").go().stdout());
    }
}

#[test]
fn a_path_is_read_without_a_command() {
    let folder = Folder::new();
    let report = root().join("samples/containers/report.xml.gz");
    let report = report.to_str().unwrap();
    let read = folder.run_args(["--db", ":memory:", "--today", "2026-11-22", report]).go();
    let ingested = folder.run_args(["--db", ":memory:", "--today", "2026-11-22", "ingest", report]).go();
    assert_eq!((read.status(), read.stdout()), (Some(0), ingested.stdout()), "{read}");
    // Flags of `ingest` stand before it and behind it.
    for args in [vec!["--json", report], vec![report, "--json"], vec!["-j", "1", report], vec!["--", report]]
    {
        let ran = folder.run_args(["--db", ":memory:"]).args(&args).go();
        assert_eq!(ran.status(), Some(0), "{args:?}: {ran}");
    }
    let stdin = folder.run("--db :memory: -").stdin(&std::fs::read(report).unwrap()).go();
    assert_eq!(stdin.status(), Some(0), "{stdin}");
}

#[test]
fn what_is_no_path_gets_a_hint() {
    let folder = Folder::new();
    let gone = folder.run("./gone.mbox").go();
    assert_eq!(gone.status(), Some(2));
    assert!(gone.stderr().contains("there is no such file or folder"), "{gone}");
    let domain = folder.run("Example.COM").go();
    assert_eq!(domain.status(), Some(2));
    assert!(domain.stderr().contains("`whosends sources example.com` shows who sends as it"), "{domain}");
    let close = folder.run("surces").go();
    assert!(close.status() == Some(2) && close.stderr().contains("'sources'"), "{close}");
    // A command wins over what lies there under its name, and says so.
    folder.store("report One example.com 2026-11-01 p=none\n  192.0.2.1 40 pass/pass\n");
    folder.write("reports/a.txt", "no report");
    let command = folder.run("reports").go();
    assert_eq!(command.status(), Some(0), "{command}");
    assert!(
        command.stderr().contains("`whosends ./reports` reads what is there under that name"),
        "{command}"
    );
}

#[test]
fn the_sample_needs_nothing_and_keeps_nothing() {
    let folder = Folder::new();
    let ran = folder.run("demo").go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    let text = ran.stdout();
    assert!(text.contains("Mailchimp           41 073  12.8%  Yours, failing: to be put right"), "{text}");
    assert!(text.contains("not ready        Mailchimp (35 810)"), "{text}");
    assert!(text.lines().count() + SAID <= 24, "{text}");
    assert!(
        !text.contains("Next:") && !ran.stderr().contains("days old"),
        "what is not kept can't be asked about: {ran}"
    );
    assert!(!folder.database().exists());
    let read = folder
        .run_args(["--db", ":memory:", "--today", "2026-11-22", "ingest"])
        .args([root().join("samples/mailbox")])
        .go();
    assert_eq!(text, read.stdout(), "the sample is the mailbox");
    assert!(folder.run("demo --full").go().stdout().lines().count() > text.lines().count());
}

#[test]
fn hints_name_the_database_that_was_named() {
    let folder = Folder::new();
    let text = "report One example.com 2026-11-20 p=none\n  192.0.2.1 40 fail/fail\n";
    crate::support::reports::store(&folder.path("it's mine.db"), text);
    let alone = folder.run_args(["--db", "it's mine.db", "--today", "2026-11-22"]).go();
    assert!(alone.stdout().contains(r"  whosends --db 'it'\''s mine.db' ready "), "{alone}");
    let ran = folder.run_args(["--db", "it's mine.db", "--today", "2026-11-22", "sources"]).go();
    assert!(
        ran.stdout().contains(r"`whosends --db 'it'\''s mine.db' source 192.0.2.0/24 example.com`"),
        "{ran}"
    );
}

fn start(folder: &Folder, zone: &str, args: &str) -> crate::support::run::Ran {
    let server = crate::support::dns::serve(zone);
    folder.run(&format!("--today 2026-11-22 start {args} --resolver {}", server.address())).go()
}

#[test]
fn the_record_that_asks_for_reports_is_told_and_tested() {
    let folder = Folder::new();
    assert_snapshot!(start(&folder, "example.com. MX 10 mx.example.com.", "example.com"), @r"
    example.com
    There is no DMARC record, so nobody sends reports.

    Name the mailbox that is to take them: `whosends start example.com --rua
    dmarc@example.com`

    Receivers send a report for each day (UTC) on which they had mail from the
    domain, most within a day after. `whosends start example.com --test` says
    whether all is there.

    Mail for it goes to mx.example.com. Whoever sends as example.com should sign
    with a key of example.com; the reports will show who does.
    [exit 0]
    ");
    assert_snapshot!(start(&folder, "example.com. MX 0 example-com.mail.protection.outlook.com.\n_dmarc.example.com. TXT \"v=DMARC1; p=reject; rua=mailto:a@example.com!10m\"", "example.com --rua dmarc@reports.example"), @r#"
    example.com
    _dmarc.example.com says: v=DMARC1; p=reject; rua=mailto:a@example.com!10m
    Reports go to mailto:a@example.com!10m.
    mailto:a@example.com!10m limits their size: receivers that heed it leave out
    larger reports. Drop what stands from the `!` on.

    Publish in place of it:
      _dmarc.example.com. TXT "v=DMARC1; p=reject; rua=mailto:a@example.com!10m,mailto:dmarc@reports.example"

    The address is at another domain, whose owner has to agree to it, with:
      example.com._report._dmarc.reports.example. TXT "v=DMARC1;"

    Receivers send a report for each day (UTC) on which they had mail from the
    domain, most within a day after. `whosends start example.com --test` says
    whether all is there.

    Mail for it goes to Microsoft 365, which signs as onmicrosoft.com until DKIM is
    switched on for example.com: that does not align. The Defender portal shows the
    two CNAME records, selector1._domainkey and selector2._domainkey, under Email &
    collaboration, Policies & rules, Threat policies, Email authentication settings,
    DKIM.
    [exit 0]
    "#);
    let done = "example.com. MX 10 mx.example.com.\n_dmarc.example.com. TXT \"v=DMARC1; p=none; rua=mailto:dmarc@reports.example\"\n\
                example.com._report._dmarc.reports.example. TXT \"v=DMARC1;\"";
    assert_snapshot!(start(&folder, done, "example.com --test"), @r"
    example.com
    _dmarc.example.com says: v=DMARC1; p=none; rua=mailto:dmarc@reports.example
    Reports go to mailto:dmarc@reports.example.

    All is there. Receivers send a report for each day (UTC) on which they had mail
    from the domain, most within a day after: the first should be there by
    2026-11-24. If none has come by then, see whether the mailbox takes attachments
    and what its spam folder holds, and send a message from the domain to a mailbox
    at Google, Yahoo or Outlook.com: who gets none reports none.
    [exit 0]
    ");
    let missing = start(&folder, &done.replace("v=DMARC1;\"", "no\""), "example.com --test");
    assert_eq!(missing.status(), Some(1), "{missing}");
    assert!(
        missing.stdout().contains("example.com._report._dmarc.reports.example. TXT \"v=DMARC1;\""),
        "{missing}"
    );
    let silent =
        start(&folder, "$BEHAVE _dmarc.example.com. TXT servfail", "example.com --rua a@example.com");
    assert_eq!(silent.status(), Some(4), "{silent}");
    assert!(!silent.stdout().contains("v=DMARC1"), "nothing is proposed where DNS does not answer: {silent}");
    let json = start(&folder, "", "example.com --rua a@example.com --json").stdout();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["publish"]["value"], "v=DMARC1; p=none; rua=mailto:a@example.com");
    assert_eq!((&json["asking"], &json["complete"]), (&"absent".into(), &false.into()));
}
