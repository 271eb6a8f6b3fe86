//! Every check, in a sound zone with one thing changed.

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
fn zone(without: &[&str], with: &str) -> String {
    let kept = SOUND.iter().filter(|line| !without.iter().any(|start| line.starts_with(start)));
    let kept: Vec<_> = kept.copied().collect();
    format!("$ORIGIN example.com.\n{}\n{with}\n", kept.join("\n"))
}

fn target(domain: &str) -> Target {
    let name = DnsName::from_dotted("s1").unwrap();
    let selectors = vec![Selector { name, origin: Origin::User }];
    Target::new(DnsName::from_dotted(domain).unwrap(), selectors)
}

fn check(zone: &str, domain: &str) -> Posture {
    settle(&zone_of(zone), |inquiry| posture(inquiry, &target(domain)))
}

/// The ids of all findings with the first letter of their severity; `?` marks what is not decided.
fn ids(posture: &Posture) -> Vec<String> {
    let letter = |finding: &Finding| match (finding.temporary, finding.severity) {
        (true, _) => '?',
        (false, Severity::Error) => 'E',
        (false, Severity::Warning) => 'W',
        (false, Severity::Info) => 'I',
    };
    posture.findings.iter().map(|finding| format!("{} {}", finding.check, letter(finding))).collect()
}

/// Fails unless each changed zone gives exactly these findings.
fn expect(cases: &[(&[&str], &str, &[&str])]) {
    for (without, with, expected) in cases {
        let found = ids(&check(&zone(without, with), "example.com"));
        assert_eq!(found, *expected, "with {with:?}");
    }
}

/// The same for SPF records in place of the sound one, and names beside them.
fn expect_spf(cases: &[(&str, &str, &[&str])]) {
    for (record, others, expected) in cases {
        let found = ids(&check(&zone(&["@ TXT"], &format!("@ TXT \"{record}\"\n{others}")), "example.com"));
        assert_eq!(found, *expected, "{record}");
    }
}

/// The same for DMARC records.
fn expect_dmarc(cases: &[(&str, &[&str])]) {
    for (record, expected) in cases {
        let found = ids(&check(&zone(&["_dmarc"], &format!("_dmarc TXT \"{record}\"")), "example.com"));
        assert_eq!(found, *expected, "{record}");
    }
}

/// The same for key records.
fn expect_dkim(cases: &[(&str, &[&str])]) {
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
    assert!(!gone.exists && ids(&gone).contains(&"dmarc.inherited I".to_owned()));
}

#[test]
fn spf_selection() {
    expect(&[
        (&["@ TXT"], "", &["spf.missing E"]),
        (&["@ TXT"], "@ TXT \"hello\"", &["spf.missing E"]),
        (&["@ TXT"], "@ TXT \" v=spf1 -all\"", &["spf.missing E", "spf.lookalike W"]),
        (&["@ TXT"], "@ TXT \"v=spf10 -all\"", &["spf.missing E", "spf.lookalike W"]),
        (&["@ TXT"], "@ TXT \"v=spf 1 -all\"", &["spf.missing E", "spf.lookalike W"]),
        (&["@ TXT"], "@ TXT \"spf2.0/pra -all\"", &["spf.missing E", "spf.lookalike W"]),
        (&[], "@ TXT \"v=spf1 ~all\"", &["spf.multiple E"]),
        (&[], "@ SPF \"v=spf1 mx -all\"", &["spf.type99 W"]),
        (&[], "$BEHAVE @ TXT servfail", &["spf.dns-error ?"]),
        (&[], "$GENTXT @ 600 \"token=\" \"x\"", &["spf.txt-rrset-large I"]),
        (&[], "$GENTXT @ 1300 \"token=\" \"x\"", &["spf.txt-rrset-large W"]),
    ]);
}

