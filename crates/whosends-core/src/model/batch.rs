//! Records on their way to the store: each combination once, each record as numbers.

use std::fmt;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::record::Record;
use super::shared::Shared;

/// The records of a report, or of a part of a large one, with each combination held once.
#[derive(Debug, Default)]
pub struct RecordBatch {
    combinations: Vec<Arc<Shared>>,
    /// Where each combination stands, found by its digest.
    index: HashTable<u32>,
    hasher: RandomState,
    rows: Vec<Row>,
    messages: u64,
    content: ContentHash,
}

/// One record of a [`RecordBatch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The source address.
    pub source: IpAddr,
    /// Messages.
    pub count: u64,
    /// Where the combination stands in [`RecordBatch::combinations`].
    pub combination: u32,
}

impl RecordBatch {
    /// Adds a record.
    pub fn push(&mut self, record: Record) {
        let Record { source, count, combination } = record;
        self.push_shared(source, count, &Arc::new(Shared::new(combination)));
    }

    /// Adds a record whose combination others may share.
    pub fn push_shared(&mut self, source: IpAddr, count: u64, said: &Arc<Shared>) {
        let combination = self.place(said);
        self.content.add(source, count, said);
        self.messages = self.messages.saturating_add(count);
        self.rows.push(Row { source, count, combination });
    }

    /// Adds the records of another batch after those that are there.
    pub fn append(&mut self, other: Self) {
        if self.rows.is_empty() {
            *self = other;
            return;
        }
        let places: Vec<u32> = other.combinations.iter().map(|said| self.place(said)).collect();
        let rows = other.rows.iter();
        self.rows.extend(rows.map(|row| Row { combination: places[row.combination as usize], ..*row }));
        self.messages = self.messages.saturating_add(other.messages);
        self.content = self.content.plus(other.content);
    }

    /// Where a combination stands; it is taken in where it is new.
    fn place(&mut self, said: &Arc<Shared>) -> u32 {
        let Self { index, hasher, combinations, .. } = self;
        let hash = hasher.hash_one(said.digest());
        if let Some(&at) = index.find(hash, |&at| combinations[at as usize].digest() == said.digest()) {
            return at;
        }
        // A batch is a report of at most `Limits::records`, far below 2^32.
        let at = u32::try_from(combinations.len()).unwrap_or(u32::MAX);
        combinations.push(Arc::clone(said));
        index.insert_unique(hash, at, |&at| hasher.hash_one(combinations[at as usize].digest()));
        at
    }

    /// The different combinations.
    #[must_use]
    pub fn combinations(&self) -> &[Arc<Shared>] {
        &self.combinations
    }

    /// The records in the order they were added.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Messages of all records.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages
    }

    /// The hash of the records so far.
    #[must_use]
    pub const fn content(&self) -> ContentHash {
        self.content
    }
}

impl FromIterator<Record> for RecordBatch {
    fn from_iter<T: IntoIterator<Item = Record>>(records: T) -> Self {
        let mut batch = Self::default();
        for record in records {
            batch.push(record);
        }
        batch
    }
}

/// A hash of a multiset of records, whatever their order, over all that each says; and how much that is.
///
/// Hashes of parts add up to the hash of the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash {
    sum: u128,
    records: u64,
    detail: u64,
}

impl ContentHash {
    /// The version of the rule above. It is raised where the rule changes or a record says one field more; a
    /// database that holds hashes of an older version is brought up to date when it is opened.
    pub const VERSION: u32 = 2;

    fn add(&mut self, source: IpAddr, count: u64, said: &Shared) {
        // A count that no database can hold is stored as the largest that it can.
        let count = count.min(i64::MAX.unsigned_abs());
        self.add_digest(record_digest(source, count, u128::from_be_bytes(*said.digest())), said.detail());
    }

    /// Adds a record by its [`record_digest`] and the number of fields that its combination states.
    pub(crate) fn add_digest(&mut self, digest: u128, detail: u32) {
        self.sum = self.sum.wrapping_add(digest);
        self.records = self.records.saturating_add(1);
        // A record more says more, whatever is in it.
        self.detail = self.detail.saturating_add(1 + u64::from(detail));
    }

    /// The hash of both parts together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            sum: self.sum.wrapping_add(other.sum),
            records: self.records.saturating_add(other.records),
            detail: self.detail.saturating_add(other.detail),
        }
    }

    /// The sixteen bytes that are stored beside the number of records.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.sum.to_be_bytes()
    }

    /// How many records were hashed.
    #[must_use]
    pub const fn records(self) -> u64 {
        self.records
    }

    /// How much the records say: a number that grows with each record and each field that one states.
    #[must_use]
    pub const fn detail(self) -> u64 {
        self.detail
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.sum)
    }
}

