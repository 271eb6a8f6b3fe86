//! `check --diff`, with the conversations that the database keeps.

use insta::assert_snapshot;
use rusqlite::Connection;
use serde_json::Value;

use crate::support::Folder;
use crate::support::dns::serve;
use crate::support::run::Ran;

const BEFORE: &str = r#"
$ORIGIN example.com.
@             SOA ns1 host 1 3600 600 86400 300
@             NS  ns1
@             NS  ns2
@             MX  10 mx
mx            A   192.0.2.25
mx            A   192.0.2.26
25.2.0.192.in-addr.arpa. PTR mx.example.com.
26.2.0.192.in-addr.arpa. PTR mx.example.com.
@             TXT "v=spf1 mx -all"
@             TXT "verification=1"
_dmarc        TXT "v=DMARC1; p=reject; rua=mailto:d@example.com"
s1._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
"#;

/// The zone after somebody worked on it.
fn after() -> String {
    BEFORE
        .replace("host 1 ", "host 2 ")
        .replace("mx -all", "mx ?all")
        .replace("s1._domainkey", "s2._domainkey")
        .replace(
            "mx            A   192.0.2.25\nmx            A   192.0.2.26",
            "mx A 192.0.2.26\nmx A 192.0.2.25",
        )
}

/// Asks a server with the zone; with `--diff`, what changed until now.
fn check(folder: &Folder, zone: &str, arguments: &str) -> Ran {
    let server = serve(zone);
    let arguments = arguments.replace("--diff", "--diff --live");
    folder
        .run(&format!("check example.com --selector s1,s2 {arguments} --resolver {}", server.address()))
        .go()
}

