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
    pub(super) looks: &'a [Look],
    pub(super) answers: &'a Answers,
    pub(super) asked: Asked,
}

/// Shows what changed about each domain.
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
        domains.push(changes(keeper.history(name)?, target, look, now, args, from));
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
fn changes<'a>(
    history: Vec<Held>,
    target: &Target,
    look: &'a Look,
    answers: Answers,
    args: &Check,
    from: Option<i64>,
) -> Changes<'a> {
    let not_asked = answers.untold().map(|(query, why)| (query.clone(), why)).collect();
    let first = history.first().map(|held| held.first);
    let conversations = history.len();
    let mut known = Answers::new();
    let mut before: Option<Moment> = None;
    let mut steps = Vec::new();
    let now = Moment { answers, posture: look.domain.posture.clone(), first: None, last: None };
    for moment in history.into_iter().filter_map(|held| replay(held, target, args)).chain([now]) {
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
    Changes { posture: &look.domain.posture, conversations, first_asked: first, steps, not_asked }
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
