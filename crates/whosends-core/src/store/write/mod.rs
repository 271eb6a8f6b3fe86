//! Takes reports in.

mod file;
mod group;
mod ids;
mod prune;
mod records;
mod report;
mod rollup;
mod stream;

use std::collections::HashSet;
use std::ops::Range;

pub use self::file::KnownFiles;
use self::group::{Group, Likeness, Variant, contains};
use self::ids::{Ids, Judged};
use self::prune::Cutoffs;
pub use self::prune::Pruned;
use self::records::Records;
use self::report::Placed;
use self::rollup::Rollup;
pub(super) use self::rollup::{COLUMNS, Tally, UNDATED};
use self::stream::Large;
use super::codec::{int, uint};
use super::error::{Fault, Outcome};
use super::{READER_VERSION, Store, digest};
use crate::error::Result;
use crate::model::{ContentHash, FileStamp, Header, Notes, Origin, RecordBatch};

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
    /// It is known: the same records are stored, or one of both is a cut copy of the other.
    Duplicate,
    /// Other records are stored under the same identity.
    Conflicting,
    /// It is older than what was pruned, and was not stored.
    Pruned,
}

/// Takes reports in, in transactions that hold whole reports.
///
/// A transaction begins with the first report and ends with [`Writer::commit`]; meanwhile other writers wait.
/// What is not committed is lost when the writer is dropped. After an error nothing since the last commit is
/// kept, and the writer may be used on.
#[derive(Debug)]
pub struct Writer<'s> {
    store: &'s mut Store,
    now: i64,
    ids: Ids,
    generation: i64,
    records: Records,
    rollup: Rollup,
    unsettled: HashSet<Group>,
    cutoffs: Cutoffs,
    open: bool,
    large: Option<Large>,
    pending: u64,
}

/// The records of a report on their way in.
enum Body<'a> {
    /// Not written yet.
    Batch(&'a RecordBatch),
    /// Written, though the report is not.
    Written(Written),
}

/// Records whose report is not written yet.
struct Written {
    records: Range<i64>,
    tally: Tally,
    /// Whether they were written under a savepoint of their own.
    streamed: bool,
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
            rollup: Rollup::default(),
            unsettled: HashSet::new(),
            cutoffs: Cutoffs::default(),
            open: false,
            large: None,
            pending: 0,
        })
    }
}

