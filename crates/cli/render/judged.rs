//! How messages were judged, the same in every format.

use serde::Serialize;
use whosends_core::analysis::tally::{Split, Tally};

use super::number::{percent, rate};
use super::paint::Tone;

/// Messages that passed, failed, and came without a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Passed {
    /// Messages that passed.
    pub(crate) pass: u64,
    /// Messages that were stated to fail.
    pub(crate) fail: u64,
    /// Messages without a verdict; they are in no rate.
    pub(crate) unknown: u64,
    /// `pass` as a share of `pass` and `fail`, from 0 to 1; null where there are none.
    pub(crate) rate: Option<f64>,
}

impl From<Split> for Passed {
    fn from(split: Split) -> Self {
        let Split { pass, fail, unknown } = split;
        Self { pass, fail, unknown, rate: rate(pass, split.decided()) }
    }
}

impl Passed {
    /// The rate for people.
    pub(crate) fn percent(&self) -> String {
        percent(self.pass, self.pass.saturating_add(self.fail))
    }

    /// How good the rate is: the bands are mostly passing, partly, and mostly failing.
    pub(crate) fn tone(&self) -> Tone {
        match self.rate {
            None => Tone::Dim,
            Some(rate) if rate >= 0.95 => Tone::Good,
            Some(rate) if rate > 0.5 => Tone::Warn,
            Some(_) => Tone::Bad,
        }
    }
}

/// DMARC, and what it stands on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Judged {
    /// DMARC: DKIM or SPF passed, aligned.
    pub(crate) dmarc: Passed,
    /// Aligned DKIM.
    pub(crate) dkim: Passed,
    /// Aligned SPF.
    pub(crate) spf: Passed,
}

impl From<Tally> for Judged {
    fn from(tally: Tally) -> Self {
        Self { dmarc: tally.dmarc.into(), dkim: tally.dkim.into(), spf: tally.spf.into() }
    }
}
