//! Values to tables, JSON and CSV. Pure: nothing here reads files, the database or the arguments.

pub(crate) mod check;
pub(crate) mod csv;
pub(crate) mod database;
pub(crate) mod dns;
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
pub(crate) mod sources;
pub(crate) mod spf;
pub(crate) mod spf_recheck;
pub(crate) mod spf_tree;
pub(crate) mod spf_used;
pub(crate) mod table;
pub(crate) mod trend;