#[test]
fn spf_syntax() {
    expect_spf(&[
        ("v=spf1 mx moo -all", "", &["spf.syntax E"]),
        ("v=spf1 -all ipv4:192.0.2.1 ip4:192.0.2", "", &["spf.syntax E"]),
        ("v=spf1 include=x.example mx -all", "", &["spf.syntax E"]),
        ("v=spf1 mx -all exp=a.example exp=b.example", "", &["spf.modifier-twice E"]),
        ("v=spf1 ip4:192.0.2.1\" \"ip4:192.0.2.2 -all", "", &["spf.syntax E", "spf.split-missing-space E"]),
        ("V=SPF1 MX -ALL", "", &[]),
        ("v=spf1 mx -all ra=postmaster", "", &[]),
    ]);
}

#[test]
fn spf_targets_and_limits() {
    let many = "v=spf1 a a:a.example.com a:b.example.com a:c.example.com a:d.example.com mx -all";
    let hosts = "@ A 192.0.2.1\na A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1\nd A 192.0.2.1\n";
    let wider = format!("{hosts}one.example. TXT \"v=spf1 a:a.example.com a:b.example.com -all\"");
    let nine = many.replace(" mx", " mx include:one.example");
    let eleven = many.replace(" mx", " mx include:one.example exists:a.example.com exists:b.example.com");
    expect_spf(&[
        (many, hosts, &[]),
        (&nine, &wider, &["spf.lookups-near-limit W", "spf.duplicate-term I"]),
        (
            &eleven
                .replace("exists:a.example.com", "?exists:a.example.com")
                .replace(" exists:b", " ?exists:b"),
            &wider,
            &["spf.too-many-lookups E", "spf.duplicate-term I", "spf.flatten-hint I"],
        ),
        ("v=spf1 include:none.example -all", "", &["spf.include-none E"]),
        ("v=spf1 redirect=none.example", "", &["spf.redirect-none E"]),
        ("v=spf1 include:b.example -all", "b.example. TXT \"v=spf1 moo\"", &["spf.include-permerror E"]),
        (
            "v=spf1 include:b.example -all",
            "b.example. TXT \"v=spf1 -all\"\nb.example. TXT \"v=spf1 ~all\"",
            &["spf.include-permerror E"],
        ),
        (
            "v=spf1 include:b.example -all",
            "b.example. TXT \"v=spf1 include:example.com -all\"",
            &["spf.loop E"],
        ),
        ("v=spf1 include:b.example -all", "$BEHAVE b.example. TXT servfail", &["spf.dns-error ?"]),
        ("v=spf1 a:b.example -all", "$BEHAVE b.example. A servfail", &["spf.dns-error ?"]),
        ("v=spf1 a:g.example -all", "", &["spf.void-lookup W"]),
        ("v=spf1 a:g.example mx:g.example a:h.example -all", "", &["spf.too-many-void E"]),
        ("v=spf1 mx:b.example -all", "b.example. MX 1 c.example.", &["spf.mx-no-address I"]),
    ]);
    let exchanges: String = (0..11).map(|index| format!("b.example. MX {index} mx.example.com.\n")).collect();
    expect_spf(&[("v=spf1 mx:b.example -all", &exchanges, &["spf.mx-too-many E"])]);
}

#[test]
fn spf_last_word() {
    expect_spf(&[
        ("v=spf1 mx +all", "", &["spf.all-pass E"]),
        ("v=spf1 redirect=b.example", "b.example. TXT \"v=spf1 all\"", &["spf.all-pass E"]),
        ("v=spf1 include:b.example -all", "b.example. TXT \"v=spf1 +all\"", &["spf.all-pass E"]),
        ("v=spf1 mx ?all", "", &["spf.all-neutral W"]),
        ("v=spf1 redirect=b.example", "b.example. TXT \"v=spf1 ?all\"", &["spf.all-neutral W"]),
        ("v=spf1 mx", "", &["spf.no-all W"]),
        ("v=spf1 mx ~all", "", &["spf.softfail I"]),
        ("v=spf1 mx redirect=b.example -all", "", &["spf.redirect-ignored W"]),
        ("v=spf1 -all mx", "", &["spf.terms-after-all W"]),
    ]);
    expect(&[(&["@ TXT", "_dmarc"], "@ TXT \"v=spf1 mx ~all\"", &["spf.softfail W", "dmarc.missing E"])]);
}

