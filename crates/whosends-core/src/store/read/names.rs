//! What the ids in rows stand for.

use std::collections::HashMap;
use std::net::IpAddr;

use rusqlite::{Connection, Row};

use super::domains_within;
use crate::error::Result;
use crate::model::words::{Disposition, Verdict};
use crate::model::{Combination, Name};
use crate::store::error::{Fault, Outcome};
use crate::store::{Store, codec};

/// Stands for a source address within one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressId(pub(in crate::store) i64);

/// Stands for a [`Combination`] within one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CombinationId(pub(in crate::store) i64);

/// Who wrote reports.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reporter {
    /// The name as stated.
    pub org_name: Option<String>,
    /// The address as stated.
    pub email: Option<String>,
}

impl Reporter {
    /// The name, or the address of a reporter without one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.org_name.as_deref().or(self.email.as_deref())
    }
}

impl Store {
    /// The address an id stands for.
    ///
    /// # Errors
    /// Fails where the database can't be read, or the id is of another one.
    pub fn address(&self, id: AddressId) -> Result<IpAddr> {
        self.reading(|connection| address(connection, id.0))
    }

    /// The addresses that ids stand for.
    ///
    /// # Errors
    /// As [`Store::address`].
    pub fn addresses(&self, ids: impl IntoIterator<Item = AddressId>) -> Result<HashMap<AddressId, IpAddr>> {
        self.reading(|connection| ids.into_iter().map(|id| Ok((id, address(connection, id.0)?))).collect())
    }

    /// The combination an id stands for.
    ///
    /// # Errors
    /// As [`Store::address`].
    pub fn combination(&self, id: CombinationId) -> Result<Combination> {
        self.reading(|connection| combination(connection, id))
    }

    /// The combinations that ids stand for.
    ///
    /// # Errors
    /// As [`Store::address`].
    pub fn combinations(
        &self,
        ids: impl IntoIterator<Item = CombinationId>,
    ) -> Result<HashMap<CombinationId, Combination>> {
        self.reading(|connection| ids.into_iter().map(|id| Ok((id, combination(connection, id)?))).collect())
    }

    /// Every policy domain that a report was ever read for.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn policy_domains(&self) -> Result<Vec<Name>> {
        self.reading(|connection| {
            domains_within(connection, None)?.iter().map(|(_, name)| name_of(name)).collect()
        })
    }

    /// The policy domains that the ids in [`TrafficRow`](super::TrafficRow) stand for.
    ///
    /// # Errors
    /// As [`Store::address`].
    pub fn domain_names(&self, ids: impl IntoIterator<Item = u32>) -> Result<HashMap<u32, Name>> {
        self.reading(|connection| {
            let mut statement = connection.prepare_cached("SELECT name FROM domain WHERE id = ?1")?;
            ids.into_iter()
                .map(|id| {
                    let name: String = statement.query_row([id], |row| row.get(0))?;
                    Ok((id, name_of(&name)?))
                })
                .collect()
        })
    }

    /// The reporters that the ids in [`TrafficRow`](super::TrafficRow) stand for.
    ///
    /// # Errors
    /// As [`Store::address`].
    pub fn reporters(&self, ids: impl IntoIterator<Item = u32>) -> Result<HashMap<u32, Reporter>> {
        self.reading(|connection| {
            let sql = "SELECT org_name, email FROM reporter WHERE id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            ids.into_iter()
                .map(|id| {
                    let reporter = statement
                        .query_row([id], |row| Ok(Reporter { org_name: row.get(0)?, email: row.get(1)? }));
                    Ok((id, reporter?))
                })
                .collect()
        })
    }
}

/// A policy domain as it was stored.
pub(super) fn name_of(text: &str) -> Outcome<Name> {
    Name::from_stored(text).ok_or_else(|| Fault::damaged("an empty domain"))
}

/// The address an id stands for.
pub(in crate::store) fn address(connection: &Connection, id: i64) -> Outcome<IpAddr> {
    if let Some(address) = codec::v4_of(id) {
        return Ok(address.into());
    }
    let mut statement = connection.prepare_cached("SELECT bytes FROM address WHERE id = ?1")?;
    let bytes: Vec<u8> = statement.query_row([id], |row| row.get(0))?;
    codec::v6_of(&bytes)
}

/// The combination an id stands for.
pub(in crate::store) fn combination(connection: &Connection, id: CombinationId) -> Outcome<Combination> {
    let sql = "SELECT disposition, dkim, spf, header_from, envelope_from, envelope_to, reasons, auth \
         FROM combination WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let (mut combination, reasons, auth) = statement.query_row([id.0], columns)?;
    codec::read_json(&mut combination, &reasons, &auth)?;
    Ok(combination)
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(Combination, String, String)> {
    let text = |at: usize| row.get::<_, Option<String>>(at);
    let name = |at: usize| Ok::<_, rusqlite::Error>(text(at)?.as_deref().and_then(Name::from_stored));
    let combination = Combination {
        disposition: text(0)?.as_deref().and_then(Disposition::from_stated),
        dkim: text(1)?.as_deref().and_then(Verdict::from_stated),
        spf: text(2)?.as_deref().and_then(Verdict::from_stated),
        header_from: name(3)?,
        envelope_from: name(4)?,
        envelope_to: name(5)?,
        ..Combination::default()
    };
    Ok((combination, row.get(6)?, row.get(7)?))
}
