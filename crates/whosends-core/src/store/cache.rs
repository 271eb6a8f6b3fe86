//! A memory of things looked up that never grows beyond a bound.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

/// Remembers up to a number of values; when it is full it starts afresh, so that looking up what many reports
/// share stays fast and what a hostile one invents costs no memory.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    map: HashMap<K, V, RandomState>,
    most: usize,
}

impl<K: Eq + Hash, V> Cache<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { map: HashMap::default(), most }
    }

    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.map.get(key)
    }

    /// Whether the next value makes it start afresh.
    pub(super) fn is_full(&self) -> bool {
        self.map.len() >= self.most
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.is_full() {
            self.map.clear();
        }
        self.map.insert(key, value);
    }

    pub(super) fn clear(&mut self) {
        self.map.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_afresh_when_full() {
        let mut cache = Cache::new(2);
        for key in 0..5 {
            cache.insert(key, key * 10);
        }
        assert_eq!(cache.map.len(), 1);
        assert_eq!(cache.get(&4), Some(&40));
    }
}
