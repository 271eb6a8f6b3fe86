//! Keeps what the owner decides about senders.

use rusqlite::{TransactionBehavior, params};

use crate::error::Result;
use crate::model::Name;
use crate::store::error::Outcome;
use crate::store::read::KeptDecision;
use crate::store::{Store, learned};

impl Store {
    /// Keeps decisions, all or none of them, each in place of an earlier one about the same sender of the same
    /// domain.
    ///
    /// # Errors
    /// Fails where the database can't be written, or a decision is none of the four words.
    pub fn keep_decisions(&mut self, decisions: &[KeptDecision]) -> Result<()> {
        self.writing(|transaction| {
            let log = "INSERT INTO decision_change (made_at, made_by, domain, sender, before, after, note) \
                 VALUES (?1, ?2, ?3, ?4, (SELECT decision FROM decision WHERE domain = ?3 AND sender = ?4), ?5, ?6)";
            let mut log = transaction.prepare_cached(log)?;
            let sql = "INSERT INTO decision (domain, sender, decision, note, made_by, made_at, with_services) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (domain, sender) DO UPDATE SET \
                 decision = excluded.decision, note = excluded.note, made_by = excluded.made_by, \
                 made_at = excluded.made_at, with_services = excluded.with_services";
            let mut statement = transaction.prepare_cached(sql)?;
            for KeptDecision { domain, sender, decision, note, made_by, made_at, with_services } in decisions {
                let domain = domain.as_str();
                log.execute(params![made_at, made_by, domain, sender, decision, note])?;
                statement.execute(params![
                    domain,
                    sender,
                    decision,
                    note,
                    made_by,
                    made_at,
                    with_services
                ])?;
            }
            Ok(())
        })
    }

    /// Forgets the decision about a sender of a domain, by whom and when, and says whether there was one.
    ///
    /// # Errors
    /// Fails where the database can't be written.
    pub fn clear_decision(
        &mut self,
        domain: &Name,
        sender: &str,
        (made_by, made_at): (Option<&str>, i64),
    ) -> Result<bool> {
        self.writing(|transaction| {
            let domain = domain.as_str();
            let log = "INSERT INTO decision_change (made_at, made_by, domain, sender, before) \
                 SELECT ?1, ?2, domain, sender, decision FROM decision WHERE domain = ?3 AND sender = ?4";
            transaction.prepare_cached(log)?.execute(params![made_at, made_by, domain, sender])?;
            let sql = "DELETE FROM decision WHERE domain = ?1 AND sender = ?2";
            Ok(transaction.prepare_cached(sql)?.execute([domain, sender])? > 0)
        })
    }

    /// Writes within one transaction: all of it is kept, or nothing.
    pub(super) fn writing<T>(
        &mut self,
        write: impl FnOnce(&rusqlite::Transaction<'_>) -> Outcome<T>,
    ) -> Result<T> {
        let run = |store: &mut Self| {
            store.refuse_read_only()?;
            let transaction = store.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = write(&transaction)?;
            // Whatever is decided or looked up may change who somebody is.
            learned::outdate(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run(self).map_err(|fault: crate::store::error::Fault| fault.at(&self.place))
    }
}
