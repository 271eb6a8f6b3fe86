//! `mark`

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueHint};
use whosends_core::model::Name;
use whosends_core::senders::Decision;

use super::FormatArgs;

/// `mark`
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
#[command(override_usage = "\
whosends mark <DOMAIN> <SENDER> <AS> [--note TEXT]
       whosends mark <DOMAIN> <SENDER> --clear
       whosends mark --list | --log [DOMAIN]
       whosends mark --export | --import <FILE>")]
pub(crate) struct Mark {
    /// The domain, with those below it
    #[arg(value_parser = super::domain)]
    #[arg(required_unless_present_any = ["list", "log", "export", "import"])]
    pub(crate) domain: Option<Name>,

    /// The sender as `sources` names it: `own`, the id or name of a service, a domain, `AS64500`, a prefix, an
    /// address
    #[arg(required_unless_present_any = ["list", "log", "export", "import"])]
    pub(crate) sender: Option<String>,

    /// What it is: authorised (it sends for you), unauthorised (it does not), forwarder (it passes on other
    /// people's mail), ignore (leave it out of tables and verdicts)
    #[arg(value_name = "AS", value_parser = decision)]
    #[arg(required_unless_present_any = ["clear", "list", "log", "export", "import"])]
    pub(crate) decision: Option<Decision>,

    /// Why, for whoever reads it later
    #[arg(long, value_name = "TEXT", requires = "decision", conflicts_with = "clear")]
    pub(crate) note: Option<String>,

    /// For a prefix or an address: take the mail of services from there too. Without it, what a service is named for
    /// stays that service's
    #[arg(long, requires = "decision")]
    pub(crate) with_services: bool,

    /// Forget the decision
    #[arg(long, conflicts_with = "decision")]
    pub(crate) clear: bool,

    /// List the decisions
    #[arg(long, conflicts_with_all = ["sender", "clear"])]
    pub(crate) list: bool,

    /// List every change of a decision: who made it, when, from what to what
    #[arg(long, conflicts_with_all = ["sender", "clear", "list", "export", "import"])]
    pub(crate) log: bool,

    /// Write the decisions as TOML, to be kept in version control
    #[arg(long, conflicts_with_all = ["sender", "clear", "list", "format", "json"])]
    pub(crate) export: bool,

    /// Take in the decisions of such a file, all or none of them; `-` reads stdin. Others stay as they are
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = ["domain", "clear", "list", "export"])]
    pub(crate) import: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

const EXAMPLES: &str = "\
Examples:
  whosends mark example.com mailchimp authorised --note 'newsletter'
  whosends mark example.com 192.0.2.25 unauthorised
  whosends mark example.com 198.51.100.128/28 authorised --note 'rented for newsletters'
  whosends mark --export > decisions.toml
  whosends mark --import decisions.toml";

fn decision(text: &str) -> Result<Decision, &'static str> {
    Decision::from_word(&text.to_ascii_lowercase())
        .ok_or("not a decision; it can be authorised, unauthorised, forwarder or ignore")
}
