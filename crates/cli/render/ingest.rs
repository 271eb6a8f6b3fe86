//! What an ingest did.

use std::io::{self, Write};

use serde::Serialize;

use super::answer::Json;
use super::json::{self, SCHEMA};
use super::number::{count, grouped, seconds};
use super::paint::{Paint, Tone};
use super::printable::printable;

/// Rejected inputs that are listed in full for people; `--json` lists every one.
const LISTED: usize = 20;

/// What an ingest did: the object that `ingest --json` prints.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    /// The version of this object.
    pub(crate) schema: u32,
    /// Files that were read.
    pub(crate) files: u64,
    /// Files that were read before and have not changed.
    pub(crate) skipped_unchanged: u64,
    /// Mails found in them.
    pub(crate) mails: u64,
    /// Aggregate reports found in them.
    pub(crate) reports: Reports,
    /// Records of the reports that are new or conflicting.
    pub(crate) records: u64,
    /// Records without a usable address or count.
    pub(crate) records_skipped: u64,
    /// Messages of those records.
    pub(crate) messages: u64,
    /// How often something was odd.
    pub(crate) notes: u64,
    /// What was found besides aggregate reports.
    pub(crate) other: Other,
    /// What could not be used, and why.
    pub(crate) rejected: Vec<Rejected>,
    /// What was refused when the unchanged files were read, and is not settled.
    pub(crate) still_rejected: Vec<StillRejected>,
    /// How much that is.
    #[serde(skip)]
    pub(crate) still_rejected_total: u64,
    /// How long it took.
    pub(crate) seconds: f64,
    /// What the first of the inputs were that are no report.
    #[serde(skip)]
    pub(crate) not_a_report: Vec<NotAReport>,
}

/// What became of the aggregate reports.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Reports {
    /// Stored for the first time.
    pub(crate) new: u64,
    /// Known before, or found twice.
    pub(crate) duplicate: u64,
    /// Of a known identity with other contents.
    pub(crate) conflicting: u64,
    /// Broken beyond use.
    pub(crate) rejected: u64,
    /// Older than what `db prune` took away.
    pub(crate) pruned: u64,
}

/// What was found besides aggregate reports.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Other {
    /// SMTP TLS reports.
    pub(crate) tls_rpt: u64,
    /// Failure reports.
    pub(crate) failure: u64,
    /// Anything that is no report and holds none.
    pub(crate) not_a_report: u64,
}

/// An input that is no report and holds none.
#[derive(Debug, Clone)]
pub(crate) struct NotAReport {
    /// Where it stands.
    pub(crate) place: String,
    /// What it looks like: `a JPEG picture`.
    pub(crate) what: String,
}

/// An input that could not be used.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Rejected {
    /// Where it stands: `mailbox.mbox › message 3 › report.zip`.
    pub(crate) place: String,
    /// What kind of trouble, to branch on.
    pub(crate) kind: &'static str,
    /// Why, in words.
    pub(crate) reason: String,
}

/// An input that was refused before, in a file that has not changed since.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StillRejected {
    /// Where it stands.
    pub(crate) place: String,
    /// What kind of trouble, to branch on.
    pub(crate) kind: String,
    /// Why, and what to do.
    pub(crate) reason: String,
    /// When it was refused first, in Unix seconds.
    pub(crate) first_at: i64,
    /// The same, as a time.
    pub(crate) first_time: Option<String>,
    /// When it was refused last, in Unix seconds.
    pub(crate) last_at: i64,
    /// The same, as a time.
    pub(crate) last_time: Option<String>,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            files: 0,
            skipped_unchanged: 0,
            mails: 0,
            reports: Reports::default(),
            records: 0,
            records_skipped: 0,
            messages: 0,
            notes: 0,
            other: Other::default(),
            rejected: Vec::new(),
            still_rejected: Vec::new(),
            still_rejected_total: 0,
            seconds: 0.0,
            not_a_report: Vec::new(),
        }
    }
}

impl Json for Summary {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::pretty(out, self)
    }
}

impl Summary {
    /// The lines a person reads.
    pub(crate) fn lines(&self, paint: Paint) -> Vec<String> {
        if self.files == 0 && self.skipped_unchanged > 0 && self.rejected.is_empty() {
            let files = count(self.skipped_unchanged, "file was", "files were");
            let mut lines =
                vec![format!("Nothing new: {files} read before and unchanged; --reread reads again.")];
            lines.extend(self.what_is_still_rejected(paint));
            return lines;
        }
        let mut lines = vec![self.what_was_read()];
        lines.extend(self.what_became_of_the_reports(paint));
        lines.extend(self.what_else_there_was());
        lines.extend(self.what_was_rejected(paint));
        lines.extend(self.what_is_still_rejected(paint));
        lines
    }

    fn what_is_still_rejected(&self, paint: Paint) -> Option<String> {
        let inputs = count(self.still_rejected_total, "input", "inputs");
        let line = format!(
            "Still rejected in unchanged files: {inputs}; `whosends db runs --rejected` lists what, and \
             `whosends db runs --forget PLACE` settles it."
        );
        (self.still_rejected_total > 0).then(|| paint.tone(Tone::Bad, &line))
    }

