//! From what the user said to the days that are asked of the database.

use std::collections::HashMap;

use whosends_core::answers::{self, Asked, Nothing};
use whosends_core::model::{Day, Domains, Filter, Name, Period};
use whosends_core::store::{DomainSummary, Store};

use crate::args::PeriodArgs;
use crate::failure::Failure;
use crate::render::paint::Tone;
use crate::render::period::{LeftOut, age};
use crate::streams::Streams;

impl PeriodArgs {
    /// The question about a domain, or about all.
    fn about(&self, domain: Option<&Name>) -> Asked {
        Asked { domains: Domains::asked(domain.cloned()), since: self.since, until: self.until }
    }
}

/// The period of commands that look at the present: 30 days where nobody asks for others.
pub(super) fn recent(
    args: &PeriodArgs,
    domain: Option<&Name>,
    store: &Store,
    today: Day,
) -> Result<Period, Failure> {
    Ok(args.about(domain).recent(store, today)?)
}

/// The period of commands that look at everything where nobody asks for less.
pub(super) fn everything(
    args: &PeriodArgs,
    domain: Option<&Name>,
    store: &Store,
    today: Day,
) -> Result<Period, Failure> {
    Ok(args.about(domain).everything(store, today)?)
}

/// What is asked of the database.
pub(super) fn filter(domain: Option<&Name>, period: Period) -> Filter {
    Filter { domains: Domains::asked(domain.cloned()), period }
}

/// What is known of each policy domain that is asked about.
pub(super) fn summaries(
    store: &Store,
    domain: Option<&Name>,
    period: Period,
) -> Result<HashMap<Name, DomainSummary>, Failure> {
    Ok(answers::summaries(store, &Domains::asked(domain.cloned()), period)?)
}

/// Counts the reports that no period holds, and those after today. What is left out on demand is not meant.
pub(super) fn left_out(
    store: &Store,
    domain: Option<&Name>,
    period: Period,
    today: Day,
) -> Result<LeftOut, Failure> {
    let left_out = answers::LeftOut::of(store, &Domains::asked(domain.cloned()), period, today)?;
    Ok(LeftOut { undated: left_out.undated, future: left_out.future, domains: left_out.domains })
}

/// Says on the first line of a screen how old the newest report is, where that is worth saying.
pub(super) fn tell_age(
    domain: Option<&Name>,
    store: &Store,
    today: Day,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let newest = store.newest_day(&Domains::asked(domain.cloned()), today)?;
    if let Some(text) = newest.and_then(|newest| age(newest, today)) {
        let text = streams.paint().tone(Tone::Warn, &text);
        writeln!(streams.out(), "{text}\n")?;
    }
    Ok(())
}

/// Why there is nothing to show.
pub(super) fn nothing(domain: Option<&Name>, period: Period, store: &Store) -> Result<Failure, Failure> {
    Ok(Nothing::of(store, &Domains::asked(domain.cloned()), period)?.into())
}
