//! DNS records, SPF evaluation and posture checks, free of I/O but for one file.
//!
//! Every rule here is a pure function over [`Answers`]: it looks up what it needs through an [`Inquiry`],
//! which notes what is missing, and returns. A driver asks everything missing at once and evaluates again,
//! until nothing is missing. So the whole conversation is a value: it can be saved and replayed.

pub mod answer;
pub mod answers;
pub mod check;
pub mod destination;
pub mod discover;
#[cfg(feature = "live-dns")]
pub mod live;
pub mod name;
pub mod query;
pub mod record;
pub mod resolve;
pub mod saved;
pub mod spf;
#[cfg(test)]
mod testing;

pub use answer::{Answer, Failure, Outcome, RecordData, Text};
pub use answers::{Answers, Inquiry};
pub use name::DnsName;
pub use query::{Query, RecordType, Want};
