//! What was odd in what was read.

use std::io::{self, Write};

use serde::Serialize;

use crate::answer::{Csv, Json, Ndjson};
use crate::csv;
use crate::json::{self, SCHEMA};

/// What was odd.
#[derive(Debug)]
pub struct Answer {
    /// In the order they are shown.
    pub notes: Vec<Line>,
}

/// Everything odd of one kind from one reporter.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// Who wrote the reports.
    pub reporter: Option<String>,
    /// What kind, to branch on.
    pub code: String,
    /// Reports it was seen in.
    pub reports: u64,
    /// How often.
    pub times: u64,
    /// One of them.
    pub example: Example,
}

/// One spot where something was odd.
#[derive(Debug, Clone, Serialize)]
pub struct Example {
    /// The number of the report, for `reports show`.
    pub report: i64,
    /// The element, or the step of the container.
    pub path: String,
    /// What stood there.
    pub raw: Option<String>,
    /// On which line.
    pub line: Option<u64>,
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
