//! `sources`: who sends as a domain.

use whosends_core::analysis::sources::{self, Collector, Names, Sources};
use whosends_core::model::Name;
use whosends_core::store::{DomainSummary, Store};

use super::{Context, by_sender, period};
use crate::args::{self, By, Format, PeriodArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::number::count;
use crate::render::period::LeftOut;
use crate::render::sources::Answer;
use crate::render::sums::Domain;
use crate::streams::Streams;

/// Answers `sources`.
pub(crate) fn run(
    args: &args::Sources,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let Some(by) = args.by.grouping() else { return by_sender::run(args, context, streams) };
    if !args.class.is_empty() {
        return Err(Failure::new("only senders have a class").hint("leave out `--by`, or `--class`"));
    }
    let store = context.store(streams)?;
    let question = Question { domain: args.domain.as_ref(), by, period: &args.period };
    let found = question.find(&store, context)?;
    streams.detail(&format!("{} read", count(found.rows, "record", "records")));
    let answer = found.answer();
    let is_empty = found.sources.domains.is_empty();
    if args.format.get() == Format::Table && !is_empty {
        period::tell_age(args.domain.as_ref(), &store, context.today, streams)?;
    }
    match args.format.get() {
        Format::Table if is_empty => {}
        format => streams.write(&answer, format, Extent { limit: args.limit, all: args.all })?,
    }
    if is_empty {
        Err(period::nothing(args.domain.as_ref(), found.sources.period, &store)?)
    } else {
        Ok(Exit::Fine)
    }
}

/// What is asked.
struct Question<'a> {
    domain: Option<&'a Name>,
    by: sources::By,
    period: &'a PeriodArgs,
}

/// What was found.
struct Found {
    /// Records that were added up.
    rows: u64,
    sources: Sources,
    /// The domains of `sources`, in the same order.
    domains: Vec<DomainSummary>,
    left_out: LeftOut,
}

impl Question<'_> {
    fn find(&self, store: &Store, context: &Context<'_>) -> Result<Found, Failure> {
        let period = period::recent(self.period, self.domain, store, context.today)?;
        let filter = period::filter(self.domain, period);
        let mut rows = 0;
        let mut collector = Collector::new(self.by);
        store.traffic(&filter, |row| {
            rows += 1;
            collector.add(row);
        })?;
        let names = names(store, &collector)?;
        let sources = collector.finish(period, context.today, &names);
        let mut summaries = period::summaries(store, self.domain, period)?;
        let domains =
            sources.domains.iter().filter_map(|sums| summaries.remove(names.domains.get(&sums.domain)?));
        let domains = domains.collect();
        let left_out = period::left_out(store, self.domain, period, context.today)?;
        Ok(Found { rows, sources, domains, left_out })
    }
}

impl Found {
    fn answer(&self) -> Answer<'_> {
        let domains = self.domains.iter().map(|summary| Domain {
            name: summary.domain.as_str(),
            policy: &summary.policy,
            reports: summary.reports,
        });
        Answer { sources: &self.sources, domains: domains.collect(), left_out: self.left_out }
    }
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

/// What the ids in the collected rows stand for.
fn names(store: &Store, collector: &Collector) -> Result<Names, Failure> {
    Ok(Names {
        domains: store.domain_names(collector.domains())?,
        reporters: store.reporter_names(collector.reporters())?,
        combinations: store.combinations(collector.combinations())?,
        addresses: store.addresses(collector.addresses())?,
    })
}
