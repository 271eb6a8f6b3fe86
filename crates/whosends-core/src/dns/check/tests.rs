//! Every check, in a sound zone with one thing changed.

mod dmarc;
mod mail;
mod own_zones;
mod proposals;
mod silence;
mod spf;

use super::*;
use crate::dns::answer::{PolicyDocument, Security};
use crate::dns::resolve::{Bounds, Immediate, drive};
use crate::dns::testing::{settle, zone_of};
use crate::dns::{Answer, Answers, Failure, Outcome, Query, RecordData, Want};

/// A domain about which there is nothing to say.
const SOUND: &[&str] = &[
    "@ SOA ns1 host 1 1 1 1 1",
    "@ NS ns1",
    "@ NS ns2",
    "@ DS 1 8 2 00",
    "@ MX 10 mx",
    "mx A 192.0.2.1",
    "1.2.0.192.in-addr.arpa. PTR mx",
    r#"@ TXT "v=spf1 mx -all""#,
    r#"_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@example.com; ruf=mailto:d@example.com""#,
    r#"_smtp._tls TXT "v=TLSRPTv1; rua=mailto:t@example.com""#,
    r#"s1._domainkey TXT "v=DKIM1; k=ed25519; p=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=""#,
];

/// The sound zone without the lines that start so, and with others.
pub(super) fn zone(without: &[&str], with: &str) -> String {
    let kept = SOUND.iter().filter(|line| !without.iter().any(|start| line.starts_with(start)));
    let kept: Vec<_> = kept.copied().collect();
    format!("$ORIGIN example.com.\n{}\n{with}\n", kept.join("\n"))
}

pub(super) fn target(domain: &str) -> Target {
    let name = DnsName::from_dotted("s1").unwrap();
    let selectors = vec![Selector { name, origin: Origin::User }];
    Target::new(DnsName::from_dotted(domain).unwrap(), selectors)
}

pub(super) fn check(zone: &str, domain: &str) -> Posture {
    settle(&zone_of(zone), |inquiry| posture(inquiry, &target(domain)))
}

/// The ids of all findings with the first letter of their severity; `?` marks what is not decided.
pub(super) fn ids(posture: &Posture) -> Vec<String> {
    let letter = |finding: &Finding| match (finding.temporary, finding.severity) {
        (true, _) => '?',
        (false, Severity::Error) => 'E',
        (false, Severity::Warning) => 'W',
        (false, Severity::Info) => 'I',
    };
    posture.findings.iter().map(|finding| format!("{} {}", finding.check, letter(finding))).collect()
}

/// Fails unless each changed zone gives exactly these findings.
pub(super) fn expect(cases: &[(&[&str], &str, &[&str])]) {
    for (without, with, expected) in cases {
        let found = ids(&check(&zone(without, with), "example.com"));
        assert_eq!(found, *expected, "with {with:?}");
    }
}

/// The same for SPF records in place of the sound one, and names beside them.
pub(super) fn expect_spf(cases: &[(&str, &str, &[&str])]) {
    for (record, others, expected) in cases {
        let found = ids(&check(&zone(&["@ TXT"], &format!("@ TXT \"{record}\"\n{others}")), "example.com"));
        assert_eq!(found, *expected, "{record}");
    }
}

/// The same for DMARC records.
pub(super) fn expect_dmarc(cases: &[(&str, &[&str])]) {
    for (record, expected) in cases {
        let found = ids(&check(&zone(&["_dmarc"], &format!("_dmarc TXT \"{record}\"")), "example.com"));
        assert_eq!(found, *expected, "{record}");
    }
}

/// The same for key records.
pub(super) fn expect_dkim(cases: &[(&str, &[&str])]) {
    for (record, expected) in cases {
        let found = ids(&check(&zone(&["s1._"], &format!("s1._domainkey TXT \"{record}\"")), "example.com"));
        assert_eq!(found, *expected, "{record}");
    }
}

#[test]
fn about_a_sound_domain_there_is_nothing_to_say() {
    let posture = check(&zone(&[], ""), "example.com");
    assert_eq!(ids(&posture), Vec::<String>::new());
    assert_eq!((posture.worst(), posture.is_undecided()), (None, false));
    assert_eq!(posture.spf.record(), Some("v=spf1 mx -all"));
    assert!(posture.mx[0].addresses[0].confirmed == Some(true) && posture.dkim.len() == 1);
}

