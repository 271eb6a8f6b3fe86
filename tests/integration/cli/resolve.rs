//! `resolve`, with a name server on loopback.

use std::fmt::Write as _;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::dns::serve;
use crate::support::dns::server::Server;
use crate::support::run::{Folder, Ran};

const ZONE: &str = r#"
$ORIGIN 113.0.203.in-addr.arpa.
9  PTR o9.outbound-mail.sendgrid.net.
10 PTR liar.outbound-mail.sendgrid.net.
11 PTR mx.isp.example.
12 PTR lost.isp.example.
$ORIGIN isp.example.
mx   A 203.0.113.11
$BEHAVE lost A servfail
$ORIGIN sendgrid.net.
o9.outbound-mail   A 203.0.113.9
liar.outbound-mail A 198.51.100.1
@    TXT "v=spf1 ip4:198.51.100.0/25 include:more.sendgrid.net ~all"
more TXT "v=spf1 redirect=most.sendgrid.net"
most TXT "v=spf1 ip4:198.51.100.128/25 ip6:2001:db8:77::/48 ?ip4:192.0.2.0/24 -all"
$ORIGIN example.com.
@ TXT "v=spf1 include:servers.mcsv.net include:_spf.partner.example -all"
$ORIGIN mcsv.net.
servers TXT "v=spf1 ip4:192.0.2.128/25 -all"
"#;

/// A service that signs, and addresses of which the reports say nothing.
fn folder() -> Folder {
    let folder = Folder::new();
    let mut text = String::new();
    for day in 10..22 {
        text += &format!(
            "report Receiver_One example.com 2026-11-{day} p=none
  198.51.100.10 90 pass/fail dkim=sendgrid.net dkim=example.com spf=sendgrid.net
  203.0.113.9 8 fail/pass spf=example.com
  203.0.113.10 7 fail/fail
  203.0.113.11 6 fail/fail
  203.0.113.12 5 fail/fail
  192.0.2.200 3 fail/pass spf=example.com
  192.0.2.5 2 fail/pass spf=example.com
  2001:db8:77::9 1 fail/pass spf=example.com
"
        );
    }
    folder.store(&text);
    folder
}

fn resolve(folder: &Folder, server: &Server, args: &str) -> Ran {
    folder.run(&format!("--today 2026-11-22 resolve {args} --resolver {}", server.address())).go()
}

fn object(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout()).unwrap_or_else(|_| panic!("{ran}"))
}

/// `source confidence` of each source.
fn sources(folder: &Folder) -> Vec<String> {
    let object = object(&folder.run("--today 2026-11-22 sources --json").go());
    let sources = object["domains"][0]["sources"].as_array().unwrap().iter();
    sources.map(|s| format!("{} {}", s["source"].as_str().unwrap(), s["messages"])).collect()
}

