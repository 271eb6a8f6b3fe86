//! `whosends ingest`: reads reports into the database, then shows who sends.

mod display;
mod tally;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use whosends_core::error::ErrorKind;
use whosends_core::ingest::{self, Event, FoundReport, Input, Options, Progress};
use whosends_core::limits::Limits;
use whosends_core::model::{NoteCode, RecordBatch};
use whosends_core::store::{Ended, Incoming, Store, Writer};

use self::display::Display;
use self::tally::Tally;
use super::Context;
use crate::args::Ingest;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::ingest::Summary;
use crate::render::printable::printable;
use crate::streams::Streams;

/// What waits to be committed, in records, before it is.
const RECORDS_A_TRANSACTION: u64 = 200_000;
/// How long a transaction may keep others from writing.
const TRANSACTION: Duration = Duration::from_secs(1);

/// Reads what the arguments name, and tells what was done.
pub(crate) fn run(args: &Ingest, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let began = clock();
    let mut store = Store::open(context.location()?)?;
    let input = input(&args.paths)?;
    let progress = Arc::new(Progress::default());
    stop_on_signal(&progress)?;
    let display = Display::new(streams, &input, &progress);
    let read = read(args, context, &mut store, &input, &progress, &display);
    display.finish();
    let Read { mut tally, interrupted } = read?;
    tally.summary.seconds = began.elapsed().as_secs_f64();
    report(args, context, &store, &tally, interrupted, streams)
}

/// The moment, to measure how long things take.
#[expect(clippy::disallowed_methods, reason = "this is the command line")]
fn clock() -> Instant {
    Instant::now()
}

/// What [`read`] comes to.
struct Read {
    tally: Tally,
    interrupted: bool,
}

fn read(
    args: &Ingest,
    context: &Context<'_>,
    store: &mut Store,
    input: &Input,
    progress: &Arc<Progress>,
    display: &Display,
) -> Result<Read, Failure> {
    let known = if args.reread { None } else { Some(store.known_files()?) };
    let options = Options {
        limits: limits(args, context),
        workers: args.jobs.map_or_else(cores, usize::from),
        is_known: Arc::new(move |stamp| known.as_ref().is_some_and(|known| known.contains(stamp))),
        progress: Arc::clone(progress),
    };
    let mut keeper = Keeper::new(store.writer(context.now)?, context.now);
    let mut failed = None;
    ingest::read(input, &options, &mut |event| {
        // Asked before each event: once a stop is asked for, inputs are left out, and what comes after them
        // must not be taken for the end of a file that was read whole.
        if keeper.may_stop() && progress.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        if let Err(failure) = keeper.event(event) {
            failed = Some(failure);
            return ControlFlow::Break(());
        }
        display.update(&keeper.tally.summary);
        ControlFlow::Continue(())
    });
    if let Some(failure) = failed {
        return Err(failure);
    }
    keeper.commit()?;
    Ok(Read { tally: keeper.tally, interrupted: progress.stop.load(Ordering::Relaxed) })
}

/// Puts what comes out of the inputs into the store.
struct Keeper<'s> {
    writer: Writer<'s>,
    tally: Tally,
    now: i64,
    /// When the transaction that is open began.
    began: Option<Instant>,
    /// Records and messages of the large report in hand that were stored already.
    large: Option<(u64, u64)>,
    /// The file, or what else, in which something was met that may give more another time.
    again: Option<String>,
}

impl<'s> Keeper<'s> {
    fn new(writer: Writer<'s>, now: i64) -> Self {
        Self { writer, tally: Tally::default(), now, began: None, large: None, again: None }
    }

    /// Whether no report is in hand of which a part is stored.
    fn may_stop(&self) -> bool {
        self.large.is_none()
    }

    fn event(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Report(found) => self.report(*found)?,
            Event::Records(batch) => {
                return self.large_records(&batch);
            }
            Event::LargeReport(found) => self.large_report(*found)?,
            Event::LargeReportLost => {
                self.large = None;
                self.writer.large_forget()?;
            }
            Event::FileRead(ref stamp) => {
                // What was said since the last file may be of a path that could not even be opened.
                let path = String::from_utf8_lossy(&stamp.path);
                if self.again.take().is_none_or(|place| place != path) {
                    self.writer.file_read(stamp)?;
                }
                self.tally.event(event);
            }
            Event::Waiting if self.large.is_none() => return self.commit(),
            Event::Rejected(ref error) => {
                if may_be_read_later(error.kind()) {
                    self.again = error.place().steps().first().cloned();
                }
                self.tally.event(event);
            }
            other => self.tally.event(other),
        }
        self.commit_if_due()
    }

    fn report(&mut self, mut found: FoundReport) -> Result<(), Failure> {
        self.note_future(&mut found);
        let incoming = Incoming { ending: ended(&found), batch: &found.batch, origin: &found.origin };
        let added = self.writer.add(&incoming)?;
        let (records, messages) = (found.batch.rows().len() as u64, found.batch.messages());
        self.tally.added(added, &found, records, messages);
        Ok(())
    }

    fn large_records(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        if self.large.is_none() {
            self.writer.large_begin()?;
        }
        self.writer.large_records(batch)?;
        let (records, messages) = self.large.unwrap_or_default();
        self.large = Some((records + batch.rows().len() as u64, messages.saturating_add(batch.messages())));
        Ok(())
    }

    fn large_report(&mut self, mut found: FoundReport) -> Result<(), Failure> {
        self.note_future(&mut found);
        self.large_records(&found.batch)?;
        let (records, messages) = self.large.take().unwrap_or_default();
        let added = self.writer.large_end(&ended(&found), &found.origin)?;
        self.tally.added(added, &found, records, messages);
        Ok(())
    }

    /// Notes a period that has not begun yet: such a report never moves the default period.
    fn note_future(&self, found: &mut FoundReport) {
        if let Some(begin) = found.header.metadata.begin.filter(|begin| *begin > self.now) {
            found.notes.add(
                NoteCode::FuturePeriod,
                "report_metadata/date_range/begin",
                Some(&begin.to_string()),
                None,
            );
        }
    }

    fn commit_if_due(&mut self) -> Result<(), Failure> {
        if self.writer.pending() == 0 {
            return Ok(());
        }
        let began = *self.began.get_or_insert_with(clock);
        if self.writer.pending() >= RECORDS_A_TRANSACTION || began.elapsed() >= TRANSACTION {
            self.commit()?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.began = None;
        self.writer.commit().map_err(Failure::from)
    }
}

