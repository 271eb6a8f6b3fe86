//! Reports and mails as they come from the world, or nearly so: of any number, and the same for the same seed.
//!
//! Reports have as many records as reports do (half of them one or two, a hundredth more than 370), come from fifty
//! reporters that each write in a way of their own, and name senders of the kinds that occur. Every name is one of
//! RFC 2606 or of a service that sends for others; addresses are those for benchmarks (RFC 2544) and documentation.

pub(crate) mod mail;
pub(crate) mod report;
mod text;
mod world;

use super::Random;

/// Records of reports, by how many of ten thousand have at most so many.
const RECORDS: [(u64, u64); 14] = [
    (0, 1),
    (3_800, 1),
    (5_000, 2),
    (6_000, 4),
    (7_000, 7),
    (8_000, 14),
    (9_000, 37),
    (9_500, 82),
    (9_750, 165),
    (9_900, 376),
    (9_950, 680),
    (9_990, 2_000),
    (9_999, 8_600),
    (10_000, 20_000),
];

/// Messages of records, likewise.
const MESSAGES: [(u64, u64); 9] = [
    (0, 1),
    (2_500, 1),
    (5_000, 4),
    (7_500, 10),
    (9_000, 16),
    (9_500, 22),
    (9_900, 55),
    (9_990, 325),
    (10_000, 1_500),
];

/// A number whose quantiles are these, with straight lines between them.
fn drawn(random: &mut Random, quantiles: &[(u64, u64)]) -> u64 {
    let at = random.below(10_000);
    let pairs = quantiles.iter().zip(&quantiles[1..]);
    let mut pairs = pairs.filter(|&(_, &(to, _))| at < to);
    pairs.next().map_or(1, |(&(from, least), &(to, most))| least + (most - least) * (at - from) / (to - from))
}

/// How many records the report of that number has.
pub(crate) fn records_of(seed: u64, number: u64) -> u64 {
    drawn(&mut Random::of(seed, number, 1), &RECORDS)
}

/// One of several by their shares.
fn one_of<'a, T>(random: &mut Random, all: &'a [T], share: impl Fn(&T) -> u64) -> &'a T {
    let mut at = random.below(all.iter().map(&share).sum());
    for one in all {
        match at.checked_sub(share(one)) {
            Some(left) => at = left,
            None => return one,
        }
    }
    &all[0]
}
