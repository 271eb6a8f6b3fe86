//! What runs of ingest came to, and what they refused.

use rusqlite::{Connection, Row};

use crate::error::Result;
use crate::store::Store;
use crate::store::codec::{texts_of, uint};
use crate::store::error::Outcome;

/// A run of ingest, and what it came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// When it began, in Unix seconds.
    pub began_at: i64,
    /// When it ended; none where it was killed, or goes on.
    pub ended_at: Option<i64>,
    /// What it was to read.
    pub inputs: Vec<String>,
    /// How it ended.
    pub outcome: Option<RunOutcome>,
    /// Files that were read.
    pub files: u64,
    /// Files that were read before and had not changed.
    pub unchanged: u64,
    /// Mails in what was read.
    pub mails: u64,
    /// Reports that were new.
    pub new: u64,
    /// Reports that were known.
    pub duplicate: u64,
    /// Reports of a known identity with other contents.
    pub conflicting: u64,
    /// Reports older than what was pruned.
    pub pruned: u64,
    /// What was refused.
    pub rejected: u64,
    /// What an earlier run refused in files that have not changed since.
    pub still_rejected: u64,
    /// Things that are no report.
    pub not_a_report: u64,
    /// Records of the new and conflicting reports.
    pub records: u64,
    /// Their messages.
    pub messages: u64,
}

/// How a run of ingest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunOutcome {
    /// Something was of use, and nothing was refused.
    Fine,
    /// Something was of use, and something was refused.
    Partial,
    /// Nothing was of use.
    Nothing,
    /// It was stopped.
    Interrupted,
}

impl RunOutcome {
    /// The word that stands in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Partial => "partial",
            Self::Nothing => "nothing",
            Self::Interrupted => "interrupted",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Fine, Self::Partial, Self::Nothing, Self::Interrupted]
            .into_iter()
            .find(|one| one.as_str() == word)
    }
}

/// Something that was refused the last time that its input was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Where it stands: `mailbox.mbox › message 3 › report.zip`.
    pub place: String,
    /// The word of its [`ErrorKind`](crate::error::ErrorKind).
    pub kind: String,
    /// The name of the limit that was passed, where one was.
    pub limit: Option<String>,
    /// Why.
    pub reason: String,
    /// When it was refused first, in Unix seconds.
    pub first_at: i64,
    /// When it was refused last.
    pub last_at: i64,
}

const REJECTED: &str = "place, kind, limit_name, reason, first_at, last_at";

impl Rejected {
    fn from_row(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            place: row.get(first)?,
            kind: row.get(first + 1)?,
            limit: row.get(first + 2)?,
            reason: row.get(first + 3)?,
            first_at: row.get(first + 4)?,
            last_at: row.get(first + 5)?,
        })
    }
}

impl Store {
    /// The runs that are kept, the newest first, as many as `limit` says.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn runs(&self, limit: Option<u64>) -> Result<Vec<Run>> {
        self.reading(|connection| {
            let sql = "SELECT id, began_at, ended_at, inputs, outcome, files, unchanged, mails, new, duplicate, \
                 conflicting, pruned, rejected, still_rejected, not_a_report, records, messages \
                 FROM run ORDER BY id DESC LIMIT ?1";
            let most = limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([most])?;
            let mut runs = Vec::new();
            while let Some(row) = rows.next()? {
                runs.push(run(row)?);
            }
            Ok(runs)
        })
    }

    /// What was refused the last time that each input was read, and not settled since.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn rejected(&self) -> Result<Vec<Rejected>> {
        self.reading(|connection| Ok(all_rejected(connection)?.into_iter().map(|(.., one)| one).collect()))
    }

    /// What was refused in one file, by its path in [`FileStamp`](crate::model::FileStamp): the first of it.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn rejected_in(&self, path: &[u8]) -> Result<Vec<Rejected>> {
        self.reading(|connection| {
            let sql = format!("SELECT {REJECTED} FROM rejected WHERE path = ?1 ORDER BY seq");
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_map([path], |row| Rejected::from_row(row, 0))?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn run(row: &Row<'_>) -> Outcome<Run> {
    let number = |at: usize| Ok::<_, rusqlite::Error>(uint(row.get(at)?));
    let outcome: Option<String> = row.get(4)?;
    Ok(Run {
        id: row.get(0)?,
        began_at: row.get(1)?,
        ended_at: row.get(2)?,
        inputs: texts_of(row.get_ref(3)?.as_str_or_null()?)?,
        outcome: outcome.as_deref().and_then(RunOutcome::of),
        files: number(5)?,
        unchanged: number(6)?,
        mails: number(7)?,
        new: number(8)?,
        duplicate: number(9)?,
        conflicting: number(10)?,
        pruned: number(11)?,
        rejected: number(12)?,
        still_rejected: number(13)?,
        not_a_report: number(14)?,
        records: number(15)?,
        messages: number(16)?,
    })
}

/// Everything that was refused, with the path and the number it is kept under.
pub(in crate::store) fn all_rejected(connection: &Connection) -> Outcome<Vec<(Vec<u8>, i64, Rejected)>> {
    let sql = format!("SELECT path, seq, {REJECTED} FROM rejected ORDER BY path, seq");
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, Rejected::from_row(row, 2)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
