//! DKIM, mail hosts and transport.

use super::*;

#[test]
fn dkim_keys() {
    let value = |kind: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[kind, 0x82][..], &length, content].concat()
    };
    // The modulus is all ones, and no real key.
    let bare = |octets: usize| {
        let modulus = [&[0][..], &vec![0xff; octets]].concat();
        value(0x30, &[&value(2, &modulus)[..], &[2, 3, 1, 0, 1]].concat())
    };
    let rsa = |octets: usize| {
        let algorithm = value(0x30, &value(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]));
        let bits = value(3, &[&[0][..], &bare(octets)].concat());
        base64(&value(0x30, &[algorithm, bits].concat()))
    };
    let (short, weak, strong) = (rsa(96), rsa(128), rsa(256));
    for (record, expected) in [
        (format!("v=DKIM1; p={short}"), "dkim.key-too-short E"),
        (format!("v=DKIM1; p={weak}"), "dkim.key-weak W"),
        (format!("v=DKIM1; p={}\" \"{}", &strong[..200], &strong[200..]), ""),
        ("v=DKIM1; p=".to_owned(), "dkim.revoked I"),
        (
            format!("v=DKIM1; p={}\" \"{}", &base64(&bare(256))[..200], &base64(&bare(256))[200..]),
            "dkim.key-form W",
        ),
        (format!("v=DKIM1; t=s:y; p={}\" \"{}", &strong[..200], &strong[200..]), "dkim.testing W"),
        (format!("v=DKIM1; t=yes:z; p={}\" \"{}", &strong[..200], &strong[200..]), "dkim.syntax I"),
        (format!("v=DKIM1; h=rsa-sha256; p={}\" \"{}", &strong[..200], &strong[200..]), "dkim.syntax E"),
        (format!("v=DKIM1; h=; p={}\" \"{}", &strong[..200], &strong[200..]), "dkim.syntax E"),
        (format!("v=DKIM1; h=x:SHA256; p={}\" \"{}", &strong[..200], &strong[200..]), ""),
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
        (&["s1._"], "s1._domainkey CNAME k.p.example.\np.example. A 192.0.2.9", &["dkim.dangling-cname I"]),
        (
            &["s1._"],
            "s1._domainkey CNAME k.p.example.\np.example. A 192.0.2.9\n$BEHAVE p.example. SOA servfail",
            &["dkim.dns-error ?"],
        ),
        (
            &["s1._"],
            "s1._domainkey.example.com TXT \"v=DKIM1; p=\"",
            &["dkim.missing W", "dkim.wrong-location W"],
        ),
        (&["s1._"], "*._domainkey CNAME gone.example.", &["dkim.wildcard W"]),
        (&["s1._"], "*._domainkey CNAME k.p.example.\np.example. A 192.0.2.9", &["dkim.wildcard I"]),
        (&["s1._"], "s1._domainkey CNAME k.example.\nk.example. TXT \"v=DKIM1; p=\"", &["dkim.revoked I"]),
        (&["s1._"], "$BEHAVE s1._domainkey TXT servfail", &["dkim.dns-error ?"]),
        (&["s1._"], &format!("*._domainkey {key}"), &["dkim.wildcard W"]),
        (&["s1._"], "*._domainkey TXT \"v=DKIM1; p=\"", &[]),
        (&[], &format!("google._domainkey {key}"), &["dkim.duplicate-key W"]),
        (&[], "google._domainkey TXT \"site verification\"", &[]),
        (&["s1._"], "", &["dkim.missing W"]),
    ]);
}

