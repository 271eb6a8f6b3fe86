//! From what the user said to the days that are asked of the database.

use std::collections::HashMap;

use whosends_core::model::{Day, Domains, Filter, Name, Period, Scope, Since};
use whosends_core::store::{DomainSummary, Store};

use crate::args::PeriodArgs;
use crate::failure::Failure;
use crate::render::paint::Tone;
use crate::render::period::{LeftOut, age, in_words};
use crate::streams::Streams;

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
        _ => store.newest_day(&Domains::asked(domain.cloned()), today)?,
    };
    Ok(Period::of(since, args.until, newest))
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
    let found = store.domains(&filter(domain, period))?;
    Ok(found.into_iter().map(|summary| (summary.domain.clone(), summary)).collect())
}

/// Counts the reports that no period holds, and those after today. What is left out on demand is not meant.
pub(super) fn left_out(
    store: &Store,
    domain: Option<&Name>,
    period: Period,
    today: Day,
) -> Result<LeftOut, Failure> {
    if period == Period::ALL {
        return Ok(LeftOut::default());
    }
    let last = period.to.map_or(today, |to| to.max(today));
    let outside = store.outside(&Domains::asked(domain.cloned()), last)?;
    Ok(LeftOut { undated: outside.undated, future: outside.later })
}

/// Says on the first line of a screen how old the newest report is, where that is worth saying.
pub(super) fn tell_age(
    domain: Option<&Name>,
    store: &Store,
    today: Day,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let newest = store.newest_day(domain.map(Name::as_str), today)?;
    if let Some(text) = newest.and_then(|newest| age(newest, today)) {
        let text = streams.paint().tone(Tone::Warn, &text);
        writeln!(streams.out(), "{text}\n")?;
    }
    Ok(())
}

/// The closest domain above that has reports: those of a subdomain without a record of its own are under it.
fn above(domain: Option<&Name>, store: &Store) -> Result<Option<Name>, Failure> {
    let Some(domain) = domain else { return Ok(None) };
    let above =
        store.policy_domains(&Scope::All)?.into_iter().filter(|above| domain.is_within(above.as_str()));
    Ok(above.max_by_key(|above| above.as_str().len()))
}

/// Why there is nothing to show.
pub(super) fn nothing(domain: Option<&Name>, period: Period, store: &Store) -> Result<Failure, Failure> {
    let holds_any = |domain: Option<&Name>| -> Result<bool, Failure> {
        Ok(!store.reported_domains(&filter(domain, Period::ALL))?.is_empty())
    };
    if !holds_any(None)? {
        return Ok(Failure::new("the database holds no report")
            .hint("`whosends ingest PATH` reads a mailbox of reports"));
    }
    let whose = domain.map_or_else(String::new, |domain| format!(" for {domain}"));
    if !holds_any(domain)? {
        if let Some(above) = above(domain, store)? {
            return Ok(Failure::new(format!("no report{whose}"))
                .because(format!("its mail is in the reports of {above}"))
                .hint(format!(
                    "`whosends sources {above} --by header_from` tells the mail of each subdomain"
                )));
        }
        return Ok(Failure::new(format!("no report{whose}"))
            .hint("`whosends domains --since all` lists the domains there are"));
    }
    Ok(Failure::new(format!("no report{whose} in {}", in_words(period)))
        .hint("`--since all` looks at everything that is stored"))
}
