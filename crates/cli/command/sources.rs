//! `sources`: who sends as a domain, and the table after `ingest`.

use whosends_core::analysis::sources;
use whosends_core::answers::senders::{Answer, Question};
use whosends_core::answers::{Asked, sources as by_other};
use whosends_core::store::{DomainSummary, Store};

use super::{Context, read, tell_age, warn};
use crate::args::{By, Format, PeriodArgs, Sources};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::first::First;
use crate::render::paint::Tone;
use crate::render::period::left_out_as_said;
use crate::render::sums::Domain;
use crate::render::{by_sender, sources as table};
use crate::streams::Streams;

/// Answers `sources`.
pub(crate) fn run(args: &Sources, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    match args.by.grouping() {
        None => senders(args, context, streams),
        Some(_) if !args.class.is_empty() => {
            Err(Failure::new("only senders have a class").hint("leave out `--by`, or `--class`"))
        }
        Some(by) => others(by, args, context, streams),
    }
}

fn senders(args: &Sources, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let format = args.format.get();
    let is_customary = args.class.is_empty() && args.period == PeriodArgs::default();
    let question = Question {
        asked: args.period.about(args.domain.as_ref()),
        classes: args.class.clone(),
        next_steps: is_customary && format == Format::Table,
    };
    let found = question.answer(&context.known()?, &store)?;
    read(found.records, streams);
    warn(&found.warnings, streams);
    if format == Format::Table && found.nothing.is_none() {
        tell_age(found.newest, context.today, streams)?;
    }
    if format != Format::Table || found.nothing.is_none() {
        streams.write(&shown(&found, context), format, Extent { limit: args.limit, all: args.all })?;
    }
    found.nothing.map_or(Ok(Exit::Fine), |nothing| Err(nothing.into()))
}

/// Shows who sends after reports were read.
pub(super) fn after_ingest(
    context: &Context<'_>,
    store: &Store,
    full: bool,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let question = Question { asked: Asked::default(), classes: Vec::new(), next_steps: true };
    let found = question.answer(&context.known()?, store)?;
    tell_age(found.newest, context.today, streams)?;
    match full {
        true => streams.write(&shown(&found, context), Format::Table, Extent::default())?,
        false => streams.show(&First(shown(&found, context)))?,
    }
    if found.next_steps.is_none() {
        let text = "Whether these domains can enforce takes a moment longer: `whosends ready` says it.";
        let text = streams.paint().tone(Tone::Dim, text);
        writeln!(streams.out(), "{text}")?;
    }
    Ok(())
}

fn shown<'a>(found: &'a Answer, context: &Context<'_>) -> by_sender::Answer<'a> {
    by_sender::Answer {
        senders: &found.senders,
        catalogue: &found.catalogue,
        domains: found.domains.iter().map(domain).collect(),
        left_out: left_out_as_said(found.left_out),
        next_steps: found.next_steps.as_deref().unwrap_or_default(),
        program: context.program(),
    }
}

fn others(
    by: sources::By,
    args: &Sources,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let question = by_other::Question { asked: args.period.about(args.domain.as_ref()), by };
    let found = question.answer(&context.times(), &store)?;
    read(found.records, streams);
    let format = args.format.get();
    if format == Format::Table && found.nothing.is_none() {
        tell_age(found.newest, context.today, streams)?;
    }
    if format != Format::Table || found.nothing.is_none() {
        let domains = found.domains.iter().map(domain).collect();
        let answer =
            table::Answer { sources: &found.sources, domains, left_out: left_out_as_said(found.left_out) };
        streams.write(&answer, format, Extent { limit: args.limit, all: args.all })?;
    }
    found.nothing.map_or(Ok(Exit::Fine), |nothing| Err(nothing.into()))
}

/// A domain the way every answer about who sends shows it.
pub(super) fn domain(summary: &DomainSummary) -> Domain<'_> {
    Domain { name: summary.domain.as_str(), policy: &summary.policy, reports: summary.reports }
}

impl By {
    /// What the sums are grouped by where nobody has to be named for it.
    const fn grouping(self) -> Option<sources::By> {
        match self {
            Self::Sender => None,
            Self::Network => Some(sources::By::Network),
            Self::Address => Some(sources::By::Address),
            Self::Reporter => Some(sources::By::Reporter),
            Self::HeaderFrom => Some(sources::By::HeaderFrom),
        }
    }
}
