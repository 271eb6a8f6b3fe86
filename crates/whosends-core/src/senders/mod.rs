//! Who sends as a domain: the catalogue of services, and what a record says about which of them sent it.
//!
//! A record has a **hop** (the machine at its address) and an **originator** (the service that composed and
//! signed the mail), and the two differ just where owners get confused: mail of one service that somebody
//! forwards through another. Both are named with their evidence; a DKIM or SPF result that did not pass names
//! nobody. The class of a record is the first rule that fits; a source's class comes from its records together.
//!
//! Everything works on what the reports say. What else is known of an address (its name, its network, the
//! ranges services publish) and of the owner comes in as values.
//!
//! One record by itself is [`classify`]'s. Many are judged through a [`Book`], in two passes: a [`Learner`]
//! first finds which services ninety days of aligned mail confirm, then [`Groups`] adds the records up by
//! source, and a [`GroupJudge`] says what each source is and settles the records that nothing else decided.
//!
//! ```
//! use whosends_core::model::{Combination, Day, Name, words::Verdict};
//! use whosends_core::senders::{
//!     AddressFacts, Book, Catalogue, Class, GroupContext, GroupJudge, Groups, Learner, Owner, Ranges, Traffic,
//! };
//!
//! let catalogue = Catalogue::built_in()?;
//! let (mut owner, ranges) = (Owner::default(), Ranges::default());
//! owner.add_domain("example.com");
//! let mut book = Book::new(&catalogue, &ranges, owner);
//!
//! // Each combination, each address and each pair of them once; then rows of numbers.
//! let combination = book.combination(&Combination {
//!     dkim: Some(Verdict::Pass),
//!     spf: Some(Verdict::Pass),
//!     header_from: Name::from_stated("example.com"),
//!     ..Combination::default()
//! });
//! let address = book.address(&AddressFacts::bare([192, 0, 2, 1].into()));
//! let pair = book.pair(combination, address);
//! let rows = [Traffic { pair, domain: 0, reporter: 0, day: Some(Day(20_000)), messages: 12 }];
//!
//! let mut learner = Learner::new(Day(20_000));
//! rows.iter().for_each(|row| learner.add(&book, row));
//! book.learn(&learner.lessons(&book));
//!
//! let mut groups = Groups::new(GroupContext::default());
//! let keys: Vec<_> = rows.iter().map(|row| groups.add(&book, row)).collect();
//! let judge = GroupJudge::new(&groups, &book);
//! let group = judge.judge(keys[0]);
//! let settled = judge.settle(rows[0].pair, &group);
//! assert_eq!((group.class, judge.class(&rows[0], settled)), (Class::Aligned, Class::Aligned));
//! assert_eq!(judge.source(keys[0]).text(&catalogue), "192.0.2.0/24");
//! # Ok::<(), whosends_core::error::Error>(())
//! ```

mod address;
mod advice;
mod asn;
mod book;
mod class;
mod classify;
mod comment;
mod decision;
mod envelope;
mod evidence;
mod group;
mod identify;
mod ids;
mod judge;
mod keys;
mod learn;
mod misuse;
mod org;
mod owner;
mod passed_on;
mod pattern;
mod prefix;
mod reading;
mod search;
mod single;
mod source;
mod suffix;
mod tenant;
mod verdict;
mod wave;
mod words;

pub mod catalogue;

#[cfg(test)]
mod case_tests;
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
pub use asn::Asn;
pub use book::{AddressKey, Book, CombinationKey, PairKey, SourceId, Traffic};
pub use catalogue::{Catalogue, Service, ServiceId};
pub use class::{Class, Flags, Rule, SignAgainst};
pub use classify::Judgement;
pub use decision::Decision;
pub use evidence::{Confidence, Evidence, EvidenceKind, Sender};
pub use group::{ClassTotals, Group, GroupContext, GroupKey, Groups};
pub use identify::{Attribution, Hop, Named};
pub use judge::{Explained, Judge};
pub use learn::{Learner, Lessons, Seen};
pub use misuse::Misused;
pub use org::{organizational_domain, same_organization};
pub use owner::Owner;
pub use passed_on::was_passed_on;
pub use prefix::{Prefix, Ranges};
pub use search::{Search, Wanted, search};
pub use single::{Classified, OwnerFacts, SingleRecord, classify};
pub use source::SourceKey;
pub use verdict::{Findings, GroupJudge, GroupJudgement, GroupRule, Settled, SpoofSign};
pub use words::{Clause, EvidenceTally, reason};
