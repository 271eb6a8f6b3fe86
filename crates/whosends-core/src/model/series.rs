//! Messages by day, or by whatever else comes in an order.

use super::Day;

/// Messages by day, or by whatever else comes in an order. Few days that come often, in any order, take little time;
/// however they come, memory goes with how many there are.
#[derive(Debug, Clone)]
pub(crate) struct Series<K> {
    entries: Vec<(K, u64)>,
    /// How many entries at the beginning are in order and all different.
    settled: usize,
}

/// The least that waits to be put in order.
const LEAST: usize = 16;

impl<K> Default for Series<K> {
    fn default() -> Self {
        Self { entries: Vec::new(), settled: 0 }
    }
}

/// What messages are added up by.
pub(crate) trait Key: Copy + Ord {
    /// Where it stands after the first, where each has one that follows.
    fn after(self, first: Self) -> Option<usize>;
}

impl Key for i64 {
    fn after(self, first: Self) -> Option<usize> {
        usize::try_from(self.checked_sub(first)?).ok()
    }
}

impl Key for Day {
    fn after(self, first: Self) -> Option<usize> {
        self.0.after(first.0)
    }
}

impl Key for u32 {
    fn after(self, first: Self) -> Option<usize> {
        usize::try_from(self.checked_sub(first)?).ok()
    }
}

impl<K: Key> Series<K> {
    /// Adds messages.
    pub(crate) fn add(&mut self, key: K, messages: u64) {
        let place = match self.entries.last() {
            Some((same, _)) if *same == key => Some(self.entries.len() - 1),
            _ => self.settled_place(key),
        };
        if let Some((_, total)) = place.and_then(|place| self.entries.get_mut(place)) {
            *total = total.saturating_add(messages);
            return;
        }
        self.entries.push((key, messages));
        if self.entries.len() - self.settled >= self.settled.max(LEAST) {
            settle(&mut self.entries);
            self.settled = self.entries.len();
        }
    }

    /// Where a key stands among the settled ones. As a rule no day is left out between the first and the last.
    fn settled_place(&self, key: K) -> Option<usize> {
        let settled = &self.entries[..self.settled];
        let (first, _) = settled.first()?;
        match key.after(*first) {
            Some(at) if settled.get(at).is_some_and(|(same, _)| *same == key) => Some(at),
            _ => settled.binary_search_by(|(other, _)| other.cmp(&key)).ok(),
        }
    }

    /// The sums in order.
    pub(crate) fn sorted(&self) -> Vec<(K, u64)> {
        let mut entries = self.entries.clone();
        settle(&mut entries);
        entries
    }

    /// The sums in order.
    pub(crate) fn into_sorted(mut self) -> Vec<(K, u64)> {
        settle(&mut self.entries);
        self.entries.shrink_to_fit();
        self.entries
    }
}

/// Puts entries in order and adds up those that are of one key.
fn settle<K: Copy + Ord>(entries: &mut Vec<(K, u64)>) {
    entries.sort_unstable_by_key(|&(key, _)| key);
    entries.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn sums_are_the_same_in_any_order() {
        for (count, step) in [(0, 1), (1, 1), (500, 7), (500, 499), (5000, 4999), (300, 0)] {
            let (mut series, mut expected) = (Series::default(), BTreeMap::new());
            for number in 0..count {
                let day = u32::try_from(number * step % 400).expect("small");
                series.add(day, number);
                *expected.entry(day).or_insert(0) += number;
            }
            assert!(series.entries.len() <= 2 * expected.len().max(LEAST));
            assert_eq!(series.sorted(), Vec::from_iter(expected));
            assert_eq!(series.sorted(), series.into_sorted());
        }
        let mut series = Series::<i64>::default();
        series.add(1, u64::MAX);
        series.add(1, 5);
        assert_eq!(series.into_sorted(), [(1, u64::MAX)]);
    }
}
