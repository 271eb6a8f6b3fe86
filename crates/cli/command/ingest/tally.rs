//! Counts what comes out of the inputs.

use whosends_core::error::Error;
use whosends_core::ingest::{Event, FoundReport, OtherKind};
use whosends_core::store::Added;

use crate::exit::Exit;
use crate::failure::reason;
use crate::render::ingest::{NotAReport, Rejected, Summary};

/// Rejected inputs that are kept in full; after these they are only counted.
const KEPT: usize = 100_000;
/// Inputs that are no report, of which it is kept what they are.
const KEPT_NOT_A_REPORT: usize = 10_000;

/// What was done so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) summary: Summary,
}

impl Tally {
    /// Counts an event that is no report.
    pub(super) fn event(&mut self, event: Event) {
        match event {
            Event::Mail => self.summary.mails += 1,
            Event::Rejected(error) => self.rejected(&error),
            Event::Other { kind, place, what } => {
                let other = &mut self.summary.other;
                match kind {
                    OtherKind::TlsReport => other.tls_rpt += 1,
                    OtherKind::FailureReport => other.failure += 1,
                    _ => {
                        other.not_a_report += 1;
                        if self.summary.not_a_report.len() < KEPT_NOT_A_REPORT {
                            self.summary.not_a_report.push(NotAReport { place: place.to_string(), what });
                        }
                    }
                }
            }
            Event::FileRead(_) => self.summary.files += 1,
            Event::FileUnchanged => self.summary.skipped_unchanged += 1,
            _ => {}
        }
    }

    fn rejected(&mut self, error: &Error) {
        self.summary.reports.rejected += 1;
        if self.summary.rejected.len() < KEPT {
            self.summary.rejected.push(Rejected {
                place: error.place().to_string(),
                kind: error.kind().as_str(),
                reason: reason(error),
            });
        }
    }

    /// Counts what became of a report that has `records` records with `messages` messages.
    pub(super) fn added(&mut self, added: Added, found: &FoundReport, records: u64, messages: u64) {
        let reports = &mut self.summary.reports;
        match added {
            Added::New => reports.new += 1,
            Added::Conflicting => reports.conflicting += 1,
            Added::Duplicate => reports.duplicate += 1,
            Added::Pruned => reports.pruned += 1,
        }
        if matches!(added, Added::New | Added::Conflicting) {
            self.summary.records += records;
            self.summary.messages = self.summary.messages.saturating_add(messages);
            self.summary.records_skipped += found.records_skipped;
            self.summary.notes += found.notes.times();
        }
    }

    /// Whether anything usable was found: a report, new or known, or a report of another kind.
    pub(super) fn found_something(&self) -> bool {
        let Summary { reports, other, .. } = &self.summary;
        reports.new + reports.duplicate + reports.conflicting + other.tls_rpt + other.failure > 0
    }

    /// How the command ends, if nobody stopped it.
    pub(super) fn exit(&self) -> Exit {
        let usable = self.found_something() || self.summary.skipped_unchanged > 0;
        match (usable, self.summary.reports.rejected > 0) {
            (false, _) => Exit::Nothing,
            (true, true) => Exit::Partial,
            (true, false) => Exit::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use whosends_core::error::{ErrorKind, Place};

    use super::*;

    fn tally(events: impl IntoIterator<Item = Event>) -> Tally {
        let mut tally = Tally::default();
        events.into_iter().for_each(|event| tally.event(event));
        tally
    }

    fn rejected() -> Event {
        Event::Rejected(Error::new(ErrorKind::BrokenXml, "broken"))
    }

    fn other(kind: OtherKind) -> Event {
        Event::Other { kind, place: Place::new("a"), what: "b".to_owned() }
    }

    #[test]
    fn the_exit_status_tells_what_was_found() {
        assert_eq!(tally([]).exit(), Exit::Nothing);
        assert_eq!(tally([other(OtherKind::NotAReport)]).exit(), Exit::Nothing);
        assert_eq!(tally([rejected()]).exit(), Exit::Nothing);
        assert_eq!(tally([rejected(), other(OtherKind::TlsReport)]).exit(), Exit::Partial);
        assert_eq!(tally([other(OtherKind::FailureReport)]).exit(), Exit::Fine);
        assert_eq!(tally([Event::FileUnchanged]).exit(), Exit::Fine);
        assert_eq!(tally([Event::FileUnchanged, rejected()]).exit(), Exit::Partial);
    }
}
