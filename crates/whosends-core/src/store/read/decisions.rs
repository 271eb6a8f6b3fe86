//! What the owner decided about senders.

use super::names::name_of;
use crate::error::Result;
use crate::model::{Name, Scope};
use crate::store::Store;

/// The owner's word on a sender of a domain and those below it, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDecision {
    /// The domain.
    pub domain: Name,
    /// The sender, as text: a catalogue's id, `own`, a domain, a network, a prefix.
    pub sender: String,
    /// The word: `authorised`, `unauthorised`, `forwarder` or `ignore`.
    pub decision: String,
    /// Why, in the owner's words.
    pub note: Option<String>,
    /// Who said it.
    pub made_by: Option<String>,
    /// When, in Unix seconds.
    pub made_at: i64,
    /// Whether one about addresses takes the mail of services from there too.
    pub with_services: bool,
}

/// A change of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionChange {
    /// The domain.
    pub domain: Name,
    /// The sender, as text.
    pub sender: String,
    /// The word before; `None` where there was none.
    pub before: Option<String>,
    /// The word after; `None` where it was cleared.
    pub after: Option<String>,
    /// Why, in the owner's words.
    pub note: Option<String>,
    /// Who made it.
    pub made_by: Option<String>,
    /// When, in Unix seconds.
    pub made_at: i64,
}

impl Store {
    /// Every decision about a domain of the scope, in the order of domains and senders.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn decisions(&self, scope: &Scope) -> Result<Vec<KeptDecision>> {
        self.reading(|connection| {
            let sql = "SELECT domain, sender, decision, note, made_by, made_at, with_services FROM decision \
                 ORDER BY domain, sender";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let domain = name_of(row.get_ref(0)?.as_str()?)?;
                if !scope.holds(domain.as_str()) {
                    continue;
                }
                found.push(KeptDecision {
                    domain,
                    sender: row.get(1)?,
                    decision: row.get(2)?,
                    note: row.get(3)?,
                    made_by: row.get(4)?,
                    made_at: row.get(5)?,
                    with_services: row.get(6)?,
                });
            }
            Ok(found)
        })
    }

    /// Every change of a decision about a domain of the scope, the oldest first.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn decision_changes(&self, scope: &Scope) -> Result<Vec<DecisionChange>> {
        self.reading(|connection| {
            let sql = "SELECT domain, sender, before, after, note, made_by, made_at FROM decision_change ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let domain = name_of(row.get_ref(0)?.as_str()?)?;
                if !scope.holds(domain.as_str()) {
                    continue;
                }
                found.push(DecisionChange {
                    domain,
                    sender: row.get(1)?,
                    before: row.get(2)?,
                    after: row.get(3)?,
                    note: row.get(4)?,
                    made_by: row.get(5)?,
                    made_at: row.get(6)?,
                });
            }
            Ok(found)
        })
    }
}
