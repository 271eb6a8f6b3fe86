//! What DNS answered about each domain, and from when to when.

use crate::model::Scope;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::Store;
use super::error::Outcome;
use super::learned;
use crate::error::Result;

/// How many conversations are kept of a domain: the oldest give way. A check a day that never finds the same
/// twice fills them in five years.
pub(super) const MOST_KEPT: i64 = 2_000;

/// What DNS answered about a domain for some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptConversation {
    /// The answers, as the JSON that they were kept as.
    pub answers: String,
    /// When DNS first answered so, in Unix seconds.
    pub first_asked: i64,
    /// When it last did.
    pub last_asked: i64,
}

impl Store {
    /// Keeps what DNS answers about a domain at the Unix time `now`. Where that is, letter for letter, what it
    /// answered the last time, only the time of that moves. What is the same in other words is for the caller
    /// to tell.
    ///
    /// # Errors
    /// Fails where the database can't be written.
    pub fn keep_conversation(&mut self, domain: &str, answers: &str, now: i64) -> Result<()> {
        self.keep(domain, answers, now).map_err(|fault| fault.at(&self.place))
    }

    fn keep(&mut self, domain: &str, answers: &str, now: i64) -> Outcome<()> {
        self.refuse_read_only()?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let newest = newest(&transaction, domain)?;
        match newest {
            Some(kept) if kept.answers == answers => {
                let sql = "UPDATE conversation SET last_asked = max(last_asked, ?3) \
                     WHERE domain = ?1 AND first_asked = ?2";
                transaction.prepare_cached(sql)?.execute(params![domain, kept.first_asked, now])?;
            }
            // A clock that was set back does not change which one is the newest.
            earlier => {
                let after = earlier.map_or(now, |kept| now.max(kept.last_asked.saturating_add(1)));
                let sql = "INSERT INTO conversation (domain, first_asked, last_asked, answers) \
                     VALUES (?1, ?2, ?2, ?3)";
                transaction.prepare_cached(sql)?.execute(params![domain, after, answers])?;
                let sql = "DELETE FROM conversation WHERE domain = ?1 AND first_asked <= \
                     (SELECT first_asked FROM conversation WHERE domain = ?1 \
                     ORDER BY first_asked DESC LIMIT 1 OFFSET ?2)";
                transaction.prepare_cached(sql)?.execute(params![domain, MOST_KEPT])?;
                learned::outdate(&transaction)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// The newest kept conversation about a domain of the scope.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn conversation(&self, scope: &Scope, domain: &str) -> Result<Option<KeptConversation>> {
        if !scope.holds(domain) {
            return Ok(None);
        }
        self.reading(|connection| newest(connection, domain))
    }

    /// Every kept conversation about a domain of the scope, the oldest first.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn conversations(&self, scope: &Scope, domain: &str) -> Result<Vec<KeptConversation>> {
        if !scope.holds(domain) {
            return Ok(Vec::new());
        }
        self.reading(|connection| {
            let sql = "SELECT answers, first_asked, last_asked FROM conversation \
                 WHERE domain = ?1 ORDER BY first_asked";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_map([domain], read)?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn newest(connection: &Connection, domain: &str) -> Outcome<Option<KeptConversation>> {
    let sql = "SELECT answers, first_asked, last_asked FROM conversation \
         WHERE domain = ?1 ORDER BY first_asked DESC LIMIT 1";
    Ok(connection.prepare_cached(sql)?.query_row([domain], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<KeptConversation> {
    Ok(KeptConversation { answers: row.get(0)?, first_asked: row.get(1)?, last_asked: row.get(2)? })
}
