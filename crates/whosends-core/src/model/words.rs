//! The enumerated words of a report: known ones as variants, unknown ones with their text.

use std::fmt;

/// Defines an enumeration of the words a report may use in one place.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* #[doc = concat!("`", $word, "`")] $variant,)+
            /// A word nobody knows, in lower case.
            Unknown(Box<str>),
        }

        impl $name {
            /// Reads a word in any case; `None` where it is blank.
            #[must_use]
            pub fn from_stated(text: &str) -> Option<Self> {
                let text = text.trim();
                $(if text.eq_ignore_ascii_case($word) { return Some(Self::$variant); })+
                (!text.is_empty()).then(|| Self::Unknown(text.to_lowercase().into()))
            }

            /// The word in lower case.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Unknown(text) => text,
                }
            }

            /// Whether the word is one the standards define.
            #[must_use]
            pub const fn is_known(&self) -> bool {
                !matches!(self, Self::Unknown(_))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What a domain asks receivers to do with failing mail (RFC 9989 section 4.7, `p`, `sp`, `np`).
    Policy { None = "none", Quarantine = "quarantine", Reject = "reject", }
}
words! {
    /// What the receiver did (RFC 9990 section 3.1.1.9).
    Disposition { None = "none", Pass = "pass", Quarantine = "quarantine", Reject = "reject", }
}
words! {
    /// The reporter's aligned DKIM or SPF result.
    Verdict { Pass = "pass", Fail = "fail", }
}
words! {
    /// How near a domain must be to be aligned (`adkim`, `aspf`).
    AlignmentMode { Relaxed = "r", Strict = "s", }
}
words! {
    /// Whether the policy is in test mode (`t`, RFC 9989 section 4.7).
    Testing { Yes = "y", No = "n", }
}
words! {
    /// How the reporter found the policy (RFC 9990 section 3.1.1.5).
    DiscoveryMethod { Psl = "psl", TreeWalk = "treewalk", }
}
words! {
    /// A raw DKIM result (RFC 8601 section 2.7.1).
    DkimResult {
        None = "none", Pass = "pass", Fail = "fail", Policy = "policy", Neutral = "neutral",
        TempError = "temperror", PermError = "permerror",
    }
}
words! {
    /// A raw SPF result (RFC 8601 section 2.7.2). `hardfail` is read as `fail` where it is interpreted, and
    /// keeps its text here.
    SpfResult {
        None = "none", Neutral = "neutral", Pass = "pass", Fail = "fail", SoftFail = "softfail",
        Policy = "policy", TempError = "temperror", PermError = "permerror",
    }
}
words! {
    /// Which identity SPF was checked for.
    SpfScope { MailFrom = "mfrom", Helo = "helo", }
}
words! {
    /// Why the disposition differs from the policy: RFC 9990 section 3.1.6 and RFC 7489 appendix C.
    OverrideType {
        Forwarded = "forwarded", SampledOut = "sampled_out", TrustedForwarder = "trusted_forwarder",
        MailingList = "mailing_list", LocalPolicy = "local_policy", PolicyTestMode = "policy_test_mode",
        Other = "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_folds_and_unknown_words_keep_their_text() {
        assert_eq!(Verdict::from_stated(" Pass "), Some(Verdict::Pass));
        assert_eq!(SpfResult::from_stated("HardFail"), Some(SpfResult::Unknown("hardfail".into())));
        assert_eq!(Disposition::from_stated(""), None);
    }
}
