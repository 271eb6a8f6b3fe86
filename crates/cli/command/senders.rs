//! `senders`: the sending services that are known.

use whosends_core::senders::Service;

use super::Context;
use crate::args::{Format, Senders};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::senders;
use crate::streams::Streams;

/// Answers `senders`.
pub(crate) fn run(args: &Senders, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let catalogue = context.catalogue()?;
    let services: Vec<&Service> = match &args.id {
        None => catalogue.services().iter().collect(),
        Some(id) => {
            let unknown = || {
                Failure::new(format!("no service is called `{id}`"))
                    .hint("`whosends senders` lists them, and `--senders FILE` adds your own")
            };
            vec![catalogue.find(&id.to_ascii_lowercase()).ok_or_else(unknown)?]
        }
    };
    let (screen, paint) = (streams.columns(), streams.paint());
    let out = streams.out();
    match (args.format.get(), &services[..]) {
        (Format::Table, [one]) if args.id.is_some() => senders::one(out, one, &catalogue, paint)?,
        (Format::Table, all) => senders::table(out, all, screen, paint)?,
        (Format::Json, all) => senders::json(out, all, &catalogue)?,
        (Format::Ndjson, all) => senders::ndjson(out, all, &catalogue)?,
        (Format::Csv, all) => senders::csv(out, all)?,
    }
    Ok(Exit::Fine)
}
