//! From traffic to a verdict.

use crate::model::Day;
use crate::senders::{Class, ClassTotals, GroupRule, ServiceId, SourceKey, advice_for};

use super::gates::{Gate, GateKind, GateState, Measure, Step, Thresholds};
use super::measure::{at_least, at_most, part, share_of};
use super::outcome::{BrokenForwards, Losing, Quiet, Readiness, Verdict};
use super::silence::{OwnMail, Proof};
use super::situation::{ScoredSource, Situation};
use super::tally::{MONTH, QUARTER, SourceTraffic, age};

/// Judges whether a domain can take a step.
#[must_use]
pub fn assess(step: Step, thresholds: Thresholds, situation: &Situation<'_>) -> Readiness {
    let month = situation.tally.between(0, MONTH);
    let assessment = Assessment { thresholds, situation, month };
    let gates = assessment.gates();
    let quiet = assessment.quiet();
    Readiness {
        step,
        verdict: assessment.verdict(step, &gates),
        own_mail: situation.own_mail.clone(),
        in_force: assessment.is_in_force(step),
        thresholds,
        losing: assessment.losing(&gates),
        forwards: assessment.forwards(),
        gates,
        month,
        quiet,
    }
}

struct Assessment<'a> {
    thresholds: Thresholds,
    situation: &'a Situation<'a>,
    month: ClassTotals,
}

