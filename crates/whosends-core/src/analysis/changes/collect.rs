//! From judged records to what changed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use foldhash::quality::RandomState;

use super::rhythm::Rhythm;
use super::senders::{Comparable, Covered};
use super::{Change, Changes, Lag, SenderChange, SilentReporter, Windows, dated, thresholds};
use crate::analysis::attribution::{Judged, JudgedGroup, JudgedPair};
use crate::analysis::sources::Names;
use crate::analysis::tally::Tally;
use crate::model::{Combination, CombinationId, Day, Judged as Verdicts};
use crate::senders::Class;

type Map<K, V> = HashMap<K, V, RandomState>;

/// The most senders that are kept.
const MOST: usize = 1000;

/// Takes the judged records of all days that are looked at, and compares the period with the one before.
#[derive(Debug)]
pub struct Comparison<'n> {
    names: &'n Names,
    windows: Windows,
    /// Reporters of one name are one.
    same: Map<u32, u32>,
    reporters: Map<u32, Reporter>,
    senders: Vec<SenderChange>,
    first: Option<Day>,
}

#[derive(Debug, Default)]
struct Reporter {
    rhythm: Rhythm,
    messages: u64,
}

/// The mail of one group of a domain in both periods.
#[derive(Debug, Default)]
struct Group {
    now: Tally,
    before: Tally,
    comparable: Comparable,
    /// Whether somebody who saw it reports in the period.
    still_covered: bool,
}

/// A domain's reports.
#[derive(Debug, Default)]
struct Reports {
    /// The reporter of each report, and its days in both periods.
    by: Vec<(u32, Covered)>,
    /// The messages of each report.
    messages: Vec<u64>,
    first: Option<Day>,
}

impl<'n> Comparison<'n> {
    /// Nothing yet.
    #[must_use]
    pub fn new(names: &'n Names, windows: Windows) -> Self {
        let mut first: HashMap<Option<&str>, u32> = HashMap::new();
        let mut ids: Vec<u32> = names.reporters.keys().copied().collect();
        ids.sort_unstable();
        let same = ids.into_iter().map(|id| {
            let name = names.reporters.get(&id).map(AsRef::as_ref);
            (id, *first.entry(name).or_insert(id))
        });
        let (same, reporters) = (same.collect(), Map::default());
        Self { names, windows, same, reporters, senders: Vec::new(), first: None }
    }

    /// Takes the records of a domain.
    pub fn add(&mut self, judged: &Judged<'_>) {
        let mut reports = self.reports(judged);
        let mut verdicts: Map<CombinationId, Verdicts> = Map::default();
        let nothing = Combination::default();
        let mut messages_now: u64 = 0;
        let mut changed = Vec::new();
        for judged_group in judged.groups() {
            let mut group = Group::default();
            for pair in judged_group.pairs() {
                let said = *verdicts.entry(pair.combination).or_insert_with(|| {
                    Verdicts::of(self.names.combinations.get(&pair.combination).unwrap_or(&nothing))
                });
                self.add_pair(&pair, said, &mut reports, &mut group);
            }
            messages_now = messages_now.saturating_add(group.now.messages);
            changed.extend(self.sender(judged.id, &judged_group, group));
        }
        for (&(reporter, _), messages) in reports.by.iter().zip(&reports.messages) {
            if let Some(known) = self.reporters.get_mut(&reporter) {
                known.messages = known.messages.saturating_add(*messages);
            }
        }
        self.first = [self.first, reports.first].into_iter().flatten().min();
        // Of a domain that nothing was known of before, everything would be new.
        if reports.first.is_some_and(|first| first < self.windows.from) {
            let weighed = changed.into_iter().map(|sender| SenderChange {
                minor: sender.minor || (!sender.source.is_named() && is_little(&sender, messages_now)),
                ..sender
            });
            self.senders.extend(weighed);
        }
    }

    /// Looks at the reports of a domain: who reports on which days.
    fn reports(&mut self, judged: &Judged<'_>) -> Reports {
        let mut covered: Map<u32, Rhythm> = Map::default();
        let mut first: Option<Day> = None;
        let by: Vec<u32> = judged
            .reports()
            .map(|(reporter, day)| {
                let reporter = self.same.get(&reporter).copied().unwrap_or(reporter);
                if let Some(day) = day {
                    covered.entry(reporter).or_default().add(day);
                    first = Some(first.map_or(day, |first| first.min(day)));
                }
                reporter
            })
            .collect();
        for (reporter, rhythm) in &covered {
            self.reporters.entry(*reporter).or_default().rhythm.merge(rhythm);
        }
        let covered: Map<u32, Covered> =
            covered.into_iter().map(|(reporter, rhythm)| (reporter, self.covered(&rhythm))).collect();
        let days = |reporter| covered.get(&reporter).copied().unwrap_or_default();
        let messages = vec![0; by.len()];
        Reports { by: by.into_iter().map(|reporter| (reporter, days(reporter))).collect(), messages, first }
    }

    /// Adds the records of an address and combination to their group, and to their reports.
    fn add_pair(&self, pair: &JudgedPair<'_>, said: Verdicts, reports: &mut Reports, group: &mut Group) {
        let start = self.windows.before().from;
        let (mut now, mut before) = ((0u64, 0u64), (0u64, 0u64));
        for row in pair.rows() {
            let Some(day) = row.traffic.day else { continue };
            let messages = row.traffic.messages;
            let Some(&(reporter, covered)) = reports.by.get(row.report) else { continue };
            if let Some(all) = reports.messages.get_mut(row.report) {
                *all = all.saturating_add(messages);
            }
            group.still_covered |= covered.now > 0;
            let (all, comparable) = match day {
                day if day >= self.windows.from => &mut now,
                day if Some(day) >= start => {
                    if covered.both() {
                        group.comparable.expect(reporter, covered, messages);
                    }
                    &mut before
                }
                _ => continue,
            };
            *all = all.saturating_add(messages);
            if covered.both() {
                *comparable = comparable.saturating_add(messages);
            }
        }
        group.now.add(said, now.0);
        group.before.add(said, before.0);
        group.comparable.add(said, now.1, before.1);
    }

