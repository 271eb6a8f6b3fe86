//! Bringing questions and answers together: evaluate, ask everything that is missing, evaluate again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use super::answer::{Answer, Failure, Outcome};
use super::answers::{Answers, Inquiry};
use super::query::Query;

/// Something that can answer questions, many of them at the same time.
pub trait Resolver {
    /// Begins to ask these questions, all at once. [`wait`](Self::wait) answers each of them once.
    fn ask(&mut self, queries: Vec<Query>);

    /// Waits until an answer is there, at most so long, and returns all that are.
    fn wait(&mut self, at_most: Duration) -> Arrived;
}

/// What a resolver brings back.
#[derive(Debug, Default)]
pub struct Arrived {
    /// Answers to questions asked before.
    pub answers: Vec<(Query, Answer)>,
    /// How long the wait took. The evaluation has no other clock.
    pub spent: Duration,
}

/// How long an evaluation may go on. What is then still missing counts as failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// How often a target is evaluated.
    pub rounds: u32,
    /// How long answers are waited for, for one target.
    pub time: Duration,
    /// How many targets are under way at the same time.
    pub at_once: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { rounds: 40, time: Duration::from_secs(20), at_once: 64 }
    }
}

/// The end of one target's evaluation.
#[derive(Debug)]
pub struct Settled<T> {
    /// What came out; `None` only from an evaluation that neither decides nor asks.
    pub value: Option<T>,
    /// Every question it looked up, answered or not.
    pub asked: BTreeSet<Query>,
    /// How often it was evaluated.
    pub rounds: u32,
    /// How long it waited for answers.
    pub spent: Duration,
}

