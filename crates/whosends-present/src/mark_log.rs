//! The history of decisions.

use std::io::{self, Write};

use serde::Serialize;

use crate::answer::{Csv, Json, Ndjson};
use crate::csv;
use crate::json::{self, SCHEMA};
use crate::mark::time;
use crate::number::rfc3339;

/// The changes.
#[derive(Debug)]
pub struct Answer<'a> {
    /// In the order they were made.
    pub changes: Vec<Line<'a>>,
}

/// A change of a decision.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    /// The domain it is for.
    pub domain: &'a str,
    /// The sender it is about.
    pub sender: &'a str,
    /// The sender for people; `None` where the catalogue no longer knows it.
    pub name: Option<String>,
    /// The word before; `None` where there was none.
    pub before: Option<&'a str>,
    /// The word after; `None` where it was cleared.
    pub after: Option<&'a str>,
    /// Why.
    pub note: Option<&'a str>,
    /// Who made it.
    pub made_by: Option<&'a str>,
    /// When, in Unix seconds.
    #[serde(rename = "made_time", serialize_with = "time")]
    pub made_at: i64,
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
