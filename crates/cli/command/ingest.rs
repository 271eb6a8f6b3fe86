//! `whosends ingest`: reads reports into the database, then shows who sends.

mod display;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use whosends_core::answers::ingest::{Ingested, Question};
use whosends_core::ingest::{Input, Progress};
use whosends_core::limits::Limits;
use whosends_core::store::{RunOutcome, Store};

use self::display::Display;
use super::Context;
use super::runs::still_rejected;
use crate::args::Ingest;
use crate::exit::Exit;
use crate::failure::{Failure, reason};
use crate::render::answer::Json;
use crate::render::ingest::{NotAReport, Other, Rejected, Reports, Summary};
use crate::render::printable::printable;
use crate::streams::Streams;

/// Reads what the arguments name, and tells what was done.
pub(crate) fn run(args: &Ingest, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let began = clock();
    let mut store = Store::open(context.location()?)?;
    let question = question(args, context)?;
    stop_on_signal(&question.progress)?;
    let mut display = Display::new(streams, &question.input, &question.progress, began);
    let read = question.answer(&mut store, context.now, &mut display);
    display.finish();
    let ingested = read?;
    let seconds = began.elapsed().as_secs_f64();
    report(args, context, &store, &ingested, seconds, streams)
}

/// The moment, to measure how long things take.
#[expect(clippy::disallowed_methods, reason = "this is the command line")]
fn clock() -> Instant {
    Instant::now()
}

fn question(args: &Ingest, context: &Context<'_>) -> Result<Question, Failure> {
    let mut question = Question::new(input(&args.paths)?);
    question.limits = limits(args, context);
    question.workers = args.jobs;
    question.reread = args.reread;
    Ok(question)
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
    ingested: &Ingested,
    seconds: f64,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let exit = exit(ingested);
    let summary = summary(ingested, seconds);
    if args.json {
        summary.json(streams.out())?;
        return Ok(exit);
    }
    // Where not one file could be opened, the failure says all there is to say.
    if exit != Exit::Nothing || summary.files > 0 {
        for line in summary.lines(streams.err_paint()) {
            streams.say(&line);
        }
    }
    for one in &summary.not_a_report {
        streams.detail(&printable(&format!("{}: {}, no report", one.place, one.what)));
    }
    if ingested.interrupted {
        streams.warning(
            "interrupted: what was read until then is stored, and the same command goes on from there",
        );
        return Ok(exit);
    }
    if exit == Exit::Nothing {
        return Err(nothing(args, &summary));
    }
    super::sources::after_ingest(context, store, args.full, streams)?;
    Ok(exit)
}

/// How the command ends.
fn exit(ingested: &Ingested) -> Exit {
    match ingested.outcome() {
        RunOutcome::Fine => Exit::Fine,
        RunOutcome::Partial => Exit::Partial,
        RunOutcome::Interrupted => Exit::Interrupted,
        _ => Exit::Nothing,
    }
}

/// What was done, the way it is written.
fn summary(ingested: &Ingested, seconds: f64) -> Summary {
    let (reports, other) = (ingested.reports, ingested.other);
    let rejected = ingested.rejected.iter().map(|error| Rejected {
        place: error.place().to_string(),
        kind: error.kind().as_str(),
        reason: reason(error),
    });
    let not_a_report = ingested.not_a_report.iter();
    let not_a_report =
        not_a_report.map(|one| NotAReport { place: one.place.to_string(), what: one.what.clone() });
    Summary {
        files: ingested.files,
        skipped_unchanged: ingested.skipped_unchanged,
        mails: ingested.mails,
        reports: Reports {
            new: reports.new,
            duplicate: reports.duplicate,
            conflicting: reports.conflicting,
            rejected: reports.rejected,
            pruned: reports.pruned,
        },
        records: ingested.records,
        records_skipped: ingested.records_skipped,
        messages: ingested.messages,
        notes: ingested.notes,
        other: Other { tls_rpt: other.tls_rpt, failure: other.failure, not_a_report: other.not_a_report },
        rejected: rejected.collect(),
        seconds,
        not_a_report: not_a_report.collect(),
        still_rejected: ingested.still_rejected.iter().cloned().map(still_rejected).collect(),
        still_rejected_total: ingested.still_rejected_total,
        ..Summary::default()
    }
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
        _ if nothing_there && summary.skipped_unchanged > 0 => failure
            .because("what is in it was read before, is unchanged, and held nothing of use")
            .hint("`whosends db runs --rejected` lists what was refused in it; --reread reads it again"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_tells_what_was_found() {
        let ended = |rejected, tls_rpt, unchanged, interrupted| {
            let mut ingested = Ingested::default();
            ingested.reports.rejected = rejected;
            ingested.other.tls_rpt = tls_rpt;
            ingested.unchanged_usable = unchanged > 0;
            ingested.interrupted = interrupted;
            exit(&ingested)
        };
        assert_eq!(ended(0, 0, 0, false), Exit::Nothing);
        assert_eq!(ended(1, 0, 0, false), Exit::Nothing);
        assert_eq!(ended(1, 1, 0, false), Exit::Partial);
        assert_eq!(ended(0, 1, 0, false), Exit::Fine);
        assert_eq!(ended(0, 0, 1, false), Exit::Fine);
        assert_eq!(ended(1, 0, 1, false), Exit::Partial);
        assert_eq!(ended(0, 0, 1, true), Exit::Interrupted);
    }
}
