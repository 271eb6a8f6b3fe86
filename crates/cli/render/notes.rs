//! What was odd in what was read.

use std::io::{self, Write};

use serde::Serialize;

use super::answer::{Csv, Json, Ndjson, Screen, Show};
use super::csv;
use super::json::{self, SCHEMA};
use super::number::grouped;
use super::table::{Column, Set, Table};

/// What was odd.
#[derive(Debug)]
pub(crate) struct Answer {
    /// In the order they are shown.
    pub(crate) notes: Vec<Line>,
}

/// Everything odd of one kind from one reporter.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    /// Who wrote the reports.
    pub(crate) reporter: Option<String>,
    /// What kind, to branch on.
    pub(crate) code: String,
    /// Reports it was seen in.
    pub(crate) reports: u64,
    /// How often.
    pub(crate) times: u64,
    /// One of them.
    pub(crate) example: Example,
}

/// One spot where something was odd.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Example {
    /// The number of the report, for `reports show`.
    pub(crate) report: i64,
    /// The element, or the step of the container.
    pub(crate) path: String,
    /// What stood there.
    pub(crate) raw: Option<String>,
    /// On which line.
    pub(crate) line: Option<u64>,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    notes: &'a [Line],
}

#[derive(Serialize)]
struct Numbered<'a> {
    schema: u32,
    #[serde(flatten)]
    line: &'a Line,
}

impl Json for Answer {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::pretty(out, &Object { schema: SCHEMA, notes: &self.notes })
    }
}

impl Ndjson for Answer {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        self.notes.iter().try_for_each(|line| json::line(out, &Numbered { schema: SCHEMA, line }))
    }
}

impl Csv for Answer {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &["reporter", "code", "reports", "times", "report", "path", "raw", "line"])?;
        for note in &self.notes {
            csv::row(
                out,
                &[
                    csv::Cell::text(note.reporter.as_deref()),
                    csv::Cell::Text(&note.code),
                    csv::Cell::Number(note.reports.into()),
                    csv::Cell::Number(note.times.into()),
                    csv::Cell::Number(note.example.report.into()),
                    csv::Cell::Text(&note.example.path),
                    csv::Cell::text(note.example.raw.as_deref()),
                    csv::Cell::number(note.example.line),
                ],
            )?;
        }
        Ok(())
    }
}

impl Show for Answer {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let mut table = Table::new(&[
            Column("REPORTER", Set::KeepStart),
            Column("NOTE", Set::Left),
            Column("REPORTS", Set::Right),
            Column("TIMES", Set::Right),
            Column("FOR EXAMPLE", Set::KeepStart),
        ]);
        for note in &self.notes {
            table.row(vec![
                note.reporter.as_deref().unwrap_or("-").into(),
                note.code.as_str().into(),
                grouped(note.reports).into(),
                grouped(note.times).into(),
                example(&note.example).into(),
            ]);
        }
        table.write(out, screen.columns, screen.paint)
    }
}

/// An example in words, what says most first: `report 3 has "Pass" at record/row/policy_evaluated/dkim on line 12`.
fn example(example: &Example) -> String {
    let mut parts = vec![format!("report {}", example.report)];
    if let Some(raw) = &example.raw {
        parts.push(format!("has \"{raw}\""));
    }
    if !example.path.is_empty() {
        parts.push(format!("at {}", example.path));
    }
    if let Some(line) = example.line {
        parts.push(format!("on line {line}"));
    }
    parts.join(" ")
}
