//! `source`: one sender in full.

use std::collections::HashMap;

use whosends_core::analysis::source::{Details, Portrait};
use whosends_core::answers::{Known, Traffic};
use whosends_core::model::Domains;
use whosends_core::senders::{Catalogue, Wanted};
use whosends_core::store::{DomainSummary, Store};

use super::{Context, mark, period, sender};
use crate::args::{self, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::number::count;
use crate::render::period::{LeftOut, in_words};
use crate::render::source::Answer;
use crate::render::sums::Domain;
use crate::streams::Streams;

/// Answers `source`.
pub(crate) fn run(
    args: &args::Source,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let known = Known::load(&context.known()?, &store)?;
    let wanted = sender::wanted(&known.catalogue, &args.source)?;
    let found = Found::find(args, &wanted, context, &known, &store)?;
    streams.detail(&format!("{} read", count(found.rows, "record", "records")));
    let is_empty = found.details.details.is_empty();
    let answer = found.answer(args, &known);
    if args.format.get() == Format::Table && !is_empty {
        period::tell_age(args.domain.as_ref(), &store, context.today, streams)?;
    }
    match args.format.get() {
        Format::Table if is_empty => {}
        format => streams.write(&answer, format, Extent::all(args.all))?,
    }
    if is_empty { Err(found.nothing(args, &wanted, &known.catalogue, &store)?) } else { Ok(Exit::Fine) }
}

/// What was found.
struct Found {
    /// Records that were read.
    rows: u64,
    details: Details,
    /// The domains of the records, by id.
    domains: HashMap<u32, DomainSummary>,
    left_out: LeftOut,
}

impl Found {
    fn find(
        args: &args::Source,
        wanted: &Wanted,
        context: &Context<'_>,
        known: &Known,
        store: &Store,
    ) -> Result<Self, Failure> {
        let domain = args.domain.as_ref();
        let period = period::recent(&args.period, domain, store, context.today)?;
        let traffic = Traffic::read(store, &Domains::asked(domain.cloned()), period)?;
        let facts = |id| traffic.facts(known, id);
        let dates = (period, traffic.first_day(), context.today);
        let mut portrait = Portrait::new(wanted.clone(), &traffic.names, &facts, dates);
        traffic.judge(known, &mut |judged| portrait.add(judged));
        let details = portrait.finish();
        let mut summaries = period::summaries(store, domain, period)?;
        let names = &traffic.names.domains;
        let domains = names.iter().filter_map(|(&id, name)| Some((id, summaries.remove(name)?))).collect();
        // It is about one sender, and not about every domain.
        let left_out = LeftOut { domains: 0, ..period::left_out(store, domain, period, context.today)? };
        Ok(Self { rows: traffic.rows, details, domains, left_out })
    }

    fn answer<'a>(&'a self, args: &'a args::Source, known: &'a Known) -> Answer<'a> {
        let domain = |summary: &'a DomainSummary| Domain {
            name: summary.domain.as_str(),
            policy: &summary.policy,
            reports: summary.reports,
        };
        let domains = self.domains.iter().map(|(&id, summary)| (id, domain(summary)));
        Answer {
            asked: &args.source,
            details: &self.details,
            catalogue: &known.catalogue,
            domains: domains.collect(),
            left_out: self.left_out,
            decisions: known.kept().iter().map(|made| mark::line(made, &known.catalogue)).collect(),
        }
    }

    /// Why there is nothing to show.
    fn nothing(
        &self,
        args: &args::Source,
        wanted: &Wanted,
        catalogue: &Catalogue,
        store: &Store,
    ) -> Result<Failure, Failure> {
        let (domain, period) = (args.domain.as_ref(), self.details.period);
        if self.domains.is_empty() {
            return period::nothing(domain, period, store);
        }
        let name = match wanted {
            Wanted::Source(source) => source.title(catalogue),
            Wanted::Addresses(prefix) => prefix.to_string(),
        };
        let whose = domain.map_or_else(String::new, |domain| format!(" for {domain}"));
        Ok(Failure::new(format!("no mail from {name}{whose} in {}", in_words(period)))
            .hint("`whosends sources` lists who sends; `--since all` looks at everything that is stored"))
    }
}
