//! What is known of an address, and which machine that makes it.

use std::net::IpAddr;

use super::asn::Asn;
use super::catalogue::Catalogue;
use super::evidence::{Evidence, EvidenceKind, Sender};
use super::owner::Owner;
use super::passed_on::is_forwarding_name;
use super::prefix::Ranges;
use super::suffix::Claims;

/// What the reverse lookup of an address gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReverseName {
    /// Nobody asked, or the answer never came.
    #[default]
    Unasked,
    /// The address has no name.
    Absent,
    /// It has one.
    Found {
        /// The host name.
        name: String,
        /// Whether the name leads back to the address; `None` where nobody asked.
        confirmed: Option<bool>,
    },
}

/// What is known of an address besides the reports: all of it is optional.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressFacts {
    /// The address.
    pub address: IpAddr,
    /// Its name.
    pub reverse: ReverseName,
    /// Its network (ASN).
    pub network: Option<Asn>,
}

impl AddressFacts {
    /// An address of which nothing is known.
    #[must_use]
    pub const fn bare(address: IpAddr) -> Self {
        Self { address, reverse: ReverseName::Unasked, network: None }
    }
}

/// Evidence for a machine, with everyone who claims the sign.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Machine {
    pub(super) kind: EvidenceKind,
    pub(super) claims: Claims,
}

impl Machine {
    pub(super) const fn points(&self) -> u8 {
        self.kind.points().1
    }
}

/// What speaks against an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Doubts {
    /// Its name is one that is handed out by the thousand, and names no machine of a service.
    pub(super) generic: bool,
    /// Such a name speaks against the mail.
    pub(super) line: bool,
    /// It has no name.
    pub(super) nameless: bool,
    /// Its name leads elsewhere.
    pub(super) refuted: bool,
}

/// An address as the judgement sees it; equal addresses are judged alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Standing {
    pub(super) own: bool,
    pub(super) machines: Vec<Machine>,
    pub(super) doubts: Doubts,
    /// Whether it has a name that leads back to it, whosever that is.
    pub(super) named: bool,
    /// Whether it is called what lists and forwarders are called.
    pub(super) forwards: bool,
}

/// Reads an address.
pub(super) fn read(facts: &AddressFacts, catalogue: &Catalogue, owner: &Owner, ranges: &Ranges) -> Standing {
    read_sending(facts, false, catalogue, owner, ranges)
}

/// Reads an address that may send steadily. A rented server keeps the name that its provider gave it as a rule, and one
/// that sends day after day is as likely the owner's as not: that name says nothing against it.
pub(super) fn read_sending(
    facts: &AddressFacts,
    steady: bool,
    catalogue: &Catalogue,
    owner: &Owner,
    ranges: &Ranges,
) -> Standing {
    let doubts = doubts(facts, steady);
    let mut machines = Vec::new();
    let mut add = |kind, claims: Claims| machines.push(Machine { kind, claims });
    let signals = catalogue.signals();
    // A refuted name can be anybody's invention, and a dynamic one is a customer's line: neither is a machine
    // of the service it seems to name.
    if let ReverseName::Found { name, confirmed } = &facts.reverse
        && !doubts.generic
        && !doubts.refuted
        && let Some(claims) = signals.rdns.find(&host(name))
    {
        let kind = match confirmed {
            Some(_) => EvidenceKind::ReverseName,
            None => EvidenceKind::UnconfirmedReverseName,
        };
        add(kind, claims.clone());
    }
    if let Some((service, _)) = ranges.find(facts.address) {
        add(EvidenceKind::PublishedRange, Claims::new(service));
    }
    if let Some(network) = &facts.network
        && !doubts.generic
        && let Some(claims) = signals.asns.get(&network.number)
    {
        add(EvidenceKind::Network, claims.clone());
    }
    let confirmed = match &facts.reverse {
        ReverseName::Found { name, confirmed: Some(true) } => Some(host(name)),
        _ => None,
    };
    Standing {
        own: owner.has_address(facts.address),
        machines,
        doubts,
        named: confirmed.is_some(),
        forwards: confirmed.is_some_and(|name| is_forwarding_name(&name)),
    }
}

