//! Why a question has no answer, and what an answer warns of.

use std::fmt;

use crate::error::Error;
use crate::model::{Day, Name, Period};

/// Why a question has no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum NoAnswer {
    /// The database or the catalogue failed.
    Failed(Error),
    /// There is nothing to answer from.
    Nothing(Nothing),
    /// No day lies in the period: it ends before it begins.
    NoDay {
        /// The first day.
        from: Day,
        /// The last day.
        until: Day,
    },
}

/// Why there is nothing to answer from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Nothing {
    /// The database holds no report.
    NoReport,
    /// No report of this domain or one below it was ever read.
    NoReportOf(Name),
    /// The mail of this domain is in the reports of one above it.
    UnderDomainAbove {
        /// The domain that was asked for.
        domain: Name,
        /// The closest one above it that has reports.
        above: Name,
    },
    /// There are reports, but none of the period.
    NotInPeriod {
        /// The domain, where one was asked for.
        domain: Option<Name>,
        /// The days.
        period: Period,
    },
}

impl From<Error> for NoAnswer {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Nothing> for NoAnswer {
    fn from(nothing: Nothing) -> Self {
        Self::Nothing(nothing)
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Nothing(nothing) => nothing.fmt(f),
            Self::NoDay { from, until } => write!(f, "no day lies from {from} to {until}"),
        }
    }
}

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoReport => f.write_str("the database holds no report"),
            Self::NoReportOf(domain) | Self::UnderDomainAbove { domain, .. } => {
                write!(f, "no report for {domain}")
            }
            Self::NotInPeriod { domain: None, .. } => f.write_str("no report in the period"),
            Self::NotInPeriod { domain: Some(domain), .. } => {
                write!(f, "no report for {domain} in the period")
            }
        }
    }
}

impl std::error::Error for NoAnswer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }
}

/// What may surprise whoever reads an answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Warning {
    /// The catalogue does not have the sender of a decision any more: it is kept and decides nothing.
    LostDecision {
        /// The domain it was made for.
        domain: Name,
        /// The sender.
        sender: String,
        /// The decision.
        decision: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LostDecision { domain, sender, decision } => write!(
                f,
                "no sender is called `{sender}` any more: that {domain} has it {decision} is kept and decides nothing"
            ),
        }
    }
}
