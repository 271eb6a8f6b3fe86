//! DMARC.

use super::*;

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
        (with("v=DMARC1; p=reject; adkim"), &["dmarc.syntax W"]),
        (with("v=DMARC1;; p=reject"), &["dmarc.syntax I"]),
        (with("v=DMARC1; p=reject; x-note=caf\\195\\169"), &["dmarc.syntax I"]),
        (with("v=DMARC1; p:reject"), &["dmarc.syntax E", "dmarc.no-p W"]),
        (with("v=DMARC1; policy=reject"), &["dmarc.misspelt-tag W", "dmarc.no-p W"]),
        (with("v=DMARC1; p=reject; aspff=s"), &["dmarc.misspelt-tag W"]),
        (with("v=DMARC1; p=reject; fo=1 aspf=s"), &["dmarc.syntax W", "dmarc.fo I"]),
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
    assert_eq!(found, ["dmarc.sp-ineffective W", "dkim.missing W", "tls-rpt.missing I"]);
}
