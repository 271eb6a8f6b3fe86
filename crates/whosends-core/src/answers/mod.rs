//! What a front end asks: one module a question.
//!
//! A question is a plain value, and answering it joins what the other modules know: the database, the catalogue of
//! senders, DNS. The answer holds everything that any front end shows, notices among it. Nothing here prints, reads
//! the environment or looks at the clock.
//!
//! | question | answer |
//! |---|---|
//! | [`ingest::Question`] | what was read into the database, and what was refused |
//! | [`senders::Question`] | who sends as a domain, by sender |
//! | [`sources::Question`] | the same by address, network, reporter or author domain |
//! | [`source::Question`] | one sender in full |
//! | [`readiness::Question`] | whether domains can enforce, and what would break |

mod asked;
mod attribution;
mod context;
mod existence;
pub mod ingest;
mod learning;
mod no_answer;
mod published;
pub mod readiness;
mod selectors;
pub mod senders;
pub mod source;
pub mod sources;
mod target;
#[cfg(test)]
mod testing;

pub use asked::{Asked, LeftOut, QUARTER, summaries};
pub use attribution::{Known, Traffic, lost_decisions};
pub use context::{Context, Networks};
pub use existence::{Existence, exists, is_of_check};
pub use no_answer::{NoAnswer, Nothing, Warning};
pub use published::{Coverage, policy_log};
pub use selectors::selectors;
pub use target::target;
