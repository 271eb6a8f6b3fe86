//! From traffic to a verdict.

use crate::senders::{Class, ClassTotals, Decision};

use super::gates::{Gate, GateKind, GateState, Measure, Step, Thresholds, WHOLE};
use super::measure::{at_least, at_most, large_part, share_of, small_part};
use super::outcome::{Readiness, Verdict};
use super::silence::{OwnMail, Proof};
use super::situation::{ScoredSource, Situation};
use super::tally::{MONTH, Outcomes, QUARTER, SourceTraffic, age};
use super::weight::Weight;

/// So many more failing messages than were to be expected are no chance.
const CHANCE: u64 = 3;

/// Judges whether a domain can take a step.
#[must_use]
pub fn assess(step: Step, thresholds: Thresholds, situation: &Situation<'_>) -> Readiness {
    let month = situation.tally.between(0, MONTH);
    let newest = situation.tally.newest();
    let live = situation.sources.iter().filter(|source| !source.judgement.ignored);
    let weight = live.fold(Weight::default(), |sum, source| sum.plus(Weight::of(source, newest)));
    let assessment = Assessment { step, thresholds, situation, month, weight };
    let gates = assessment.gates();
    let then = assessment.verdict(&gates);
    let is_outdated = situation.currency.is_outdated();
    Readiness {
        step,
        verdict: if is_outdated { Verdict::NotEnoughData } else { then },
        was: is_outdated.then_some(then),
        own_mail: situation.own_mail.clone(),
        in_force: assessment.is_in_force(),
        thresholds,
        losing: assessment.losing(&gates),
        own: weight.own(),
        unknown: weight.unknown,
        forwards: assessment.forwards(),
        spf_only: assessment.spf_only(),
        stopped: assessment.stopped(),
        quiet: assessment.quiet(),
        gates,
        month,
    }
}

pub(super) struct Assessment<'a> {
    step: Step,
    thresholds: Thresholds,
    pub(super) situation: &'a Situation<'a>,
    pub(super) month: ClassTotals,
    /// What all sources weigh together.
    pub(super) weight: Weight,
}

