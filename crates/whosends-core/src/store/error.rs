//! Why the database would not serve, in this project's words.

use std::fmt;

use rusqlite::ffi::{self, ErrorCode};

use crate::error::{Error, ErrorKind, Place};

/// A result inside this room; it becomes an [`Error`] with the database's path at the border.
pub(super) type Outcome<T> = Result<T, Fault>;

/// What can go wrong inside this room.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite said so.
    Sql(rusqlite::Error),
    /// What is stored can't be what was written.
    Damaged(String),
    /// An error that already has its words.
    Told(Error),
}

impl Fault {
    /// The fault of stored data that breaks a rule of the schema.
    pub(super) fn damaged(what: impl fmt::Display) -> Self {
        Self::Damaged(what.to_string())
    }

    /// The code SQLite gave, with its extension.
    pub(super) fn extended_code(&self) -> Option<i32> {
        match self {
            Self::Sql(error) => error.sqlite_error().map(|failure| failure.extended_code),
            _ => None,
        }
    }

    /// What is wrong with what is stored, where that is the fault, and not the way to it.
    pub(super) fn damage(&self) -> Option<String> {
        match self {
            Self::Damaged(what) => Some(what.clone()),
            Self::Sql(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) => {
                    Some(error.to_string())
                }
                // A text that is no text, a number where none belongs.
                None => Some(error.to_string()),
                Some(_) => None,
            },
            Self::Told(_) => None,
        }
    }

    /// Whether another connection's lock was in the way.
    pub(super) fn is_busy(&self) -> bool {
        self.extended_code().is_some_and(|code| matches!(code & 0xff, ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED))
    }

    /// The error for the database at `place`.
    pub(super) fn at(self, place: &Place) -> Error {
        match self {
            Self::Told(error) => error.within(place),
            Self::Damaged(what) => {
                Error::new(ErrorKind::Database, format!("the database is damaged: {what}")).within(place)
            }
            Self::Sql(error) => {
                let (kind, reason) = words(&error);
                // As text: its own causes only repeat it.
                Error::new(kind, reason).caused_by(error.to_string()).within(place)
            }
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            // Where no row is an answer, it is asked for as an option.
            rusqlite::Error::QueryReturnedNoRows => Self::damaged("something refers to what is not there"),
            error => Self::Sql(error),
        }
    }
}

impl From<rusqlite::types::FromSqlError> for Fault {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Sql(error.into())
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

/// What kind of error SQLite's is, and a sentence for it.
fn words(error: &rusqlite::Error) -> (ErrorKind, &'static str) {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (ErrorKind::DiskFull, "no room is left for the database"),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            (ErrorKind::ReadOnly, "the database may only be read")
        }
        Some(ErrorCode::NotADatabase) => {
            (ErrorKind::NotOurDatabase, "the file is not a database of this program")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (ErrorKind::Database, "another process kept the database locked for too long")
        }
        Some(ErrorCode::DatabaseCorrupt) => (ErrorKind::Database, "the database is damaged"),
        Some(ErrorCode::CannotOpen) => (ErrorKind::Database, "the database could not be opened"),
        Some(ErrorCode::SystemIoFailure) => match error.sqlite_error().map(|failure| failure.extended_code) {
            Some(ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_TRUNCATE) => (
                ErrorKind::Database,
                "the system would not write so much of the database, for a quota or a fault",
            ),
            _ => (ErrorKind::Database, "the database could not be read or written"),
        },
        Some(ErrorCode::OperationInterrupted) => (ErrorKind::Database, "interrupted"),
        _ => (ErrorKind::Database, "the database refused"),
    }
}
