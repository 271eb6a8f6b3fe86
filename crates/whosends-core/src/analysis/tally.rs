//! Messages and how they were judged.

use crate::model::{Judged, Judgement};

/// Messages that passed, failed, and came without a verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Split {
    /// Messages that passed.
    pub pass: u64,
    /// Messages that were stated to fail.
    pub fail: u64,
    /// Messages without a verdict; they are in no rate.
    pub unknown: u64,
}

impl Split {
    const fn add(&mut self, judgement: Judgement, messages: u64) {
        let part = match judgement {
            Judgement::Pass => &mut self.pass,
            Judgement::Fail => &mut self.fail,
            Judgement::Unknown => &mut self.unknown,
        };
        *part = part.saturating_add(messages);
    }

    const fn merge(&mut self, other: Self) {
        self.pass = self.pass.saturating_add(other.pass);
        self.fail = self.fail.saturating_add(other.fail);
        self.unknown = self.unknown.saturating_add(other.unknown);
    }

    /// Messages with a verdict: the whole of which [`Split::pass`] is a share.
    #[must_use]
    pub const fn decided(&self) -> u64 {
        self.pass.saturating_add(self.fail)
    }
}

/// Messages and how they were judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All messages.
    pub messages: u64,
    /// DMARC as a whole.
    pub dmarc: Split,
    /// Aligned DKIM.
    pub dkim: Split,
    /// Aligned SPF.
    pub spf: Split,
}

impl Tally {
    /// Adds messages that were judged alike.
    pub(crate) const fn add(&mut self, judged: Judged, messages: u64) {
        self.messages = self.messages.saturating_add(messages);
        self.dmarc.add(judged.dmarc, messages);
        self.dkim.add(judged.dkim, messages);
        self.spf.add(judged.spf, messages);
    }

    /// Adds another tally.
    pub(crate) const fn merge(&mut self, other: Self) {
        self.messages = self.messages.saturating_add(other.messages);
        self.dmarc.merge(other.dmarc);
        self.dkim.merge(other.dkim);
        self.spf.merge(other.spf);
    }
}
