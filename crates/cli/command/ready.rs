//! `ready`: whether domains can enforce, and what would break.

use whosends_core::analysis::readiness::{Step, Waivers};
use whosends_core::answers::readiness::{Answer, Dns, Overall, Question};
use whosends_core::model::Domains;
use whosends_core::store::Store;

use super::dns::{Conversation, read as given};
use super::{Context, read, warn};
use crate::args::{DnsArgs, Ready};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::period::left_out_as_said;
use crate::render::ready;
use crate::streams::Streams;

/// Answers `ready`.
pub(crate) fn run(args: &Ready, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let found = ask(args, context, &store)?;
    warn(&found.warnings, streams);
    read(found.records, streams);
    let exit = match found.overall() {
        Overall::Yes => Exit::Fine,
        Overall::No => Exit::No,
        Overall::Undecided => Exit::Undecided,
    };
    let answer = ready::Answer {
        now: context.now,
        as_of: args.as_of,
        asked: found.asked,
        period: found.period,
        left_out: left_out_as_said(found.left_out),
        catalogue: &found.catalogue,
        domains: found.domains,
    };
    streams.write(&answer, args.format.get(), Extent::all(args.all))?;
    Ok(exit)
}

fn ask(args: &Ready, context: &Context<'_>, store: &Store) -> Result<Answer, Failure> {
    let question = Question {
        domains: Domains::asked(args.domain.clone()),
        as_of: args.as_of,
        step: args.step.map(Step::from),
        thresholds: Step::ALL.map(|step| (step, args.thresholds.of(step))),
        waivers: Waivers { trial: args.waive_trial, list_loss: args.accept_list_loss },
    };
    let known = context.known()?;
    if let Some(path) = &args.offline {
        return Ok(question.answer(&known, store, Dns::Given(given(path)?))?);
    }
    if !args.live {
        return Ok(question.answer(&known, store, Dns::Kept)?);
    }
    let resolver = args.resolver.clone();
    let dns = DnsArgs { resolver, in_flight: None, allow_private: false, save: None, offline: None };
    let mut conversation = Conversation::open(&dns)?;
    Ok(question.answer(&known, store, Dns::Live(&mut conversation.resolver))?)
}
