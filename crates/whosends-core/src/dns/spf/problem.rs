//! What SPF says of a sender, and why it can't say more.

use std::fmt;

use super::super::answer::Failure;
use super::super::query::Query;
use super::record::{FaultKind, Qualifier};

/// The result of a check (RFC 7208 section 2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// There is no domain to check, or it has no record.
    None,
    /// The record says nothing of the sender.
    Neutral,
    /// The sender is authorised.
    Pass,
    /// The sender is not authorised.
    Fail,
    /// The sender is probably not authorised.
    SoftFail,
    /// DNS did not answer: later it may.
    TempError,
    /// A record can't be interpreted.
    PermError,
    /// No result of the RFC: the record asks for what is not known of the message.
    Undecided,
}

impl Verdict {
    /// The RFC's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Neutral => "neutral",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
            Self::Undecided => "undecided",
        }
    }
}

impl From<Qualifier> for Verdict {
    fn from(qualifier: Qualifier) -> Self {
        match qualifier {
            Qualifier::Pass => Self::Pass,
            Qualifier::Fail => Self::Fail,
            Qualifier::SoftFail => Self::SoftFail,
            Qualifier::Neutral => Self::Neutral,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a check ended with none, temperror or permerror. The domains are as the records spell them, made
/// printable.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The domain could have no record (section 4.3).
    NotADomain {
        /// What was to be checked.
        domain: String,
    },
    /// The domain has no record (section 4.5).
    NoRecord {
        /// The domain that was asked.
        domain: String,
    },
    /// DNS did not answer (section 2.6.6).
    Dns {
        /// What was asked.
        query: Query,
        /// Why there is no answer.
        failure: Failure,
    },
    /// The domain has more than one record (section 4.5).
    SeveralRecords {
        /// The domain that was asked.
        domain: String,
        /// How many there are.
        count: usize,
    },
    /// A term breaks the grammar (section 4.6).
    Syntax {
        /// Whose record it is in.
        domain: String,
        /// The term.
        term: String,
        /// What is wrong with it.
        fault: FaultKind,
    },
    /// An `include` or `redirect` leads to a domain without a record (sections 5.2 and 6.1).
    TargetWithoutRecord {
        /// Whose record the term is in.
        domain: String,
        /// The term.
        term: String,
    },
    /// A term asks for the local part of the envelope sender or for the HELO name, which are not known (section 7.2).
    MessageDecides {
        /// Whose record the term is in.
        domain: String,
        /// The term.
        term: String,
    },
    /// More than [ten](super::MOST_LOOKUPS) terms ask DNS (section 4.6.4).
    TooManyLookups,
    /// More than [two](super::MOST_VOID_LOOKUPS) of them find nothing (section 4.6.4).
    TooManyVoidLookups,
    /// An `mx` leads to more than [ten](super::MOST_NAMES) hosts (section 4.6.4).
    TooManyExchanges {
        /// Whose hosts they are.
        domain: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADomain { domain } => write!(f, "`{domain}` is no domain that can have a record"),
            Self::NoRecord { domain } => write!(f, "{domain} has no SPF record"),
            Self::Dns { query, failure } => write!(f, "{query}: {failure}"),
            Self::SeveralRecords { domain, count } => write!(f, "{domain} has {count} SPF records"),
            Self::Syntax { domain, term, fault } => write!(f, "{domain}: `{term}`: {fault}"),
            Self::TargetWithoutRecord { domain, term } => {
                write!(f, "{domain}: `{term}` leads to a domain without SPF record")
            }
            Self::MessageDecides { domain, term } => {
                write!(f, "{domain}: `{term}` asks for the local part or the HELO name: the message decides")
            }
            Self::TooManyLookups => f.write_str("more than 10 terms ask DNS"),
            Self::TooManyVoidLookups => f.write_str("more than 2 terms ask DNS and find nothing"),
            Self::TooManyExchanges { domain } => write!(f, "{domain} has more than 10 mail hosts"),
        }
    }
}
