//! Forgets old reports, and remembers not to take them in again.

use std::ops::Range;

use rusqlite::{Connection, TransactionBehavior, params};

use super::{records, rollup::UNDATED};
use crate::error::{Error, ErrorKind, Result};
use crate::model::name::is_within;
use crate::model::{Day, Domains, Name};
use crate::store::codec::uint;
use crate::store::error::{Fault, Outcome};
use crate::store::{Store, learned, read};

/// Reports to a transaction: other writers get their turn between.
const REPORTS: i64 = 5_000;
/// Pages given back to the file system at a time.
const PAGES: i64 = 2_000;

/// What was pruned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Reports that were removed.
    pub reports: u64,
    /// Their records.
    pub records: u64,
    /// By how much the file got smaller, in bytes.
    pub freed_bytes: u64,
}

/// The days before which reports are not taken in, by domain; the empty name stands for every domain.
#[derive(Debug, Default)]
pub(super) struct Cutoffs(Vec<(String, i64)>);

impl Cutoffs {
    pub(super) fn load(connection: &Connection) -> Outcome<Self> {
        let mut statement = connection.prepare_cached("SELECT domain, before FROM cutoff")?;
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self(found.collect::<rusqlite::Result<_>>()?))
    }

    /// Whether a report of this domain and day is too old. One without a day never is.
    pub(super) fn cover(&self, domain: &Name, day: Option<i64>) -> bool {
        let Some(day) = day else { return false };
        self.0
            .iter()
            .any(|(name, before)| day < *before && (name.is_empty() || is_within(domain.as_str(), name)))
    }
}

