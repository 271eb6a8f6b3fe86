//! What the reporter's verdicts say of messages. A verdict is never invented.

use super::record::Combination;
use super::words::Verdict;

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

    /// DMARC passes where either does, and fails only where both are stated to (RFC 9989 section 5.3.5).
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
        Self::of_verdicts(combination.dkim.as_ref(), combination.spf.as_ref())
    }

    /// What the reporter's verdicts on DKIM and SPF say.
    pub(crate) const fn of_verdicts(dkim: Option<&Verdict>, spf: Option<&Verdict>) -> Self {
        let (dkim, spf) = (Judgement::of(dkim), Judgement::of(spf));
        Self { dmarc: dkim.either(spf), dkim, spf }
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
