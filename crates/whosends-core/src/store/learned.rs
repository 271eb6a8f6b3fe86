//! What was learned from the mail of all policy domains, kept so that a question need not read it all. It is worth nothing
//! once anything has changed that it was made from.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use super::connection::plain;
use super::error::Outcome;
use super::read::stored;
use super::{Store, digest};
use crate::error::Result;
use crate::model::Domains;

/// What was learned, as bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct KeptLearning {
    /// What is the same for every domain.
    pub(crate) common: Vec<u8>,
    /// What holds for single domains, by their ids.
    pub(crate) domains: Vec<(u32, Vec<u8>)>,
}

/// A digest of what learning rests on.
pub(crate) type Stamp = [u8; 16];

/// The part that is the same for every domain.
const COMMON: i64 = 0;

impl Store {
    /// How often anything changed that is learned from.
    pub(crate) fn revision(&self) -> Result<i64> {
        self.reading(|connection| {
            let sql = "SELECT value FROM meta WHERE key = 'revision'";
            Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
        })
    }

    /// What was learned from what the stamp stands for, as far as it concerns some domains; `None` where nothing is kept that
    /// was, or it is damaged.
    pub(crate) fn learning(&self, stamp: &Stamp, domains: &Domains) -> Result<Option<KeptLearning>> {
        self.reading(|connection| {
            let Some(common) = part(connection, COMMON, stamp)? else { return Ok(None) };
            let mut found = Vec::new();
            for (id, _) in stored(connection, domains)? {
                if let (Some(value), Ok(id)) = (part(connection, id, stamp)?, u32::try_from(id)) {
                    found.push((id, value));
                }
            }
            Ok(Some(KeptLearning { common, domains: found }))
        })
    }

    /// Keeps what was learned in place of what was learned before. Whether it could be kept changes no answer: a database
    /// that may only be read, or that somebody writes to at the moment, does without.
    pub(crate) fn keep_learning(&self, stamp: &Stamp, learned: &KeptLearning) -> bool {
        if !self.connection.is_autocommit() || self.refuse_read_only().is_err() {
            return false;
        }
        match self.connection.path() {
            // In memory: nobody else is there.
            Some("") => keep(&self.connection, stamp, learned).is_ok(),
            Some(path) => {
                impatient(Path::new(path)).and_then(|connection| keep(&connection, stamp, learned)).is_ok()
            }
            // A path that is no text can't be opened a second time.
            None => false,
        }
    }
}

/// Says that what was learned rests on what is no more.
pub(super) fn outdate(connection: &Connection) -> Outcome<()> {
    connection.prepare_cached("UPDATE meta SET value = value + 1 WHERE key = 'revision'")?.execute([])?;
    Ok(())
}

/// A connection to a database that does not wait for others: this one's patience is for what was asked for.
fn impatient(path: &Path) -> Outcome<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(plain(path), flags)?;
    connection.busy_timeout(Duration::ZERO)?;
    // What is lost in a power cut is learned anew.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

fn part(connection: &Connection, part: i64, stamp: &Stamp) -> Outcome<Option<Vec<u8>>> {
    let sql = "SELECT digest, value FROM learned WHERE part = ?1 AND stamp = ?2";
    let found: Option<(Stamp, Vec<u8>)> = connection
        .prepare_cached(sql)?
        .query_row(params![part, stamp], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.filter(|(stated, value)| digest::of_bytes(value) == *stated).map(|(_, value)| value))
}

fn keep(connection: &Connection, stamp: &Stamp, learned: &KeptLearning) -> Outcome<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    transaction.prepare_cached("DELETE FROM learned")?.execute([])?;
    let sql = "INSERT INTO learned (part, stamp, digest, value) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = transaction.prepare_cached(sql)?;
    let domains = learned.domains.iter().map(|(id, value)| (i64::from(*id), value));
    for (part, value) in [(COMMON, &learned.common)].into_iter().chain(domains) {
        insert.execute(params![part, stamp, digest::of_bytes(value), value])?;
    }
    drop(insert);
    transaction.commit()?;
    Ok(())
}
