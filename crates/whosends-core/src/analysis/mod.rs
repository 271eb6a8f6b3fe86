//! Sums and judgements over stored traffic.
//!
//! Everything here is computed from values that are handed in: nothing reads the database, and what day it is
//! comes in as an argument.

pub mod alignment;
pub mod attribution;
pub mod changes;
mod organisation;
pub mod plan;
pub mod published;
pub mod readiness;
pub mod replay;
pub mod selectors;
pub mod selectors_in_use;
pub mod sender_mail;
pub mod source;
pub mod sources;
pub mod spf_change;
pub mod spf_use;
pub mod tally;
