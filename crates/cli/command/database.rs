//! `db`: looking after the database.

use whosends_core::model::Name;
use whosends_core::store::{DatabaseInfo, Location};

use super::Context;
use crate::args::{Backup, Db, DbCommand, Plain, Prune};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::database::{self, Checked, Held, Pruned};
use crate::streams::Streams;

/// Answers `db ...`.
pub(crate) fn run(args: &Db, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    match &args.command {
        DbCommand::Info(args) => info(args, context, streams),
        DbCommand::Check(args) => check(args, context, streams),
        DbCommand::Prune(args) => prune(args, context, streams),
        DbCommand::Backup(args) => backup(args, context, streams),
    }
}

fn info(args: &Plain, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let info = context.store(streams)?.info()?;
    let held = held(&info, path(context));
    match args.json {
        true => held.json(streams.out())?,
        false => held.text(streams.out())?,
    }
    Ok(Exit::Fine)
}

fn check(args: &Plain, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let problems = context.store(streams)?.check()?;
    let checked = Checked { sound: problems.is_empty(), problems };
    let paint = streams.paint();
    match args.json {
        true => checked.json(streams.out())?,
        false => checked.text(streams.out(), paint)?,
    }
    if checked.sound {
        return Ok(Exit::Fine);
    }
    streams.hint("take a copy with `whosends db backup FILE`, then read the reports into a new database");
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
    let domain = args.domain.as_ref().map(Name::as_str);
    let pruned = context.store(streams)?.prune(args.before, domain)?;
    let pruned = Pruned {
        before: args.before.to_string(),
        domain: domain.map(str::to_owned),
        reports: pruned.reports,
        records: pruned.records,
        freed_bytes: pruned.freed_bytes,
    };
    match args.json {
        true => pruned.json(streams.out())?,
        false => pruned.text(streams.out())?,
    }
    Ok(Exit::Fine)
}

fn backup(args: &Backup, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    context.store(streams)?.backup(&args.file)?;
    let file = args.file.display().to_string();
    streams.say(&format!("The database was copied to {}.", crate::render::printable::printable(&file)));
    Ok(Exit::Fine)
}
