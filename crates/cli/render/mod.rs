//! Values to tables, JSON and CSV. Pure: nothing here reads files, the database or the arguments.

pub(crate) mod advice;
pub(crate) mod by_sender;
pub(crate) mod classified;
pub(crate) mod csv;
pub(crate) mod database;
pub(crate) mod domains;
pub(crate) mod export;
pub(crate) mod ingest;
pub(crate) mod json;
pub(crate) mod judged;
pub(crate) mod notes;
pub(crate) mod number;
pub(crate) mod paint;
pub(crate) mod period;
pub(crate) mod policy;
pub(crate) mod printable;
pub(crate) mod report;
pub(crate) mod reports;
pub(crate) mod senders;
pub(crate) mod sources;
pub(crate) mod sums;
pub(crate) mod table;
pub(crate) mod trend;
