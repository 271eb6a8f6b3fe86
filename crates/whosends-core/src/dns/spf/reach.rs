//! Whom a record passes, and what it says of everybody else. Terms are tried in order (RFC 7208 section 4.6.2): what
//! matches every sender with an address of a kind decides for all of them, whatever stands behind it.

use super::net::Net;
use super::record::Qualifier;
use super::tree::{Branch, Role, Tree};

/// A kind of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4
    V4,
    /// IPv6
    V6,
}

impl Family {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// What it is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }

    const fn holds(self, net: Net) -> bool {
        net.address().is_ipv4() == matches!(self, Self::V4)
    }
}

impl Branch {
    /// Whether the term matches every sender with an address of this kind.
    #[must_use]
    pub fn matches_every(&self, family: Family) -> bool {
        let whole = || self.nets.iter().any(|net| net.prefix() == 0 && family.holds(*net));
        self.reached && self.role != Role::Redirect && (self.everyone || whole())
    }
}

impl Tree {
    /// The first term that matches every sender with an address of this kind, and its place in the record.
    #[must_use]
    pub fn first_for_every(&self, family: Family) -> Option<(usize, &Branch)> {
        self.branches.iter().enumerate().find(|(_, branch)| branch.matches_every(family))
    }

    /// What the record says of senders with an address of this kind that no other term matches; `None` where no term
    /// matches them all, and so it says nothing.
    #[must_use]
    pub fn of_everybody_else(&self, family: Family) -> Option<Qualifier> {
        match self.first_for_every(family) {
            Some((_, branch)) => branch.qualifier,
            None => self.redirect()?.of_everybody_else(family),
        }
    }

    /// Whether everyone on the internet passes.
    #[must_use]
    pub fn passes_everyone(&self) -> bool {
        Family::BOTH.into_iter().all(|family| self.of_everybody_else(family) == Some(Qualifier::Pass))
    }

    /// The ranges that pass, as far as they are known: not those behind a term that decides for them.
    #[must_use]
    pub fn passing(&self) -> Vec<Net> {
        let mut decided: Vec<Net> = Vec::new();
        let mut over: Vec<Family> = Vec::new();
        let mut nets: Vec<Net> = Vec::new();
        for branch in self.branches.iter().filter(|branch| branch.reached) {
            let passes = branch.qualifier == Some(Qualifier::Pass) || branch.role == Role::Redirect;
            let open = |net: &&Net| {
                !over.iter().any(|family| family.holds(**net))
                    && !decided.iter().any(|outer| outer.covers(**net))
            };
            if passes {
                nets.extend(branch.nets.iter().filter(open).copied());
            } else if branch.qualifier.is_some() {
                decided.extend(branch.nets.iter().copied());
            }
            over.extend(Family::BOTH.into_iter().filter(|family| branch.matches_every(*family)));
        }
        nets.sort_unstable();
        nets.dedup();
        nets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::DnsName;
    use crate::dns::spf::{Message, Verdict, evaluate, tree};
    use crate::dns::testing::{Dice, settle, zone_of};

    const TERMS: &[&str] = &[
        "ip4:192.0.2.0/24",
        "ip4:198.51.100.7",
        "ip4:0.0.0.0/0",
        "ip6:2001:db8::/32",
        "ip6:::/0",
        "include:open.example",
        "include:whole.example",
        "include:half.example",
        "include:some.example",
        "a:host.example",
        "a:host.example/0",
        "exists:host.example",
        "exists:gone.example",
        "all",
    ];

    #[test]
    fn the_tree_agrees_with_the_evaluation_of_every_address() {
        let domain = DnsName::from_dotted("example.com").unwrap();
        let mut dice = Dice::new();
        let mut passed = 0;
        for _ in 0..300 {
            let terms: Vec<_> = (0..1 + dice.below(4))
                .map(|_| format!("{}{}", ["", "-", "~", "?"][dice.below(4)], TERMS[dice.below(TERMS.len())]))
                .collect();
            let record = terms.join(" ");
            let zone = zone_of(&format!(
                "example.com. TXT \"v=spf1 {record}\"\nopen.example. TXT \"v=spf1 +all\"\nhost.example. A 192.0.2.1\n\
                 whole.example. TXT \"v=spf1 ip4:0.0.0.0/0 ip6:::/0 ~all\"\n\
                 half.example. TXT \"v=spf1 ip4:0.0.0.0/0 -all\"\n\
                 some.example. TXT \"v=spf1 -ip4:192.0.2.0/24 ip4:192.0.2.9 ip4:198.51.100.7 -all\""
            ));
            let tree = settle(&zone, |inquiry| tree(inquiry, &domain));
            let passing = tree.passing();
            for address in
                ["192.0.2.1", "192.0.2.9", "198.51.100.7", "203.0.113.1", "2001:db8::1", "2001:db9::1"]
            {
                let address: std::net::IpAddr = address.parse().unwrap();
                let message = Message::new(address, b"a@example.com", b"example.com");
                let verdict = settle(&zone, |inquiry| evaluate(inquiry, &message, b"example.com")).verdict;
                if verdict == Verdict::PermError {
                    continue;
                }
                let family = if address.is_ipv4() { Family::V4 } else { Family::V6 };
                let named = |branch: &Branch| branch.nets.iter().any(|net| net.contains(address));
                let refused =
                    tree.branches.iter().any(|one| one.qualifier != Some(Qualifier::Pass) && named(one));
                let told = passing.iter().any(|net| net.contains(address));
                let otherwise = tree.of_everybody_else(family).map_or(Verdict::Neutral, Verdict::from);
                if told && !refused {
                    assert_eq!(verdict, Verdict::Pass, "{record}: {address}");
                    passed += 1;
                } else if !told && !tree.branches.iter().any(named) {
                    assert_eq!(verdict, otherwise, "{record}: {address}");
                } else if !told {
                    assert!(verdict != Verdict::Pass || otherwise == Verdict::Pass, "{record}: {address}");
                }
            }
        }
        assert!(passed > 100, "{passed}");
    }
}
