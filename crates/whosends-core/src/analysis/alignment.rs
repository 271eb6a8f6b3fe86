//! Alignment of what a report states with its author domain (RFC 9989 section 3.2.10).
//!
//! A reporter's verdict decides what passed. Alignment is worked out again to ask what another mode would have
//! made of a record, and to see where a reporter contradicts itself.

use crate::model::words::{AlignmentMode, DkimResult, SpfResult, SpfScope, Verdict};
use crate::model::{Combination, PolicyPublished};
use crate::senders::same_organization;

/// How near a domain must be to be aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Mode {
    /// One organisational domain, by the public suffix list.
    #[default]
    Relaxed,
    /// The same name.
    Strict,
}

impl Mode {
    /// The mode a policy states; a policy without one, or with a word nobody knows, is relaxed
    /// (RFC 9989 section 4.7).
    #[must_use]
    pub const fn of(stated: Option<&AlignmentMode>) -> Self {
        match stated {
            Some(AlignmentMode::Strict) => Self::Strict,
            _ => Self::Relaxed,
        }
    }

    /// The letter that stands in a policy record.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relaxed => "r",
            Self::Strict => "s",
        }
    }
}

/// The modes of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Modes {
    /// `adkim`
    pub dkim: Mode,
    /// `aspf`
    pub spf: Mode,
}

impl Modes {
    /// The modes that a report says were published.
    #[must_use]
    pub const fn of(policy: &PolicyPublished) -> Self {
        Self { dkim: Mode::of(policy.adkim.as_ref()), spf: Mode::of(policy.aspf.as_ref()) }
    }
}

/// Whether a lower-case name is aligned with an author domain.
#[must_use]
pub fn is_aligned(name: &str, header_from: &str, mode: Mode) -> bool {
    name == header_from || (mode == Mode::Relaxed && same_organization(name, header_from))
}

/// Whether a record passes, as far as that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passes {
    /// An aligned DKIM signature passes.
    pub dkim: Option<bool>,
    /// SPF passes aligned.
    pub spf: Option<bool>,
}

impl Passes {
    /// Whether DMARC passes; `None` where the record does not tell.
    #[must_use]
    pub fn dmarc(self) -> Option<bool> {
        match (self.dkim, self.spf) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    }

    /// What the reporter says.
    #[must_use]
    pub const fn stated(combination: &Combination) -> Self {
        Self { dkim: verdict(combination.dkim.as_ref()), spf: verdict(combination.spf.as_ref()) }
    }

    /// What the raw results say under the modes; `None` where none is stated, or no author domain.
    #[must_use]
    pub fn recomputed(combination: &Combination, modes: Modes) -> Self {
        let Some(from) = combination.header_from.as_ref().filter(|name| name.is_domain()) else {
            return Self { dkim: None, spf: None };
        };
        let dkim = !combination.auth_dkim.is_empty();
        let spf = combination.auth_spf.iter().any(|spf| spf.scope != Some(SpfScope::Helo));
        Self {
            dkim: dkim.then(|| dkim_passes(combination, from.as_str(), modes.dkim)),
            spf: spf.then(|| spf_passes(combination, from.as_str(), modes.spf)),
        }
    }

    /// What the reporter would say under other modes than those it judged by.
    ///
    /// Its verdict stands where the mode stays. A stricter mode turns a pass into what the raw results say and
    /// leaves a failure; a looser one turns a failure into what they say and leaves a pass.
    #[must_use]
    pub fn under(combination: &Combination, judged_by: Modes, modes: Modes) -> Self {
        let (stated, again) = (Self::stated(combination), Self::recomputed(combination, modes));
        Self {
            dkim: changed(stated.dkim, again.dkim, judged_by.dkim, modes.dkim),
            spf: changed(stated.spf, again.spf, judged_by.spf, modes.spf),
        }
    }
}

fn changed(stated: Option<bool>, again: Option<bool>, from: Mode, to: Mode) -> Option<bool> {
    match (from, to) {
        (Mode::Relaxed, Mode::Strict) if stated == Some(true) => again,
        (Mode::Strict, Mode::Relaxed) if stated == Some(false) => again.or(stated),
        _ => stated,
    }
}

