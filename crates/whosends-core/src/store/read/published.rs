//! The policy that each report says was published.

use std::collections::HashMap;

use rusqlite::Connection;

use super::names::name_of;
use super::{Filter, Period, domains_within, header};
use crate::error::Result;
use crate::model::{Day, PolicyPublished};
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
            for (domain, name) in domains_within(connection, filter.domain.as_deref())? {
                let policies = policies(connection, domain, &name, filter.period)?;
                visit_domain(connection, domain, filter, &policies, visit)?;
            }
            Ok(())
        })
    }
}

/// The policies that reports of a domain and period saw, by their ids.
fn policies(
    connection: &Connection,
    domain: i64,
    name: &str,
    period: Period,
) -> Outcome<HashMap<i64, PolicyPublished>> {
    let name = name_of(name)?;
    let sql = format!(
        "SELECT policy.id, {} FROM \
         (SELECT DISTINCT policy FROM report WHERE domain = ?1 AND counts = 1 AND {}) AS seen \
         CROSS JOIN policy ON policy.id = seen.policy",
        header::POLICY,
        period.condition("day"),
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found =
        statement.query_map([domain], |row| Ok((row.get(0)?, header::policy(row, 1, name.clone())?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn visit_domain(
    connection: &Connection,
    domain: i64,
    filter: &Filter,
    policies: &HashMap<i64, PolicyPublished>,
    visit: &mut dyn FnMut(&PublishedRow<'_>),
) -> Outcome<()> {
    let sql = format!(
        "SELECT day, multi_day, \"end\", reporter, messages, policy FROM report \
         WHERE domain = ?1 AND counts = 1 AND {} ORDER BY day, id",
        filter.period.condition("day"),
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
            policy: policies.get(&row.get(5)?).ok_or_else(|| Fault::damaged("a report without a policy"))?,
        });
    }
    Ok(())
}
