//! `plan`

use clap::{ArgGroup, Args as ClapArgs};
use whosends_core::dns::overlay;
use whosends_core::model::Name;

use super::{DnsArgs, domain};

/// `plan`
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("change").required(true).multiple(true).args(["spf", "remove", "add", "dmarc", "without_selector"]))]
pub(crate) struct Plan {
    /// The domain whose records change
    #[arg(value_parser = domain)]
    pub(crate) domain: Name,

    /// The SPF record to publish in place of the one there
    #[arg(long, value_name = "RECORD", help_heading = "The change")]
    spf: Option<String>,

    /// A term of the SPF record to drop: `include:old.example`
    #[arg(long, value_name = "TERM", allow_hyphen_values = true, help_heading = "The change")]
    remove: Vec<String>,

    /// A term to add to it, in front of the one that ends it
    #[arg(long, value_name = "TERM", allow_hyphen_values = true, help_heading = "The change")]
    add: Vec<String>,

    /// The DMARC record to publish in place of the one there
    #[arg(long, value_name = "RECORD", help_heading = "The change")]
    dmarc: Option<String>,

    /// A DKIM selector whose key is taken away
    #[arg(long, value_name = "SELECTOR", help_heading = "The change")]
    without_selector: Vec<String>,

    /// Ask DNS now [default: what the database keeps of the last `check`]
    #[arg(long, conflicts_with = "offline")]
    pub(crate) live: bool,

    /// End with 0 where no more of your mail is lost than this: messages, or a share of yours as `0.1%`
    #[arg(long, value_name = "LOSS", value_parser = loss, default_value = "0")]
    pub(crate) max_loss: Loss,

    /// Show every sender in the table
    #[arg(long, short)]
    pub(crate) all: bool,

    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) dns: DnsArgs,
}

const EXAMPLES: &str = "\
Examples:
  whosends plan example.com --remove include:old.example
  whosends plan example.com --spf 'v=spf1 include:_spf.google.com -all'
  whosends plan example.com --dmarc 'v=DMARC1; p=reject; adkim=s'
  whosends plan example.com --without-selector s1 --max-loss 0.1%";

/// How much of the owner's mail may be lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Loss {
    /// So many messages.
    Messages(u64),
    /// So much of it, of 1.
    Share(f64),
}

impl Loss {
    /// Whether so many of all messages are no more.
    pub(crate) fn allows(self, lost: u64, all: u64) -> bool {
        match self {
            Self::Messages(most) => lost <= most,
            Self::Share(most) => lost == 0 || lost as f64 <= most * all as f64,
        }
    }
}

fn loss(text: &str) -> Result<Loss, &'static str> {
    let wrong = "not a loss; write messages as `100`, or a share as `0.1%`";
    match text.strip_suffix('%') {
        Some(percent) => match percent.trim().parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Loss::Share(percent / 100.0)),
            _ => Err(wrong),
        },
        None => text.parse().map(Loss::Messages).map_err(|_| wrong),
    }
}

impl Plan {
    /// The change.
    pub(crate) fn change(&self) -> overlay::Plan {
        overlay::Plan {
            spf: self.spf.clone(),
            remove: self.remove.clone(),
            add: self.add.clone(),
            dmarc: self.dmarc.clone(),
            without_selectors: self.without_selector.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_messages_or_a_share() {
        assert_eq!(loss("100"), Ok(Loss::Messages(100)));
        assert_eq!(loss("0.5%"), Ok(Loss::Share(0.005)));
        for wrong in ["", "-1", "1.5", "101%", "x%"] {
            assert!(loss(wrong).is_err(), "{wrong}");
        }
        assert!(Loss::Share(0.0).allows(0, 0) && !Loss::Share(0.0).allows(1, 1_000_000));
        assert!(Loss::Messages(5).allows(5, 5) && !Loss::Messages(5).allows(6, 100));
    }
}
