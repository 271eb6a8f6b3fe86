//! The name of an address, and whether the name leads back to it.

use std::net::IpAddr;

use super::answer::Failure;
use super::answers::Inquiry;
use super::name::DnsName;
use super::query::RecordType;

/// How many names of one address are looked at.
const MOST_NAMES: usize = 10;

/// What DNS says of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reverse {
    /// It has a name.
    Named {
        /// The name: of several the first in order, one that leads back before one that does not.
        name: DnsName,
        /// Whether the name leads back to the address.
        confirmed: bool,
    },
    /// It has none.
    Nameless,
    /// Nobody knows, and asking again may tell.
    Failed(Failure),
}

/// Looks up the name of an address and whether it leads back. `None` while answers are missing.
///
/// Where no name leads back and one of them can't be looked up, nobody knows: a name is never called false for
/// want of an answer.
#[must_use]
pub fn reverse(inquiry: &Inquiry<'_>, address: IpAddr) -> Option<Reverse> {
    let address = address.to_canonical();
    let answer = inquiry.records(&DnsName::reverse(address), RecordType::Ptr)?;
    if let Some(failure) = answer.failure() {
        return Some(Reverse::Failed(failure));
    }
    let mut names: Vec<_> = answer.pointers().filter(|name| !name.is_root()).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(MOST_NAMES);
    let Some(&first) = names.first() else { return Some(Reverse::Nameless) };
    let kind = if address.is_ipv4() { RecordType::A } else { RecordType::Aaaa };
    // All are asked before any is looked at: they go out together.
    let found: Vec<_> = names.iter().map(|name| inquiry.records(name, kind)).collect();
    let mut failure = None;
    for (name, answer) in names.into_iter().zip(found) {
        let answer = answer?;
        if answer.addresses().any(|found| found == address) {
            return Some(Reverse::Named { name: name.clone(), confirmed: true });
        }
        failure = failure.or(answer.failure());
    }
    Some(match failure {
        Some(failure) => Reverse::Failed(failure),
        None => Reverse::Named { name: first.clone(), confirmed: false },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::testing::{settle, zone_of};

    const ZONE: &str = r#"
$ORIGIN 2.0.192.in-addr.arpa.
1 PTR mx.example.com.
2 PTR liar.example.com.
3 PTR z.example.com.
3 PTR b.example.com.
3 PTR a.example.com.
4 CNAME 4.delegated
4.delegated PTR mx4.example.com.
5 PTR broken.example.com.
6 PTR broken.example.com.
6 PTR mx6.example.com.
7 PTR broken.example.com.
$BEHAVE 7 PTR servfail
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR six.example.com.
$ORIGIN example.com.
mx   A 192.0.2.1
liar A 203.0.113.1
a    A 203.0.113.1
b    A 192.0.2.3
z    A 192.0.2.3
mx4  A 192.0.2.4
mx6  A 192.0.2.6
six  AAAA 2001:db8::1
$BEHAVE broken A servfail
"#;

    #[test]
    fn a_name_counts_once_it_leads_back() {
        let zone = zone_of(ZONE);
        let ask = |address: &str| {
            let address = address.parse().unwrap();
            match settle(&zone, |inquiry| reverse(inquiry, address)) {
                Reverse::Named { name, confirmed: true } => name.to_string(),
                Reverse::Named { name, confirmed: false } => format!("{name}?"),
                Reverse::Nameless => "-".to_owned(),
                Reverse::Failed(failure) => failure.as_str().to_owned(),
            }
        };
        for (address, expected) in [
            ("192.0.2.1", "mx.example.com"),
            ("::ffff:192.0.2.1", "mx.example.com"),
            ("192.0.2.2", "liar.example.com?"),
            ("192.0.2.3", "b.example.com"),
            ("192.0.2.4", "mx4.example.com"),
            ("192.0.2.5", "servfail"),
            ("192.0.2.6", "mx6.example.com"),
            ("192.0.2.7", "servfail"),
            ("192.0.2.99", "-"),
            ("2001:db8::1", "six.example.com"),
        ] {
            assert_eq!(ask(address), expected, "{address}");
        }
    }
}
