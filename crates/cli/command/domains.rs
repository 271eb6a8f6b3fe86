//! `domains`: one line a domain.

use std::collections::HashSet;
use whosends_core::model::Filter;

use whosends_core::analysis::tally::{Split, Tally};
use whosends_core::store::DomainSummary;

use super::{Context, period};
use crate::args::{Domains, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::domains::{Answer, Domain};
use crate::render::period::LeftOut;
use crate::streams::Streams;

/// Answers `domains`.
pub(crate) fn run(args: &Domains, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let period = period::recent(&args.period, None, &store, context.today)?;
    let found = store.domains(&period::filter(None, period))?;
    let seen: HashSet<String> = found.iter().map(|summary| summary.domain.to_string()).collect();
    let all = store.reported_domains(&Filter::default())?.into_iter().map(|domain| domain.to_string());
    let silent = all.filter(|name| !seen.contains(name)).collect();
    let mut domains: Vec<Domain> = found.into_iter().map(Domain::from).collect();
    // Those with the same number of messages stay in the order of their names.
    domains.sort_by_key(|domain| std::cmp::Reverse(domain.tally.messages));
    // It names the domains itself.
    let left_out = LeftOut { domains: 0, ..period::left_out(&store, None, period, context.today)? };
    let answer = Answer { period, domains, silent, left_out };
    let is_empty = answer.domains.is_empty();
    if args.format.get() == Format::Table && !is_empty {
        period::tell_age(None, &store, context.today, streams)?;
    }
    match args.format.get() {
        Format::Table if is_empty => {}
        format => streams.write(&answer, format, Extent::default())?,
    }
    if is_empty { Err(period::nothing(None, period, &store)?) } else { Ok(Exit::Fine) }
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
