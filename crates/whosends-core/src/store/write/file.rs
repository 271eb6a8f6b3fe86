//! Which files were read, so that an unchanged one need not be read again.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};

use super::bulk::Bulk;
use crate::error::Result;
use crate::model::FileStamp;
use crate::store::codec::{int, uint};
use crate::store::error::Outcome;
use crate::store::{READER_VERSION, Store, digest};

/// The files that were read by the present rules, sixteen bytes each.
#[derive(Debug, Clone, Default)]
pub struct KnownFiles {
    files: HashSet<u128>,
    /// Those of them that held nothing of use, or in which something was refused.
    wanting: HashMap<u128, FileResult>,
}

/// What reading a file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileResult {
    /// Whether something in it was of use: a report, new or known, or a report of another kind.
    pub usable: bool,
    /// How much in it was refused, and not settled since by [`Store::forget_rejected`].
    pub rejected: u64,
}

impl KnownFiles {
    /// Whether this file was read and is unchanged since.
    #[must_use]
    pub fn contains(&self, stamp: &FileStamp) -> bool {
        // Nothing known is the common case of a first run, and needs no digest.
        !self.files.is_empty() && self.files.contains(&digest::file(stamp))
    }

    /// What reading this file came to, which was read and is unchanged since.
    #[must_use]
    pub fn result(&self, stamp: &FileStamp) -> FileResult {
        let fine = FileResult { usable: true, rejected: 0 };
        if self.wanting.is_empty() { fine } else { *self.wanting.get(&digest::file(stamp)).unwrap_or(&fine) }
    }
}

impl Store {
    /// The files that were read, loaded once for a walk over many.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn known_files(&self) -> Result<KnownFiles> {
        self.reading(|connection| {
            let sql = "SELECT path, size, modified_ns, inode, device, usable, rejected FROM file \
                 WHERE parser_version >= ?1";
            let mut statement = connection.prepare(sql)?;
            let found = statement.query_map([READER_VERSION], |row| {
                let stamp = FileStamp {
                    path: row.get(0)?,
                    size: bits(row.get(1)?),
                    modified_ns: row.get(2)?,
                    inode: bits(row.get(3)?),
                    device: bits(row.get(4)?),
                };
                let result = FileResult { usable: row.get(5)?, rejected: uint(row.get(6)?) };
                Ok((digest::file(&stamp), result))
            })?;
            let mut known = KnownFiles::default();
            for file in found {
                let (digest, result) = file?;
                known.files.insert(digest);
                if !result.usable || result.rejected > 0 {
                    known.wanting.insert(digest, result);
                }
            }
            Ok(known)
        })
    }
}

/// The sixty-four bits of an inode or device as SQLite holds them, and back.
const fn signed(bits: u64) -> i64 {
    i64::from_ne_bytes(bits.to_ne_bytes())
}

const fn bits(signed: i64) -> u64 {
    u64::from_ne_bytes(signed.to_ne_bytes())
}

/// Files that were read, not written yet.
#[derive(Debug)]
pub(super) struct Files(Bulk<9>);

impl Default for Files {
    fn default() -> Self {
        Self(Bulk::new(
            "REPLACE INTO file (path, size, modified_ns, inode, device, parser_version, read_at, usable, rejected)",
        ))
    }
}

impl Files {
    /// Remembers that a file was read.
    pub(super) fn push(
        &mut self,
        connection: &Connection,
        stamp: &FileStamp,
        result: FileResult,
        now: i64,
    ) -> Outcome<()> {
        let row = [
            stamp.path.clone().into(),
            signed(stamp.size).into(),
            stamp.modified_ns.into(),
            signed(stamp.inode).into(),
            signed(stamp.device).into(),
            READER_VERSION.into(),
            now.into(),
            i64::from(result.usable).into(),
            int(result.rejected).into(),
        ];
        self.0.push(connection, row)
    }

    /// Forgets that a file was read: it is to be read again.
    pub(super) fn remove(&mut self, connection: &Connection, path: &[u8]) -> Outcome<()> {
        self.flush(connection)?;
        connection.prepare_cached("DELETE FROM file WHERE path = ?1")?.execute([path])?;
        Ok(())
    }

    /// Writes what is waiting.
    pub(super) fn flush(&mut self, connection: &Connection) -> Outcome<()> {
        self.0.flush(connection)
    }

    /// Forgets what is waiting.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

pub(super) fn is_unchanged(connection: &Connection, stamp: &FileStamp) -> Outcome<bool> {
    let sql = "SELECT 1 FROM file WHERE path = ?1 AND size = ?2 AND modified_ns = ?3 AND inode = ?4 \
         AND device = ?5 AND parser_version >= ?6";
    Ok(connection.prepare_cached(sql)?.exists(params![
        stamp.path,
        signed(stamp.size),
        stamp.modified_ns,
        signed(stamp.inode),
        signed(stamp.device),
        READER_VERSION,
    ])?)
}
