//! The history of decisions.

use std::io::{self, Write};

use serde::Serialize;

use super::answer::{Csv, Json, Ndjson, Screen, Show};
use super::csv;
use super::json::{self, SCHEMA};
use super::mark::time;
use super::number::{day, rfc3339};
use super::table::{Column, Set, Table};

/// The changes.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// In the order they were made.
    pub(crate) changes: Vec<Line<'a>>,
}

/// A change of a decision.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    /// The domain it is for.
    pub(crate) domain: &'a str,
    /// The sender it is about.
    pub(crate) sender: &'a str,
    /// The sender for people; `None` where the catalogue no longer knows it.
    pub(crate) name: Option<String>,
    /// The word before; `None` where there was none.
    pub(crate) before: Option<&'a str>,
    /// The word after; `None` where it was cleared.
    pub(crate) after: Option<&'a str>,
    /// Why.
    pub(crate) note: Option<&'a str>,
    /// Who made it.
    pub(crate) made_by: Option<&'a str>,
    /// When, in Unix seconds.
    #[serde(rename = "made_time", serialize_with = "time")]
    pub(crate) made_at: i64,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    changes: &'a [Line<'a>],
}

#[derive(Serialize)]
struct Numbered<'a> {
    schema: u32,
    #[serde(flatten)]
    line: &'a Line<'a>,
}

impl Json for Answer<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::pretty(out, &Object { schema: SCHEMA, changes: &self.changes })
    }
}

impl Ndjson for Answer<'_> {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        self.changes.iter().try_for_each(|line| json::line(out, &Numbered { schema: SCHEMA, line }))
    }
}

impl Csv for Answer<'_> {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &["domain", "sender", "name", "before", "after", "note", "made_by", "made_time"])?;
        for made in &self.changes {
            let time = rfc3339(made.made_at);
            csv::row(
                out,
                &[
                    csv::Cell::Text(made.domain),
                    csv::Cell::Text(made.sender),
                    csv::Cell::text(made.name.as_deref()),
                    csv::Cell::text(made.before),
                    csv::Cell::text(made.after),
                    csv::Cell::text(made.note),
                    csv::Cell::text(made.made_by),
                    csv::Cell::text(time.as_deref()),
                ],
            )?;
        }
        Ok(())
    }
}

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let mut table = Table::new(&[
            Column("WHEN", Set::Left),
            Column("BY", Set::KeepStart),
            Column("DOMAIN", Set::KeepEnd),
            Column("SENDER", Set::KeepStart),
            Column("FROM", Set::Left),
            Column("TO", Set::Left),
            Column("NOTE", Set::KeepStart),
        ]);
        for made in &self.changes {
            table.row(vec![
                day(Some(made.made_at)).into(),
                made.made_by.unwrap_or("-").into(),
                made.domain.into(),
                made.name.clone().unwrap_or_else(|| format!("{} (unknown)", made.sender)).into(),
                made.before.unwrap_or("-").into(),
                made.after.unwrap_or("-").into(),
                made.note.unwrap_or_default().into(),
            ]);
        }
        table.write(out, screen.columns, screen.paint)
    }
}
