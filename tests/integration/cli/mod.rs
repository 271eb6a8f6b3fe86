//! The binary, a module for each group of commands.

mod classify;
mod database;
mod endings;
mod export;
mod ingest;
mod json;
mod reports;
mod sources;
mod usage;
