//! `db runs`: what each run of `ingest` came to, and what it refused.

use whosends_core::store::{Rejected, Run, RunOutcome};

use super::Context;
use crate::args::Runs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::ingest::{Reports, StillRejected};
use crate::render::number::{count, rfc3339};
use crate::render::runs::{self, Line};
use crate::streams::Streams;

/// Answers `db runs`.
pub(crate) fn run(args: &Runs, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    if let Some(place) = &args.forget {
        return forget(place, args.json, context, streams);
    }
    let store = context.store(streams)?;
    if args.rejected {
        let rejected: Vec<_> = store.rejected()?.into_iter().map(still_rejected).collect();
        match args.json {
            true => runs::rejected_json(streams.out(), &rejected)?,
            false if rejected.is_empty() => streams.say("Nothing that was refused is left."),
            false => runs::rejected(streams.out(), &rejected)?,
        }
        return Ok(Exit::Fine);
    }
    let lines: Vec<_> = store.runs(args.limit)?.into_iter().map(line).collect();
    let (screen, paint) = (streams.columns(), streams.paint());
    match args.json {
        true => runs::json(streams.out(), &lines)?,
        false if lines.is_empty() => streams.say("No run of `whosends ingest` is remembered."),
        false => runs::table(streams.out(), screen, paint, &lines)?,
    }
    Ok(Exit::Fine)
}

fn forget(place: &str, json: bool, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let forgotten = context.store(streams)?.forget_rejected(place)?;
    if json {
        runs::forgotten_json(streams.out(), place, forgotten)?;
    } else if forgotten > 0 {
        let inputs = count(forgotten, "input was", "inputs were");
        streams.say(&format!("{inputs} refused there; that counts no more."));
    }
    if forgotten > 0 {
        return Ok(Exit::Fine);
    }
    Err(Failure::new(format!("nothing that was refused is kept for {place}"))
        .hint("`whosends db runs --rejected` lists the places"))
}

fn line(run: Run) -> Line {
    Line {
        id: run.id,
        began: run.began_at,
        began_time: rfc3339(run.began_at),
        ended: run.ended_at,
        ended_time: run.ended_at.and_then(rfc3339),
        inputs: run.inputs,
        outcome: run.outcome.map(RunOutcome::as_str),
        files: run.files,
        skipped_unchanged: run.unchanged,
        mails: run.mails,
        reports: Reports {
            new: run.new,
            duplicate: run.duplicate,
            conflicting: run.conflicting,
            rejected: run.rejected,
            pruned: run.pruned,
        },
        still_rejected: run.still_rejected,
        not_a_report: run.not_a_report,
        records: run.records,
        messages: run.messages,
    }
}

/// What the database keeps of what was refused, as it is shown: with the flag that raises the limit where one was passed.
pub(super) fn still_rejected(kept: Rejected) -> StillRejected {
    let reason = match &kept.limit {
        Some(limit) => format!("{} (--max-{limit} raises it)", kept.reason),
        None => kept.reason,
    };
    StillRejected {
        place: kept.place,
        kind: kept.kind,
        reason,
        first_at: kept.first_at,
        first_time: rfc3339(kept.first_at),
        last_at: kept.last_at,
        last_time: rfc3339(kept.last_at),
    }
}
