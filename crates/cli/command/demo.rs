//! `demo`: a look at the sample that is part of the program.

use std::sync::Arc;

use whosends_core::answers::ingest::Question;
use whosends_core::ingest::Input;
use whosends_core::model::Day;
use whosends_core::store::{Location, Store};

use super::{Context, sources};
use crate::args::Demo;
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::number::{count, grouped};
use crate::streams::Streams;

/// Sixty days of made-up reports about three domains.
const SAMPLE: &[u8] = include_bytes!("../../../samples/demo.tar.xz");
/// The day after the last of them: 2026-11-22.
const TODAY: Day = Day(20_779);

/// Reads the sample into memory and shows who sends.
pub(crate) fn run(args: &Demo, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let mut store = Store::open(&Location::Memory)?;
    let (name, bytes) = ("demo.tar.xz".to_owned(), Arc::from(SAMPLE));
    let now = TODAY.plus(1).start() - 1;
    let read = Question::new(Input::Held { name, bytes }).answer(&mut store, now, &mut ())?;
    let settings = Settings { database: Some(Location::Memory), ..context.settings.clone() };
    let context = Context { settings: &settings, now, today: TODAY };
    streams.say(&format!(
        "Made up: {} about three domains, with {} messages. Nothing of it is kept.",
        count(read.reports.new, "report", "reports"),
        grouped(read.messages),
    ));
    sources::after_ingest(&context, &store, args.full, streams)?;
    streams.say("`whosends PATH` shows the same of your own reports: a mailbox, a folder, an archive.");
    Ok(Exit::Fine)
}
