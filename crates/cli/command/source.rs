//! `source`: one sender in full.

use whosends_core::answers::source::{Answer, Question};
use whosends_core::senders::Wanted;

use super::{Context, mark, read, sender, sources, tell_age};
use crate::args::{Format, Source};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::period::in_words;
use crate::render::period::left_out_as_said;
use crate::render::source;
use crate::streams::Streams;

/// Answers `source`.
pub(crate) fn run(args: &Source, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let known = context.known()?;
    let wanted = sender::wanted(&*known.catalogue()?, &args.source)?;
    let question = Question { asked: args.period.about(args.domain.as_ref()), wanted };
    let found = question.answer(&known, &store)?;
    read(found.records, streams);
    let (format, is_empty) = (args.format.get(), found.details.details.is_empty());
    if format == Format::Table && !is_empty {
        tell_age(found.newest, context.today, streams)?;
    }
    if format != Format::Table || !is_empty {
        streams.write(&shown(&found, args), format, Extent::all(args.all))?;
    }
    if is_empty { Err(nothing(found, args, &question.wanted)) } else { Ok(Exit::Fine) }
}

fn shown<'a>(found: &'a Answer, args: &'a Source) -> source::Answer<'a> {
    source::Answer {
        asked: &args.source,
        details: &found.details,
        catalogue: &found.catalogue,
        domains: found.domains.iter().map(|(&id, summary)| (id, sources::domain(summary))).collect(),
        left_out: left_out_as_said(found.left_out),
        decisions: found.decisions.iter().map(|made| mark::line(made, &found.catalogue)).collect(),
    }
}

/// Why there is nothing to show.
fn nothing(found: Answer, args: &Source, wanted: &Wanted) -> Failure {
    if let Some(nothing) = found.nothing {
        return nothing.into();
    }
    let name = match wanted {
        Wanted::Source(source) => source.title(&found.catalogue),
        Wanted::Addresses(prefix) => prefix.to_string(),
    };
    let whose = args.domain.as_ref().map_or_else(String::new, |domain| format!(" for {domain}"));
    Failure::new(format!("no mail from {name}{whose} in {}", in_words(found.details.period)))
        .hint("`whosends sources` lists who sends; `--since all` looks at everything that is stored")
}
