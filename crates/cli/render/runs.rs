//! Runs of `ingest`, and what they refused.

use std::io::{self, Write};

use serde::Serialize;

use super::ingest::StillRejected;
use super::json::{self, SCHEMA};
use super::number::{grouped, rfc3339};
use super::paint::Paint;
use super::printable::printable;
use super::table::{Column, Set, Table};

/// A run, and what it came to.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    /// Its number.
    pub(crate) id: i64,
    /// When it began, in Unix seconds.
    pub(crate) began: i64,
    /// The same, as a time.
    pub(crate) began_time: Option<String>,
    /// When it ended; null where it was killed, or goes on.
    pub(crate) ended: Option<i64>,
    /// The same, as a time.
    pub(crate) ended_time: Option<String>,
    /// What it was to read.
    pub(crate) inputs: Vec<String>,
    /// How it ended: `fine`, `partial`, `nothing`, `interrupted`; null where it did not.
    pub(crate) outcome: Option<&'static str>,
    /// Files that were read.
    pub(crate) files: u64,
    /// Files that were read before and had not changed.
    pub(crate) skipped_unchanged: u64,
    /// Mails in what was read.
    pub(crate) mails: u64,
    /// What became of the reports.
    pub(crate) reports: super::ingest::Reports,
    /// What was refused before in files that had not changed.
    pub(crate) still_rejected: u64,
    /// Things that are no report.
    pub(crate) not_a_report: u64,
    /// Records of the new and conflicting reports.
    pub(crate) records: u64,
    /// Their messages.
    pub(crate) messages: u64,
}

#[derive(Serialize)]
struct Runs<'a> {
    schema: u32,
    runs: &'a [Line],
}

#[derive(Serialize)]
struct Rejected<'a> {
    schema: u32,
    rejected: &'a [StillRejected],
}

#[derive(Serialize)]
struct Forgotten<'a> {
    schema: u32,
    place: &'a str,
    forgotten: u64,
}

/// Writes one JSON object of runs.
pub(crate) fn json(out: &mut dyn Write, runs: &[Line]) -> io::Result<()> {
    json::pretty(out, &Runs { schema: SCHEMA, runs })
}

/// Writes what a person reads of runs.
pub(crate) fn table(out: &mut dyn Write, screen: usize, paint: Paint, runs: &[Line]) -> io::Result<()> {
    let mut table = Table::new(&[
        Column("BEGAN", Set::Left),
        Column("ENDED", Set::Left),
        Column("FILES", Set::Right),
        Column("UNCHANGED", Set::Right),
        Column("NEW", Set::Right),
        Column("REJECTED", Set::Right),
        Column("INPUTS", Set::KeepStart),
    ]);
    for run in runs {
        table.row(vec![
            run.began_time.as_deref().unwrap_or("-").into(),
            run.outcome.unwrap_or("not ended").into(),
            grouped(run.files).into(),
            grouped(run.skipped_unchanged).into(),
            grouped(run.reports.new).into(),
            grouped(run.reports.rejected.saturating_add(run.still_rejected)).into(),
            run.inputs.join(" ").into(),
        ]);
    }
    table.write(out, screen, paint)
}

/// Writes one JSON object of what was refused.
pub(crate) fn rejected_json(out: &mut dyn Write, rejected: &[StillRejected]) -> io::Result<()> {
    json::pretty(out, &Rejected { schema: SCHEMA, rejected })
}

/// Writes what a person reads of what was refused: the place whole, as it is what `--forget` takes.
pub(crate) fn rejected(out: &mut dyn Write, rejected: &[StillRejected]) -> io::Result<()> {
    for one in rejected {
        let since = rfc3339(one.first_at);
        let since = since.as_deref().and_then(|time| time.get(..10)).unwrap_or("-");
        writeln!(out, "{}", printable(&one.place))?;
        writeln!(out, "  {} (since {since})", printable(&one.reason))?;
    }
    Ok(())
}

/// Writes one JSON object of what was forgotten.
pub(crate) fn forgotten_json(out: &mut dyn Write, place: &str, forgotten: u64) -> io::Result<()> {
    json::pretty(out, &Forgotten { schema: SCHEMA, place, forgotten })
}
