//! Takes reports in.

mod arrive;
mod bulk;
mod decision;
mod file;
mod group;
mod ids;
mod prune;
mod recompute;
mod records;
mod rejected;
mod report;
mod resolved;
mod rollup;
mod rows;
mod run;
mod standing;
mod stream;
mod traffic;

use std::collections::HashSet;

use self::arrive::Body;
use self::file::Files;
pub use self::file::{FileResult, KnownFiles};
pub(super) use self::group::Group;
use self::ids::Ids;
use self::prune::Cutoffs;
pub use self::prune::Pruned;
pub(super) use self::recompute::{Contents, groups, recompute, standing};
use self::records::Records;
use self::rejected::InputSoFar;
use self::report::Origins;
use self::rollup::Rollup;
pub(super) use self::rollup::{COLUMNS, DomainDay, Tally, UNDATED, sum_up};
pub(super) use self::standing::{STANDING, Standing};
use self::stream::Large;
pub(super) use self::traffic::records_of_day;
use super::Store;
use super::error::Outcome;
use crate::error::Result;
use crate::model::{FileStamp, Header, Notes, Origin, RecordBatch};

/// What is known of a report at its end, besides its records.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// What it says of itself.
    pub header: &'a Header,
    /// Whether it was cut short.
    pub truncated: bool,
    /// Records that could not be added up.
    pub records_skipped: u64,
    /// What was odd in it.
    pub notes: &'a Notes,
}

/// A report held whole.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// Everything but its records.
    pub ending: Ended<'a>,
    /// Its records.
    pub batch: &'a RecordBatch,
    /// Where it came from.
    pub origin: &'a Origin,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Added {
    /// It is the first of its identity.
    New,
    /// It is known: the same records are stored, or it differs from what is stored because one of both was cut short
    /// or read by older rules.
    Duplicate,
    /// Other records are stored under the same identity. Where the two share a row the one that says more counts,
    /// else they add up.
    Conflicting,
    /// It is older than what was pruned, and was not stored.
    Pruned,
}

/// Takes reports in, in transactions that hold whole reports.
///
/// A transaction begins with the first report and ends with [`Writer::commit`]; meanwhile other writers wait.
/// What is not committed is lost when the writer is dropped. After an error nothing since the last commit is
/// kept, and the writer may be used on.
///
/// While a large report is in hand (from [`Writer::large_begin`] to [`Writer::large_end`] or
/// [`Writer::large_forget`]) nothing else can be written: its records must lie side by side, and a transaction
/// can't end within it.
#[derive(Debug)]
pub struct Writer<'s> {
    store: &'s mut Store,
    now: i64,
    ids: Ids,
    generation: i64,
    records: Records,
    origins: Origins,
    files: Files,
    rollup: Rollup,
    unsettled: HashSet<Group>,
    cutoffs: Cutoffs,
    open: bool,
    /// Whether something was lost since the last file.
    failed: bool,
    large: Option<Large>,
    pending: u64,
    input: InputSoFar,
    /// Whether anything is remembered as refused.
    any_rejected: bool,
}

impl Store {
    /// Begins taking reports in at the Unix time `now`.
    ///
    /// # Errors
    /// Fails where the database may only be read.
    pub fn writer(&mut self, now: i64) -> Result<Writer<'_>> {
        self.refuse_read_only().map_err(|fault| fault.at(&self.place))?;
        Ok(Writer {
            store: self,
            now,
            ids: Ids::default(),
            generation: 0,
            records: Records::default(),
            origins: Origins::default(),
            files: Files::default(),
            rollup: Rollup::default(),
            unsettled: HashSet::new(),
            cutoffs: Cutoffs::default(),
            open: false,
            failed: false,
            large: None,
            pending: 0,
            input: InputSoFar::default(),
            any_rejected: false,
        })
    }
}

impl Writer<'_> {
    /// Stores a report, or finds that it is stored.
    ///
    /// # Errors
    /// Fails where the database can't be written; everything since the last commit is then undone.
    pub fn add(&mut self, incoming: &Incoming<'_>) -> Result<Added> {
        self.refuse_beside_large()?;
        self.guarded(|writer| {
            writer.begin()?;
            let body = Body::Batch(incoming.batch);
            writer.file(&incoming.ending, incoming.origin, incoming.batch.content(), body)
        })
    }

    /// Whether this file was read and is unchanged since.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn is_unchanged(&mut self, stamp: &FileStamp) -> Result<bool> {
        self.guarded(|writer| {
            writer.files.flush(&writer.store.connection)?;
            file::is_unchanged(&writer.store.connection, stamp)
        })
    }

    /// What waits to be committed, in records; a report and a file count as one more each.
    #[must_use]
    pub const fn pending(&self) -> u64 {
        self.pending
    }

    /// Ends the transaction: everything so far is kept whatever happens next.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn commit(&mut self) -> Result<()> {
        self.refuse_beside_large()?;
        self.guarded(|writer| {
            if !writer.open {
                return Ok(());
            }
            writer.flush()?;
            let connection = &writer.store.connection;
            for group in writer.unsettled.drain() {
                if group.settle(connection)? {
                    writer.rollup.mark_stale(group.domain, group.day);
                }
            }
            writer.rollup.write(connection)?;
            connection.execute_batch("COMMIT")?;
            writer.open = false;
            writer.pending = 0;
            Ok(())
        })
    }

    /// Runs one step; after an error the whole transaction is undone.
    fn guarded<T>(&mut self, step: impl FnOnce(&mut Self) -> Outcome<T>) -> Result<T> {
        step(self).map_err(|fault| {
            self.undo();
            self.failed = true;
            fault.at(&self.store.place)
        })
    }

    /// Writes all rows that wait, so that they can be read.
    fn flush(&mut self) -> Outcome<()> {
        let connection = &self.store.connection;
        self.records.flush(connection)?;
        self.ids.flush(connection)?;
        self.origins.flush(connection)?;
        self.files.flush(connection)
    }

    fn undo(&mut self) {
        if !self.store.connection.is_autocommit() {
            // Where even this fails, SQLite has undone the transaction itself or does so when it closes.
            let _ = self.store.connection.execute_batch("ROLLBACK");
        }
        self.open = false;
        self.large = None;
        self.pending = 0;
        self.ids.clear();
        self.rollup.clear();
        self.unsettled.clear();
        self.records.rewind(0);
        self.origins.clear();
        self.files.clear();
        self.input = InputSoFar::default();
    }

    /// Begins a transaction where none is open.
    fn begin(&mut self) -> Outcome<()> {
        if self.open {
            return Ok(());
        }
        let connection = &self.store.connection;
        // Taking the write lock at once: a transaction that reads first can't always become a writing one.
        connection.execute_batch("BEGIN IMMEDIATE")?;
        self.open = true;
        let generation = prune::generation(connection)?;
        if generation != self.generation {
            self.ids.clear();
            self.generation = generation;
        }
        self.any_rejected = rejected::any(connection)?;
        self.cutoffs = Cutoffs::load(connection)?;
        self.ids.begin(connection)?;
        self.records.begin(connection)
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        if self.open {
            self.undo();
        }
        // What was written is not what is read next, and the pages of it are as much memory as all of the reading takes.
        let _ = self.store.connection.execute_batch("PRAGMA shrink_memory");
    }
}
