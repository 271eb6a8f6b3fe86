//! The rows of a policy domain, those of one pair side by side.
//!
//! Rows come report after report. Each is judged by its pair, so that what is known of the pair would be looked up for
//! each, somewhere else in memory every time; side by side it is looked up once, and the next pair is the one after it.

use std::ops::Range;

use foldhash::HashMap as IdMap;

use super::rows::number;
use crate::model::Day;

/// Stands for a number of messages that is kept elsewhere.
const LARGE: u32 = u32::MAX;
/// The rows of a chunk.
const CHUNK: usize = 16 << 10;

/// What rows of one reporter and day have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Stretch {
    pub(super) day: Option<Day>,
    pub(super) reporter: u32,
    pub(super) multi_day: bool,
}

/// Rows as they come.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// What rows have in common, each once.
    stretches: Vec<Stretch>,
    places: IdMap<Stretch, u32>,
    /// Rows that follow each other and have that in common: its place, and where they end.
    runs: Vec<(u32, u32)>,
    /// Pairs and messages, in chunks: these stay where they are when more come.
    rows: Vec<Vec<(u32, u32)>>,
    /// How many there are.
    count: u32,
    /// The messages of rows that have too many, in their order.
    large: Vec<u64>,
}

/// Rows by their pairs.
#[derive(Debug)]
pub(super) struct ByPair {
    pub(super) stretches: Vec<Stretch>,
    /// The number of the first pair, and where the rows of each lie.
    first: u32,
    shelves: Shelves,
    /// Places in `stretches`, and messages.
    rows: Vec<(u32, u32)>,
    large: Vec<(u32, u64)>,
}

impl Incoming {
    pub(super) fn add(
        &mut self,
        (day, reporter, multi_day): (Option<Day>, u32, bool),
        pair: u32,
        messages: u64,
    ) {
        let few = u32::try_from(messages).ok().filter(|&few| few < LARGE);
        if few.is_none() {
            self.large.push(messages);
        }
        let row = (pair, few.unwrap_or(LARGE));
        match self.rows.last_mut().filter(|chunk| chunk.len() < CHUNK) {
            Some(chunk) => chunk.push(row),
            None => self.rows.push(first_of_chunk(row, self.rows.is_empty())),
        }
        self.count = self.count.saturating_add(1);
        let stretch = Stretch { day, reporter, multi_day };
        let end = self.count;
        match self.runs.last_mut() {
            Some((same, last)) if self.stretches.get(*same as usize) == Some(&stretch) => *last = end,
            _ => {
                let next = number(self.stretches.len());
                let at = *self.places.entry(stretch).or_insert(next);
                if at == next {
                    self.stretches.push(stretch);
                }
                self.runs.push((at, end));
            }
        }
    }

    /// Puts the rows of each pair side by side, in the order they came.
    pub(super) fn by_pair(self) -> ByPair {
        let Self { stretches, places, runs, rows, count, large } = self;
        drop(places);
        let pairs = || rows.iter().flatten().map(|&(pair, _)| pair);
        let first = pairs().min().unwrap_or(0);
        let different = pairs().max().map_or(0, |last| (last - first) as usize + 1);
        let mut shelves = Shelves::of(pairs().map(|pair| pair - first), different);
        let mut sorted = vec![(0, 0); count as usize];
        let (mut moved, mut large) = (Vec::new(), large.into_iter());
        let mut rows = rows.into_iter().flatten();
        let mut begin = 0;
        for (at, end) in runs {
            for (pair, messages) in rows.by_ref().take((end - begin) as usize) {
                let place = shelves.next(pair - first);
                sorted[place as usize] = (at, messages);
                if messages == LARGE {
                    moved.extend(large.next().map(|messages| (place, messages)));
                }
            }
            begin = end;
        }
        moved.sort_unstable();
        ByPair { stretches, first, shelves, rows: sorted, large: moved }
    }
}

/// Where things lie that are put in the order of their kinds: those of a kind side by side, in the order they came.
#[derive(Debug)]
pub(super) struct Shelves {
    /// Where each kind's next goes: its end, once all are there.
    ends: Vec<u32>,
}

impl Shelves {
    /// Room for things of these kinds, of which there are so many.
    pub(super) fn of(things: impl Iterator<Item = u32>, kinds: usize) -> Self {
        let mut ends = vec![0_u32; kinds];
        things.for_each(|kind| ends[kind as usize] += 1);
        let mut start = 0;
        for end in &mut ends {
            (*end, start) = (start, start + *end);
        }
        Self { ends }
    }

    /// Where the next thing of a kind goes.
    pub(super) fn next(&mut self, kind: u32) -> u32 {
        let next = &mut self.ends[kind as usize];
        *next += 1;
        *next - 1
    }

    /// Where the things of a kind lie, once all are there.
    pub(super) fn of_one(&self, kind: usize) -> Range<u32> {
        let start = kind.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[kind]
    }
}

/// A chunk that begins with a row. Most databases are small: the first chunk grows as it has to.
fn first_of_chunk(row: (u32, u32), is_first: bool) -> Vec<(u32, u32)> {
    let mut chunk = Vec::with_capacity(if is_first { 64 } else { CHUNK });
    chunk.push(row);
    chunk
}

impl ByPair {
    /// The numbers of the pairs that may have rows.
    pub(super) fn pairs(&self) -> Range<u32> {
        self.first..self.first.saturating_add(number(self.shelves.ends.len()))
    }

    /// Where the rows of a pair lie.
    fn places(&self, pair: u32) -> Range<u32> {
        self.shelves.of_one((pair - self.first) as usize)
    }

    /// Whether a pair of [`ByPair::pairs`] has rows.
    pub(super) fn has(&self, pair: u32) -> bool {
        !self.places(pair).is_empty()
    }

    /// The rows of a pair of [`ByPair::pairs`]: their places in `stretches`, and their messages.
    pub(super) fn of(&self, pair: u32) -> impl Iterator<Item = (usize, u64)> + Clone {
        let places = self.places(pair);
        let rows = &self.rows[places.start as usize..places.end as usize];
        places.zip(rows).map(|(place, &(stretch, messages))| {
            let messages = if messages == LARGE { self.large(place) } else { u64::from(messages) };
            (stretch as usize, messages)
        })
    }

    /// The messages of a row that has too many.
    fn large(&self, place: u32) -> u64 {
        let found = self.large.binary_search_by_key(&place, |(place, _)| *place);
        found.ok().and_then(|at| self.large.get(at)).map_or(u64::from(LARGE), |(_, messages)| *messages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_comes_back_with_its_pair() {
        let mut incoming = Incoming::default();
        let few = [0, 1, u64::from(LARGE) - 1, u64::from(LARGE), u64::MAX];
        let rows: Vec<_> = (0..300u32).map(|n| (n / 20 % 4, 5 + n * 7 % 23, few[(n % 5) as usize])).collect();
        for &(reporter, pair, messages) in &rows {
            incoming.add((Some(Day(reporter.into())), reporter, false), pair, messages);
        }
        let by_pair = incoming.by_pair();
        assert_eq!(by_pair.pairs(), 5..28);
        for pair in by_pair.pairs() {
            let reporter = |stretch: usize| by_pair.stretches[stretch].reporter;
            let found = by_pair.of(pair).map(|(stretch, messages)| (reporter(stretch), pair, messages));
            let expected = rows.iter().copied().filter(|row| row.1 == pair);
            assert_eq!(Vec::from_iter(found), Vec::from_iter(expected));
        }
        assert!(Incoming::default().by_pair().pairs().is_empty());
    }
}
