//! Decides what becomes of a report, and does it.

use std::cmp::Ordering;
use std::ops::Range;

use super::group::{Group, Likeness, Variant};
use super::report::{self, Placed};
use super::rollup::Tally;
use super::standing::{Condition, Standing};
use super::traffic::Reported;
use super::{Added, Ended, Writer, records};
use crate::model::{ContentHash, Origin, RecordBatch};
use crate::store::codec::{int, uint};
use crate::store::error::{Fault, Outcome};
use crate::store::packed::Packer;
use crate::store::{READER_VERSION, digest};

/// The records of a report on their way in.
pub(super) enum Body<'a> {
    /// Not written yet.
    Batch(&'a RecordBatch),
    /// Written, though the report is not.
    Written(Written),
}

/// Records whose report is not written yet.
pub(super) struct Written {
    pub(super) records: Range<i64>,
    pub(super) tally: Tally,
    /// The records as the day's rows hold them.
    pub(super) packer: Packer,
    /// Whether they were written under a savepoint of their own.
    pub(super) streamed: bool,
}

/// A report that is being decided on.
struct Arriving<'a> {
    ended: &'a Ended<'a>,
    origin: &'a Origin,
    content: ContentHash,
    standing: Standing,
    group: Group,
}

impl Arriving<'_> {
    fn is_multi_day(&self) -> bool {
        self.ended.header.metadata.is_multi_day()
    }

    /// Whether it is to take the place of a stored version with the same records: it is the better copy, or read by
    /// newer rules.
    fn is_better_than(&self, stored: &Variant) -> bool {
        match stored.reader_version.cmp(&READER_VERSION) {
            Ordering::Less => true,
            Ordering::Equal => self.standing < stored.standing,
            Ordering::Greater => false,
        }
    }
}

impl Writer<'_> {
    /// Decides what becomes of a report, and does it.
    pub(super) fn file(
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
        self.usable();
        let group = Group {
            domain: self.ids.domain(&self.store.connection, &ended.header.policy.domain)?,
            day,
            identity: digest::identity(ended.header),
        };
        let condition = Condition::of(ended.truncated, ended.records_skipped, ended.notes);
        let standing = condition.standing(ended.header, content);
        let arriving = Arriving { ended, origin, content, standing, group };
        let records = int(content.records());
        match group.likeness(&self.store.connection, content.to_bytes(), records)? {
            Likeness::New => {
                let written = self.write_body(body)?;
                let multi_day = arriving.is_multi_day();
                let reporter = self.ids.reporter(&self.store.connection, ended.header)?;
                let report = Reported { reporter, multi_day, packer: &written.packer };
                self.rollup.add(group.domain, day, &written.tally.of_report(multi_day), report);
                self.keep(&arriving, &written, reporter, true)?;
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
            Likeness::Other { whole } => self.file_version(&arriving, body, whole),
        }
    }

    /// Stores a report beside others of its identity; which of them count is decided when the transaction ends.
    fn file_version(&mut self, arriving: &Arriving<'_>, body: Body<'_>, whole: bool) -> Outcome<Added> {
        let written = self.write_body(body)?;
        // Whether a version is of older rules is asked of the database.
        self.flush()?;
        let (records, messages) = (int(arriving.content.records()), int(written.tally.messages));
        let place = &arriving.origin.place;
        let outdated = arriving.group.outdated(&self.store.connection, place, records, messages)?;
        self.replace(arriving, &written, &outdated)?;
        let is_other = whole && !arriving.ended.truncated && outdated.is_empty();
        Ok(if is_other { Added::Conflicting } else { Added::Duplicate })
    }

    /// Writes a version in place of others; which of the group count is decided when the transaction ends.
    fn replace(&mut self, arriving: &Arriving<'_>, written: &Written, parts: &[Variant]) -> Outcome<()> {
        let reporter = self.ids.reporter(&self.store.connection, arriving.ended.header)?;
        let id = self.keep(arriving, written, reporter, false)?;
        // What is removed may still wait to be written.
        self.flush()?;
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
    fn keep(
        &mut self,
        arriving: &Arriving<'_>,
        written: &Written,
        reporter: i64,
        counts: bool,
    ) -> Outcome<i64> {
        let connection = &self.store.connection;
        let placed = Placed {
            group: arriving.group,
            reporter,
            policy: self.ids.policy(connection, &arriving.ended.header.policy)?,
            content: arriving.content,
            standing: arriving.standing,
            messages: written.tally.messages,
            records: written.records.clone(),
            counts,
            ingested_at: self.now,
        };
        let id = report::insert(connection, arriving.ended, &placed)?;
        self.origins.first(connection, id, arriving.origin, self.now)?;
        self.pending += 1;
        Ok(id)
    }

    fn copy_of(&mut self, stored: &Variant, origin: &Origin) -> Outcome<Added> {
        self.origins.another(&self.store.connection, stored.id, origin, self.now)?;
        self.pending += 1;
        Ok(Added::Duplicate)
    }

    /// Writes a report's records where they are not written yet.
    fn write_body(&mut self, body: Body<'_>) -> Outcome<Written> {
        match body {
            Body::Written(written) => Ok(written),
            Body::Batch(batch) => {
                let start = self.records.next();
                let (mut tally, mut packer) = (Tally::default(), Packer::default());
                self.write_records(batch, &mut tally, &mut packer)?;
                Ok(Written { records: start..self.records.next(), tally, packer, streamed: false })
            }
        }
    }

    pub(super) fn write_records(
        &mut self,
        batch: &RecordBatch,
        tally: &mut Tally,
        packer: &mut Packer,
    ) -> Outcome<()> {
        let connection = &self.store.connection;
        let mut combinations = Vec::with_capacity(batch.combinations().len());
        for shared in batch.combinations() {
            combinations.push((self.ids.combination(connection, shared)?, shared.profile().judged()));
        }
        for row in batch.rows() {
            let Some(&(ids, judged)) = combinations.get(row.combination as usize) else {
                return Err(Fault::damaged("a record without its combination"));
            };
            let address = self.ids.address(connection, row.source)?;
            let count = int(row.count);
            tally.record(judged, uint(count));
            self.records.push(connection, address, count, ids.id)?;
            packer.push(address, ids.profile, uint(count));
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
