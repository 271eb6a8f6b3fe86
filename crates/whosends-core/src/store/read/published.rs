//! The policy that each report says was published.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension};

use super::names::name_of;
use super::{condition, header, stored};
use crate::error::Result;
use crate::model::{Day, Filter, Name, PolicyPublished};
use crate::store::Store;
use crate::store::codec::uint;
use crate::store::error::{Fault, Outcome};

/// A counting report without its records. What the ids stand for is asked of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedRow<'p> {
    /// The day it begins on.
    pub day: Option<Day>,
    /// The day it ends on; not before `day`.
    pub last: Option<Day>,
    /// The policy domain.
    pub domain: u32,
    /// Who reported it.
    pub reporter: u32,
    /// Its messages.
    pub messages: u64,
    /// The policy it saw.
    pub policy: &'p PolicyPublished,
}

impl Store {
    /// Visits every counting report of the filter with the policy it saw, also those without a record. Each
    /// domain's come by day, and in the order they were read.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn published(&self, filter: &Filter, visit: &mut dyn FnMut(&PublishedRow<'_>)) -> Result<()> {
        self.reading(|connection| {
            for (domain, name) in stored(connection, &filter.domains)? {
                let mut policies = Policies { connection, domain: name_of(&name)?, met: HashMap::new() };
                visit_domain(connection, domain, filter, &mut policies, visit)?;
            }
            Ok(())
        })
    }
}

/// The policies that reports of a domain saw, each looked up when it is met first.
struct Policies<'c> {
    connection: &'c Connection,
    domain: Name,
    met: HashMap<i64, PolicyPublished>,
}

impl Policies<'_> {
    fn get(&mut self, id: i64) -> Outcome<&PolicyPublished> {
        let place = match self.met.entry(id) {
            Entry::Occupied(met) => return Ok(met.into_mut()),
            Entry::Vacant(place) => place,
        };
        let sql = format!("SELECT {} FROM policy WHERE id = ?1", header::POLICY);
        let found = self
            .connection
            .prepare_cached(&sql)?
            .query_row([id], |row| header::policy(row, 0, self.domain.clone()))
            .optional()?;
        Ok(place.insert(found.ok_or_else(|| Fault::damaged("a report without a policy"))?))
    }
}

fn visit_domain(
    connection: &Connection,
    domain: i64,
    filter: &Filter,
    policies: &mut Policies<'_>,
    visit: &mut dyn FnMut(&PublishedRow<'_>),
) -> Outcome<()> {
    let sql = format!(
        "SELECT day, multi_day, \"end\", reporter, messages, policy FROM report \
         WHERE domain = ?1 AND counts = 1 AND {} ORDER BY day, id",
        condition(filter.period, "day"),
    );
    let number = |id: i64| u32::try_from(id).map_err(|_| Fault::damaged("an id out of range"));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([domain])?;
    while let Some(row) = rows.next()? {
        let day = row.get::<_, Option<i64>>(0)?.map(Day);
        // The end of a period is often the first second of the next day.
        let end = row.get::<_, Option<i64>>(2)?.map(|end| Day::of(end.saturating_sub(1)));
        let last = if row.get(1)? { end.max(day) } else { day };
        visit(&PublishedRow {
            day,
            last,
            domain: number(domain)?,
            reporter: number(row.get(3)?)?,
            messages: uint(row.get(4)?),
            policy: policies.get(row.get(5)?)?,
        });
    }
    Ok(())
}
