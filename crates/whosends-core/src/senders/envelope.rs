//! The return path of a record.

use crate::model::words::SpfResult;

use super::catalogue::ServiceId;

/// The envelope as far as SPF shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Envelope {
    /// Nothing states one.
    Absent,
    /// A name of the owner's, and what SPF said of it.
    Own(SpfOutcome),
    /// Somebody else's name.
    Foreign {
        /// The service whose own bounce domain it is.
        bounce: Option<ServiceId>,
        passed: bool,
    },
}

/// An SPF result as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum SpfOutcome {
    Pass,
    SoftFail,
    Fail,
    Other,
}

impl SpfOutcome {
    pub(super) fn of(result: Option<&SpfResult>) -> Self {
        match result {
            Some(SpfResult::Pass) => Self::Pass,
            Some(SpfResult::Fail) => Self::Fail,
            Some(SpfResult::SoftFail) => Self::SoftFail,
            // Some reporters use the name of RFC 4408's mechanism result.
            Some(SpfResult::Unknown(word)) if &**word == "hardfail" => Self::Fail,
            _ => Self::Other,
        }
    }
}