#[test]
fn spf_terms() {
    let names: String = (0..11).map(|index| format!("9.2.0.192.in-addr.arpa. PTR n{index}\n")).collect();
    let host = format!("@ MX 20 mx9\nmx9 A 192.0.2.9\nn0 A 192.0.2.9\n{names}");
    let large = format!(
        "v=spf1 {} -all",
        (0..22).map(|n| format!("ip4:203.0.113.{n}")).collect::<Vec<_>>().join(" ")
    );
    expect_spf(&[
        ("v=spf1 mx ptr -all", "", &["spf.ptr W"]),
        ("v=spf1 mx ptr -all", &host, &["spf.ptr W", "spf.ptr-too-many I"]),
        ("v=spf1 redirect=_spf.example.com", "_spf TXT \"v=spf1 ptr -all\"", &["spf.ptr W"]),
        (&large, "", &[]),
        (
            &large.replace(
                "v=spf1",
                "v=spf1 ip6:2001:db8:1234:5678::/64 ip6:2001:db8:1234:5679::/64 ip4:198.51.100.0/24",
            ),
            "",
            &["spf.record-too-large W"],
        ),
        ("v=spf1 ip4:192.0.0.0/6 -all", "", &["spf.range-too-wide E"]),
        ("v=spf1 ip4:203.0.0.0/14 -all", "", &["spf.range-too-wide W"]),
        ("v=spf1 ip4:203.0.0.0/16 -all", "", &[]),
        ("v=spf1 ip6:2000::/12 -all", "", &["spf.range-too-wide E"]),
        ("v=spf1 ip6:2001:d00::/24 -all", "", &["spf.range-too-wide W"]),
        ("v=spf1 mx/7 -all", "", &["spf.range-too-wide E"]),
        ("v=spf1 include:b.example -all", "b.example. TXT \"v=spf1 ip4:203.0.0.0/14 -all\"", &[]),
        ("v=spf1 ip4:10.1.2.3 ip6:fe80::1 mx -all", "", &["spf.ip-private W"]),
        ("v=spf1 mx ip4:192.0.2.9/24 -all", "", &["spf.host-bits I"]),
        ("v=spf1 mx mx -all", "", &["spf.duplicate-term I"]),
        ("v=spf1 ip4:203.0.113.5 ip4:203.0.113.0/24 -all", "", &["spf.overlapping-range I"]),
        ("v=spf1 exists:%{ir}.x.example -all", "", &["spf.macro I"]),
        ("v=spf1 exists:%{l}.x.example -all", "", &["spf.macro-unsafe W", "spf.macro I"]),
        ("v=spf1 mx exp=gone.example -all", "", &["spf.exp-broken I"]),
        (
            "v=spf1 include:_spf.google.com -all",
            "_spf.google.com. TXT \"v=spf1 ip4:203.0.113.0/24 ~all\"",
            &["spf.shared-include I"],
        ),
    ]);
}

#[test]
fn dmarc_discovery() {
    expect(&[
        (&["_dmarc"], "", &["dmarc.missing E"]),
        (&[], "_dmarc TXT \"v=DMARC1; p=none\"", &["dmarc.multiple E"]),
        (&[], "$BEHAVE _dmarc TXT refused", &["dmarc.dns-error ?"]),
        (&["_dmarc"], "@ TXT \"v=DMARC1; p=reject\"", &["dmarc.missing E", "dmarc.wrong-location W"]),
        (
            &["_dmarc"],
            "_dmarc._dmarc TXT \"v=DMARC1; p=reject\"",
            &["dmarc.missing E", "dmarc.wrong-location W"],
        ),
        (
            &["_dmarc"],
            "_dmarc.example.com.example.com. TXT \"v=DMARC1; p=reject\"",
            &["dmarc.missing E", "dmarc.wrong-location W"],
        ),
        (
            &["_dmarc"],
            "_dmarc CNAME d.example.\nd.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@example.com; ruf=mailto:d@example.com\"",
            &["dmarc.cname I"],
        ),
        (&["_dmarc"], "_dmarc CNAME d.example.", &["dmarc.missing E", "dmarc.cname E"]),
        (
            &["_dmarc"],
            "* TXT \"v=spf1 -all\"",
            &["wildcard.txt I", "dmarc.missing E", "dmarc.wildcard-txt W"],
        ),
    ]);
    let below = check(&zone(&[], "www A 192.0.2.1"), "www.example.com");
    assert!(ids(&below).contains(&"dmarc.inherited I".to_owned()), "{:?}", ids(&below));
    assert!(!ids(&below).iter().any(|id| id.starts_with("dmarc.missing")));
}

