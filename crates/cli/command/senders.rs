//! `senders`: the sending services that are known.

use whosends_core::senders::Service;

use super::Context;
use crate::args::Senders;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::senders::Answer;
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
    let answer = Answer { services, catalogue: &catalogue, in_full: args.id.is_some() };
    streams.write(&answer, args.format.get(), Extent::default())?;
    Ok(Exit::Fine)
}
