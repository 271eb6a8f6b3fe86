//! SPF.

use super::*;

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
        (&[], "@ SPF \"v=spf1 mx -all\"", &["spf.type99 I"]),
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
            // A name that exists matches everybody.
            &["spf.too-many-lookups E", "spf.shadowed W", "spf.duplicate-term I", "spf.flatten-hint I"],
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

/// A record that passes everybody by ranges.
const OPEN: &str = "b.example. TXT \"v=spf1 ip4:0.0.0.0/0 ip6:::/0 ~all\"";

#[test]
fn spf_last_word() {
    expect_spf(&[
        ("v=spf1 mx +all", "", &["spf.all-pass E"]),
        ("v=spf1 redirect=b.example", "b.example. TXT \"v=spf1 all\"", &["spf.all-pass E"]),
        ("v=spf1 include:b.example -all", "b.example. TXT \"v=spf1 +all\"", &["spf.all-pass E"]),
        ("v=spf1 mx ?all", "", &["spf.all-neutral W"]),
        ("v=spf1 redirect=b.example", "b.example. TXT \"v=spf1 ?all\"", &["spf.all-neutral W"]),
        ("v=spf1 mx", "", &["spf.no-all W"]),
        ("v=spf1 redirect=b.example", "b.example. TXT \"v=spf1 mx:example.com\"", &["spf.no-all W"]),
        ("v=spf1 mx ~all", "", &["spf.softfail I"]),
        ("v=spf1 mx redirect=b.example -all", "", &["spf.redirect-ignored W"]),
        ("v=spf1 -all mx", "", &["spf.terms-after-all W"]),
        ("v=spf1 ?include:b.example mx -all", "b.example. TXT \"v=spf1 +all\"", &["spf.shadowed W"]),
        ("v=spf1 -include:b.example mx ~all", OPEN, &["spf.shadowed E", "spf.softfail I"]),
        ("v=spf1 -ip4:0.0.0.0/0 mx ~all", "", &["spf.shadowed E", "spf.softfail I"]),
        ("v=spf1 mx -ip4:0.0.0.0/0 ~all", "", &["spf.shadowed W", "spf.softfail I"]),
        ("v=spf1 ?a:mx.example.com ?mx -all", "", &["spf.passes-nobody W"]),
        (
            "v=spf1 mx ~include:b.example -all",
            "b.example. TXT \"v=spf1 ip4:192.0.2.9 -all\"",
            &["spf.passes-nobody I"],
        ),
        ("v=spf1 -ip4:192.0.2.9 mx -all", "", &[]),
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
