//! `db`: looking after the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use whosends_core::model::{Day, Name};
use whosends_core::store::{DatabaseInfo, Location, Stopper};

use super::Context;
use crate::args::{Backup, Db, DbCommand, Plain, Prune};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::format::OrJson;
use crate::render::answer::Extent;
use crate::render::database::{self, Checked, Held, Lifted, Pruned};
use crate::streams::Streams;

/// Answers `db ...`.
pub(crate) fn run(args: &Db, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    match &args.command {
        DbCommand::Info(args) => info(args, context, streams),
        DbCommand::Check(args) => check(args, context, streams),
        DbCommand::Prune(args) => prune(args, context, streams),
        DbCommand::Backup(args) => backup(args, context, streams),
        DbCommand::Runs(args) => super::runs::run(args, context, streams),
    }
}

fn info(args: &Plain, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let info = context.store(streams)?.info()?;
    let held = held(&info, path(context));
    streams.write(&held, OrJson(args.json), Extent::default())?;
    Ok(Exit::Fine)
}

fn check(args: &Plain, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let problems = context.store(streams)?.check()?;
    let checked = Checked { sound: problems.is_empty(), problems };
    streams.write(&checked, OrJson(args.json), Extent::default())?;
    if checked.sound {
        return Ok(Exit::Fine);
    }
    streams.hint(
        "keep a copy of the file, read the reports into a new database with `whosends --db NEW ingest PATH`, and take the \
         decisions along with `whosends mark --export` and `--import`; or go back to a backup",
    );
    Ok(Exit::No)
}

fn held(info: &DatabaseInfo, path: String) -> Held {
    Held {
        path,
        schema_version: info.schema,
        bytes: info.bytes,
        free_bytes: info.free_bytes,
        domains: info.domains,
        reports: info.reports,
        superseded: info.superseded,
        truncated: info.truncated,
        records: info.records,
        messages: info.messages,
        combinations: info.combinations,
        files: info.files,
        first_day: info.first_day.map(|day| day.to_string()),
        last_day: info.last_day.map(|day| day.to_string()),
        pruned: info
            .cutoffs
            .iter()
            .map(|cutoff| database::Cutoff {
                domain: cutoff.domain.clone(),
                before: cutoff.before.to_string(),
            })
            .collect(),
    }
}

fn path(context: &Context<'_>) -> String {
    match &context.settings.database {
        None | Some(Location::Memory) => ":memory:".to_owned(),
        Some(Location::File(path)) => path.display().to_string(),
    }
}

fn prune(args: &Prune, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let domain = args.domain.as_ref();
    let Some(before) = args.before else { return lift(domain, args.json, context, streams) };
    let today = Day::of(context.now);
    if before > today {
        // Else nothing would be taken in any more until then.
        return Err(Failure::new(format!("cannot prune before {before}"))
            .because(format!("that day is after today, {today}"))
            .hint(format!("`--before {today}` deletes all that begins before today")));
    }
    let mut store = context.store(streams)?;
    let pruned = if args.dry_run { store.prunable(before, domain)? } else { store.prune(before, domain)? };
    let pruned = Pruned {
        before: before.to_string(),
        domain: domain.map(ToString::to_string),
        dry_run: args.dry_run,
        reports: pruned.reports,
        records: pruned.records,
        freed_bytes: pruned.freed_bytes,
    };
    streams.write(&pruned, OrJson(args.json), Extent::default())?;
    Ok(Exit::Fine)
}

/// Takes in again what an earlier prune keeps away.
fn lift(
    domain: Option<&Name>,
    json: bool,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let before = context.store(streams)?.lift_cutoff(domain)?;
    let lifted =
        Lifted { domain: domain.map(ToString::to_string), before: before.map(|before| before.to_string()) };
    streams.write(&lifted, OrJson(json), Extent::default())?;
    if before.is_some() {
        streams.hint("files that were read before are read once more with `whosends ingest --reread PATH`");
    }
    Ok(Exit::Fine)
}

fn backup(args: &Backup, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let stopped = stop_on_signal(store.stopper())?;
    if let Err(error) = store.backup(&args.file) {
        if stopped.load(Ordering::Relaxed) {
            streams.warning("interrupted: no copy was made");
            return Ok(Exit::Interrupted);
        }
        return Err(error.into());
    }
    let file = args.file.display().to_string();
    streams.say(&format!("The database was copied to {}.", crate::render::printable::printable(&file)));
    Ok(Exit::Fine)
}

/// Lets a signal end what the database is doing.
fn stop_on_signal(stopper: Stopper) -> Result<Arc<AtomicBool>, Failure> {
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    ctrlc::set_handler(move || {
        stop.store(true, Ordering::Relaxed);
        stopper.stop();
    })
    .map_err(|error| Failure::new("cannot wait for an interruption").because(error))?;
    Ok(stopped)
}
