//! Sums and rows by domain and day, kept beside the records they are made of.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::traffic::{self, DayRows, Reported};
use crate::model::words::Verdict;
use crate::model::{Judged, Judgement};
use crate::store::cache::Cache;
use crate::store::codec::{int, uint};
use crate::store::error::Outcome;
use crate::store::learned;

/// The day under which reports without a readable begin are summed: no report can begin on it.
pub(in crate::store) const UNDATED: i64 = i64::MIN;

/// Sums over reports. They stop at the largest number instead of overflowing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::store) struct Tally {
    pub(in crate::store) reports: u64,
    pub(in crate::store) multi_day_reports: u64,
    pub(in crate::store) records: u64,
    pub(in crate::store) messages: u64,
    pub(in crate::store) multi_day_messages: u64,
    pub(in crate::store) dmarc_pass: u64,
    pub(in crate::store) dkim_pass: u64,
    pub(in crate::store) spf_pass: u64,
    pub(in crate::store) dmarc_unknown: u64,
    pub(in crate::store) dkim_unknown: u64,
    pub(in crate::store) spf_unknown: u64,
}

impl Tally {
    /// Adds a record.
    pub(in crate::store) fn record(&mut self, judged: Judged, messages: u64) {
        let add = |sum: &mut u64| *sum = sum.saturating_add(messages);
        self.records += 1;
        add(&mut self.messages);
        for (judgement, pass, unknown) in [
            (judged.dmarc, &mut self.dmarc_pass, &mut self.dmarc_unknown),
            (judged.dkim, &mut self.dkim_pass, &mut self.dkim_unknown),
            (judged.spf, &mut self.spf_pass, &mut self.spf_unknown),
        ] {
            match judgement {
                Judgement::Pass => add(pass),
                Judgement::Fail => {}
                Judgement::Unknown => add(unknown),
            }
        }
    }

    /// The tally of one report whose records were added.
    #[must_use]
    pub(in crate::store) fn of_report(mut self, multi_day: bool) -> Self {
        self.reports = 1;
        if multi_day {
            self.multi_day_reports = 1;
            self.multi_day_messages = self.messages;
        }
        self
    }

    /// Adds another tally.
    pub(in crate::store) fn add(&mut self, other: &Self) {
        let pairs = self.columns_mut().into_iter().zip(other.columns());
        for (mine, theirs) in pairs {
            *mine = mine.saturating_add(theirs);
        }
    }

    /// The sums as they can be stored.
    #[must_use]
    pub(in crate::store) fn clamped(mut self) -> Self {
        for sum in self.columns_mut() {
            *sum = uint(int(*sum));
        }
        self
    }

    /// The sums in the order of the columns of `domain_day`.
    const fn columns(&self) -> [u64; 11] {
        [
            self.reports,
            self.multi_day_reports,
            self.records,
            self.messages,
            self.multi_day_messages,
            self.dmarc_pass,
            self.dkim_pass,
            self.spf_pass,
            self.dmarc_unknown,
            self.dkim_unknown,
            self.spf_unknown,
        ]
    }

    const fn columns_mut(&mut self) -> [&mut u64; 11] {
        [
            &mut self.reports,
            &mut self.multi_day_reports,
            &mut self.records,
            &mut self.messages,
            &mut self.multi_day_messages,
            &mut self.dmarc_pass,
            &mut self.dkim_pass,
            &mut self.spf_pass,
            &mut self.dmarc_unknown,
            &mut self.dkim_unknown,
            &mut self.spf_unknown,
        ]
    }

    /// Reads the columns of [`COLUMNS`], the first of which stands at `first`.
    pub(in crate::store) fn from_row(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let mut tally = Self::default();
        for (at, column) in tally.columns_mut().into_iter().enumerate() {
            *column = uint(row.get(first + at)?);
        }
        Ok(tally)
    }
}

/// The columns of `domain_day` a [`Tally`] holds.
pub(in crate::store) const COLUMNS: &str = "reports, multi_day_reports, records, messages, multi_day_messages, \
     dmarc_pass, dkim_pass, spf_pass, dmarc_unknown, dkim_unknown, spf_unknown";

/// A domain's day.
pub(in crate::store) type DomainDay = (i64, i64);

/// What a transaction changes in the sums and rows.
#[derive(Debug, Default)]
pub(super) struct Rollup {
    added: HashMap<DomainDay, Added>,
    /// Days that lost a report: they are summed up again, since a sum that stopped at the largest number
    /// can't be taken back from.
    stale: HashSet<DomainDay>,
}

/// What a transaction adds to a domain's day.
#[derive(Debug, Default)]
struct Added {
    tally: Tally,
    rows: DayRows,
}

