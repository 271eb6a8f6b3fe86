//! The binary, a module for each group of commands.

mod changes;
mod check;
mod check_diff;
mod classify;
mod database;
mod endings;
mod evidence;
mod export;
mod ingest;
mod json;
mod machine;
mod mark;
mod networks;
mod plan;
mod ready;
mod replay;
mod reports;
mod resolve;
mod runs;
mod source;
mod sources;
mod spared;
mod spf;
mod start;
mod usage;
mod views;
