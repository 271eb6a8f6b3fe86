//! Finds bursts of mail that replay one of the owner's signatures.
//!
//! Somebody who has one signed message can send it again to anyone: it passes DKIM, fails SPF, and keeps the
//! envelope. No policy stops it, so it is told apart from mail that was merely passed on by its shape: new
//! addresses, one selector, far more than that selector's usual day, and few reporters.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Day;

use super::book::{AddressKey, Book, Pair, Traffic};
use super::ids::IdMap;

/// A burst that replays one of the owner's signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misused {
    /// The selector of the signature: rotate it.
    pub selector: String,
    /// The day.
    pub day: Day,
    /// The messages of the burst.
    pub messages: u64,
    /// What the selector signs on a usual day: the median.
    pub usual: u64,
    /// How many reporters saw the burst.
    pub reporters: usize,
    /// The addresses it came from.
    pub addresses: BTreeSet<AddressKey>,
}

/// The least that makes a burst, in messages a day.
const BURST: u64 = 500;
/// How many times a selector's usual day a burst is.
const TIMES_USUAL: u64 = 10;
/// An address is new for so many days after its first mail.
const NEW_DAYS: i64 = 3;
/// The most reporters that are few.
const FEW_REPORTERS: usize = 3;

/// What has been seen so far.
#[derive(Debug, Default)]
pub(super) struct Misuse {
    /// The first day of each address, by its number.
    first_seen: Vec<i64>,
    signed: IdMap<(u32, i64), u64>,
    suspects: BTreeMap<(u32, i64), Vec<Suspect>>,
}

#[derive(Debug, Clone, Copy)]
struct Suspect {
    address: AddressKey,
    reporter: u32,
    messages: u64,
}

impl Misuse {
    pub(super) fn add(&mut self, book: &Book<'_>, pair: &Pair, row: &Traffic) {
        let Some(Day(day)) = row.day else { return };
        let Pair { address, combination, .. } = *pair;
        if self.first_seen.len() <= address.index() {
            self.first_seen.resize(address.index() + 1, i64::MAX);
        }
        let first = &mut self.first_seen[address.index()];
        *first = day.min(*first);
        let selectors = book.selectors(combination);
        if selectors.is_empty() {
            return;
        }
        if !book.keeps_envelope(combination) {
            for &selector in selectors {
                let volume = self.signed.entry((selector, day)).or_default();
                *volume = volume.saturating_add(row.messages);
            }
        } else if let &[selector] = selectors {
            let suspect = Suspect { address, reporter: row.reporter, messages: row.messages };
            self.suspects.entry((selector, day)).or_default().push(suspect);
        }
    }

    pub(super) fn find(&self, book: &Book<'_>) -> Vec<Misused> {
        let usual = self.usual();
        let days = self.suspects.iter().filter_map(|(&(selector, day), all)| {
            let new = |suspect: &&Suspect| {
                let first = self.first_seen.get(suspect.address.index());
                first.is_some_and(|first| day.saturating_sub(*first) < NEW_DAYS)
            };
            let burst: Vec<_> = all.iter().filter(new).copied().collect();
            let usual = usual.get(&selector).copied().unwrap_or(0);
            is_burst(&burst, usual).then(|| Misused {
                selector: book.selector(selector).to_owned(),
                day: Day(day),
                messages: messages(&burst),
                usual,
                reporters: reporters(&burst).len(),
                addresses: burst.iter().map(|suspect| suspect.address).collect(),
            })
        });
        days.collect()
    }

    /// What each selector signs on a usual day: the middle of its daily volumes.
    fn usual(&self) -> BTreeMap<u32, u64> {
        let mut volumes: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for (&(selector, _), &messages) in &self.signed {
            volumes.entry(selector).or_default().push(messages);
        }
        let middle = |mut volumes: Vec<u64>| {
            volumes.sort_unstable();
            volumes.get(volumes.len() / 2).copied().unwrap_or(0)
        };
        volumes.into_iter().map(|(selector, volumes)| (selector, middle(volumes))).collect()
    }
}

fn is_burst(burst: &[Suspect], usual: u64) -> bool {
    let messages = messages(burst);
    let reporters = reporters(burst);
    let most = reporters.values().copied().max().unwrap_or(0);
    let mostly_one = most.saturating_mul(10) >= messages.saturating_mul(8);
    messages >= BURST
        && messages > usual.saturating_mul(TIMES_USUAL)
        && (reporters.len() <= FEW_REPORTERS || mostly_one)
}

fn messages(burst: &[Suspect]) -> u64 {
    burst.iter().fold(0, |sum, suspect| sum.saturating_add(suspect.messages))
}

fn reporters(burst: &[Suspect]) -> BTreeMap<u32, u64> {
    let mut reporters: BTreeMap<u32, u64> = BTreeMap::new();
    for suspect in burst {
        let total = reporters.entry(suspect.reporter).or_default();
        *total = total.saturating_add(suspect.messages);
    }
    reporters
}
