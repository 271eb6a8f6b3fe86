//! Finds bursts of mail that replay one of the owner's signatures.
//!
//! Somebody who has one signed message can send it again to anyone: it passes DKIM, fails SPF, and keeps the
//! envelope. No policy stops it, so it is told apart from mail that was merely passed on by its shape: new
//! addresses, one selector, far more than that selector's usual day, and few reporters.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Day;
use crate::model::series::Series;

use super::book::{AddressKey, Book, Pair, Traffic};

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
    /// What each selector signed, by its number.
    signed: Vec<Series<i64>>,
    suspects: BTreeMap<(u32, i64), Vec<Suspect>>,
}

#[derive(Debug, Clone, Copy)]
struct Suspect {
    address: AddressKey,
    reporter: u32,
    messages: u64,
}

impl Misuse {
    /// Adds records of a pair, of which `first` is the first day.
    pub(super) fn add(
        &mut self,
        book: &Book<'_>,
        pair: &Pair,
        Day(first): Day,
        rows: &(impl Iterator<Item = Traffic> + Clone),
    ) {
        let Pair { address, combination, .. } = *pair;
        let dated = || rows.clone().filter_map(|row| Some((row.day?.0, row)));
        if self.first_seen.len() <= address.index() {
            self.first_seen.resize(address.index() + 1, i64::MAX);
        }
        let known = &mut self.first_seen[address.index()];
        *known = first.min(*known);
        let selectors = book.selectors(combination);
        if !book.keeps_envelope(combination) {
            for &selector in selectors {
                let signed = self.signed_with(selector as usize);
                dated().for_each(|(day, row)| signed.add(day, row.messages));
            }
        } else if let &[selector] = selectors {
            for (day, Traffic { reporter, messages, .. }) in dated() {
                let suspects = self.suspects.entry((selector, day)).or_default();
                suspects.push(Suspect { address, reporter, messages });
            }
        }
    }

    fn signed_with(&mut self, selector: usize) -> &mut Series<i64> {
        if self.signed.len() <= selector {
            self.signed.resize_with(selector + 1, Series::default);
        }
        &mut self.signed[selector]
    }

    pub(super) fn find(&self, book: &Book<'_>) -> Vec<Misused> {
        // As a rule there is nothing to look at.
        let usual = if self.suspects.is_empty() { Vec::new() } else { self.usual() };
        let days = self.suspects.iter().filter_map(|(&(selector, day), all)| {
            let new = |suspect: &&Suspect| {
                let first = self.first_seen.get(suspect.address.index());
                first.is_some_and(|first| day.saturating_sub(*first) < NEW_DAYS)
            };
            let burst: Vec<_> = all.iter().filter(new).copied().collect();
            let usual = usual.get(selector as usize).copied().unwrap_or(0);
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

    /// What each selector signs on a usual day, by its number: the middle of its daily volumes.
    fn usual(&self) -> Vec<u64> {
        let middle = |signed: &Series<i64>| {
            let mut volumes: Vec<u64> = signed.sorted().into_iter().map(|(_, messages)| messages).collect();
            volumes.sort_unstable();
            volumes.get(volumes.len() / 2).copied().unwrap_or(0)
        };
        self.signed.iter().map(middle).collect()
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
