//! Finds waves: forged mail that comes from many new addresses at once.
//!
//! Whoever sends from a botnet has hundreds of addresses in as many networks, each of which sends next to nothing, so
//! that no address by itself says what it is. Together they do: they begin within days, and their mail is of one
//! shape, which the domain did not show before.

use std::collections::{BTreeMap, HashSet};

use crate::model::Day;

use super::book::{AddressKey, Book, PairKey};
use super::class::Rule;
use super::envelope::{Envelope, SpfOutcome};
use super::ids::IdMap;
use super::learn::Seen;
use super::prefix::Prefix;
use super::reading::Reading;

/// The least addresses of a wave.
const ADDRESSES: usize = 20;
/// The least networks that these are in.
const NETWORKS: usize = 5;
/// The days within which they are first seen.
const BEGINS: u32 = 7;
/// The days before without any mail of the shape.
const QUIET: u32 = 14;
/// The days of these with any mail of the domain: days that nobody reported prove nothing.
const REPORTED: u32 = 7;

/// What the mail of a wave has in common: its return path and what SPF said of it. None of it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Shape {
    Absent,
    Own(SpfOutcome),
    Foreign(Option<Box<str>>),
}

/// Mail of one shape from an address, in a domain.
#[derive(Debug, Clone, Copy)]
struct Mail {
    pair: PairKey,
    address: AddressKey,
    /// The days it was seen on, as bits that count back from the newest.
    days: u128,
}

/// Finds the pairs whose mail belongs to waves, each with the first day of its wave. A pair comes with its policy domain,
/// and the days up to the newest of that domain that its mail was seen on.
pub(super) fn find(
    book: &Book<'_>,
    newest: impl Fn(u32) -> Day,
    pairs: impl Iterator<Item = (PairKey, u32, Seen)>,
) -> Vec<(PairKey, Day)> {
    let mut domains: IdMap<u32, u128> = IdMap::default();
    let mut shapes: BTreeMap<(u32, Shape), Vec<Mail>> = BTreeMap::new();
    for (key, domain, seen) in pairs {
        let days = seen.ages(newest(domain));
        *domains.entry(domain).or_default() |= days;
        let pair = book.get(key);
        let nothing_passes =
            matches!(pair.judgement.rule, Rule::NothingKnown | Rule::SpokenAgainst | Rule::RefusedBySpf);
        if nothing_passes && days != 0 && !book.is_decided(key) {
            let (reading, _) = book.keys(pair.combination);
            let mail = Mail { pair: key, address: pair.address, days };
            shapes.entry((domain, shape(reading))).or_default().push(mail);
        }
    }
    let mut found = Vec::new();
    for ((domain, _), mail) in shapes.into_iter().filter(|(_, mail)| mail.len() >= ADDRESSES) {
        let reported = domains.get(&domain).copied().unwrap_or(0);
        for (from, to) in stretches(mail.iter().fold(0, |days, mail| days | mail.days)) {
            if was_quiet(reported, from) && is_wave(book, &mail, from) {
                let begins = newest(domain).plus(-i64::from(from));
                let within = mail.iter().filter(|mail| (to..=from).contains(&oldest(mail.days)));
                found.extend(within.map(|mail| (mail.pair, begins)));
            }
        }
    }
    found
}

fn shape(reading: &Reading) -> Shape {
    match reading.envelope {
        Envelope::Absent => Shape::Absent,
        Envelope::Own(outcome) => Shape::Own(outcome),
        Envelope::Foreign { .. } => Shape::Foreign(reading.foreign_path.clone()),
    }
}

/// How many days before the newest the first of these days is.
const fn oldest(days: u128) -> u32 {
    127 - days.leading_zeros()
}

/// The stretches of days with no [`QUIET`] ones between them: how long ago each begins and ends.
fn stretches(days: u128) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for age in (0..128).rev().filter(|age| days >> age & 1 == 1) {
        match found.last_mut() {
            Some((_, last)) if *last - age <= QUIET => *last = age,
            _ => found.push((age, age)),
        }
    }
    found
}

/// Whether the domain was reported on in the days before one, so that what they do not show was not there.
const fn was_quiet(reported: u128, from: u32) -> bool {
    if reported == 0 || oldest(reported) < from + QUIET {
        return false;
    }
    let before = reported >> (from + 1) & ((1 << QUIET) - 1);
    before.count_ones() >= REPORTED
}

/// Whether enough addresses were first seen from a day on.
fn is_wave(book: &Book<'_>, mail: &[Mail], from: u32) -> bool {
    let mut days: IdMap<AddressKey, u128> = IdMap::default();
    mail.iter().for_each(|mail| *days.entry(mail.address).or_default() |= mail.days);
    let begins = from.saturating_sub(BEGINS - 1)..=from;
    let new: Vec<_> = days
        .into_iter()
        .filter(|(_, days)| begins.contains(&oldest(*days)))
        .map(|(address, _)| address)
        .collect();
    let networks: HashSet<_> = new.iter().map(|&address| network(book.block(address))).collect();
    new.len() >= ADDRESSES && networks.len() >= NETWORKS
}

/// The network of an address: its /16, or its /32 for IPv6.
fn network(block: Prefix) -> Prefix {
    let length = if block.address().is_ipv4() { 16 } else { 32 };
    Prefix::new(block.address(), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_end_where_a_fortnight_is_quiet() {
        assert_eq!(stretches(0), []);
        assert_eq!(stretches(0b1011), [(3, 0)]);
        assert_eq!(stretches(1 << 89 | 1 << 74 | 1 << 60 | 1), [(89, 89), (74, 60), (0, 0)]);
    }

    #[test]
    fn what_nobody_reported_was_not_quiet() {
        let all = (1u128 << 90) - 1;
        assert!(was_quiet(all, 6) && was_quiet(all, 75));
        // Nothing reaches back so far.
        assert!(!was_quiet(all, 76) && !was_quiet(0, 6));
        // The fortnight has six days.
        assert!(!was_quiet(1 << 60 | 0b111_111 << 7 | 0b111_1111, 6));
    }
}