#[test]
fn the_domain_and_its_zone() {
    expect(&[
        (&["@ NS ns2"], "", &["ns.one W"]),
        (&["@ SOA"], "", &["soa.broken W"]),
        (&["@ DS"], "", &["dnssec.insecure I"]),
        (&[], "* TXT \"hello\"", &["wildcard.txt I"]),
        (&["@ TXT"], "@ CNAME other.example.\nother.example. TXT \"v=spf1 -all\"", &["spf.apex-cname E"]),
        (&["@ DS"], "@ CNAME other.example.\nother.example. DS 1 8 2 00", &["spf.apex-cname E"]),
    ]);
    let gone = check(&zone(&[], ""), "gone.example.com");
    assert_eq!(ids(&gone)[0], "domain.nxdomain E");
    assert!(gone.exists == Some(false) && ids(&gone).contains(&"dmarc.inherited I".to_owned()));
}

#[test]
fn a_domain_that_reports_saw_is_not_parked() {
    let zone = zone_of(&zone(&["@ MX", "@ TXT"], "@ TXT \"v=spf1 ip4:192.0.2.1 -all\""));
    let seen = Target { mail_seen: true, ..target("example.com") };
    assert_eq!(ids(&settle(&zone, |inquiry| posture(inquiry, &seen))), ["dmarc.rua-no-mx W", "mx.none I"]);
}

#[test]
fn fixes_are_records_to_publish() {
    for (without, with, id, value) in [
        ("@ TXT", "@ TXT \"v=spf1 ipv4:192.0.2.1 -all\"", "spf.syntax", "v=spf1 ip4:192.0.2.1 -all"),
        ("@ TXT", "@ TXT \"v=spf1 -all mx\"", "spf.terms-after-all", "v=spf1 mx -all"),
        ("@ TXT", "@ TXT \"v=spf1 mx +all\"", "spf.all-pass", "v=spf1 mx ~all"),
        ("@ TXT", "@ TXT \"v=spf1 a ptr:x.example mx -all\"", "spf.ptr", "v=spf1 a mx -all"),
        ("_dmarc", "_dmarc TXT \"p=reject; v=DMARC1\"", "dmarc.version-not-first", "v=DMARC1; p=reject"),
        (
            "_dmarc",
            "_dmarc TXT \"v=DMARC1; p=reject; rua=d@example.com\"",
            "dmarc.invalid-uri",
            "v=DMARC1; p=reject; rua=mailto:d@example.com",
        ),
        ("1.2.", "", "mx.no-ptr", "mx.example.com."),
    ] {
        let posture = check(&zone(&[without], with), "example.com");
        let finding = posture.findings.iter().find(|finding| finding.check.id() == id).unwrap();
        assert_eq!(finding.advice.as_ref().unwrap().records[0].value, value, "{id}");
    }
}

#[test]
fn ids_are_unique_and_lead_back() {
    for check in Check::ALL {
        assert_eq!(Check::from_id(check.id()), Some(*check));
    }
}

#[test]
fn any_bytes_in_any_record_are_judged() {
    const SPICE: &[u8] = b" ;:=/%{}.,!@\"\\\0\xff-+~?vspfDMARC1allipincludemx0129";
    let place = |name: &str| DnsName::from_dotted(name).unwrap();
    let texts = [
        (
            "example.com",
            "v=spf1 a mx/24 ip4:192.0.2.0/24 include:example.com exists:%{i}.example redirect=x.example exp=y.example",
        ),
        (
            "_dmarc.example.com",
            "v=DMARC1; p=reject; sp=none; rua=mailto:d@example.com,mailto:x@y.example; fo=1; pct=5",
        ),
        ("s1._domainkey.example.com", "v=DKIM1; k=rsa; h=sha1; t=y; p=MEgCQQD////="),
        ("_mta-sts.example.com", "v=STSv1; id=1; x=y"),
        ("_smtp._tls.example.com", "v=TLSRPTv1; rua=mailto:t@example.com"),
        ("default._bimi.example.com", "v=BIMI1; l=https://example.com/l.svg; a="),
    ];
    let mut dice = 0x5eed_u64;
    let mut roll = |below: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        usize::try_from(dice % below as u64).unwrap()
    };
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..500 {
        let mut zone = zone_of("$ORIGIN example.com.\n@ MX 10 mx\nmx A 192.0.2.1\n@ SOA ns ns 1 1 1 1 1");
        for (name, text) in texts {
            let mut text = text.as_bytes().to_vec();
            for _ in 0..roll(4) {
                let at = roll(text.len());
                text[at] = SPICE[roll(SPICE.len())];
            }
            let strings = text.chunks(1 + roll(100)).map(Into::into).collect();
            zone.add(place(name), RecordData::Txt(crate::dns::Text(strings)));
        }
        let target = target("example.com");
        let posture = settle(&zone, |inquiry| posture(inquiry, &target));
        seen.extend(posture.findings.iter().map(|finding| finding.check));
    }
    // Changes that broke everything at once would test little.
    assert!(seen.len() > 30, "{}", seen.len());
}
