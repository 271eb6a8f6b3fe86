use super::*;
use crate::dns::testing::{settle, zone_of};

fn name(text: &str) -> DnsName {
    DnsName::from_dotted(text).unwrap()
}

fn found(zone: &str, domain: &str, exists: bool) -> Discovery {
    settle(&zone_of(zone), |inquiry| discover(inquiry, &name(domain), exists))
}

/// Where the policy comes from and which it is.
fn policy(applied: &Option<Applied>) -> Option<(String, Option<Policy>)> {
    applied.as_ref().map(|applied| (applied.published.domain.to_string(), applied.policy()))
}

#[test]
fn long_names_are_cut_to_seven_labels() {
    let names: Vec<_> =
        walk_names(&name("a.b.c.d.e.f.g.h.i.j.example.com")).iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), 8);
    assert_eq!(names[1..3], ["f.g.h.i.j.example.com", "g.h.i.j.example.com"]);
    assert_eq!(names[7], "com");
    assert_eq!(walk_names(&name("b.c.d.e.f.g.example.com")).len(), 8);
    assert_eq!(walk_names(&name("example.com")), [name("example.com"), name("com")]);
    assert_eq!(walk_names(&DnsName::root()), [DnsName::root()]);
}

#[test]
fn the_organizational_domain_comes_before_a_nearer_parent() {
    let zone = r#"
        _dmarc.b.example.com. TXT "v=DMARC1; p=none"
        _dmarc.example.com. TXT "v=DMARC1; p=reject; sp=quarantine; np=reject"
        "#;
    let below = found(zone, "a.b.example.com", true);
    assert_eq!(policy(&below.policy), Some(("example.com".into(), Some(Policy::Quarantine))));
    assert_eq!(below.organizational, name("example.com"));
    assert_eq!(below.difference(), None);
    let missing = found(zone, "a.b.example.com", false);
    assert_eq!(policy(&missing.policy), Some(("example.com".into(), Some(Policy::Reject))));
    assert_eq!(missing.difference(), Some(Difference::Policy), "old receivers know no np");
    let own = found(zone, "b.example.com", true);
    assert_eq!(policy(&own.policy), Some(("b.example.com".into(), Some(Policy::None))));
    assert_eq!(own.organizational, name("example.com"));
}

#[test]
fn psd_ends_the_walk() {
    let zone = r#"
        _dmarc.example. TXT "v=DMARC1; p=reject; psd=y; rua=mailto:d@example.com"
        _dmarc.unit.big.example. TXT "v=DMARC1; p=quarantine; psd=n"
        _dmarc.big.example. TXT "v=DMARC1; p=none"
        "#;
    let unit = found(zone, "a.unit.big.example", true);
    assert_eq!(policy(&unit.policy), Some(("unit.big.example".into(), Some(Policy::Quarantine))));
    assert_eq!(unit.organizational, name("unit.big.example"));
    assert_eq!(unit.walk.nodes.len(), 2);
    assert_eq!(found(zone, "x.big.example", true).organizational, name("big.example"));
    let bare = found(zone, "www.small.example", true);
    assert_eq!(bare.organizational, name("small.example"));
    assert_eq!(policy(&bare.policy), Some(("example".into(), Some(Policy::Reject))));
    assert_eq!(bare.difference(), Some(Difference::Policy), "the list knows no policy of a suffix");
}

#[test]
fn several_records_count_as_none_and_the_walk_goes_on() {
    let zone = r#"
        _dmarc.a.example.com. TXT "v=DMARC1; p=none"
        _dmarc.a.example.com. TXT "v=DMARC1; p=reject"
        _dmarc.a.example.com. TXT "something else"
        _dmarc.example.com. TXT "v=DMARC1; p=reject"
        "#;
    let discovery = found(zone, "a.example.com", true);
    assert_eq!(discovery.walk.nodes[0].1, Node::Several(2));
    assert_eq!(policy(&discovery.policy), Some(("example.com".into(), Some(Policy::Reject))));
    assert_eq!(policy(&discovery.listed_policy), None, "RFC 7489 section 6.6.3 ends here");
}

#[test]
fn a_failure_leaves_undecided_only_what_it_is_needed_for() {
    let zone = r#"
        _dmarc.example.com. TXT "v=DMARC1; p=reject"
        $BEHAVE _dmarc.a.example.com. TXT servfail
        $BEHAVE _dmarc.com. TXT servfail
        "#;
    let own = found(zone, "example.com", true);
    assert_eq!(policy(&own.policy), Some(("example.com".into(), Some(Policy::Reject))));
    let below = found(zone, "a.example.com", true);
    assert_eq!(below.policy, None);
    assert_eq!(below.undecided, Some((name("a.example.com"), Failure::ServerFailure)));
    assert_eq!(below.difference(), None);
}

#[test]
fn organizational_domains_of_the_list() {
    for (domain, expected) in [
        ("a.b.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("www.EXAMPLE.com", "example.com"),
        ("a.b.unknown-top", "b.unknown-top"),
        ("localhost", "localhost"),
    ] {
        assert_eq!(listed_organizational(&name(domain)), name(expected), "{domain}");
    }
    let dotted = DnsName::from_labels([&b"a.b"[..], b"example", b"com"]).unwrap();
    assert_eq!(listed_organizational(&dotted), name("example.com"));
}
