//! Values as bytes, for what is kept between runs and made anew where it can't be read.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

use super::{AddressId, CombinationId, Day, Name};

/// A value that can be kept as bytes.
pub(crate) trait Stored: Sized {
    /// Adds its bytes.
    fn put(&self, out: &mut Vec<u8>);

    /// Takes it from the front of what is left; `None` where those are no bytes of one.
    fn take(rest: &mut &[u8]) -> Option<Self>;
}

/// A value as bytes.
pub(crate) fn bytes_of(value: &impl Stored) -> Vec<u8> {
    let mut out = Vec::new();
    value.put(&mut out);
    out
}

/// The value whose bytes these are, all of them.
pub(crate) fn value_of<T: Stored>(mut bytes: &[u8]) -> Option<T> {
    let value = T::take(&mut bytes)?;
    bytes.is_empty().then_some(value)
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
impl Stored for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut left = *self;
        while left >= 0x80 {
            out.push(left as u8 | 0x80);
            left >>= 7;
        }
        out.push(left as u8);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, behind) = rest.split_first()?;
            *rest = behind;
            value |= Self::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

/// Small numbers of either sign need few bytes.
impl Stored for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        ((self << 1) ^ (self >> 63)).cast_unsigned().put(out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        let value = u64::take(rest)?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }
}

impl Stored for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        Some(byte)
    }
}

