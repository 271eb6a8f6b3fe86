//! The Sender Policy Framework (RFC 7208): one parser on bytes behind evaluation and advice.

mod ahead;
#[cfg(test)]
mod conformance;
mod evaluate;
mod extent;
mod macros;
mod message;
mod net;
mod parse;
mod problem;
mod reach;
mod record;
#[cfg(test)]
mod tests;
mod tree;
mod validated;

pub use evaluate::{Evaluation, Step, evaluate, evaluate_beyond_limits};
pub use extent::Extent;
pub use message::Message;
pub use net::Net;
pub use parse::is_spf;
pub use problem::{Problem, Verdict};
pub use reach::Family;
pub use record::{Fault, FaultKind, Qualifier, SpfRecord, Term};
pub use tree::{Branch, Role, State, Tree, tree};

use super::answer::Answer;

/// Terms that ask DNS in one check, over all records it leads to (section 4.6.4).
pub const MOST_LOOKUPS: u32 = 10;
/// Counted terms that find nothing in one check (section 4.6.4).
pub const MOST_VOID_LOOKUPS: u32 = 2;
/// Mail hosts of one `mx`, and names of one address, that are looked at (section 4.6.4).
pub const MOST_NAMES: usize = 10;

/// The SPF records among a name's texts (section 4.5).
#[must_use]
pub fn records_of(answer: &Answer) -> Vec<Vec<u8>> {
    answer.texts().map(super::answer::Text::joined).filter(|text| is_spf(text)).collect()
}
