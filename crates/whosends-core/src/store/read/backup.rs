//! A copy of the whole database.

use std::path::Path;
use std::{fmt, io};

use rusqlite::{Connection, InterruptHandle};

use crate::error::{Error, ErrorKind, Place, Result};
use crate::store::error::Outcome;
use crate::store::{Store, connection};
use crate::written::Beside;

impl Store {
    /// Writes a copy of the whole database, as it is at one moment, to a file that does not exist yet, for its owner
    /// alone. It is written beside and gets its name once it is whole. Others may write to the database meanwhile.
    ///
    /// # Errors
    /// Fails where there is such a file already, it can't be written, or [`Stopper::stop`] was called; nothing is left
    /// of it then.
    pub fn backup(&self, to: &Path) -> Result<()> {
        let place = Place::new(to.to_string_lossy());
        if to.symlink_metadata().is_ok() {
            let reason = "the file for the copy exists already and is left as it is";
            return Err(Error::new(ErrorKind::Database, reason).within(&place));
        }
        copy(&self.connection, to).map_err(|fault| fault.at(&place))
    }

    /// What ends a long statement from another thread, such as one that waits for a signal.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(self.connection.get_interrupt_handle())
    }
}

/// Ends what a [`Store`] is doing: see [`Store::stopper`].
pub struct Stopper(InterruptHandle);

impl Stopper {
    /// Ends the statement that runs, with an error.
    pub fn stop(&self) {
        self.0.interrupt();
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stopper")
    }
}

fn copy(connection: &Connection, to: &Path) -> Outcome<()> {
    let unwritable = |error: io::Error| {
        let kind = match error.kind() {
            io::ErrorKind::StorageFull => ErrorKind::DiskFull,
            _ => ErrorKind::Database,
        };
        Error::new(kind, "the copy could not be written").caused_by(error)
    };
    let beside = Beside::new(to, Some(connection::PRIVATE)).map_err(unwritable)?;
    let path = connection::plain(&beside.path);
    let Some(name) = path.to_str() else {
        let reason = "the path of the copy is not UTF-8, which SQLite needs here";
        return Err(Error::new(ErrorKind::Database, reason).into());
    };
    // The file may be there where it is empty.
    connection.execute("VACUUM INTO ?1", [name])?;
    // SQLite leaves it to the system when the copy reaches the disk.
    beside.put(to).map_err(unwritable)?;
    Ok(())
}
