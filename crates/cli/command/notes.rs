//! `notes`: what was odd in what was read.

use whosends_core::store::{NoteFilter, NoteRow};

use super::{Context, period};
use crate::args::{Format, Notes};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::notes::{Answer, Example, Line};
use crate::streams::Streams;

/// Answers `notes`. That nothing was odd is a good answer.
pub(crate) fn run(args: &Notes, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let domain = args.domain.as_ref();
    let period = period::everything(&args.period, domain, &store, context.today)?;
    let filter = NoteFilter {
        filter: period::filter(domain, period),
        reporter: args.reporter.clone(),
        code: args.code.clone(),
    };
    let mut notes: Vec<Line> = store.notes(&filter)?.into_iter().map(line).collect();
    // Most frequent first; the store's order, by reporter and code, decides among equals.
    notes.sort_by_key(|line| std::cmp::Reverse(line.times));
    match args.format.get() {
        Format::Table if notes.is_empty() => {
            if store.reported_domains(&filter.filter)?.is_empty() {
                return Err(period::nothing(domain, period, &store)?);
            }
            streams.say("Nothing was odd.");
        }
        format => streams.write(&Answer { notes }, format, Extent::default())?,
    }
    Ok(Exit::Fine)
}

fn line(row: NoteRow) -> Line {
    let NoteRow { reporter, code, reports, times, example } = row;
    let example =
        Example { report: example.report.0, path: example.path, raw: example.raw, line: example.line };
    Line { reporter, code, reports, times, example }
}
