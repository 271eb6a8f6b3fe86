//! One report with everything it says.

use std::io::{self, Write};
use std::ops::ControlFlow;

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use whosends_core::error::Error;
use whosends_core::model::{Header, Metadata, Record};

use super::answer::{Json, Screen, Show};
use super::export::{Named, Said, Source};
use super::json::{self, SCHEMA};
use super::number::{count, grouped, minute, rfc3339};
use super::paint::{Paint, Tone};
use super::policy::{self, Policy};
use super::printable::printable;
use super::reports::{Dated, Line, State};
use super::table::{Cell, Column, Set, Table};

/// Records that are shown to people.
const SHOWN: usize = 100;

/// Calls back with every record of the report until it is told to stop.
pub(crate) type Records<'a> = &'a dyn Fn(&mut dyn FnMut(&Record) -> ControlFlow<()>) -> Result<(), Error>;

/// One report.
pub(crate) struct Detail<'a> {
    /// What the list says of it.
    pub(crate) line: Line,
    /// What it says of itself.
    pub(crate) header: &'a Header,
    /// The Unix time it was stored.
    pub(crate) ingested_at: i64,
    /// Where its copies came from.
    pub(crate) origins: Vec<Origin<'a>>,
    /// What was odd in it.
    pub(crate) notes: Vec<Note<'a>>,
    /// Its records. They are not held, as there may be millions.
    pub(crate) records: Records<'a>,
}

/// Where a copy came from.
#[derive(Debug, Serialize)]
pub(crate) struct Origin<'a> {
    /// The way to it.
    pub(crate) place: &'a str,
    /// The From of the mail that carried it.
    pub(crate) mail_from: Option<&'a str>,
    /// The Message-ID of that mail.
    pub(crate) message_id: Option<&'a str>,
    /// The Unix time it was read.
    pub(crate) seen_at: i64,
}

/// Something odd.
#[derive(Debug, Serialize)]
pub(crate) struct Note<'a> {
    /// What kind.
    pub(crate) code: &'a str,
    /// The element.
    pub(crate) path: &'a str,
    /// What stood there.
    pub(crate) raw: Option<&'a str>,
    /// On which line.
    pub(crate) line: Option<u64>,
    /// How often.
    pub(crate) times: u64,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    report: Dated<'a>,
    org_name: Option<&'a str>,
    email: Option<&'a str>,
    extra_contact_info: Option<&'a str>,
    errors: &'a [String],
    generator: Option<&'a str>,
    version: Option<&'a str>,
    namespace: Option<&'a str>,
    policy: Policy<'a>,
    stored_time: Option<String>,
    origins: &'a [Origin<'a>],
    notes: &'a [Note<'a>],
    records: Listed<'a>,
}

/// The records as a JSON array that is written as they come.
struct Listed<'a>(Records<'a>);

#[derive(Serialize)]
struct One<'a> {
    #[serde(flatten)]
    source: Source,
    #[serde(flatten)]
    said: Said<'a>,
    #[serde(flatten)]
    named: Named<'a>,
}

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut failed = None;
        let read = (self.0)(&mut |record| {
            let source = Source { source_ip: record.source, count: record.count };
            let said = (&record.combination).into();
            match list.serialize_element(&One { source, said, named: Named::default() }) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        match (failed, read) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => list.end(),
        }
    }
}

impl Json for Detail<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Metadata { org_name, email, extra_contact_info, errors, generator, .. } = &self.header.metadata;
        json::pretty(
            out,
            &Object {
                schema: SCHEMA,
                report: self.line.dated(None),
                org_name: org_name.as_deref(),
                email: email.as_deref(),
                extra_contact_info: extra_contact_info.as_deref(),
                errors,
                generator: generator.as_deref(),
                version: self.header.version.as_deref(),
                namespace: self.header.namespace.as_deref(),
                policy: (&self.header.policy).into(),
                stored_time: rfc3339(self.ingested_at),
                origins: &self.origins,
                notes: &self.notes,
                records: Listed(self.records),
            },
        )
    }
}

impl Show for Detail<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, .. } = screen;
        writeln!(out, "{}", paint.tone(Tone::Head, &format!("Report {}", self.line.id)))?;
        for (name, value) in self.facts() {
            writeln!(out, "  {}{}", paint.tone(Tone::Dim, &format!("{name:<14}")), printable(&value))?;
        }
        writeln!(out)?;
        self.table(out, screen, paint)
    }
}

