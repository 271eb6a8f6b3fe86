//! How many addresses ranges hold.

use std::collections::BTreeSet;

use super::net::Net;

/// How many addresses ranges hold together, those in several of them counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// IPv4 addresses.
    pub v4: u128,
    /// IPv6 addresses; as many as can be counted where there are more.
    pub v6: u128,
}

impl Extent {
    /// The extent of ranges.
    #[must_use]
    pub fn of(nets: &[Net]) -> Self {
        let nets: BTreeSet<Net> = nets.iter().map(|net| net.network()).collect();
        // In order of address and then of prefix, a range comes after every range that holds it.
        let mut extent = Self::default();
        let mut last: Option<Net> = None;
        for net in nets {
            if last.is_some_and(|last| last.covers(net)) {
                continue;
            }
            last = Some(net);
            let sum = if net.address().is_ipv4() { &mut extent.v4 } else { &mut extent.v6 };
            *sum = sum.saturating_add(net.size());
        }
        extent
    }
}
