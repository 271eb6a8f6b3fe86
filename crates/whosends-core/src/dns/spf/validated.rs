//! The validated names of an address (RFC 7208 section 5.5).

use std::net::IpAddr;

use super::super::answers::Inquiry;
use super::super::name::DnsName;
use super::super::query::RecordType;
use super::MOST_NAMES;

/// What the reverse lookup of an address gave.
pub(super) struct Validated {
    /// The names that lead back to the address, in the order they came.
    pub(super) names: Vec<DnsName>,
    /// Whether the address has no name at all.
    pub(super) void: bool,
}

/// The record type for addresses of the same kind as `address`.
pub(super) const fn address_type(address: IpAddr) -> RecordType {
    if address.is_ipv4() { RecordType::A } else { RecordType::Aaaa }
}

/// Looks up the names of `address` and which of them lead back to it; `None` while answers are missing.
/// Names beyond the tenth, and names that can't be looked up, are left out: the sender's domain has no say
/// in either.
pub(super) fn validated(inquiry: &Inquiry<'_>, address: IpAddr) -> Option<Validated> {
    let answer = inquiry.records(&DnsName::reverse(address), RecordType::Ptr)?;
    let candidates: Vec<_> = answer.pointers().take(MOST_NAMES).collect();
    // All are asked before any is looked at: they go out together.
    let found: Vec<_> = candidates.iter().map(|name| inquiry.records(name, address_type(address))).collect();
    let mut names = Vec::new();
    for (name, answer) in candidates.into_iter().zip(found) {
        if answer?.addresses().any(|found| found == address) {
            names.push(name.clone());
        }
    }
    Some(Validated { names, void: answer.is_absent() })
}

/// The name that the macro letter `p` stands for: the domain itself, else a name below it, else any
/// validated name, else `unknown` (section 7.3). `None` while answers are missing.
pub(super) fn macro_name(inquiry: &Inquiry<'_>, address: IpAddr, domain: &[u8]) -> Option<Vec<u8>> {
    let names = validated(inquiry, address)?.names;
    let best = DnsName::from_dotted(domain).ok().and_then(|domain| {
        names
            .iter()
            .find(|name| **name == domain)
            .or_else(|| names.iter().find(|name| name.is_within(&domain)))
    });
    let chosen = best.or_else(|| names.first());
    Some(chosen.map_or_else(|| b"unknown".to_vec(), |name| name.to_string().into_bytes()))
}
