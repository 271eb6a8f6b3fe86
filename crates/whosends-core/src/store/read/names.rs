//! What the ids in rows stand for.

use std::collections::HashMap;
use std::net::IpAddr;

use rusqlite::{Connection, Row};

use super::stored;
use crate::error::Result;
use crate::model::words::{Disposition, Verdict};
use crate::model::{AddressId, Combination, CombinationId, DkimAuth, Domains, Name, Scope, SpfAuth};
use crate::store::cache::Cache;
use crate::store::error::{Fault, Outcome};
use crate::store::{Store, codec};

/// How many different lists of results are remembered while profiles are read.
const MOST_RESULTS: usize = 20_000;

/// The DKIM and the SPF results of a combination.
type Results = (Vec<DkimAuth>, Vec<SpfAuth>);

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
        self.reading(|connection| address(connection, id.number()))
    }

    /// The addresses that ids stand for.
    ///
    /// # Errors
    /// As [`Store::address`].
    pub fn addresses(&self, ids: impl IntoIterator<Item = AddressId>) -> Result<HashMap<AddressId, IpAddr>> {
        self.reading(|connection| {
            ids.into_iter().map(|id| Ok((id, address(connection, id.number())?))).collect()
        })
    }

    /// The combination an id stands for, without `envelope_to`.
    ///
    /// # Errors
    /// As [`Store::address`].
    pub fn combination(&self, id: CombinationId) -> Result<Combination> {
        self.reading(|connection| Profiles::new(connection).read(id.number()))
    }

    /// The combinations that ids stand for, without `envelope_to`.
    ///
    /// # Errors
    /// As [`Store::address`].
    pub fn combinations(
        &self,
        ids: impl IntoIterator<Item = CombinationId>,
    ) -> Result<HashMap<CombinationId, Combination>> {
        self.reading(|connection| {
            let mut profiles = Profiles::new(connection);
            ids.into_iter().map(|id| Ok((id, profiles.read(id.number())?))).collect()
        })
    }

    /// Every policy domain of the scope that a report was ever read for.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn policy_domains(&self, scope: &Scope) -> Result<Vec<Name>> {
        self.reading(|connection| {
            let domains = Domains { scope: scope.clone(), asked: None };
            stored(connection, &domains)?.iter().map(|(_, name)| name_of(name)).collect()
        })
    }

    /// The ids of policy domains.
    pub(crate) fn domain_ids(&self, domains: &Domains) -> Result<Vec<u32>> {
        self.reading(|connection| {
            let found = stored(connection, domains)?;
            // No database has more.
            Ok(found.into_iter().filter_map(|(id, _)| u32::try_from(id).ok()).collect())
        })
    }

    /// The policy domains that the ids in [`TrafficRow`](crate::model::TrafficRow) stand for.
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

    /// The reporters that the ids in [`TrafficRow`](crate::model::TrafficRow) stand for.
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

    /// What the reporters of these ids call themselves. Those that differ in case only are one reporter, and are spelt
    /// alike: like the first of them in the order of characters. Those without a name are left out.
    ///
    /// # Errors
    /// As [`Store::address`].
    pub fn reporter_names(&self, ids: impl IntoIterator<Item = u32>) -> Result<HashMap<u32, Box<str>>> {
        let found = self.reporters(ids)?;
        let mut named: Vec<(&str, u32)> =
            found.iter().filter_map(|(&id, reporter)| Some((reporter.name()?, id))).collect();
        named.sort_unstable();
        let mut spelling: HashMap<String, &str> = HashMap::new();
        let spelt = named.into_iter().map(|(name, id)| {
            let spelt = *spelling.entry(name.to_ascii_lowercase()).or_insert(name);
            (id, Box::from(spelt))
        });
        Ok(spelt.collect())
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

/// The combination with an id, and the id it has without `envelope_to`.
pub(in crate::store) fn combination(
    connection: &Connection,
    id: i64,
) -> Outcome<(Combination, CombinationId)> {
    let sql = "SELECT profile, envelope_to FROM combination WHERE id = ?1";
    let (profile, to): (i64, Option<String>) =
        connection.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut combination = Profiles::new(connection).read(profile)?;
    combination.envelope_to = to.as_deref().and_then(Name::from_stored);
    Ok((combination, CombinationId::new(profile)))
}

/// Reads profiles; results that several share are parsed once.
struct Profiles<'c> {
    connection: &'c Connection,
    results: Cache<String, Results>,
}

impl<'c> Profiles<'c> {
    fn new(connection: &'c Connection) -> Self {
        Self { connection, results: Cache::new(MOST_RESULTS) }
    }

    fn read(&mut self, id: i64) -> Outcome<Combination> {
        let sql = "SELECT disposition, dkim, spf, header_from, envelope_from, reasons, auth \
             FROM profile WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([id])?;
        let row = rows.next()?.ok_or_else(|| Fault::damaged("a combination without its profile"))?;
        let (mut combination, reasons, auth) = columns(row)?;
        combination.reasons = codec::reasons(reasons)?;
        if let Some(results) = self.results.get(auth) {
            (combination.auth_dkim, combination.auth_spf) = results.clone();
        } else {
            let results = codec::results(auth)?;
            (combination.auth_dkim, combination.auth_spf) = results.clone();
            self.results.insert(auth.to_owned(), results);
        }
        Ok(combination)
    }
}

fn columns<'r>(row: &'r Row<'_>) -> rusqlite::Result<(Combination, &'r str, &'r str)> {
    let text = |at: usize| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_str_or_null()?);
    let name = |at: usize| Ok::<_, rusqlite::Error>(text(at)?.and_then(Name::from_stored));
    let combination = Combination {
        disposition: text(0)?.and_then(Disposition::from_stated),
        dkim: text(1)?.and_then(Verdict::from_stated),
        spf: text(2)?.and_then(Verdict::from_stated),
        header_from: name(3)?,
        envelope_from: name(4)?,
        ..Combination::default()
    };
    Ok((combination, row.get_ref(5)?.as_str()?, row.get_ref(6)?.as_str()?))
}
