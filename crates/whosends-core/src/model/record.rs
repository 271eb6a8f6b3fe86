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

impl Combination {
    /// How many of its fields are stated, those of each reason and result among them.
    #[must_use]
    pub fn detail(&self) -> u32 {
        let Self {
            disposition,
            dkim,
            spf,
            reasons,
            header_from,
            envelope_from,
            envelope_to,
            auth_dkim,
            auth_spf,
        } = self;
        let names = [header_from.is_some(), envelope_from.is_some(), envelope_to.is_some()];
        let reasons = reasons.iter().flat_map(|reason| [reason.kind.is_some(), says(&reason.comment)]);
        let signatures = auth_dkim.iter().flat_map(|auth| {
            [auth.domain.is_some(), says(&auth.selector), auth.result.is_some(), says(&auth.human_result)]
        });
        let paths = auth_spf.iter().flat_map(|auth| {
            [auth.domain.is_some(), auth.scope.is_some(), auth.result.is_some(), says(&auth.human_result)]
        });
        [disposition.is_some(), dkim.is_some(), spf.is_some()]
            .into_iter()
            .chain(names)
            .chain(reasons)
            .chain(signatures)
            .chain(paths)
            .fold(0, |detail, stated| detail + u32::from(stated))
    }
}

fn says(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(|text| !text.is_empty())
}
