//! `--asn-db`: the networks of addresses, from a file that the test writes.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::mmdb::{self, Value as Field};
use crate::support::run::Folder;

fn folder() -> Folder {
    let folder = Folder::new();
    let mut text = String::new();
    for day in 10..22 {
        text += &format!(
            "report Receiver_One example.com 2026-11-{day} p=none
  198.51.100.10 20 pass/pass spf=example.com
  192.0.2.25 30 fail/fail
  203.0.113.9 3 fail/fail
  2001:db8::25 40 fail/fail
"
        );
    }
    folder.store(&text);
    let networks = mmdb::networks(&[
        ("192.0.2.0/24", 64500, "Example Networks, a name that is long enough to need a second byte"),
        ("2001:db8::/32", 64501, "Zweites Netz GmbH"),
        // A network that serves one service and nobody else.
        ("198.51.100.0/25", 11377, "SendGrid"),
    ]);
    folder.write("networks.mmdb", networks);
    folder
}

fn sources(folder: &Folder, args: &str) -> Vec<String> {
    let ran = folder.run(&format!("--today 2026-11-22 sources --json {args}")).go();
    let object: Value = serde_json::from_str(&ran.stdout()).unwrap_or_else(|_| panic!("{ran}"));
    let sources = object["domains"][0]["sources"].as_array().unwrap().iter();
    let text = |source: &Value, key: &str| source[key].as_str().unwrap().to_owned();
    sources.map(|s| [text(s, "source"), text(s, "kind"), text(s, "confidence")].join(" ")).collect()
}

#[test]
fn networks_name_what_has_no_sender() {
    let folder = folder();
    let without = sources(&folder, "");
    assert!(without.iter().any(|one| one.starts_with("192.0.2.25 prefix")), "{without:?}");
    let with = sources(&folder, "--asn-db networks.mmdb");
    let kinds: Vec<_> = with.iter().map(|one| one.rsplit_once(' ').unwrap().0).collect();
    assert_eq!(kinds, ["AS64501 network", "AS64500 network", "sendgrid service", "203.0.113.0/24 prefix"]);
    assert_snapshot!(folder.run("--today 2026-11-22 --asn-db networks.mmdb sources").go(), @r"
        example.com   p=none   30 days to 2026-11-21 UTC
        1 116 messages   21.5% DMARC   1 reporter

        SENDER                   MESSAGES  DMARC  DKIM  SPF  IPS  LAST SEEN   TREND
        Yours, passing
          Twilio SendGrid             240   100%   100  100    1  2026-11-21  ······████
        Unknown
          network AS64501 Zwei…       480     0%     0    0    1  2026-11-21  ······████
          network AS64500 Exam…       360     0%     0    0    1  2026-11-21  ······████
          203.0.113.0/24               36     0%     0    0    1  2026-11-21  ······████
        Not enough data for p=quarantine: days covered by large reporters: 0 (at least
        21); large reporters: 1 (at least 2); messages of yours: 240 (at least 500).

        Next: `whosends source AS64501 example.com` says what is known of it
        [exit 0]
        ");
    // From the environment and the configuration file too; a decision goes by the number.
    folder.write("config.toml", "asn-db = 'networks.mmdb'");
    assert_eq!(sources(&folder, "--config config.toml"), with);
    folder.run("mark example.com AS64500 unauthorised").go();
    let ran = folder.run("--today 2026-11-22 sources --class unauthorised --format csv");
    let ran = ran.env("WHOSENDS_ASN_DB", "networks.mmdb").go();
    assert!(ran.stdout().contains(",AS64500,"), "{ran}");
}

#[test]
fn a_file_that_is_none_is_refused() {
    let folder = folder();
    assert_snapshot!(folder.run("sources --asn-db nothing.mmdb").go(), @r"
        ------- stderr -------
        error: cannot read nothing.mmdb: No such file or directory (os error 2)
        [exit 2]
        ");
    folder.write("text.mmdb", "no database at all");
    assert_snapshot!(folder.run("sources --asn-db text.mmdb").go(), @r"
        ------- stderr -------
        error: cannot use text.mmdb as a database of networks: it is no MaxMind DB
        hint: `--asn-db` takes a file in the MaxMind DB format (.mmdb) that gives the AS number of addresses
        [exit 2]
        ");
    let cities = mmdb::file("Test-City", &[("192.0.2.0/24", vec![("city", Field::Text("Exampleton"))])]);
    folder.write("cities.mmdb", cities);
    assert_snapshot!(folder.run("sources --asn-db cities.mmdb").go(), @r"
        ------- stderr -------
        error: cannot use cities.mmdb as a database of networks: it holds no AS numbers but `Test-City`
        hint: `--asn-db` takes a file in the MaxMind DB format (.mmdb) that gives the AS number of addresses
        [exit 2]
        ");
}

#[test]
fn a_file_that_is_cut_or_scrambled_never_ends_in_a_panic() {
    let folder = folder();
    let whole = std::fs::read(folder.path("networks.mmdb")).unwrap();
    let mut files: Vec<Vec<u8>> = (0..whole.len()).step_by(97).map(|end| whole[..end].to_vec()).collect();
    for at in (0..whole.len()).step_by(41) {
        let mut scrambled = whole.clone();
        scrambled[at] ^= 0xff;
        files.push(scrambled);
    }
    for file in files {
        folder.write("broken.mmdb", &file);
        let ran = folder.run("--today 2026-11-22 sources --asn-db broken.mmdb").go();
        assert!(matches!(ran.status(), Some(0 | 2)), "{ran}");
    }
}

#[test]
fn the_other_form_in_use_is_read_as_well() {
    let folder = folder();
    let entry = vec![("asn", Field::Text("AS64510")), ("as_name", Field::Text("Third Net"))];
    folder.write("other.mmdb", mmdb::file("test asn", &[("192.0.2.0/24", entry)]));
    let found = sources(&folder, "--asn-db other.mmdb");
    assert!(found.iter().any(|one| one.starts_with("AS64510 network")), "{found:?}");
}
