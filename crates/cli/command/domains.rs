//! `domains`: one line a domain.

use whosends_core::analysis::tally::{Split, Tally};
use whosends_core::store::DomainSummary;

use super::sources::nothing;
use super::{Context, period};
use crate::args::{Domains, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::domains::{self, Domain};
use crate::streams::Streams;

/// Answers `domains`.
pub(crate) fn run(args: &Domains, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store()?;
    let period = period::recent(&args.period, None, &store, context.today)?;
    let found = store.domains(&period::filter(None, period))?;
    let mut list: Vec<Domain> = found.into_iter().map(Domain::from).collect();
    // Those with the same number of messages stay in the order of their names.
    list.sort_by_key(|domain| std::cmp::Reverse(domain.tally.messages));
    let (screen, paint) = (streams.columns(), streams.paint());
    match args.format.get() {
        Format::Table if list.is_empty() => {}
        Format::Table => domains::table(streams.out(), screen, paint, period, &list)?,
        Format::Json => domains::json(streams.out(), period, &list)?,
        Format::Ndjson => domains::ndjson(streams.out(), &list)?,
        Format::Csv => domains::csv(streams.out(), &list)?,
    }
    if list.is_empty() { Err(nothing(None, period, &store)?) } else { Ok(Exit::Fine) }
}

impl From<DomainSummary> for Domain {
    fn from(summary: DomainSummary) -> Self {
        let split = |pass: u64, unknown: u64| {
            let fail = summary.messages.saturating_sub(pass).saturating_sub(unknown);
            Split { pass, fail, unknown }
        };
        Self {
            tally: Tally {
                messages: summary.messages,
                dmarc: split(summary.dmarc_pass, summary.dmarc_unknown),
                dkim: split(summary.dkim_pass, summary.dkim_unknown),
                spf: split(summary.spf_pass, summary.spf_unknown),
            },
            reports: summary.reports,
            reporters: summary.reporters,
            first: summary.first_day,
            last: summary.last_day,
            multi_day_messages: summary.multi_day_messages,
            undated_reports: summary.undated_reports,
            policy: summary.policy,
        }
    }
}
