//! `check`, and what every question to DNS takes.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum, ValueHint};
use whosends_core::dns::DnsName;
use whosends_core::dns::check::Check as CheckId;
use whosends_core::dns::live::NameServer;
use whosends_core::model::Name;
use whosends_core::model::Since;

use super::{Format, domain};

/// `check`
#[derive(Debug, ClapArgs)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct Check {
    /// The domains; `-` reads them from stdin, and `@FILE` from a file, one a line
    #[arg(required = true, value_name = "DOMAIN", value_parser = domains)]
    pub(crate) domains: Vec<Named>,

    /// A DKIM selector to look for; several may be parted by commas
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = selector)]
    pub(crate) selector: Vec<DnsName>,

    /// End with status 1 where a finding is as bad as this or worse
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::Error)]
    pub(crate) fail_on: FailOn,

    /// A finding to leave out, by its id; several may be parted by commas
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = check_id)]
    pub(crate) ignore: Vec<CheckId>,

    /// Show what changed in the records and findings, and when, by the kept conversations
    #[arg(long)]
    pub(crate) diff: bool,

    /// Every change from this day on, or so many days back: 2026-11-01, 30d, 8w, all [default: the last one]
    #[arg(long, value_name = "WHEN", requires = "diff")]
    pub(crate) since: Option<Since>,

    /// Look at DNS now, and compare with that, and not with the last time it was looked at
    #[arg(long, requires = "diff")]
    pub(crate) live: bool,

    /// Show the records and findings of each domain, also where there are many
    #[arg(long)]
    pub(crate) full: bool,

    /// How to write the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    format: Format,

    /// Short for `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Short for `--format ndjson`
    #[arg(long, conflicts_with_all = ["format", "json"])]
    ndjson: bool,

    #[command(flatten)]
    pub(crate) dns: DnsArgs,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  whosends check example.com
  whosends check example.com --selector s1,s2 --save example.json
  whosends check example.com --offline example.json    judge again, asking nobody
  whosends check example.com --diff --since 30d        what changed, by what was kept; `--live` asks too
  whosends check @domains.txt                          a line a domain; `--full` shows all of each
  whosends check @domains.txt --format csv             the same for a spreadsheet";

impl Check {
    /// Whether only what was kept is compared.
    pub(crate) const fn looks_back(&self) -> bool {
        self.diff && !self.live && self.dns.offline.is_none()
    }

    /// The format asked for.
    pub(crate) const fn format(&self) -> Format {
        match (self.json, self.ndjson) {
            (true, _) => Format::Json,
            (_, true) => Format::Ndjson,
            _ => self.format,
        }
    }
}

/// A domain, or where to find some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// This one
    One(Name),
    /// Those on stdin
    Stdin,
    /// Those in a file
    File(PathBuf),
}

/// From which severity on the answer is no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Mail breaks, or a record is void
    Error,
    /// Also where it works, but is weak or fragile
    Warning,
    /// Also what is only worth knowing
    Info,
    /// Never
    Never,
}

/// Whom to ask, and what to keep of it.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "DNS")]
pub(crate) struct DnsArgs {
    /// The name server to ask: ADDR, ADDR:PORT, tls://HOST or https://HOST/PATH, with a port where it is not the
    /// usual one; several are asked in turn [default: the system's]
    #[arg(long, value_name = "SERVER", value_parser = server)]
    pub(crate) resolver: Vec<NameServer>,

    /// Most questions under way at the same time [default: 64, and up to 512 where answers come from far]
    #[arg(long, value_name = "N")]
    pub(crate) in_flight: Option<NonZeroUsize>,

    /// Fetch an MTA-STS policy from an address of the own network too, and not only of the internet
    #[arg(long)]
    pub(crate) allow_private: bool,

    /// Keep every question with its answer in this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) save: Option<PathBuf>,

    /// Ask nobody: judge from what `--save` kept
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = ["resolver", "in_flight", "allow_private", "save"])]
    pub(crate) offline: Option<PathBuf>,
}

/// Reads a domain, `-` or `@FILE`.
fn domains(text: &str) -> Result<Named, String> {
    match text.strip_prefix('@') {
        Some(path) => Ok(Named::File(path.into())),
        None if text == "-" => Ok(Named::Stdin),
        None => domain(text).map(Named::One),
    }
}

/// Reads a DKIM selector.
fn selector(text: &str) -> Result<DnsName, String> {
    DnsName::from_dotted(text).map_err(|error| format!("not a selector: {error}"))
}

/// Reads the id of a check.
fn check_id(text: &str) -> Result<CheckId, String> {
    CheckId::from_id(text).ok_or_else(|| "no such finding; write it like `spf.softfail`".to_owned())
}

/// Reads a name server: an address, with a port or without, or a URL.
pub(super) fn server(text: &str) -> Result<NameServer, String> {
    let explain = || {
        "not a name server; write it like `192.0.2.53`, `192.0.2.53:5353`, `tls://dns.example` or \
         `https://dns.example/dns-query`"
            .to_owned()
    };
    if let Some(rest) = text.strip_prefix("tls://") {
        let (host, port) = host_and_port(rest.trim_end_matches('/')).ok_or_else(explain)?;
        return Ok(NameServer::Tls { host, port: port.unwrap_or(853) });
    }
    if let Some(rest) = text.strip_prefix("https://") {
        let at = rest.find('/').unwrap_or(rest.len());
        let (host, path) = rest.split_at(at);
        let (host, port) = host_and_port(host).ok_or_else(explain)?;
        let path = if path.len() > 1 { path } else { "/dns-query" };
        return Ok(NameServer::Https { host, port: port.unwrap_or(443), path: path.to_owned() });
    }
    let (host, port) = host_and_port(text).ok_or_else(explain)?;
    let address = host.parse().map_err(|_| explain())?;
    Ok(NameServer::Plain(SocketAddr::new(address, port.unwrap_or(53))))
}

/// A name or an address, and the port behind it; an IPv6 address with a port stands in brackets.
fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
        }
        None if text.parse::<IpAddr>().is_ok() => (text, None),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let is_host =
        host.parse::<IpAddr>().is_ok() || Name::from_stated(host).is_some_and(|name| name.is_domain());
    let port = port.map(str::parse).transpose().ok()?;
    is_host.then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_are_addresses_or_urls() {
        for (text, meant) in [
            ("192.0.2.53", "192.0.2.53:53"),
            ("192.0.2.53:5353", "192.0.2.53:5353"),
            ("2001:db8::53", "[2001:db8::53]:53"),
            ("[2001:db8::53]", "[2001:db8::53]:53"),
            ("[2001:db8::53]:5353", "[2001:db8::53]:5353"),
            ("tls://192.0.2.53", "tls://192.0.2.53:853"),
            ("tls://dns.example:8853", "tls://dns.example:8853"),
            ("tls://[2001:db8::53]:8853", "tls://[2001:db8::53]:8853"),
            ("https://dns.example", "https://dns.example/dns-query"),
            ("https://192.0.2.53:8443/q", "https://192.0.2.53:8443/q"),
        ] {
            assert_eq!(server(text).map(|server| server.to_string()), Ok(meant.to_owned()), "{text}");
        }
        for wrong in
            ["ns.example.com", "192.0.2.53:", "tls://", "https:///q", "tls://a b", "[192.0.2.1]:53x", ""]
        {
            assert!(server(wrong).is_err(), "{wrong}");
        }
    }
}