#[test]
fn names_and_ranges_are_kept_and_name_senders() {
    let (folder, server) = (folder(), serve(ZONE));
    assert_eq!(
        sources(&folder),
        ["sendgrid 1080", "203.0.113.0/24 312", "192.0.2.0/24 60", "2001:db8:77::/64 12"]
    );
    let ran = resolve(&folder, &server, "");
    let text = ran.to_string().replace(&server.address().to_string(), "[SERVER]");
    let text: Vec<_> = text.lines().filter(|line| !line.contains(" ms, ")).collect();
    assert_snapshot!(text.join("\n"), @r"
        8 source addresses in 30 days to 2026-11-21 UTC

               2  have a name that leads back
               1  have a name that leads elsewhere
               4  have no name
               1  got no answer, and are asked again next time

        2 SPF includes of the services in use

               2  give addresses

        [exit 0]
        ");
    assert_eq!(
        sources(&folder),
        [
            // By its signature, by a name that leads back, and by its range.
            "sendgrid 1188",
            // A name that leads elsewhere and one that nobody could ask back name nobody.
            "203.0.113.0/24 144",
            "isp.example 72",
            // Its include stands in the owner's record.
            "mailchimp 36",
            "192.0.2.0/24 24",
        ]
    );
    // All of it is kept; only what got no answer is asked again.
    let again = object(&resolve(&folder, &server, "--json"));
    let addresses = &again["addresses"];
    assert_eq!(
        (&addresses["known"], &addresses["asked"], &addresses["failed"]),
        (&7.into(), &1.into(), &1.into())
    );
    assert_eq!(again["ranges"]["asked"], again["ranges"]["failed"], "{again}");
}

#[test]
fn the_owners_record_is_kept_and_names_its_servers() {
    let folder = folder();
    let zone = ZONE.replace("v=spf1 include:servers", "v=spf1 ip4:192.0.2.5 include:servers");
    assert!(!sources(&folder).contains(&"own 24".to_owned()));
    resolve(&folder, &serve(&zone), "");
    assert!(sources(&folder).contains(&"own 24".to_owned()), "{:?}", sources(&folder));
    // It is no check: of the rest of DNS nothing is known.
    let ready = folder.run("--today 2026-11-22 ready example.com").go();
    assert!(ready.stdout().contains("DNS: unknown, as nobody looked."), "{ready}");
}

#[test]
fn what_was_kept_stays_where_dns_fails() {
    let folder = folder();
    let server = serve(ZONE);
    resolve(&folder, &server, "");
    drop(server);
    let before = sources(&folder);
    let down = serve("$BEHAVE sendgrid.net. ANY servfail\n$BEHAVE 9.113.0.203.in-addr.arpa. PTR servfail\n");
    // Two months later everything is asked again.
    let ran =
        folder.run(&format!("--today 2027-01-22 resolve --since all --resolver {}", down.address())).go();
    assert_eq!(ran.status(), Some(0), "{ran}");
    // What has no name any more lost it; what failed is as it was.
    let after = sources(&folder);
    assert!(after.contains(&"sendgrid 1188".to_owned()), "{before:?} {after:?}");
    assert!(!after.iter().any(|one| one.starts_with("isp.example")), "{after:?}");
}

#[test]
fn the_busiest_come_first_up_to_the_limit() {
    let (folder, server) = (folder(), serve(ZONE));
    let first = object(&resolve(&folder, &server, "--limit 2 --json"));
    assert_eq!((&first["addresses"]["asked"], &first["addresses"]["left_out"]), (&2.into(), &6.into()));
    assert_eq!((&first["addresses"]["named"], &first["addresses"]["nameless"]), (&1.into(), &1.into()));
    let rest = object(&resolve(&folder, &server, "--json"));
    assert_eq!((&rest["addresses"]["known"], &rest["addresses"]["asked"]), (&2.into(), &6.into()));
}

#[test]
fn a_range_that_names_everybody_is_refused() {
    for wide in ["ip4:0.0.0.0/1 -all", "+all", "ip6:2001::/8 -all", "ip4:10.0.0.0/7 -all"] {
        let folder = folder();
        let server = serve(&format!("sendgrid.net. TXT \"v=spf1 {wide}\"\n"));
        let ran = object(&resolve(&folder, &server, "--json"));
        assert_eq!(ran["ranges"]["refused"], serde_json::json!(["sendgrid.net"]), "{wide}");
        let kept = sources(&folder);
        assert!(kept.contains(&"sendgrid 1080".to_owned()), "{wide}: {kept:?}");
    }
}

#[test]
fn where_nobody_answers_it_ends_undecided_and_keeps_nothing() {
    let folder = Folder::new();
    let mut text = "report Receiver_One example.com 2026-11-20\n".to_owned();
    for number in 0..400_u32 {
        writeln!(text, "  198.51.{}.{} 1 fail/fail", number / 200, number % 200).unwrap();
    }
    folder.store(&text);
    let mut zone = String::new();
    for number in 0..400 {
        let (block, host) = (number / 200, number % 200);
        writeln!(zone, "$BEHAVE {host}.{block}.51.198.in-addr.arpa. PTR refused").unwrap();
    }
    zone += "$BEHAVE example.com. ANY refused\n";
    let server = serve(&zone);
    let ran = resolve(&folder, &server, "--json");
    let found = object(&ran);
    assert_eq!((ran.status(), &found["addresses"]["gave_up"]), (Some(4), &true.into()), "{ran}");
    assert!(found["addresses"]["asked"].as_u64().unwrap() < 400, "{ran}");
    let again = object(&resolve(&folder, &serve(""), "--json"));
    assert_eq!((&again["addresses"]["known"], &again["addresses"]["nameless"]), (&0.into(), &400.into()));
}

#[test]
fn a_decision_holds_after_an_address_got_a_name() {
    let (folder, server) = (folder(), serve(ZONE));
    folder.run("mark example.com 203.0.113.11 unauthorised").go();
    resolve(&folder, &server, "");
    let ran = folder.run("--today 2026-11-22 sources --class unauthorised --format csv").go();
    assert!(ran.stdout().contains("\nexample.com,203.0.113.11,"), "{ran}");
}

#[test]
fn what_check_kept_of_the_owner_names_its_servers_and_confirms_its_services() {
    let (folder, server) = (folder(), serve(ZONE));
    let zone = "$ORIGIN example.com.\n@ TXT \"v=spf1 ip4:192.0.2.5 mx include:sendgrid.net -all\"\n@ MX 1 mx\nmx A 203.0.113.11\n";
    let own = serve(&format!("{zone}sendgrid.net. TXT \"v=spf1 ip4:198.51.100.0/25 -all\"\n"));
    let checked = folder.run(&format!("check example.com --fail-on never --resolver {}", own.address())).go();
    assert!(matches!(checked.status(), Some(0 | 4)), "{checked}");
    let named = sources(&folder);
    assert!(named.contains(&"own 96".to_owned()), "{named:?}");
    resolve(&folder, &server, "");
    let named = sources(&folder);
    assert!(named.contains(&"own 96".to_owned()) && named.contains(&"sendgrid 1188".to_owned()), "{named:?}");
}

#[test]
fn nothing_to_look_up_is_said() {
    let folder = folder();
    let ran = folder.run("--today 2026-11-22 resolve example.org --resolver 127.0.0.1:9").go();
    assert_snapshot!(ran, @r"
        ------- stderr -------
        error: no report for example.org
        hint: `whosends domains --since all` lists the domains there are
        [exit 2]
        ");
}
