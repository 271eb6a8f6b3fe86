//! One line a domain.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::names::name_of;
use super::traffic::number;
use super::{bounds, condition, header, stored};
use crate::error::Result;
use crate::model::{Day, Domains, Filter, Name, Period, PolicyPublished};
use crate::store::Store;
use crate::store::error::Outcome;
use crate::store::write::{COLUMNS, Tally, UNDATED};

/// What is stored of one policy domain in a period. Sums stop at the largest number.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainSummary {
    /// The policy domain.
    pub domain: Name,
    /// The policy that the newest report saw.
    pub policy: PolicyPublished,
    /// Reports that count.
    pub reports: u64,
    /// Reports of more than one day among them.
    pub multi_day_reports: u64,
    /// Reports without a readable begin among them.
    pub undated_reports: u64,
    /// Different reporters.
    pub reporters: u64,
    /// Records.
    pub records: u64,
    /// Messages.
    pub messages: u64,
    /// Messages in reports of more than one day.
    pub multi_day_messages: u64,
    /// Messages whose aligned DKIM or SPF passed.
    pub dmarc_pass: u64,
    /// Messages whose aligned DKIM passed.
    pub dkim_pass: u64,
    /// Messages whose aligned SPF passed.
    pub spf_pass: u64,
    /// Messages that did not pass by what the reporter said, which was not all.
    pub dmarc_unknown: u64,
    /// Messages without a known aligned DKIM result.
    pub dkim_unknown: u64,
    /// Messages without a known aligned SPF result.
    pub spf_unknown: u64,
    /// The first day with a report.
    pub first_day: Option<Day>,
    /// The last day with a report.
    pub last_day: Option<Day>,
}

impl Store {
    /// The newest day, not after `not_after`, on which a report of these domains begins.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn newest_day(&self, domains: &Domains, not_after: Day) -> Result<Option<Day>> {
        self.reading(|connection| {
            let sql = "SELECT day FROM domain_day WHERE domain = ?1 AND day <= ?2 AND day > ?3 \
                 ORDER BY day DESC LIMIT 1";
            let mut statement = connection.prepare_cached(sql)?;
            let mut newest = None;
            for (domain, _) in stored(connection, domains)? {
                let day = statement.query_row([domain, not_after.0, UNDATED], |row| row.get(0)).optional()?;
                newest = newest.max(day.map(Day));
            }
            Ok(newest)
        })
    }

    /// The newest day of each policy domain, by its id: one, not after `not_after`, on which a report begins that was read on
    /// that day or later. Where all of a domain's were read before they begin, the newest that is not after `not_after`.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn newest_days(&self, not_after: Day) -> Result<HashMap<u32, Day>> {
        self.reading(|connection| {
            let newest = |condition: &str| {
                connection.prepare_cached(&format!(
                    "SELECT day FROM report WHERE domain = ?1 AND counts = 1 AND day <= ?2 {condition} \
                     ORDER BY day DESC LIMIT 1"
                ))
            };
            let (mut past, mut any) = (newest("AND day * 86400 <= ingested_at")?, newest("")?);
            let mut found = HashMap::new();
            for (id, _) in stored(connection, &Domains::ALL)? {
                let mut day = past.query_row([id, not_after.0], |row| row.get(0)).optional()?;
                if day.is_none() {
                    day = any.query_row([id, not_after.0], |row| row.get(0)).optional()?;
                }
                if let Some(day) = day {
                    found.insert(number(id)?, Day(day));
                }
            }
            Ok(found)
        })
    }

    /// The names of the domains that [`Store::domains`] tells more of, which takes longer.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn reported_domains(&self, filter: &Filter) -> Result<Vec<Name>> {
        self.reading(|connection| {
            let dated = if bounds(filter.period).is_some() { "day > ?2" } else { "?2 IS NOT NULL" };
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM domain_day WHERE domain = ?1 AND reports > 0 AND {dated} AND {})",
                condition(filter.period, "day"),
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut found = Vec::new();
            for (id, name) in stored(connection, &filter.domains)? {
                if statement.query_row([id, UNDATED], |row| row.get(0))? {
                    found.push(name_of(&name)?);
                }
            }
            Ok(found)
        })
    }

    /// The domains of the filter that have a counting report in it, in the order of their names.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn domains(&self, filter: &Filter) -> Result<Vec<DomainSummary>> {
        self.reading(|connection| {
            let mut found = Vec::new();
            for (id, name) in stored(connection, &filter.domains)? {
                found.extend(summary(connection, id, &name_of(&name)?, filter.period)?);
            }
            Ok(found)
        })
    }
}

fn summary(connection: &Connection, id: i64, name: &Name, period: Period) -> Outcome<Option<DomainSummary>> {
    let sql = format!(
        "SELECT day, {COLUMNS} FROM domain_day WHERE domain = ?1 AND {} ORDER BY day",
        condition(period, "day"),
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    let mut sum = Tally::default();
    let mut undated = 0;
    let (mut first_day, mut last_day) = (None, None);
    while let Some(row) = rows.next()? {
        let tally = Tally::from_row(row, 1)?;
        match row.get(0)? {
            UNDATED if bounds(period).is_some() => continue,
            UNDATED => undated = tally.reports,
            day => {
                first_day = first_day.or(Some(Day(day)));
                last_day = Some(Day(day));
            }
        }
        sum.add(&tally);
    }
    if sum.reports == 0 {
        return Ok(None);
    }
    Ok(Some(DomainSummary {
        domain: name.clone(),
        policy: newest_policy(connection, id, name, last_day)?,
        reports: sum.reports,
        multi_day_reports: sum.multi_day_reports,
        undated_reports: undated,
        reporters: reporters(connection, id, period)?,
        records: sum.records,
        messages: sum.messages,
        multi_day_messages: sum.multi_day_messages,
        dmarc_pass: sum.dmarc_pass,
        dkim_pass: sum.dkim_pass,
        spf_pass: sum.spf_pass,
        dmarc_unknown: sum.dmarc_unknown,
        dkim_unknown: sum.dkim_unknown,
        spf_unknown: sum.spf_unknown,
        first_day,
        last_day,
    }))
}

/// The policy in the newest report, which is of the day `last`; of several as new, in one that does not depend
/// on the order of arrival.
fn newest_policy(
    connection: &Connection,
    id: i64,
    name: &Name,
    last: Option<Day>,
) -> Outcome<PolicyPublished> {
    let sql = format!(
        "SELECT {} FROM report CROSS JOIN policy ON policy.id = report.policy \
         WHERE report.domain = ?1 AND report.day IS ?2 AND report.counts = 1 \
         ORDER BY report.\"begin\" DESC, report.\"end\" DESC, report.content DESC LIMIT 1",
        header::POLICY,
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let last = last.map(|day| day.0);
    Ok(statement.query_row(params![id, last], |row| header::policy(row, 0, name.clone()))?)
}

/// How many different reporters there are, by name in any case.
fn reporters(connection: &Connection, id: i64, period: Period) -> Outcome<u64> {
    let sql = format!(
        "SELECT DISTINCT reporter.org_name, reporter.email FROM \
         (SELECT DISTINCT reporter FROM report WHERE domain = ?1 AND counts = 1 AND {}) AS found \
         CROSS JOIN reporter ON reporter.id = found.reporter",
        condition(period, "day"),
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    let mut names = HashSet::new();
    while let Some(row) = rows.next()? {
        let (name, email): (Option<String>, Option<String>) = (row.get(0)?, row.get(1)?);
        names.insert(name.or(email).map(|name| name.to_ascii_lowercase()));
    }
    Ok(names.len() as u64)
}
