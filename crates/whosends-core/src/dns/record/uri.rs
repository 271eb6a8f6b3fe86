//! The addresses that reports are sent to.

use super::printable;
use super::tag::trim;
use crate::dns::DnsName;

/// One address of a list, as stated and as understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportUri {
    /// As stated, made printable, without the blanks around it.
    pub text: String,
    /// Where it leads; `None` where it can't be used.
    pub destination: Option<Destination>,
    /// The size limit that RFC 7489 section 6.2 allowed behind a `!`; RFC 9989 section 4.8 ignores it.
    pub size_limit: Option<String>,
}

/// Where reports go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A mailbox, by its host and its whole address.
    Mail {
        /// The part behind the `@`.
        host: DnsName,
        /// The address.
        address: String,
    },
    /// A web server.
    Https {
        /// Its host.
        host: DnsName,
    },
    /// Some other kind of address, by its scheme in lower case.
    Other {
        /// The scheme.
        scheme: String,
    },
}

impl ReportUri {
    /// Reads one address.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        Self::parse(text)
    }

    /// Reads one item of a list.
    pub(super) fn parse(item: &[u8]) -> Self {
        let item = trim(item);
        let (uri, size_limit) = split_size(item);
        Self { text: printable(item), destination: destination(uri), size_limit }
    }

    /// Whether both lead to one mailbox: hosts have no case, and no mailbox in use differs from another by case
    /// alone. A size limit and what stands behind `?` don't count.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.destination, &other.destination) {
            (Some(Destination::Mail { address, .. }), Some(Destination::Mail { address: second, .. })) => {
                address.trim_end_matches('.').eq_ignore_ascii_case(second.trim_end_matches('.'))
            }
            _ => self.text == other.text,
        }
    }

    /// The host whose owner receives the reports.
    #[must_use]
    pub const fn host(&self) -> Option<&DnsName> {
        match &self.destination {
            Some(Destination::Mail { host, .. } | Destination::Https { host }) => Some(host),
            _ => None,
        }
    }
}

/// Cuts `!10m` off the end.
fn split_size(item: &[u8]) -> (&[u8], Option<String>) {
    let Some(mark) = item.iter().rposition(|&byte| byte == b'!') else { return (item, None) };
    let (uri, size) = item.split_at(mark);
    let size = size.get(1..).unwrap_or_default();
    let digits = match size.split_last() {
        Some((b'k' | b'm' | b'g' | b't' | b'K' | b'M' | b'G' | b'T', digits)) => digits,
        _ => size,
    };
    let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u64>().ok());
    let sound = number.is_some() && digits.iter().all(u8::is_ascii_digit);
    if sound { (uri, Some(printable(size))) } else { (item, None) }
}

fn destination(uri: &[u8]) -> Option<Destination> {
    let text = std::str::from_utf8(uri).ok()?;
    let (scheme, rest) = text.split_once(':')?;
    let named = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    // RFC 3986 section 2: what a URI may hold, whole escapes, and no `!` or `,` (RFC 9989 section 4.7).
    let sound = rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"!,\"<>\\^`{|}".contains(&byte))
        && rest.split('%').skip(1).all(|after| after.as_bytes().get(..2).is_some_and(is_hex));
    if !named || !sound || rest.is_empty() {
        return None;
    }
    match scheme.to_ascii_lowercase().as_str() {
        "mailto" => {
            let address = rest.split('?').next().unwrap_or_default();
            let (local, host) = address.rsplit_once('@')?;
            let host = host_name(host)?;
            (!local.is_empty() && !local.contains(['@', ':']) && !local.starts_with("//"))
                .then(|| Destination::Mail { host, address: address.to_owned() })
        }
        "https" => {
            let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
            let host = authority.rsplit('@').next()?.split(':').next()?;
            Some(Destination::Https { host: host_name(host)? })
        }
        scheme => Some(Destination::Other { scheme: scheme.to_owned() }),
    }
}

fn is_hex(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_hexdigit)
}

/// A host name of at least two labels.
fn host_name(text: &str) -> Option<DnsName> {
    let sound = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    DnsName::from_dotted(text).ok().filter(|name| sound && name.label_count() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_can_be_used() {
        let uri = ReportUri::parse(b" mailto:reports%21@Example.com!10m ");
        assert_eq!(uri.host(), Some(&DnsName::from_dotted("example.com").unwrap()));
        assert_eq!(uri.size_limit.as_deref(), Some("10m"));
        let web = ReportUri::parse(b"HTTPS://reports.example.com:8443/in?x=1");
        assert_eq!(web.host(), Some(&DnsName::from_dotted("reports.example.com").unwrap()));
        let other = ReportUri::parse(b"ftp://example.com");
        assert_eq!(other.destination, Some(Destination::Other { scheme: "ftp".into() }));
    }

    #[test]
    fn addresses_that_cannot() {
        for text in [
            "",
            "d@example.com",
            "mailto:",
            "mailto:example.com",
            "mailto:@example.com",
            "mailto:d@localhost",
            "mailto:d@example.com!",
            "mailto:d@example.com!10p",
            "mailto:a@b@example.com",
            "mailto://example.com",
            "mailto:d@example.com other",
            "mailto:%zz@example.com",
            "http//example.com",
            "https://",
            ":x",
            "mailto:d@-",
            "mailto:d@exam\u{e9}ple.com",
        ] {
            assert_eq!(ReportUri::parse(text.as_bytes()).destination, None, "{text}");
        }
    }
}
