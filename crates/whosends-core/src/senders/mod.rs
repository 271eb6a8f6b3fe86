//! Who sends as a domain: the catalogue of services, and what a record says about which of them sent it.
//!
//! A record has a **hop** (the machine at its address) and an **originator** (the service that composed and
//! signed the mail), and the two differ just where owners get confused: mail of one service that somebody
//! forwards through another. Both are named with their evidence; a DKIM or SPF result that did not pass names
//! nobody. The class of a record is the first rule that fits; a source's class comes from its records together.
//!
//! Everything works on what the reports say. What else is known of an address (its name, its network, the
//! ranges services publish) and of the owner comes in as values.

mod address;
mod advice;
mod class;
mod classify;
mod decision;
mod evidence;
mod group;
mod identify;
mod ids;
mod judge;
mod learn;
mod misuse;
mod org;
mod owner;
mod pattern;
mod prefix;
mod reading;
mod single;
mod source;
mod suffix;
mod tenant;
mod traffic;
mod verdict;
mod words;

pub mod catalogue;

#[cfg(test)]
mod group_rules;
#[cfg(test)]
mod labelled;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod rules;
#[cfg(test)]
pub(crate) mod testing;

pub use address::{AddressFacts, ReverseName};
pub use advice::{Advice, Entry, EntryKind, advice, advice_for};
pub use catalogue::{Catalogue, Service, ServiceId};
pub use class::{Class, Flags, Rule, SignAgainst};
pub use classify::Judgement;
pub use decision::Decision;
pub use evidence::{Confidence, Evidence, EvidenceKind, Sender};
pub use group::{ClassTotals, Group, GroupContext, GroupKey, Groups};
pub use identify::{Attribution, Hop, Named};
pub use judge::{AddressKey, Book, CombinationKey, Explained, Judge, SourceId};
pub use learn::Learner;
pub use misuse::Misused;
pub use org::{organizational_domain, same_organization};
pub use owner::Owner;
pub use prefix::{Prefix, Ranges};
pub use reading::was_passed_on;
pub use single::{Classified, OwnerFacts, SingleRecord, classify};
pub use source::SourceKey;
pub use traffic::Traffic;
pub use verdict::{GroupJudge, GroupJudgement, GroupRule, SpoofSign};
pub use words::{Clause, EvidenceTally, reason};
