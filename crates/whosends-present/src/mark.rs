//! What the owner decided about senders.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::answer::{Csv, Json, Ndjson};
use crate::csv;
use crate::json::{self, SCHEMA};
use crate::number::rfc3339;

/// The decisions.
#[derive(Debug)]
pub struct Answer<'a> {
    /// In the order they are kept.
    pub decisions: Vec<Line<'a>>,
}

/// A decision.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    /// The domain it is for.
    pub domain: &'a str,
    /// The sender it is about.
    pub sender: &'a str,
    /// The sender for people; `None` where the catalogue no longer knows it.
    pub name: Option<String>,
    /// The word.
    pub decision: &'a str,
    /// Why.
    pub note: Option<&'a str>,
    /// Who said it.
    pub made_by: Option<&'a str>,
    /// When, in Unix seconds.
    #[serde(rename = "made_time", serialize_with = "time")]
    pub made_at: i64,
    /// Whether one about addresses takes the mail of services from there too.
    pub with_services: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
pub(crate) fn time<S: Serializer>(unix: &i64, to: S) -> Result<S::Ok, S::Error> {
    rfc3339(*unix).serialize(to)
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    decisions: &'a [Line<'a>],
}

#[derive(Serialize)]
struct Numbered<'a> {
    schema: u32,
    #[serde(flatten)]
    line: &'a Line<'a>,
}

impl Json for Answer<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::pretty(out, &Object { schema: SCHEMA, decisions: &self.decisions })
    }
}

impl Ndjson for Answer<'_> {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        self.decisions.iter().try_for_each(|line| json::line(out, &Numbered { schema: SCHEMA, line }))
    }
}

impl Csv for Answer<'_> {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(
            out,
            &["domain", "sender", "name", "decision", "note", "made_by", "made_time", "with_services"],
        )?;
        for made in &self.decisions {
            let time = rfc3339(made.made_at);
            csv::row(
                out,
                &[
                    csv::Cell::Text(made.domain),
                    csv::Cell::Text(made.sender),
                    csv::Cell::text(made.name.as_deref()),
                    csv::Cell::Text(made.decision),
                    csv::Cell::text(made.note),
                    csv::Cell::text(made.made_by),
                    csv::Cell::text(time.as_deref()),
                    csv::Cell::Text(if made.with_services { "true" } else { "false" }),
                ],
            )?;
        }
        Ok(())
    }
}
