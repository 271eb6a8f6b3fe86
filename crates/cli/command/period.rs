//! From what the user said to the days that are asked of the database.

use whosends_core::analysis::period::{Period, Since};
use whosends_core::model::{Day, Name};
use whosends_core::store::{self, Filter, Store};

use crate::args::PeriodArgs;
use crate::failure::Failure;

/// The period of commands that look at the present: 30 days where nobody asks for others.
pub(super) fn recent(
    args: &PeriodArgs,
    domain: Option<&Name>,
    store: &Store,
    today: Day,
) -> Result<Period, Failure> {
    of(args.since.unwrap_or(Since::DEFAULT), args, domain, store, today)
}

/// The period of commands that look at everything where nobody asks for less.
pub(super) fn everything(
    args: &PeriodArgs,
    domain: Option<&Name>,
    store: &Store,
    today: Day,
) -> Result<Period, Failure> {
    of(args.since.unwrap_or(Since::All), args, domain, store, today)
}

fn of(
    since: Since,
    args: &PeriodArgs,
    domain: Option<&Name>,
    store: &Store,
    today: Day,
) -> Result<Period, Failure> {
    if let (Since::Day(from), Some(until)) = (since, args.until)
        && from > until
    {
        return Err(Failure::new(format!("no day lies from {from} to {until}"))
            .because("`--since` is after `--until`"));
    }
    let newest = match (since, args.until) {
        (Since::All, _) | (_, Some(_)) => None,
        _ => store.newest_day(domain.map(Name::as_str), today)?,
    };
    Ok(Period::of(since, args.until, newest))
}

/// What is asked of the database.
pub(super) fn filter(domain: Option<&Name>, period: Period) -> Filter {
    let Period { from, to } = period;
    Filter { domain: domain.map(ToString::to_string), period: store::Period { from, to } }
}
