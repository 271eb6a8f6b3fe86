//! What can be asked.

use std::fmt;

use super::name::DnsName;

/// Defines the record types with their words, once.
macro_rules! record_types {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// A type of DNS record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum RecordType {
            $($(#[$doc])* $variant,)+
        }

        impl RecordType {
            /// Every type that is asked for.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word that zone files use.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

record_types! {
    /// An IPv4 address.
    A = "A",
    /// An IPv6 address.
    Aaaa = "AAAA",
    /// An alias.
    Cname = "CNAME",
    /// The key of a signed zone below (RFC 4034 section 5).
    Ds = "DS",
    /// A host that takes mail.
    Mx = "MX",
    /// A name server.
    Ns = "NS",
    /// The name of an address.
    Ptr = "PTR",
    /// The start of a zone.
    Soa = "SOA",
    /// SPF's own type, given up by RFC 7208 section 3.1.
    Spf = "SPF",
    /// The certificate of a TLS server (RFC 6698).
    Tlsa = "TLSA",
    /// Text.
    Txt = "TXT",
}

impl RecordType {
    /// The type of a word, in any case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wanted of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Want {
    /// The records of a type.
    Records(RecordType),
    /// The MTA-STS policy of a mail domain, fetched over HTTPS (RFC 8461 section 3.3).
    MtaStsPolicy,
    /// Whether DNSSEC protects the records of a type: asked beside the records, never instead of them.
    Security(RecordType),
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Query {
    /// Whom it is about.
    pub name: DnsName,
    /// What is wanted.
    pub want: Want,
}

impl Query {
    /// The question for the records of a type.
    #[must_use]
    pub const fn records(name: DnsName, kind: RecordType) -> Self {
        Self { name, want: Want::Records(kind) }
    }
}

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records(kind) => write!(f, "{kind}"),
            Self::MtaStsPolicy => f.write_str("MTA-STS policy"),
            Self::Security(kind) => write!(f, "{kind} DNSSEC"),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.want)
    }
}
