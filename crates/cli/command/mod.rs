//! One file a command: what it asks of the core, and what it prints.

mod changes;
mod check;
mod classify;
mod completions;
mod database;
mod demo;
mod diff;
mod dns;
mod domains;
mod export;
mod given;
mod ingest;
mod kept;
mod mark;
mod networks;
mod notes;
mod overview;
mod period;
mod plan;
mod ready;
mod replay;
mod reports;
mod resolve;
mod runs;
mod seen;
mod sender;
mod senders;
mod source;
mod sources;
mod spared;
mod spf;
mod spf_use;
mod start;

use std::sync::Arc;

use whosends_core::answers::{self, Warning};
use whosends_core::model::Day;
use whosends_core::senders::Catalogue;
use whosends_core::store::{Location, Store};

use self::networks::Networks;
use crate::args::{Args, Command};
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::own_file;
use crate::render::number::count;
use crate::render::paint::Tone;
use crate::render::period::age;
use crate::render::printable::printable;
use crate::streams::Streams;

/// What every command may know besides its own arguments.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// What holds for every command.
    pub(crate) settings: &'a Settings,
    /// The Unix time at the start.
    pub(crate) now: i64,
    /// Today in UTC.
    pub(crate) today: Day,
}

impl Context<'_> {
    /// Where the database is.
    pub(crate) fn location(&self) -> Result<&Location, Failure> {
        self.settings.database.as_ref().ok_or_else(|| {
            Failure::new("cannot tell where the database is")
                .because("neither XDG_DATA_HOME nor HOME is set")
                .hint("name it with `--db PATH`")
        })
    }

    /// How the program is called for another question about the same database; `None` where that is gone by then.
    fn program(&self) -> Option<String> {
        match self.location().ok()? {
            Location::Memory => None,
            Location::File(path) if self.settings.database_is_named => {
                Some(format!("whosends --db {}", quoted(&path.display().to_string())))
            }
            Location::File(_) => Some("whosends".to_owned()),
        }
    }

    /// What is known besides the database: the time, the sending services with the user's own over them, and the
    /// networks of addresses.
    fn known(&self) -> Result<Arc<answers::Context>, Failure> {
        let mut known = self.services()?;
        if let Some(path) = &self.settings.asn_db {
            known = known.with_networks(Box::new(Networks::open(path)?));
        }
        Ok(Arc::new(known))
    }

    /// The time alone.
    fn times(&self) -> answers::Context {
        answers::Context::new(self.now).with_today(self.today)
    }

    /// The same with the sending services.
    fn services(&self) -> Result<answers::Context, Failure> {
        let known = self.times();
        let Some(path) = &self.settings.senders else { return Ok(known) };
        let text = own_file::text(path, 64)
            .map_err(|why| Failure::new(format!("cannot read {}", path.display())).because(why))?;
        Ok(known.with_services(text, path.display().to_string()))
    }

    /// The sending services.
    fn catalogue(&self) -> Result<Arc<Catalogue>, Failure> {
        Ok(self.services()?.catalogue()?)
    }

    /// The database, which must be there.
    fn store(&self, streams: &mut Streams) -> Result<Store, Failure> {
        let location = self.location()?;
        if let Location::File(path) = location {
            streams.detail(&printable(&format!("database: {}", path.display())));
        }
        if *location == Location::Memory {
            return Err(Failure::new("`:memory:` holds nothing")
                .because("it lasts as long as the command that fills it")
                .hint("`whosends --db :memory: ingest PATH` shows who sends and keeps nothing"));
        }
        Ok(Store::open_existing(location)?)
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+=:,@%".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Tells what may surprise whoever reads an answer.
fn warn(warnings: &[Warning], streams: &mut Streams) {
    for warning in warnings {
        streams.warning(&printable(&warning.to_string()));
    }
}

/// Tells how many records were read.
fn read(records: u64, streams: &mut Streams) {
    streams.detail(&format!("{} read", count(records, "record", "records")));
}

/// Says on the first line of a screen how old the newest report is, where that is worth saying.
fn tell_age(newest: Option<Day>, today: Day, streams: &mut Streams) -> Result<(), Failure> {
    if let Some(text) = newest.and_then(|newest| age(newest, today)) {
        let text = streams.paint().tone(Tone::Warn, &text);
        writeln!(streams.out(), "{text}\n")?;
    }
    Ok(())
}

/// Runs the command that was asked for.
pub(crate) fn run(args: &Args, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let Some(command) = &args.command else { return overview::run(context, streams) };
    match command {
        Command::Demo(args) => demo::run(args, context, streams),
        Command::Ingest(args) => ingest::run(args, context, streams),
        Command::Sources(args) => sources::run(args, context, streams),
        Command::Resolve(args) => resolve::run(args, context, streams),
        Command::Mark(args) => mark::run(args, context, streams),
        Command::Source(args) => source::run(args, context, streams),
        Command::Changes(args) => changes::run(args, context, streams),
        Command::Senders(args) => senders::run(args, context, streams),
        Command::Classify(args) => classify::run(args, context, streams),
        Command::Ready(args) => ready::run(args, context, streams),
        Command::Plan(args) => plan::run(args, context, streams),
        Command::Replay(args) => replay::run(args, context, streams),
        Command::Domains(args) => domains::run(args, context, streams),
        Command::Check(args) => check::run(args, context, streams),
        Command::Start(args) => start::run(args, context, streams),
        Command::Spf(args) => spf::run(args, context, streams),
        Command::Reports(args) => reports::run(args, context, streams),
        Command::Notes(args) => notes::run(args, context, streams),
        Command::Export(args) => export::run(args, context, streams),
        Command::Db(args) => database::run(args, context, streams),
        Command::Completions(args) => completions::completions(args, streams),
        Command::Man(args) => completions::man(args, streams),
    }
}
