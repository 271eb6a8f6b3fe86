//! Messages and how they were judged.

use crate::model::Combination;
use crate::model::words::Verdict;

/// What a judgement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Aligned and passed.
    Pass,
    /// Stated not to.
    Fail,
    /// The reporter did not say, or said a word nobody knows.
    Unknown,
}

impl Judgement {
    const fn of(verdict: Option<&Verdict>) -> Self {
        match verdict {
            Some(Verdict::Pass) => Self::Pass,
            Some(Verdict::Fail) => Self::Fail,
            Some(Verdict::Unknown(_)) | None => Self::Unknown,
        }
    }

    /// DMARC passes where either does, and fails only where both are stated to (RFC 9989 section 5.4).
    const fn either(self, other: Self) -> Self {
        match (self, other) {
            (Self::Pass, _) | (_, Self::Pass) => Self::Pass,
            (Self::Fail, Self::Fail) => Self::Fail,
            _ => Self::Unknown,
        }
    }
}

/// How the messages of one combination were judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// DMARC as a whole.
    pub dmarc: Judgement,
    /// Aligned DKIM.
    pub dkim: Judgement,
    /// Aligned SPF.
    pub spf: Judgement,
}

impl Judged {
    /// What the reporter's verdicts say.
    #[must_use]
    pub const fn of(combination: &Combination) -> Self {
        let dkim = Judgement::of(combination.dkim.as_ref());
        let spf = Judgement::of(combination.spf.as_ref());
        Self { dmarc: dkim.either(spf), dkim, spf }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_never_invented() {
        let judged = |dkim: &str, spf: &str| {
            let combination = Combination {
                dkim: Verdict::from_stated(dkim),
                spf: Verdict::from_stated(spf),
                ..Default::default()
            };
            Judged::of(&combination).dmarc
        };
        assert_eq!(judged("pass", "fail"), Judgement::Pass);
        assert_eq!(judged("", "pass"), Judgement::Pass);
        assert_eq!(judged("fail", "fail"), Judgement::Fail);
        assert_eq!(judged("fail", ""), Judgement::Unknown);
        assert_eq!(judged("softfail", "fail"), Judgement::Unknown);
    }
}
