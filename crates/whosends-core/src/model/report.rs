//! One `feedback` document.

use super::name::Name;
use super::record::Record;
use super::time::Day;
use super::words::{AlignmentMode, DiscoveryMethod, Policy, Testing};

/// A report from one reporter for one policy domain and period, held whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Everything but the records.
    pub header: Header,
    /// The records that could be added up, in the order of the document.
    pub records: Vec<Record>,
    /// Whether the document ends before its end: more records may have been sent.
    pub truncated: bool,
    /// Records without a usable address or message count, and records lost to broken XML where they could be
    /// counted; each has a note.
    pub records_skipped: u64,
}

/// What a report says of itself and of the policy it judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// `version`, as stated.
    pub version: Option<String>,
    /// The namespace of the root element, as stated.
    pub namespace: Option<String>,
    /// Who wrote it, and for when.
    pub metadata: Metadata,
    /// The policy the reporter saw.
    pub policy: PolicyPublished,
}

/// `report_metadata` (RFC 9990 section 3.1.1.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The reporter as stated, trimmed.
    pub org_name: Option<String>,
    /// The reporter's address.
    pub email: Option<String>,
    /// More about how to reach the reporter.
    pub extra_contact_info: Option<String>,
    /// The report's id as stated, trimmed.
    pub report_id: Option<String>,
    /// Start of the period in Unix seconds.
    pub begin: Option<i64>,
    /// End of the period in Unix seconds; some reporters mean it exclusively.
    pub end: Option<i64>,
    /// What the reporter says went wrong (RFC 9990 section 3.1.5).
    pub errors: Vec<String>,
    /// The software that wrote it.
    pub generator: Option<String>,
}

impl Metadata {
    /// The UTC day the period begins on: the day the whole report counts for.
    #[must_use]
    pub fn day(&self) -> Option<Day> {
        self.begin.map(Day::of)
    }

    /// Whether the period is longer than a day can be (26 hours allow for clocks that change), so that a
    /// chart by days would mislead.
    #[must_use]
    pub fn is_multi_day(&self) -> bool {
        match (self.begin, self.end) {
            (Some(begin), Some(end)) => end.saturating_sub(begin) > 26 * 3600,
            _ => false,
        }
    }
}

/// `policy_published` (RFC 9990 section 3.1.1.5). What is absent was not stated: an absent `sp` is not
/// `none`, an absent `pct` is not 100.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyPublished {
    /// The policy domain: where the policy record was found.
    pub domain: Name,
    /// `p`
    pub p: Option<Policy>,
    /// `sp`
    pub sp: Option<Policy>,
    /// `np`
    pub np: Option<Policy>,
    /// `adkim`
    pub adkim: Option<AlignmentMode>,
    /// `aspf`
    pub aspf: Option<AlignmentMode>,
    /// `pct`, of RFC 7489
    pub pct: Option<u32>,
    /// `fo`, as stated
    pub fo: Option<String>,
    /// `testing`
    pub testing: Option<Testing>,
    /// `discovery_method`
    pub discovery_method: Option<DiscoveryMethod>,
}

impl PolicyPublished {
    /// A policy of which nothing is stated but its domain.
    #[must_use]
    pub const fn of(domain: Name) -> Self {
        Self {
            domain,
            p: None,
            sp: None,
            np: None,
            adkim: None,
            aspf: None,
            pct: None,
            fo: None,
            testing: None,
            discovery_method: None,
        }
    }
}
