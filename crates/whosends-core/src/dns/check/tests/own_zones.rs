//! Zones of our own, each with one thing wrong, in the grammar of zone files: what each domain gives, in memory and
//! over a server on loopback. No error and no warning of the judged areas may be found that is not named here.

use std::any::Any;

use super::ids;
use crate::dns::check::zones::check;
use crate::dns::check::{Origin, Selector, Target, posture};
use crate::dns::resolve::{Bounds, Immediate, Resolver, drive};
use crate::dns::testing::zone::Zone;
use crate::dns::testing::zone_of;
use crate::dns::{Answers, DnsName, Query};

/// A sound domain; `@` is its own name.
const BASE: &[&str] = &[
    "@ SOA ns host 1 3600 600 86400 300",
    "@ NS ns",
    "ns A 192.0.2.250",
    "@ A 192.0.2.1",
    "@ MX 10 mx",
    "mx A 198.51.100.1",
    "1.100.51.198.in-addr.arpa. PTR mx",
    "@ TXT \"v=spf1 mx -all\"",
    "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@DOMAIN\"",
    "s1._domainkey TXT \"v=DKIM1; k=ed25519; p=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"",
    "_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:tls@DOMAIN\"",
];

/// What is changed in a sound zone, and what comes of it.
struct Case {
    domain: &'static str,
    /// The lines left out, by their starts.
    without: &'static [&'static str],
    with: &'static str,
    /// What must be found: every error and warning of spf, dmarc, dkim and mx, and others that matter.
    must: &'static [&'static str],
    /// What must not be found, by the starts of ids.
    not: &'static [&'static str],
}

const fn case(
    domain: &'static str,
    without: &'static [&'static str],
    with: &'static str,
    must: &'static [&'static str],
    not: &'static [&'static str],
) -> Case {
    Case { domain, without, with, must, not }
}

const SPF: &[&str] = &["@ TXT"];
const POLICY: &[&str] = &["_dmarc"];
const KEY: &[&str] = &["s1._"];
const HOSTS: &[&str] = &["@ MX", "mx A", "@ TXT"];

