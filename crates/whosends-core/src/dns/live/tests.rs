//! The resolver against a real server on loopback.

mod tls;

use super::*;
use crate::dns::resolve::{Bounds, drive};
use crate::dns::testing::server::Server;
use crate::dns::testing::zone_of;
use crate::dns::{Answers, DnsName, RecordData, RecordType, Text};

fn name(text: &str) -> DnsName {
    DnsName::from_escaped(text).unwrap()
}

fn live(server: &Server) -> Live {
    Live::new(LiveOptions { servers: vec![NameServer::Plain(server.address())], ..LiveOptions::default() })
        .unwrap()
}

/// Asks everything at once, and says how long it took.
fn ask(server: &Server, queries: &[(&str, RecordType)]) -> (Vec<Answer>, Duration) {
    let mut answers = Answers::new();
    let queries: Vec<_> = queries.iter().map(|(text, kind)| Query::records(name(text), *kind)).collect();
    let settled = drive(&mut live(server), &mut answers, &Bounds::default(), |inquiry| {
        let found: Vec<_> = queries.iter().map(|query| inquiry.ask(query.clone()).cloned()).collect();
        found.into_iter().collect::<Option<Vec<_>>>()
    });
    (settled.value.unwrap(), settled.spent)
}

fn start(zone: &str) -> Server {
    Server::start(zone_of(zone), Duration::ZERO)
}

#[test]
fn records_of_every_type_and_names_of_any_bytes() {
    let server = start(
        r#"
        $ORIGIN example.com.
        @ SOA ns.example.com. host.example.com. 7 1 1 1 1
        @ NS ns
        @ MX 10 mx
        @ TXT "one" "\000\255 two"
        @ SPF "v=spf1 -all"
        mx A 192.0.2.1
        mx AAAA 2001:db8::1
        1.2.0.192.in-addr.arpa. PTR mx
        _25._tcp.mx TLSA 3 1 1 0aff
        sub DS 7 8 2 0102
        user+tag\032a\.b TXT "odd"
        s1_2024._domainkey CNAME key.example.net.
        key.example.net. TXT "p="
        lost CNAME gone.example.net.
        round CNAME about
        about CNAME round
        nothing.invalid. TXT "asked, not known"
        $BEHAVE @ SOA ad
        "#,
    );
    use RecordType::{A, Aaaa, Cname, Ds, Mx, Ns, Ptr, Soa, Spf, Tlsa, Txt};
    let (answers, _) = ask(
        &server,
        &[
            ("example.com", Soa),
            ("example.com", Ns),
            ("example.com", Mx),
            ("EXAMPLE.com", Txt),
            ("example.com", Spf),
            ("mx.example.com", A),
            ("mx.example.com", Aaaa),
            ("1.2.0.192.in-addr.arpa", Ptr),
            ("_25._tcp.mx.example.com", Tlsa),
            ("sub.example.com", Ds),
            ("user+tag\\032a\\.b.example.com", Txt),
            ("nothing.invalid", Txt),
        ],
    );
    let mx = name("mx.example.com");
    let found: Vec<_> = answers.iter().map(|answer| answer.records().to_vec()).collect();
    let expected = [
        RecordData::Soa(name("ns.example.com"), 7),
        RecordData::Ns(name("ns.example.com")),
        RecordData::Mx { preference: 10, exchange: mx.clone() },
        RecordData::Txt(Text(vec![Box::from(&b"one"[..]), Box::from(&b"\0\xff two"[..])])),
        RecordData::Spf(Text::from("v=spf1 -all")),
        RecordData::A("192.0.2.1".parse().unwrap()),
        RecordData::Aaaa("2001:db8::1".parse().unwrap()),
        RecordData::Ptr(mx),
        RecordData::Tlsa(3, 1, 1, Box::from([10, 255])),
        RecordData::Ds(7, 8, 2, Box::from([1, 2])),
        RecordData::Txt(Text::from("odd")),
        RecordData::Txt(Text::from("asked, not known")),
    ];
    assert_eq!(found, expected.map(|record| vec![record]));
    assert!(answers[0].authenticated && !answers[1].authenticated);

    let (answers, _) = ask(
        &server,
        &[
            ("s1_2024._domainkey.example.com", Txt),
            ("s1_2024._domainkey.example.com", Cname),
            ("lost.example.com", Txt),
            ("round.example.com", Txt),
            ("mx.example.com", Txt),
            ("gone.example.com", Txt),
        ],
    );
    let [key, alias, lost, round, nothing, gone] = &answers[..] else { panic!() };
    assert_eq!((key.aliases.as_slice(), key.texts().count()), (&[name("key.example.net")][..], 1));
    assert_eq!(alias.records(), [RecordData::Cname(name("key.example.net"))]);
    assert_eq!(
        (&lost.outcome, lost.aliases.as_slice()),
        (&Outcome::NoSuchName, &[name("gone.example.net")][..])
    );
    assert_eq!(round.failure(), Some(Failure::AliasLoop));
    assert_eq!((&nothing.outcome, &gone.outcome), (&Outcome::NoData, &Outcome::NoSuchName));
}

