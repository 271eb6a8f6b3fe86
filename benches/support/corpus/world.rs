//! Who reports, about whom, and who sends.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::Random;

/// A domain that reports are about.
pub(super) struct Domain {
    pub(super) name: &'static str,
    pub(super) share: u64,
    pub(super) policy: &'static str,
}

pub(super) const DOMAINS: [Domain; 5] = [
    Domain { name: "example.com", share: 44, policy: "none" },
    Domain { name: "example.net", share: 22, policy: "quarantine" },
    Domain { name: "example.org", share: 15, policy: "none" },
    Domain { name: "shop.example", share: 11, policy: "reject" },
    Domain { name: "team.example", share: 8, policy: "quarantine" },
];

/// How a reporter writes a report.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) attributes: &'static str,
    pub(super) indent: &'static str,
    pub(super) line: &'static str,
    pub(super) has_version: bool,
    pub(super) has_scope: bool,
    pub(super) has_envelope_from: bool,
    /// Whether it names the domain of each recipient.
    pub(super) has_envelope_to: bool,
    pub(super) selector_first: bool,
}

/// What a report is wrapped in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrap {
    Gzip,
    Zip,
    Bare,
}

/// Someone who reports.
pub(super) struct Reporter {
    pub(super) name: &'static str,
    pub(super) host: &'static str,
    pub(super) share: u64,
    pub(super) style: Style,
    pub(super) wrap: Wrap,
    /// Whether the report is all that a mail holds.
    pub(super) is_alone: bool,
}

const PLAIN: Style = Style {
    attributes: "",
    indent: "  ",
    line: "\n",
    has_version: false,
    has_scope: false,
    has_envelope_from: false,
    has_envelope_to: false,
    selector_first: false,
};
const LARGE: Style = Style {
    attributes: " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"",
    has_version: true,
    has_scope: true,
    has_envelope_from: true,
    has_envelope_to: true,
    selector_first: true,
    ..PLAIN
};
const DENSE: Style = Style { indent: "", line: "", has_scope: true, selector_first: true, ..PLAIN };
const TABBED: Style =
    Style { indent: "\t", has_version: true, has_scope: true, has_envelope_from: true, ..PLAIN };
const DOS: Style = Style { indent: "    ", line: "\r\n", has_scope: true, ..PLAIN };

pub(super) const REPORTERS: [Reporter; 10] = [
    Reporter {
        name: "bigmail.example",
        host: "bigmail.example",
        share: 27,
        style: PLAIN,
        wrap: Wrap::Zip,
        is_alone: true,
    },
    Reporter {
        name: "Mailhaven Enterprise",
        host: "enterprise.mailhaven.example",
        share: 15,
        style: LARGE,
        wrap: Wrap::Gzip,
        is_alone: false,
    },
    Reporter {
        name: "Mailhaven",
        host: "mailhaven.example",
        share: 14,
        style: LARGE,
        wrap: Wrap::Gzip,
        is_alone: false,
    },
    Reporter {
        name: "Yonder",
        host: "yonder.example",
        share: 11,
        style: Style { selector_first: true, ..PLAIN },
        wrap: Wrap::Gzip,
        is_alone: false,
    },
    Reporter {
        name: "Pochta",
        host: "pochta.example",
        share: 8,
        style: DENSE,
        wrap: Wrap::Gzip,
        is_alone: false,
    },
    Reporter {
        name: "Fastpost Pty Ltd",
        host: "fastpost.example",
        share: 8,
        style: TABBED,
        wrap: Wrap::Gzip,
        is_alone: false,
    },
    Reporter {
        name: "netzpost.example",
        host: "netzpost.example",
        share: 8,
        style: DOS,
        wrap: Wrap::Zip,
        is_alone: false,
    },
    Reporter {
        name: "cable.example",
        host: "cable.example",
        share: 6,
        style: Style { indent: "", ..PLAIN },
        wrap: Wrap::Gzip,
        is_alone: false,
    },
    Reporter {
        name: "old.example",
        host: "old.example",
        share: 2,
        style: PLAIN,
        wrap: Wrap::Bare,
        is_alone: false,
    },
    // Forty small hosts, told apart by a number.
    Reporter {
        name: "host",
        host: "host.example",
        share: 9,
        style: Style { has_envelope_from: true, ..PLAIN },
        wrap: Wrap::Gzip,
        is_alone: true,
    },
];
pub(super) const SMALL_HOSTS: u64 = 40;

