//! DNS records, SPF evaluation and posture checks, free of I/O but for one file.
//!
//! Every rule here is a pure function over [`Answers`]: it looks up what it needs through an [`Inquiry`],
//! which notes what is missing, and returns. A [driver](resolve) asks everything missing at once and
//! evaluates again, until the rule has decided. So the whole conversation is a value: it can be
//! [saved](Answers::to_json) and judged again elsewhere.
//!
//! | question | rule |
//! |---|---|
//! | what is right and wrong about a domain? | [`check::posture`] |
//! | may this address send as that domain? | [`spf::evaluate`] |
//! | what does an SPF record lead to? | [`spf::tree`](fn@spf::tree) |
//! | which DMARC policy applies? | [`discover::discover`] |
//! | what is the name of this address? | [`reverse::reverse`] |
//! | may reports be sent there? | [`destination::external`] |
//!
//! ```
//! use whosends_core::dns::check::{Target, posture};
//! use whosends_core::dns::resolve::{Bounds, Immediate, drive};
//! use whosends_core::dns::{Answer, Answers, DnsName, Failure, Outcome};
//!
//! // Judges from a saved conversation alone; `live::Live` would ask real name servers.
//! let mut answers = Answers::from_json(r#"{"schema": 1, "conversation": []}"#)?;
//! let mut offline = Immediate::new(|_: &_| Answer::direct(Outcome::Failed(Failure::NotSaved)));
//! let target = Target::new(DnsName::from_dotted("example.com")?, Vec::new());
//! let settled = drive(&mut offline, &mut answers, &Bounds::default(), |inquiry| posture(inquiry, &target));
//! assert!(settled.value.is_some_and(|posture| posture.is_undecided()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod answer;
pub mod answers;
pub mod check;
pub mod destination;
pub mod discover;
pub mod history;
#[cfg(feature = "live-dns")]
pub mod live;
pub mod name;
pub mod overlay;
pub mod propose;
pub mod query;
pub mod record;
pub mod resolve;
pub mod reverse;
pub mod saved;
pub mod spf;
pub mod start;
#[cfg(test)]
pub(crate) mod testing;

pub use answer::{Answer, Failure, Outcome, RecordData, Text};
pub use answers::{Answers, Inquiry};
pub use name::DnsName;
pub use query::{Query, RecordType, Want};
