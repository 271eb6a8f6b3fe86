//! `start`: what to publish for reports to come, and whether it is there.

use whosends_core::dns::DnsName;
use whosends_core::dns::start::start;
use whosends_core::model::Day;
use whosends_present::start::is_complete;

use super::Context;
use super::dns::Conversation;
use crate::args::Start;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::format::OrJson;
use crate::render::answer::Extent;
use crate::render::start::Told;
use crate::streams::Streams;

/// Answers `start`.
pub(crate) fn run(args: &Start, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let name = args.domain.as_str();
    let domain = DnsName::from_dotted(name).map_err(|error| Failure::new(name).because(error))?;
    let mut conversation = Conversation::open(&args.dns)?;
    let settled = conversation.settle(|inquiry| start(inquiry, &domain, args.rua.as_ref()));
    let Some(found) = settled.value else { return Err(Failure::new(format!("cannot look at {name}"))) };
    let complete = is_complete(&found);
    let told = Told { start: found, is_test: args.test, today: context.today };
    streams.write(&told, OrJson(args.json), Extent::default())?;
    streams.finish()?;
    conversation.keep(Day::of(context.now))?;
    Ok(match complete {
        None => Exit::Undecided,
        Some(false) if args.test => Exit::No,
        Some(_) => Exit::Fine,
    })
}
