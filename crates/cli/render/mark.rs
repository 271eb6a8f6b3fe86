//! What the owner decided about senders.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::answer::{Csv, Json, Ndjson, Screen, Show};
use super::csv;
use super::json::{self, SCHEMA};
use super::number::{day, rfc3339};
use super::table::{Column, Set, Table};

/// The decisions.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// In the order they are kept.
    pub(crate) decisions: Vec<Line<'a>>,
}

/// A decision.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    /// The domain it is for.
    pub(crate) domain: &'a str,
    /// The sender it is about.
    pub(crate) sender: &'a str,
    /// The sender for people; `None` where the catalogue no longer knows it.
    pub(crate) name: Option<String>,
    /// The word.
    pub(crate) decision: &'a str,
    /// Why.
    pub(crate) note: Option<&'a str>,
    /// Who said it.
    pub(crate) made_by: Option<&'a str>,
    /// When, in Unix seconds.
    #[serde(rename = "made_time", serialize_with = "time")]
    pub(crate) made_at: i64,
    /// Whether one about addresses takes the mail of services from there too.
    pub(crate) with_services: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
pub(super) fn time<S: Serializer>(unix: &i64, to: S) -> Result<S::Ok, S::Error> {
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

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let mut table = Table::new(&[
            Column("DOMAIN", Set::KeepEnd),
            Column("SENDER", Set::KeepStart),
            Column("AS", Set::Left),
            Column("SINCE", Set::Left),
            Column("BY", Set::KeepStart),
            Column("NOTE", Set::KeepStart),
        ]);
        for made in &self.decisions {
            let sender = match &made.name {
                Some(name) => name.clone(),
                None => format!("{} (unknown)", made.sender),
            };
            table.row(vec![
                made.domain.into(),
                sender.into(),
                if made.with_services {
                    format!("{} with services", made.decision)
                } else {
                    made.decision.to_owned()
                }
                .into(),
                day(Some(made.made_at)).into(),
                made.made_by.unwrap_or("-").into(),
                made.note.unwrap_or_default().into(),
            ]);
        }
        table.write(out, screen.columns, screen.paint)
    }
}