    /// What changed.
    #[must_use]
    pub fn finish(mut self) -> Changes {
        let size = |sender: &SenderChange| sender.now.messages.max(sender.before.messages);
        self.senders.sort_by(|a, b| {
            let rank = |sender: &SenderChange| (sender.minor, Reverse(size(sender)), sender.domain);
            rank(a).cmp(&rank(b)).then_with(|| a.source.cmp(&b.source))
        });
        self.senders.truncate(MOST);
        let looked_back_to = self.first.filter(|&first| first < self.windows.from);
        let (silent, lag) = (self.silent(), self.lag());
        Changes { windows: self.windows, looked_back_to, senders: self.senders, silent, lag }
    }

    fn covered(&self, rhythm: &Rhythm) -> Covered {
        let Windows { from, to } = self.windows;
        let before = self.windows.before().from.unwrap_or(from);
        let count = |from, to| rhythm.within(from, to) as u64;
        Covered { now: count(from, to), before: count(before, from.plus(-1)) }
    }

    fn sender(&self, domain: u32, judged: &JudgedGroup<'_>, group: Group) -> Option<SenderChange> {
        let Group { now, before, comparable, still_covered } = group;
        let (first, last) = judged.sums.days?;
        let Windows { from, to } = self.windows;
        let is_gone = || {
            let days = judged.sums.volumes();
            let messages = days.iter().fold(0u64, |sum, (_, messages)| sum.saturating_add(*messages));
            let rhythm: Rhythm = days.into_iter().map(|(day, _)| day).collect();
            messages >= thresholds::TRACE
                && rhythm.fell_silent(to, self.windows.days(), thresholds::GONE_DAYS)
        };
        let compared = comparable.finish();
        let changes = if first >= from {
            Vec::from_iter((now.messages >= thresholds::TRACE).then_some(Change::New))
        } else if last < from && still_covered && is_gone() {
            vec![Change::Gone]
        } else {
            compared.changes()
        };
        if changes.is_empty() {
            return None;
        }
        let judgement = judged.judgement.clone();
        let since =
            dated::since(&changes, (first, last), (&now, &before), self.windows, || self.daily(judged));
        // That strangers do less in the owner's name needs nobody's attention.
        let subsides = changes.iter().all(|change| matches!(change, Change::Less | Change::Gone));
        let minor = judgement.class == Class::Unauthorised && subsides;
        Some(SenderChange {
            domain,
            source: judged.source().clone(),
            relayed: judged.key.relayed,
            judgement,
            changes,
            now,
            before,
            expected: compared.expected,
            seen: (first, last),
            since,
            minor,
        })
    }

    /// The mail of each day of the period.
    fn daily(&self, judged: &JudgedGroup<'_>) -> BTreeMap<Day, Tally> {
        let mut days: BTreeMap<Day, Tally> = BTreeMap::new();
        let nothing = Combination::default();
        for pair in judged.pairs() {
            let said = Verdicts::of(self.names.combinations.get(&pair.combination).unwrap_or(&nothing));
            for row in pair.rows() {
                if let Some(day) = row.traffic.day.filter(|day| *day >= self.windows.from) {
                    days.entry(day).or_default().add(said, row.traffic.messages);
                }
            }
        }
        days
    }

    fn silent(&self) -> Vec<SilentReporter> {
        let Windows { from, to } = self.windows;
        let fell_silent = |reporter: &&Reporter| {
            reporter.rhythm.fell_silent(to, self.windows.days(), thresholds::REPORTER_DAYS)
        };
        let found = self.reporters.iter().filter(|(_, reporter)| fell_silent(reporter));
        let mut found: Vec<_> = found
            .filter_map(|(id, reporter)| {
                let (first, last) = reporter.rhythm.ends()?;
                (last < from).then(|| SilentReporter {
                    reporter: self.names.reporters.get(id).cloned(),
                    last,
                    days: reporter.rhythm.within(first, last) as u64,
                    messages: reporter.messages,
                })
            })
            .collect();
        found.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.reporter.cmp(&b.reporter)));
        found
    }

    fn lag(&self) -> Lag {
        let Windows { to, .. } = self.windows;
        let half = u64::try_from(self.windows.days()).unwrap_or(0).div_ceil(2);
        let regular = || {
            self.reporters
                .iter()
                .filter(move |(_, reporter)| self.covered(&reporter.rhythm).before >= half.max(1))
        };
        let is_late = |reporter: &Reporter| {
            self.covered(&reporter.rhythm).now > 0 && reporter.rhythm.within(to, to) == 0
        };
        let late = regular().filter(|(_, reporter)| is_late(reporter));
        let mut late: Vec<_> = late.map(|(id, _)| self.names.reporters.get(id).cloned()).collect();
        late.sort_unstable();
        Lag { regular: regular().count() as u64, late }
    }
}

/// Whether a sender has little of a domain's mail.
fn is_little(sender: &SenderChange, messages_now: u64) -> bool {
    sender.now.messages.max(sender.before.messages).saturating_mul(thresholds::MINOR) < messages_now
}
