//! Counts what comes out of the inputs.

use crate::error::{Error, Place};
use crate::ingest::{Event, FoundReport, OtherKind};
use crate::store::{Added, FileResult, Rejected, Run, RunOutcome};

/// Rejected inputs that are kept in full; after these they are only counted.
const KEPT: usize = 100_000;
/// Inputs that are no report, of which it is kept what they are.
const KEPT_NOT_A_REPORT: usize = 10_000;

/// What an ingest did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Ingested {
    /// Files that were read.
    pub files: u64,
    /// Files that were read before and have not changed.
    pub skipped_unchanged: u64,
    /// Mails found in them.
    pub mails: u64,
    /// Aggregate reports found in them.
    pub reports: Reports,
    /// Records of the reports that are new or conflicting.
    pub records: u64,
    /// Records without a usable address or count.
    pub records_skipped: u64,
    /// Messages of those records.
    pub messages: u64,
    /// How often something was odd.
    pub notes: u64,
    /// What was found besides aggregate reports.
    pub other: Other,
    /// What could not be used, where and why: the first 100,000 inputs.
    pub rejected: Vec<Error>,
    /// The first 10,000 inputs that are no report and hold none.
    pub not_a_report: Vec<NotAReport>,
    /// Whether one of the unchanged files held something of use when it was read.
    pub unchanged_usable: bool,
    /// What was refused when the unchanged files were read, and not settled since: the first 100,000 inputs.
    pub still_rejected: Vec<Rejected>,
    /// How much that is.
    pub still_rejected_total: u64,
    /// Whether it was stopped before the end. What was read until then is stored.
    pub interrupted: bool,
}

/// What became of the aggregate reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reports {
    /// Stored for the first time.
    pub new: u64,
    /// Known before, or found twice.
    pub duplicate: u64,
    /// Of a known identity with other contents.
    pub conflicting: u64,
    /// Broken beyond use.
    pub rejected: u64,
    /// Older than what was pruned.
    pub pruned: u64,
}

/// What was found besides aggregate reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Other {
    /// SMTP TLS reports.
    pub tls_rpt: u64,
    /// Failure reports.
    pub failure: u64,
    /// Anything that is no report and holds none.
    pub not_a_report: u64,
}

/// An input that is no report and holds none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAReport {
    /// Where it is.
    pub place: Place,
    /// What it looks like: `a JPEG picture`.
    pub what: String,
}

impl Ingested {
    /// Whether anything usable was found: a report, new or known, or a report of another kind.
    #[must_use]
    pub const fn found_something(&self) -> bool {
        let Self { reports, other, .. } = self;
        reports.new + reports.duplicate + reports.conflicting + other.tls_rpt + other.failure > 0
    }

    /// Counts an event that is no report.
    pub(super) fn event(&mut self, event: Event) {
        match event {
            Event::Mail => self.mails += 1,
            Event::Rejected(error) => {
                self.reports.rejected += 1;
                if self.rejected.len() < KEPT {
                    self.rejected.push(error);
                }
            }
            Event::Other { kind: OtherKind::TlsReport, .. } => self.other.tls_rpt += 1,
            Event::Other { kind: OtherKind::FailureReport, .. } => self.other.failure += 1,
            Event::Other { place, what, .. } => {
                self.other.not_a_report += 1;
                if self.not_a_report.len() < KEPT_NOT_A_REPORT {
                    self.not_a_report.push(NotAReport { place, what });
                }
            }
            Event::FileRead(_) => self.files += 1,
            _ => {}
        }
    }

    /// Counts a file that was read before and is unchanged, with what reading it came to.
    pub(super) const fn unchanged(&mut self, result: FileResult) {
        self.skipped_unchanged += 1;
        self.unchanged_usable |= result.usable;
        self.still_rejected_total = self.still_rejected_total.saturating_add(result.rejected);
    }

    /// Lists what was refused in an unchanged file, and says whether more can be listed.
    pub(super) fn still_rejected(&mut self, rejected: Vec<Rejected>) -> bool {
        let room = KEPT.saturating_sub(self.still_rejected.len());
        self.still_rejected.extend(rejected.into_iter().take(room));
        self.still_rejected.len() < KEPT
    }

    /// How it ended. What an earlier run refused in files that have not changed counts again: a job that failed yesterday
    /// does not come out well by itself.
    #[must_use]
    pub const fn outcome(&self) -> RunOutcome {
        let usable = self.found_something() || self.unchanged_usable;
        match (usable, self.reports.rejected > 0 || self.still_rejected_total > 0) {
            _ if self.interrupted => RunOutcome::Interrupted,
            (false, _) => RunOutcome::Nothing,
            (true, true) => RunOutcome::Partial,
            (true, false) => RunOutcome::Fine,
        }
    }

    /// What is kept of it.
    pub(super) fn run(&self, ended_at: i64) -> Run {
        Run {
            ended_at: Some(ended_at),
            files: self.files,
            unchanged: self.skipped_unchanged,
            mails: self.mails,
            new: self.reports.new,
            duplicate: self.reports.duplicate,
            conflicting: self.reports.conflicting,
            pruned: self.reports.pruned,
            rejected: self.reports.rejected,
            still_rejected: self.still_rejected_total,
            not_a_report: self.other.not_a_report,
            records: self.records,
            messages: self.messages,
            ..Run::default()
        }
    }

    /// Counts what became of a report that has `records` records with `messages` messages.
    pub(super) fn added(&mut self, added: Added, found: &FoundReport, records: u64, messages: u64) {
        let reports = &mut self.reports;
        match added {
            Added::New => reports.new += 1,
            Added::Conflicting => reports.conflicting += 1,
            Added::Duplicate => reports.duplicate += 1,
            Added::Pruned => reports.pruned += 1,
        }
        if matches!(added, Added::New | Added::Conflicting) {
            self.records += records;
            self.messages = self.messages.saturating_add(messages);
            self.records_skipped += found.records_skipped;
            self.notes += found.notes.times();
        }
    }
}
