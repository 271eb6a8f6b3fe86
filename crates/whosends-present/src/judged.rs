//! How messages were judged, the same in every format.

use serde::Serialize;
use whosends_core::analysis::tally::{Split, Tally};

use crate::number::{percent, rate};

/// Messages that passed, failed, and came without a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Passed {
    /// Messages that passed.
    pub pass: u64,
    /// Messages that were stated to fail.
    pub fail: u64,
    /// Messages without a verdict; they are in no rate.
    pub unknown: u64,
    /// `pass` as a share of `pass` and `fail`, from 0 to 1; null where there are none.
    pub rate: Option<f64>,
}

impl From<Split> for Passed {
    fn from(split: Split) -> Self {
        let Split { pass, fail, unknown } = split;
        Self { pass, fail, unknown, rate: rate(pass, split.decided()) }
    }
}

impl Passed {
    /// The rate for people.
    pub fn percent(&self) -> String {
        percent(self.pass, self.pass.saturating_add(self.fail))
    }
}

/// DMARC, and what it stands on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Judged {
    /// DMARC: DKIM or SPF passed, aligned.
    pub dmarc: Passed,
    /// Aligned DKIM.
    pub dkim: Passed,
    /// Aligned SPF.
    pub spf: Passed,
}

impl From<Tally> for Judged {
    fn from(tally: Tally) -> Self {
        Self { dmarc: tally.dmarc.into(), dkim: tally.dkim.into(), spf: tally.spf.into() }
    }
}
