//! One record of a book's, in numbers.

use crate::model::Day;

use super::judge::{AddressKey, CombinationKey};

/// One record, or several alike, by the keys of a [`Book`](super::Book).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// The day it counts for.
    pub day: Option<Day>,
    /// The policy domain, by a number of the caller's.
    pub domain: u32,
    /// The reporter, by a number of the caller's.
    pub reporter: u32,
    /// The combination.
    pub combination: CombinationKey,
    /// The address.
    pub address: AddressKey,
    /// Messages.
    pub messages: u64,
}
