//! The SQLite database of reports.