#[test]
fn dmarc_records() {
    const RUA: &str = "rua=mailto:d@example.com; ruf=mailto:d@example.com";
    let with = |record: &str| format!("{record}; {RUA}");
    let cases: &[(String, &[&str])] = &[
        (format!("p=reject; v=DMARC1; {RUA}"), &["dmarc.version-not-first E"]),
        (with("v=DMARC1 p=reject"), &["dmarc.syntax E"]),
        (with("v=dmarc1; p=reject"), &["dmarc.syntax E"]),
        (with("v=DMARC1; p=reject; adkim"), &["dmarc.syntax E"]),
        (with("v=DMARC1; p=reject; adkim=x"), &["dmarc.syntax W"]),
        (with("v=DMARC1; p=reject; p=none"), &["dmarc.duplicate-tag E"]),
        (with("v=DMARC1; p=rejct"), &["dmarc.invalid-policy E"]),
        (with("v=DMARC1; p=reject sp=none"), &["dmarc.syntax E", "dmarc.invalid-policy E"]),
        (with("v=DMARC1; sp=reject"), &["dmarc.no-p W"]),
        (with("v=DMARC1; p=none"), &["dmarc.policy-none W"]),
        (with("v=DMARC1; p=reject; sp=none"), &["dmarc.sp-weaker W"]),
        (with("v=DMARC1; p=reject; np=quarantine"), &["dmarc.np-weaker W"]),
        (with("v=DMARC1; p=quarantine; sp=reject; np=reject"), &[]),
        (with("v=DMARC1; p=reject; t=y"), &["dmarc.testing W"]),
        (with("v=DMARC1; p=reject; pct=100; ri=3600"), &["dmarc.removed-tag I"]),
        (with("v=DMARC1; p=reject; pct=50"), &["dmarc.removed-tag W"]),
        (with("v=DMARC1; p=reject; psd=y"), &["dmarc.psd W"]),
        (with("v=DMARC1; p=reject; psd=n"), &["dmarc.psd I"]),
        (with("v=DMARC1; p=reject; fo=0:1"), &["dmarc.fo I"]),
        ("v=DMARC1; p=reject; ruf=mailto:d@example.com".to_owned(), &["dmarc.no-rua W"]),
        ("v=DMARC1; p=reject; rua=mailto:d@example.com".to_owned(), &["dmarc.no-ruf I"]),
        ("v=DMARC1; p=reject; rua=d@example.com; ruf=mailto:d@example.com".to_owned(), &["dmarc.invalid-uri E"]),
        ("v=DMARC1; p=reject; rua=https://example.com/d; ruf=mailto:d@example.com".to_owned(), &["dmarc.invalid-uri W"]),
        ("v=DMARC1; p=reject; rua=mailto:d@example.com!10m; ruf=mailto:d@example.com".to_owned(), &["dmarc.uri-size-limit I"]),
        (
            "v=DMARC1; p=reject; rua=mailto:a@example.com,mailto:b@example.com,mailto:A@example.com; ruf=mailto:d@example.com"
                .to_owned(),
            &["dmarc.uri-count I", "dmarc.uri-duplicate I"],
        ),
        (
            "v=DMARC1; p=reject; rua=mailto:d@other.example; ruf=mailto:d@example.com".to_owned(),
            &["dmarc.rua-unauthorized E", "dmarc.rua-no-mx W"],
        ),
    ];
    for (record, expected) in cases {
        expect_dmarc(&[(record, expected)]);
    }
}

