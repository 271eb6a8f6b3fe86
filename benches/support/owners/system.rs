//! What sends as an owner, and how it is set up.

use std::net::Ipv4Addr;

use super::mail::{Mail, Whose, with_failures};
use super::{Owner, Random};

/// A service that sends for many: what its mail shows of it, and where a customer sets it up.
pub(super) struct Service {
    /// Its id in the catalogue, if it is there.
    pub(crate) id: Option<&'static str>,
    /// What it signs with by itself: domain and selector.
    signs: (&'static str, &'static str),
    /// Its return path, and the selector that a customer publishes.
    bounce: &'static str,
    selector: &'static str,
}

pub(super) const SERVICES: [Service; 8] = [
    service(Some("sendgrid"), ("sendgrid.net", "smtpapi"), "u77.wl.sendgrid.net", "s1"),
    service(Some("mailchimp"), ("mailchimpapp.net", "k1"), "mail77.atl11.rsgsv.net", "k2"),
    service(
        Some("amazon-ses"),
        ("amazonses.com", "224i4yxa5dv7c2xz3womw6peuasteono"),
        "eu-west-1.amazonses.com",
        "mq5a2v7kdx3jzr6ohw4tb7yenclfgp2s",
    ),
    service(Some("postmark"), ("mtasv.net", "pm-bounces"), "pm.mtasv.net", "20260301120000pm"),
    service(Some("mailgun"), ("mailgun.org", "krs"), "m77.mailgun.org", "pdk1"),
    service(Some("brevo"), ("sender-sib.com", "mail"), "r.sender-sib.com", "brevo1"),
    service(None, ("crmlet.example", "cr"), "bounce.crmlet.example", "crm"),
    service(None, ("payrun.example", "sel"), "mail.payrun.example", "pay"),
];

