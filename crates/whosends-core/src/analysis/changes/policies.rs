//! What was published, by what the reports of each day state.

use std::collections::{BTreeMap, HashMap};

use super::Windows;
use crate::model::words::{AlignmentMode, Policy, Testing};
use crate::model::{Day, Name, PolicyPublished};

/// A reporter's word counts for so many days: what it saw longer ago may have changed since.
const FRESH: i64 = 3;

/// The tags that are watched, in the order they are shown.
const TAGS: [&str; 7] = ["p", "sp", "np", "adkim", "aspf", "pct", "t"];

/// A tag of a published policy that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyChange {
    /// The policy domain.
    pub domain: Name,
    /// The day on which a report first stated the new value.
    pub day: Day,
    /// The tag.
    pub tag: &'static str,
    /// Its value before.
    pub from: String,
    /// Its value since.
    pub to: String,
}

/// What a policy says by tag, with what holds where a tag is absent: reporters differ in whether they state it.
type Values = [String; TAGS.len()];

/// Watches published policies over the days. Reporters see DNS at different times, and some leave tags out, so a
/// value holds where most of the reporters of the last days state it.
#[derive(Debug)]
pub struct PolicyWatch {
    windows: Windows,
    domains: BTreeMap<Name, BTreeMap<Day, HashMap<u32, Values>>>,
}

impl PolicyWatch {
    /// Nothing seen yet.
    #[must_use]
    pub const fn new(windows: Windows) -> Self {
        Self { windows, domains: BTreeMap::new() }
    }

    /// Takes what a report of a day states; of several reports of one reporter and day the last counts.
    pub fn add(&mut self, reporter: u32, day: Day, policy: &PolicyPublished) {
        let Windows { from, to } = self.windows;
        // What was said some days before tells what held when the period began.
        let earliest = self.windows.before().from.map_or(from, |before| before.min(from.plus(-FRESH)));
        if (earliest..=to).contains(&day) {
            let days = self.domains.entry(policy.domain.clone()).or_default();
            days.entry(day).or_default().insert(reporter, values(policy));
        }
    }

    /// The changes in the period, in the order of their days.
    #[must_use]
    pub fn finish(self) -> Vec<PolicyChange> {
        let mut changes: Vec<_> =
            self.domains.iter().flat_map(|(domain, days)| changes(domain, days, self.windows)).collect();
        changes.sort_by(|a, b| (a.day, &a.domain).cmp(&(b.day, &b.domain)));
        changes
    }
}

fn changes(domain: &Name, days: &BTreeMap<Day, HashMap<u32, Values>>, windows: Windows) -> Vec<PolicyChange> {
    let mut latest: HashMap<u32, (Day, &Values)> = HashMap::new();
    let mut held: Option<Values> = None;
    let mut found = Vec::new();
    for (&day, said) in days {
        latest.extend(said.iter().map(|(&reporter, values)| (reporter, (day, values))));
        latest.retain(|_, (last, _)| last.plus(FRESH) > day);
        let now = agreed(&latest, held.as_ref());
        if let Some(before) = held.as_ref().filter(|_| day >= windows.from) {
            found.extend(differing(before, &now).map(|at| PolicyChange {
                domain: domain.clone(),
                day: first_stated(days, day, (at, &now)),
                tag: TAGS[at],
                from: before[at].clone(),
                to: now[at].clone(),
            }));
        }
        held = Some(now);
    }
    found
}

/// The value of each tag that most reporters state; of several that as many do, the one that held before.
fn agreed(latest: &HashMap<u32, (Day, &Values)>, held: Option<&Values>) -> Values {
    std::array::from_fn(|at| {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, values) in latest.values() {
            *votes.entry(&values[at]).or_default() += 1;
        }
        let before = held.map(|held| held[at].as_str());
        let best = votes.into_iter().max_by_key(|&(value, count)| (count, Some(value) == before));
        best.map(|(value, _)| value.to_owned()).unwrap_or_default()
    })
}

/// The tags that differ. Where `sp` and `np` only follow the policy above them they say nothing of their own.
fn differing<'v>(before: &'v Values, now: &'v Values) -> impl Iterator<Item = usize> + 'v {
    let follows = |at: usize| {
        let above = at.checked_sub(1).filter(|_| at == 1 || at == 2);
        above.is_some_and(|above| before[at] == before[above] && now[at] == now[above])
    };
    (0..TAGS.len()).filter(move |&at| before[at] != now[at] && !follows(at))
}

/// The first of the last days on which a report stated the new value.
fn first_stated(days: &BTreeMap<Day, HashMap<u32, Values>>, day: Day, (tag, now): (usize, &Values)) -> Day {
    let mut recent = days.range(day.plus(1 - FRESH)..=day);
    let states = |said: &HashMap<u32, Values>| said.values().any(|values| values[tag] == now[tag]);
    recent.find(|(_, said)| states(said)).map_or(day, |(&first, _)| first)
}

fn values(policy: &PolicyPublished) -> Values {
    let p = policy.p.as_ref().map_or("not stated", Policy::as_str);
    let sp = policy.sp.as_ref().map_or(p, Policy::as_str);
    let np = policy.np.as_ref().map_or(sp, Policy::as_str);
    let mode = |mode: &Option<AlignmentMode>| mode.as_ref().map_or("r", AlignmentMode::as_str).to_owned();
    let testing = policy.testing.as_ref().map_or("n", Testing::as_str);
    [
        p.to_owned(),
        sp.to_owned(),
        np.to_owned(),
        mode(&policy.adkim),
        mode(&policy.aspf),
        policy.pct.unwrap_or(100).to_string(),
        testing.to_owned(),
    ]
}