/// The digest of one record, by which two reports' records are compared: the first half of the SHA-256 of its
/// address, count and the digest of its combination.
#[must_use]
pub fn record_digest(source: IpAddr, count: u64, combination: u128) -> u128 {
    /// FIPS 180-4 section 5.3.3.
    const START: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    // All of it fits one block, with the padding of section 5.1.1: a mark, zeros, and the length in bits.
    let mut block = [0; 64];
    let mut length = 0;
    let mut add = |bytes: &[u8]| {
        block[length..length + bytes.len()].copy_from_slice(bytes);
        length += bytes.len();
    };
    match source {
        IpAddr::V4(address) => add(&address.octets()),
        IpAddr::V6(address) => add(&address.octets()),
    }
    add(&count.to_be_bytes());
    add(&combination.to_be_bytes());
    add(&[0x80]);
    let bits = (length as u64 - 1) * 8;
    block[56..].copy_from_slice(&bits.to_be_bytes());
    let mut state = START;
    sha2::block_api::compress256(&mut state, &[block]);
    state[..4].iter().fold(0, |half, &word| half << 32 | u128::from(word))
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::model::name::Name;
    use crate::model::record::Combination;
    use crate::model::words::Verdict;

    fn record(last: u8, count: u64, dkim: Option<Verdict>) -> Record {
        Record {
            source: [192, 0, 2, last].into(),
            count,
            combination: Combination {
                dkim,
                header_from: Name::from_stated("example.com"),
                ..Default::default()
            },
        }
    }

    #[test]
    fn a_batch_goes_behind_another() {
        let records =
            [(1, 5, Verdict::Pass), (2, 7, Verdict::Fail), (3, 1, Verdict::Pass), (1, 5, Verdict::Pass)]
                .map(|(last, count, dkim)| record(last, count, Some(dkim)));
        let whole: RecordBatch = records.clone().into_iter().collect();
        for at in 0..=records.len() {
            let (first, rest) = records.split_at(at);
            let mut batch: RecordBatch = first.iter().cloned().collect();
            batch.append(rest.iter().cloned().collect());
            assert_eq!(batch.rows(), whole.rows());
            assert_eq!(batch.combinations().len(), 2);
            assert_eq!((batch.messages(), batch.content()), (whole.messages(), whole.content()));
        }
    }

    #[test]
    fn order_does_not_matter_and_parts_add_up() {
        let (a, b) = (record(1, 5, Some(Verdict::Pass)), record(2, 7, None));
        let one: RecordBatch = [a.clone(), b.clone()].into_iter().collect();
        let two: RecordBatch = [b.clone(), a.clone()].into_iter().collect();
        assert_eq!(one.content(), two.content());
        let parts = [a.clone()]
            .into_iter()
            .collect::<RecordBatch>()
            .content()
            .plus([b].into_iter().collect::<RecordBatch>().content());
        assert_eq!(one.content(), parts);
        assert_ne!(one.content(), [a.clone(), a].into_iter().collect::<RecordBatch>().content());
    }

    #[test]
    fn a_record_is_hashed_as_sha256_does() {
        for (source, octets) in [
            (IpAddr::from([192, 0, 2, 1]), vec![192, 0, 2, 1]),
            (IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]), {
                let mut octets = vec![0; 16];
                (octets[0], octets[1], octets[2], octets[3], octets[15]) = (0x20, 0x01, 0x0d, 0xb8, 1);
                octets
            }),
        ] {
            let said = u128::MAX / 3;
            let mut hash = Sha256::new();
            hash.update(octets);
            hash.update(7_u64.to_be_bytes());
            hash.update(said.to_be_bytes());
            let mut half = [0; 16];
            half.copy_from_slice(&hash.finalize()[..16]);
            assert_eq!(record_digest(source, 7, said), u128::from_be_bytes(half));
        }
    }

    #[test]
    fn what_says_more_has_more_detail() {
        let detail = |records: &[Record]| {
            let batch: RecordBatch = records.iter().cloned().collect();
            batch.content().detail()
        };
        let (bare, judged) = (record(1, 5, None), record(1, 5, Some(Verdict::Fail)));
        assert!(detail(std::slice::from_ref(&judged)) > detail(std::slice::from_ref(&bare)));
        assert!(detail(&[bare.clone(), bare]) > detail(&[judged]));
    }

    #[test]
    fn a_combination_is_held_once() {
        let batch: RecordBatch = (0..100).map(|i| record(i, 1, Some(Verdict::Fail))).collect();
        assert_eq!(batch.combinations().len(), 1);
        assert_eq!(batch.rows().len(), 100);
        assert_eq!(batch.messages(), 100);
    }
}
