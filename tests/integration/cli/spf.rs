//! `spf`, with a name server on loopback.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::dns::server::Server;
use crate::support::dns::{serve, suite};
use crate::support::run::Ran;
use crate::support::{Folder, shared};

const ZONE: &str = r#"
$ORIGIN example.com.
@      TXT "v=spf1 a:gone.example.com include:_spf.example.net -all exp=why.example.com"
why    TXT "%{i} is not one of ours"
soft   TXT "v=spf1 redirect=_soft.example.com"
_soft  TXT "v=spf1 ip4:192.0.2.0/24"
broken TXT "v=spf1 ip4:192.0.2.300 -all"
down   TXT "v=spf1 -all"
asks   TXT "v=spf1 exists:%{l}.known.example.com -all"
why.known A 192.0.2.1
$BEHAVE down TXT servfail
xn--mller-kva.example. TXT "v=spf1 +all"
$ORIGIN example.net.
_spf   TXT "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all"
"#;

/// The answer for people, without the port and the time, which differ from run to run.
fn shown(ran: &Ran, server: &Server) -> String {
    let text = ran.to_string().replace(&server.address().to_string(), "[SERVER]");
    let lines = text.lines().map(|line| match (line.split_once(", "), line.split_once(" ms, ")) {
        (Some((before, _)), Some((_, after))) => format!("{before}, … ms, {after}"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn ask(folder: &Folder, server: &Server, arguments: &str) -> Ran {
    folder.run(&format!("spf {arguments} --resolver {}", server.address())).go()
}

#[test]
fn the_term_that_decides_is_shown_with_the_way_to_it() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    assert_snapshot!(shown(&ask(&folder, &server, "example.com --ip 192.0.2.7"), &server), @r"
        example.com   192.0.2.7   pass: it may send as the domain

        record    v=spf1 a:gone.example.com include:_spf.example.net -all exp=why.example.com
        through   include:_spf.example.net   in example.com
        decided   ip4:192.0.2.0/24   in _spf.example.net
        lookups   2 of 10, void 1 of 2
        3 questions, … ms, [SERVER]
        [exit 0]
        ");
    assert_snapshot!(shown(&ask(&folder, &server, "example.com --ip 203.0.113.9"), &server), @r"
        example.com   203.0.113.9   fail: it may not send as the domain

        record    v=spf1 a:gone.example.com include:_spf.example.net -all exp=why.example.com
        decided   -all   in example.com
        explains  203.0.113.9 is not one of ours
        lookups   2 of 10, void 1 of 2
        4 questions, … ms, [SERVER]
        [exit 1]
        ");
    assert_snapshot!(shown(&ask(&folder, &server, "soft.example.com --ip 203.0.113.9"), &server), @r"
        soft.example.com   203.0.113.9   neutral: the record says nothing of it

        record    v=spf1 redirect=_soft.example.com
        through   redirect=_soft.example.com   in soft.example.com
        decided   no term matches
        lookups   1 of 10, void 0 of 2
        2 questions, … ms, [SERVER]
        [exit 1]
        ");
    assert_snapshot!(shown(&ask(&folder, &server, "broken.example.com --ip 192.0.2.7"), &server), @r"
        broken.example.com   192.0.2.7   permerror: the record can't be used

        because   broken.example.com: `ip4:192.0.2.300`: a malformed address
        record    v=spf1 ip4:192.0.2.300 -all
        lookups   0 of 10, void 0 of 2
        1 question, … ms, [SERVER]
        [exit 1]
        ");
}

#[test]
fn the_tree_counts_lookups_and_addresses_for_each_term() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    assert_snapshot!(shown(&ask(&folder, &server, "example.com"), &server), @r"
        example.com   v=spf1 a:gone.example.com include:_spf.example.net -all exp=why.example.com

        lookups   2 of 10, void 1 of 2
        passes    256 IPv4 and 2^96 IPv6 addresses; others: fail

        LOOKUPS  VOID  IPV4  IPV6  TERM
              1     1              a:gone.example.com   finds nothing
              1         256  2^96  include:_spf.example.net
                        256          ip4:192.0.2.0/24
                             2^96    ip6:2001:db8::/32
                                     ~all
                                   -all
                                   exp=why.example.com

        5 questions, … ms, [SERVER]
        [exit 0]
        ");
    assert_snapshot!(shown(&ask(&folder, &server, "broken.example.com"), &server), @r"
        broken.example.com   v=spf1 ip4:192.0.2.300 -all

        lookups   0 of 10, void 0 of 2
        result    permerror for everyone, as the record has a fault

        LOOKUPS  VOID  IPV4  IPV6  TERM
                                   -all
                                   ip4:192.0.2.300   a malformed address

        1 question, … ms, [SERVER]
        [exit 0]
        ");
    let open = ask(&folder, &server, "down.example.com --json");
    let object: Value = serde_json::from_str(&open.stdout()).unwrap();
    assert_eq!((open.status(), object["tree"]["state"].as_str()), (Some(4), Some("undecided")), "{open}");
    for (domain, state) in
        [("nothing.example.com", "none"), ("localhost", "not_a_domain"), ("a..b", "not_a_domain")]
    {
        let ran = ask(&folder, &server, &format!("{domain} --json"));
        let object: Value = serde_json::from_str(&ran.stdout()).unwrap();
        assert_eq!((ran.status(), object["tree"]["state"].as_str()), (Some(0), Some(state)), "{ran}");
    }
}

/// Mail as the record of `ZONE` has it today, and otherwise.
const MAIL: &str = "
report One example.com 2026-11-20 p=none id=a
  192.0.2.7 40 pass/pass spf=example.com
  192.0.2.8 3 fail/fail spf=example.com:softfail
  203.0.113.9 2 fail/pass spf=example.com
  203.0.113.10 5 fail/fail spf=example.com:fail
  203.0.113.11 6 pass/fail spf=bounce.mailer.example
report One example.com 2026-09-20 p=none id=b
  192.0.2.7 100 pass/pass spf=example.com
  2001:db8::1 8 pass/pass spf=example.com
";

#[test]
fn todays_record_is_evaluated_for_every_address_that_was_seen() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    folder.store(MAIL);
    assert_snapshot!(shown(&ask(&folder, &server, "example.com --recheck"), &server), @r"
        example.com   30 days to 2026-11-20 UTC

                2  of 56 messages passed DMARC and would fail
                3  failed DMARC and would pass
                6  are outside: SPF was checked for bounce.mailer.example

        SENDER          MESSAGES  SPF THEN   NOW  DMARC THEN    NOW  LOST
        203.0.113.0/24        13     15.4%    0%       61.5%  46.2%     2
        192.0.2.0/24          43     93.0%  100%       93.0%   100%

                2  messages passed SPF and would not now, from 1 address
                5  messages did not pass SPF and would not now, from 1 address
                6  messages pass SPF for another domain, which is not aligned, from 1 address
                3  messages did not pass SPF and would now, from 1 address
               40  messages pass SPF, then and now, from 1 address

        SPF broken since: these passed SPF, and do not now

        ADDRESS      MESSAGES  SPF NOW  DMARC LOST  LAST SEEN   DECIDED BY
        203.0.113.9         2  fail              2  2026-11-20  -all in example.com

        Never authorised: these did not pass SPF, and do not now

        ADDRESS       MESSAGES  SPF NOW  DMARC LOST  LAST SEEN   DECIDED BY
        203.0.113.10         5  fail                 2026-11-20  -all in example.com

        SPF fixed since: these did not pass SPF, and do now

        ADDRESS    MESSAGES  SPF NOW  DMARC LOST  LAST SEEN   DECIDED BY
        192.0.2.8         3  pass                 2026-11-20  ip4:192.0.2.0/24 in _spf.…

        4 questions, … ms, [SERVER]
        [exit 0]
        ");
    let ran = ask(&folder, &server, "example.com --recheck --json");
    let object: Value = serde_json::from_str(&ran.stdout()).unwrap();
    let sources = object["sources"].as_array().unwrap();
    let changes: Vec<_> = sources
        .iter()
        .map(|one| (one["address"].as_str().unwrap(), one["change"].as_str().unwrap()))
        .collect();
    assert_eq!(
        changes,
        [
            ("192.0.2.7", "authorised"),
            ("203.0.113.11", "unaligned"),
            ("203.0.113.10", "never_authorised"),
            ("192.0.2.8", "fixed"),
            ("203.0.113.9", "broken"),
        ]
    );
    // Two pass by SPF alone and would fail; what passes by DKIM does not depend on the record.
    assert_eq!((&object["mail"]["messages"], &object["mail"]["lost"]), (&56.into(), &2.into()));
    assert_eq!(
        (&object["mail"]["dmarc"]["then"]["pass"], &object["mail"]["dmarc"]["now"]["pass"]),
        (&48.into(), &49.into())
    );
    assert_eq!((&object["outside"]["messages"], &object["held"]), (&6.into(), &Value::Null));
    // Where DNS does not answer nothing is decided.
    folder.store(
        "report One down.example.com 2026-11-20 p=none id=c\n  192.0.2.7 1 pass/pass spf=down.example.com\n",
    );
    let open = ask(&folder, &server, "down.example.com --recheck --json");
    assert!(open.status() == Some(4) && open.stdout().contains("\"change\": \"undecided\""), "{open}");
    let nothing = ask(&folder, &server, "example.org --recheck");
    assert_eq!(nothing.status(), Some(2), "{nothing}");
}

#[test]
fn each_term_is_shown_with_what_it_carried() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    folder.store(MAIL);
    assert_snapshot!(shown(&ask(&folder, &server, "example.com --used"), &server), @r"
        example.com   90 days to 2026-11-20 UTC

        90 DAYS  30 DAYS  SPF ALONE  IPS  LAST SEEN   LOOKUPS  TERM
                                                            1  a:gone.example.com   carried nothing
            151       43               3  2026-11-20        1  include:_spf.example.net
            143       43               2  2026-11-20             ip4:192.0.2.0/24
              8                        1  2026-09-20             ip6:2001:db8::/32
                                                                 ~all
              7        7          2    2  2026-11-20           -all

        lookups   2 of 10
                  1 without the terms of example.com that carried nothing
        5 questions, … ms, [SERVER]
        [exit 0]
        ");
    let ran = ask(&folder, &server, "example.com --used --json");
    let object: Value = serde_json::from_str(&ran.stdout()).unwrap();
    assert_eq!((&object["lookups"], &object["lookups_without_unused"]), (&2.into(), &1.into()), "{ran}");
}

#[test]
fn the_object_is_printed_with_every_result() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    for (arguments, result, status) in [
        ("example.com --ip 192.0.2.7", "pass", 0),
        ("example.com --ip ::ffff:192.0.2.7", "pass", 0),
        ("example.com --ip 203.0.113.9", "fail", 1),
        ("soft.example.com --ip 203.0.113.9", "neutral", 1),
        ("_spf.example.net --ip 203.0.113.9", "softfail", 1),
        ("broken.example.com --ip 192.0.2.7", "permerror", 1),
        ("nothing.example.com --ip 192.0.2.7", "none", 1),
        ("localhost --ip 192.0.2.7", "none", 1),
        ("a..b --ip 192.0.2.7", "none", 1),
        ("müller.example --ip 192.0.2.7", "pass", 0),
        ("down.example.com --ip 192.0.2.7", "temperror", 4),
        // Who the sender is, the record asks for; nobody makes it up.
        ("asks.example.com --ip 192.0.2.7", "undecided", 4),
        ("asks.example.com --ip 192.0.2.7 --from why@example.com", "pass", 0),
        ("asks.example.com --ip 192.0.2.7 --from x@example.com", "fail", 1),
    ] {
        let ran = ask(&folder, &server, &format!("{arguments} --json"));
        let object: Value = serde_json::from_str(&ran.stdout()).unwrap();
        assert_eq!(
            (object["result"].as_str(), ran.status()),
            (Some(result), Some(status)),
            "{arguments}: {ran}"
        );
    }
    let nothing = folder.run_args(["spf", "", "--ip", "192.0.2.7", "--json"]).go();
    assert!(nothing.stdout().contains("\"result\": \"none\""), "{nothing}");
}

#[test]
fn a_kept_conversation_gives_the_same_answer_without_a_name_server() {
    let (folder, server) = (Folder::new(), serve(ZONE));
    let live = ask(&folder, &server, "example.com --ip 203.0.113.9 --save kept.json");
    drop(server);
    let again = folder.run("spf example.com --ip 203.0.113.9 --offline kept.json").go();
    let body = |ran: &Ran| ran.stdout().lines().rev().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&live), body(&again));
    // What was never asked is not decided.
    let other = folder.run("spf example.net --ip 203.0.113.9 --offline kept.json").go();
    assert_eq!(other.status(), Some(4), "{other}");
    let wrong = folder.write("wrong.json", "{}");
    let refused = folder.run(&format!("spf example.net --ip 192.0.2.1 --offline {}", wrong.display())).go();
    assert_snapshot!(refused, @r"
        ------- stderr -------
        error: cannot read [FOLDER]/wrong.json: not a saved conversation of schema 1
        hint: `--save FILE` keeps a conversation that `--offline FILE` can read
        [exit 2]
        ");
}

#[test]
fn the_rfc_7208_suite_passes_through_the_binary() {
    let Some(folder) = shared() else { return };
    let text = std::fs::read_to_string(folder.join("spf/rfc7208-tests.yml")).unwrap();
    let here = Folder::new();
    let (mut results, mut explanations, mut wrong) = ((0, 0), (0, 0), Vec::new());
    for scenario in suite::read(&text) {
        let server = Server::start(scenario.zone, Duration::ZERO);
        let resolver = server.address().to_string();
        for case in scenario.cases {
            let domain = match case.mail_from.rsplit_once('@') {
                Some((_, domain)) => domain,
                None if case.mail_from.is_empty() => &case.helo,
                None => &case.mail_from,
            };
            let (ip, from, helo) = (&*case.host, &*case.mail_from, &*case.helo);
            let ran = here
                .run_args(["spf", "--ip", ip, "--from", from, "--helo", helo, "--json"])
                .args(["--resolver", &resolver, "--", domain])
                .go();
            let object: Value =
                serde_json::from_str(&ran.stdout()).unwrap_or_else(|_| panic!("{}: {ran}", case.name));
            let result = object["result"].as_str().unwrap();
            results.1 += 1;
            let expected_status = match result {
                "pass" => 0,
                "temperror" => 4,
                _ => 1,
            };
            if case.results.iter().any(|one| one == result) && ran.status() == Some(expected_status) {
                results.0 += 1;
            } else {
                wrong.push(format!("{}: {ran}", case.name));
            }
            if let Some(text) = &case.explanation {
                let expected = (text != "DEFAULT").then_some(&**text);
                explanations.1 += 1;
                if object["explanation"].as_str() == expected {
                    explanations.0 += 1;
                } else {
                    wrong.push(format!("{}: {text}: {ran}", case.name));
                }
            }
        }
    }
    eprintln!(
        "{} of {} results, {} of {} explanations",
        results.0, results.1, explanations.0, explanations.1
    );
    assert_eq!((results, explanations), ((203, 203), (22, 22)), "{}", wrong.join("\n"));
}