#[test]
fn report_destinations() {
    let with = |others: &str| {
        let record = "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@r.example; ruf=mailto:d@example.com\"\nr.example. MX 1 r.example.\n";
        ids(&check(&zone(&["_dmarc"], &format!("{record}{others}")), "example.com"))
    };
    assert_eq!(with(""), ["dmarc.rua-unauthorized E"]);
    assert_eq!(with("example.com._report._dmarc.r.example. TXT \"v=DMARC1\""), Vec::<String>::new());
    assert_eq!(with("*._report._dmarc.r.example. TXT \"v=DMARC1;\""), Vec::<String>::new());
    assert_eq!(with("$BEHAVE example.com._report._dmarc.r.example. TXT servfail"), ["dmarc.dns-error ?"]);
}

#[test]
fn subdomains_with_records_of_their_own() {
    let zone = zone(
        &[],
        "_dmarc.mail TXT \"v=DMARC1; p=reject; sp=none; rua=mailto:d@example.com; ruf=mailto:d@example.com\"\n\
         mail TXT \"v=spf1 -all\"\nmail MX 10 mx",
    );
    let found = ids(&check(&zone, "mail.example.com"));
    assert_eq!(found, ["dmarc.sp-ineffective W", "tls-rpt.missing I"]);
}

#[test]
fn dkim_keys() {
    let rsa = |octets: usize| {
        // A SubjectPublicKeyInfo would do as well; the modulus is all ones, and no real key.
        let modulus = [&[0][..], &vec![0xff; octets]].concat();
        let integer = [
            &[2, 0x82][..],
            &u16::try_from(modulus.len()).unwrap().to_be_bytes(),
            &modulus,
            &[2, 3, 1, 0, 1],
        ]
        .concat();
        let der =
            [&[0x30, 0x82][..], &u16::try_from(integer.len()).unwrap().to_be_bytes(), &integer].concat();
        base64(&der)
    };
    let (short, weak, strong) = (rsa(96), rsa(128), rsa(256));
    for (record, expected) in [
        (format!("v=DKIM1; p={short}"), "dkim.key-too-short E"),
        (format!("v=DKIM1; p={weak}"), "dkim.key-weak W"),
        (format!("v=DKIM1; p={}\" \"{}", &strong[..200], &strong[200..]), ""),
        ("v=DKIM1; p=".to_owned(), "dkim.revoked I"),
        (format!("v=DKIM1; t=s:y; p={}\" \"{}", &strong[..200], &strong[200..]), "dkim.testing W"),
        (format!("v=DKIM1; h=sha1; p={}\" \"{}", &strong[..200], &strong[200..]), "dkim.sha1-only E"),
        ("v=DKIM2; p=".to_owned(), "dkim.syntax E"),
        ("v=DKIM1; k=ed25519; p=AAAA".to_owned(), "dkim.syntax E"),
        ("hello".to_owned(), "dkim.syntax E"),
    ] {
        let expected: &[&str] = if expected.is_empty() { &[] } else { &[expected] };
        let expected: Vec<&str> = match expected {
            // An unknown version leaves a key that is revoked.
            ["dkim.syntax E"] if record.ends_with("p=") => vec!["dkim.syntax E", "dkim.revoked I"],
            others => others.to_vec(),
        };
        expect_dkim(&[(&record, &expected)]);
    }
    let key = SOUND.last().unwrap().trim_start_matches("s1._domainkey ");
    expect(&[
        (&[], "s1._domainkey TXT \"more\"", &["dkim.multiple E"]),
        (&["s1._"], "s1._domainkey CNAME gone.example.", &["dkim.dangling-cname E"]),
        (&["s1._"], "s1._domainkey CNAME k.example.\nk.example. TXT \"v=DKIM1; p=\"", &["dkim.revoked I"]),
        (&["s1._"], "$BEHAVE s1._domainkey TXT servfail", &["dkim.dns-error ?"]),
        (&["s1._"], &format!("*._domainkey {key}"), &["dkim.wildcard W"]),
        (&["s1._"], "*._domainkey TXT \"v=DKIM1; p=\"", &[]),
        (&[], &format!("google._domainkey {key}"), &["dkim.duplicate-key W"]),
        (&[], "google._domainkey TXT \"site verification\"", &[]),
        (&["s1._"], "", &[]),
    ]);
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .map(|chunk| {
            let group = chunk.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
                << (8 * (3 - chunk.len()));
            let digits = [18, 12, 6, 0].map(|shift| char::from(DIGITS[group >> shift & 63]));
            let kept: String = digits[..=chunk.len()].iter().collect();
            format!("{kept:=<4}")
        })
        .collect()
}

