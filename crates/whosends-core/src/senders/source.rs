//! What a source is grouped by: its sender where it has a name, else the narrowest thing known of it.

use super::asn::Asn;
use super::catalogue::{Catalogue, ServiceId};
use super::org::is_public_suffix;
use super::prefix::Prefix;
use crate::model::{Day, Name};

/// What a source is grouped by. Only the first two are names of senders; the rest say where mail came from,
/// and nothing about whose service it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceKey {
    /// The owner's servers.
    Own,
    /// A service of the catalogue.
    Service(ServiceId),
    /// An organisational domain: of a host name that leads back to the address, or of another organisation that the
    /// mail passes for.
    Host(Box<str>),
    /// The network (ASN) the address belongs to.
    Network(Asn),
    /// The address's block, the address alone, or the addresses that the owner decided about.
    Block(Prefix),
    /// Mail that came from many new addresses at once, in one shape, from this day on.
    Wave(Day),
}

/// What stands before the day of a wave.
const WAVE: &str = "wave-";

/// Whether a text can be a domain of somebody's: a name of letters below a suffix that others use too. What begins like
/// an address (`198.51.100`, `10.0.0.1-10.0.0.9`) is none.
fn is_domain(text: &str) -> bool {
    let Some(name) = Name::from_stated(text).filter(Name::is_domain) else { return false };
    let name = name.as_str();
    let top = name.rsplit('.').next().unwrap_or_default();
    name == text
        && name.contains('.')
        && top.bytes().any(|byte| byte.is_ascii_alphabetic())
        && name.is_ascii()
        && !is_public_suffix(name)
}

#[cfg(feature = "store")]
crate::model::stored::stored!(enum SourceKey {
    0 => Own,
    1 => Service(id),
    2 => Host(domain),
    3 => Network(network),
    4 => Block(prefix),
    5 => Wave(day),
});

impl SourceKey {
    /// Reads what [`SourceKey::text`] writes; a prefix stands for its block. `None` where it is none of it.
    #[must_use]
    pub fn parse(catalogue: &Catalogue, text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('.').to_ascii_lowercase();
        if text == "own" {
            return Some(Self::Own);
        }
        if let Some(service) = catalogue.find(&text) {
            return Some(Self::Service(service.key));
        }
        if let Some(number) = text.strip_prefix("as")
            && let Ok(number) = number.parse()
        {
            return Some(Self::Network(Asn { number, name: None }));
        }
        if let Some(prefix) = Prefix::parse(&text) {
            return Some(Self::Block(prefix));
        }
        if let Some(day) = text.strip_prefix(WAVE) {
            return Day::parse(day).map(Self::Wave);
        }
        let domain = super::organizational_domain(&text);
        is_domain(&text).then(|| Self::Host(domain.into()))
    }

    /// The key as text: `own`, an id of the catalogue, a domain, `AS64500`, `192.0.2.0/24`, `192.0.2.9`.
    #[must_use]
    pub fn text(&self, catalogue: &Catalogue) -> String {
        match self {
            Self::Own => "own".to_owned(),
            Self::Service(service) => catalogue.service(*service).id.clone(),
            Self::Host(domain) => domain.to_string(),
            Self::Network(network) => format!("AS{}", network.number),
            Self::Block(prefix) => prefix.to_string(),
            Self::Wave(day) => format!("{WAVE}{day}"),
        }
    }

    /// The key for people: the name of a service, `your own servers`, `network AS64500`, with
    /// its name where that is known: a network is where mail came from, and not whose it is.
    #[must_use]
    pub fn title(&self, catalogue: &Catalogue) -> String {
        match self {
            Self::Own => "your own servers".to_owned(),
            Self::Service(service) => catalogue.service(*service).name.clone(),
            Self::Network(Asn { number, name: Some(name) }) => format!("network AS{number} {name}"),
            Self::Network(Asn { number, name: None }) => format!("network AS{number}"),
            Self::Host(_) | Self::Block(_) => self.text(catalogue),
            Self::Wave(day) => format!("wave of {day}"),
        }
    }

    /// Whether the key says who it is: a service, the owner, or another organisation by its domain.
    #[must_use]
    pub const fn has_a_name(&self) -> bool {
        matches!(self, Self::Own | Self::Service(_) | Self::Host(_))
    }

    /// Whether the key names a sender.
    #[must_use]
    pub const fn is_named(&self) -> bool {
        matches!(self, Self::Own | Self::Service(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back() {
        let catalogue = crate::senders::testing::catalogue();
        for text in [
            "own",
            "amazon-ses",
            "example.net",
            "AS64500",
            "192.0.2.0/24",
            "2001:db8::/64",
            "192.0.2.9",
            "wave-2026-11-20",
        ] {
            let key = SourceKey::parse(catalogue, text).unwrap();
            assert_eq!(key.text(catalogue), text);
        }
        let parse = |text| SourceKey::parse(catalogue, text).map(|key| key.text(catalogue));
        for (text, prefix) in [
            ("192.0.2.64/26", "192.0.2.64/26"),
            ("198.51.96.0/20", "198.51.96.0/20"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(prefix), "a prefix stays as it is given");
        }
        for text in [
            "198.51.100",
            "198.51.100.0-198.51.100.255",
            "198.51.100.*",
            "a b.example",
            "co.uk",
            "x@example.com",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("Mail.Example.NET.").as_deref(), Some("example.net"));
        assert_eq!(parse("nobody"), None);
        assert_eq!(parse(""), None);
    }
}
