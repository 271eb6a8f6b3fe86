//! `changes`: what changed from one period to the next.

use std::collections::HashSet;

use whosends_core::analysis::changes::{Changes, Comparison, PolicyChange, PolicyWatch, Windows};
use whosends_core::answers::{Known, Traffic};
use whosends_core::model::{Domains, Name, Period};
use whosends_core::store::Store;

use super::{Context, period};
use crate::args::{self, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::changes::Answer;
use crate::render::number::count;
use crate::streams::Streams;

/// The most days of a report that count as covered by it.
const LONGEST: i64 = 31;

/// Answers `changes`. That nothing changed is a good answer.
pub(crate) fn run(
    args: &args::Changes,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let store = context.store(streams)?;
    let domain = args.domain.as_ref();
    let asked = period::recent(&args.period(), domain, &store, context.today)?;
    if asked == Period::ALL && store.newest_day(&Domains::asked(domain.cloned()), context.today)?.is_some() {
        return Err(Failure::new("a period without a beginning has none before it")
            .hint("write it like `--since 7d` or `--since 2026-11-01`"));
    }
    let Period { from: Some(from), to: Some(to) } = asked else {
        return Err(period::nothing(domain, asked, &store)?);
    };
    let windows = Windows { from, to };
    if store.reported_domains(&period::filter(domain, windows.all()))?.is_empty() {
        return Err(period::nothing(domain, windows.all(), &store)?);
    }
    let (known, traffic) =
        Known::load_with_traffic(&context.known()?, &store, &Domains::asked(domain.cloned()), windows.all())?;
    streams.detail(&format!("{} read", count(traffic.rows, "record", "records")));
    let changes = changes(&traffic, &known, windows);
    let policies = policies(args, windows, &store)?;
    let answer = Answer {
        silent_domains: silent_domains(domain, windows, &store)?,
        gaps: gaps(domain, windows, &store)?,
        changes: &changes,
        policies: &policies,
        catalogue: &known.catalogue,
        domains: &traffic.names.domains,
    };
    if args.format.get() == Format::Table {
        period::tell_age(domain, &store, context.today, streams)?;
    }
    streams.write(&answer, args.format.get(), Extent::all(args.all))?;
    Ok(if args.exit_code && answer.has_weight() { Exit::No } else { Exit::Fine })
}

/// The policy domains with reports in the period before, and none in the period.
fn silent_domains(domain: Option<&Name>, windows: Windows, store: &Store) -> Result<Vec<Name>, Failure> {
    let reported = |period| store.reported_domains(&period::filter(domain, period));
    let now: HashSet<Name> = reported(windows.now())?.into_iter().collect();
    Ok(reported(windows.before())?.into_iter().filter(|name| !now.contains(name)).collect())
}

/// The days of both periods for which nothing is reported about any domain, as stretches.
fn gaps(domain: Option<&Name>, windows: Windows, store: &Store) -> Result<Vec<Period>, Failure> {
    let (first, last) = (windows.from.plus(-windows.days()), windows.to);
    let mut reported = HashSet::new();
    let both = Period { from: Some(first), to: Some(last) };
    store.published(&period::filter(domain, both), &mut |report| {
        let (Some(from), Some(to)) = (report.day, report.last) else { return };
        reported.extend((0..LONGEST).map(|age| from.plus(age)).take_while(|day| *day <= to));
    })?;
    let mut gaps: Vec<Period> = Vec::new();
    // What came before the first report of all is no gap.
    let first = reported.iter().copied().filter(|day| *day >= first).min().unwrap_or(last);
    for day in (0..).map(|age| first.plus(age)).take_while(|day| *day <= last) {
        match gaps.last_mut() {
            _ if reported.contains(&day) => {}
            Some(gap) if gap.to.map(|to| to.plus(1)) == Some(day) => gap.to = Some(day),
            _ => gaps.push(Period { from: Some(day), to: Some(day) }),
        }
    }
    Ok(gaps)
}

fn changes(traffic: &Traffic, known: &Known, windows: Windows) -> Changes {
    let mut comparison = Comparison::new(&traffic.names, windows);
    traffic.judge(known, &mut |judged| comparison.add(judged));
    comparison.finish()
}

fn policies(args: &args::Changes, windows: Windows, store: &Store) -> Result<Vec<PolicyChange>, Failure> {
    let mut watch = PolicyWatch::new(windows);
    store.published(&period::filter(args.domain.as_ref(), windows.all()), &mut |report| {
        if let Some(day) = report.day {
            watch.add(report.reporter, day, report.policy);
        }
    })?;
    Ok(watch.finish())
}
