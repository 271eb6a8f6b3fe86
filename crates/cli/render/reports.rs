//! The reports held, one line each.

use std::io::{self, Write};

use serde::Serialize;

use super::answer::{Csv, Json, Ndjson, Screen, Show};
use super::csv;
use super::json::{self, SCHEMA};
use super::number::{count, day, grouped, rfc3339};
use super::paint::Tone;
use super::table::{Cell, Column, Set, Table};

/// The reports held, as many as were asked for.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The newest first.
    pub(crate) reports: Vec<Line>,
    /// Whether there are more.
    pub(crate) more: bool,
}

/// One report of the list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    /// The number by which `reports show` finds it.
    pub(crate) id: i64,
    /// Who wrote it.
    pub(crate) reporter: Option<String>,
    /// The policy domain.
    pub(crate) policy_domain: String,
    /// Its id as stated.
    pub(crate) report_id: Option<String>,
    /// Start of its period in Unix seconds.
    pub(crate) begin: Option<i64>,
    /// End of its period in Unix seconds.
    pub(crate) end: Option<i64>,
    /// Whether it counts, and if not, why.
    pub(crate) state: State,
    /// Whether the document ends before its end.
    pub(crate) truncated: bool,
    /// Whether its period is longer than a day.
    pub(crate) multi_day: bool,
    /// Records.
    pub(crate) records: u64,
    /// Their messages.
    pub(crate) messages: u64,
    /// Records without a usable address or count.
    pub(crate) records_skipped: u64,
    /// How often something was odd.
    pub(crate) notes: u64,
}

/// Whether a report is in the totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It is.
    Counts,
    /// Another one of the same identity is, in its place.
    Superseded,
}

impl State {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Superseded => "superseded",
        }
    }
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    more: bool,
    reports: Vec<Dated<'a>>,
}

/// A line with its times in RFC 3339 as well.
#[derive(Serialize)]
pub(crate) struct Dated<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<u32>,
    #[serde(flatten)]
    line: &'a Line,
    begin_time: Option<String>,
    end_time: Option<String>,
}

impl Line {
    /// The line as it stands in JSON.
    pub(crate) fn dated(&self, schema: Option<u32>) -> Dated<'_> {
        let (begin_time, end_time) = (self.begin.and_then(rfc3339), self.end.and_then(rfc3339));
        Dated { schema, line: self, begin_time, end_time }
    }
}

impl Json for Answer {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let reports = self.reports.iter().map(|line| line.dated(None)).collect();
        json::pretty(out, &Object { schema: SCHEMA, more: self.more, reports })
    }
}

impl Ndjson for Answer {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        self.reports.iter().try_for_each(|line| json::line(out, &line.dated(Some(SCHEMA))))
    }
}

impl Csv for Answer {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(
            out,
            &[
                "id",
                "reporter",
                "policy_domain",
                "report_id",
                "begin",
                "end",
                "state",
                "truncated",
                "multi_day",
                "records",
                "messages",
                "records_skipped",
                "notes",
            ],
        )?;
        for line in &self.reports {
            let flag = |set: bool| csv::Cell::Text(if set { "true" } else { "false" });
            csv::row(
                out,
                &[
                    csv::Cell::Number(line.id.into()),
                    csv::Cell::text(line.reporter.as_deref()),
                    csv::Cell::Text(&line.policy_domain),
                    csv::Cell::text(line.report_id.as_deref()),
                    csv::Cell::number(line.begin),
                    csv::Cell::number(line.end),
                    csv::Cell::Text(line.state.word()),
                    flag(line.truncated),
                    flag(line.multi_day),
                    csv::Cell::Number(line.records.into()),
                    csv::Cell::Number(line.messages.into()),
                    csv::Cell::Number(line.records_skipped.into()),
                    csv::Cell::Number(line.notes.into()),
                ],
            )?;
        }
        Ok(())
    }
}

impl Show for Answer {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns, paint, .. } = screen;
        if self.reports.is_empty() {
            return Ok(());
        }
        let mut table = Table::new(&[
            Column("ID", Set::Right),
            Column("DAY", Set::Left),
            Column("REPORTER", Set::KeepStart),
            Column("DOMAIN", Set::KeepEnd),
            Column("MESSAGES", Set::Right),
            Column("", Set::Left),
        ]);
        for line in &self.reports {
            table.row(vec![
                line.id.to_string().into(),
                format!("{}{}", day(line.begin), if line.multi_day { "~" } else { "" }).into(),
                line.reporter.as_deref().unwrap_or("-").into(),
                line.policy_domain.as_str().into(),
                grouped(line.messages).into(),
                marks(line),
            ]);
        }
        table.write(out, columns, paint)?;
        if self.more {
            writeln!(out, "{}", paint.tone(Tone::Dim, "… and older ones; --limit shows more"))?;
        }
        Ok(())
    }
}

/// What is special about a report.
fn marks(line: &Line) -> Cell {
    let mut marks = Vec::new();
    if line.state == State::Superseded {
        marks.push("superseded".to_owned());
    }
    if line.truncated {
        marks.push("truncated".to_owned());
    }
    if line.notes > 0 {
        marks.push(count(line.notes, "note", "notes"));
    }
    let tone = if line.state == State::Superseded || line.truncated { Tone::Warn } else { Tone::Dim };
    Cell::from(marks.join(", ")).tone(tone)
}
