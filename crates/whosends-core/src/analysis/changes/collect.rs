//! From judged records to what changed.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::quality::RandomState;

use super::rhythm::Rhythm;
use super::senders::{Comparable, Covered, Seen};
use super::{Change, Changes, Lag, SenderChange, SilentReporter, Windows, thresholds};
use crate::analysis::attribution::Judged;
use crate::analysis::sources::{Id, Names};
use crate::analysis::tally::Tally;
use crate::model::{Combination, Day, Judged as Verdicts};
use crate::senders::{Class, GroupKey};

type Map<K, V> = HashMap<K, V, RandomState>;

/// The most senders that are kept.
const MOST: usize = 1000;

/// Takes the judged records of all days that are looked at, and compares the period with the one before.
#[derive(Debug)]
pub struct Comparison<'n, A, C> {
    names: &'n Names<A, C>,
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

/// One group of a domain, over all days.
#[derive(Debug, Default)]
struct Group {
    seen: Map<u32, Seen>,
    rhythm: Rhythm,
    messages: u64,
}

/// The records of a domain, by group, and which days its reporters cover.
#[derive(Debug, Default)]
struct Page {
    groups: Map<GroupKey, Group>,
    covered: Map<u32, Rhythm>,
    messages_now: u64,
    first: Option<Day>,
}

impl<'n, A: Id, C: Id> Comparison<'n, A, C> {
    /// Nothing yet.
    #[must_use]
    pub fn new(names: &'n Names<A, C>, windows: Windows) -> Self {
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
    pub fn add(&mut self, judged: &Judged<'_, A, C>) {
        let mut page = Page::default();
        let mut verdicts: Map<C, Verdicts> = Map::default();
        let nothing = Combination::default();
        let before = self.windows.before();
        for row in judged.rows() {
            let Some(day) = row.traffic.day else { continue };
            let messages = row.traffic.messages;
            let reporter = self.same.get(&row.traffic.reporter).copied().unwrap_or(row.traffic.reporter);
            let combination = judged.combination(&row);
            let said = *verdicts.entry(combination).or_insert_with(|| {
                Verdicts::of(self.names.combinations.get(&combination).unwrap_or(&nothing))
            });
            let group = page.groups.entry(row.key).or_default();
            group.rhythm.add(day);
            group.messages = group.messages.saturating_add(messages);
            let seen = group.seen.entry(reporter).or_default();
            if day >= self.windows.from {
                seen.now.add(said, messages);
                page.messages_now = page.messages_now.saturating_add(messages);
            } else if before.holds(Some(day)) {
                seen.before.add(said, messages);
            }
            page.covered.entry(reporter).or_default().add(day);
            let known = self.reporters.entry(reporter).or_default();
            known.rhythm.add(day);
            known.messages = known.messages.saturating_add(messages);
            page.first = Some(page.first.map_or(day, |first| first.min(day)));
        }
        self.first = [self.first, page.first].into_iter().flatten().min();
        // Of a domain that nothing was known of before, everything would be new.
        if page.first.is_some_and(|first| first < self.windows.from) {
            let changed =
                page.groups.iter().filter_map(|(&key, group)| self.sender(judged, key, group, &page));
            let changed: Vec<_> = changed.collect();
            self.senders.extend(changed);
        }
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

    fn sender(
        &self,
        judged: &Judged<'_, A, C>,
        key: GroupKey,
        group: &Group,
        page: &Page,
    ) -> Option<SenderChange> {
        let (mut now, mut before, mut comparable) =
            (Tally::default(), Tally::default(), Comparable::default());
        let mut still_covered = false;
        for (reporter, seen) in &group.seen {
            let covered = page.covered.get(reporter).map(|days| self.covered(days)).unwrap_or_default();
            now.merge(seen.now);
            before.merge(seen.before);
            comparable.add(seen, covered);
            still_covered |= covered.now > 0;
        }
        let (first, last) = group.rhythm.ends()?;
        let Windows { from, to } = self.windows;
        let is_new = first >= from;
        let least = thresholds::GONE_DAYS;
        let is_gone = last < from
            && still_covered
            && group.messages >= thresholds::TRACE
            && group.rhythm.fell_silent(to, self.windows.days(), least);
        let changes = match (is_new, is_gone) {
            (true, _) if now.messages >= thresholds::TRACE => vec![Change::New],
            (true, _) => Vec::new(),
            (false, true) => vec![Change::Gone],
            (false, false) => comparable.changes(),
        };
        if changes.is_empty() {
            return None;
        }
        let source = judged.judge.source(key).clone();
        let judgement = judged.classes[&key].clone();
        let little = now.messages.max(before.messages).saturating_mul(thresholds::MINOR) < page.messages_now;
        // That strangers do less in the owner's name needs nobody's attention.
        let subsides = changes.iter().all(|change| matches!(change, Change::Less | Change::Gone));
        let minor = (!source.is_named() && little) || (judgement.class == Class::Unauthorised && subsides);
        Some(SenderChange {
            domain: judged.id,
            source,
            relayed: key.relayed,
            judgement,
            changes,
            now,
            before,
            expected: comparable.expected,
            seen: (first, last),
            minor,
        })
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