#[test]
fn keys_in_use_are_compared_with_dns() {
    let key = SOUND.last().unwrap().trim_start_matches("s1._domainkey ");
    let zone = |with: &str| zone_of(&zone(&["s1._"], with));
    let judged = |with: &str, recency| {
        let name = |text: &str| DnsName::from_dotted(text).unwrap();
        let seen = Selector { name: name("s1"), origin: Origin::Reports };
        let mut target = Target::new(name("example.com"), vec![seen]);
        let last = crate::model::Day(20_000);
        target.in_use = vec![InUse { selector: name("s1"), messages: 50, of: 200, last, recency }];
        settle(&zone(with), |inquiry| posture(inquiry, &target))
    };
    let cases = [
        ("", &["dkim.in-use E"][..]),
        ("s1._domainkey TXT \"v=DKIM1; p=\"", &["dkim.in-use E"]),
        ("s1._domainkey TXT \"v=DKIM1; p=AAAA\"", &["dkim.in-use E", "dkim.syntax E"]),
        ("s1._domainkey TXT \"v=DKIM1; h=x; p=\"", &["dkim.in-use E", "dkim.syntax E"]),
        (
            "s1._domainkey CNAME k.p.example.\np.example. A 192.0.2.9",
            &["dkim.in-use E", "dkim.dangling-cname I"],
        ),
        ("*._domainkey TXT \"v=DKIM1; p=\"", &["dkim.in-use E"]),
        ("$BEHAVE s1._domainkey TXT servfail", &["dkim.dns-error ?"]),
    ];
    for (with, expected) in cases {
        assert_eq!(ids(&judged(with, Recency::Now)), expected, "{with}");
    }
    assert_eq!(ids(&judged(&format!("s1._domainkey {key}"), Recency::Now)), Vec::<String>::new());
    assert_eq!(ids(&judged("", Recency::Lately)), ["dkim.in-use W"]);
    assert_eq!(ids(&judged("", Recency::Rotated)), ["dkim.in-use I"]);
    // What mail is lost by stands in the way of enforcing, and what DNS did not answer leaves it open.
    let gone = judged("", Recency::Now);
    let against = gone.against_enforcing().unwrap();
    assert_eq!(against[0].check, Check::DkimInUse);
    assert!(against[0].evidence[0].contains("50 messages") && against[0].evidence[0].contains("25.0 %"));
    assert_eq!(judged("", Recency::Lately).against_enforcing(), Some(Vec::new()));
    assert_eq!(judged("$BEHAVE s1._domainkey TXT servfail", Recency::Now).against_enforcing(), None);
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
            &["@ MX", "@ TXT", "s1._"],
            "@ TXT \"v=spf1 -all\"",
            &["dmarc.rua-no-mx W", "dkim.missing W", "mx.none I", "parked.unprotected W", "parked.advice I"],
        ),
        (
            &["@ MX", "@ TXT", "s1._"],
            "@ TXT \"v=spf1 -all\"\n@ A 192.0.2.1",
            &["dkim.missing W", "mx.none W", "parked.unprotected W", "parked.advice I"],
        ),
        (
            &["@ MX", "@ TXT", "_dmarc"],
            "@ TXT \"v=spf1 -all\"\n@ MX 0 .\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@r.test; ruf=mailto:d@r.test\"\nr.test. A 192.0.2.2\n*._report._dmarc.r.test. TXT \"v=DMARC1\"",
            &["mx.null I"],
        ),
        // A live key shows that it sends.
        (&["@ MX", "@ TXT"], "@ TXT \"v=spf1 -all\"\n@ A 192.0.2.1", &["mx.none W"]),
        (&[], "@ MX 0 .", &["mx.null-mixed E"]),
        (&["@ MX", "@ TXT"], &format!("{plain}\n@ MX 10 alias\nalias CNAME mx"), &["mx.cname W"]),
        (&["@ MX", "@ TXT"], &format!("{plain}\n@ MX 10 gone"), &["mx.no-address E"]),
        (&["@ MX", "@ TXT"], &format!("{plain}\n@ MX 10 192.0.2.1."), &["mx.ip-literal E"]),
        (&["mx A", "@ TXT"], &format!("{plain}\nmx A 10.0.0.1"), &["mx.private W"]),
        (&["1.2."], "", &["mx.no-ptr W"]),
        (&["1.2."], "1.2.0.192.in-addr.arpa. PTR other\nother A 192.0.2.9", &["mx.fcrdns-mismatch W"]),
        (&["1.2."], "$BEHAVE 1.2.0.192.in-addr.arpa. PTR servfail", &["mx.dns-error ?"]),
        (&["1.2."], "1.2.0.192.in-addr.arpa. PTR other\n$BEHAVE other A servfail", &["mx.dns-error ?"]),
        (
            &["@ TXT"],
            &format!("{plain}\n$BEHAVE @ MX servfail"),
            &["dmarc.dns-error ?", "mx.dns-error ?", "dane.dns-error ?"],
        ),
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
    assert_eq!(found(&[], &Outcome::Bogus), ["dnssec.bogus E", "dane.dns-error ?"]);
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
