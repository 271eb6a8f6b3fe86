//! Values to tables, JSON and CSV. Pure: nothing here reads files, the database or the arguments.

pub(crate) mod csv;
pub(crate) mod ingest;
pub(crate) mod json;
pub(crate) mod number;
pub(crate) mod paint;
pub(crate) mod printable;
pub(crate) mod table;
