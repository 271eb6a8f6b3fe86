//! `start`

use clap::Args as ClapArgs;
use whosends_core::dns::record::uri::ReportUri;
use whosends_core::model::Name;

use super::{DnsArgs, domain};

/// `start`
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Start {
    /// The domain
    #[arg(value_parser = domain)]
    pub(crate) domain: Name,

    /// The address that reports are to go to: a mailbox that takes attachments, of this domain or another
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub(crate) rua: Option<ReportUri>,

    /// Say whether all is published, and when the first report is due
    #[arg(long)]
    pub(crate) test: bool,

    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) dns: DnsArgs,
}

const EXAMPLES: &str = "\
Examples:
  whosends start example.com --rua dmarc@example.com   the record to publish
  whosends start example.com --test                    is it there, and when does the first report come?";

/// Reads an address as the URI that stands in the record.
fn address(text: &str) -> Result<ReportUri, &'static str> {
    let wrong = "not an address; write it like `dmarc@example.com`";
    let address = text.strip_prefix("mailto:").unwrap_or(text);
    let (local, host) = address.rsplit_once('@').ok_or(wrong)?;
    let host = Name::from_stated(host).filter(Name::is_domain).ok_or(wrong)?;
    // What has a meaning in the record would have to be written in another way (RFC 9990 section 4).
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-=".contains(&byte);
    if local.is_empty() || local.len() > 64 || !local.bytes().all(is_plain) {
        return Err(wrong);
    }
    Ok(ReportUri::of(format!("mailto:{local}@{}", host.as_str()).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_the_record_has_them() {
        assert_eq!(address("Dmarc@Example.COM").unwrap().text, "mailto:Dmarc@example.com");
        assert_eq!(address("mailto:a+b@example.com").unwrap().text, "mailto:a+b@example.com");
        for wrong in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@b c",
            "a,b@example.com",
            "a!10m@example.com",
            "a;b@example.com",
            "a@1",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