impl Writer<'_> {
    /// Stores a report, or finds that it is stored.
    ///
    /// # Errors
    /// Fails where the database can't be written; everything since the last commit is then undone.
    pub fn add(&mut self, incoming: &Incoming<'_>) -> Result<Added> {
        self.guarded(|writer| {
            writer.begin()?;
            let body = Body::Batch(incoming.batch);
            writer.file(&incoming.ending, incoming.origin, incoming.batch.content(), body)
        })
    }

    /// Remembers that a file was read whole, in the same transaction as its last report.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn file_read(&mut self, stamp: &FileStamp) -> Result<()> {
        self.guarded(|writer| {
            writer.begin()?;
            file::save(&writer.store.connection, stamp, writer.now)?;
            writer.pending += 1;
            Ok(())
        })
    }

    /// Whether this file was read and is unchanged since.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn is_unchanged(&self, stamp: &FileStamp) -> Result<bool> {
        file::is_unchanged(&self.store.connection, stamp).map_err(|fault| fault.at(&self.store.place))
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
        self.guarded(|writer| {
            if !writer.open {
                return Ok(());
            }
            let connection = &writer.store.connection;
            writer.records.flush(connection)?;
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
            fault.at(&self.store.place)
        })
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
        self.cutoffs = Cutoffs::load(connection)?;
        self.records.begin(connection)
    }

    /// Decides what becomes of a report, and does it.
    fn file(
        &mut self,
        ended: &Ended<'_>,
        origin: &Origin,
        content: ContentHash,
        body: Body<'_>,
    ) -> Outcome<Added> {
        let day = ended.header.metadata.day().map(|day| day.0);
        if self.cutoffs.cover(&ended.header.policy.domain, day) {
            self.drop_body(body)?;
            return Ok(Added::Pruned);
        }
        let group = Group {
            domain: self.ids.domain(&self.store.connection, &ended.header.policy.domain)?,
            day,
            identity: digest::identity(ended.header),
        };
        let arriving = Arriving { ended, origin, content, group };
        let records = int(content.records());
        match group.likeness(&self.store.connection, content.to_bytes(), records)? {
            Likeness::New => {
                let written = self.write_body(body)?;
                self.rollup.add(group.domain, day, &written.tally.of_report(arriving.is_multi_day()));
                self.keep(&arriving, &written, true)?;
                Ok(Added::New)
            }
            Likeness::Same(stored) if arriving.is_better_than(&stored) => {
                let written = self.write_body(body)?;
                self.replace(&arriving, &written, &[stored])?;
                Ok(Added::Duplicate)
            }
            Likeness::Same(stored) => {
                self.drop_body(body)?;
                self.copy_of(&stored, origin)
            }
            Likeness::Other => self.file_variant(&arriving, body),
        }
    }

    /// Stores a report beside others of its identity, unless it or one of them is a cut copy.
    fn file_variant(&mut self, arriving: &Arriving<'_>, body: Body<'_>) -> Outcome<Added> {
        let written = self.write_body(body)?;
        self.records.flush(&self.store.connection)?;
        let length = int(arriving.content.records());
        let group = &arriving.group;
        if arriving.ended.truncated {
            for larger in group.larger(&self.store.connection, length)? {
                if contains(&self.store.connection, &larger.records, &written.records)? {
                    self.drop_body(Body::Written(written))?;
                    return self.copy_of(&larger, arriving.origin);
                }
            }
        }
        let mut parts = group.truncated(&self.store.connection, length)?;
        let mut failed = None;
        parts.retain(|part| {
            contains(&self.store.connection, &written.records, &part.records).unwrap_or_else(|fault| {
                failed = Some(fault);
                false
            })
        });
        if let Some(fault) = failed {
            return Err(fault);
        }
        self.replace(arriving, &written, &parts)?;
        Ok(if parts.is_empty() { Added::Conflicting } else { Added::Duplicate })
    }

    /// Writes a variant in place of others; which of the group count is decided when the transaction ends.
    fn replace(&mut self, arriving: &Arriving<'_>, written: &Written, parts: &[Variant]) -> Outcome<()> {
        let id = self.keep(arriving, written, false)?;
        for part in parts {
            report::move_origins(&self.store.connection, part.id, id)?;
            report::remove(&self.store.connection, part)?;
            if part.counts {
                self.rollup.mark_stale(arriving.group.domain, arriving.group.day);
            }
        }
        self.unsettled.insert(arriving.group);
        Ok(())
    }

    /// Writes the row of a report whose records are written.
    fn keep(&mut self, arriving: &Arriving<'_>, written: &Written, counts: bool) -> Outcome<i64> {
        let connection = &self.store.connection;
        let placed = Placed {
            group: arriving.group,
            reporter: self.ids.reporter(connection, arriving.ended.header)?,
            policy: self.ids.policy(connection, &arriving.ended.header.policy)?,
            content: arriving.content,
            messages: written.tally.messages,
            records: written.records.clone(),
            counts,
            ingested_at: self.now,
        };
        let id = report::insert(connection, arriving.ended, &placed)?;
        report::insert_origin(connection, id, 0, arriving.origin, self.now)?;
        self.pending += 1;
        Ok(id)
    }

    fn copy_of(&mut self, stored: &Variant, origin: &Origin) -> Outcome<Added> {
        report::add_origin(&self.store.connection, stored.id, origin, self.now)?;
        self.pending += 1;
        Ok(Added::Duplicate)
    }

    /// Writes a report's records where they are not written yet.
    fn write_body(&mut self, body: Body<'_>) -> Outcome<Written> {
        match body {
            Body::Written(written) => Ok(written),
            Body::Batch(batch) => {
                let start = self.records.next();
                let mut tally = Tally::default();
                self.write_records(batch, &mut tally)?;
                Ok(Written { records: start..self.records.next(), tally, streamed: false })
            }
        }
    }

    fn write_records(&mut self, batch: &RecordBatch, tally: &mut Tally) -> Outcome<()> {
        let connection = &self.store.connection;
        let mut combinations = Vec::with_capacity(batch.combinations().len());
        for combination in batch.combinations() {
            let judged = Judged::new(combination.dkim.as_ref(), combination.spf.as_ref());
            combinations.push((self.ids.combination(connection, combination)?, judged));
        }
        for row in batch.rows() {
            let Some(&(combination, judged)) = combinations.get(row.combination as usize) else {
                return Err(Fault::damaged("a record without its combination"));
            };
            let address = self.ids.address(connection, row.source)?;
            let count = int(row.count);
            tally.record(judged, uint(count));
            self.records.push(connection, address, count, combination)?;
        }
        self.pending = self.pending.saturating_add(batch.rows().len() as u64);
        Ok(())
    }

    /// Takes back records whose report is not to be stored.
    fn drop_body(&mut self, body: Body<'_>) -> Outcome<()> {
        match body {
            Body::Batch(_) => Ok(()),
            Body::Written(written) if written.streamed => self.undo_large(written.records.start),
            Body::Written(written) => {
                records::remove(&self.store.connection, &written.records)?;
                self.records.rewind(written.records.start);
                Ok(())
            }
        }
    }
}

/// A report that is being decided on.
struct Arriving<'a> {
    ended: &'a Ended<'a>,
    origin: &'a Origin,
    content: ContentHash,
    group: Group,
}

impl Arriving<'_> {
    fn is_multi_day(&self) -> bool {
        self.ended.header.metadata.is_multi_day()
    }

    /// Whether it says more than a stored report with the same records: it is whole where that was cut after its
    /// last record, or read by newer rules.
    const fn is_better_than(&self, stored: &Variant) -> bool {
        match (stored.truncated, self.ended.truncated) {
            (true, false) => true,
            (false, true) => false,
            _ => stored.reader_version < READER_VERSION,
        }
    }
}
