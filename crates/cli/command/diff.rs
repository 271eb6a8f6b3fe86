//! `check --diff`: what changed in a domain's DNS, and when.

use whosends_core::dns::check::{Posture, Target, posture};
use whosends_core::dns::resolve::{Bounds, Immediate, drive, not_kept};
use whosends_core::dns::{Answers, Query, RecordType};
use whosends_core::model::Since;
use whosends_core::model::{Day, Name};

use super::Context;
use super::check::Look;
use super::kept::{Held, Keeper};
use crate::args::Check;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::check::diff::{Changes, Diff, Step};
use crate::render::dns::Asked;
use crate::streams::Streams;

/// The seconds of a day.
const DAY: i64 = 86_400;

/// What was found out, and what it is compared with.
pub(super) struct Found<'a> {
    pub(super) names: &'a [Name],
    pub(super) targets: &'a [Target],
    /// What DNS says now.
    pub(super) looks: &'a [Look],
    pub(super) answers: &'a Answers,
    pub(super) asked: Asked,
}

/// Shows what changed about each domain up to when DNS was last asked, and asks nobody; gives how each stood then.
pub(super) fn look_back(
    (names, targets): (&[Name], &[Target]),
    keeper: &Keeper,
    args: &Check,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Vec<Option<Posture>>, Failure> {
    let from = args.since.map(|since| start(since, context.today));
    let mut domains = Vec::new();
    for (name, target) in names.iter().zip(targets) {
        domains.push(changes(keeper.history(name)?, target, None, args, from));
    }
    let kept = domains.iter().map(|domain| domain.conversations).sum();
    let resolver = vec!["what the database kept".to_owned()];
    let asked = Asked { resolver, offline: true, queries: kept, milliseconds: 0 };
    let diff = Diff { generated: context.now, asked, domains };
    streams.write(&diff, args.format(), Extent::default())?;
    Ok(diff.domains.into_iter().map(|domain| domain.posture).collect())
}

/// Shows what changed about each domain until now.
pub(super) fn show(
    found: Found<'_>,
    keeper: &Keeper,
    args: &Check,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let from = args.since.map(|since| start(since, context.today));
    let mut domains = Vec::new();
    for ((name, target), look) in found.names.iter().zip(found.targets).zip(found.looks) {
        let now = found.answers.about(&look.asked);
        let now = (look.domain.posture.clone(), now);
        domains.push(changes(keeper.history(name)?, target, Some(now), args, from));
    }
    let diff = Diff { generated: context.now, asked: found.asked, domains };
    streams.write(&diff, args.format(), Extent::default())?;
    Ok(())
}

/// The Unix time from which on changes are asked for.
fn start(since: Since, today: Day) -> i64 {
    match since {
        Since::All => i64::MIN,
        Since::Day(day) => day.0.saturating_mul(DAY),
        Since::Days(days) => today.plus(1 - i64::from(days)).0.saturating_mul(DAY),
    }
}

/// One moment of which is known what DNS answered.
struct Moment {
    answers: Answers,
    posture: Posture,
    first: Option<i64>,
    last: Option<i64>,
}

/// What changed about one domain, from moment to moment: all that changed since `from`, or else the last step.
fn changes(
    history: Vec<Held>,
    target: &Target,
    now: Option<(Posture, Answers)>,
    args: &Check,
    from: Option<i64>,
) -> Changes {
    let untold = now.as_ref().map(|(_, answers)| answers.untold().map(|(query, why)| (query.clone(), why)));
    let not_asked = untold.into_iter().flatten().collect();
    let first = history.first().map(|held| held.first);
    let conversations = history.len();
    let mut known = Answers::new();
    let mut before: Option<Moment> = None;
    let mut steps = Vec::new();
    let now = now.map(|(posture, answers)| Moment { answers, posture, first: None, last: None });
    for moment in history.into_iter().filter_map(|held| replay(held, target, args)).chain(now) {
        if let Some(before) = &before {
            steps.extend(step(&known, before, &moment));
        }
        known.learn(&moment.answers);
        before = Some(moment);
    }
    match from {
        Some(from) => steps.retain(|step| step.by.is_none_or(|by| by >= from)),
        None => drop(steps.drain(..steps.len().saturating_sub(1))),
    }
    let (domain, as_of) = (target.domain.clone(), before.as_ref().and_then(|moment| moment.last));
    let posture = before.map(|moment| moment.posture);
    Changes { domain, posture, as_of, conversations, first_asked: first, steps, not_asked }
}

/// What changed from one moment to the next; `None` where nothing did.
fn step(known: &Answers, before: &Moment, after: &Moment) -> Option<Step> {
    let step = Step {
        after: before.last,
        by: after.first,
        records: known.changes(&after.answers),
        appeared: after.posture.appeared_since(&before.posture, &before.answers),
        cleared: before.posture.appeared_since(&after.posture, &after.answers),
    };
    let is_empty = step.records.is_empty() && step.appeared.is_empty() && step.cleared.is_empty();
    (!is_empty).then_some(step)
}

/// Judges a kept conversation by the rules of today.
fn replay(held: Held, target: &Target, args: &Check) -> Option<Moment> {
    let mut target = target.clone();
    target.selectors.retain(|selector| {
        let place = target.domain.child("_domainkey").and_then(|below| selector.name.within(&below));
        place.is_ok_and(|place| held.answers.get(&Query::records(place, RecordType::Txt)).is_some())
    });
    let (mut nobody, mut answers) = (Immediate::new(not_kept), held.answers.clone());
    let settled = drive(&mut nobody, &mut answers, &Bounds::default(), |inquiry| posture(inquiry, &target));
    let mut posture = settled.value?;
    posture.findings.retain(|finding| !args.ignore.contains(&finding.check));
    Some(Moment { answers: held.answers, posture, first: Some(held.first), last: Some(held.last) })
}