fn rows(folder: &Folder) -> Vec<(i64, i64)> {
    let database = Connection::open(folder.database()).unwrap();
    let mut found = database.prepare("SELECT first_asked, last_asked FROM conversation ORDER BY 1").unwrap();
    found.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

/// Sets when the kept conversations were held, the oldest first.
fn set_times(folder: &Folder, times: &[(i64, i64)]) {
    let database = Connection::open(folder.database()).unwrap();
    let held = rows(folder);
    assert_eq!(held.len(), times.len());
    for ((before, _), (first, last)) in held.into_iter().zip(times) {
        let sql = "UPDATE conversation SET first_asked = ?2, last_asked = ?3 WHERE first_asked = ?1";
        database.execute(sql, [before, *first, *last]).unwrap();
    }
}

/// The last two lines tell what it cost, and the address of the server.
fn without_cost(ran: &Ran) -> String {
    let text = ran.to_string();
    text.lines().filter(|line| !line.contains(" questions, ")).collect::<Vec<_>>().join("\n")
}

const FIRST: i64 = 1_793_000_000;
const DAY: i64 = 86_400;

#[test]
fn it_says_what_changed_and_when() {
    let folder = Folder::new();
    folder.store("report One example.com 2026-11-20 p=none id=a\n  192.0.2.1 40 pass/pass\n");
    assert!(without_cost(&check(&folder, BEFORE, "--diff")).contains("nothing was kept before"));
    assert_eq!(check(&folder, BEFORE, "").status(), Some(0));
    set_times(&folder, &[(FIRST, FIRST + 5 * DAY)]);
    assert_snapshot!(without_cost(&check(&folder, BEFORE, "--diff")), @r"
    example.com   warning
    nothing changed; first asked 2026-10-26 07:33 UTC

    [exit 0]
    ");
    set_times(&folder, &[(FIRST, FIRST + 6 * DAY)]);
    assert_snapshot!(without_cost(&check(&folder, &after(), "--diff")), @r"
    example.com   warning

    since 2026-11-01 07:33 UTC
    changed    example.com TXT
               - v=spf1 mx -all
               + v=spf1 mx ?all
    gone       s1._domainkey.example.com TXT
               - v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
    new        s2._domainkey.example.com TXT
               + v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
    appeared   warning  spf.all-neutral  example.com
    appeared   warning  dkim.missing  s1._domainkey.example.com
    cleared    warning  dkim.missing  s2._domainkey.example.com

    [exit 0]
    ");
    // The run before kept what it saw: the change now lies between two dates.
    set_times(&folder, &[(FIRST, FIRST + 6 * DAY), (FIRST + 8 * DAY, FIRST + 9 * DAY)]);
    let told = without_cost(&check(&folder, &after(), "--diff"));
    assert!(told.contains("between 2026-11-01 ") && told.contains("s1._domainkey.example.com TXT"), "{told}");
    let since = |day: &str| {
        let ran = check(&folder, &after(), &format!("--diff --since {day} --json"));
        let object: Value = serde_json::from_str(&ran.stdout()).unwrap();
        object["domains"][0]["changes"].as_array().unwrap().len()
    };
    assert_eq!((since("2026-10-01"), since("all"), since("2026-11-20")), (1, 1, 0));
}

#[test]
fn what_is_not_answered_is_no_change() {
    let folder = Folder::new();
    folder.store("report One example.com 2026-11-20 p=none id=a\n  192.0.2.1 40 pass/pass\n");
    check(&folder, BEFORE, "");
    let faulty = format!("{BEFORE}$BEHAVE @ TXT servfail\n$BEHAVE _dmarc TXT servfail\n");
    let ran = check(&folder, &faulty, "--diff --json");
    let object: Value = serde_json::from_str(&ran.stdout()).unwrap();
    let domain = &object["domains"][0];
    assert_eq!((ran.status(), &domain["changes"]), (Some(4), &serde_json::json!([])), "{ran}");
    let open: Vec<_> =
        domain["not_asked"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert!(open.contains(&Value::from("example.com")) && open.contains(&Value::from("_dmarc.example.com")));
    // Nor does it take what was known away.
    let ran = check(&folder, BEFORE, "--diff");
    assert!(ran.stdout().contains("nothing changed"), "{ran}");
    assert_eq!(rows(&folder).len(), 1);
}

#[test]
fn nothing_is_kept_where_nobody_wants_it() {
    let folder = Folder::new();
    let kept = check(&folder, BEFORE, "--save kept.json");
    assert!(kept.status() == Some(0) && !folder.database().exists(), "{kept}");
    assert_eq!(check(&folder, BEFORE, "--diff").status(), Some(2));
    // A database that is named is made, and one that is there is used.
    assert_eq!(check(&folder, BEFORE, "--db whosends.db").status(), Some(0));
    assert_eq!(rows(&folder).len(), 1);
    let offline = folder.run("check example.com --offline kept.json --selector s1,s2 --diff").go();
    assert!(offline.stdout().contains("nothing changed"), "{offline}");
    check(&folder, &after(), "");
    assert_eq!(rows(&folder).len(), 2);
    let offline = folder.run("check example.com --offline kept.json --selector s1,s2").go();
    assert_eq!((offline.status(), rows(&folder).len()), (Some(0), 2));
}

#[test]
fn looking_back_asks_nobody() {
    let folder = Folder::new();
    folder.store("report One example.com 2026-11-20 p=none id=a\n  192.0.2.1 40 pass/pass\n");
    let look_back =
        |more: &str| folder.run(&format!("check example.com --selector s1,s2 --diff {more}")).go();
    assert_snapshot!(look_back(""), @r"
    example.com   unknown
    nothing is kept: `whosends check example.com` asks DNS and keeps what it answers

    0 questions, answered from what the database kept
    [exit 4]
    ");
    check(&folder, BEFORE, "");
    check(&folder, &after(), "");
    set_times(&folder, &[(FIRST, FIRST + 6 * DAY), (FIRST + 8 * DAY, FIRST + 9 * DAY)]);
    let text = look_back("").to_string();
    assert!(text.starts_with("example.com   warning, as of 2026-11-04 07:33 UTC\n"), "{text}");
    assert!(text.contains("between 2026-11-01 07:33 and 2026-11-03 07:33 UTC"), "{text}");
    let object: Value = serde_json::from_str(&look_back("--json").stdout()).unwrap();
    assert_eq!(object["offline"], true);
    assert_eq!(object["domains"][0]["kept"]["last_asked"], "2026-11-04T07:33:20Z");
    let csv = look_back("--since all --format csv").stdout();
    let wanted = "example.com,2026-11-01T07:33:20Z,2026-11-03T07:33:20Z,changed,,TXT,example.com,v=spf1 mx -all,v=spf1 mx ?all";
    assert!(csv.lines().any(|line| line == wanted), "{csv}");
    assert!(csv.lines().any(|line| line.contains(",appeared,warning,spf.all-neutral,example.com,")), "{csv}");
    // Who names a server wants it asked.
    let refused = look_back("--resolver 127.0.0.1:9");
    assert_eq!(refused.status(), Some(2));
    assert!(refused.stderr().contains("add `--live`"), "{refused}");
}
