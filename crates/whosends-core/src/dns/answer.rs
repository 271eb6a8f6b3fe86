//! What comes back, with success, absence and failure kept apart.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::name::DnsName;

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The names that aliases led through, in order, without the one that was asked.
    pub aliases: Vec<DnsName>,
    /// Whether the resolver says that DNSSEC protects the answer (the AD bit, RFC 6840 section 5.8).
    pub authenticated: bool,
    /// What was there.
    pub outcome: Outcome,
}

/// The five things an answer can be. None of them ever stands for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// At least one record of the kind.
    Found(Vec<RecordData>),
    /// The name exists, but has no record of the kind.
    NoData,
    /// The name does not exist, nor anything below it (RFC 8020).
    NoSuchName,
    /// Nobody knows: asking again may give another answer.
    Failed(Failure),
    /// A signed chain of trust breaks (RFC 4035 section 4.3).
    Bogus,
}

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Failure {
    /// Nothing came back in time.
    Timeout,
    /// The server said that it failed.
    ServerFailure,
    /// The server refused.
    Refused,
    /// The server answered with another error code (RFC 1035 section 4.1.1).
    Code(u16),
    /// The answer was cut and could not be had in whole over TCP.
    Truncated,
    /// The answer can't be read.
    Malformed,
    /// The server can't be reached.
    Unreachable,
    /// The aliases lead in a circle, or too far.
    AliasLoop,
    /// The time for the whole evaluation was over.
    Deadline,
    /// The conversation that is replayed does not hold this question.
    NotSaved,
    /// This resolver can't ask such a question.
    Unsupported,
    /// The HTTPS server presented no certificate that is valid for its name.
    Certificate,
    /// The HTTPS server answered with this status instead of 200.
    HttpStatus(u16),
    /// What the HTTPS server sent is longer than allowed.
    TooLong,
    /// The HTTPS server has no address that the internet reaches.
    NotPublic,
}

impl Failure {
    /// The word that stands in JSON; the number of a code or status stands beside it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::ServerFailure => "servfail",
            Self::Refused => "refused",
            Self::Code(_) => "code",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::Unreachable => "unreachable",
            Self::AliasLoop => "alias_loop",
            Self::Deadline => "deadline",
            Self::NotSaved => "not_saved",
            Self::Unsupported => "unsupported",
            Self::Certificate => "certificate",
            Self::HttpStatus(_) => "http_status",
            Self::TooLong => "too_long",
            Self::NotPublic => "not_public",
        }
    }

    /// The number beside the word.
    #[must_use]
    pub const fn number(self) -> Option<u16> {
        match self {
            Self::Code(number) | Self::HttpStatus(number) => Some(number),
            _ => None,
        }
    }

    /// The failure of a word and its number.
    #[must_use]
    pub fn from_word(word: &str, number: Option<u16>) -> Option<Self> {
        [
            Self::Timeout,
            Self::ServerFailure,
            Self::Refused,
            Self::Code(number.unwrap_or(0)),
            Self::Truncated,
            Self::Malformed,
            Self::Unreachable,
            Self::AliasLoop,
            Self::Deadline,
            Self::NotSaved,
            Self::Unsupported,
            Self::Certificate,
            Self::HttpStatus(number.unwrap_or(0)),
            Self::TooLong,
            Self::NotPublic,
        ]
        .into_iter()
        .find(|failure| failure.as_str() == word)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => "no answer in time",
            Self::ServerFailure => "the name server failed (SERVFAIL)",
            Self::Refused => "the name server refused (REFUSED)",
            Self::Code(code) => return write!(f, "the name server answered with error code {code}"),
            Self::Truncated => "the answer is truncated and can't be had over TCP",
            Self::Malformed => "the answer can't be read",
            Self::Unreachable => "the server can't be reached",
            Self::AliasLoop => "its aliases lead in a circle",
            Self::Deadline => "there was no time left to ask",
            Self::NotSaved => "the saved conversation does not hold the question",
            Self::Unsupported => "this resolver can't ask that",
            Self::Certificate => "the server's certificate is not valid for its name",
            Self::HttpStatus(status) => return write!(f, "the server answered with status {status}"),
            Self::TooLong => "the answer is longer than allowed",
            Self::NotPublic => "its host has no address that the internet reaches",
        })
    }
}

