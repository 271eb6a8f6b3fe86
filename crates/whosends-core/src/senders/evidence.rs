//! What speaks for a sender, and how much.

use std::fmt;

use super::catalogue::ServiceId;

/// Who sent or delivered mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sender {
    /// A server of the owner's.
    Own,
    /// A service of the catalogue.
    Service(ServiceId),
}

/// How sure a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// 30 to 59 points.
    Low,
    /// 60 to 79 points.
    Medium,
    /// 80 points and more.
    High,
}

#[cfg(feature = "store")]
crate::model::stored::stored!(enum Confidence { 0 => Low, 1 => Medium, 2 => High });

impl Confidence {
    /// The confidence of a name with these points; too few name nobody.
    #[must_use]
    pub const fn of(points: u8) -> Option<Self> {
        match points {
            80.. => Some(Self::High),
            60.. => Some(Self::Medium),
            30.. => Some(Self::Low),
            _ => None,
        }
    }

    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a piece of evidence is, with what it says about the originator and about the hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EvidenceKind {
    /// A passing signature of a sending service's own domain.
    ServiceSignature,
    /// A passing signature of a list or forwarder.
    RelaySignature,
    /// A passing signature of an access provider or portal.
    IspSignature,
    /// A passing signature of a mail host on mail that another service composed: the host passed it on.
    HostSignature,
    /// A passing signature of the owner's domain with a selector that names a service alone.
    Selector,
    /// The same with a selector that counts because the machine is known to be the service's.
    WeakSelector,
    /// A service's own envelope domain that passed SPF.
    Envelope,
    /// The same of a service that hands on other people's mail.
    RelayEnvelope,
    /// A host of the owner's domain in the envelope that passed SPF, with a label that names a service alone.
    EnvelopeLabel,
    /// The same with a label that counts because the machine is known to be the service's.
    WeakEnvelopeLabel,
    /// An address that the owner's SPF record lists.
    OwnAddress,
    /// A host name that leads back to the address.
    ReverseName,
    /// A HELO name of a service's that passed SPF.
    Helo,
    /// An address in a range that a service publishes.
    PublishedRange,
    /// A host name nobody has tried to lead back.
    UnconfirmedReverseName,
    /// A network that serves one service.
    Network,
    /// A signature that did not pass: it shows what the mail claims, and speaks for nobody.
    Claim,
}

impl EvidenceKind {
    /// The points for the originator and for the hop.
    pub(super) const fn points(self) -> (u8, u8) {
        match self {
            Self::ServiceSignature => (100, 0),
            Self::RelaySignature => (0, 75),
            Self::IspSignature | Self::HostSignature => (0, 60),
            Self::Selector => (90, 0),
            Self::WeakSelector | Self::WeakEnvelopeLabel => (80, 0),
            Self::Envelope => (85, 85),
            Self::RelayEnvelope => (0, 85),
            Self::EnvelopeLabel => (80, 80),
            Self::OwnAddress => (0, 75),
            Self::ReverseName => (0, 70),
            Self::PublishedRange | Self::Helo => (0, 65),
            Self::UnconfirmedReverseName => (0, 40),
            Self::Network => (0, 30),
            Self::Claim => (0, 0),
        }
    }

    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceSignature => "dkim_domain",
            Self::RelaySignature => "relay_dkim_domain",
            Self::IspSignature => "isp_dkim_domain",
            Self::HostSignature => "host_dkim_domain",
            Self::Selector => "selector",
            Self::WeakSelector => "weak_selector",
            Self::Envelope => "envelope",
            Self::RelayEnvelope => "relay_envelope",
            Self::EnvelopeLabel => "envelope_label",
            Self::WeakEnvelopeLabel => "weak_envelope_label",
            Self::OwnAddress => "own_address",
            Self::ReverseName => "rdns",
            Self::PublishedRange => "spf_range",
            Self::Helo => "helo",
            Self::UnconfirmedReverseName => "rdns_unconfirmed",
            Self::Network => "asn",
            Self::Claim => "claim",
        }
    }

    /// Whether the sender of the mail chose it, and did not have to own the machine for it.
    pub(super) const fn is_envelope(self) -> bool {
        matches!(self, Self::Envelope | Self::RelayEnvelope | Self::EnvelopeLabel | Self::WeakEnvelopeLabel)
    }
}

impl fmt::Display for EvidenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that speaks for a sender.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// What was seen: `sendgrid.info, selector smtpapi`, a host name, a range.
    pub value: String,
    /// Whom it names.
    pub names: Sender,
}

impl Evidence {
    /// What it is worth: for the originator or for the hop, whichever is more; nothing for a claim.
    #[must_use]
    pub fn points(&self) -> u8 {
        let (originator, hop) = self.kind.points();
        originator.max(hop)
    }
}
