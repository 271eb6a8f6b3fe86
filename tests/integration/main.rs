//! The program as its users meet it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that can't go on has failed, and says so"
)]

/// Numbers by chance and made traffic, as the benches use them.
#[path = "../../benches/support/mod.rs"]
mod bench_support;
/// The binary: both streams and the exit status of each command.
mod cli;
/// What is in what.
mod containers;
/// Real reports with their golden results.
mod corpus;
/// Generated corpora with a known truth.
mod generated;
/// Damaged and hostile inputs.
mod hostile;
/// A record has one sender and one class, whatever was asked.
mod judgement;
/// Time in proportion to size.
#[cfg(unix)]
mod judges;
/// Who may name whom, and how long things may be.
mod layering;
mod linear;
/// How many messages an mbox holds.
mod mailboxes;
/// What was meant as a report, and ordinary mail.
mod meant;
/// Who is named, and what records are.
/// Owners who do what they are told.
mod owners;
mod packings;
/// What the README shows.
mod readme;
/// Replays of generated and real reports.
mod replayed;
/// Every shipped sample.
mod samples;
/// What the tests share: running the binary and making reports.
mod support;

// The scripted name server is a part of the core's own tests and names its types so.
use whosends_core::dns;
