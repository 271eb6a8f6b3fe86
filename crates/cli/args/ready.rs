//! `ready`

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum, ValueHint};
use whosends_core::analysis::readiness::{Step, Thresholds};
use whosends_core::dns::live::NameServer;
use whosends_core::model::{Day, Name};

use super::check::server;
use super::{FormatArgs, day, domain};

/// `ready`
#[derive(Debug, Default, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Ready {
    /// The domain, with those below it [default: every domain]
    #[arg(value_parser = domain)]
    pub(crate) domain: Option<Name>,

    /// The step to judge and to end by [default: the next one of each domain: `quarantine`, then `reject`]
    #[arg(long, value_enum, value_name = "STEP")]
    pub(crate) step: Option<StepWord>,

    /// Judge as if it were the end of this day: for an old export. Later reports are left out
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) as_of: Option<Day>,

    /// Ask DNS now, in place of what `check` kept
    #[arg(long)]
    pub(crate) live: bool,

    /// The name server to ask, as ADDR, ADDR:PORT, tls://NAME or https://NAME/PATH; several are asked in turn [default: the system's]
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = server, requires = "live")]
    pub(crate) resolver: Vec<NameServer>,

    /// Ask nobody: take DNS from what `check --save` kept
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "live")]
    pub(crate) offline: Option<PathBuf>,

    /// Do without days at quarantine or in test mode before `reject`
    #[arg(long)]
    pub(crate) waive_trial: bool,

    /// Accept the loss of mail that forwarders and lists break
    #[arg(long)]
    pub(crate) accept_list_loss: bool,

    /// Show every domain and every sender in the table
    #[arg(long, short)]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) thresholds: ThresholdArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

const EXAMPLES: &str = "\
Examples:
  whosends ready                             every domain, and its next step
  whosends ready example.com --live          with what DNS says now
  whosends ready example.com --step reject && echo publish it";

/// A change of policy to be ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StepWord {
    /// p=quarantine
    Quarantine,
    /// p=reject
    Reject,
    /// sp=reject, for subdomains
    Sp,
    /// np=reject, for subdomains that do not exist
    Np,
}

impl From<StepWord> for Step {
    fn from(word: StepWord) -> Self {
        match word {
            StepWord::Quarantine => Self::Quarantine,
            StepWord::Reject => Self::Reject,
            StepWord::Sp => Self::Subdomains,
            StepWord::Np => Self::MissingNames,
        }
    }
}

/// What a step needs, where it is not the default of each step.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Thresholds (defaults for quarantine / reject / sp and np)")]
pub(crate) struct ThresholdArgs {
    /// Days covered by two of the three largest reporters, at least [default: 21 / 30 / 21]
    #[arg(long, value_name = "DAYS")]
    min_days: Option<u64>,

    /// Large reporters, at least [default: 2]
    #[arg(long, value_name = "N")]
    min_reporters: Option<u64>,

    /// The owner's messages in 30 days, at least [default: 500 / 500 / 0]
    #[arg(long, value_name = "N")]
    min_messages: Option<u64>,

    /// Covered days that do instead of messages [default: 60]
    #[arg(long, value_name = "DAYS")]
    low_volume_days: Option<u64>,

    /// Days at quarantine or in test mode, at least [default: 0 / 14 / 0]
    #[arg(long, value_name = "DAYS")]
    min_trial_days: Option<u64>,

    /// Share of the owner's mail that passes, at least [default: 99 / 99.8 / 99.8]
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    min_pass_rate: Option<u64>,

    /// The same of each confirmed sender [default: 95 / 98 / 98]
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    min_sender_pass_rate: Option<u64>,

    /// From how many messages a sender counts [default: 20]
    #[arg(long, value_name = "N")]
    sender_messages: Option<u64>,

    /// Share of mail that nothing decides, at most [default: 1 / 0.3 / 0.3]
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    max_unknown: Option<u64>,

    /// Share of passing mail that passes by DKIM, at least [default: 90 / 97 / 97]
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    min_dkim_cover: Option<u64>,

    /// Share of mail that was passed on and broke, at most [default: 2 / 0.5 / 0.5]
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    max_broken_forwards: Option<u64>,

    /// Points that the pass rate of a week may lie below that of the three before [default: 0.5 / 0.2 / 0.2]
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    max_trend: Option<u64>,

    /// Messages of a source that signs with the owner's key and that nothing explains, at most [default: 49 / 0 / 0]
    #[arg(long, value_name = "N")]
    max_unexplained: Option<u64>,
}

impl ThresholdArgs {
    /// What a step needs.
    pub(crate) fn of(&self, step: Step) -> Thresholds {
        let mut needs = Thresholds::of(step);
        let all = [
            (&mut needs.covered_days, self.min_days),
            (&mut needs.large_reporters, self.min_reporters),
            (&mut needs.legitimate_messages, self.min_messages),
            (&mut needs.low_volume_days, self.low_volume_days),
            (&mut needs.trial_days, self.min_trial_days),
            (&mut needs.pass_rate, self.min_pass_rate),
            (&mut needs.sender_pass_rate, self.min_sender_pass_rate),
            (&mut needs.sender_messages, self.sender_messages),
            (&mut needs.unknown, self.max_unknown),
            (&mut needs.dkim_cover, self.min_dkim_cover),
            (&mut needs.broken_forwards, self.max_broken_forwards),
            (&mut needs.trend, self.max_trend),
            (&mut needs.unexplained, self.max_unexplained),
        ];
        for (need, stated) in all {
            *need = stated.unwrap_or(*need);
        }
        needs
    }
}

/// Reads a share in percent, with two decimals at most, as hundredths of a percent.
fn share(text: &str) -> Result<u64, String> {
    let explain = || "not a share; write it in percent, like `99.8`".to_owned();
    let bare = text.trim().trim_end_matches('%').trim_end();
    let (whole, part) = bare.split_once('.').unwrap_or((bare, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > 2 || !is_number(whole) || !is_number(part) {
        return Err(explain());
    }
    let hundredths = format!("{whole}{part:0<2}").parse::<u64>().map_err(|_| explain())?;
    if hundredths > 10_000 { Err("a share above 100 percent".to_owned()) } else { Ok(hundredths) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Args, Command};
    use super::*;

    #[test]
    fn shares_are_percent() {
        for (text, hundredths) in [("99", 9_900), ("99.8", 9_980), ("0.05%", 5), ("100 %", 10_000), ("0", 0)]
        {
            assert_eq!(share(text), Ok(hundredths), "{text}");
        }
        for wrong in ["", "-1", "1.234", "100.01", "1e2", ".5", "99999999999999999999"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_flag_sets_its_threshold_for_every_step() {
        let of = |args: &[&str], step| {
            let given = ["whosends", "ready"].into_iter().chain(args.iter().copied());
            let Some(Command::Ready(ready)) = Args::try_parse_from(given).unwrap().command else {
                panic!("not ready")
            };
            ready.thresholds.of(step)
        };
        for step in Step::ALL {
            assert_eq!(of(&[], step), Thresholds::of(step));
            let set = of(&["--min-days", "7", "--max-unknown", "3"], step);
            assert_eq!(set, Thresholds { covered_days: 7, unknown: 300, ..Thresholds::of(step) });
        }
    }
}