#[test]
fn one_fault_never_decides() {
    let server = start(
        r#"
        $ORIGIN example.com.
        lost TXT "here"
        failing TXT "here"
        late TXT "here"
        forged TXT "here"
        cut TXT "here"
        $GENTXT long 3000 "here" "x"
        $BEHAVE lost TXT drop-first=1
        $BEHAVE failing TXT servfail-first=1
        $BEHAVE late TXT delay=1500
        $BEHAVE forged TXT wrong-id
        $BEHAVE cut TXT tc
        "#,
    );
    let names =
        ["lost", "failing", "late", "forged", "cut", "long"].map(|label| format!("{label}.example.com"));
    let queries: Vec<_> = names.iter().map(|name| (&**name, RecordType::Txt)).collect();
    let (answers, spent) = ask(&server, &queries);
    for (name, answer) in names.iter().zip(&answers) {
        let text = answer.texts().next().map(Text::joined).unwrap_or_default();
        assert!(text.starts_with(b"here"), "{name}: {answer:?}");
    }
    assert!(spent < Duration::from_millis(4500), "{spent:?}");
    assert_eq!(server.questions().1, 2, "two answers need TCP");
}

#[test]
fn lasting_faults_are_told_apart_and_cost_less_than_five_seconds() {
    let server = start(
        r#"
        $ORIGIN example.com.
        silent TXT "x"
        failing TXT "x"
        refusing TXT "x"
        old TXT "x"
        garbled TXT "x"
        cut TXT "x"
        cutmute TXT "x"
        $BEHAVE silent TXT drop
        $BEHAVE failing TXT servfail
        $BEHAVE refusing TXT refused
        $BEHAVE old TXT notimp
        $BEHAVE garbled TXT garbage
        $BEHAVE cut TXT tc-only
        $BEHAVE cutmute TXT tc,drop-tcp
        "#,
    );
    let labels = ["silent", "failing", "refusing", "old", "garbled", "cut", "cutmute"];
    let names = labels.map(|label| format!("{label}.example.com"));
    let queries: Vec<_> = names.iter().map(|name| (&**name, RecordType::Txt)).collect();
    let (answers, spent) = ask(&server, &queries);
    let failures: Vec<_> = answers.iter().map(|answer| answer.failure().unwrap()).collect();
    assert_eq!(
        failures,
        [
            Failure::Timeout,
            Failure::ServerFailure,
            Failure::Refused,
            Failure::Code(4),
            Failure::Malformed,
            Failure::Truncated,
            Failure::Truncated,
        ]
    );
    assert!(spent < Duration::from_secs(5), "{spent:?}");
}

#[test]
fn another_server_is_asked_where_the_first_is_silent() {
    let mute = start("$BEHAVE example.com. TXT drop");
    let server = start("example.com. TXT \"here\"");
    let servers = vec![mute.address(), server.address()].into_iter().map(NameServer::Plain).collect();
    let mut resolver = Live::new(LiveOptions { servers, ..LiveOptions::default() }).unwrap();
    let mut answers = Answers::new();
    let settled = drive(&mut resolver, &mut answers, &Bounds::default(), |inquiry| {
        inquiry.records(&name("example.com"), RecordType::Txt).map(|answer| answer.texts().count())
    });
    assert_eq!(settled.value, Some(1));
}

#[test]
fn many_questions_are_under_way_at_once_and_no_more_than_allowed() {
    let zone = "*.example.com. TXT \"here\"";
    let server = Server::start(zone_of(zone), Duration::from_millis(50));
    let names: Vec<_> = (0..128).map(|index| format!("n{index}.example.com")).collect();
    let queries: Vec<_> = names.iter().map(|name| (&**name, RecordType::Txt)).collect();
    let (answers, spent) = ask(&server, &queries);
    assert!(answers.iter().all(|answer| answer.texts().count() == 1));
    assert!(spent >= Duration::from_millis(100) && spent < Duration::from_millis(3000), "{spent:?}");
    assert_eq!(server.questions(), (128, 0));
}