    fn what_was_read(&self) -> String {
        let mut text = format!("Read {}", count(self.files, "file", "files"));
        if self.mails > 0 {
            text += &format!(" with {}", count(self.mails, "mail", "mails"));
        }
        text += &format!(" in {}", seconds(self.seconds));
        if self.skipped_unchanged > 0 {
            text += &format!(
                "; {} read before and unchanged",
                count(self.skipped_unchanged, "file was", "files were")
            );
        }
        text + "."
    }

    fn what_became_of_the_reports(&self, paint: Paint) -> Vec<String> {
        let Reports { new, duplicate, conflicting, rejected, pruned } = self.reports;
        let parts: Vec<String> = [
            (new, Tone::Good, "new"),
            (duplicate, Tone::Plain, "duplicate"),
            (conflicting, Tone::Warn, "conflicting"),
            (rejected, Tone::Bad, "rejected"),
            (pruned, Tone::Plain, "older than what was pruned"),
        ]
        .into_iter()
        .filter(|&(number, _, word)| number > 0 || word == "new")
        .map(|(number, tone, word)| {
            paint.tone(if number > 0 { tone } else { Tone::Plain }, &format!("{} {word}", grouped(number)))
        })
        .collect();
        let mut lines = vec![format!("Reports: {}.", parts.join(", "))];
        if self.records > 0 {
            lines.push(format!(
                "They hold {} of {}.",
                count(self.records, "record", "records"),
                count(self.messages, "message", "messages"),
            ));
        }
        if conflicting > 0 {
            lines.push(
                "Versions of a report add up where they share no row; else the one that says more counts. \
                 `whosends reports --conflicting` lists them."
                    .to_owned(),
            );
        }
        if self.records_skipped > 0 {
            let skipped = count(self.records_skipped, "record has", "records have");
            lines.push(format!("{skipped} no usable address or message count; `whosends notes` lists them."));
        }
        if self.notes > 0 {
            let odd = count(self.notes, "thing was", "things were");
            lines.push(format!("{odd} odd; `whosends notes` lists them."));
        }
        lines
    }

    fn what_else_there_was(&self) -> Option<String> {
        let Other { tls_rpt, failure, not_a_report } = self.other;
        let parts: Vec<String> = [
            (tls_rpt, "SMTP TLS report", "SMTP TLS reports"),
            (failure, "failure report", "failure reports"),
            (not_a_report, "thing that is no report", "things that are no report"),
        ]
        .into_iter()
        .filter(|&(number, ..)| number > 0)
        .map(|(number, one, many)| count(number, one, many))
        .collect();
        (!parts.is_empty()).then(|| format!("Not stored: {}.", parts.join(", ")))
    }

    fn what_was_rejected(&self, paint: Paint) -> Vec<String> {
        if self.rejected.is_empty() {
            return Vec::new();
        }
        let number = self.rejected.len() as u64;
        let mut lines =
            vec![paint.tone(Tone::Bad, &format!("Rejected {}:", count(number, "input", "inputs")))];
        for Rejected { place, reason, .. } in self.rejected.iter().take(LISTED) {
            lines.push(format!("  {}: {}", printable(place), printable(reason)));
        }
        let more = number.saturating_sub(LISTED as u64);
        if more > 0 {
            lines.push(format!("  … and {} more; `whosends ingest --json` lists every one", grouped(more)));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        Summary {
            files: 6,
            skipped_unchanged: 1,
            mails: 844,
            reports: Reports { new: 1840, duplicate: 2, conflicting: 1, rejected: 1, pruned: 0 },
            records: 13_544,
            records_skipped: 1,
            messages: 626_162,
            notes: 3,
            other: Other { tls_rpt: 1, failure: 0, not_a_report: 2 },
            rejected: vec![Rejected {
                place: "evil\u{1b}[2J.zip › report.xml:41".to_owned(),
                kind: "broken_xml",
                reason: "a tag that is not closed: <\u{202e}x>".to_owned(),
            }],
            seconds: 0.604,
            ..Summary::default()
        }
    }

    #[test]
    fn people_read_what_was_done_and_what_was_not() {
        assert_eq!(
            summary().lines(Paint::new(false)),
            [
                "Read 6 files with 844 mails in 0.60 s; 1 file was read before and unchanged.",
                "Reports: 1 840 new, 2 duplicate, 1 conflicting, 1 rejected.",
                "They hold 13 544 records of 626 162 messages.",
                "Versions of a report add up where they share no row; else the one that says more counts. \
                 `whosends reports --conflicting` lists them.",
                "1 record has no usable address or message count; `whosends notes` lists them.",
                "3 things were odd; `whosends notes` lists them.",
                "Not stored: 1 SMTP TLS report, 2 things that are no report.",
                "Rejected 1 input:",
                r"  evil\u{1b}[2J.zip › report.xml:41: a tag that is not closed: <\u{202e}x>",
            ]
        );
    }

    #[test]
    fn a_long_list_is_cut_for_people_and_whole_in_json() {
        let mut summary = summary();
        summary.rejected = vec![summary.rejected[0].clone(); 1000];
        let lines = summary.lines(Paint::new(false));
        assert_eq!(lines.last().unwrap(), "  … and 980 more; `whosends ingest --json` lists every one");
        let mut out = Vec::new();
        summary.json(&mut out).unwrap();
        let object: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(object["rejected"].as_array().unwrap().len(), 1000);
        let fields: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields.len(), 13, "{fields:?}");
    }
}