/// Whether the same input may give more another time: with a higher limit, other rights, a mended program.
const fn may_be_read_later(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Limit(_) | ErrorKind::Unreadable | ErrorKind::Internal)
}

fn ended(found: &FoundReport) -> Ended<'_> {
    Ended {
        header: &found.header,
        truncated: found.truncated,
        records_skipped: found.records_skipped,
        notes: &found.notes,
    }
}

/// What to read: `-` stands for stdin, and stands alone.
fn input(paths: &[PathBuf]) -> Result<Input, Failure> {
    let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
    match paths {
        [path] if is_stdin(path) => Ok(Input::Stdin),
        paths if paths.iter().any(is_stdin) => Err(Failure::new("cannot read `-` and other paths at once")
            .because("standard input stands alone")
            .hint("run `whosends ingest -` for it, and once more for the other paths")),
        paths => Ok(Input::Paths(paths.to_vec())),
    }
}

fn limits(args: &Ingest, context: &Context<'_>) -> Limits {
    let mut limits = Limits::default();
    context.settings.limits.apply(&mut limits);
    args.limits.apply(&mut limits);
    limits
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Lets the first signal end the reading after the report in hand; the second one ends the process.
fn stop_on_signal(progress: &Arc<Progress>) -> Result<(), Failure> {
    let progress = Arc::clone(progress);
    ctrlc::set_handler(move || {
        if progress.stop.swap(true, Ordering::Relaxed) {
            #[expect(
                clippy::exit,
                reason = "the user has asked twice; the database holds whole reports only"
            )]
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
    })
    .map_err(|error| Failure::new("cannot wait for an interruption").because(error))
}

/// Tells what was done, and who sends.
fn report(
    args: &Ingest,
    context: &Context<'_>,
    store: &Store,
    tally: &Tally,
    interrupted: bool,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let exit = if interrupted { Exit::Interrupted } else { tally.exit() };
    if args.json {
        tally.summary.write_json(streams.out())?;
        return Ok(exit);
    }
    // Where not one file could be opened, the failure says all there is to say.
    if exit != Exit::Nothing || tally.summary.files > 0 {
        for line in tally.summary.lines(streams.err_paint()) {
            streams.say(&line);
        }
    }
    for one in &tally.summary.not_a_report {
        streams.detail(&printable(&format!("{}: {}, no report", one.place, one.what)));
    }
    if interrupted {
        streams.warning(
            "interrupted: what was read until then is stored, and the same command goes on from there",
        );
        return Ok(exit);
    }
    if exit == Exit::Nothing {
        return Err(nothing(args, &tally.summary));
    }
    super::by_sender::after_ingest(context, store, streams)?;
    Ok(exit)
}

/// The sentence for a run that found nothing to use.
fn nothing(args: &Ingest, summary: &Summary) -> Failure {
    let what = match args.paths.as_slice() {
        [path] if path.as_os_str() == "-" => "no report in standard input".to_owned(),
        [path] => format!("no report in {}", path.display()),
        paths => format!("no report in {} paths", paths.len()),
    };
    let failure = Failure::new(what);
    let nothing_there = summary.files == 0 && summary.rejected.is_empty();
    match (summary.rejected.as_slice(), summary.not_a_report.as_slice()) {
        _ if nothing_there => failure.because("there is no file in it").hint(
            "name a mailbox export: an mbox, a Maildir, a folder of .eml, .zip, .gz or .xml files, or an archive of these",
        ),
        ([only], _) if summary.files <= 1 => match only.kind {
            "unreadable" => Failure::new(format!("cannot read {}", only.place))
                .because(&only.reason)
                .hint("name a file or folder that is there, or `-` to read standard input"),
            _ => failure.because(&only.reason),
        },
        ([], [only]) if summary.other.not_a_report == 1 => failure.because(format!("it holds {}", only.what)).hint(
            "DMARC aggregate reports come as .xml, .gz or .zip attachments of mail to the `rua` address in DNS",
        ),
        ([], _) => failure
            .because(format!("nothing in the {} inputs read is one", summary.other.not_a_report))
            .hint("DMARC aggregate reports come as .xml, .gz or .zip attachments of mail to the `rua` address in DNS"),
        (rejected, _) => failure
            .because(format!("all that could have been one was rejected ({})", rejected.len()))
            .hint("the reasons stand above; `whosends ingest --json` lists every one"),
    }
}