/// The evidence of an address, for people.
pub(super) fn evidence(standing: &Standing, facts: &AddressFacts, ranges: &Ranges) -> Vec<Evidence> {
    let value = |kind| match kind {
        EvidenceKind::ReverseName | EvidenceKind::UnconfirmedReverseName => match &facts.reverse {
            ReverseName::Found { name, .. } => host(name),
            ReverseName::Unasked | ReverseName::Absent => String::new(),
        },
        EvidenceKind::Network => {
            facts.network.as_ref().map(|network| format!("AS{}", network.number)).unwrap_or_default()
        }
        EvidenceKind::PublishedRange => {
            ranges.find(facts.address).map(|(_, prefix)| prefix.to_string()).unwrap_or_default()
        }
        _ => facts.address.to_string(),
    };
    let piece = |kind, names| Evidence { kind, value: value(kind), names };
    let own = standing.own.then(|| piece(EvidenceKind::OwnAddress, Sender::Own));
    let machines = standing
        .machines
        .iter()
        .map(|machine| piece(machine.kind, Sender::Service(machine.claims.primary())));
    own.into_iter().chain(machines).collect()
}

/// A host name the way the catalogue writes names.
pub(super) fn host(name: &str) -> String {
    name.trim().trim_end_matches('.').to_ascii_lowercase()
}

fn doubts(facts: &AddressFacts, steady: bool) -> Doubts {
    match &facts.reverse {
        ReverseName::Unasked => Doubts::default(),
        ReverseName::Absent => Doubts { nameless: true, ..Doubts::default() },
        ReverseName::Found { name, confirmed } => {
            let name = host(name);
            let generic = is_dynamic(&name, facts.address);
            let line = generic && !(steady && is_rented(&name));
            Doubts { generic, line, refuted: *confirmed == Some(false), nameless: false }
        }
    }
}

/// Words in the generic names of servers that are rented: whoever sends from there may be the owner.
const RENTED_WORDS: [&str; 20] = [
    "cloud",
    "clients",
    "colo",
    "compute",
    "dedi",
    "dedicated",
    "fixed",
    "hosted",
    "hosting",
    "instance",
    "kvm",
    "server",
    "servers",
    "srv",
    "static",
    "stat",
    "vm",
    "vps",
    "vserver",
    "webserver",
];

fn is_rented(name: &str) -> bool {
    let mut words = name.split(['.', '-', '_']);
    words.any(|word| {
        RENTED_WORDS.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit())) || word == "ec2"
    })
}

/// Labels that providers put into the names of customers' lines.
const LINE_WORDS: [&str; 21] = [
    "adsl",
    "broadband",
    "cable",
    "cust",
    "customer",
    "customers",
    "dhcp",
    "dial",
    "dialup",
    "dsl",
    "dyn",
    "dynamic",
    "dynip",
    "pool",
    "pools",
    "ppp",
    "pppoe",
    "res",
    "residential",
    "sdsl",
    "vdsl",
];

/// Whether a host name is the kind that is handed out by the thousand: one made of the address itself, or
/// with a word for an access line in it.
pub(super) fn is_dynamic(name: &str, address: IpAddr) -> bool {
    let holds_address = match address {
        IpAddr::V4(v4) => holds_v4(name, v4.octets()),
        IpAddr::V6(v6) => holds_v6(name, v6.octets(), v6.segments()),
    };
    holds_address
        || name
            .split(['.', '-', '_'])
            .any(|word| LINE_WORDS.contains(&word.trim_matches(|c: char| c.is_ascii_digit())))
}

