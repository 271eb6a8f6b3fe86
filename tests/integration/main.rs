//! The program as its users meet it.

/// The binary: both streams and the exit status of each command.
mod cli;
/// What the tests share: running the binary and making reports.
mod support;