impl Assessment<'_> {
    fn legitimate(&self) -> u64 {
        self.month.of(Class::Aligned).saturating_add(self.month.of(Class::Misaligned))
    }

    fn sources(&self) -> impl Iterator<Item = &ScoredSource<'_>> {
        self.situation.sources.iter().filter(|source| !source.judgement.ignored)
    }

    fn sum(&self, part: fn(&SourceTraffic) -> u64) -> u64 {
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
        let aligned = self.month.of(Class::Aligned);
        let unknown = self.month.of(Class::Unknown);
        let by_dkim = aligned.saturating_sub(self.sum(|traffic| traffic.spf_only));
        let broken = self.sum(|traffic| traffic.broken);
        let relayed = self.month.of(Class::Forwarder);
        let mut forwards = at_most(
            GateKind::BrokenForwards,
            part(broken, self.legitimate().saturating_add(relayed)),
            Measure::Share(needs.broken_forwards),
        );
        if forwards.state == GateState::Fails && self.situation.waivers.list_loss {
            forwards.state = GateState::Waived;
        }
        vec![
            at_least(
                GateKind::PassRate,
                Measure::share(aligned, self.legitimate()),
                Measure::Share(needs.pass_rate),
            ),
            at_most(
                GateKind::UnknownShare,
                part(unknown, self.legitimate().saturating_add(unknown)),
                Measure::Share(needs.unknown),
            ),
            at_least(GateKind::DkimCover, Measure::share(by_dkim, aligned), Measure::Share(needs.dkim_cover)),
            forwards,
            self.trend_gate(),
        ]
    }

    /// How far the pass rate fell: the last seven days against the twenty-one before.
    fn trend_gate(&self) -> Gate {
        let rate = |totals: ClassTotals| {
            let (aligned, misaligned) = (totals.of(Class::Aligned), totals.of(Class::Misaligned));
            let all = aligned.saturating_add(misaligned);
            (all > 0).then(|| share_of(aligned, all))
        };
        let week = rate(self.situation.tally.between(0, 7));
        let before = rate(self.situation.tally.between(7, 28));
        let fell = match (week, before) {
            (Some(week), Some(before)) => before.saturating_sub(week),
            _ => 0,
        };
        at_most(GateKind::Trend, Measure::Share(fell), Measure::Share(self.thresholds.trend))
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
        Gate { kind: GateKind::Dns, state, measured, needed: Some(Measure::Count(0)), at_most: true }
    }

    /// A confirmed sender too much of whose mail fails.
    fn sender_fails(&self, source: &ScoredSource<'_>) -> bool {
        let traffic = source.traffic;
        let totals = if self.thresholds.sender_fortnight { traffic.fortnight } else { traffic.month };
        let (aligned, misaligned) = (totals.of(Class::Aligned), totals.of(Class::Misaligned));
        let all = aligned.saturating_add(misaligned);
        source.judgement.confirmed
            && !source.relayed
            && all >= self.thresholds.sender_messages
            && share_of(aligned, all) < self.thresholds.sender_pass_rate
    }

    /// A source that nothing decides, with fifty messages and half a percent of the owner's mail, on three days.
    fn is_large_unknown(&self, source: &ScoredSource<'_>) -> bool {
        let unknown = source.traffic.month.of(Class::Unknown);
        unknown >= 50.max(self.legitimate() / 200) && source.traffic.unknown_days() >= 3
    }

    /// A source that first came in the last week, that would lose mail, and that the owner has not looked at.
    fn is_new(&self, source: &ScoredSource<'_>) -> bool {
        let recent = age(source.traffic.first, self.situation.tally.newest()).is_some_and(|age| age < 7);
        let reviewed = matches!(source.judgement.rule, GroupRule::Decided(_));
        recent && !reviewed && at_stake(source.traffic) >= self.thresholds.sender_messages
    }

    fn is_unexplained(&self, source: &ScoredSource<'_>) -> bool {
        source.traffic.signs_with_your_key > self.thresholds.unexplained
    }

    fn is_in_force(&self, step: Step) -> bool {
        self.situation.policy.is_some_and(|policy| policy.has_taken(step))
    }

    fn verdict(&self, step: Step, gates: &[Gate]) -> Verdict {
        let fails = |about_data: bool| {
            gates.iter().any(|gate| gate.state == GateState::Fails && gate.kind.is_about_data() == about_data)
        };
        if self.is_in_force(step) {
            return self.in_force(gates);
        }
        // Whoever has DNS asked wants its answer in the verdict.
        if self.situation.dns_unanswered {
            return Verdict::NotEnoughData;
        }
        match (self.situation.own_mail, step) {
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

    fn losing(&self, gates: &[Gate]) -> Vec<Losing> {
        if self.situation.own_mail.proof().is_some() {
            return Vec::new();
        }
        let unknown = self.month.of(Class::Unknown);
        let all = self.legitimate().saturating_add(unknown);
        let fails =
            |kind: GateKind| gates.iter().any(|gate| gate.kind == kind && gate.state == GateState::Fails);
        let mut losing: Vec<_> = self
            .sources()
            .filter(|source| at_stake(source.traffic) > 0)
            .map(|source| Losing {
                source: source.source.clone(),
                domain: source.domain,
                class: source.judgement.class,
                rule: source.judgement.rule.clone(),
                misaligned: source.traffic.month.of(Class::Misaligned),
                unknown: source.traffic.month.of(Class::Unknown),
                share: part(at_stake(source.traffic), all),
                last_seen: self.days_since(source.traffic.last),
                blocks: self.blocks(source).into_iter().filter(|&kind| fails(kind)).collect(),
                advice: advice_for(
                    &source.source,
                    source.judgement.confirmed,
                    self.situation.domain,
                    self.situation.catalogue,
                ),
            })
            .collect();
        let stake = |losing: &Losing| losing.misaligned.saturating_add(losing.unknown);
        losing.sort_by(|a, b| stake(b).cmp(&stake(a)).then_with(|| a.source.cmp(&b.source)));
        losing
    }

    /// The gates a source speaks against.
    fn blocks(&self, source: &ScoredSource<'_>) -> Vec<GateKind> {
        let month = &source.traffic.month;
        let against = [
            (month.of(Class::Misaligned) > 0, GateKind::PassRate),
            (self.sender_fails(source), GateKind::EachSender),
            (month.of(Class::Unknown) > 0, GateKind::UnknownShare),
            (self.is_large_unknown(source), GateKind::UnknownSource),
            (source.traffic.spf_only > 0, GateKind::DkimCover),
            (self.is_new(source), GateKind::NewSource),
            (self.is_unexplained(source), GateKind::SignsWithYourKey),
        ];
        against.into_iter().filter(|(holds, _)| *holds).map(|(_, kind)| kind).collect()
    }

    fn days_since(&self, day: Day) -> u64 {
        age(day, self.situation.tally.newest()).and_then(|age| u64::try_from(age).ok()).unwrap_or(0)
    }

    fn forwards(&self) -> BrokenForwards {
        let broken = self.sum(|traffic| traffic.broken);
        let mut sources: Vec<_> = self
            .sources()
            .filter(|source| source.traffic.broken > 0)
            .map(|source| (source.source.clone(), source.traffic.broken))
            .collect();
        sources.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let intact = self.month.of(Class::Forwarder).saturating_sub(broken);
        BrokenForwards { intact, broken, sources }
    }

    /// Services that are expected to send and of which the quarter shows nothing.
    fn quiet(&self) -> Vec<Quiet> {
        let seen = |service: ServiceId| {
            let key = SourceKey::Service(service);
            self.situation.sources.iter().any(|source| source.source == key && !source.relayed)
        };
        let expected = self.situation.expected.iter().filter(|(service, _)| !seen(*service));
        let mut quiet: Vec<_> = expected.map(|&(service, last)| Quiet { service, last }).collect();
        quiet.sort_by_key(|quiet| quiet.service);
        quiet.dedup();
        quiet
    }
}

/// The messages of a source that enforcing would lose, or might.
fn at_stake(traffic: &SourceTraffic) -> u64 {
    traffic.month.of(Class::Misaligned).saturating_add(traffic.month.of(Class::Unknown))
}
