//! Address prefixes, and the longest one that holds an address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::catalogue::{Catalogue, ServiceId};
use super::ids::IdMap;

/// An address prefix: `192.0.2.0/24`, `2001:db8::/32`, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix {
    v6: bool,
    /// The address; that of IPv4 stands at the beginning. Bytes need less room than a number: there may be one of these
    /// for each of a million addresses.
    bytes: [u8; 16],
    length: u8,
}

#[cfg(feature = "store")]
impl crate::model::stored::Stored for Prefix {
    fn put(&self, out: &mut Vec<u8>) {
        let bytes = usize::from(self.length.div_ceil(8));
        out.extend([u8::from(self.v6), self.length]);
        out.extend_from_slice(&self.bytes[..bytes.min(16)]);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        let (&[v6, length], behind) = rest.split_first_chunk()?;
        let (found, behind) = behind.split_at_checked(usize::from(length.div_ceil(8)))?;
        *rest = behind;
        let mut bytes = [0; 16];
        bytes.get_mut(..found.len())?.copy_from_slice(found);
        let is_one = length <= if v6 == 0 { 32 } else { 128 };
        (v6 <= 1 && is_one).then_some(Self { v6: v6 == 1, bytes, length })
    }
}

impl Prefix {
    /// The prefix of `length` bits that holds `address`; a length beyond the address's is the whole address.
    #[must_use]
    pub fn new(address: IpAddr, length: u8) -> Self {
        let (v6, bits, width) = match address.to_canonical() {
            IpAddr::V4(v4) => (false, u128::from(u32::from(v4)) << 96, 32),
            IpAddr::V6(v6) => (true, u128::from(v6), 128),
        };
        let length = length.min(width);
        Self { v6, bytes: (bits & mask(length)).to_be_bytes(), length }
    }

    /// The prefix that is one address.
    #[must_use]
    pub fn single(address: IpAddr) -> Self {
        Self::new(address, 128)
    }

    /// Reads an address or a prefix in CIDR form; `None` where it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        match length {
            Some(length) if length > width => None,
            Some(length) => Some(Self::new(address, length)),
            None => Some(Self::single(address)),
        }
    }

    /// The block that stands for an address without a name: its /24, or its /64 for IPv6.
    #[must_use]
    pub fn block(address: IpAddr) -> Self {
        let length = if address.to_canonical().is_ipv4() { 24 } else { 64 };
        Self::new(address, length)
    }

    /// Whether the prefix holds the address.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let other = Self::single(address);
        self.v6 == other.v6 && other.bits() & mask(self.length) == self.bits()
    }

    /// The number of bits that are fixed.
    #[must_use]
    pub const fn length(self) -> u8 {
        self.length
    }

    /// The first address.
    #[must_use]
    pub fn address(self) -> IpAddr {
        if self.v6 {
            return Ipv6Addr::from(self.bytes).into();
        }
        let [a, b, c, d, ..] = self.bytes;
        Ipv4Addr::new(a, b, c, d).into()
    }

    const fn bits(self) -> u128 {
        u128::from_be_bytes(self.bytes)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self == Self::single(self.address()) {
            true => write!(f, "{}", self.address()),
            false => write!(f, "{}/{}", self.address(), self.length),
        }
    }
}

const fn mask(length: u8) -> u128 {
    match length {
        0 => 0,
        length => u128::MAX << (128 - length as u32),
    }
}

/// Values by prefix; an address finds the longest.
#[derive(Debug, Clone)]
pub(super) struct PrefixMap<T> {
    values: IdMap<Prefix, T>,
    /// The lengths in use, the longest first, for IPv4 and IPv6.
    lengths: [Vec<u8>; 2],
}

impl<T> Default for PrefixMap<T> {
    fn default() -> Self {
        Self { values: IdMap::default(), lengths: Default::default() }
    }
}

impl<T> PrefixMap<T> {
    /// The value at a prefix, made by `new` where there is none.
    pub(super) fn entry(&mut self, prefix: Prefix, new: impl FnOnce() -> T) -> &mut T {
        let lengths = &mut self.lengths[usize::from(prefix.v6)];
        if !lengths.contains(&prefix.length) {
            lengths.push(prefix.length);
            lengths.sort_unstable_by(|a, b| b.cmp(a));
        }
        self.values.entry(prefix).or_insert_with(new)
    }

