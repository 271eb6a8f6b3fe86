//! The gates a step has to pass, and what each needs.

use std::fmt;

/// A change of policy to be ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// `p=quarantine`
    Quarantine,
    /// `p=reject`
    Reject,
    /// `sp=reject`: the same for subdomains without a record of their own.
    Subdomains,
    /// `np=reject`: the same for subdomains that do not exist.
    MissingNames,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 4] = [Self::Quarantine, Self::Reject, Self::Subdomains, Self::MissingNames];

    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
            Self::Subdomains => "sp",
            Self::MissingNames => "np",
        }
    }

    /// Whether it is about the domain itself, and not about the names below it.
    #[must_use]
    pub const fn is_about_the_domain(self) -> bool {
        matches!(self, Self::Quarantine | Self::Reject)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A condition that a step depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GateKind {
    /// Days that are covered by large reporters.
    CoveredDays,
    /// Large reporters.
    LargeReporters,
    /// The age of the last day that a large reporter covers.
    LargeReporterAge,
    /// Messages that are the owner's.
    LegitimateMessages,
    /// Covered days at quarantine or in test mode before this step.
    TrialDays,
    /// Share of the owner's mail that passes.
    PassRate,
    /// Share of each confirmed sender's mail that passes.
    EachSender,
    /// Share of mail that nothing decides.
    UnknownShare,
    /// No large source that nothing decides.
    UnknownSource,
    /// Share of passing mail that passes by DKIM.
    DkimCover,
    /// Share of mail that was passed on and lost its signature.
    BrokenForwards,
    /// The pass rate of the last week against the three before.
    Trend,
    /// No new source that the owner has not looked at.
    NewSource,
    /// No source that signs with the owner's key and that nothing explains.
    SignsWithYourKey,
    /// What stands in DNS.
    Dns,
}

impl GateKind {
    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CoveredDays => "covered_days",
            Self::LargeReporters => "large_reporters",
            Self::LargeReporterAge => "large_reporter_age",
            Self::LegitimateMessages => "legitimate_messages",
            Self::TrialDays => "trial_days",
            Self::PassRate => "pass_rate",
            Self::EachSender => "each_sender",
            Self::UnknownShare => "unknown_share",
            Self::UnknownSource => "unknown_source",
            Self::DkimCover => "dkim_cover",
            Self::BrokenForwards => "broken_forwards",
            Self::Trend => "trend",
            Self::NewSource => "new_source",
            Self::SignsWithYourKey => "signs_with_your_key",
            Self::Dns => "dns",
        }
    }

    /// Whether it asks if there is enough data, and not what the data says.
    #[must_use]
    pub const fn is_about_data(self) -> bool {
        matches!(
            self,
            Self::CoveredDays | Self::LargeReporters | Self::LargeReporterAge | Self::LegitimateMessages
        )
    }
}

/// Where a gate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GateState {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// The owner has put it aside.
    Waived,
    /// It can't be told.
    Unknown,
}

impl GateState {
    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
        }
    }
}

/// A number that a gate measured or needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A count: days, messages, sources.
    Count(u64),
    /// A share in hundredths of a percent.
    Share(u64),
}

impl Measure {
    /// The share of a part, rounded down; of nothing, everything.
    #[must_use]
    pub fn share(part: u64, all: u64) -> Self {
        if all == 0 {
            return Self::Share(WHOLE);
        }
        let share = u128::from(part) * u128::from(WHOLE) / u128::from(all);
        Self::Share(u64::try_from(share).unwrap_or(WHOLE))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Share(share) => write!(f, "{}.{:02} %", share / 100, share % 100),
        }
    }
}

/// A hundred percent in hundredths of a percent.
pub(super) const WHOLE: u64 = 10_000;

/// A gate with what was measured and what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// Which gate.
    pub kind: GateKind,
    /// Where it stands.
    pub state: GateState,
    /// What was measured, where it measures anything.
    pub measured: Option<Measure>,
    /// What it needs: at least this, or at most this (see [`Gate::at_most`]).
    pub needed: Option<Measure>,
    /// Whether `needed` is an upper bound.
    pub at_most: bool,
    /// The messages that a share is of.
    pub base: Option<u64>,
}

/// The days that covered days are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The last thirty.
    Month,
    /// The last sixty.
    TwoMonths,
}

impl Span {
    /// How many they are.
    #[must_use]
    pub const fn days(self) -> u64 {
        match self {
            Self::Month => 30,
            Self::TwoMonths => 60,
        }
    }
}

/// What a step needs. Shares are in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Covered days, at least.
    pub covered_days: u64,
    /// The days that they, and the reporters, are counted in.
    pub span: Span,
    /// Large reporters, at least.
    pub large_reporters: u64,
    /// Days before the newest on which a large reporter was last heard of, at most.
    pub large_reporter_age: u64,
    /// The owner's messages in a month, at least.
    pub legitimate_messages: u64,
    /// Covered days that do instead, for a domain that sends little.
    pub low_volume_days: u64,
    /// Days at quarantine or in test mode, at least.
    pub trial_days: u64,
    /// Share of the owner's mail that passes, at least.
    pub pass_rate: u64,
    /// The same for each confirmed sender with at least this many messages.
    pub sender_messages: u64,
    /// Share of a confirmed sender's mail that passes, at least.
    pub sender_pass_rate: u64,
    /// Whether senders are looked at over fourteen days instead of thirty.
    pub sender_fortnight: bool,
    /// Share of mail that nothing decides, at most.
    pub unknown: u64,
    /// Share of the owner's passing mail that passes by DKIM, at least.
    pub dkim_cover: u64,
    /// Share of mail that was passed on and broke, at most.
    pub broken_forwards: u64,
    /// How far the last week's pass rate may lie below that of the three weeks before.
    pub trend: u64,
    /// Messages of a source that signs with the owner's key, at most.
    pub unexplained: u64,
}

impl Thresholds {
    /// What `quarantine` needs.
    pub const QUARANTINE: Self = Self {
        covered_days: 21,
        span: Span::Month,
        large_reporters: 2,
        large_reporter_age: 3,
        legitimate_messages: 500,
        low_volume_days: 60,
        trial_days: 0,
        pass_rate: 9_900,
        sender_messages: 20,
        sender_pass_rate: 9_500,
        sender_fortnight: false,
        unknown: 100,
        dkim_cover: 9_000,
        broken_forwards: 200,
        trend: 50,
        unexplained: 49,
    };

    /// What `reject` needs.
    pub const REJECT: Self = Self {
        covered_days: 30,
        span: Span::TwoMonths,
        trial_days: 14,
        pass_rate: 9_980,
        sender_pass_rate: 9_800,
        sender_fortnight: true,
        unknown: 30,
        dkim_cover: 9_700,
        broken_forwards: 50,
        trend: 20,
        unexplained: 0,
        ..Self::QUARANTINE
    };

    /// What a step for subdomains needs: that of `reject`, but no trial and no number of messages, as many
    /// domains have no mail from subdomains at all.
    pub const SUBDOMAINS: Self =
        Self { covered_days: 21, span: Span::Month, legitimate_messages: 0, trial_days: 0, ..Self::REJECT };

    /// What a step needs where nobody says otherwise.
    #[must_use]
    pub const fn of(step: Step) -> Self {
        match step {
            Step::Quarantine => Self::QUARANTINE,
            Step::Reject => Self::REJECT,
            Step::Subdomains | Step::MissingNames => Self::SUBDOMAINS,
        }
    }
}