/// The octets in a row in either direction, each a number of its own or padded to three digits, or in hex.
fn holds_v4(name: &str, octets: [u8; 4]) -> bool {
    let mut reversed = octets;
    reversed.reverse();
    let numbers = numbers(name);
    let in_a_row = |wanted: [u8; 4]| {
        numbers.windows(4).any(|four| {
            let apart = four.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0);
            apart && four.iter().zip(wanted).all(|(&(_, _, number), octet)| number == Some(octet))
        })
    };
    [octets, reversed].into_iter().any(|wanted| {
        let padded: String = wanted.iter().map(|octet| format!("{octet:03}")).collect();
        let hex: String = wanted.iter().map(|octet| format!("{octet:02x}")).collect();
        in_a_row(wanted) || name.contains(&padded) || name.contains(&hex)
    })
}

/// Every run of digits: where it starts, where it ends, and its number where that fits an octet.
fn numbers(name: &str) -> Vec<(usize, usize, Option<u8>)> {
    let bytes = name.as_bytes();
    let mut runs = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            at += 1;
            continue;
        }
        runs.push((at, at + digits, name.get(at..at + digits).and_then(|run| run.parse().ok())));
        at += digits;
    }
    runs
}

/// All its hex digits in either direction, or its network part group by group, whatever stands between.
fn holds_v6(name: &str, octets: [u8; 16], segments: [u16; 8]) -> bool {
    let bare: String = name.chars().filter(|c| !matches!(c, '.' | '-' | '_' | ':')).collect();
    let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let nibbles: String = hex.chars().rev().collect();
    let network = |separator: &str| {
        segments[..4].iter().map(|segment| format!("{segment:x}")).collect::<Vec<_>>().join(separator)
    };
    bare.contains(&hex)
        || bare.contains(&nibbles)
        || name.contains(&network("-"))
        || name.contains(&network("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_customer_lines_are_seen_through() {
        let dynamic = |name: &str, address: &str| is_dynamic(name, address.parse().unwrap());
        for (name, address) in [
            ("c-198-51-100-7.hsd1.ca.isp.example", "198.51.100.7"),
            ("static.7.100.51.198.clients.isp.example", "198.51.100.7"),
            ("host198051100007.isp.example", "198.51.100.7"),
            ("pc6336407.isp.example", "198.51.100.7"),
            ("adsl12.isp.example", "198.51.100.7"),
            ("x.dynamic-pool3.isp.example", "198.51.100.7"),
            ("2001-db8-0-1-5054-ff-fe12-3456.isp.example", "2001:db8:0:1:5054:ff:fe12:3456"),
            (
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.isp.example",
                "2001:db8::1",
            ),
        ] {
            assert!(dynamic(name, address), "{name}");
        }
        for (name, address) in [
            ("mail-sor-f41.google.com", "209.85.220.41"),
            ("a27-190.smtp-out.us-west-2.amazonses.com", "54.240.27.190"),
            ("o1.ptr.outbound-mail.sendgrid.net", "167.89.0.10"),
            ("mo10.mail-out.ovh.net", "178.32.124.10"),
            ("resources.example.com", "192.0.2.1"),
            ("mail-1-2-3.example.com", "192.1.2.3"),
        ] {
            assert!(!dynamic(name, address), "{name}");
        }
    }

    #[test]
    fn a_name_counts_by_how_it_was_confirmed() {
        let catalogue = crate::senders::testing::catalogue();
        let standing = |confirmed| {
            let reverse = ReverseName::Found { name: "O1.Outbound-Mail.SendGrid.net.".to_owned(), confirmed };
            let facts = AddressFacts { reverse, ..AddressFacts::bare([192, 0, 2, 1].into()) };
            let standing = read(&facts, catalogue, &Owner::default(), &Ranges::default());
            let evidence = evidence(&standing, &facts, &Ranges::default());
            (evidence.first().map(Evidence::points), standing.doubts.refuted)
        };
        assert_eq!(standing(Some(true)), (Some(70), false));
        assert_eq!(standing(None), (Some(40), false));
        assert_eq!(standing(Some(false)), (None, true));
    }
}
