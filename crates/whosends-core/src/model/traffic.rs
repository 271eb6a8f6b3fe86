//! Stored mail as numbers: the basis of all analysis.

use super::{AddressId, CombinationId, Day};

/// Counting records of one report that have everything in common. What the ids stand for is asked of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrafficRow {
    /// The day its report begins on; `None` where the report has no usable date.
    pub day: Option<Day>,
    /// Whether its report is of more than one day.
    pub multi_day: bool,
    /// The id of the policy domain.
    pub domain: u32,
    /// The id of who reported it. Several ids may stand for one reporter, whose names differ in case only.
    pub reporter: u32,
    /// The source.
    pub address: AddressId,
    /// How it was judged.
    pub combination: CombinationId,
    /// Messages.
    pub messages: u64,
}
