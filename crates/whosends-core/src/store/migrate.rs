//! Brings a database to the newest schema, or says why it can't be.

use rusqlite::{Connection, TransactionBehavior};

use super::error::Outcome;
use super::schema::APPLICATION_ID;
use crate::error::{Error, ErrorKind};

/// What a database file is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It holds nothing yet.
    Empty,
    /// Ours, at this schema, which may be the newest.
    Ours(usize),
}

/// Looks at a database without changing it, and refuses one that is another program's or a newer release's.
pub(super) fn standing(connection: &Connection, newest: usize) -> Outcome<Standing> {
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let things: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == APPLICATION_ID {
        return match usize::try_from(version) {
            Ok(version) if version <= newest => Ok(Standing::Ours(version)),
            _ => Err(Error::new(
                ErrorKind::NewerDatabase,
                format!(
                    "the database has schema {version}, written by a newer release; this one knows {newest}"
                ),
            )
            .into()),
        };
    }
    if application == 0 && version == 0 && things == 0 {
        return Ok(Standing::Empty);
    }
    let reason = "the file is a SQLite database of another program";
    Err(Error::new(ErrorKind::NotOurDatabase, reason).into())
}

/// Takes every step that is missing, all in one transaction: it happens wholly or not at all.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> Outcome<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have taken the steps while this one waited for the lock.
    let done = match standing(&transaction, steps.len())? {
        Standing::Empty => 0,
        Standing::Ours(version) => version,
    };
    for (index, step) in steps.iter().enumerate().skip(done) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(())
}
