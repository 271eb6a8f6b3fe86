//! Which organisation, or else which network, is behind messages.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::analysis::organisation::organisation;
use crate::model::words::{DkimResult, SpfResult, SpfScope};
use crate::model::{Combination, Name};

/// Who signed or sent: the nearest thing to a sender that needs no catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Network {
    /// The organizational domain of what passed DKIM or SPF.
    Organisation(Box<str>),
    /// The /24 or /64 of an address about which nothing passed.
    Prefix(Prefix),
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organisation(domain) => f.write_str(domain),
            Self::Prefix(prefix) => prefix.fmt(f),
        }
    }
}

/// The /24 of an IPv4 address or the /64 of an IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(IpAddr);

impl Prefix {
    /// The prefix that holds an address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & !0xff)),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        })
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.0.is_ipv4() { 24 } else { 64 };
        write!(f, "{}/{bits}", self.0)
    }
}

/// The organisation that passing DKIM or SPF results show.
///
/// Another organisation's domain comes before the policy domain's own, as it says which service sent; and
/// DKIM before SPF, as a signature survives a forwarder and an envelope does not. A HELO name shows the
/// machine and not who uses it. Among equals the first by name is taken, whatever the order of the results.
pub(super) fn evidence(combination: &Combination, own: &str) -> Option<Box<str>> {
    let signed = combination.auth_dkim.iter().filter(|auth| auth.result == Some(DkimResult::Pass));
    let sent = combination
        .auth_spf
        .iter()
        .filter(|auth| auth.result == Some(SpfResult::Pass) && auth.scope != Some(SpfScope::Helo));
    let signed = organisations(signed.filter_map(|auth| auth.domain.as_ref()));
    let sent = organisations(sent.filter_map(|auth| auth.domain.as_ref()));
    let foreign = |list: &[&str]| list.iter().copied().filter(|&domain| domain != own).min().map(Box::from);
    let any = |list: &[&str]| list.iter().copied().min().map(Box::from);
    foreign(&signed).or_else(|| foreign(&sent)).or_else(|| any(&signed)).or_else(|| any(&sent))
}

fn organisations<'a>(names: impl Iterator<Item = &'a Name>) -> Vec<&'a str> {
    names.filter(|name| name.is_domain()).map(organisation).collect()
}
