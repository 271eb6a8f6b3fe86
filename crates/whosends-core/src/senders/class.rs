//! What a record can be to the owner, and what decides it.

use std::fmt;

/// What a record, or a source, is to the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// The owner's mail, and it passes.
    Aligned,
    /// The owner's mail, and it fails: something is to be put right.
    Misaligned,
    /// Mail that somebody passed on.
    Forwarder,
    /// Mail in the owner's name that is not the owner's.
    Unauthorised,
    /// Nothing decides it.
    Unknown,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 5] =
        [Self::Aligned, Self::Misaligned, Self::Forwarder, Self::Unauthorised, Self::Unknown];

    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aligned => "aligned",
            Self::Misaligned => "misaligned",
            Self::Forwarder => "forwarder",
            Self::Unauthorised => "unauthorised",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rule that decided a record's class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The reporter gave no verdict that could be read.
    NoVerdict,
    /// SPF passes aligned, with DKIM or without.
    Spf,
    /// SPF passes, but the signature is that of another Microsoft tenant.
    OtherTenant,
    /// DKIM passes from one of the owner's servers.
    DkimFromOwn,
    /// DKIM passes from the service that composed the mail.
    DkimFromOriginator,
    /// The receiver, a list's signature or a relay's machine says that the mail was passed on.
    Relayed,
    /// A mail host re-sent the mail under an envelope of its customer's.
    Resent,
    /// The mail left its originator and arrived from somebody else's machine.
    OtherHop,
    /// The mail came under somebody else's envelope.
    OtherEnvelope,
    /// A security gateway delivered it.
    Gateway,
    /// Its originator is known and the machine that delivered it is not.
    UnknownHop,
    /// It kept the envelope and carries a selector that is known from aligned mail.
    KnownSelector,
    /// It is signed with the owner's key, and nothing tells why it came from there.
    SignsWithYourKey,
    /// It is signed with a key of the owner's that is seen nowhere but under this return path: a service of the
    /// owner's that the catalogue does not know.
    OwnKeyOnlyHere,
    /// The owner's signature broke on the way, under somebody else's envelope.
    BrokenOnTheWay,
    /// It fails from one of the owner's servers.
    OwnFails,
    /// It fails from a service that is known to send for the owner.
    ConfirmedFails,
    /// It fails from a service that many use and the owner has not confirmed.
    Unconfirmed,
    /// It passes SPF or DKIM for one other organisation, which may be a service that nobody has set up.
    ForeignOrganization,
    /// It fails from a security gateway, most likely a recipient's.
    GatewayFails,
    /// It fails from a security gateway that shows the owner's own mail: a recipient's.
    RecipientGateway,
    /// A signature in the owner's name fails, and nothing else passes.
    OwnSignatureFails,
    /// The owner's SPF record refuses the address, and nothing is signed in the owner's name.
    RefusedBySpf,
    /// Nothing passes, and the address speaks against it: a customer's line, or one without a name.
    SpokenAgainst,
    /// It came from many new addresses at once, in one shape.
    Wave,
    /// Nothing speaks for or against it.
    NothingKnown,
    /// The owner decided.
    Decided,
}

/// What else is to be said of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags {
    /// It passes by SPF alone, and so fails after every forward.
    pub spf_only: bool,
    /// It passes by DKIM alone.
    pub dkim_only: bool,
    /// The owner's signature did not survive being passed on.
    pub broken: bool,
    /// The owner wants the source left out.
    pub ignored: bool,
}

/// A sign that speaks against mail which fails both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignAgainst {
    /// SPF says that the address may not use the owner's domain.
    SpfFail,
    /// SPF says that it probably may not.
    SpfSoftFail,
    /// The address is a customer's line.
    DynamicAddress,
    /// The address has no name.
    NoReverseName,
    /// The address's name leads elsewhere.
    RefutedReverseName,
    /// The envelope is a stranger's, and nothing is signed as the owner.
    StrangerEnvelope,
    /// A domain that the catalogue does not know signed it.
    StrangerSignature,
}
