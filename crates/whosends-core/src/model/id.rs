//! What stands for things that one database holds once.

/// Stands for a source address within one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressId(i64);

/// Stands for a [`Combination`](super::Combination) within one database, but for `envelope_to`, on which no judgement
/// rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CombinationId(i64);

impl AddressId {
    /// The id with a number.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl CombinationId {
    /// The id with a number.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

/// A list by the ids that its places stand for.
#[cfg(test)]
pub(crate) fn by_place<I: Eq + std::hash::Hash, T: Clone>(
    list: &[T],
    id: fn(i64) -> I,
) -> std::collections::HashMap<I, T> {
    list.iter().zip(0..).map(|(one, place)| (id(place), one.clone())).collect()
}
