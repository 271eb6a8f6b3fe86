//! Opens the database: what the file is, how SQLite is to treat it, and what to do where it may only be read.

use std::borrow::Cow;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};

use super::Location;
use super::error::{Fault, Outcome};
use super::migrate::{self, Standing};
use super::schema::MIGRATIONS;
use crate::error::{Error, ErrorKind};
use crate::written;

/// How often a lock that another process holds is tried before giving up, and the pause between: about a
/// minute. A writer frees the lock only for moments between its transactions, so the pauses are short; with
/// SQLite's own tenth of a second a second writer could miss every one of them.
const TRIES: i32 = 40_000;
const PAUSE: Duration = Duration::from_micros(1500);

/// Who may read and write what is made here: its owner.
pub(super) const PRIVATE: u32 = 0o600;

/// No SQLite database has fewer bytes.
const SMALLEST: u64 = 512;

/// Prepared statements that are kept.
const STATEMENTS: usize = 96;

/// Whether a database is made where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Create,
    Refuse,
}

/// Opens the database and brings it to the newest schema.
pub(super) fn open(location: &Location, missing: Missing) -> Outcome<Connection> {
    let connection = match location {
        Location::Memory => Connection::open_in_memory()?,
        Location::File(path) => open_file(path, missing)?,
    };
    prepare(connection, location, missing).map_err(|fault| with_the_systems_word(fault, location))
}

/// Where SQLite could not open the file, what the system says to that: it says why.
fn with_the_systems_word(fault: Fault, location: &Location) -> Fault {
    match location {
        Location::File(path) if fault.extended_code() == Some(ffi::SQLITE_CANTOPEN) => {
            match std::fs::File::open(path) {
                Err(error) => unreachable_file("the database could not be opened", error),
                Ok(_) => fault,
            }
        }
        _ => fault,
    }
}

/// Sets the connection up and takes the missing steps.
fn prepare(mut connection: Connection, location: &Location, missing: Missing) -> Outcome<Connection> {
    connection.busy_handler(Some(wait))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let standing = match migrate::standing(&connection, MIGRATIONS.len()) {
        Ok(standing) => standing,
        Err(fault) => {
            // A database in WAL mode can't be read in a folder that can't be written.
            connection = open_immutable(location, &fault).ok_or(fault)??;
            migrate::standing(&connection, MIGRATIONS.len())?
        }
    };
    if standing == Standing::Empty && missing == Missing::Refuse {
        let reason = "the file of the database is empty: nothing was stored in it, or all of it was cut away";
        return Err(Error::new(ErrorKind::NoDatabase, reason).into());
    }
    let newest = standing == Standing::Ours(MIGRATIONS.len());
    if connection.is_readonly("main")? {
        if !newest {
            let reason =
                "the database is of an older release and must be brought up to date, but may only be read";
            return Err(Error::new(ErrorKind::ReadOnly, reason).into());
        }
    } else {
        if standing == Standing::Empty {
            // What is made here goes to the disk at once at the end, not after each of the steps.
            connection.pragma_update(None, "synchronous", "OFF")?;
            // Another process may fill the same new database meanwhile: what that wrote is not to be moved without care.
            connection.pragma_update(None, "wal_autocheckpoint", 0)?;
            // Only before the first table: pages that prune frees can then be given back piece by piece.
            connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        }
        set_wal(&connection)?;
        if !newest {
            migrate::migrate(&mut connection, MIGRATIONS)?;
        }
    }
    tune(&connection)?;
    if standing == Standing::Empty {
        connection.query_row("PRAGMA wal_checkpoint", [], |_| Ok(()))?;
    }
    Ok(connection)
}

/// Called by SQLite while another process holds the lock; `false` gives up.
fn wait(tries: i32) -> bool {
    if tries >= TRIES {
        return false;
    }
    thread::sleep(PAUSE);
    true
}

/// Write-ahead logging: readers and a writer do not wait for each other.
fn set_wal(connection: &Connection) -> Outcome<()> {
    for tries in 0.. {
        let set: Result<String, _> = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
        match set.map_err(Fault::from) {
            Ok(_) => break,
            // This statement does not always ask the busy handler.
            Err(fault) if fault.is_busy() && wait(tries) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

fn tune(connection: &Connection) -> Outcome<()> {
    // Plans follow from the statements alone. Else SQLite plans some of them anew at every run to look at the
    // values bound: an export took five times as long.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // NORMAL: a commit survives a killed process; a power cut may undo the last ones, never half of one.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // The tables refer to each other by ids that are looked up when a row is written; checking them again
    // would cost a look-up a record.
    connection.pragma_update(None, "foreign_keys", false)?;
    // A database file is a stranger's too: what its schema calls must not do more than read.
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

fn open_file(path: &Path, missing: Missing) -> Outcome<Connection> {
    let refuse = |kind, reason: &str| Err(Fault::Told(Error::new(kind, reason)));
    if path.as_os_str().is_empty() {
        return refuse(ErrorKind::Database, "the path of the database is empty");
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            return refuse(ErrorKind::Database, "this is a folder, not a database file");
        }
        Ok(found) if !found.is_file() => {
            return refuse(ErrorKind::Database, "this is not a regular file");
        }
        Ok(found) if (1..SMALLEST).contains(&found.len()) => {
            // SQLite takes what is so short for nothing and writes over it.
            return refuse(ErrorKind::NotOurDatabase, "the file is not a database of this program");
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if missing == Missing::Refuse {
                return refuse(ErrorKind::NoDatabase, "there is no database yet");
            }
            make_file(path)?;
        }
        Err(error) => return Err(unreachable_file("the database could not be opened", error)),
    }
    Ok(Connection::open_with_flags(plain(path), flags)?)
}

/// The path in a form that SQLite takes for nothing else: a bare name may mean a database in memory or a URI.
pub(super) fn plain(path: &Path) -> Cow<'_, Path> {
    if path.is_relative() { Path::new(".").join(path).into() } else { path.into() }
}

fn make_folder(path: &Path) -> Outcome<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => written::make_private_folders(folder)
            .map_err(|error| unreachable_file("the database's folder could not be made", error)),
        _ => Ok(()),
    }
}

/// Makes the empty file that becomes the database: for its owner alone, as it holds whom mail came from.
fn make_file(path: &Path) -> Outcome<()> {
    make_folder(path)?;
    match written::create(path, Some(PRIVATE)) {
        // Another process made it meanwhile; or there is a link that leads nowhere, which SQLite refuses.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unreachable_file("the database could not be made", error)),
        Ok(_) => Ok(()),
    }
}

fn unreachable_file(what: &str, error: std::io::Error) -> Fault {
    let kind = match error.kind() {
        std::io::ErrorKind::StorageFull => ErrorKind::DiskFull,
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => ErrorKind::ReadOnly,
        _ => ErrorKind::Database,
    };
    Error::new(kind, what).caused_by(error).into()
}

/// A connection that reads the file as it lies, where `fault` says that SQLite could not set up the files it
/// needs beside it, and no log beside it holds anything newer. `None` where this would not help.
fn open_immutable(location: &Location, fault: &Fault) -> Option<Outcome<Connection>> {
    let Location::File(path) = location else { return None };
    let primary = fault.extended_code()? & 0xff;
    if !matches!(primary, ffi::SQLITE_CANTOPEN | ffi::SQLITE_READONLY | ffi::SQLITE_PERM) {
        return None;
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        return None;
    }
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Some(Connection::open_with_flags(immutable_uri(path), flags).map_err(Fault::from))
}

/// The path as a URI that tells SQLite that nobody changes the file.
fn immutable_uri(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}