impl Detail<'_> {
    /// What is known of the report, as name and value.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let Metadata { org_name, email, extra_contact_info, report_id, errors, generator, .. } =
            &self.header.metadata;
        let mut facts = Vec::new();
        let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
        let who = [org_name.clone(), email.as_ref().map(|email| format!("<{email}>"))];
        add(
            "Reporter",
            Some(who.into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|who| !who.is_empty()),
        );
        add("Contact", extra_contact_info.clone());
        add("Report ID", report_id.clone());
        add("Period", Some(self.period()));
        add(
            "Policy",
            Some(format!("{}: {}", self.line.policy_domain, policy::in_full(&(&self.header.policy).into()))),
        );
        add("Generator", generator.clone());
        add("Version", self.header.version.clone());
        add("Namespace", self.header.namespace.clone());
        for error in errors {
            add("Error", Some(error.clone()));
        }
        add("State", Some(self.state()));
        add("Stored", rfc3339(self.ingested_at));
        for origin in &self.origins {
            add("From", Some(origin.place.to_owned()));
            add("  mail From", origin.mail_from.map(str::to_owned));
            add("  Message-ID", origin.message_id.map(str::to_owned));
        }
        for note in &self.notes {
            add("Note", Some(note.text()));
        }
        facts
    }

    fn period(&self) -> String {
        let (begin, end) = (minute(self.line.begin), minute(self.line.end));
        let several = if self.line.multi_day { ", several days: all of it counts for the first" } else { "" };
        format!("{begin} to {end} UTC{several}")
    }

    fn state(&self) -> String {
        let mut text = match self.line.state {
            State::Counts => "counts".to_owned(),
            State::Superseded => {
                "superseded: another report of the same identity counts in its place".to_owned()
            }
        };
        if self.line.truncated {
            text += "; truncated: the document ends before its end";
        }
        text + &format!(
            "; {} with {}{}",
            count(self.line.records, "record", "records"),
            count(self.line.messages, "message", "messages"),
            match self.line.records_skipped {
                0 => String::new(),
                skipped => format!(", {} skipped", grouped(skipped)),
            },
        )
    }

    fn table(&self, out: &mut dyn Write, screen: usize, paint: Paint) -> io::Result<()> {
        let mut table = Table::new(&[
            Column("ADDRESS", Set::KeepStart),
            Column("MESSAGES", Set::Right),
            Column("DISPOSITION", Set::Left),
            Column("DKIM", Set::Left),
            Column("SPF", Set::Left),
            Column("FROM", Set::KeepEnd),
        ]);
        let mut left = SHOWN;
        let read = (self.records)(&mut |record| {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left -= 1;
            table.row(row(record));
            ControlFlow::Continue(())
        });
        read.map_err(io::Error::other)?;
        table.write(out, screen, paint)?;
        let more = self.line.records.saturating_sub(SHOWN as u64);
        if more > 0 {
            let text =
                format!("… and {}; --json shows every one", count(more, "more record", "more records"));
            writeln!(out, "{}", paint.tone(Tone::Dim, &text))?;
        }
        Ok(())
    }
}

impl Note<'_> {
    fn text(&self) -> String {
        let mut text = self.code.to_owned();
        if !self.path.is_empty() {
            text += &format!(" at {}", self.path);
        }
        if let Some(line) = self.line {
            text += &format!(", line {line}");
        }
        if let Some(raw) = self.raw {
            text += &format!(": \"{raw}\"");
        }
        if self.times > 1 {
            text += &format!(" ({} times)", grouped(self.times));
        }
        text
    }
}

fn row(record: &Record) -> Vec<Cell> {
    let said = Said::from(&record.combination);
    let verdict = |verdict: Option<&str>| {
        let tone = match verdict {
            Some("pass") => Tone::Good,
            Some("fail") => Tone::Bad,
            _ => Tone::Dim,
        };
        Cell::new(verdict.unwrap_or("-")).tone(tone)
    };
    vec![
        record.source.to_string().into(),
        grouped(record.count).into(),
        said.disposition.unwrap_or("-").into(),
        verdict(said.dkim),
        verdict(said.spf),
        said.header_from.unwrap_or("-").into(),
    ]
}
