//! What can be typed after `source`.

use clap::Args as ClapArgs;
use whosends_core::model::Name;

use super::{FormatArgs, PeriodArgs, domain};

/// `source`
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Source {
    /// Whom to show: a service by its id or name, `own`, a source as `sources` prints it, an address or a prefix
    #[arg(value_name = "NAME-OR-IP")]
    pub(crate) source: String,

    /// Only its mail for this domain, with those below it [default: every domain]
    #[arg(value_parser = domain)]
    pub(crate) domain: Option<Name>,

    #[command(flatten)]
    pub(crate) period: PeriodArgs,

    /// Show every line of every list in the table
    #[arg(long, short)]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

const EXAMPLES: &str = "\
Examples:
  whosends source mailchimp                what names it, what fails and why, what to do
  whosends source 192.0.2.25 example.com   everything that one address sent
  whosends source own --since 90d --json";
