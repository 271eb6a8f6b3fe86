//! One `record`: a source address, a message count, and how those messages were judged.

use std::net::IpAddr;

use super::name::Name;
use super::words::{Disposition, DkimResult, OverrideType, SpfResult, SpfScope, Verdict};

/// A source address, a message count, and how those messages were judged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// The address that delivered the mail; an IPv4-mapped IPv6 address is unmapped.
    pub source: IpAddr,
    /// Messages.
    pub count: u64,
    /// Everything else: a few hundred of these make millions of records.
    pub combination: Combination,
}

/// What a record says besides its address and count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Combination {
    /// What was done.
    pub disposition: Option<Disposition>,
    /// The reporter's aligned DKIM result.
    pub dkim: Option<Verdict>,
    /// The reporter's aligned SPF result.
    pub spf: Option<Verdict>,
    /// Why the disposition differs from the policy.
    pub reasons: Vec<Reason>,
    /// The RFC5322.From domain.
    pub header_from: Option<Name>,
    /// The RFC5321.MailFrom domain.
    pub envelope_from: Option<Name>,
    /// The recipient's domain.
    pub envelope_to: Option<Name>,
    /// Raw DKIM results, one a signature.
    pub auth_dkim: Vec<DkimAuth>,
    /// Raw SPF results.
    pub auth_spf: Vec<SpfAuth>,
}

/// A policy override (RFC 9990 section 3.1.6).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reason {
    /// Its type; some reporters leave it empty.
    pub kind: Option<OverrideType>,
    /// Its comment, as stated.
    pub comment: Option<String>,
}

/// One DKIM signature's result, before alignment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DkimAuth {
    /// `d=`
    pub domain: Option<Name>,
    /// `s=`, as stated
    pub selector: Option<String>,
    /// The result.
    pub result: Option<DkimResult>,
    /// The reporter's own words.
    pub human_result: Option<String>,
}

/// An SPF result, before alignment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpfAuth {
    /// The domain that was checked.
    pub domain: Option<Name>,
    /// Which identity it came from.
    pub scope: Option<SpfScope>,
    /// The result.
    pub result: Option<SpfResult>,
    /// The reporter's own words.
    pub human_result: Option<String>,
}
