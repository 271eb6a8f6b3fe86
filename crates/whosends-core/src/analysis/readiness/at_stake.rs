//! Who would lose mail, and what else is at stake.

use std::collections::BTreeSet;

use crate::model::Day;
use crate::senders::{Advice, Class, advice_for};

use super::assess::Assessment;
use super::gates::{Gate, GateKind, GateState};
use super::measure::nearest;
use super::outcome::{Broken, BrokenForwards, Losing, Quiet, SpfOnly, Stopped};
use super::silence::is_steady;
use super::situation::ScoredSource;
use super::tally::age;

impl Assessment<'_> {
    /// The sources that would lose mail, the one with most at stake first. Mail that passes is never among it.
    pub(super) fn losing(&self, gates: &[Gate]) -> Vec<Losing> {
        if self.situation.own_mail.proof().is_some() {
            return Vec::new();
        }
        let all = self.weight.own().saturating_add(self.weight.unknown);
        let failing: BTreeSet<GateKind> =
            gates.iter().filter(|gate| gate.state == GateState::Fails).map(|gate| gate.kind).collect();
        let at_stake = self.sources().filter(|source| self.weight_of(source).at_stake() > 0);
        let mut losing: Vec<_> = at_stake
            .map(|source| {
                let weight = self.weight_of(source);
                Losing {
                    source: source.source.clone(),
                    domain: source.domain,
                    class: source.judgement.class,
                    rule: source.judgement.rule.clone(),
                    misaligned: weight.misaligned,
                    unknown: weight.unknown,
                    share: nearest(weight.at_stake(), all),
                    last_seen: self.days_since(source.traffic.last),
                    blocks: self.blocks(source).into_iter().filter(|kind| failing.contains(kind)).collect(),
                    advice: self.advice(source),
                }
            })
            .collect();
        let stake = |losing: &Losing| losing.misaligned.saturating_add(losing.unknown);
        losing.sort_by(|a, b| stake(b).cmp(&stake(a)).then_with(|| a.source.cmp(&b.source)));
        losing
    }

    fn advice(&self, source: &ScoredSource<'_>) -> Advice {
        let (domain, catalogue) = (self.situation.domain, self.situation.catalogue);
        advice_for(&source.source, source.judgement.confirmed, domain, catalogue)
    }

    fn days_since(&self, day: Day) -> u64 {
        age(day, self.situation.tally.newest()).and_then(|age| u64::try_from(age).ok()).unwrap_or(0)
    }

    /// What forwarders and lists would lose.
    pub(super) fn forwards(&self) -> BrokenForwards {
        let broken = self.sum(|traffic| traffic.broken);
        let mut sources: Vec<_> = self
            .sources()
            .filter(|source| source.traffic.broken > 0)
            .map(|source| Broken {
                source: source.source.clone(),
                signed_by: source.signed_by.clone(),
                messages: source.traffic.broken,
            })
            .collect();
        sources.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.source.cmp(&b.source)));
        let intact = self.month.of(Class::Forwarder).saturating_sub(broken);
        BrokenForwards { intact, broken, sources }
    }

    /// The senders whose mail passes by SPF alone.
    pub(super) fn spf_only(&self) -> Vec<SpfOnly> {
        let mut found: Vec<_> = self
            .sources()
            .filter(|source| source.traffic.spf_only > 0)
            .map(|source| SpfOnly {
                source: source.source.clone(),
                messages: source.traffic.spf_only,
                advice: self.advice(source),
            })
            .collect();
        found.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.source.cmp(&b.source)));
        found
    }

    /// The sources that the owner's own SPF record refuses, day for day from the same few addresses.
    pub(super) fn stopped(&self) -> Vec<Stopped> {
        let mut found: Vec<_> = self
            .sources()
            .filter(|source| source.judgement.decision.is_none() && is_steady(source))
            .map(|source| Stopped {
                source: source.source.clone(),
                messages: source.traffic.month.of(Class::Unauthorised),
                days: source.traffic.recent_days(),
            })
            .collect();
        found.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.source.cmp(&b.source)));
        found
    }

    /// Services that are expected to send and of which the quarter shows nothing.
    pub(super) fn quiet(&self) -> Vec<Quiet> {
        let expected = self.situation.expected.iter();
        let expected = expected.filter(|(service, _)| !self.situation.seen.contains(service));
        let mut quiet: Vec<_> = expected.map(|&(service, last)| Quiet { service, last }).collect();
        quiet.sort_by_key(|quiet| quiet.service);
        quiet.dedup();
        quiet
    }
}
