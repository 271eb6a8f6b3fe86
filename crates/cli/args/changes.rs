//! What can be typed after `changes`.

use clap::Args as ClapArgs;
use whosends_core::model::Since;
use whosends_core::model::{Day, Name};

use super::{FormatArgs, PeriodArgs, day, domain};

/// `changes`
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Changes {
    /// The domain, with those below it [default: every domain]
    #[arg(value_parser = domain)]
    pub(crate) domain: Option<Name>,

    /// The period, from this day or this many days back: 2026-11-01, 7d, 4w. It is compared with the one before it,
    /// which is as long
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    since: Since,

    /// The last day of the period [default: the newest with data, not after today]
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<Day>,

    /// End with 1 where anything of weight changed
    #[arg(long)]
    pub(crate) exit_code: bool,

    /// Show every change in the table
    #[arg(long, short)]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

impl Changes {
    /// Which days.
    pub(crate) const fn period(&self) -> PeriodArgs {
        PeriodArgs { since: Some(self.since), until: self.until }
    }
}

const EXAMPLES: &str = "\
Examples:
  whosends changes                          the last 7 days against the 7 before
  whosends changes example.com --since 4w
  whosends changes --until 2026-10-31 --json";
