//! Maps that are looked up once a record or more.

/// A map with a hash that is quick for small keys.
pub(super) type IdMap<K, V> = foldhash::HashMap<K, V>;