impl Rollup {
    pub(super) fn clear(&mut self) {
        self.added.clear();
        self.stale.clear();
    }

    /// Adds a report that counts.
    pub(super) fn add(&mut self, domain: i64, day: Option<i64>, tally: &Tally, report: Reported<'_>) {
        let added = self.added.entry((domain, day.unwrap_or(UNDATED))).or_default();
        added.tally.add(tally);
        if report.packer.is_whole() {
            added.rows.add(report);
        } else {
            self.mark_stale(domain, day);
        }
    }

    /// Says that a day must be made again from its records.
    pub(super) fn mark_stale(&mut self, domain: i64, day: Option<i64>) {
        self.stale.insert((domain, day.unwrap_or(UNDATED)));
    }

    /// Writes the changes, in the order of the table.
    pub(super) fn write(&mut self, connection: &Connection) -> Outcome<()> {
        if !self.added.is_empty() || !self.stale.is_empty() {
            learned::outdate(connection)?;
        }
        let mut added: Vec<_> = self.added.drain().collect();
        added.sort_unstable_by_key(|&(at, _)| at);
        for (at, Added { tally, rows }) in added {
            if !self.stale.contains(&at) {
                let mut sum = load(connection, at)?;
                sum.add(&tally);
                save(connection, at, &sum)?;
                rows.append(connection, at)?;
            }
        }
        let mut stale: Vec<_> = self.stale.drain().collect();
        stale.sort_unstable();
        for at in stale {
            refresh(connection, at)?;
        }
        Ok(())
    }
}

/// Makes the sums and rows of a domain's day again.
pub(super) fn refresh(connection: &Connection, at: DomainDay) -> Outcome<()> {
    let sum = sum_up(connection, at)?;
    save(connection, at, &sum)?;
    traffic::rebuild(connection, at)
}

fn load(connection: &Connection, (domain, day): DomainDay) -> Outcome<Tally> {
    let sql = format!("SELECT {COLUMNS} FROM domain_day WHERE domain = ?1 AND day = ?2");
    let found = connection
        .prepare_cached(&sql)?
        .query_row([domain, day], |row| Tally::from_row(row, 0))
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn save(connection: &Connection, (domain, day): DomainDay, sum: &Tally) -> Outcome<()> {
    if sum.reports == 0 {
        let sql = "DELETE FROM domain_day WHERE domain = ?1 AND day = ?2";
        connection.prepare_cached(sql)?.execute([domain, day])?;
        return Ok(());
    }
    let sql = format!(
        "REPLACE INTO domain_day (domain, day, {COLUMNS}) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
    );
    let values = [domain, day].into_iter().chain(sum.columns().map(int));
    connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    Ok(())
}

/// The sums of a domain's day from its reports and their records.
pub(in crate::store) fn sum_up(connection: &Connection, (domain, day): DomainDay) -> Outcome<Tally> {
    let day = (day != UNDATED).then_some(day);
    let mut reports = connection.prepare_cached(
        "SELECT multi_day, first_record, records FROM report \
         WHERE domain = ?1 AND day IS ?2 AND counts = 1",
    )?;
    let mut rows = reports.query(params![domain, day])?;
    let mut judged = Judgements(Cache::new(20_000));
    let mut sum = Tally::default();
    while let Some(row) = rows.next()? {
        let (first, records): (i64, i64) = (row.get(1)?, row.get(2)?);
        let mut tally = Tally::default();
        let mut statement =
            connection.prepare_cached("SELECT count, combination FROM record WHERE id >= ?1 AND id < ?2")?;
        let mut found = statement.query([first, first.saturating_add(records)])?;
        while let Some(record) = found.next()? {
            tally.record(judged.of(connection, record.get(1)?)?, uint(record.get(0)?));
        }
        sum.add(&tally.of_report(row.get(0)?));
    }
    Ok(sum)
}

/// What combinations say, looked up once each.
#[derive(Debug)]
struct Judgements(Cache<i64, Judged>);

impl Judgements {
    fn of(&mut self, connection: &Connection, combination: i64) -> Outcome<Judged> {
        if let Some(&judged) = self.0.get(&combination) {
            return Ok(judged);
        }
        let sql = "SELECT dkim, spf FROM combination CROSS JOIN profile ON profile.id = combination.profile \
             WHERE combination.id = ?1";
        let judged = connection.prepare_cached(sql)?.query_row([combination], |row| {
            let verdict = |text: Option<String>| text.as_deref().and_then(Verdict::from_stated);
            Ok(Judged::of_verdicts(verdict(row.get(0)?).as_ref(), verdict(row.get(1)?).as_ref()))
        })?;
        self.0.insert(combination, judged);
        Ok(judged)
    }
}
