//! From what the user said to the days that are asked of the database.

use whosends_core::answers::{self, Asked, Nothing};
use whosends_core::model::{Day, Domains, Filter, Name, Period};
use whosends_core::store::Store;

use crate::args::PeriodArgs;
use crate::failure::Failure;
use crate::render::period::{LeftOut, left_out_as_said};
use crate::streams::Streams;

impl PeriodArgs {
    /// The question about a domain, or about all.
    pub(super) fn about(&self, domain: Option<&Name>) -> Asked {
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

/// Counts the reports that no period holds, and those after today. What is left out on demand is not meant.
pub(super) fn left_out(
    store: &Store,
    domain: Option<&Name>,
    period: Period,
    today: Day,
) -> Result<LeftOut, Failure> {
    Ok(left_out_as_said(answers::LeftOut::of(store, &Domains::asked(domain.cloned()), period, today)?))
}

/// Says on the first line of a screen how old the newest report is, where that is worth saying.
pub(super) fn tell_age(
    domain: Option<&Name>,
    store: &Store,
    today: Day,
    streams: &mut Streams,
) -> Result<(), Failure> {
    super::tell_age(store.newest_day(&Domains::asked(domain.cloned()), today)?, today, streams)
}

/// Why there is nothing to show.
pub(super) fn nothing(domain: Option<&Name>, period: Period, store: &Store) -> Result<Failure, Failure> {
    Ok(Nothing::of(store, &Domains::asked(domain.cloned()), period)?.into())
}
