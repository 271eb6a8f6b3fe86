//! The binary, a module for each group of commands.

mod database;
mod export;
mod json;
mod reports;
mod sources;
mod usage;
