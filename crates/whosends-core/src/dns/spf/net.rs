//! Ranges of addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses, as `ip4` and `ip6` terms write it: an address and how many of its leading bits
/// count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Net {
    address: IpAddr,
    prefix: u8,
}

impl Net {
    /// The range of the addresses that share `prefix` leading bits with `address`; `None` where the address
    /// has fewer bits.
    #[must_use]
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        (prefix <= Self::width(address)).then_some(Self { address, prefix })
    }

    /// The range of an address alone.
    #[must_use]
    pub const fn single(address: IpAddr) -> Self {
        Self { address, prefix: Self::width(address) }
    }

    const fn width(address: IpAddr) -> u8 {
        if address.is_ipv4() { 32 } else { 128 }
    }

    /// The address as it was written, its uncounted bits included.
    #[must_use]
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// How many leading bits count.
    #[must_use]
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether the range holds `address`. An IPv4 address is never in an IPv6 range (RFC 7208 section 5).
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                differing(u128::from(own.to_bits() ^ other.to_bits()), 32, self.prefix) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                differing(own.to_bits() ^ other.to_bits(), 128, self.prefix) == 0
            }
            _ => false,
        }
    }

    /// Whether every address of `other` is in this range.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.address)
    }

    /// The same range written with its first address.
    #[must_use]
    pub fn network(self) -> Self {
        let address = match self.address {
            IpAddr::V4(own) => IpAddr::V4(Ipv4Addr::from_bits(
                own.to_bits() & u32::MAX.checked_shl(u32::from(32 - self.prefix)).unwrap_or(0),
            )),
            IpAddr::V6(own) => IpAddr::V6(Ipv6Addr::from_bits(
                own.to_bits() & u128::MAX.checked_shl(u32::from(128 - self.prefix)).unwrap_or(0),
            )),
        };
        Self { address, prefix: self.prefix }
    }

    /// How many addresses it holds; `u128::MAX` stands for all of IPv6.
    #[must_use]
    pub fn size(self) -> u128 {
        let free = u32::from(Self::width(self.address) - self.prefix);
        1_u128.checked_shl(free).unwrap_or(u128::MAX)
    }
}

/// The counted bits of a difference between addresses of `width` bits. A prefix of none leaves no bit,
/// which a plain shift by the whole width would not.
fn differing(difference: u128, width: u32, prefix: u8) -> u128 {
    difference.checked_shr(width - u32::from(prefix)).unwrap_or(0)
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == Self::width(self.address) {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.prefix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(address: &str, prefix: u8) -> Net {
        Net::new(address.parse().unwrap(), prefix).unwrap()
    }

    #[test]
    fn prefixes_from_none_to_all() {
        let address = "192.0.2.9".parse().unwrap();
        assert!(net("203.0.113.1", 0).contains(address));
        assert!(net("192.0.2.0", 24).contains(address) && !net("192.0.2.0", 29).contains(address));
        assert!(net("192.0.2.9", 32).contains(address) && !net("192.0.2.8", 32).contains(address));
        assert!(net("::", 0).contains("2001:db8::1".parse().unwrap()));
        assert!(!net("::", 0).contains(address));
        assert_eq!(Net::new(address, 33), None);
    }

    #[test]
    fn ranges_in_ranges() {
        assert!(net("192.0.2.7", 24).covers(net("192.0.2.128", 25)));
        assert!(!net("192.0.2.128", 25).covers(net("192.0.2.7", 24)));
        assert_eq!(net("192.0.2.7", 24).network().to_string(), "192.0.2.0/24");
        assert_eq!(net("192.0.2.7", 0).network().to_string(), "0.0.0.0/0");
        assert_eq!(net("192.0.2.7", 24).size(), 256);
        assert_eq!(net("::", 0).size(), u128::MAX);
    }
}