#[test]
fn mail_hosts() {
    let plain = "@ TXT \"v=spf1 ip4:192.0.2.1 -all\"";
    expect(&[
        (
            &["@ MX", "@ TXT"],
            "@ TXT \"v=spf1 -all\"",
            &["dmarc.rua-no-mx W", "mx.none I", "parked.unprotected W", "parked.advice I"],
        ),
        (
            &["@ MX", "@ TXT"],
            "@ TXT \"v=spf1 -all\"\n@ A 192.0.2.1",
            &["mx.none W", "parked.unprotected W", "parked.advice I"],
        ),
        (
            &["@ MX", "@ TXT", "_dmarc"],
            "@ TXT \"v=spf1 -all\"\n@ MX 0 .\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@r.test; ruf=mailto:d@r.test\"\nr.test. A 192.0.2.2\n*._report._dmarc.r.test. TXT \"v=DMARC1\"",
            &["mx.null I"],
        ),
        (&[], "@ MX 0 .", &["mx.null-mixed E"]),
        (&["@ MX", "@ TXT"], &format!("{plain}\n@ MX 10 alias\nalias CNAME mx"), &["mx.cname W"]),
        (&["@ MX", "@ TXT"], &format!("{plain}\n@ MX 10 gone"), &["mx.no-address E"]),
        (&["@ MX", "@ TXT"], &format!("{plain}\n@ MX 10 192.0.2.1."), &["mx.ip-literal E"]),
        (&["mx A", "@ TXT"], &format!("{plain}\nmx A 10.0.0.1"), &["mx.private W"]),
        (&["1.2."], "", &["mx.no-ptr W"]),
        (&["1.2."], "1.2.0.192.in-addr.arpa. PTR other\nother A 192.0.2.9", &["mx.fcrdns-mismatch W"]),
        (&["1.2."], "$BEHAVE 1.2.0.192.in-addr.arpa. PTR servfail", &[]),
        (&["1.2."], "1.2.0.192.in-addr.arpa. PTR other\n$BEHAVE other A servfail", &[]),
        (&["@ TXT"], &format!("{plain}\n$BEHAVE @ MX servfail"), &["mx.dns-error ?"]),
    ]);
}

#[test]
fn transport() {
    let tlsa = "_25._tcp.mx TLSA 3 1 1 ";
    let (good, next) = (format!("{tlsa}{}", "0a".repeat(32)), format!("{tlsa}{}", "0b".repeat(32)));
    expect(&[
        (&[], "_mta-sts TXT \"v=STSv1; id=1\"\n_mta-sts TXT \"v=STSv1; id=2\"", &["mta-sts.multiple E"]),
        (&[], "_mta-sts TXT \"v=STSv1; id=\"\nmta-sts A 192.0.2.1", &["mta-sts.syntax E"]),
        (&[], "_mta-sts TXT \"v=STSv1; id=1\"", &["mta-sts.policy-unreachable E"]),
        (&[], "_mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A 192.0.2.1", &[]),
        (&["_smtp"], "", &["tls-rpt.missing I"]),
        (&[], "_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:a@example.com\"", &["tls-rpt.multiple E"]),
        (&["_smtp"], "_smtp._tls TXT \"v=TLSRPTv1;\"", &["tls-rpt.syntax E"]),
        (&[], &format!("{good}\n{next}"), &[]),
        (&[], &good, &["dane.usage I"]),
        (&["@ DS"], &format!("{good}\n{next}"), &["dnssec.insecure I", "dane.no-dnssec W"]),
        (&["@ DS"], &format!("{good}\n{next}\n$BEHAVE _25._tcp.mx TLSA ad"), &["dnssec.insecure I"]),
        (&[], "_25._tcp.mx TLSA 1 1 1 0a", &["dane.usage W"]),
    ]);
}

