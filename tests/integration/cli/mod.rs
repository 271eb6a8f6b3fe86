//! The binary, a module for each group of commands.

mod changes;
mod check;
mod classify;
mod database;
mod endings;
mod export;
mod ingest;
mod json;
mod reports;
mod source;
mod sources;
mod spf;
mod usage;
mod views;
