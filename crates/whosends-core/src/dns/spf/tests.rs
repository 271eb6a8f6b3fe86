//! What a check asks, counts and says, in zones of our own.

use std::collections::BTreeSet;

use super::*;
use crate::dns::testing::zone::Zone;
use crate::dns::testing::{settle, zone_of};
use crate::dns::{Answers, DnsName, Inquiry, RecordData};

/// Checks a message from `ip`, and returns what each round asked.
fn check(zone: &Zone, ip: &str, domain: &str) -> (Evaluation, Vec<BTreeSet<String>>) {
    let message = Message::new(ip.parse().unwrap(), b"user@example.com", b"mx.example.com");
    let mut answers = Answers::new();
    let mut rounds = Vec::new();
    loop {
        let inquiry = Inquiry::new(&answers);
        let evaluation = evaluate(&inquiry, &message, domain.as_bytes());
        let (_, missing) = inquiry.finish();
        if let Some(evaluation) = evaluation {
            return (evaluation, rounds);
        }
        assert!(!missing.is_empty() && rounds.len() < 40, "{rounds:?}");
        rounds.push(missing.iter().map(ToString::to_string).collect());
        answers.extend(missing.into_iter().map(|query| (query.clone(), zone.answer(&query))));
    }
}

fn round(queries: &[&str]) -> BTreeSet<String> {
    queries.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_fetched_ahead_goes_out_together_and_never_counts() {
    let zone = zone_of(
        r#"
        example.com. TXT "v=spf1 ip4:192.0.2.1 a:gone.example.com include:one.example.com include:two.example.com mx exists:%{l}.example.com -all"
        example.com. MX 10 mx.example.com.
        mx.example.com. A 192.0.2.9
        one.example.com. TXT "v=spf1 a:host.example.com ~all"
        two.example.com. TXT "v=spf1 include:three.example.com ?all"
        three.example.com. TXT "v=spf1 ip4:192.0.2.3 -all"
        host.example.com. A 192.0.2.2
        "#,
    );
    let (evaluation, rounds) = check(&zone, "192.0.2.1", "example.com");
    assert_eq!((evaluation.verdict, evaluation.lookups, evaluation.void_lookups), (Verdict::Pass, 0, 0));
    assert_eq!(rounds, [round(&["example.com TXT"])]);

    let (evaluation, rounds) = check(&zone, "192.0.2.3", "example.com");
    assert_eq!((evaluation.verdict, evaluation.lookups, evaluation.void_lookups), (Verdict::Pass, 5, 1));
    let terms: Vec<_> = evaluation.decided_by.iter().map(|step| step.term.as_str()).collect();
    assert_eq!(terms, ["include:two.example.com", "include:three.example.com", "ip4:192.0.2.3"]);
    assert_eq!(
        rounds,
        [
            round(&["example.com TXT"]),
            round(&["gone.example.com A", "one.example.com TXT", "two.example.com TXT", "example.com MX"]),
            round(&["host.example.com A", "three.example.com TXT", "mx.example.com A"]),
        ]
    );

    // Only when it is reached is a sender put into a question.
    let (evaluation, rounds) = check(&zone, "192.0.2.4", "example.com");
    assert_eq!((evaluation.verdict, evaluation.lookups, evaluation.void_lookups), (Verdict::Fail, 7, 2));
    assert_eq!(rounds.last(), Some(&round(&["user.example.com A"])));
    assert_eq!(evaluation.decided_by.last().map(|step| step.term.as_str()), Some("-all"));
}

#[test]
fn a_failure_decides_only_where_it_is_reached() {
    let zone = zone_of(
        r#"
        example.com. TXT "v=spf1 ip4:192.0.2.1 include:dead.example.com -all"
        $BEHAVE dead.example.com. TXT drop
        "#,
    );
    assert_eq!(check(&zone, "192.0.2.1", "example.com").0.verdict, Verdict::Pass);
    let failed = check(&zone, "192.0.2.2", "example.com").0;
    assert_eq!(failed.verdict, Verdict::TempError);
    assert_eq!(failed.problem.unwrap().to_string(), "dead.example.com TXT: no answer in time");
}

#[test]
fn hosts_of_an_mx_without_address_are_no_void_lookups() {
    let zone = zone_of(
        r#"
        example.com. TXT "v=spf1 mx -all"
        example.com. MX 1 a.example.com.
        example.com. MX 2 b.example.com.
        example.com. MX 3 c.example.com.
        example.com. MX 4 d.example.com.
        d.example.com. A 192.0.2.1
        "#,
    );
    let evaluation = check(&zone, "192.0.2.1", "example.com").0;
    assert_eq!((evaluation.verdict, evaluation.void_lookups), (Verdict::Pass, 0));
}

#[test]
fn what_can_have_no_record_gives_none_without_asking() {
    for domain in ["", ".", "localhost", "a..example", "[192.0.2.1]", &"x".repeat(300)] {
        let (evaluation, rounds) = check(&Zone::default(), "192.0.2.1", domain);
        assert_eq!((evaluation.verdict, rounds.len()), (Verdict::None, 0), "{domain}");
    }
    assert_eq!(check(&Zone::default(), "192.0.2.1", "example.com").0.verdict, Verdict::None);
}

#[test]
fn records_that_lead_in_circles_end() {
    let zone = zone_of(
        r#"
        example.com. TXT "v=spf1 include:example.com a:%{p}.example.com redirect=example.com"
        "#,
    );
    let evaluation = check(&zone, "192.0.2.1", "example.com").0;
    assert_eq!((evaluation.verdict, evaluation.problem), (Verdict::PermError, Some(Problem::TooManyLookups)));
}

#[test]
fn an_explanation_may_name_who_asked() {
    let zone = zone_of(
        r#"
        example.com. TXT "v=spf1 -all exp=why.example.com"
        why.example.com. TXT "%{p} (%{c}) is not %{d}; ask %{r} at %{t}"
        1.2.0.192.in-addr.arpa. PTR other.example.
        1.2.0.192.in-addr.arpa. PTR mail.example.com.
        other.example. A 192.0.2.1
        mail.example.com. A 192.0.2.1
        "#,
    );
    let message =
        Message::new("192.0.2.1".parse().unwrap(), b"", b"mail.example.com").received(b"mx.example", 7);
    let explanation = settle(&zone, |inquiry| evaluate(inquiry, &message, b"example.com")).explanation;
    assert_eq!(
        explanation.as_deref(),
        Some("mail.example.com (192.0.2.1) is not example.com; ask mx.example at 7")
    );
}

#[test]
fn beyond_the_limits_the_term_that_matches_is_still_found() {
    let includes: String = (0..12).map(|index| format!("include:n{index}.example ")).collect();
    let records: String =
        (0..12).map(|index| format!("n{index}.example. TXT \"v=spf1 ip4:192.0.2.{index} -all\"\n")).collect();
    let zone = zone_of(&format!(
        "example.com. TXT \"v=spf1 a:gone.example a:gone.example a:gone.example {includes}-all\"\n{records}\
         loop.example. TXT \"v=spf1 include:loop.example -all\""
    ));
    let message = Message::new("192.0.2.11".parse().unwrap(), b"a@example.com", b"mx.example.com");
    let strict = settle(&zone, |inquiry| evaluate(inquiry, &message, b"example.com"));
    assert_eq!((strict.verdict.as_str(), strict.decided_by.len()), ("permerror", 0));
    let beyond = settle(&zone, |inquiry| evaluate_beyond_limits(inquiry, &message, b"example.com"));
    let terms: Vec<_> = beyond.decided_by.iter().map(|step| step.term.as_str()).collect();
    assert_eq!(terms, ["include:n11.example", "ip4:192.0.2.11"]);
    assert_eq!((beyond.verdict.as_str(), beyond.lookups), ("pass", 15));
    let circle = settle(&zone, |inquiry| evaluate_beyond_limits(inquiry, &message, b"loop.example"));
    assert_eq!(circle.verdict.as_str(), "permerror");
}

#[test]
fn what_no_report_tells_is_not_made_up() {
    let zone = zone_of(
        "any.example. A 192.0.2.1\na.b.example. A 192.0.2.1\ninc.example. TXT \"v=spf1 exists:%{l}.b.example -all\"\n\
         plain.example. TXT \"v=spf1 ip4:192.0.2.1 -all\"",
    );
    for (record, local, helo, expected) in [
        ("exists:%{l}.b.example -all", None, None, Verdict::Undecided),
        ("exists:%{l}.b.example -all", Some("a"), None, Verdict::Pass),
        ("exists:%{l}.b.example -all", Some("x"), None, Verdict::Fail),
        ("exists:%{s}.b.example ~all", None, None, Verdict::Undecided),
        ("a:%{h} -all", None, None, Verdict::Undecided),
        ("a:%{h} -all", None, Some("any.example"), Verdict::Pass),
        // Whether it matches or not, the result is the same.
        ("exists:%{l}.b.example ip4:192.0.2.1 -all", None, None, Verdict::Pass),
        ("-exists:%{l}.b.example -all", None, None, Verdict::Fail),
        // What stands in front decides without it.
        ("ip4:192.0.2.1 exists:%{l}.b.example -all", None, None, Verdict::Pass),
        ("include:%{h} -all", None, None, Verdict::Undecided),
        ("include:inc.example -all", None, None, Verdict::Undecided),
        ("redirect=%{l}.b.example", None, None, Verdict::Undecided),
        ("include:plain.example -all", None, None, Verdict::Pass),
        ("exists:%{i}.b.example ip4:192.0.2.1 -all", None, None, Verdict::Pass),
    ] {
        let mut zone = zone.clone();
        let name = DnsName::from_dotted("example.com").unwrap();
        let text = format!("v=spf1 {record}");
        zone.add(name, RecordData::Txt(text.as_str().into()));
        let mut message = Message::reported("192.0.2.1".parse().unwrap(), b"example.com");
        if let Some(local) = local {
            message = message.sent_by(format!("{local}@example.com").as_bytes());
        }
        if let Some(helo) = helo {
            message = message.greeted_by(helo.as_bytes());
        }
        let found = settle(&zone, |inquiry| evaluate(inquiry, &message, b"example.com"));
        assert_eq!(found.verdict, expected, "{record} {local:?} {helo:?}");
    }
}
