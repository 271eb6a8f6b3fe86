//! `sources`: who sends as a domain.

use std::collections::HashMap;

use whosends_core::analysis::period::{Period, Since};
use whosends_core::analysis::sources::{self, Collector, Names, Row, Sources};
use whosends_core::model::{Day, Name};
use whosends_core::store::{AddressId, CombinationId, DomainSummary, Filter, Store};

use super::{Context, period};
use crate::args::{self, By, Format, PeriodArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::sources::{Answer, Domain, Extent, LeftOut};
use crate::streams::Streams;

/// Answers `sources`.
pub(crate) fn run(
    args: &args::Sources,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let store = context.store()?;
    let question = Question { domain: args.domain.as_ref(), by: args.by, period: &args.period };
    let found = question.find(&store, context)?;
    let answer = found.answer();
    let (screen, paint) = (streams.columns(), streams.paint());
    let extent = Extent { limit: args.limit, all: args.all };
    let is_empty = found.sources.domains.is_empty();
    match args.format.get() {
        Format::Table if is_empty => {}
        Format::Table => answer.table(streams.out(), screen, paint, extent)?,
        Format::Json => answer.json(streams.out())?,
        Format::Ndjson => answer.ndjson(streams.out())?,
        Format::Csv => answer.csv(streams.out())?,
    }
    if is_empty { Err(nothing(args.domain.as_ref(), found.sources.period, &store)?) } else { Ok(Exit::Fine) }
}

/// Shows who sends after reports were read.
pub(crate) fn after_ingest(
    context: &Context<'_>,
    store: &Store,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let period = &PeriodArgs { since: None, until: None };
    let found = Question { domain: None, by: By::Network, period }.find(store, context)?;
    let (screen, paint) = (streams.columns(), streams.paint());
    found.answer().table(streams.out(), screen, paint, Extent { limit: None, all: false })?;
    Ok(())
}

/// What is asked.
struct Question<'a> {
    domain: Option<&'a Name>,
    by: By,
    period: &'a PeriodArgs,
}

/// What was found.
struct Found {
    sources: Sources,
    /// The domains of `sources`, in the same order.
    domains: Vec<DomainSummary>,
    left_out: LeftOut,
}

impl Question<'_> {
    fn find(&self, store: &Store, context: &Context<'_>) -> Result<Found, Failure> {
        let period = period::recent(self.period, self.domain, store, context.today)?;
        let filter = period::filter(self.domain, period);
        let (sources, names) = collect(store, &filter, self.by.into(), period, context.today)?;
        let mut summaries: HashMap<Name, DomainSummary> =
            store.domains(&filter)?.into_iter().map(|summary| (summary.domain.clone(), summary)).collect();
        let domains = sources.domains.iter().filter_map(|sums| summaries.remove(names.get(&sums.domain)?));
        let domains = domains.collect();
        let left_out = match self.period.since {
            Some(Since::All) => LeftOut::default(),
            _ => left_out(store, self.domain, period, context.today)?,
        };
        Ok(Found { sources, domains, left_out })
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

impl From<By> for sources::By {
    fn from(by: By) -> Self {
        match by {
            By::Network => Self::Network,
            By::Address => Self::Address,
            By::Reporter => Self::Reporter,
            By::HeaderFrom => Self::HeaderFrom,
        }
    }
}

/// Groups the traffic of a filter, and names its domains.
fn collect(
    store: &Store,
    filter: &Filter,
    by: sources::By,
    period: Period,
    today: Day,
) -> Result<(Sources, HashMap<u32, Name>), Failure> {
    let mut collector = Collector::<AddressId, CombinationId>::new(by);
    store.traffic(filter, &mut |row| {
        collector.add(&Row {
            day: row.day,
            multi_day: row.multi_day,
            domain: row.domain,
            reporter: row.reporter,
            address: row.address,
            combination: row.combination,
            messages: row.messages,
        });
    })?;
    let names = Names {
        domains: store.domain_names(collector.domains())?,
        reporters: reporters(store, &collector)?,
        combinations: store.combinations(collector.combinations())?,
        addresses: store.addresses(collector.addresses())?,
    };
    Ok((collector.finish(period, today, &names), names.domains))
}

/// The names of reporters. Those that differ in case only are spelt alike: they are one reporter.
fn reporters(
    store: &Store,
    collector: &Collector<AddressId, CombinationId>,
) -> Result<HashMap<u32, Box<str>>, Failure> {
    let found = store.reporters(collector.reporters())?;
    let mut named: Vec<(&str, u32)> =
        found.iter().filter_map(|(&id, reporter)| Some((reporter.name()?, id))).collect();
    named.sort_unstable();
    let mut spelling: HashMap<String, &str> = HashMap::new();
    let spelt = named.into_iter().map(|(name, id)| {
        let spelt = *spelling.entry(name.to_ascii_lowercase()).or_insert(name);
        (id, Box::from(spelt))
    });
    Ok(spelt.collect())
}

/// Counts the reports that no period holds, and those that a period up to today leaves out.
fn left_out(store: &Store, domain: Option<&Name>, period: Period, today: Day) -> Result<LeftOut, Failure> {
    if period == Period::ALL {
        return Ok(LeftOut::default());
    }
    let outside = store.outside(domain.map(Name::as_str), period.to.map_or(today, |to| to.max(today)))?;
    Ok(LeftOut { undated: outside.undated, future: outside.later })
}

/// Why there is nothing to show.
pub(super) fn nothing(domain: Option<&Name>, period: Period, store: &Store) -> Result<Failure, Failure> {
    let known =
        store.newest_day(None, Day(i64::MAX))?.is_some() || store.outside(None, Day(i64::MAX))?.undated > 0;
    if !known {
        return Ok(Failure::new("the database holds no report")
            .hint("`whosends ingest PATH` reads a mailbox of reports"));
    }
    let whose = domain.map_or_else(String::new, |domain| format!(" for {domain}"));
    let known = store.outside(domain.map(Name::as_str), Day(i64::MIN))?;
    if known.later == 0 && known.undated == 0 {
        return Ok(Failure::new(format!("no report{whose}"))
            .hint("`whosends domains --since all` lists the domains there are"));
    }
    let days = crate::render::period::in_words(period);
    Ok(Failure::new(format!("no report{whose} in {days}"))
        .hint("`--since all` looks at everything that is stored"))
}
