//! Maps that are looked up once a record or more, and numbers for what is met again and again.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// A map with a hash that is quick for small keys.
pub(super) type IdMap<K, V> = foldhash::HashMap<K, V>;

/// Values by number, each held once.
#[derive(Debug)]
pub(super) struct Interner<T> {
    pub(super) values: Vec<T>,
    /// Finds places in `values`.
    table: HashTable<u32>,
    hashes: RandomState,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { values: Vec::new(), table: HashTable::new(), hashes: RandomState::default() }
    }
}

impl<T: Eq + Hash> Interner<T> {
    /// The number of a value.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        let Self { values, table, hashes } = self;
        let hash = hashes.hash_one(&value);
        let is_same = |&at: &u32| values.get(at as usize) == Some(&value);
        if let Some(&at) = table.find(hash, is_same) {
            return at;
        }
        let at = number(values.len());
        values.push(value);
        table
            .insert_unique(hash, at, |&at| values.get(at as usize).map_or(0, |value| hashes.hash_one(value)));
        at
    }
}

/// A database holds fewer combinations and addresses than 2^32: its ids are of that size.
pub(super) fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