    pub(super) fn find(&self, address: IpAddr) -> Option<(Prefix, &T)> {
        let whole = Prefix::single(address);
        self.lengths[usize::from(whole.v6)].iter().find_map(|&length| {
            let bytes = (whole.bits() & mask(length)).to_be_bytes();
            let prefix = Prefix { bytes, length, ..whole };
            self.values.get(&prefix).map(|value| (prefix, value))
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// The addresses that services list in SPF, by their published ranges.
#[derive(Debug, Clone, Default)]
pub struct Ranges {
    map: PrefixMap<ServiceId>,
}

impl Ranges {
    /// The widest set of IPv4 addresses that still says something: a /8.
    const MOST_V4: u128 = 1 << 24;
    /// The shortest IPv6 prefix that still says something.
    const SHORTEST_V6: u8 = 16;

    /// The ranges of services. A set that is too wide to name anyone is left out, and its service returned.
    ///
    /// Where two services list one prefix, it goes to the one the other runs on, else to the first id.
    #[must_use]
    pub fn new(catalogue: &Catalogue, sets: &[(ServiceId, Vec<Prefix>)]) -> (Self, Vec<ServiceId>) {
        let (mut ranges, mut refused) = (Self::default(), Vec::new());
        for (service, prefixes) in sets {
            if Self::is_too_wide(prefixes) {
                refused.push(*service);
                continue;
            }
            for &prefix in prefixes {
                let holder = ranges.map.entry(prefix, || *service);
                let carries = catalogue.service(*holder).runs_on.contains(service);
                let carried = catalogue.service(*service).runs_on.contains(holder);
                if carries || (!carried && service < holder) {
                    *holder = *service;
                }
            }
        }
        (ranges, refused)
    }

    fn is_too_wide(prefixes: &[Prefix]) -> bool {
        let sizes =
            prefixes.iter().filter(|prefix| !prefix.v6).map(|prefix| 1u128 << (32 - prefix.length.min(32)));
        sizes.fold(0, u128::saturating_add) > Self::MOST_V4
            || prefixes.iter().any(|prefix| prefix.v6 && prefix.length < Self::SHORTEST_V6)
    }

    /// The service whose most specific range holds the address, and that range.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Option<(ServiceId, Prefix)> {
        self.map.find(address).map(|(prefix, &service)| (service, prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        Prefix::parse(text).unwrap()
    }

    #[test]
    fn prefixes_read_and_hold_addresses() {
        assert_eq!(prefix("192.0.2.77/24").to_string(), "192.0.2.0/24");
        assert_eq!(prefix("2001:db8:0:1:ffff::1").to_string(), "2001:db8:0:1:ffff::1");
        assert_eq!(prefix("::ffff:192.0.2.1"), prefix("192.0.2.1"));
        assert!(prefix("192.0.2.0/24").contains("::ffff:192.0.2.9".parse().unwrap()));
        assert!(!prefix("192.0.2.0/24").contains("198.51.100.1".parse().unwrap()));
        assert!(!prefix("0.0.0.0/0").contains("2001:db8::1".parse().unwrap()));
        assert!(prefix("::/0").contains("2001:db8::1".parse().unwrap()));
        assert_eq!(Prefix::block("2001:db8::1".parse().unwrap()).to_string(), "2001:db8::/64");
        for bad in ["192.0.2.0/33", "2001:db8::/129", "example.com", "", "1.2.3.4/"] {
            assert_eq!(Prefix::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_most_specific_range_wins_and_the_carrier_wins_a_tie() {
        let catalogue = crate::senders::testing::catalogue();
        let key = |id| catalogue.find(id).unwrap().key;
        let sets = [
            (key("resend"), vec![prefix("198.51.100.0/24")]),
            (key("amazon-ses"), vec![prefix("198.51.100.0/24"), prefix("192.0.2.0/24")]),
            (key("postmark"), vec![prefix("192.0.2.128/25")]),
            (key("brevo"), vec![prefix("0.0.0.0/0")]),
        ];
        let (ranges, refused) = Ranges::new(catalogue, &sets);
        let find = |text: &str| ranges.find(text.parse().unwrap()).map(|(service, _)| service);
        assert_eq!(find("198.51.100.7"), Some(key("amazon-ses")));
        assert_eq!(find("192.0.2.200"), Some(key("postmark")));
        assert_eq!(find("192.0.2.1"), Some(key("amazon-ses")));
        assert_eq!(find("203.0.113.1"), None);
        assert_eq!(refused, [key("brevo")]);
    }
}
