//! Who sends as a domain: stored traffic, grouped.
//!
//! A [`Collector`] takes every row of stored traffic and keeps one sum for each address and combination; it
//! then says which of them it has to know ([`Collector::combinations`], [`Collector::addresses`]) and groups
//! the sums. So what a row costs does not depend on what it is grouped by, and each distinct address and
//! combination is looked at once, however many records it stands in.

mod collect;
mod network;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

pub use collect::{Collector, Names};
pub(in crate::analysis) use collect::{GroupSums, different};
pub use network::{Network, Prefix};

use super::tally::Tally;
use crate::model::Period;
use crate::model::{Day, Name};

/// What sources are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    /// The source address.
    Address,
    /// The organisation that signed or sent, else the address's network: see [`Network`].
    Network,
    /// Who reported it.
    Reporter,
    /// The domain in the From header.
    HeaderFrom,
}

/// Who sends, by domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// What was grouped by.
    pub by: By,
    /// Which days.
    pub period: Period,
    /// What the steps of every trend are, where anything has a date.
    pub steps: Option<Steps>,
    /// One entry a policy domain, the busiest first.
    pub domains: Vec<DomainSources>,
}

/// Who sends as one policy domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainSources {
    /// The id of the policy domain.
    pub domain: u32,
    /// All of its messages.
    pub totals: Totals,
    /// Different reporters.
    pub reporters: u64,
    /// The groups, the busiest first.
    pub groups: Vec<SourceGroup>,
}

/// The messages of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceGroup {
    /// What its messages have in common.
    pub key: Key,
    /// Its messages.
    pub totals: Totals,
    /// Messages in each step of [`Sources::steps`] that has any, in order.
    pub trend: Vec<(u32, u64)>,
}

/// What the messages of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Key {
    /// The source address.
    Address(IpAddr),
    /// Who signed or sent.
    Network(Network),
    /// The reporter; `None` where it gives no name.
    Reporter(Option<Box<str>>),
    /// The domain in the From header; `None` where the reporter left it out.
    HeaderFrom(Option<Name>),
}

/// Sums over messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages and how they were judged.
    pub tally: Tally,
    /// Different source addresses.
    pub addresses: u64,
    /// The first day.
    pub first: Option<Day>,
    /// The last day.
    pub last: Option<Day>,
    /// Messages of reports over several days: they count for the first of these, so that a day column or a
    /// chart may mislead.
    pub multi_day: u64,
    /// Messages of reports without a usable date.
    pub undated: u64,
}

/// The steps of a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// The first day of the first step.
    pub from: Day,
    /// Days in a step.
    pub days: u32,
    /// How many steps there are.
    pub count: u32,
}

impl Steps {
    /// The most steps a trend has.
    pub const MOST: u32 = 30;
    /// The days a trend goes back where the period has no beginning: one report with an absurd date must not
    /// press everything else into one step.
    const OPEN_DAYS: i64 = 365;

    /// The steps that cover a period, or what is in it between `first` and `newest` where it has no ends.
    pub(in crate::analysis) fn of(period: Period, first: Day, newest: Day) -> Self {
        let to = period.to.unwrap_or(newest);
        let open = || first.max(to.plus(1 - Self::OPEN_DAYS));
        let from = period.from.unwrap_or_else(open).min(to);
        let all = u32::try_from(to.0.saturating_sub(from.0).saturating_add(1)).unwrap_or(u32::MAX);
        let days = all.div_ceil(Self::MOST).max(1);
        Self { from, days, count: all.div_ceil(days) }
    }

    /// The messages in each step that has any, in order, from those by day, in order.
    pub(in crate::analysis) fn trend(&self, volumes: &[(Day, u64)]) -> Vec<(u32, u64)> {
        let mut trend: Vec<(u32, u64)> = Vec::new();
        for &(day, messages) in volumes {
            let Some(step) = self.step(day) else { continue };
            match trend.last_mut() {
                Some((same, sum)) if *same == step => *sum = sum.saturating_add(messages),
                _ => trend.push((step, messages)),
            }
        }
        trend.shrink_to_fit();
        trend
    }

    /// The step a day lies in.
    pub(in crate::analysis) fn step(&self, day: Day) -> Option<u32> {
        let after = u32::try_from(day.0.checked_sub(self.from.0)?).ok()?;
        Some(after / self.days).filter(|&step| step < self.count)
    }
}
