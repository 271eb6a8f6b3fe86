//! `resolve`

use std::num::NonZeroU16;

use clap::Args as ClapArgs;
use whosends_core::model::Name;

use super::{DnsArgs, PeriodArgs};

/// `resolve`
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Resolve {
    /// The domain, with those below it, whose sources are looked up [default: every domain]
    #[arg(value_parser = super::domain)]
    pub(crate) domain: Option<Name>,

    #[command(flatten)]
    pub(crate) period: PeriodArgs,

    /// Most addresses that are looked up, the busiest first
    #[arg(long, value_name = "N", default_value = "10000")]
    pub(crate) limit: usize,

    /// Days after which an address is looked up again
    #[arg(long, value_name = "DAYS", default_value = "30")]
    pub(crate) max_age: NonZeroU16,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) dns: DnsArgs,
}

const EXAMPLES: &str = "\
Examples:
  whosends resolve                            the sources of the last 30 days
  whosends resolve example.com --since 90d --resolver 192.0.2.53";