/// One record's content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// The name that an alias stands for.
    Cname(DnsName),
    /// The digest of a signed zone's key: key tag, algorithm, digest type, digest.
    Ds(u16, u8, u8, Box<[u8]>),
    /// A host that takes mail.
    Mx {
        /// The lower, the sooner.
        preference: u16,
        /// The host; the root means that there is none (RFC 7505).
        exchange: DnsName,
    },
    /// A name server.
    Ns(DnsName),
    /// The name of an address.
    Ptr(DnsName),
    /// The start of a zone: its primary server and its serial number.
    Soa(DnsName, u32),
    /// Text of the type that SPF gave up.
    Spf(Text),
    /// A TLS server's certificate: usage, selector, matching type, data.
    Tlsa(u8, u8, u8, Box<[u8]>),
    /// Text.
    Txt(Text),
    /// An MTA-STS policy as it was fetched.
    Policy(PolicyDocument),
    /// Whether DNSSEC protects what was asked.
    Security(Security),
}

/// Whether DNSSEC protects records; a broken chain is [`Outcome::Bogus`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// A chain of signatures leads from the root's keys to the records.
    Secure,
    /// The chain ends on purpose above the records: the zone is not signed.
    Insecure,
    /// This resolver gave no keys to tell by.
    Unknown,
}

/// What an HTTPS server sent as MTA-STS policy, with status 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    /// The stated media type, if any.
    pub media_type: Option<String>,
    /// The body.
    pub body: Box<[u8]>,
}

/// The strings of one text record, bytes as they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(pub Vec<Box<[u8]>>);

impl Text {
    /// The strings joined with nothing between (RFC 7208 section 3.3, RFC 6376 section 3.6.2.2).
    #[must_use]
    pub fn joined(&self) -> Vec<u8> {
        self.0.concat()
    }

    /// Its size on the wire: every string has its length before it.
    #[must_use]
    pub fn wire_size(&self) -> usize {
        self.0.iter().map(|string| string.len().saturating_add(1)).sum()
    }
}

impl From<&str> for Text {
    /// One text, cut into strings of at most 255 bytes.
    fn from(text: &str) -> Self {
        Self(text.as_bytes().chunks(255).map(Into::into).collect())
    }
}

impl Answer {
    /// An answer without aliases.
    #[must_use]
    pub const fn direct(outcome: Outcome) -> Self {
        Self { aliases: Vec::new(), authenticated: false, outcome }
    }

    /// The records; none where there are none, for whatever reason.
    #[must_use]
    pub fn records(&self) -> &[RecordData] {
        match &self.outcome {
            Outcome::Found(records) => records,
            _ => &[],
        }
    }

    /// Whether it is certain that there are no records of the kind.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self.outcome, Outcome::NoData | Outcome::NoSuchName)
    }

    /// Why nobody knows the answer, where that is so. A broken chain of trust counts: a validating
    /// receiver gets no answer either (RFC 4035 section 5.5).
    #[must_use]
    pub const fn failure(&self) -> Option<Failure> {
        match self.outcome {
            Outcome::Failed(failure) => Some(failure),
            Outcome::Bogus => Some(Failure::ServerFailure),
            _ => None,
        }
    }

    /// The texts among the records.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.records().iter().filter_map(|record| match record {
            RecordData::Txt(text) => Some(text),
            _ => None,
        })
    }

    /// What is known of DNSSEC, where that was asked.
    #[must_use]
    pub fn security(&self) -> Option<Security> {
        self.records().iter().find_map(|record| match record {
            RecordData::Security(security) => Some(*security),
            _ => None,
        })
    }

    /// The addresses among the records.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.records().iter().filter_map(|record| match record {
            RecordData::A(address) => Some(IpAddr::V4(*address)),
            RecordData::Aaaa(address) => Some(IpAddr::V6(*address)),
            _ => None,
        })
    }

    /// The mail hosts among the records, by preference and then by name.
    #[must_use]
    pub fn exchanges(&self) -> Vec<(u16, &DnsName)> {
        let mut hosts: Vec<_> = self
            .records()
            .iter()
            .filter_map(|record| match record {
                RecordData::Mx { preference, exchange } => Some((*preference, exchange)),
                _ => None,
            })
            .collect();
        hosts.sort();
        hosts
    }

    /// The names of an address among the records, as they came.
    pub fn pointers(&self) -> impl Iterator<Item = &DnsName> {
        self.records().iter().filter_map(|record| match record {
            RecordData::Ptr(name) => Some(name),
            _ => None,
        })
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        Self::direct(outcome)
    }
}
