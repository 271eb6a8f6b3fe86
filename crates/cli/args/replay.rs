//! `replay`

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum, ValueHint};
use whosends_core::model::Name;

use super::{FormatArgs, PeriodArgs, domain};

/// `replay`
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Replay {
    /// The domain, with those below it; a policy record of their own stays as the reports saw it
    #[arg(value_parser = domain)]
    pub(crate) domain: Name,

    /// The policy of the domain
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) p: PolicyWord,

    /// That of subdomains [default: as `--p`]
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) sp: Option<PolicyWord>,

    /// That of subdomains that do not exist [default: as `--sp`]
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) np: Option<PolicyWord>,

    /// How near a signature has to be, `r` or `s` [default: as the newest report saw it]
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) adkim: Option<ModeWord>,

    /// How near the envelope sender has to be, `r` or `s` [default: as the newest report saw it]
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) aspf: Option<ModeWord>,

    /// What `check --save` kept, to tell which subdomains exist [default: what the database keeps of `check`]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) offline: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) period: PeriodArgs,

    /// Show every sender and author domain in the table
    #[arg(long, short)]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

const EXAMPLES: &str = "\
Examples:
  whosends replay example.com --p reject             everything stored
  whosends replay example.com --p quarantine --since 30d
  whosends replay example.com --p none --sp reject   only the mail of subdomains";

/// What a policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyWord {
    /// Nothing
    None,
    /// To set failing mail aside
    Quarantine,
    /// To refuse it
    Reject,
}

/// How near a domain has to be to be aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeWord {
    /// Relaxed: one organisation
    #[value(name = "r", alias = "relaxed")]
    Relaxed,
    /// Strict: the same name
    #[value(name = "s", alias = "strict")]
    Strict,
}
