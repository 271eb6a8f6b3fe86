//! Keeps what DNS answered about addresses and services.

use std::net::IpAddr;

use rusqlite::{OptionalExtension, params};

use crate::error::Result;
use crate::store::error::Outcome;
use crate::store::read::{KeptName, KeptRange};
use crate::store::{Store, codec};

impl Store {
    /// Keeps the names of addresses, in one transaction. Addresses that no record has any more are passed over.
    ///
    /// # Errors
    /// Fails where the database can't be written.
    pub fn keep_reverse_names(&mut self, names: &[(IpAddr, KeptName)]) -> Result<()> {
        self.writing(|transaction| {
            let sql = "INSERT INTO reverse_name (address, name, confirmed, asked_at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (address) DO UPDATE SET name = excluded.name, confirmed = excluded.confirmed, \
                 asked_at = excluded.asked_at";
            let mut insert = transaction.prepare_cached(sql)?;
            let mut find = transaction.prepare_cached("SELECT id FROM address WHERE bytes = ?1")?;
            for (address, kept) in names {
                let id = match address.to_canonical() {
                    IpAddr::V4(v4) => Some(codec::v4_id(v4)),
                    // Another process may have pruned since the id was read.
                    IpAddr::V6(v6) => find.query_row([v6.octets()], |row| row.get(0)).optional()?,
                };
                if let Some(id) = id {
                    insert.execute(params![id, kept.name, kept.confirmed, kept.asked_at])?;
                }
            }
            Ok(())
        })
    }

    /// Keeps the ranges of services, in one transaction, each in place of what the same include gave before.
    ///
    /// # Errors
    /// Fails where the database can't be written.
    pub fn keep_service_ranges(&mut self, ranges: &[KeptRange]) -> Result<()> {
        self.writing(|transaction| -> Outcome<()> {
            let sql = "INSERT INTO service_range (sender, include, prefixes, asked_at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (sender, include) DO UPDATE SET prefixes = excluded.prefixes, \
                 asked_at = excluded.asked_at";
            let mut statement = transaction.prepare_cached(sql)?;
            for kept in ranges {
                let prefixes = kept.prefixes.join(" ");
                statement.execute(params![kept.sender, kept.include, prefixes, kept.asked_at])?;
            }
            Ok(())
        })
    }
}