/// Checks the domain with one sort of question answered so.
fn check_with(zone: &str, is_asked: impl Fn(Want) -> bool, outcome: &Outcome) -> Vec<String> {
    let (zone, target) = (zone_of(zone), target("example.com"));
    let mut resolver = Immediate::new(|query: &Query| {
        if is_asked(query.want) { Answer::direct(outcome.clone()) } else { zone.answer(query) }
    });
    let settled =
        drive(&mut resolver, &mut Answers::new(), &Bounds::default(), |inquiry| posture(inquiry, &target));
    ids(&settled.value.unwrap())
}

#[test]
fn dnssec() {
    let tlsa =
        format!("_25._tcp.mx TLSA 3 1 1 {}\n_25._tcp.mx TLSA 3 1 1 {}", "0a".repeat(32), "0b".repeat(32));
    let found = |without: &[&str], outcome: &Outcome| {
        check_with(&zone(without, &tlsa), |want| matches!(want, Want::Security(_)), outcome)
    };
    let says = |security: Security| Outcome::Found(vec![RecordData::Security(security)]);
    assert_eq!(found(&[], &Outcome::Bogus), ["dnssec.bogus E"]);
    assert_eq!(found(&[], &says(Security::Secure)), Vec::<String>::new());
    assert_eq!(found(&[], &says(Security::Insecure)), ["dnssec.insecure I", "dane.no-dnssec W"]);
    assert_eq!(found(&[], &says(Security::Unknown)), Vec::<String>::new());
    assert_eq!(found(&["@ DS"], &says(Security::Unknown)), ["dnssec.insecure I", "dane.no-dnssec W"]);
}

#[test]
fn mta_sts_policies() {
    let zone = zone(&[], "_mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A 192.0.2.1");
    let found = |outcome: &Outcome| check_with(&zone, |want| want == Want::MtaStsPolicy, outcome);
    let served = |kind: &str, body: &str| {
        let document = PolicyDocument { media_type: Some(kind.to_owned()), body: body.as_bytes().into() };
        found(&Outcome::Found(vec![RecordData::Policy(document)]))
    };
    let policy =
        |mode: &str, mx: &str, age: u32| format!("version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: {age}\n");
    let plain = "text/plain; charset=utf-8";
    assert_eq!(served(plain, &policy("enforce", "*.example.com", 604_800)), Vec::<String>::new());
    assert_eq!(
        served("text/html", &policy("enforce", "*.example.com", 604_800)),
        ["mta-sts.policy-unreachable W"]
    );
    assert_eq!(served(plain, &policy("testing", "*.example.com", 604_800)), ["mta-sts.mode W"]);
    assert_eq!(served(plain, &policy("enforce", "*.example.com", 3600)), ["mta-sts.max-age W"]);
    assert_eq!(served(plain, &policy("enforce", "other.example.com", 604_800)), ["mta-sts.mx-mismatch E"]);
    assert_eq!(served(plain, "<html>"), ["mta-sts.syntax E"]);
    assert_eq!(found(&Outcome::Failed(Failure::HttpStatus(301))), ["mta-sts.policy-unreachable E"]);
    assert_eq!(found(&Outcome::Failed(Failure::Unsupported)), Vec::<String>::new());
}

#[test]
fn bimi() {
    let logo = "default._bimi TXT \"v=BIMI1; l=https://example.com/l.svg; a=https://example.com/l.pem\"";
    let weak = "_dmarc TXT \"v=DMARC1; p=none; rua=mailto:d@example.com; ruf=mailto:d@example.com\"";
    expect(&[
        (&[], logo, &[]),
        (&["_dmarc"], &format!("{weak}\n{logo}"), &["dmarc.policy-none W", "bimi.dmarc-policy W"]),
        (&[], &logo.replace("https://example.com/l.svg", "http://example.com/l.svg"), &["bimi.logo W"]),
        (&[], &logo.replace(".svg", ".png"), &["bimi.logo W"]),
        (&[], "default._bimi TXT \"v=BIMI1; l=https://example.com/l.svg\"", &["bimi.cert I"]),
        (&[], "default._bimi TXT \"v=BIMI1; l=; a=\"", &[]),
    ]);
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
        ("_dmarc", "_dmarc TXT \"v=DMARC1; p=reject; t=y\"", "dmarc.testing", "v=DMARC1; p=reject"),
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
