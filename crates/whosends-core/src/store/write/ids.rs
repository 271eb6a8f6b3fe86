//! The ids of texts and values that are stored once, remembered in bounded memory.
//!
//! An id never changes once it is committed, so what is remembered stays right whatever other processes add.
//! What was added in a transaction or savepoint that is rolled back must be forgotten, and so must everything
//! after another process pruned.

use std::net::{IpAddr, Ipv6Addr};

use rusqlite::{Connection, OptionalExtension, Params, params};

use super::bulk::Bulk;
use crate::model::{Header, Name, PolicyPublished, Profile, Shared};
use crate::store::cache::Cache;
use crate::store::error::{Fault, Outcome};
use crate::store::{codec, digest};

/// How many of each kind are remembered.
const MOST: usize = 20_000;
/// How many combinations and IPv6 addresses are remembered.
const MOST_MANY: usize = 100_000;

/// The ids of a combination, and of everything in it but `envelope_to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Combined {
    pub(super) id: i64,
    pub(super) profile: i64,
}

/// Every kind of id a report needs.
#[derive(Debug)]
pub(super) struct Ids {
    domains: Cache<Box<str>, i64>,
    reporters: Cache<[u8; 16], i64>,
    policies: Cache<[u8; 16], i64>,
    combinations: Cache<[u8; 16], Combined>,
    /// New combinations that are not written yet; `combinations` holds them.
    new: Bulk<4>,
    /// The id the next new combination gets.
    next: i64,
    /// Whether `combinations` holds all there are, so that the database need not be asked.
    has_all: bool,
    profiles: Cache<[u8; 16], i64>,
    addresses: Cache<[u8; 16], i64>,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            domains: Cache::new(MOST),
            reporters: Cache::new(MOST),
            policies: Cache::new(MOST),
            combinations: Cache::new(MOST_MANY),
            new: Bulk::new("INSERT OR ROLLBACK INTO combination (id, digest, profile, envelope_to)"),
            next: 0,
            has_all: false,
            profiles: Cache::new(MOST),
            addresses: Cache::new(MOST_MANY),
        }
    }
}

impl Ids {
    /// Begins a transaction: others may have added to the database since the last one.
    pub(super) fn begin(&mut self, connection: &Connection) -> Outcome<()> {
        let last: Option<i64> =
            connection.prepare_cached("SELECT max(id) FROM combination")?.query_row([], |row| row.get(0))?;
        let next = last.unwrap_or(0).saturating_add(1);
        // Who added a combination took the id that was to come next.
        self.has_all = last.is_none() || self.has_all && next == self.next;
        self.next = next;
        Ok(())
    }

    /// Writes what waits to be written.
    pub(super) fn flush(&mut self, connection: &Connection) -> Outcome<()> {
        self.new.flush(connection)
    }

    /// Forgets everything, and what waits to be written.
    pub(super) fn clear(&mut self) {
        self.domains.clear();
        self.combinations.clear();
        self.new.clear();
        self.has_all = false;
        for texts in [&mut self.reporters, &mut self.policies, &mut self.profiles, &mut self.addresses] {
            texts.clear();
        }
    }

    pub(super) fn domain(&mut self, connection: &Connection, name: &Name) -> Outcome<i64> {
        let name = name.as_str();
        if let Some(&id) = self.domains.get(name) {
            return Ok(id);
        }
        let found = find(connection, "SELECT id FROM domain WHERE name = ?1", [name])?;
        let id = match found {
            Some(id) => id,
            None => insert(connection, "INSERT INTO domain (name) VALUES (?1)", [name])?,
        };
        self.domains.insert(name.into(), id);
        Ok(id)
    }

    pub(super) fn reporter(&mut self, connection: &Connection, header: &Header) -> Outcome<i64> {
        let digest = digest::reporter(header);
        if let Some(&id) = self.reporters.get(&digest) {
            return Ok(id);
        }
        let id = match find(connection, "SELECT id FROM reporter WHERE digest = ?1", [&digest])? {
            Some(id) => id,
            None => {
                let sql = "INSERT INTO reporter \
                     (digest, org_name, email, extra_contact_info, generator, version, namespace) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
                let from = &header.metadata;
                let values = params![
                    digest,
                    from.org_name,
                    from.email,
                    from.extra_contact_info,
                    from.generator,
                    header.version,
                    header.namespace,
                ];
                insert(connection, sql, values)?
            }
        };
        self.reporters.insert(digest, id);
        Ok(id)
    }

    pub(super) fn policy(&mut self, connection: &Connection, policy: &PolicyPublished) -> Outcome<i64> {
        let digest = digest::policy(policy);
        if let Some(&id) = self.policies.get(&digest) {
            return Ok(id);
        }
        let id = match find(connection, "SELECT id FROM policy WHERE digest = ?1", [&digest])? {
            Some(id) => id,
            None => {
                let sql = "INSERT INTO policy \
                     (digest, p, sp, np, adkim, aspf, pct, fo, testing, discovery_method) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
                let values = params![
                    digest,
                    policy.p.as_ref().map(|word| word.as_str()),
                    policy.sp.as_ref().map(|word| word.as_str()),
                    policy.np.as_ref().map(|word| word.as_str()),
                    policy.adkim.as_ref().map(|word| word.as_str()),
                    policy.aspf.as_ref().map(|word| word.as_str()),
                    policy.pct,
                    policy.fo,
                    policy.testing.as_ref().map(|word| word.as_str()),
                    policy.discovery_method.as_ref().map(|word| word.as_str()),
                ];
                insert(connection, sql, values)?
            }
        };
        self.policies.insert(digest, id);
        Ok(id)
    }