/// How often anything was pruned: what a writer remembers from before one may be gone.
pub(super) fn generation(connection: &Connection) -> Outcome<i64> {
    let sql = "SELECT value FROM meta WHERE key = 'generation'";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

impl Store {
    /// Removes the reports that begin before the UTC day `before`, of every domain or of one and those below it,
    /// and remembers the day: such reports are not taken in again. Reports without a readable begin stay.
    ///
    /// The file gets smaller without being written anew, so that a full disk is no hindrance; it happens in
    /// transactions of some thousand reports, and may be repeated after it was interrupted.
    ///
    /// # Errors
    /// Fails where the database can't be written.
    pub fn prune(&mut self, before: Day, domain: Option<&Name>) -> Result<Pruned> {
        self.prune_inner(before.0, domain).map_err(|fault| fault.at(&self.place))
    }

    /// What [`Store::prune`] would remove; the file is not changed.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn prunable(&self, before: Day, domain: Option<&Name>) -> Result<Pruned> {
        self.reading(|connection| {
            let mut pruned = Pruned::default();
            for (domain, _) in read::stored(connection, &Domains::asked(domain.cloned()))? {
                let sql = "SELECT count(*), CAST(total(records) AS INTEGER) FROM report \
                     WHERE domain = ?1 AND day < ?2";
                let (reports, records) = connection
                    .prepare_cached(sql)?
                    .query_row([domain, before.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
                pruned.reports += uint(reports);
                pruned.records += uint(records);
            }
            Ok(pruned)
        })
    }

    /// Takes in again what [`Store::prune`] keeps away: of every domain, or of just the one that was named then. Gives
    /// the day before which reports were not taken in; files that were read meanwhile have to be read once more.
    ///
    /// # Errors
    /// Fails where the database can't be written.
    pub fn lift_cutoff(&mut self, domain: Option<&Name>) -> Result<Option<Day>> {
        let lift = |store: &Self| {
            store.refuse_read_only()?;
            let sql = "DELETE FROM cutoff WHERE domain = ?1 RETURNING before";
            let mut statement = store.connection.prepare_cached(sql)?;
            let mut rows = statement.query([domain.map_or("", Name::as_str)])?;
            let before = rows.next()?.map(|row| row.get(0)).transpose()?.map(Day);
            // The statement is done, and so committed, once it has no further row.
            while rows.next()?.is_some() {}
            Ok(before)
        };
        lift(self).map_err(|fault: Fault| fault.at(&self.place))
    }

    pub(in crate::store) fn refuse_read_only(&self) -> Outcome<()> {
        if self.connection.is_readonly("main")? {
            return Err(Error::new(ErrorKind::ReadOnly, "the database may only be read").into());
        }
        Ok(())
    }

    fn prune_inner(&mut self, before: i64, domain: Option<&Name>) -> Outcome<Pruned> {
        self.refuse_read_only()?;
        let size = read::file_bytes(&self.connection)?;
        self.connection
            .prepare_cached(
                "INSERT INTO cutoff (domain, before) VALUES (?1, ?2) \
                 ON CONFLICT (domain) DO UPDATE SET before = max(before, excluded.before)",
            )?
            .execute(params![domain.map_or("", Name::as_str), before])?;
        let mut pruned = Pruned::default();
        for (domain, _) in read::stored(&self.connection, &Domains::asked(domain.cloned()))? {
            while self.prune_some(domain, before, &mut pruned)? {}
        }
        if pruned.reports > 0 {
            self.prune_unused()?;
        }
        self.shrink()?;
        pruned.freed_bytes = size.saturating_sub(read::file_bytes(&self.connection)?);
        Ok(pruned)
    }

    /// Removes a domain's oldest reports, whole days at a time as far as they are few, and says whether there
    /// may be more.
    fn prune_some(&mut self, domain: i64, before: i64, pruned: &mut Pruned) -> Outcome<bool> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let some: Vec<(i64, i64, Range<i64>)> = transaction
            .prepare_cached(
                "SELECT id, day, first_record, records FROM report \
                 WHERE domain = ?1 AND day < ?2 ORDER BY day LIMIT ?3",
            )?
            .query_map([domain, before, REPORTS], |row| {
                let (first, records): (i64, i64) = (row.get(2)?, row.get(3)?);
                Ok((row.get(0)?, row.get(1)?, first..first.saturating_add(records)))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let Some(&(_, last_day, _)) = some.last() else { return Ok(false) };
        remove(&transaction, &some)?;
        // The last day may have lost only some of its reports.
        for table in ["domain_day", "traffic"] {
            let sql = format!("DELETE FROM {table} WHERE domain = ?1 AND day < ?2 AND day > ?3");
            transaction.prepare_cached(&sql)?.execute([domain, last_day, UNDATED])?;
        }
        super::rollup::refresh(&transaction, (domain, last_day))?;
        learned::outdate(&transaction)?;
        transaction.commit()?;
        pruned.reports += some.len() as u64;
        pruned.records += some.iter().map(|(_, _, range)| uint(range.end - range.start)).sum::<u64>();
        Ok(true)
    }

    /// Removes the texts and addresses that no report refers to any more. Domains stay: they are few.
    fn prune_unused(&mut self) -> Outcome<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for sql in [
            "DELETE FROM address WHERE id NOT IN (SELECT address FROM record WHERE address >= 2147483648)",
            // An id that is free may be given to another address.
            "DELETE FROM reverse_name WHERE address NOT IN (SELECT address FROM record)",
            "DELETE FROM combination WHERE id NOT IN (SELECT combination FROM record)",
            "DELETE FROM profile WHERE id NOT IN (SELECT profile FROM combination)",
            "DELETE FROM reporter WHERE id NOT IN (SELECT reporter FROM report)",
            "DELETE FROM policy WHERE id NOT IN (SELECT policy FROM report)",
            "UPDATE meta SET value = value + 1 WHERE key = 'generation'",
        ] {
            transaction.execute(sql, [])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Gives free pages back to the file system.
    fn shrink(&mut self) -> Outcome<()> {
        loop {
            let free: i64 = self.connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
            if free == 0 {
                break;
            }
            let mut statement = self.connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            drop(rows);
            drop(statement);
            let left: i64 = self.connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
            if left >= free {
                break;
            }
        }
        read::checkpoint(&self.connection)
    }
}

fn remove(connection: &Connection, reports: &[(i64, i64, Range<i64>)]) -> Outcome<()> {
    for (id, _, range) in reports {
        records::remove(connection, range)?;
        super::report::remove_row(connection, *id)?;
    }
    Ok(())
}
