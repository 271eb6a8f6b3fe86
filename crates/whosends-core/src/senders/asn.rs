//! Networks of the internet's routing.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

#[cfg(feature = "store")]
use crate::model::stored::Stored;

/// A network by its number (ASN), with its name where one is known. Two of one number are the same network,
/// whatever they are called.
#[derive(Debug, Clone)]
pub struct Asn {
    /// The number.
    pub number: u32,
    /// What it is called, by whoever said which addresses it has.
    pub name: Option<Arc<str>>,
}

#[cfg(feature = "store")]
impl Stored for Asn {
    fn put(&self, out: &mut Vec<u8>) {
        (self.number, self.name.as_deref().map(str::to_owned)).put(out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        let (number, name) = <(u32, Option<String>)>::take(rest)?;
        Some(Self { number, name: name.map(Arc::from) })
    }
}

impl From<u32> for Asn {
    fn from(number: u32) -> Self {
        Self { number, name: None }
    }
}

impl PartialEq for Asn {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Asn {}

impl Hash for Asn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl PartialOrd for Asn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Asn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}
