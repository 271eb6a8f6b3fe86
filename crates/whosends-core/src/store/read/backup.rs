//! A copy of the whole database.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::Connection;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::store::error::Outcome;
use crate::store::{Store, connection};

impl Store {
    /// Writes a copy of the whole database, as it is at one moment, to a file that does not exist yet. Others
    /// may write to the database meanwhile.
    ///
    /// # Errors
    /// Fails where there is such a file already, or it can't be written; nothing is left of it then.
    pub fn backup(&self, to: &Path) -> Result<()> {
        let place = Place::new(to.to_string_lossy());
        if to.symlink_metadata().is_ok() {
            let reason = "the file for the copy exists already and is left as it is";
            return Err(Error::new(ErrorKind::Database, reason).within(&place));
        }
        copy(&self.connection, to).map_err(|fault| {
            // What is there is half a copy, made by this call.
            let _ = fs::remove_file(to);
            fault.at(&place)
        })
    }
}

fn copy(connection: &Connection, to: &Path) -> Outcome<()> {
    let path = connection::plain(to);
    let Some(name) = path.to_str() else {
        let reason = "the path of the copy is not UTF-8, which SQLite needs here";
        return Err(Error::new(ErrorKind::Database, reason).into());
    };
    connection.execute("VACUUM INTO ?1", [name])?;
    // SQLite leaves it to the system when the copy reaches the disk.
    File::open(to).and_then(|file| file.sync_all()).map_err(|error| {
        Error::new(ErrorKind::Database, "the copy could not be brought to the disk").caused_by(error).into()
    })
}
