//! What a source is grouped by: its sender where it has a name, else the narrowest thing known of it.

use super::asn::Asn;
use super::catalogue::{Catalogue, ServiceId};
use super::prefix::Prefix;

/// What a source is grouped by. Only the first two are names of senders; the rest say where mail came from,
/// and nothing about whose service it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceKey {
    /// The owner's servers.
    Own,
    /// A service of the catalogue.
    Service(ServiceId),
    /// The organisational domain of a host name that leads back to the address.
    Host(Box<str>),
    /// The network (ASN) the address belongs to.
    Network(Asn),
    /// The address's block, or the address alone.
    Block(Prefix),
}

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
            return Some(Self::of_prefix(prefix));
        }
        let is_host = crate::model::name::is_within(&text, super::organizational_domain(&text));
        (is_host && text.contains('.')).then(|| Self::Host(super::organizational_domain(&text).into()))
    }

    /// The key of a stretch of addresses: the block it lies in, or an address alone.
    #[must_use]
    pub fn of_prefix(prefix: Prefix) -> Self {
        let is_alone = prefix == Prefix::single(prefix.address());
        Self::Block(if is_alone { prefix } else { Prefix::block(prefix.address()) })
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
        for text in
            ["own", "amazon-ses", "example.net", "AS64500", "192.0.2.0/24", "2001:db8::/64", "192.0.2.9"]
        {
            let key = SourceKey::parse(catalogue, text).unwrap();
            assert_eq!(key.text(catalogue), text);
        }
        let parse = |text| SourceKey::parse(catalogue, text).map(|key| key.text(catalogue));
        assert_eq!(parse("192.0.2.64/26").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(parse("Mail.Example.NET.").as_deref(), Some("example.net"));
        assert_eq!(parse("nobody"), None);
        assert_eq!(parse(""), None);
    }
}
