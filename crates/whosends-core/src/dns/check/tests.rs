use super::*;
use crate::dns::testing::{settle, zone_of};

/// Checks a domain in a zone of its own.
fn check(zone: &str, domain: &str) -> Posture {
    let target = Target::new(DnsName::from_dotted(domain).unwrap());
    settle(&zone_of(zone), |inquiry| posture(inquiry, &target))
}

#[test]
fn the_probe_is_always_the_same_and_of_no_other_domain() {
    let name = |text: &str| probe_name(&DnsName::from_dotted(text).unwrap());
    assert_eq!(name("example.com"), name("Example.com"));
    assert_ne!(name("example.com"), name("example.net"));
}