/// Evaluates one target until it is decided: until `evaluate` returns a value.
pub fn drive<T>(
    resolver: &mut dyn Resolver,
    answers: &mut Answers,
    bounds: &Bounds,
    evaluate: impl Fn(&Inquiry<'_>) -> Option<T>,
) -> Settled<T> {
    let mut settled = Settled { value: None, asked: BTreeSet::new(), rounds: 0, spent: Duration::ZERO };
    drive_all(resolver, answers, bounds, [()], |(), inquiry| evaluate(inquiry), |(), _, end| settled = end);
    settled
}

/// Evaluates many targets side by side with one conversation: what one of them asks, none of the others
/// asks again. `done` is told of each as soon as it is decided, with the conversation so far.
pub fn drive_all<K, T>(
    resolver: &mut dyn Resolver,
    answers: &mut Answers,
    bounds: &Bounds,
    targets: impl IntoIterator<Item = K>,
    evaluate: impl Fn(&K, &Inquiry<'_>) -> Option<T>,
    done: impl FnMut(K, &Answers, Settled<T>),
) {
    let mut run = Run {
        resolver,
        answers,
        bounds,
        evaluate,
        done,
        now: Duration::ZERO,
        under_way: BTreeSet::new(),
        waiting: BTreeMap::new(),
        next: 0,
    };
    let mut targets = targets.into_iter();
    loop {
        while run.waiting.len() < run.bounds.at_once.max(1) {
            let Some(key) = targets.next() else { break };
            let started = run.now;
            run.step(Target { key, started, rounds: 0, missing: BTreeSet::new() });
        }
        if run.waiting.is_empty() {
            return;
        }
        run.wait();
    }
}

/// A target that is not decided yet.
struct Target<K> {
    key: K,
    /// When it was first evaluated.
    started: Duration,
    rounds: u32,
    /// What it waits for.
    missing: BTreeSet<Query>,
}

struct Run<'r, E, D, K> {
    resolver: &'r mut dyn Resolver,
    answers: &'r mut Answers,
    bounds: &'r Bounds,
    evaluate: E,
    done: D,
    /// The time spent waiting so far.
    now: Duration,
    /// Questions that were asked and not answered yet.
    under_way: BTreeSet<Query>,
    waiting: BTreeMap<u64, Target<K>>,
    next: u64,
}

impl<E, D, K, T> Run<'_, E, D, K>
where
    E: Fn(&K, &Inquiry<'_>) -> Option<T>,
    D: FnMut(K, &Answers, Settled<T>),
{
    /// Evaluates a target, and asks what it lacks.
    fn step(&mut self, mut target: Target<K>) {
        let inquiry = Inquiry::new(self.answers);
        let value = (self.evaluate)(&target.key, &inquiry);
        let (asked, missing) = inquiry.finish();
        target.rounds += 1;
        if value.is_some() || missing.is_empty() {
            let spent = self.now.saturating_sub(target.started);
            let settled = Settled { value, asked, rounds: target.rounds, spent };
            (self.done)(target.key, self.answers, settled);
            return;
        }
        target.missing = missing;
        if target.rounds >= self.bounds.rounds {
            self.give_up(target);
            return;
        }
        let new: Vec<_> = target.missing.difference(&self.under_way).cloned().collect();
        self.under_way.extend(new.iter().cloned());
        if !new.is_empty() {
            self.resolver.ask(new);
        }
        self.waiting.insert(self.next, target);
        self.next += 1;
    }

    /// Waits for answers, and evaluates every target that lacks none any more or has no time left.
    fn wait(&mut self) {
        let first_end = self.waiting.values().map(|target| target.started).min().unwrap_or_default();
        let left = first_end.saturating_add(self.bounds.time).saturating_sub(self.now);
        let arrived = self.resolver.wait(left);
        // A resolver that brings nothing and takes no time never will.
        let idle = arrived.answers.is_empty() && arrived.spent.is_zero();
        self.now = self.now.saturating_add(arrived.spent);
        for (query, answer) in arrived.answers {
            self.under_way.remove(&query);
            for target in self.waiting.values_mut() {
                target.missing.remove(&query);
            }
            self.answers.insert(query, answer);
        }
        let (now, time) = (self.now, self.bounds.time);
        let late = |target: &Target<K>| idle || now.saturating_sub(target.started) >= time;
        let ready: Vec<_> = self
            .waiting
            .extract_if(.., |_, target| target.missing.is_empty() || late(target))
            .map(|(_, target)| target)
            .collect();
        for target in ready {
            if target.missing.is_empty() { self.step(target) } else { self.give_up(target) }
        }
    }

    /// Evaluates a target for the last time: what it lacks has failed.
    fn give_up(&mut self, mut target: Target<K>) {
        let spent = self.now.saturating_sub(target.started);
        loop {
            let inquiry = Inquiry::new(self.answers).without(&target.missing);
            let value = (self.evaluate)(&target.key, &inquiry);
            let (asked, missing) = inquiry.finish();
            target.rounds += 1;
            // Each turn gives up more, and the rules ask a bounded number of questions.
            let last = missing.is_empty() || target.rounds > self.bounds.rounds.saturating_mul(2);
            if value.is_some() || last {
                let settled = Settled { value, asked, rounds: target.rounds, spent };
                (self.done)(target.key, self.answers, settled);
                return;
            }
            target.missing.extend(missing);
        }
    }
}

/// A resolver that knows every answer at once.
pub struct Immediate<F> {
    answer: F,
    waiting: Vec<Query>,
}

impl<F: FnMut(&Query) -> Answer> Immediate<F> {
    /// A resolver that answers with `answer`.
    pub const fn new(answer: F) -> Self {
        Self { answer, waiting: Vec::new() }
    }
}

/// The answer to what was not asked when a conversation was kept.
#[must_use]
pub fn not_kept(_: &Query) -> Answer {
    Outcome::Failed(Failure::NotSaved).into()
}

impl<F> fmt::Debug for Immediate<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Immediate").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

impl<F: FnMut(&Query) -> Answer> Resolver for Immediate<F> {
    fn ask(&mut self, queries: Vec<Query>) {
        self.waiting.extend(queries);
    }

    fn wait(&mut self, _at_most: Duration) -> Arrived {
        let asked = std::mem::take(&mut self.waiting);
        let answers = asked
            .into_iter()
            .map(|query| {
                let answer = (self.answer)(&query);
                (query, answer)
            })
            .collect();
        Arrived { answers, spent: Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{DnsName, Failure, Outcome, RecordType};

    fn name(index: u32) -> DnsName {
        DnsName::from_dotted(format!("n{index}.example")).unwrap()
    }

    /// Asks `wide` questions at once, and then one more in each of `deep` rounds.
    fn chain(inquiry: &Inquiry<'_>, wide: u32, deep: u32) -> Option<Vec<Option<Failure>>> {
        let first: Vec<_> = (0..wide).map(|index| inquiry.records(&name(index), RecordType::A)).collect();
        let mut failures = Vec::new();
        for answer in first {
            failures.push(answer?.failure());
        }
        for index in wide..wide + deep {
            failures.push(inquiry.records(&name(index), RecordType::A)?.failure());
        }
        Some(failures)
    }

    /// A resolver that takes a second for each wait, never answers about some names, and counts.
    #[derive(Default)]
    struct Slow {
        silent: BTreeSet<DnsName>,
        waiting: Vec<Query>,
        asked: usize,
    }

    impl Resolver for Slow {
        fn ask(&mut self, queries: Vec<Query>) {
            self.asked += queries.len();
            self.waiting.extend(queries.into_iter().filter(|query| !self.silent.contains(&query.name)));
        }

        fn wait(&mut self, at_most: Duration) -> Arrived {
            let answers = self.waiting.drain(..).map(|query| (query, Outcome::NoData.into())).collect();
            Arrived { answers, spent: at_most.min(Duration::from_secs(1)) }
        }
    }

    #[test]
    fn questions_of_a_round_go_out_together() {
        let (mut slow, mut answers) = (Slow::default(), Answers::new());
        let settled = drive(&mut slow, &mut answers, &Bounds::default(), |inquiry| chain(inquiry, 5, 2));
        assert_eq!((settled.rounds, settled.spent, slow.asked), (4, Duration::from_secs(3), 7));
        assert_eq!(settled.value.unwrap(), vec![None; 7]);
        assert_eq!((settled.asked.len(), answers.len()), (7, 7));
    }

    #[test]
    fn what_takes_too_long_or_too_many_rounds_has_failed() {
        let mut slow = Slow { silent: BTreeSet::from([name(1)]), ..Slow::default() };
        let mut answers = Answers::new();
        let settled = drive(&mut slow, &mut answers, &Bounds::default(), |inquiry| chain(inquiry, 3, 0));
        assert_eq!(settled.value.unwrap(), [None, Some(Failure::Deadline), None]);
        assert_eq!((settled.spent, answers.len()), (Duration::from_secs(20), 2));

        let (mut slow, bounds) = (Slow::default(), Bounds { rounds: 3, ..Bounds::default() });
        let settled = drive(&mut slow, &mut Answers::new(), &bounds, |inquiry| chain(inquiry, 0, 5));
        let late = Some(Failure::Deadline);
        assert_eq!(settled.value.unwrap(), [None, None, late, late, late]);
    }

    #[test]
    fn targets_share_one_conversation_and_none_waits_for_another() {
        let mut slow = Slow { silent: BTreeSet::from([name(9)]), ..Slow::default() };
        let mut answers = Answers::new();
        let bounds = Bounds { at_once: 3, ..Bounds::default() };
        let mut ends = Vec::new();
        drive_all(
            &mut slow,
            &mut answers,
            &bounds,
            [9, 1, 2, 1, 3],
            |index, inquiry| inquiry.records(&name(*index), RecordType::A).map(Answer::is_absent),
            |index, _, settled| ends.push((index, settled.value, settled.spent.as_secs())),
        );
        let known = Some(true);
        assert_eq!(ends, [(1, known, 1), (2, known, 1), (1, known, 0), (3, known, 1), (9, Some(false), 20)]);
        assert_eq!(slow.asked, 4);
    }
}
