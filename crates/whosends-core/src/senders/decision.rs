//! What the owner has said about a source.

use std::fmt;

/// What the owner has said about a source; nothing re-derives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// It sends for the owner: what fails is to be put right.
    Authorised,
    /// It does not send for the owner.
    Unauthorised,
    /// It passes on other people's mail.
    Forwarder,
    /// It is to be left out of lists and verdicts.
    Ignore,
}

#[cfg(feature = "store")]
crate::model::stored::stored!(enum Decision { 0 => Authorised, 1 => Unauthorised, 2 => Forwarder, 3 => Ignore });

impl Decision {
    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "authorised" | "authorized" => Some(Self::Authorised),
            "unauthorised" | "unauthorized" => Some(Self::Unauthorised),
            "forwarder" => Some(Self::Forwarder),
            "ignore" => Some(Self::Ignore),
            _ => None,
        }
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorised => "authorised",
            Self::Unauthorised => "unauthorised",
            Self::Forwarder => "forwarder",
            Self::Ignore => "ignore",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
