//! The binary, a module for each group of commands.

mod check;
mod classify;
mod database;
mod endings;
mod export;
mod ingest;
mod json;
mod mark;
mod networks;
mod reports;
mod sources;
mod spf;
mod usage;