/// Someone who sends as the domains.
pub(super) struct Sender {
    pub(super) share: u64,
    /// How many addresses it sends from; by it, they differ from those of other senders.
    pub(super) addresses: u64,
    /// Whether each domain has its own.
    pub(super) is_own: bool,
    /// The domain it signs with besides the owner's, and the selector there.
    pub(super) signer: Option<(&'static str, &'static str)>,
    /// Keys of the owner's it signs with.
    pub(super) keys: u64,
    /// The domain of its envelopes, if it isn't the owner's.
    pub(super) envelope: Option<&'static str>,
    /// Of a hundred records, how many have a good signature of the owner's, and pass SPF.
    pub(super) signs: u64,
    pub(super) spf: u64,
}

pub(super) const SENDERS: [Sender; 10] = [
    sender(26, 24, true, None, 2, None, 98, 97),
    sender(20, 1_500, false, Some(("example-com.onmailer.example", "selector1")), 2, None, 97, 98),
    sender(14, 600, false, Some(("sendgrid.net", "smtpapi")), 2, Some("em.bounce.sendgrid.net"), 96, 99),
    sender(
        10,
        900,
        false,
        Some(("amazonses.com", "224i4yxa5dv7c2xz3womw6peuasteono")),
        3,
        Some("amazonses.com"),
        92,
        99,
    ),
    sender(7, 400, false, Some(("mcsv.net", "k1")), 1, Some("mail12.mcsv.net"), 0, 99),
    sender(5, 60, false, None, 1, Some("helpdesk.example"), 0, 99),
    // Those that pass mail on: signatures stay good mostly, SPF never fits.
    sender(9, 12_000, false, None, 2, Some("forwarder.example"), 78, 60),
    sender(3, 90, false, Some(("groups.example", "list")), 2, Some("groups.example"), 5, 95),
    // Those that have no right to.
    sender(4, 20_000, false, None, 0, None, 0, 4),
    sender(2, 20_000, false, None, 0, Some("stranger.example"), 0, 50),
];

#[expect(clippy::too_many_arguments, reason = "a row of a table")]
const fn sender(
    share: u64,
    addresses: u64,
    is_own: bool,
    signer: Option<(&'static str, &'static str)>,
    keys: u64,
    envelope: Option<&'static str>,
    signs: u64,
    spf: u64,
) -> Sender {
    Sender { share, addresses, is_own, signer, keys, envelope, signs, spf }
}

/// Domains of recipients, as some reporters name them.
pub(super) const RECIPIENTS: u64 = 200;

/// An address of a sender: a few send most of its mail, unless it is nobody's. One of thirteen is of the new kind.
pub(super) fn address(random: &mut Random, sender: usize, domain: usize) -> IpAddr {
    let Sender { addresses, is_own, keys, .. } = SENDERS[sender];
    let any = random.below(addresses);
    let host = if keys == 0 { any } else { any * random.below(addresses) / addresses };
    let before: u64 = SENDERS[..sender].iter().map(Sender::room).sum();
    let at = before + host + if is_own { addresses * domain as u64 } else { 0 };
    if host % 13 == 12 {
        return IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | u128::from(at) << 64 | 1));
    }
    // 198.18.0.0/15 is twice as large as all of them need.
    IpAddr::V4(Ipv4Addr::from_bits(0xC612_0000 + 2 * at as u32))
}

impl Sender {
    /// The addresses it has for all domains together.
    const fn room(&self) -> u64 {
        self.addresses * if self.is_own { DOMAINS.len() as u64 } else { 1 }
    }
}