/// SPF.
const OF_SPF: &[Case] = &[
    case(
        "bom.test",
        SPF,
        r#"@ TXT "\239\187\191v=spf1 mx -all""#,
        &["spf.missing E", "spf.lookalike W"],
        &[],
    ),
    case("bare.test", SPF, r#"@ TXT "spf1 mx -all""#, &["spf.missing E", "spf.lookalike W"], &[]),
    case("quoted.test", SPF, r#"@ TXT "\"v=spf1 mx -all\"""#, &["spf.missing E", "spf.lookalike W"], &[]),
    case("upper.test", SPF, r#"@ TXT "V=SPF1 MX -ALL""#, &[], &["spf."]),
    case(
        "modifiers.test",
        SPF,
        r#"@ TXT "v=spf1 redirect=a.modifiers.test redirect=b.modifiers.test"
a TXT "v=spf1 -all"
b TXT "v=spf1 -all""#,
        &["spf.modifier-twice E"],
        &[],
    ),
    case("afterwards.test", SPF, r#"@ TXT "v=spf1 mx -all ip4:1.2.3""#, &["spf.syntax E"], &[]),
    case("macro.test", SPF, r#"@ TXT "v=spf1 mx exists:%(i).macro.test -all""#, &["spf.syntax E"], &[]),
    case("control.test", SPF, r#"@ TXT "v=spf1 mx\007 -all""#, &["spf.syntax E"], &[]),
    case(
        "unsafe.test",
        SPF,
        r#"@ TXT "v=spf1 mx exists:%{ir}.%{s}._spf.unsafe.test -all""#,
        &["spf.macro-unsafe W", "spf.macro I"],
        &["spf.void", "spf.syntax"],
    ),
    case(
        "behind.test",
        SPF,
        "@ TXT \"v=spf1 mx redirect=_one.behind.test\"\n_one TXT \"v=spf1 redirect=_two.behind.test\"\n\
         _two TXT \"v=spf1 ip4:192.0.2.0/24 +all\"",
        &["spf.all-pass E"],
        &["spf.no-all"],
    ),
    case(
        "open.test",
        SPF,
        "@ TXT \"v=spf1 include:_one.open.test -all\"\n_one TXT \"v=spf1 include:_two.open.test -all\"\n\
         _two TXT \"v=spf1 all\"",
        &["spf.all-pass E"],
        &[],
    ),
    case(
        "whole.test",
        SPF,
        "@ TXT \"v=spf1 include:_all.whole.test ~all\"\n_all TXT \"v=spf1 ip4:0.0.0.0/0 ip6:::/0 -all\"",
        &["spf.all-pass E", "spf.range-too-wide E"],
        &[],
    ),
    case(
        "diamond.test",
        SPF,
        "@ TXT \"v=spf1 include:_a.diamond.test include:_b.diamond.test -all\"\n\
         _a TXT \"v=spf1 include:_c.diamond.test -all\"\n_b TXT \"v=spf1 include:_c.diamond.test -all\"\n\
         _c TXT \"v=spf1 ip4:192.0.2.7 -all\"",
        &["spf.duplicate-term I"],
        &["spf.loop"],
    ),
    case("self.test", SPF, r#"@ TXT "v=spf1 include:self.test -all""#, &["spf.loop E"], &["spf.too-many"]),
    case(
        "circle.test",
        SPF,
        "@ TXT \"v=spf1 redirect=_a.circle.test\"\n_a TXT \"v=spf1 redirect=circle.test\"",
        &["spf.loop E"],
        &[],
    ),
    case(
        "within.test",
        SPF,
        "@ TXT \"v=spf1 include:_a.within.test -all\"\n_a TXT \"v=spf1 ip4:192.0.2.300 -all\"",
        &["spf.include-permerror E"],
        &["spf.syntax"],
    ),
    case(
        "greedy.test",
        SPF,
        "@ TXT \"v=spf1 include:_a.greedy.test -all\"\n_a TXT \"v=spf1 exists:%{i}.a.test exists:%{i}.b.test \
         exists:%{i}.c.test exists:%{i}.d.test exists:%{i}.e.test exists:%{i}.f.test exists:%{i}.g.test \
         exists:%{i}.h.test exists:%{i}.i.test exists:%{i}.j.test\" \" exists:%{i}.k.test -all\"",
        &["spf.too-many-lookups E", "spf.include-permerror E"],
        &[],
    ),
    case(
        "sleepy.test",
        SPF,
        "@ TXT \"v=spf1 include:_a.sleepy.test -all\"\n_a TXT \"v=spf1 -all\"\n$BEHAVE _a TXT servfail",
        &["spf.dns-error ?"],
        &["spf.include-none", "spf.include-permerror"],
    ),
    case(
        "crowd.test",
        &["@ MX", "mx A", "1.100"],
        "@ MX 1 a\n@ MX 2 b\n@ MX 3 c\n@ MX 4 d\n@ MX 5 e\n@ MX 6 f\n@ MX 7 g\n@ MX 8 h\n@ MX 9 i\n@ MX 10 j\n\
         @ MX 11 k\na A 203.0.113.1\nb A 203.0.113.2\nc A 203.0.113.3\nd A 203.0.113.4\ne A 203.0.113.5\n\
         f A 203.0.113.6\ng A 203.0.113.7\nh A 203.0.113.8\ni A 203.0.113.9\nj A 203.0.113.10\nk A 203.0.113.11",
        // One warning for all of them.
        &["spf.mx-too-many E", "mx.no-ptr W"],
        &["spf.mx-no-address"],
    ),
    case(
        "lost.test",
        SPF,
        "@ TXT \"v=spf1 mx exists:gone.lost.test include:_a.lost.test -all\"\n_a TXT \"v=spf1 a:no.lost.test -all\"",
        &["spf.void-lookup W"],
        &["spf.too-many-void"],
    ),
    case(
        "exact.test",
        SPF,
        r#"@ TXT "v=spf1 ip4:192.0.2.130/25 ip6:2001:db8::1/32 ip4:198.51.0.0/16 -all""#,
        &["spf.host-bits I"],
        &["spf.range-too-wide", "spf.ip-private"],
    ),
    case(
        "ranges.test",
        SPF,
        r#"@ TXT "v=spf1 mx ip4:198.0.0.0/7 ip6:2000::/15 -all""#,
        &["spf.range-too-wide E"],
        &["spf.all-pass"],
    ),
    case(
        "inside.test",
        SPF,
        r#"@ TXT "v=spf1 mx ip4:10.0.0.0/8 ip4:127.0.0.1 ip4:100.64.0.0/10 ip6:fd00::/8 ip4:224.0.0.1 -all""#,
        &["spf.ip-private W"],
        &[],
    ),
    case(
        "texts.test",
        &[],
        "@ TXT \"token\"\n$GENTXT @ 1300 \"verify=\" \"0\"",
        &["spf.txt-rrset-large W"],
        &["spf.record"],
    ),
    case(
        "apex.test",
        &["@ A"],
        "@ CNAME www.apex.example.\nwww.apex.example. A 192.0.2.1",
        &["spf.apex-cname E"],
        &[],
    ),
    case(
        "tenth.test",
        SPF,
        "@ TXT \"v=spf1 mx a include:_a.tenth.test include:_b.tenth.test redirect=_c.tenth.test\"\n\
         _a TXT \"v=spf1 a:h1.tenth.test a:h2.tenth.test ~all\"\n_b TXT \"v=spf1 a:h3.tenth.test a:h4.tenth.test ?all\"\n\
         _c TXT \"v=spf1 mx:tenth.test -all a:h5.tenth.test\"\nh1 A 192.0.2.11\nh2 A 192.0.2.12\nh3 A 192.0.2.13\n\
         h4 A 192.0.2.14\nh5 A 192.0.2.15",
        &["spf.lookups-near-limit W", "spf.terms-after-all W"],
        &["spf.too-many", "spf.void", "spf.no-all", "spf.all-neutral"],
    ),
    case("empty.test", SPF, r#"@ TXT "v=spf1""#, &["spf.no-all W"], &["spf.missing", "spf.syntax"]),
    case("blanks.test", SPF, r#"@ TXT "v=spf1   mx    -all  ""#, &[], &["spf."]),
    case(
        "pointer.test",
        SPF,
        "@ TXT \"v=spf1 mx exists:%{p}.list.pointer.test ~all\"",
        &["spf.macro I", "spf.softfail I"],
        &["spf.syntax"],
    ),
    case(
        "followed.test",
        SPF,
        "@ TXT \"v=spf1 include:spf.followed.test -all\"\nspf CNAME real\nreal TXT \"v=spf1 ip4:192.0.2.0/24 -all\"",
        &[],
        &["spf."],
    ),
    case(
        "nowhere.test",
        SPF,
        "@ TXT \"v=spf1 include:a.nowhere.test redirect=b.nowhere.test\"\na TXT \"v=spf1 redirect=c.nowhere.test\"\n\
         b TXT \"v=spf1 -all\"\nc TXT \"hello\"",
        &["spf.redirect-none E"],
        &["spf.include-none"],
    ),
    case(
        "voids.test",
        SPF,
        "@ TXT \"v=spf1 include:_a.voids.test mx -all\"\n\
         _a TXT \"v=spf1 a:x.voids.test mx:y.voids.test exists:z.voids.test -all\"",
        &["spf.too-many-void E", "spf.include-permerror E"],
        &["spf.void-lookup"],
    ),
    case(
        "half.test",
        SPF,
        "@ TXT \"v=spf1 mx a:host.half.test -all\"\nhost AAAA 2001:db8::1",
        &[],
        &["spf.void"],
    ),
    case(
        "provider.test",
        SPF,
        "@ TXT \"v=spf1 include:amazonses.com -all\"\namazonses.com. TXT \"v=spf1 ip4:198.0.0.0/14 -all\"",
        &["spf.shared-include I"],
        &["spf.range"],
    ),
    case(
        "neutral.test",
        SPF,
        "@ TXT \"v=spf1 include:_n.neutral.test ~all\"\n_n TXT \"v=spf1 ip4:192.0.2.0/24 ?all\"",
        &["spf.softfail I"],
        &["spf.all-neutral", "spf.no-all"],
    ),
    case(
        "text.test",
        SPF,
        "@ TXT \"v=spf1 mx -all exp=why.text.test\"\nwhy TXT \"caf\\195\\169\"",
        &["spf.exp-broken I"],
        &[],
    ),
    case(
        "told.test",
        SPF,
        "@ TXT \"v=spf1 mx -all exp=why.told.test\"\nwhy TXT \"%{i} is not one of our hosts\"",
        &[],
        &["spf."],
    ),
];

/// DMARC.
const OF_DMARC: &[Case] = &[
    case(
        "separator.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1 p=reject""#,
        &["dmarc.syntax E"],
        &["dmarc.missing"],
    ),
    case(
        "spaces.test",
        POLICY,
        r#"_dmarc TXT "v = DMARC1 ; p = REJECT ; rua = mailto:d@spaces.test ; later=1;""#,
        &[],
        &["dmarc.syntax", "dmarc.invalid"],
    ),
    case(
        "testing.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1; p=reject; np=none; t=y; rua=mailto:d@testing.test""#,
        &["dmarc.testing W", "dmarc.np-weaker W"],
        &["dmarc.policy-none", "dmarc.sp-weaker"],
    ),
    case(
        "psd.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1; p=reject; psd=y; rua=mailto:d@psd.test""#,
        &["dmarc.psd W"],
        &[],
    ),
    case(
        "nop.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1; rua=mailto:d@nop.test""#,
        &["dmarc.no-p W"],
        &["dmarc.invalid-policy", "dmarc.missing"],
    ),
    case(
        "badsp.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1; p=reject; sp=rejected; rua=mailto:d@badsp.test""#,
        &["dmarc.invalid-policy E"],
        &["dmarc.sp-weaker", "dmarc.no-p"],
    ),
    case(
        "twice.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1; p=reject; p=none; rua=mailto:d@twice.test""#,
        &["dmarc.duplicate-tag E"],
        &["dmarc.multiple"],
    ),
    case(
        "sub.below.test",
        &[],
        "$ORIGIN below.test.\n@ A 192.0.2.9\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@sub.below.test\"\n\
         $ORIGIN sub.below.test.\n_dmarc TXT \"v=DMARC1; p=reject; sp=reject; rua=mailto:d@sub.below.test\"",
        // Receivers of RFC 7489 end their search at several records.
        &["dmarc.multiple E", "dmarc.discovery-differs W"],
        &["dmarc.missing"],
    ),
    case(
        "sub.apart.test",
        POLICY,
        "_dmarc.apart.test. TXT \"v=DMARC1; p=reject; rua=mailto:d@sub.apart.test\"\n\
         _dmarc TXT \"v=DMARC1; p=reject; sp=reject; rua=mailto:d@sub.apart.test\"",
        &["dmarc.sp-ineffective W"],
        &["dmarc.discovery-differs"],
    ),
    case(
        "ghost.np.test",
        &["@", "ns", "mx", "1.100", "_dmarc", "s1", "_smtp"],
        "_dmarc.np.test. TXT \"v=DMARC1; p=none; np=reject; rua=mailto:d@np.test\"\nnp.test. MX 10 mx.np.test.\n\
         np.test. SOA ns.np.test. host.np.test. 1 1 1 1 1",
        &["domain.nxdomain E", "spf.missing E", "dmarc.inherited I"],
        &["dmarc.missing", "dmarc.policy-none"],
    ),
    case(
        "a.b.c.d.e.f.g.h.deep.test",
        POLICY,
        "_dmarc.deep.test. TXT \"v=DMARC1; p=quarantine; rua=mailto:d@deep.test\"",
        &["dmarc.inherited I"],
        &["dmarc.missing", "dmarc.discovery-differs"],
    ),
    case(
        "wild.test",
        POLICY,
        "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@in.reports.example\"\nin.reports.example. A 192.0.2.3\n\
         *._report._dmarc.in.reports.example. TXT \"v=DMARC1;\"",
        &[],
        &["dmarc.rua"],
    ),
    case(
        "unsure.test",
        POLICY,
        "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@other.example\"\nother.example. MX 10 mx.unsure.test.\n\
         $BEHAVE unsure.test._report._dmarc.other.example. TXT servfail",
        &["dmarc.dns-error ?"],
        &["dmarc.rua-unauthorized"],
    ),
    case(
        "deaf.test",
        POLICY,
        "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@null.deaf.test\"\nnull MX 0 .\nnull A 192.0.2.4",
        &["dmarc.rua-no-mx W"],
        &["dmarc.rua-unauthorized"],
    ),
    case(
        "uris.test",
        POLICY,
        "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:a@uris.test!5m,mailto:b@uris.test,mailto:a@uris.test!5m\"",
        &["dmarc.uri-size-limit I", "dmarc.uri-count I", "dmarc.uri-duplicate I"],
        &["dmarc.invalid-uri"],
    ),
    case(
        "web.test",
        POLICY,
        "_dmarc TXT \"v=DMARC1; p=reject; rua=https://web.test/dmarc\"",
        &["dmarc.invalid-uri W"],
        &["dmarc.no-rua"],
    ),
    case(
        "hosted.test",
        POLICY,
        "_dmarc CNAME hosted.example.\nhosted.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@hosted.test\"",
        &["dmarc.cname I"],
        &["dmarc.missing"],
    ),
    case("unhosted.test", POLICY, "_dmarc CNAME gone.example.", &["dmarc.cname E", "dmarc.missing E"], &[]),
    case(
        "www.test",
        POLICY,
        "_dmarc.www TXT \"v=DMARC1; p=reject\"",
        &["dmarc.missing E", "dmarc.wrong-location W"],
        &[],
    ),
    case(
        "pct.test",
        POLICY,
        "_dmarc TXT \"v=DMARC1; p=reject; pct=0; rf=afrf; ri=86400; fo=x; rua=mailto:d@pct.test\"",
        &["dmarc.removed-tag W", "dmarc.fo I"],
        &["dmarc.syntax"],
    ),
    case(
        "weak.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1; p=quarantine; sp=none; rua=mailto:d@weak.test; ruf=mailto:d@weak.test""#,
        &["dmarc.sp-weaker W"],
        &["dmarc.policy-none", "dmarc.np-weaker", "dmarc.no-ruf"],
    ),
    case(
        "comma.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1; p=reject; rua=mailto:a@comma.test,b@comma.test""#,
        &["dmarc.invalid-uri E"],
        &["dmarc.rua", "dmarc.no-rua"],
    ),
    case(
        "nodomain.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1; p=reject; rua=mailto:reports""#,
        &["dmarc.invalid-uri E"],
        &[],
    ),
    case(
        "emptytag.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1; p=reject; rua=""#,
        &["dmarc.syntax W"],
        &["dmarc.no-rua"],
    ),
    case(
        "emptyp.test",
        POLICY,
        r#"_dmarc TXT "v=DMARC1; p=; rua=mailto:d@emptyp.test""#,
        &["dmarc.syntax E"],
        &["dmarc.missing"],
    ),
    case(
        "other.test",
        POLICY,
        "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@no.example\"\nno.example. MX 10 mx.other.test.\n\
         *.no.example. TXT \"v=spf1 -all\"",
        &["dmarc.rua-unauthorized E"],
        &["dmarc.rua-no-mx"],
    ),
    case(
        "family.test",
        POLICY,
        "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@reports.family.test\"\nreports MX 10 mx",
        &[],
        &["dmarc.rua"],
    ),
    case(
        "neighbour.test",
        &[],
        "_dmarc TXT \"google-site-verification=abc\"",
        &[],
        &["dmarc.multiple", "dmarc.syntax", "dmarc.missing"],
    ),
    case(
        "refused.test",
        &[],
        "$BEHAVE _dmarc TXT refused",
        &["dmarc.dns-error ?"],
        &["dmarc.missing", "dmarc.no-rua", "bimi"],
    ),
];

/// DKIM.
const OF_DKIM: &[Case] = &[
    case("order.test", KEY, "s1._domainkey TXT \"k=ed25519; v=DKIM1; p=AAAA\"", &["dkim.syntax E"], &[]),
    case(
        "slashes.test",
        KEY,
        r#"s1._domainkey TXT "v=DKIM1\\; k=ed25519\\; p=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=""#,
        &["dkim.syntax E"],
        &[],
    ),
    case(
        "service.test",
        KEY,
        "s1._domainkey TXT \"v=DKIM1; s=tlsrpt; k=ed25519; p=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"",
        &["dkim.syntax E"],
        &[],
    ),
    case(
        "both.test",
        KEY,
        "s1._domainkey TXT \"h=sha1:sha256; t=s; k=ed25519; p=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"",
        &[],
        &["dkim."],
    ),
    case("twokeys.test", &[], "s1._domainkey TXT \"v=DKIM1; p=\"", &["dkim.multiple E"], &["dkim.revoked"]),
    case("nokey.test", KEY, "s1._domainkey TXT \"v=DKIM1; k=rsa\"", &["dkim.syntax E"], &[]),
    case("oldkind.test", KEY, "s1._domainkey TXT \"v=DKIM1; k=dsa; p=AAAA\"", &["dkim.syntax E"], &[]),
    case(
        "delegated.test",
        KEY,
        "s1._domainkey CNAME k.example.\nk.example. TXT \"v=DKIM1; t=y; k=ed25519; \" \"p=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"",
        &["dkim.testing W"],
        &["dkim.dangling", "dkim.syntax"],
    ),
    case(
        "quotedkey.test",
        KEY,
        r#"s1._domainkey TXT "\"v=DKIM1; k=ed25519; p=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"""#,
        &["dkim.syntax E"],
        &[],
    ),
    case("dangling.test", KEY, "s1._domainkey CNAME s1.gone.example.", &["dkim.dangling-cname E"], &[]),
    case(
        "every.test",
        KEY,
        "*._domainkey TXT \"v=DKIM1; k=ed25519; p=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"",
        &["dkim.wildcard W"],
        &["dkim.duplicate-key"],
    ),
    case(
        "copied.test",
        &[],
        "s2._domainkey TXT \"v=DKIM1; k=ed25519; p=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"",
        &["dkim.duplicate-key W"],
        &[],
    ),
    case(
        "cut.test",
        KEY,
        "s1._domainkey TXT \"v=DKIM1; k=rsa; p=MIIBCgKCAQEA////\"",
        &["dkim.syntax E"],
        &[],
    ),
];

/// Mail hosts, transport, the domain itself.
const OF_MAIL: &[Case] = &[
    case(
        "sixth.test",
        &[],
        "mx AAAA 2001:db8::25",
        // The second address has no name.
        &["mx.no-ptr W"],
        &["mx.fcrdns"],
    ),
    case("private-and-not.test", &[], "mx A 10.0.0.1", &[], &["mx."]),
    case("mixed.test", &[], "@ MX 0 .", &["mx.null-mixed E"], &["mx.null I"]),
    case(
        "odd.test",
        &["@ MX", "@ TXT", "_dmarc", "s1", "_smtp"],
        "@ MX 5 .\n@ TXT \"v=spf1 -all\"\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@sub.odd.test\"\nsub A 192.0.2.8",
        &["mx.null I", "mx.null-mixed I"],
        &["parked.", "tls-rpt.missing"],
    ),
    case(
        "alias.test",
        HOSTS,
        "@ TXT \"v=spf1 ip4:192.0.2.1 -all\"\n@ MX 10 a\na CNAME gone",
        &["mx.cname W", "mx.no-address E"],
        &[],
    ),
    case(
        "number.test",
        HOSTS,
        "@ TXT \"v=spf1 ip4:192.0.2.1 -all\"\n@ MX 10 198.51.100.1.",
        &["mx.ip-literal E"],
        &["mx.no-address"],
    ),
    case(
        "dotless.test",
        HOSTS,
        "@ TXT \"v=spf1 ip4:192.0.2.1 -all\"\n@ MX 10 198.51.100.1",
        &["mx.ip-literal E"],
        &["mx.no-address"],
    ),
    case(
        "hidden.test",
        HOSTS,
        "@ TXT \"v=spf1 ip4:192.0.2.1 -all\"\n@ MX 10 mx\nmx A 192.168.1.5",
        &["mx.private W"],
        &["mx.no-ptr"],
    ),
    case("implicit.test", HOSTS, "@ TXT \"v=spf1 a -all\"", &["mx.none W"], &["mx.null", "mx.no-address"]),
    case(
        "noid.test",
        &[],
        "_mta-sts TXT \"v=STSv1; id=2026-11-22;\"\nmta-sts A 192.0.2.1",
        &["mta-sts.syntax E"],
        &["mta-sts.multiple"],
    ),
    case(
        "nosemicolon.test",
        &[],
        "_mta-sts TXT \"v=STSv1 id=1\"\n_smtp._tls TXT \"hello\"",
        &["mta-sts.syntax E"],
        &["tls-rpt"],
    ),
    case(
        "reports.test",
        &["_smtp"],
        "_smtp._tls TXT \"v=TLSRPTv1 rua=mailto:t@reports.test\"",
        &["tls-rpt.syntax E"],
        &["tls-rpt.missing"],
    ),
    case(
        "bare-address.test",
        &["_smtp"],
        "_smtp._tls TXT \"v=TLSRPTv1; rua=t@bare-address.test\"",
        &["tls-rpt.syntax E"],
        &[],
    ),
    case(
        "severalreports.test",
        &[],
        "_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:t@example.com\"",
        &["tls-rpt.multiple E"],
        &["tls-rpt.syntax"],
    ),
    case(
        "dane.test",
        &[],
        "_25._tcp.mx TLSA 3 1 1 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
        &["dane.no-dnssec W", "dane.usage I"],
        &[],
    ),
    case(
        "usage.test",
        &[],
        "_25._tcp.mx TLSA 1 1 1 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",
        &["dane.no-dnssec W", "dane.usage W"],
        &[],
    ),
    case(
        "logo.test",
        &[],
        "default._bimi TXT \"v=BIMI1; l=http://logo.test/l.svg; a=;\"",
        &["bimi.logo W", "bimi.cert I"],
        &["bimi.dmarc-policy"],
    ),
    case("declined.test", &[], "default._bimi TXT \"v=BIMI1; l=; a=;\"", &[], &["bimi"]),
    case(
        "starless.test",
        &["s1", "_smtp"],
        "$IMPLICIT off\n* TXT \"hello\"",
        &["wildcard.txt I"],
        &["dkim.", "mta-sts", "tls-rpt.syntax"],
    ),
    case(
        "stargate.test",
        &["_dmarc", "@ TXT"],
        "$IMPLICIT off\n* TXT \"v=spf1 -all\"",
        &["wildcard.txt I", "spf.missing E", "dmarc.missing E", "dmarc.wildcard-txt W"],
        &["dkim."],
    ),
    case("star.test", &[], "* TXT \"hello\"", &["wildcard.txt I"], &["dmarc.wildcard"]),
    case("start.test", &["@ SOA"], "", &["soa.broken W", "ns.one W"], &[]),
    case(
        "idle.test",
        &["@ MX", "mx A", "s1", "_smtp"],
        "@ MX 0 .",
        &["parked.unprotected W", "parked.advice I", "mx.null I", "dmarc.rua-no-mx W"],
        &["mx.none"],
    ),
];

fn zone_text(case: &Case) -> String {
    let kept = BASE.iter().filter(|line| !case.without.iter().any(|start| line.starts_with(start)));
    let lines: Vec<_> = kept.map(|line| line.replace("DOMAIN", case.domain)).collect();
    format!("$ORIGIN {}.\n{}\n{}\n", case.domain, lines.join("\n"), case.with)
}

pub(super) fn target(domain: &str) -> Target {
    let name = |text: &str| DnsName::from_dotted(text).unwrap();
    let selectors = ["s1", "s2"].map(|text| Selector { name: name(text), origin: Origin::User });
    Target::new(name(domain), selectors.into())
}

fn judged(id: &str) -> bool {
    let area = id.split('.').next().unwrap_or_default();
    matches!(area, "spf" | "dmarc" | "dkim" | "mx") && !id.ends_with('I')
}

/// What a domain gives that it should not, and the other way round.
fn wrong(case: &Case, resolver: &mut dyn Resolver) -> Vec<String> {
    let postures = check(resolver, vec![target(case.domain)]);
    let mut found = ids(&postures[case.domain]);
    // No domain has the second of the selectors that are named, but a few.
    found.retain(|id| id != "dkim.missing W");
    let missing = case.must.iter().filter(|id| !found.iter().any(|one| one == *id));
    let missing = missing.map(|id| format!("{}: lacks {id}: {found:?}", case.domain));
    let told = |id: &String| case.not.iter().any(|start| id.starts_with(start));
    let further = |id: &String| judged(id) && !case.must.contains(&id.as_str());
    // What several hosts lack is told once.
    let again = |id: &String| judged(id) && found.iter().filter(|one| *one == id).count() > 1;
    let more = found.iter().filter(|id| told(id) || further(id) || again(id));
    missing.chain(more.map(|id| format!("{}: has {id}", case.domain))).collect()
}

/// Every domain with its zone.
pub(super) fn every() -> impl Iterator<Item = (&'static str, Zone)> {
    let cases = [OF_SPF, OF_DMARC, OF_DKIM, OF_MAIL].into_iter().flatten();
    cases.map(|case| (case.domain, zone_of(&zone_text(case))))
}

/// Every zone with its domain.
pub(super) fn zones() -> Vec<(Zone, Target)> {
    let cases = [OF_SPF, OF_DMARC, OF_DKIM, OF_MAIL].into_iter().flatten();
    cases.map(|case| (zone_of(&zone_text(case)), target(case.domain))).collect()
}

/// Judges every domain, each with a resolver of its own.
fn all(resolver_for: impl Fn(Zone) -> (Box<dyn Resolver>, Box<dyn Any>)) {
    let cases: Vec<_> = [OF_SPF, OF_DMARC, OF_DKIM, OF_MAIL].into_iter().flatten().collect();
    let mut faults = Vec::new();
    for case in &cases {
        let (mut resolver, _server) = resolver_for(zone_of(&zone_text(case)));
        faults.extend(wrong(case, &mut *resolver));
    }
    assert!(cases.len() >= 70, "{}", cases.len());
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn each_domain_gives_what_it_must_and_nothing_else() {
    all(|zone| (Box::new(Immediate::new(move |query: &Query| zone.answer(query))), Box::new(())));
}

#[cfg(feature = "live-dns")]
#[test]
fn the_same_over_real_dns() {
    use crate::dns::live::{Live, LiveOptions, NameServer};
    use crate::dns::testing::server::Server;
    all(|zone| {
        let server = Server::start(zone, std::time::Duration::ZERO);
        let servers = vec![NameServer::Plain(server.address())];
        (Box::new(Live::new(LiveOptions { servers, ..LiveOptions::default() }).unwrap()), Box::new(server))
    });
}

#[test]
fn a_domain_with_all_that_is_usual_costs_few_questions() {
    let zone = zone_of(
        "d0.com. SOA ns1.host.net. h.d0.com. 1 1 1 1 1\nd0.com. NS ns1.host.net.\nd0.com. NS ns2.host.net.\n\
         d0.com. A 192.0.2.9\nd0.com. MX 10 mx1.p0.net.\nd0.com. MX 20 mx2.p0.net.\ncom. NS ns1.host.net.\n\
         d0.com. TXT \"v=spf1 include:_spf.p0.net include:_spf.p7.net -all\"\n\
         _dmarc.d0.com. TXT \"v=DMARC1; p=reject; rua=mailto:d@reports.p7.net\"\n\
         _smtp._tls.d0.com. TXT \"v=TLSRPTv1; rua=mailto:t@d0.com\"\n\
         mx1.p0.net. A 198.51.0.1\nmx2.p0.net. A 198.51.0.2\n1.0.51.198.in-addr.arpa. PTR mx1.p0.net.\n\
         2.0.51.198.in-addr.arpa. PTR mx2.p0.net.\n_spf.p0.net. TXT \"v=spf1 include:_a.p0.net include:_b.p0.net -all\"\n\
         _spf.p7.net. TXT \"v=spf1 include:_a.p7.net include:_b.p7.net -all\"\n_a.p0.net. TXT \"v=spf1 -all\"\n\
         _b.p0.net. TXT \"v=spf1 -all\"\n_a.p7.net. TXT \"v=spf1 -all\"\n_b.p7.net. TXT \"v=spf1 -all\"\n\
         *._report._dmarc.reports.p7.net. TXT \"v=DMARC1\"\nreports.p7.net. MX 10 mx1.p0.net.",
    );
    let name = |text: &str| DnsName::from_dotted(text).unwrap();
    let selectors =
        (0..10).map(|number| Selector { name: name(&format!("sel{number}")), origin: Origin::User });
    let target = Target::new(name("d0.com"), selectors.collect());
    let mut resolver = Immediate::new(|query: &Query| zone.answer(query));
    let end =
        drive(&mut resolver, &mut Answers::new(), &Bounds::default(), |inquiry| posture(inquiry, &target));
    let asked: Vec<_> = end.asked.iter().map(ToString::to_string).collect();
    assert!(asked.len() <= 29 && end.rounds <= 5, "{} in {}: {asked:#?}", asked.len(), end.rounds);
}
