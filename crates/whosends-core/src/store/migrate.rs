//! Brings a database to the newest schema, or says why it can't be.

use rusqlite::{Connection, TransactionBehavior};

use super::error::Outcome;
use super::schema::{APPLICATION_ID, FIRST};
use super::write;
use crate::error::{Error, ErrorKind};

/// What a database file is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It holds nothing yet.
    Empty,
    /// Ours, with so many steps taken, which may be all.
    Ours(usize),
}

/// Looks at a database without changing it, and refuses one that is another program's or a newer release's.
pub(super) fn standing(connection: &Connection, newest: usize) -> Outcome<Standing> {
    // Another process may be making it: what is looked at has to be of one moment.
    let moment = connection.unchecked_transaction()?;
    standing_within(&moment, newest)
}

/// As [`standing`], within a transaction.
fn standing_within(connection: &Connection, newest: usize) -> Outcome<Standing> {
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let things: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == APPLICATION_ID {
        return match usize::try_from(version) {
            Ok(version) if (FIRST..FIRST + newest).contains(&version) => {
                Ok(Standing::Ours(version + 1 - FIRST))
            }
            Ok(version) if version < FIRST => {
                let reason =
                    format!("the database has schema {version}, of a version before the first release");
                Err(Error::new(ErrorKind::NotOurDatabase, reason).into())
            }
            _ => Err(Error::new(
                ErrorKind::NewerDatabase,
                format!(
                    "the database has schema {version}, written by a newer release; this one knows {}",
                    FIRST + newest - 1
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

/// Takes every step that is missing, and works out anew what the rules of older releases made of the records, all in
/// one transaction: it happens wholly or not at all.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> Outcome<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have taken the steps while this one waited for the lock.
    let done = match standing_within(&transaction, steps.len())? {
        Standing::Empty => 0,
        Standing::Ours(done) => done,
    };
    for (index, step) in steps.iter().enumerate().skip(done) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", (index + FIRST) as i64)?;
    }
    write::recompute(&transaction)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(())
}