const fn service(
    id: Option<&'static str>,
    signs: (&'static str, &'static str),
    bounce: &'static str,
    selector: &'static str,
) -> Service {
    Service { id, signs, bounce, selector }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A server of the owner's.
    Server,
    /// A mail host with many tenants: its include, the domain that its default signature stands below.
    Host { id: &'static str, include: &'static str, default: &'static str },
    /// One of [`SERVICES`].
    Service(usize),
}

const HOSTS: [Kind; 2] = [
    Kind::Host { id: "google-workspace", include: "_spf.google.com", default: "20230601.gappssmtp.com" },
    Kind::Host { id: "microsoft-365", include: "spf.protection.outlook.com", default: "onmicrosoft.com" },
];

/// Something of the owner's that sends.
pub(crate) struct System {
    pub(super) kind: Kind,
    /// Messages on a day on which it sends.
    volume: u64,
    addresses: Vec<Ipv4Addr>,
    starts: u64,
    ends: u64,
    /// Sends for so many days of each so many.
    season: Option<(u64, u64)>,
    /// Whether it signs as the owner, and whether the owner's SPF record should name it.
    signs: bool,
    is_listed: bool,
    /// Whether it sends as a subdomain.
    below: bool,
}

/// The systems of an owner: none for a parked domain, else a main one and some services.
pub(super) fn some(random: &mut Random) -> Vec<System> {
    let main = match random.below(100) {
        ..8 => return Vec::new(),
        8..42 => Kind::Server,
        42..70 => HOSTS[0],
        _ => HOSTS[1],
    };
    let mut systems = vec![System::main(random, main)];
    let mut unused: Vec<usize> = (0..SERVICES.len()).collect();
    for _ in 0..random.below(4) {
        let service = unused.remove(random.below(unused.len() as u64) as usize);
        systems.push(System::service(random, service));
    }
    systems
}

/// The SPF record that an owner begins with.
pub(super) fn spf(random: &mut Random, systems: &[System]) -> Option<String> {
    let terms: Vec<String> = systems.iter().filter(|system| system.is_listed).map(System::term).collect();
    if terms.is_empty() && random.below(2) == 0 {
        return None;
    }
    let all = if random.below(3) == 0 { "-all" } else { "~all" };
    Some([&["v=spf1".to_owned()], &*terms, &[all.to_owned()]].concat().join(" "))
}

impl System {
    fn main(random: &mut Random, kind: Kind) -> Self {
        let (signs, is_listed) = match random.below(10) {
            ..5 => (true, true),
            5..8 => (false, true),
            8 => (true, false),
            _ => (false, false),
        };
        let count = if kind == Kind::Server { 1 + random.below(2) } else { 6 };
        Self {
            kind,
            volume: [30, 120, 400, 1_500][random.below(4) as usize] + random.below(50),
            addresses: (0..count).map(|host| address(kind, host)).collect(),
            starts: 0,
            ends: u64::MAX,
            season: None,
            signs,
            is_listed,
            below: false,
        }
    }

    fn service(random: &mut Random, service: usize) -> Self {
        let kind = Kind::Service(service);
        let (starts, ends, season) = match random.below(10) {
            0 => (40 + random.below(100), u64::MAX, None),
            1 => (0, 30 + random.below(60), None),
            2..4 => (0, u64::MAX, Some((2, [30, 60, 85][random.below(3) as usize]))),
            _ => (0, u64::MAX, None),
        };
        Self {
            kind,
            volume: [20, 100, 600][random.below(3) as usize] + random.below(40),
            addresses: (0..4).map(|host| address(kind, host)).collect(),
            starts,
            ends,
            season,
            signs: random.below(2) == 0,
            is_listed: false,
            below: random.below(6) == 0,
        }
    }

    /// Whether it sends as a subdomain.
    pub(super) const fn is_below(&self) -> bool {
        self.below
    }

    /// Whether it sends on a day.
    pub(crate) const fn sends(&self, day: u64) -> bool {
        let in_season = match self.season {
            Some((length, every)) => day % every < length,
            None => true,
        };
        self.starts <= day && day < self.ends && in_season
    }

    /// Whether its mail passes DMARC as it is set up.
    pub(crate) fn is_set_up(&self, spf: Option<&str>) -> bool {
        self.signs || self.is_in(spf)
    }

    /// Signs from now on, and gives the term that SPF needs, if it is one of those that SPF is about.
    pub(super) fn set_up(&mut self) -> Option<String> {
        self.signs = true;
        self.is_listed = !matches!(self.kind, Kind::Service(_));
        self.is_listed.then(|| self.term())
    }

    /// Whether a source of that key is it.
    pub(super) fn is(&self, source: &str) -> bool {
        let named = match self.kind {
            Kind::Server => None,
            Kind::Host { id, .. } => Some(id),
            Kind::Service(service) => SERVICES[service].id,
        };
        named == Some(source) || self.organisation() == Some(source) || self.has_address(source)
    }

    /// The domain that names it where the catalogue does not.
    fn organisation(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Service(service) => Some(SERVICES[service].signs.0),
            Kind::Server | Kind::Host { .. } => None,
        }
    }

    /// Whether an address, or a prefix of three or four numbers, is one of its.
    fn has_address(&self, source: &str) -> bool {
        let source = source.strip_suffix("/24").map_or(source, |net| net.strip_suffix(".0").unwrap_or(net));
        self.addresses.iter().any(|address| {
            let text = address.to_string();
            text == source || text.strip_prefix(source).is_some_and(|rest| rest.starts_with('.'))
        })
    }

    fn term(&self) -> String {
        match self.kind {
            Kind::Host { include, .. } => format!("include:{include}"),
            Kind::Server | Kind::Service(_) => {
                let terms: Vec<String> = self.addresses.iter().map(|host| format!("ip4:{host}")).collect();
                terms.join(" ")
            }
        }
    }

    fn is_in(&self, spf: Option<&str>) -> bool {
        let term = self.term();
        spf.is_some_and(|spf| term.split(' ').all(|term| spf.split(' ').any(|known| known == term)))
    }

    /// The name of the key that it signs with as the owner.
    pub(super) fn selector(&self) -> Option<&'static str> {
        let selector = match self.kind {
            Kind::Server => "mta",
            Kind::Host { id: "google-workspace", .. } => "google",
            Kind::Host { .. } => "selector1",
            Kind::Service(service) => SERVICES[service].selector,
        };
        self.signs.then_some(selector)
    }

    /// Its mail of a day, from each of its addresses.
    pub(super) fn mail(&self, random: &mut Random, owner: &Owner, at: usize, day: u64) -> Vec<Mail> {
        if !self.sends(day) {
            return Vec::new();
        }
        let hosts = self.addresses.len() as u64;
        let mail = self.addresses.iter().flat_map(|&address| {
            let mean = self.volume / hosts + 1;
            let count = mean / 2 + random.below(mean + 1);
            with_failures(random, self.one(owner, at, address, count))
        });
        mail.collect()
    }

    fn one(&self, owner: &Owner, at: usize, address: Ipv4Addr, count: u64) -> Mail {
        let header_from = if self.below { format!("news.{}", owner.domain) } else { owner.domain.clone() };
        let mut dkim = Vec::new();
        if let Some(selector) = self.selector() {
            dkim.push((header_from.clone(), selector.to_owned(), "pass"));
        }
        let (envelope_from, spf) = match self.kind {
            Kind::Service(service) => {
                let Service { signs: (domain, selector), bounce, .. } = SERVICES[service];
                dkim.push((domain.to_owned(), selector.to_owned(), "pass"));
                (bounce.to_owned(), "pass")
            }
            Kind::Host { default, .. } if !self.signs => {
                let tenant = owner.domain.replace('.', "-");
                dkim.push((format!("{tenant}.{default}"), tenant, "pass"));
                (owner.domain.clone(), self.spf_result(owner))
            }
            Kind::Host { .. } | Kind::Server => (owner.domain.clone(), self.spf_result(owner)),
        };
        Mail { whose: Whose::System(at), address, count, header_from, envelope_from, spf, dkim }
    }

    fn spf_result(&self, owner: &Owner) -> &'static str {
        if self.is_in(owner.spf.as_deref()) { "pass" } else { owner.spf_default() }
    }
}

impl Owner {
    /// What SPF says of everybody else.
    pub(super) fn spf_default(&self) -> &'static str {
        match self.spf.as_deref().and_then(|spf| spf.rsplit(' ').next()) {
            None => "none",
            Some("-all") => "fail",
            Some("~all") => "softfail",
            Some(_) => "neutral",
        }
    }
}

/// An address of a kind of system; those of two kinds never share a network.
fn address(kind: Kind, host: u64) -> Ipv4Addr {
    let net = match kind {
        Kind::Server => return Ipv4Addr::new(192, 0, 2, 10 + host as u8),
        Kind::Host { id: "google-workspace", .. } => 10,
        Kind::Host { .. } => 11,
        Kind::Service(service) => 20 + service as u8,
    };
    Ipv4Addr::new(198, 18, net, 1 + host as u8)
}

/// The networks that the includes of mail hosts name.
pub(super) fn host_ranges() -> impl Iterator<Item = (&'static str, String)> {
    HOSTS.iter().filter_map(|&kind| match kind {
        Kind::Host { include, .. } => {
            Some((include, format!("{}/24", Ipv4Addr::from(u32::from(address(kind, 0)) & !0xff))))
        }
        Kind::Server | Kind::Service(_) => None,
    })
}
