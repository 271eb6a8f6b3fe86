//! `check`, and what every question to DNS takes.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum, ValueHint};
use whosends_core::analysis::period::Since;
use whosends_core::dns::DnsName;
use whosends_core::dns::check::Check as CheckId;
use whosends_core::model::Name;

use super::domain;

/// `check`
#[derive(Debug, ClapArgs)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct Check {
    /// The domains; `-` reads them from stdin, one a line
    #[arg(required = true, value_name = "DOMAIN", value_parser = domain_or_stdin)]
    pub(crate) domains: Vec<Option<Name>>,

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

    /// How to write the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = CheckFormat::Table)]
    format: CheckFormat,

    /// Short for `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    #[command(flatten)]
    pub(crate) dns: DnsArgs,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  whosends check example.com
  whosends check example.com --selector s1,s2 --save example.json
  whosends check example.com --offline example.json    judge again, asking nobody
  whosends check example.com --diff --since 30d        what changed, and when
  whosends check - --json < domains.txt";

impl Check {
    /// The format asked for.
    pub(crate) const fn format(&self) -> CheckFormat {
        if self.json { CheckFormat::Json } else { self.format }
    }
}

/// How to write what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    Table,
    /// One JSON object
    Json,
    /// One JSON object a domain and line
    Ndjson,
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
    /// The name server to ask, as ADDR or ADDR:PORT; several are asked in turn [default: the system's]
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = server)]
    pub(crate) resolver: Vec<SocketAddr>,

    /// Most questions under way at the same time
    #[arg(long, value_name = "N", default_value = "64")]
    pub(crate) in_flight: NonZeroUsize,

    /// Keep every question with its answer in this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) save: Option<PathBuf>,

    /// Ask nobody: judge from what `--save` kept
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = ["resolver", "in_flight", "save"])]
    pub(crate) offline: Option<PathBuf>,
}

/// Reads a domain, or `-`, which is none.
fn domain_or_stdin(text: &str) -> Result<Option<Name>, String> {
    if text == "-" { Ok(None) } else { domain(text).map(Some) }
}

/// Reads a DKIM selector.
fn selector(text: &str) -> Result<DnsName, String> {
    DnsName::from_dotted(text).map_err(|error| format!("not a selector: {error}"))
}

/// Reads the id of a check.
fn check_id(text: &str) -> Result<CheckId, String> {
    CheckId::from_id(text).ok_or_else(|| "no such finding; write it like `spf.softfail`".to_owned())
}

/// Reads a name server: an address, with a port or without.
pub(super) fn server(text: &str) -> Result<SocketAddr, String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok();
    let alone = bare.parse().ok().map(|address: IpAddr| SocketAddr::new(address, 53));
    alone
        .or_else(with_port)
        .ok_or_else(|| "not a name server; write it like `192.0.2.53` or `192.0.2.53:5353`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_have_a_port_or_53() {
        for (text, meant) in [
            ("192.0.2.53", "192.0.2.53:53"),
            ("192.0.2.53:5353", "192.0.2.53:5353"),
            ("2001:db8::53", "[2001:db8::53]:53"),
            ("[2001:db8::53]", "[2001:db8::53]:53"),
            ("[2001:db8::53]:5353", "[2001:db8::53]:5353"),
        ] {
            assert_eq!(server(text), Ok(meant.parse().unwrap()), "{text}");
        }
        assert!(server("ns.example.com").is_err() && server("192.0.2.53:").is_err());
    }
}
