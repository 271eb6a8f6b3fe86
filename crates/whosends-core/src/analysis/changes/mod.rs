//! What changed from one period to the next: senders, published policies, reporters.
//!
//! A [`Comparison`] takes the judged records of a stretch of days ([`Windows::all`]) and a [`PolicyWatch`] the policies
//! that reports of the same days state. Reports come late, and some never: volumes are compared over the days that
//! a reporter covered in both periods, so that a reporter who is late makes no sender smaller.

mod collect;
mod dated;
mod policies;
mod rhythm;
mod senders;
#[cfg(test)]
mod tests;

pub use collect::Comparison;
pub use policies::{PolicyChange, PolicyWatch};

use super::tally::Tally;
use crate::model::Day;
use crate::model::Period;
use crate::senders::{GroupJudgement, SourceKey};

/// What a change must amount to.
pub mod thresholds {
    /// A sender is new where this many days before the period saw nothing of it.
    pub const NEW_DAYS: i64 = 90;
    /// Fewer messages of a new or a vanished sender are a trace.
    pub const TRACE: u64 = 5;
    /// The days with mail that make a sender whose silence means something.
    pub const GONE_DAYS: usize = 3;
    /// A volume changed where it is so many times as much, or as little.
    pub const TIMES: u64 = 2;
    /// And by so many messages.
    pub const VOLUME: u64 = 50;
    /// A rate changed by so many thousandths.
    pub const RATE: u64 = 50;
    /// With so many messages in both periods.
    pub const RATE_OF: u64 = 20;
    /// And by so many messages.
    pub const RATE_MESSAGES: u64 = 5;
    /// The days with reports, before the period, that make a reporter whose silence means something.
    pub const REPORTER_DAYS: usize = 5;
    /// A source without a name is minor below this part of the domain's messages.
    pub const MINOR: u64 = 100;
}

/// The days that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// The first day of the period.
    pub from: Day,
    /// Its last day.
    pub to: Day,
}

impl Windows {
    /// The days of the period.
    #[must_use]
    pub const fn days(self) -> i64 {
        self.to.0.saturating_sub(self.from.0).saturating_add(1)
    }

    /// The period.
    #[must_use]
    pub const fn now(self) -> Period {
        Period { from: Some(self.from), to: Some(self.to) }
    }

    /// The period before it, which is as long.
    #[must_use]
    pub const fn before(self) -> Period {
        Period { from: Some(self.from.plus(-self.days())), to: Some(self.from.plus(-1)) }
    }

    /// All days that are looked at: the period, and what makes a sender new in it.
    #[must_use]
    pub const fn all(self) -> Period {
        let back = if self.days() > thresholds::NEW_DAYS { self.days() } else { thresholds::NEW_DAYS };
        Period { from: Some(self.from.plus(-back)), to: Some(self.to) }
    }
}

/// What changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// The days that were compared.
    pub windows: Windows,
    /// The first day with data before the period; `None` where there is nothing to compare with.
    pub looked_back_to: Option<Day>,
    /// Senders that changed, the busiest first.
    pub senders: Vec<SenderChange>,
    /// Reporters that fell silent, the busiest first.
    pub silent: Vec<SilentReporter>,
    /// The reporters that report on most days, and those of them that have not reported on the last day.
    pub lag: Lag,
}

/// A sender that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct SenderChange {
    /// The id of the policy domain.
    pub domain: u32,
    /// The sender, or what is known of the source.
    pub source: SourceKey,
    /// Whether these are messages it passed on.
    pub relayed: bool,
    /// What it is to the owner, over all days that were looked at.
    pub judgement: GroupJudgement,
    /// What changed.
    pub changes: Vec<Change>,
    /// Its messages in the period.
    pub now: Tally,
    /// Its messages in the period before.
    pub before: Tally,
    /// What the period would hold if it sent as before to the reporters that reported: the number that the volume
    /// was compared with.
    pub expected: u64,
    /// The first and last day with a message, of all that were looked at.
    pub seen: (Day, Day),
    /// The first day that shows the change, where a day does: that of the first message, the day after the last, or
    /// the first whose own numbers are more like those of the period than like those before.
    pub since: Option<Day>,
    /// Whether it can wait: a source without a name and with little mail, or a stranger that sends less.
    pub minor: bool,
}

/// What changed of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Change {
    /// Nothing was seen of it before.
    New,
    /// It sent at its own pace, and nothing came any more.
    Gone,
    /// It sends much more.
    More,
    /// It sends much less.
    Less,
    /// More of its mail passes.
    Better(Check),
    /// Less of its mail passes.
    Worse(Check),
}

/// What passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// DMARC as a whole.
    Dmarc,
    /// Aligned DKIM.
    Dkim,
    /// Aligned SPF.
    Spf,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Dmarc, Self::Dkim, Self::Spf];

    /// The part of a tally that it counts.
    #[must_use]
    pub const fn of(self, tally: &Tally) -> super::tally::Split {
        match self {
            Self::Dmarc => tally.dmarc,
            Self::Dkim => tally.dkim,
            Self::Spf => tally.spf,
        }
    }
}

impl Change {
    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::More => "more",
            Self::Less => "less",
            Self::Better(Check::Dmarc) => "dmarc_better",
            Self::Better(Check::Dkim) => "dkim_better",
            Self::Better(Check::Spf) => "spf_better",
            Self::Worse(Check::Dmarc) => "dmarc_worse",
            Self::Worse(Check::Dkim) => "dkim_worse",
            Self::Worse(Check::Spf) => "spf_worse",
        }
    }
}

/// A reporter that fell silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentReporter {
    /// Its name.
    pub reporter: Option<Box<str>>,
    /// The last day with a report.
    pub last: Day,
    /// The days with a report, of all that were looked at.
    pub days: u64,
    /// The messages it reported.
    pub messages: u64,
}

/// How far the reporters are behind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lag {
    /// Reporters with a report on at least half of the days of the period before.
    pub regular: u64,
    /// Those of them that have reported in the period, though not on its last day.
    pub late: Vec<Option<Box<str>>>,
}
