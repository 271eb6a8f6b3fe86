//! `whosends` alone: what is known, and what to do next.

use whosends_core::answers::Asked;
use whosends_core::model::{Filter, Period, Since};
use whosends_core::store::{DomainSummary, Location, Store};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::overview::{Known, Shown};
use crate::streams::Streams;

/// The domains that are shown, the busiest first.
const SHOWN: usize = 4;

/// Says what the database knows, or where to begin.
pub(crate) fn run(context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let paint = streams.paint();
    let store = match &context.settings.database {
        Some(location @ Location::File(path)) if path.exists() => Store::open_existing(location)?,
        _ => {
            crate::render::overview::begin(streams.out(), paint)?;
            return Ok(Exit::Fine);
        }
    };
    let all = store.domains(&Filter::default())?;
    if all.is_empty() {
        crate::render::overview::begin(streams.out(), paint)?;
        return Ok(Exit::Fine);
    }
    let period = Asked { since: Some(Since::DEFAULT), ..Asked::default() }.recent(&store, context.today)?;
    let mut domains = store.domains(&Filter { period, ..Filter::default() })?;
    domains.sort_by_key(|domain| std::cmp::Reverse(domain.messages));
    let shown = domains.iter().take(SHOWN).map(shown).collect();
    let known = Known {
        reports: all.iter().map(|domain| domain.reports).sum(),
        domains: all.len() as u64,
        days: Period {
            from: all.iter().filter_map(|domain| domain.first_day).min(),
            to: all.iter().filter_map(|domain| domain.last_day).max(),
        },
        period,
        today: context.today,
        shown,
        others: (all.len() - domains.len().min(SHOWN)) as u64,
    };
    known.show(streams.out(), paint)?;
    let program = context.program().unwrap_or_else(|| "whosends".to_owned());
    crate::render::overview::next(streams.out(), &program, paint)?;
    Ok(Exit::Fine)
}

fn shown(domain: &DomainSummary) -> Shown {
    Shown {
        policy: domain.policy.clone(),
        messages: domain.messages,
        dmarc_pass: domain.dmarc_pass,
        last: domain.last_day,
    }
}
