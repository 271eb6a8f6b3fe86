//! Names the senders of stored traffic and judges them, one policy domain at a time.
//!
//! An [`Intake`] takes rows of stored traffic; the [`Ledger`] it makes says which ids it has to know. [`Ledger::learn`] finds
//! in the last ninety days of every policy domain what the owner's services are: [`Learned`] rests on no question.
//! [`Ledger::judge`] then reads each combination and address of the rows that were asked for once, and hands over each domain's
//! records with their judgements. [`BySender`] adds them up, and [`NamedRecords`] finds them again one by one.

mod by_pair;
mod by_sender;
mod judged;
mod learned;
mod ledger;
mod named;
mod own_dns;
#[cfg(test)]
mod properties;
mod rows;
#[cfg(test)]
mod tests;

pub use by_sender::{BySender, DomainSenders, SenderSums, Senders};
pub use judged::{Judged, JudgedGroup, JudgedPair, JudgedRow};
pub use learned::Learned;
pub use ledger::{Knowledge, Ledger, MadeDecision};
pub use named::NamedRecords;
pub use own_dns::OwnDns;
pub use rows::Intake;