    pub(super) fn combination(&mut self, connection: &Connection, shared: &Shared) -> Outcome<Combined> {
        let digest = *shared.digest();
        if let Some(&ids) = self.combinations.get(&digest) {
            return Ok(ids);
        }
        let ids = match self.find_combination(connection, &digest)? {
            Some(ids) => ids,
            None => {
                let profile = self.profile(connection, shared.profile())?;
                let id = self.next;
                self.next = id.checked_add(1).ok_or_else(|| Fault::damaged("no combination id is left"))?;
                let to = shared.envelope_to().map(|name| name.as_str().to_owned());
                self.new.push(connection, [id.into(), digest.to_vec().into(), profile.into(), to.into()])?;
                Combined { id, profile }
            }
        };
        if self.combinations.is_full() {
            // From here on it does not hold all, nor those that wait.
            self.has_all = false;
            self.new.flush(connection)?;
        }
        self.combinations.insert(digest, ids);
        Ok(ids)
    }

    fn find_combination(&self, connection: &Connection, digest: &[u8; 16]) -> Outcome<Option<Combined>> {
        if self.has_all {
            return Ok(None);
        }
        let sql = "SELECT id, profile FROM combination WHERE digest = ?1";
        Ok(connection
            .prepare_cached(sql)?
            .query_row([digest], |row| Ok(Combined { id: row.get(0)?, profile: row.get(1)? }))
            .optional()?)
    }

    /// The id of everything in a combination but `envelope_to`.
    fn profile(&mut self, connection: &Connection, profile: &Profile) -> Outcome<i64> {
        let digest = *profile.digest();
        if let Some(&id) = self.profiles.get(&digest) {
            return Ok(id);
        }
        let id = match find(connection, "SELECT id FROM profile WHERE digest = ?1", [&digest])? {
            Some(id) => id,
            None => {
                let value = profile.said();
                let sql = "INSERT INTO profile (digest, header_from, envelope_from, disposition, dkim, spf, \
                     reasons, auth) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
                let values = params![
                    digest,
                    value.header_from.as_ref().map(Name::as_str),
                    value.envelope_from.as_ref().map(Name::as_str),
                    value.disposition.as_ref().map(|word| word.as_str()),
                    value.dkim.as_ref().map(|word| word.as_str()),
                    value.spf.as_ref().map(|word| word.as_str()),
                    codec::reasons_json(&value.reasons),
                    codec::auth_json(&value.auth_dkim, &value.auth_spf),
                ];
                insert(connection, sql, values)?
            }
        };
        self.profiles.insert(digest, id);
        Ok(id)
    }

    pub(super) fn address(&mut self, connection: &Connection, address: IpAddr) -> Outcome<i64> {
        match address {
            IpAddr::V4(address) => Ok(codec::v4_id(address)),
            IpAddr::V6(address) => self.v6(connection, address),
        }
    }

    fn v6(&mut self, connection: &Connection, address: Ipv6Addr) -> Outcome<i64> {
        let bytes = address.octets();
        if let Some(&id) = self.addresses.get(&bytes) {
            return Ok(id);
        }
        let id = match find(connection, "SELECT id FROM address WHERE bytes = ?1", [&bytes])? {
            Some(id) => id,
            None => {
                let sql = "INSERT INTO address (id, bytes, text) \
                     VALUES ((SELECT coalesce(max(id), 2147483647) + 1 FROM address), ?1, ?2)";
                insert(connection, sql, params![bytes, address.to_string()])?
            }
        };
        self.addresses.insert(bytes, id);
        Ok(id)
    }
}

fn find(connection: &Connection, sql: &str, key: impl Params) -> Outcome<Option<i64>> {
    Ok(connection.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?)
}

fn insert(connection: &Connection, sql: &str, values: impl Params) -> Outcome<i64> {
    Ok(connection.prepare_cached(sql)?.insert(values)?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::model::Combination;
    use crate::store::{Location, Store};

    #[test]
    fn what_is_forgotten_while_it_waits_is_found_again() {
        let store = Store::open(&Location::Memory).expect("a database");
        let connection = &store.connection;
        let mut ids = Ids { combinations: Cache::new(5), ..Ids::default() };
        let mut given = HashMap::new();
        for round in 0..3 {
            ids.begin(connection).expect("begun");
            for number in 0..40 {
                let to = Name::from_stated(&format!("host{number}.example"));
                let shared = Shared::new(Combination { envelope_to: to, ..Combination::default() });
                let id = ids.combination(connection, &shared).expect("an id").id;
                assert_eq!(*given.entry(number).or_insert(id), id, "{number} in round {round}");
            }
            ids.flush(connection).expect("written");
        }
        let sql = "SELECT count(*) FROM combination";
        let stored: i64 = connection.query_row(sql, [], |row| row.get(0)).expect("counted");
        assert_eq!((given.len(), stored), (40, 40));
    }
}