impl Assessment<'_> {
    fn legitimate(&self) -> u64 {
        self.month.of(Class::Aligned).saturating_add(self.month.of(Class::Misaligned))
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &ScoredSource<'_>> {
        self.situation.sources.iter().filter(|source| !source.judgement.ignored)
    }

    pub(super) fn weight_of(&self, source: &ScoredSource<'_>) -> Weight {
        Weight::of(source, self.situation.tally.newest())
    }

    pub(super) fn sum(&self, part: fn(&SourceTraffic) -> u64) -> u64 {
        self.sources().fold(0, |sum, source| sum.saturating_add(part(source.traffic)))
    }

    fn gates(&self) -> Vec<Gate> {
        if let Some(proof) = self.situation.own_mail.proof() {
            return self.gates_of(proof);
        }
        let mut gates = self.data_gates();
        gates.extend(self.rate_gates());
        gates.extend(self.source_gates());
        gates.push(self.dns_gate());
        gates
    }

    /// What the verdict on a domain rests on that sends nothing: no share of its mail, as there is none.
    fn gates_of(&self, proof: Proof) -> Vec<Gate> {
        match proof {
            Proof::Declared => Vec::new(),
            Proof::Reports { .. } => self.thresholds.data_gates(self.situation.coverage).into(),
        }
    }

    fn data_gates(&self) -> Vec<Gate> {
        let Thresholds { low_volume_days, trial_days, .. } = self.thresholds;
        let mut messages = at_least(
            GateKind::LegitimateMessages,
            Measure::Count(self.legitimate()),
            Measure::Count(self.thresholds.legitimate_messages),
        );
        if self.situation.coverage.covered_days as u64 >= low_volume_days && self.sent_in_quarter() > 0 {
            // A domain that sends little has been watched for long enough instead.
            messages.state = GateState::Holds;
        }
        let trial = self.situation.policy.map_or(0, |policy| policy.trial_days);
        let mut trial = at_least(GateKind::TrialDays, Measure::Count(trial), Measure::Count(trial_days));
        if trial.state == GateState::Fails && self.situation.waivers.trial {
            trial.state = GateState::Waived;
        }
        let mut gates = Vec::from(self.thresholds.data_gates(self.situation.coverage));
        gates.extend([messages, trial]);
        gates
    }

    fn rate_gates(&self) -> Vec<Gate> {
        let needs = self.thresholds;
        let Weight { aligned, unknown, .. } = self.weight;
        let own = self.weight.own();
        let passing = self.month.of(Class::Aligned);
        let by_dkim = passing.saturating_sub(self.sum(|traffic| traffic.spf_only));
        let relayed = self.legitimate().saturating_add(self.month.of(Class::Forwarder));
        let broken = (self.sum(|traffic| traffic.broken), relayed);
        let mut forwards = small_part(GateKind::BrokenForwards, broken, needs.broken_forwards);
        if forwards.state == GateState::Fails && self.situation.waivers.list_loss {
            forwards.state = GateState::Waived;
        }
        // Few domains have mail from subdomains: one forged message must not be all of it.
        let base = if self.step.is_about_the_domain() { own } else { own.max(self.situation.own_messages) };
        vec![
            large_part(GateKind::PassRate, (aligned, own), needs.pass_rate),
            small_part(GateKind::UnknownShare, (unknown, base.saturating_add(unknown)), needs.unknown),
            large_part(GateKind::DkimCover, (by_dkim, passing), needs.dkim_cover),
            forwards,
            self.trend_gate(),
        ]
    }

    /// How far the pass rate fell: the last seven days against the twenty-one before. Only what passed once can fail
    /// anew.
    fn trend_gate(&self) -> Gate {
        let mut sums = [Outcomes::default(); 2];
        for source in self.sources().filter(|source| has_passed(source)) {
            for (sum, part) in sums.iter_mut().zip([source.traffic.week, source.traffic.before]) {
                let part = part.all_owned();
                sum.passing = sum.passing.saturating_add(part.passing);
                sum.failing = sum.failing.saturating_add(part.failing);
            }
        }
        let [week, before] = sums;
        let fell = rate(before).zip(rate(week)).map_or(0, |(before, week)| before.saturating_sub(week));
        let fell = if exceeds_chance(week, before) { fell } else { 0 };
        let needed = Measure::Share(self.thresholds.trend);
        Gate { base: Some(all(week)), ..at_most(GateKind::Trend, Measure::Share(fell), needed) }
    }

    fn source_gates(&self) -> Vec<Gate> {
        let count = |blocks: fn(&Self, &ScoredSource<'_>) -> bool| {
            Measure::Count(self.sources().filter(|source| blocks(self, source)).count() as u64)
        };
        let none = Measure::Count(0);
        vec![
            at_most(GateKind::EachSender, count(Self::sender_fails), none),
            at_most(GateKind::UnknownSource, count(Self::is_large_unknown), none),
            at_most(GateKind::NewSource, count(Self::is_new), none),
            at_most(GateKind::SignsWithYourKey, count(Self::is_unexplained), none),
        ]
    }

    fn dns_gate(&self) -> Gate {
        let (state, measured) = match self.situation.dns {
            None => (GateState::Unknown, None),
            Some(dns) if dns.problems.is_empty() => (GateState::Holds, Some(Measure::Count(0))),
            Some(dns) => (GateState::Fails, Some(Measure::Count(dns.problems.len() as u64))),
        };
        let needed = Some(Measure::Count(0));
        Gate { kind: GateKind::Dns, state, measured, needed, at_most: true, base: None }
    }

    /// A confirmed sender too much of whose mail fails. What the owner calls theirs and of which nothing passes counts
    /// however little it is: a monthly payroll is a dozen messages.
    fn sender_fails(&self, source: &ScoredSource<'_>) -> bool {
        let recent = age(source.traffic.last, self.situation.tally.newest()).is_some_and(|age| age < MONTH);
        let weight = match self.thresholds.sender_fortnight && recent {
            true => Weight {
                aligned: source.traffic.fortnight.of(Class::Aligned),
                misaligned: source.traffic.fortnight.of(Class::Misaligned),
                unknown: 0,
            },
            false => self.weight_of(source),
        };
        let is_declared = source.judgement.decision == Some(Decision::Authorised);
        let counts = weight.own() >= self.thresholds.sender_messages
            || (is_declared && weight.aligned == 0 && weight.misaligned > 0);
        source.judgement.confirmed
            && !source.relayed
            && counts
            && share_of(weight.aligned, weight.own()) < self.thresholds.sender_pass_rate
    }

    /// A source that nothing decides, with fifty messages and half a percent of the owner's mail, on three days.
    fn is_large_unknown(&self, source: &ScoredSource<'_>) -> bool {
        let unknown = source.traffic.failing_unknown();
        unknown >= 50.max(self.legitimate() / 200) && source.traffic.unknown_days() >= 3
    }

    /// A service, or another organisation, whose failing mail first came in the last week, and that the owner has not
    /// looked at: most likely somebody in the house has just begun to use it.
    fn is_new(&self, source: &ScoredSource<'_>) -> bool {
        let recent = age(source.traffic.first, self.situation.tally.newest()).is_some_and(|age| age < 7);
        let reviewed = source.judgement.decision.is_some();
        recent && !reviewed && source.source.has_a_name() && self.weight_of(source).at_stake() > 0
    }

    fn is_unexplained(&self, source: &ScoredSource<'_>) -> bool {
        source.traffic.signs_with_your_key > self.thresholds.unexplained
    }

    /// The gates a source speaks against.
    pub(super) fn blocks(&self, source: &ScoredSource<'_>) -> Vec<GateKind> {
        let weight = self.weight_of(source);
        let week = source.traffic.week.all_owned();
        let falls =
            has_passed(source) && rate(week) < rate(source.traffic.before.all_owned()).or(Some(WHOLE));
        let against = [
            (weight.misaligned > 0, GateKind::PassRate),
            (self.sender_fails(source), GateKind::EachSender),
            (weight.unknown > 0, GateKind::UnknownShare),
            (self.is_large_unknown(source), GateKind::UnknownSource),
            (source.traffic.spf_only > 0, GateKind::DkimCover),
            (self.is_new(source), GateKind::NewSource),
            (self.is_unexplained(source), GateKind::SignsWithYourKey),
            (falls && week.failing > 0, GateKind::Trend),
        ];
        against.into_iter().filter(|(holds, _)| *holds).map(|(_, kind)| kind).collect()
    }

    fn is_in_force(&self) -> bool {
        self.situation.policy.is_some_and(|policy| policy.has_taken(self.step))
    }

    fn verdict(&self, gates: &[Gate]) -> Verdict {
        let fails = |about_data: bool| {
            gates.iter().any(|gate| gate.state == GateState::Fails && gate.kind.is_about_data() == about_data)
        };
        if self.is_in_force() {
            return self.in_force(gates);
        }
        // Whoever has DNS asked wants its answer in the verdict.
        if self.situation.dns_unanswered {
            return Verdict::NotEnoughData;
        }
        match (self.situation.own_mail, self.step) {
            (OwnMail::None(_), _) => return Verdict::Ready,
            (OwnMail::NothingPasses(suspects), Step::Quarantine | Step::Reject) => {
                let sees_enough = self.thresholds.data_gates(self.situation.coverage);
                let sees_enough = sees_enough.iter().all(|gate| gate.state == GateState::Holds);
                return match sees_enough && !suspects.is_empty() {
                    true => Verdict::NotReady,
                    false => Verdict::NotEnoughData,
                };
            }
            _ => {}
        }
        match (fails(true), fails(false)) {
            (true, _) => Verdict::NotEnoughData,
            (false, true) => Verdict::NotReady,
            (false, false) => Verdict::Ready,
        }
    }

    /// What a policy that is in force does.
    fn in_force(&self, gates: &[Gate]) -> Verdict {
        let fails =
            |kind: GateKind| gates.iter().any(|gate| gate.kind == kind && gate.state == GateState::Fails);
        let seen = [GateKind::CoveredDays, GateKind::LargeReporters, GateKind::LargeReporterAge];
        match self.situation.own_mail {
            _ if fails(GateKind::Trend) => Verdict::Regressed,
            _ if fails(GateKind::PassRate) || fails(GateKind::EachSender) => Verdict::NotReady,
            _ if seen.into_iter().any(fails) => Verdict::NotEnoughData,
            OwnMail::NothingPasses(suspects) if suspects.is_empty() => Verdict::NotEnoughData,
            OwnMail::NothingPasses(_) => Verdict::NotReady,
            OwnMail::Passes | OwnMail::None(_) => Verdict::Enforced,
        }
    }

    fn sent_in_quarter(&self) -> u64 {
        let quarter = self.situation.tally.between(0, QUARTER);
        quarter.of(Class::Aligned).saturating_add(quarter.of(Class::Misaligned))
    }
}

/// Whether mail of a source passed before the last week, and no more failed in its place that nothing decides.
fn has_passed(source: &ScoredSource<'_>) -> bool {
    let traffic = source.traffic;
    let before = traffic.quarter.of(Class::Aligned).saturating_sub(traffic.week.passing);
    !source.relayed && before > 0 && before >= traffic.before.unknown
}

const fn all(outcomes: Outcomes) -> u64 {
    outcomes.passing.saturating_add(outcomes.failing)
}

fn rate(outcomes: Outcomes) -> Option<u64> {
    let all = all(outcomes);
    (all > 0).then(|| share_of(outcomes.passing, all))
}

/// Whether more fails than chance explains, by what failed before.
fn exceeds_chance(week: Outcomes, before: Outcomes) -> bool {
    let expected = u128::from(before.failing) * u128::from(all(week)) / u128::from(all(before).max(1));
    u128::from(week.failing) >= expected + u128::from(CHANCE)
}
