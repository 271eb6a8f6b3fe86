//! The state of the database.

use std::io::{self, Write};

use serde::Serialize;

use super::answer::{Json, Screen, Show};
use super::json::{self, SCHEMA};
use super::number::{bytes, count, grouped};
use super::paint::Tone;
use super::printable::printable;

/// What the database holds.
#[derive(Debug, Serialize)]
pub(crate) struct Held {
    /// Where it is.
    pub(crate) path: String,
    /// The version of its tables.
    pub(crate) schema_version: u64,
    /// Its size.
    pub(crate) bytes: u64,
    /// How much of that is free to be written again.
    pub(crate) free_bytes: u64,
    /// Policy domains.
    pub(crate) domains: u64,
    /// Reports that count.
    pub(crate) reports: u64,
    /// Reports that do not, as another one does in their place.
    pub(crate) superseded: u64,
    /// Reports that count and were cut short.
    pub(crate) truncated: u64,
    /// Records.
    pub(crate) records: u64,
    /// Messages.
    pub(crate) messages: u64,
    /// Different combinations of identifiers and results.
    pub(crate) combinations: u64,
    /// Files that were read.
    pub(crate) files: u64,
    /// The first day with a report.
    pub(crate) first_day: Option<String>,
    /// The last day with one.
    pub(crate) last_day: Option<String>,
    /// What was pruned and is not taken in again.
    pub(crate) pruned: Vec<Cutoff>,
}

/// Reports that begin before a day are not taken in.
#[derive(Debug, Serialize)]
pub(crate) struct Cutoff {
    /// For this domain and those below it; null is every domain.
    pub(crate) domain: Option<String>,
    /// The first day that is taken in.
    pub(crate) before: String,
}

/// Whether the database is whole.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    /// Whether nothing is wrong.
    pub(crate) sound: bool,
    /// A sentence for each thing that is, the first few.
    pub(crate) problems: Vec<String>,
}

/// What was pruned just now.
#[derive(Debug, Serialize)]
pub(crate) struct Pruned {
    /// The first day that was kept.
    pub(crate) before: String,
    /// For this domain and those below it; null is every domain.
    pub(crate) domain: Option<String>,
    /// Whether it was only asked what would go.
    pub(crate) dry_run: bool,
    /// Reports that went.
    pub(crate) reports: u64,
    /// Their records.
    pub(crate) records: u64,
    /// By how much the file got smaller.
    pub(crate) freed_bytes: u64,
}

/// That reports are taken in again that an earlier prune kept away.
#[derive(Debug, Serialize)]
pub(crate) struct Lifted {
    /// Of this domain and those below it; null is every domain.
    pub(crate) domain: Option<String>,
    /// The day before which none was taken in; null where all were.
    pub(crate) before: Option<String>,
}

#[derive(Serialize)]
struct Object<'a, T> {
    schema: u32,
    #[serde(flatten)]
    value: &'a T,
}

impl Json for Held {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::pretty(out, &Object { schema: SCHEMA, value: self })
    }
}

impl Show for Held {
    fn show(&self, out: &mut dyn Write, _: Screen) -> io::Result<()> {
        let days = match (&self.first_day, &self.last_day) {
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ => "-".to_owned(),
        };
        let size = format!("{} ({} free)", bytes(self.bytes), bytes(self.free_bytes));
        let mut lines = vec![
            ("Database", self.path.clone()),
            ("Size", size),
            ("Schema", self.schema_version.to_string()),
            ("Domains", grouped(self.domains)),
            ("Reports", grouped(self.reports)),
            ("  superseded", grouped(self.superseded)),
            ("  truncated", grouped(self.truncated)),
            ("Records", grouped(self.records)),
            ("Messages", grouped(self.messages)),
            ("Combinations", grouped(self.combinations)),
            ("Files read", grouped(self.files)),
            ("Days", days),
        ];
        for Cutoff { domain, before } in &self.pruned {
            let whose = domain.as_deref().map_or_else(String::new, |domain| format!(" of {domain}"));
            lines.push(("Pruned", format!("everything{whose} before {before}")));
        }
        lines.iter().try_for_each(|(name, value)| writeln!(out, "{name:<14}{}", printable(value)))
    }
}

impl Json for Checked {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::pretty(out, &Object { schema: SCHEMA, value: self })
    }
}

impl Show for Checked {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let paint = screen.paint;
        if self.sound {
            return writeln!(out, "{}", paint.tone(Tone::Good, "The database is sound."));
        }
        writeln!(out, "{}", paint.tone(Tone::Bad, "The database is damaged:"))?;
        self.problems.iter().try_for_each(|problem| writeln!(out, "  {}", printable(problem)))
    }
}

impl Json for Pruned {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::pretty(out, &Object { schema: SCHEMA, value: self })
    }
}

impl Show for Pruned {
    fn show(&self, out: &mut dyn Write, _: Screen) -> io::Result<()> {
        let whose = self.domain.as_deref().map_or_else(String::new, |domain| format!(" of {domain}"));
        if self.dry_run {
            return writeln!(
                out,
                "{}{whose} from before {} with {} would be deleted.",
                count(self.reports, "report", "reports"),
                self.before,
                count(self.records, "record", "records"),
            );
        }
        writeln!(
            out,
            "Pruned {}{whose} from before {} with {}; the file is {} smaller.",
            count(self.reports, "report", "reports"),
            self.before,
            count(self.records, "record", "records"),
            bytes(self.freed_bytes),
        )?;
        writeln!(out, "Older reports{whose} are not taken in again.")
    }
}

impl Json for Lifted {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::pretty(out, &Object { schema: SCHEMA, value: self })
    }
}

impl Show for Lifted {
    fn show(&self, out: &mut dyn Write, _: Screen) -> io::Result<()> {
        let whose = self.domain.as_deref().map_or_else(String::new, |domain| format!(" of {domain}"));
        match &self.before {
            Some(before) => writeln!(out, "Reports{whose} from before {before} are taken in again."),
            None => writeln!(out, "No reports{whose} were kept away by a prune."),
        }
    }
}
