//! What is remembered of the records that were read.
//!
//! A reporter writes the same record again and again, with another address and count: what it says besides
//! them follows from its bytes, and need not be read a second time.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use memchr::{memchr, memmem};

use crate::model::shared::Shared;

/// Bytes that an address or count may have.
pub(super) const NUMBER_BYTES: usize = 64;
/// Bytes of a record that is remembered.
const RECORD_BYTES: usize = 4 << 10;
/// About what is remembered at most, in bytes.
const MOST_BYTES: usize = 4 << 20;
/// About what a record takes besides its bytes.
const OVERHEAD: usize = 512;
/// Layouts that are remembered.
const MOST_LAYOUTS: usize = 32;

const ADDRESS: &str = "<source_ip>";
const COUNT: &str = "<count>";
const END: &str = "</record>";

/// The records read so far by their bytes, in bounded memory: what one hostile report invents costs others
/// time, not more.
#[derive(Debug)]
pub(crate) struct Memory {
    layouts: Vec<Layout>,
    /// The layout of the last record that was found: most likely that of the next.
    last: usize,
    records: HashTable<Remembered>,
    hasher: RandomState,
    bytes: usize,
    end: memmem::Finder<'static>,
    is_blind: bool,
}

/// How a reporter writes a record up to its count.
#[derive(Debug)]
struct Layout {
    before_address: Box<str>,
    before_count: Box<str>,
}

/// What a record said whose count was followed by these bytes.
#[derive(Debug)]
struct Remembered {
    layout: usize,
    rest: Box<str>,
    said: Arc<Shared>,
}

/// A record that was read before, with its own address and count.
pub(super) struct Found<'t, 'm> {
    pub(super) address: &'t str,
    pub(super) count: &'t str,
    pub(super) said: &'m Arc<Shared>,
    /// The bytes of the record.
    pub(super) end: usize,
}

/// A record taken apart by a layout.
struct Taken<'t> {
    address: &'t str,
    count: &'t str,
    rest: &'t str,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            layouts: Vec::new(),
            last: 0,
            records: HashTable::new(),
            hasher: RandomState::default(),
            bytes: 0,
            end: memmem::Finder::new(END),
            is_blind: false,
        }
    }
}

impl Layout {
    /// The parts of a record that text begins with, where it is of this layout; what follows the count goes on
    /// to the text's end.
    fn take<'t>(&self, text: &'t str) -> Option<Taken<'t>> {
        let (address, rest) = number(text.strip_prefix(&*self.before_address)?)?;
        let (count, rest) = number(rest.strip_prefix(&*self.before_count)?)?;
        Some(Taken { address, count, rest })
    }
}

/// What stands before the next tag, and the text from there on.
fn number(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    memchr(b'<', &bytes[..bytes.len().min(NUMBER_BYTES)]).map(|end| text.split_at(end))
}

impl Memory {
    /// A memory that remembers nothing and has every token read by quick-xml, to compare with.
    #[cfg(test)]
    pub(super) fn blind() -> Self {
        Self { is_blind: true, ..Self::default() }
    }

    /// Whether every token is to be read by quick-xml.
    pub(super) const fn is_blind(&self) -> bool {
        self.is_blind
    }

    /// The record that text begins with, where one like it was read before.
    pub(super) fn find<'t>(&mut self, text: &'t str) -> Option<Found<'t, '_>> {
        let (layout, taken) = self.take(text)?;
        self.last = layout;
        let length = self.end.find(&taken.rest.as_bytes()[..taken.rest.len().min(RECORD_BYTES)])? + END.len();
        let rest = &taken.rest[..length];
        let hash = self.hasher.hash_one((layout, rest));
        let known = self.records.find(hash, |known| known.layout == layout && *known.rest == *rest)?;
        Some(Found {
            address: taken.address,
            count: taken.count,
            said: &known.said,
            end: text.len() - taken.rest.len() + length,
        })
    }

    /// Takes a record apart by the first layout that fits.
    fn take<'t>(&self, text: &'t str) -> Option<(usize, Taken<'t>)> {
        std::iter::once(self.last)
            .chain(0..self.layouts.len())
            .find_map(|at| Some((at, self.layouts.get(at)?.take(text)?)))
    }

    /// Remembers a record that was read without a note. It is of plain tags and texts alone, so that its
    /// address and count stand where their tags are first.
    pub(super) fn learn(&mut self, record: &str, said: &Arc<Shared>) {
        if record.len() > RECORD_BYTES {
            return;
        }
        if self.bytes + record.len() + OVERHEAD > MOST_BYTES || self.layouts.len() >= MOST_LAYOUTS {
            self.layouts.clear();
            self.records.clear();
            self.bytes = 0;
        }
        if self.take(record).is_none()
            && let Some(layout) = layout_of(record)
        {
            self.layouts.push(layout);
        }
        let Some((at, Taken { rest, .. })) = self.take(record) else { return };
        let hash = self.hasher.hash_one((at, rest));
        if self.records.find(hash, |known| known.layout == at && *known.rest == *rest).is_some() {
            return;
        }
        self.bytes += record.len() + OVERHEAD;
        let new = Remembered { layout: at, rest: rest.into(), said: Arc::clone(said) };
        let hasher = &self.hasher;
        self.records.insert_unique(hash, new, |known| hasher.hash_one((known.layout, &*known.rest)));
    }
}

/// The layout of a record.
fn layout_of(record: &str) -> Option<Layout> {
    let (before_address, rest) = record.split_at(record.find(ADDRESS)? + ADDRESS.len());
    let (_, rest) = number(rest)?;
    let (before_count, _) = rest.split_at(rest.find(COUNT)? + COUNT.len());
    Some(Layout { before_address: before_address.into(), before_count: before_count.into() })
}
