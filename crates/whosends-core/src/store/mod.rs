//! The SQLite database of reports.
//!
//! One [`Store`] is one connection. [`Store::writer`] takes reports in; every other method reads. What counts
//! is decided when a report arrives and never depends on the order of arrival:
//!
//! - The same report again, however wrapped, is a duplicate.
//! - Versions of one report that share no row all count: some reporters split a day. Two rows are the same where
//!   source, `header_from` and, where both state it, `envelope_to` agree.
//! - Where versions share a row, the one that says more counts: whole before cut, sound before damaged, then more
//!   messages, then more detail. The others are kept and are in no total.
//!
//! The file may also be read with SQL. These views are a promise; the tables below them are not. They hold
//! only what counts, days are texts such as `2026-11-21`, and a sum stops at the largest integer:
//!
//! | view | one row for each |
//! |---|---|
//! | `v_reports` | report: `reporter`, `email`, `report_id`, `begin`, `end`, `day`, `multi_day`, `policy_domain`, the policy published, `records`, `messages`, ... |
//! | `v_records` | record: the fields of the export, with the id of its row in `v_reports` as `report` |
//! | `v_sources_daily` | `policy_domain`, `day`, `reporter`, `source_ip`, `header_from`, `disposition`, `dkim`, `spf`, with `messages` and `records` |
//! | `v_domains_daily` | `policy_domain`, `day`, with `reports`, `records`, `messages`, `dmarc_pass`, `dkim_pass`, `spf_pass` and what is not known of each |
//!
//! ```
//! use whosends_core::model::Filter;
//! use whosends_core::store::{Location, Store};
//!
//! let store = Store::open(&Location::Memory)?;
//! assert!(store.domains(&Filter::default())?.is_empty());
//! # Ok::<(), whosends_core::error::Error>(())
//! ```

mod cache;
mod codec;
mod connection;
mod conversation;
mod digest;
mod error;
mod learned;
mod migrate;
mod packed;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;

use rusqlite::Connection;

use self::connection::Missing;
pub use self::conversation::KeptConversation;
use self::error::{Fault, Outcome};
pub(crate) use self::learned::{KeptLearning, Stamp};
pub use self::read::{
    Cutoff, DatabaseInfo, DecisionChange, DomainSummary, ExportRecord, ExportReport, KeptDecision, KeptName,
    KeptRange, NoteExample, NoteFilter, NoteRow, Outside, PublishedRow, Rejected, ReportDetail, ReportFilter,
    ReportId, ReportNote, ReportOrigin, ReportRow, Reporter, Run, RunOutcome, Stopper,
};
pub use self::write::{Added, Ended, FileResult, Incoming, KnownFiles, Pruned, Writer};
use crate::error::{Place, Result};

/// The version of the rules by which reports are read and stored. It is raised when reading a report again
/// would store more than before; files that an older version read then count as not yet read.
pub const READER_VERSION: u32 = 2;

/// Where a database lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In memory only, gone with the [`Store`].
    Memory,
    /// In a file.
    File(PathBuf),
}

/// A connection to the database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    place: Place,
}

impl Store {
    /// Opens the database; makes it, and the folders above it, where there is none. A database of an older
    /// release is brought up to date.
    ///
    /// # Errors
    /// Fails where the file can't be opened, is no database of this program, or was written by a newer release.
    pub fn open(location: &Location) -> Result<Self> {
        Self::connect(location, Missing::Create)
    }

    /// Opens the database where there is one. A file or folder that can't be written is opened for reading.
    ///
    /// # Errors
    /// As [`Store::open`], and with [`ErrorKind::NoDatabase`](crate::error::ErrorKind::NoDatabase) where there is
    /// no such file.
    pub fn open_existing(location: &Location) -> Result<Self> {
        Self::connect(location, Missing::Refuse)
    }

    fn connect(location: &Location, missing: Missing) -> Result<Self> {
        let place = match location {
            Location::Memory => Place::new(":memory:"),
            Location::File(path) => Place::new(path.to_string_lossy()),
        };
        match connection::open(location, missing) {
            Ok(connection) => Ok(Self { connection, place }),
            Err(fault) => Err(fault.at(&place)),
        }
    }

    /// Reads within one transaction, so that everything read belongs together.
    fn reading<T>(&self, read: impl FnOnce(&Connection) -> Outcome<T>) -> Result<T> {
        let run = || {
            if !self.connection.is_autocommit() {
                // A visitor asks for more: it sees what the outer reading sees.
                return read(&self.connection);
            }
            let transaction = self.connection.unchecked_transaction()?;
            let value = read(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(|fault: Fault| fault.at(&self.place))
    }
}
