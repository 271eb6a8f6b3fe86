//! What DNS answered about addresses and services.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension, Row};

use crate::error::Result;
use crate::model::AddressId;
use crate::store::Store;
use crate::store::error::Outcome;

/// What the reverse lookup of an address gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptName {
    /// The host name; `None` where the address has none.
    pub name: Option<String>,
    /// Whether the name leads back to the address.
    pub confirmed: bool,
    /// When it was asked, in Unix seconds.
    pub asked_at: i64,
}

/// The addresses that a service's SPF include authorised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRange {
    /// The service, by its id.
    pub sender: String,
    /// The domain that customers include.
    pub include: String,
    /// The prefixes, in CIDR form.
    pub prefixes: Vec<String>,
    /// When it was asked, in Unix seconds.
    pub asked_at: i64,
}

/// Above this many addresses, reading all names there are is quicker than looking each up.
const FEW: usize = 2_000;

impl Store {
    /// The names of addresses, of those that were ever looked up.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn reverse_names(
        &self,
        addresses: impl IntoIterator<Item = AddressId>,
    ) -> Result<HashMap<AddressId, KeptName>> {
        let wanted: HashSet<AddressId> = addresses.into_iter().collect();
        self.reading(|connection| {
            let mut found = HashMap::new();
            if wanted.len() <= FEW {
                let sql = "SELECT name, confirmed, asked_at FROM reverse_name WHERE address = ?1";
                let mut statement = connection.prepare_cached(sql)?;
                for id in wanted {
                    let name = statement.query_row([id.number()], |row| kept(row, 0)).optional()?;
                    found.extend(name.map(|name| (id, name)));
                }
                return Ok(found);
            }
            let sql = "SELECT address, name, confirmed, asked_at FROM reverse_name";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let id = AddressId::new(row.get(0)?);
                if wanted.contains(&id) {
                    found.insert(id, kept(row, 1)?);
                }
            }
            Ok(found)
        })
    }

    /// The ranges of services, in the order of services and includes.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn service_ranges(&self) -> Result<Vec<KeptRange>> {
        self.reading(|connection| -> Outcome<_> {
            let sql =
                "SELECT sender, include, prefixes, asked_at FROM service_range ORDER BY sender, include";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(KeptRange {
                    sender: row.get(0)?,
                    include: row.get(1)?,
                    prefixes: row.get_ref(2)?.as_str()?.split_whitespace().map(str::to_owned).collect(),
                    asked_at: row.get(3)?,
                });
            }
            Ok(found)
        })
    }
}

fn kept(row: &Row<'_>, from: usize) -> rusqlite::Result<KeptName> {
    Ok(KeptName { name: row.get(from)?, confirmed: row.get(from + 1)?, asked_at: row.get(from + 2)? })
}