impl Stored for bool {
    fn put(&self, out: &mut Vec<u8>) {
        u8::from(*self).put(out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        match u8::take(rest)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// Numbers of fewer bits.
macro_rules! narrow {
    ($($type:ty),+) => {$(
        impl Stored for $type {
            fn put(&self, out: &mut Vec<u8>) {
                u64::from(*self).put(out);
            }

            fn take(rest: &mut &[u8]) -> Option<Self> {
                Self::try_from(u64::take(rest)?).ok()
            }
        }
    )+};
}
narrow!(u16, u32);

impl Stored for Box<str> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(u64::take(rest)?).ok()?;
        let (text, behind) = rest.split_at_checked(length)?;
        *rest = behind;
        std::str::from_utf8(text).ok().map(Self::from)
    }
}

impl Stored for String {
    fn put(&self, out: &mut Vec<u8>) {
        Box::<str>::from(self.as_str()).put(out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        Box::<str>::take(rest).map(Self::from)
    }
}

impl Stored for Name {
    fn put(&self, out: &mut Vec<u8>) {
        Box::<str>::from(self.as_str()).put(out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        Self::from_stored(&Box::<str>::take(rest)?)
    }
}

impl Stored for Day {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        i64::take(rest).map(Self)
    }
}

impl Stored for AddressId {
    fn put(&self, out: &mut Vec<u8>) {
        self.number().put(out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        i64::take(rest).map(Self::new)
    }
}

impl Stored for CombinationId {
    fn put(&self, out: &mut Vec<u8>) {
        self.number().put(out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        i64::take(rest).map(Self::new)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        self.iter().for_each(|value| value.put(out));
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        if bool::take(rest)? { T::take(rest).map(Some) } else { Some(None) }
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        Some((A::take(rest)?, B::take(rest)?))
    }
}

/// Adds a list with its length before it.
fn put_all<'t, T: Stored + 't>(list: impl ExactSizeIterator<Item = &'t T>, out: &mut Vec<u8>) {
    (list.len() as u64).put(out);
    list.for_each(|value| value.put(out));
}

/// Takes what [`put_all`] added. Each value has a byte, so that a length without values behind it takes no memory.
fn take_all<T: Stored, C: FromIterator<T>>(rest: &mut &[u8]) -> Option<C> {
    let length = usize::try_from(u64::take(rest)?).ok()?;
    if length > rest.len() {
        return None;
    }
    (0..length).map(|_| T::take(rest)).collect()
}

impl<T: Stored> Stored for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_all(self.iter(), out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        take_all(rest)
    }
}

impl<T: Stored + Ord> Stored for BTreeSet<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_all(self.iter(), out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        take_all(rest)
    }
}

/// In order, so that equal sets are equal bytes.
impl<T: Stored + Ord + Hash, S: BuildHasher + Default> Stored for HashSet<T, S> {
    fn put(&self, out: &mut Vec<u8>) {
        let sorted: BTreeSet<&T> = self.iter().collect();
        put_all(sorted.into_iter(), out);
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        take_all(rest)
    }
}

/// In order, so that equal maps are equal bytes.
impl<K: Stored + Ord + Hash, V: Stored, S: BuildHasher + Default> Stored for HashMap<K, V, S> {
    fn put(&self, out: &mut Vec<u8>) {
        let sorted: BTreeMap<&K, &V> = self.iter().collect();
        (sorted.len() as u64).put(out);
        for (key, value) in sorted {
            key.put(out);
            value.put(out);
        }
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        take_all(rest)
    }
}

/// Keeps a structure as its fields, one after the other, and an enumeration as the number of its case and what that holds.
macro_rules! stored {
    (struct $type:ty { $($field:ident),+ $(,)? }) => {
        impl $crate::model::stored::Stored for $type {
            fn put(&self, out: &mut Vec<u8>) {
                $($crate::model::stored::Stored::put(&self.$field, out);)+
            }

            fn take(rest: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: $crate::model::stored::Stored::take(rest)?),+ })
            }
        }
    };
    (enum $type:ty { $($number:literal => $case:ident $(($held:ident))?),+ $(,)? }) => {
        impl $crate::model::stored::Stored for $type {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$case $(($held))? => {
                        out.push($number);
                        $($crate::model::stored::Stored::put($held, out);)?
                    })+
                }
            }

            fn take(rest: &mut &[u8]) -> Option<Self> {
                match <u8 as $crate::model::stored::Stored>::take(rest)? {
                    $($number => {
                        $(let $held = $crate::model::stored::Stored::take(rest)?;)?
                        Some(Self::$case $(($held))?)
                    })+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use stored;

#[cfg(test)]
mod tests {
    use super::*;

    fn comes_back<T: Stored + PartialEq + std::fmt::Debug>(value: &T) {
        let bytes = bytes_of(value);
        assert_eq!(value_of::<T>(&bytes).as_ref(), Some(value));
        for cut in 0..bytes.len() {
            assert_eq!(value_of::<T>(&bytes[..cut]), None, "{value:?} cut at {cut}");
        }
        assert_eq!(value_of::<T>(&[&bytes[..], &[0]].concat()), None, "{value:?} and more");
    }

    #[test]
    fn what_is_put_is_taken() {
        for number in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u64::MAX - 1, u64::MAX] {
            comes_back(&number);
        }
        for number in [0, 1, -1, 63, 64, -64, -65, i64::MAX, i64::MIN] {
            comes_back(&number);
        }
        comes_back(&vec![Some("text".to_owned()), None, Some(String::new())]);
        comes_back(&HashMap::from([((Day(3), true), BTreeSet::from([1_u32, 2]))]));
        comes_back(&Name::from_stored("example.com"));
    }

    #[test]
    fn what_is_nobodys_bytes_is_nothing() {
        assert_eq!(value_of::<u64>(&[0xff; 11]), None, "a number that does not end");
        assert_eq!(value_of::<Vec<u64>>(&[0xff, 0xff, 0xff, 0xff, 0x0f]), None, "a list that is not there");
        assert_eq!(value_of::<Box<str>>(&[2, 0xff, 0xfe]), None, "no text");
        assert_eq!(value_of::<bool>(&[2]), None);
        assert_eq!(value_of::<u16>(&bytes_of(&65_536_u64)), None);
    }

    #[test]
    fn equal_maps_are_equal_bytes() {
        let numbers = 0..100_u64;
        let one: HashMap<u64, bool> = numbers.clone().map(|number| (number, true)).collect();
        let other: HashMap<u64, bool> = numbers.rev().map(|number| (number, true)).collect();
        assert_eq!(bytes_of(&one), bytes_of(&other));
    }
}
