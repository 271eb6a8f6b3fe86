//! Nothing is lost by asking in the obvious way.

use crate::model::Filter;
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use super::Question;
use crate::ingest::{Event, Input, Options, Progress, read};
use crate::limits::Limits;
use crate::store::{Ended, Incoming, Location, NoteFilter, Store};

/// 2026-11-22 at noon.
const NOW: i64 = 1_795_348_800;

/// A folder with a report of two records that began at a time; it goes with the test.
struct Mailbox(PathBuf);

impl Mailbox {
    fn new(name: &str, begin: i64) -> Self {
        let folder = std::env::temp_dir().join(format!("whosends-answers-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let record = |last: u8| {
            format!(
                "<record><row><source_ip>192.0.2.{last}</source_ip><count>12</count><policy_evaluated>\
                 <disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>\
                 <identifiers><header_from>example.com</header_from></identifiers><auth_results/></record>"
            )
        };
        let report = format!(
            "<feedback><report_metadata><org_name>receiver.example</org_name><email>dmarc@receiver.example</email>\
             <report_id>1</report_id><date_range><begin>{begin}</begin><end>{}</end></date_range>\
             </report_metadata><policy_published><domain>example.com</domain><p>none</p></policy_published>\
             {}{}</feedback>",
            begin + 86_399,
            record(1),
            record(2),
        );
        fs::write(folder.join("report.xml"), report).unwrap();
        Self(folder)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn narrow() -> Limits {
    Limits { records: 1, ..Limits::default() }
}

fn reports(store: &Store) -> u64 {
    store.domains(&Filter::default()).unwrap().iter().map(|domain| domain.reports).sum()
}

#[test]
fn a_file_that_was_refused_for_a_limit_is_read_again() {
    let mailbox = Mailbox::new("limit", NOW - 86_400);
    let mut store = Store::open(&Location::Memory).unwrap();
    let mut question = Question::paths([&mailbox.0]);
    question.limits = narrow();
    let refused = question.answer(&mut store, NOW, &mut ()).unwrap();
    assert_eq!((refused.reports.rejected, refused.reports.new), (1, 0));

    let read = Question::paths([&mailbox.0]).answer(&mut store, NOW, &mut ()).unwrap();
    assert_eq!((read.reports.new, read.skipped_unchanged), (1, 0));
    let known = Question::paths([&mailbox.0]).answer(&mut store, NOW, &mut ()).unwrap();
    assert_eq!((known.reports.new, known.skipped_unchanged), (0, 1));
}

/// Hands every event to the writer, the way the documentation of each suggests.
fn by_hand(store: &mut Store, mailbox: &Mailbox, limits: Limits) {
    let known = store.known_files().unwrap();
    let options = Options {
        limits,
        workers: 1,
        is_known: Arc::new(move |stamp| known.contains(stamp)),
        progress: Arc::new(Progress::default()),
    };
    let mut writer = store.writer(NOW).unwrap();
    read(&Input::Paths(vec![mailbox.0.clone()]), &options, &mut |event| {
        match event {
            Event::Report(found) => {
                let ending = Ended {
                    header: &found.header,
                    truncated: found.truncated,
                    records_skipped: found.records_skipped,
                    notes: &found.notes,
                };
                let incoming = Incoming { ending, batch: &found.batch, origin: &found.origin };
                writer.add(&incoming).unwrap();
            }
            Event::FileRead(file) => writer.file_read(&file).unwrap(),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    writer.commit().unwrap();
}

#[test]
fn whoever_remembers_every_file_that_was_read_loses_no_report() {
    let mailbox = Mailbox::new("by-hand", NOW - 86_400);
    let mut store = Store::open(&Location::Memory).unwrap();
    by_hand(&mut store, &mailbox, narrow());
    assert_eq!(reports(&store), 0);
    by_hand(&mut store, &mailbox, Limits::default());
    assert_eq!(reports(&store), 1);
}

#[test]
fn a_report_about_the_future_is_noted() {
    let mailbox = Mailbox::new("future", NOW + 86_400);
    let mut store = Store::open(&Location::Memory).unwrap();
    let read = Question::paths([&mailbox.0]).answer(&mut store, NOW, &mut ()).unwrap();
    assert_eq!((read.reports.new, read.notes), (1, 1));
    let notes = store.notes(&NoteFilter::default()).unwrap();
    assert_eq!(notes[0].code, "future_period");
}