const fn verdict(stated: Option<&Verdict>) -> Option<bool> {
    match stated {
        Some(Verdict::Pass) => Some(true),
        Some(Verdict::Fail) => Some(false),
        _ => None,
    }
}

fn dkim_passes(combination: &Combination, from: &str, mode: Mode) -> bool {
    combination.auth_dkim.iter().any(|dkim| {
        dkim.result == Some(DkimResult::Pass)
            && dkim.domain.as_ref().is_some_and(|domain| is_aligned(domain.as_str(), from, mode))
    })
}

/// SPF aligns by MAIL FROM only; a HELO result never does.
fn spf_passes(combination: &Combination, from: &str, mode: Mode) -> bool {
    combination.auth_spf.iter().any(|spf| {
        spf.result == Some(SpfResult::Pass)
            && spf.scope != Some(SpfScope::Helo)
            && spf.domain.as_ref().is_some_and(|domain| is_aligned(domain.as_str(), from, mode))
    })
}

/// Whether a reporter's verdict contradicts the raw results it states: its verdict stands all the same.
#[must_use]
pub fn contradicts_itself(combination: &Combination, modes: Modes) -> bool {
    let (stated, again) = (Passes::stated(combination), Passes::recomputed(combination, modes));
    let differ = |stated: Option<bool>, again: Option<bool>| {
        stated.zip(again).is_some_and(|(stated, again)| stated != again)
    };
    differ(stated.dkim, again.dkim) || differ(stated.spf, again.spf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DkimAuth, Name, SpfAuth};

    const STRICT: Modes = Modes { dkim: Mode::Strict, spf: Mode::Strict };

    fn record(dkim: Option<&str>, spf: Option<&str>, verdicts: (&str, &str)) -> Combination {
        Combination {
            dkim: Verdict::from_stated(verdicts.0),
            spf: Verdict::from_stated(verdicts.1),
            header_from: Name::from_stated("news.example.com"),
            auth_dkim: dkim
                .map(|domain| DkimAuth {
                    domain: Name::from_stated(domain),
                    selector: None,
                    result: Some(DkimResult::Pass),
                    human_result: None,
                })
                .into_iter()
                .collect(),
            auth_spf: spf
                .map(|domain| SpfAuth {
                    domain: Name::from_stated(domain),
                    scope: None,
                    result: Some(SpfResult::Pass),
                    human_result: None,
                })
                .into_iter()
                .collect(),
            ..Combination::default()
        }
    }

    #[test]
    fn relaxed_is_the_organisation_and_strict_the_name() {
        assert!(is_aligned("example.com", "news.example.com", Mode::Relaxed));
        assert!(!is_aligned("example.com", "news.example.com", Mode::Strict));
        assert!(!is_aligned("example.net", "example.com", Mode::Relaxed));
        assert!(!is_aligned("other.co.uk", "example.co.uk", Mode::Relaxed));
    }

    #[test]
    fn a_helo_result_never_aligns() {
        let mut combination = record(None, Some("news.example.com"), ("fail", "pass"));
        assert_eq!(Passes::recomputed(&combination, Modes::default()).spf, Some(true));
        combination.auth_spf[0].scope = Some(SpfScope::Helo);
        assert_eq!(Passes::recomputed(&combination, Modes::default()).spf, None);
    }

    #[test]
    fn the_verdict_stands_unless_the_mode_changes() {
        let odd = record(None, None, ("pass", "fail"));
        assert_eq!(Passes::under(&odd, Modes::default(), Modes::default()).dmarc(), Some(true));
        assert_eq!(
            Passes::under(&odd, Modes::default(), STRICT).dmarc(),
            None,
            "nothing says which name signed"
        );
        let parent = record(Some("example.com"), None, ("pass", "fail"));
        assert_eq!(Passes::under(&parent, Modes::default(), STRICT).dmarc(), Some(false));
        let same = record(Some("news.example.com"), None, ("pass", "fail"));
        assert_eq!(Passes::under(&same, Modes::default(), STRICT).dmarc(), Some(true));
        let strictly_failed = record(Some("example.com"), None, ("fail", "fail"));
        assert_eq!(Passes::under(&strictly_failed, STRICT, Modes::default()).dmarc(), Some(true));
        assert!(contradicts_itself(&strictly_failed, Modes::default()));
        assert!(!contradicts_itself(&strictly_failed, STRICT));
    }
}
