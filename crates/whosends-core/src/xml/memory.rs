//! What is remembered of the records that were read.
//!
//! A reporter writes the same record again and again, with another address, count and recipient's domain: what
//! it says besides them follows from its bytes, and need not be read a second time.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use memchr::{memchr, memmem};

use super::value::{self, Reading};
use crate::model::shared::{Profile, Shared};

/// Bytes that a text may have which differs from record to record.
pub(super) const VARYING_BYTES: usize = 256;
/// Bytes that may stand before an address, and between it and the count.
const LAYOUT_BYTES: usize = 256;
/// Bytes of a record that is remembered.
const RECORD_BYTES: usize = 4 << 10;
/// About what is remembered at most, in bytes.
const MOST_BYTES: usize = 5 << 20;
/// About what a record takes besides its bytes, and what a recipient's domain takes.
const RECORD_OVERHEAD: usize = 512;
const RECIPIENT_OVERHEAD: usize = 160;
/// Layouts that are remembered.
const MOST_LAYOUTS: usize = 32;

const ADDRESS: &str = "<source_ip>";
const COUNT: &str = "<count>";
const RECIPIENT: &str = "<envelope_to>";
const END: &str = "</record>";

/// The records read so far by their bytes, in bounded memory: what one hostile report invents costs others
/// time, not more.
#[derive(Debug)]
pub(crate) struct Memory {
    known: Known,
    /// The layout of the last record that was found: most likely that of the next.
    last: usize,
    hasher: RandomState,
    recipient: memmem::Finder<'static>,
    end: memmem::Finder<'static>,
    is_blind: bool,
}

/// What is forgotten together.
#[derive(Debug, Default)]
struct Known {
    layouts: Vec<Layout>,
    records: Vec<Remembered>,
    /// Where each of `records` stands, found by its bytes.
    index: HashTable<u32>,
    /// The combinations of records that name a recipient's domain, by both.
    addressed: HashTable<(u32, Arc<Shared>)>,
    bytes: usize,
}

/// How a reporter writes a record up to its count.
#[derive(Debug)]
struct Layout {
    before_address: Box<str>,
    before_count: Box<str>,
}

/// What stands after the count of a record that was read, and what that says.
#[derive(Debug)]
struct Remembered {
    layout: usize,
    /// The bytes without the recipient's domain, which stands at `recipient`.
    rest: Box<str>,
    recipient: usize,
    said: Said,
}

#[derive(Debug)]
enum Said {
    /// It names no recipient's domain.
    Whole(Arc<Shared>),
    /// What it says but for the recipient's domain.
    Addressed(Arc<Profile>),
}

/// A record that was read before, with its own address and count.
pub(super) struct Found<'t> {
    pub(super) address: &'t str,
    pub(super) count: &'t str,
    pub(super) said: Arc<Shared>,
    /// The bytes of the record.
    pub(super) end: usize,
}

/// A record taken apart.
struct Taken<'t> {
    layout: usize,
    address: &'t str,
    count: &'t str,
    /// What follows the count, up to the record's end or what comes after it.
    rest: &'t str,
}

impl Layout {
    /// Address, count and what follows it, where text begins with a record of this layout.
    fn take<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str, &'t str)> {
        let (address, rest) = varying(text.strip_prefix(&*self.before_address)?)?;
        let (count, rest) = varying(rest.strip_prefix(&*self.before_count)?)?;
        Some((address, count, rest))
    }

    /// The layout of a record.
    fn of(record: &str) -> Option<Self> {
        let (before_address, rest) = record.split_at(record.find(ADDRESS)? + ADDRESS.len());
        let (_, rest) = varying(rest)?;
        let (before_count, _) = rest.split_at(rest.find(COUNT)? + COUNT.len());
        (before_address.len() <= LAYOUT_BYTES && before_count.len() <= LAYOUT_BYTES)
            .then(|| Self { before_address: before_address.into(), before_count: before_count.into() })
    }
}

/// What stands before the next tag, and the text from there on.
fn varying(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    memchr(b'<', &bytes[..bytes.len().min(VARYING_BYTES)]).map(|end| text.split_at(end))
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            known: Known::default(),
            last: 0,
            hasher: RandomState::default(),
            recipient: memmem::Finder::new(RECIPIENT),
            end: memmem::Finder::new(END),
            is_blind: false,
        }
    }
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
    pub(super) fn find<'t>(&mut self, text: &'t str) -> Option<Found<'t>> {
        let Taken { layout, address, count, rest } = self.take(text)?;
        self.last = layout;
        let within = &rest.as_bytes()[..rest.len().min(RECORD_BYTES)];
        let end = self.end.find(within)? + END.len();
        let after = text.len() - rest.len();
        let rest = &rest[..end];
        let recipient = self.recipient_in(rest);
        let at = self.position(layout, rest, &recipient)?;
        let said = match &self.known.records.get(at as usize)?.said {
            Said::Whole(said) => Arc::clone(said),
            Said::Addressed(profile) => {
                let profile = Arc::clone(profile);
                self.addressed(at, &profile, value::trimmed(&rest[recipient]))?
            }
        };
        Some(Found { address, count, said, end: after + end })
    }

    /// Remembers a record that was read without a note. It is of plain tags and texts alone, so that what
    /// varies stands where its tag is first.
    pub(super) fn learn(&mut self, record: &str, said: &Arc<Shared>) {
        if record.len() > RECORD_BYTES {
            return;
        }
        if self.known.bytes > MOST_BYTES || self.known.layouts.len() >= MOST_LAYOUTS {
            self.known = Known::default();
        }
        if self.take(record).is_none()
            && let Some(layout) = Layout::of(record)
        {
            self.known.layouts.push(layout);
        }
        let Some(Taken { layout, rest, .. }) = self.take(record) else { return };
        let recipient = self.recipient_in(rest);
        let at = match self.position(layout, rest, &recipient) {
            Some(at) => at,
            None => self.remember(layout, rest, &recipient, said),
        };
        if !recipient.is_empty() {
            self.remember_addressed(at, said);
        }
    }

    /// Takes a record apart by the first layout that fits.
    fn take<'t>(&self, text: &'t str) -> Option<Taken<'t>> {
        let layouts = std::iter::once(self.last).chain(0..self.known.layouts.len());
        layouts.into_iter().find_map(|layout| {
            let (address, count, rest) = self.known.layouts.get(layout)?.take(text)?;
            Some(Taken { layout, address, count, rest })
        })
    }

    /// Where the recipient's domain stands; empty where there is none.
    fn recipient_in(&self, rest: &str) -> Range<usize> {
        let Some(tag) = self.recipient.find(rest.as_bytes()) else { return 0..0 };
        let start = tag + RECIPIENT.len();
        varying(&rest[start..]).map_or(0..0, |(name, _)| start..start + name.len())
    }

    fn hash(&self, layout: usize, rest: &str, recipient: &Range<usize>) -> u64 {
        self.hasher.hash_one((layout, &rest[..recipient.start], &rest[recipient.end..]))
    }

    /// Where a record with these bytes is remembered.
    fn position(&self, layout: usize, rest: &str, recipient: &Range<usize>) -> Option<u32> {
        let is_it = |&at: &u32| {
            self.known.records.get(at as usize).is_some_and(|known| {
                let (before, after) = known.rest.split_at(known.recipient);
                known.layout == layout
                    && matches!(known.said, Said::Whole(_)) == recipient.is_empty()
                    && *before == rest[..recipient.start]
                    && *after == rest[recipient.end..]
            })
        };
        self.known.index.find(self.hash(layout, rest, recipient), is_it).copied()
    }

    fn remember(&mut self, layout: usize, rest: &str, recipient: &Range<usize>, said: &Arc<Shared>) -> u32 {
        let hash = self.hash(layout, rest, recipient);
        let at = u32::try_from(self.known.records.len()).unwrap_or(u32::MAX);
        let bytes = [&rest[..recipient.start], &rest[recipient.end..]].concat();
        self.known.bytes += bytes.len() + RECORD_OVERHEAD;
        self.known.records.push(Remembered {
            layout,
            rest: bytes.into(),
            recipient: recipient.start,
            said: match recipient.is_empty() {
                true => Said::Whole(Arc::clone(said)),
                false => Said::Addressed(Arc::clone(said.profile())),
            },
        });
        let (records, hasher) = (&self.known.records, &self.hasher);
        self.known.index.insert_unique(hash, at, |&at| {
            let Remembered { layout, rest, recipient, .. } = &records[at as usize];
            hasher.hash_one((*layout, &rest[..*recipient], &rest[*recipient..]))
        });
        at
    }

    /// The combination of a remembered record with a recipient's domain that is stated as it should be.
    fn addressed(&mut self, at: u32, profile: &Arc<Profile>, recipient: &str) -> Option<Arc<Shared>> {
        let hash = self.hasher.hash_one((at, recipient));
        let is_it = |known: &(u32, Arc<Shared>)| known.0 == at && names(&known.1) == recipient;
        if let Some((_, said)) = self.known.addressed.find(hash, is_it) {
            return Some(Arc::clone(said));
        }
        if value::without_controls(recipient).is_some() {
            return None;
        }
        let Some(Reading::Plain(name)) = value::name(recipient) else { return None };
        let said = Arc::new(Shared::of(Arc::clone(profile), Some(name)));
        self.remember_addressed(at, &said);
        Some(said)
    }

    fn remember_addressed(&mut self, at: u32, said: &Arc<Shared>) {
        let Self { known: Known { addressed, bytes, .. }, hasher, .. } = self;
        let hash = hasher.hash_one((at, names(said)));
        if addressed.find(hash, |known| known.0 == at && names(&known.1) == names(said)).is_none() {
            *bytes += RECIPIENT_OVERHEAD;
            let hash_of = |known: &(u32, Arc<Shared>)| hasher.hash_one((known.0, names(&known.1)));
            addressed.insert_unique(hash, (at, Arc::clone(said)), hash_of);
        }
    }
}

/// The recipient's domain.
fn names(said: &Shared) -> &str {
    said.envelope_to().map_or("", |name| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::Combination;

    const RECORD: &str = "<record><row><source_ip>192.0.2.1</source_ip><count>3</count></row>\
        <envelope_to>a.example</envelope_to></record>";

    fn record(address: &str, count: &str, to: &str) -> String {
        RECORD.replace("192.0.2.1", address).replace(">3<", &format!(">{count}<")).replace("a.example", to)
    }

    fn knowing(records: &[(&str, Option<&str>)]) -> Memory {
        let mut memory = Memory::default();
        for (text, to) in records {
            let said = Combination {
                envelope_to: to.and_then(crate::model::Name::from_stated),
                ..Combination::default()
            };
            memory.learn(text, &Arc::new(Shared::new(said)));
        }
        memory
    }

    #[test]
    fn only_address_count_and_recipient_may_differ() {
        let mut memory = knowing(&[(RECORD, Some("a.example"))]);
        let other = record("2001:db8::1", "77", " b.example ");
        let text = format!("{other}<record>");
        let found = memory.find(&text).expect("known");
        assert_eq!((found.address, found.count, found.end), ("2001:db8::1", "77", other.len()));
        assert_eq!(found.said.envelope_to().map(|name| name.as_str()), Some("b.example"));
        for other in [
            RECORD.replace("</row>", "</row><x/>"),
            RECORD.replace("<count>", "<count><!---->"),
            RECORD.replace("</record>", ""),
            record("192.0.2.1", "3", "no domain"),
            record("192.0.2.1", "3", ""),
            record("192.0.2.1", "3", "\u{b}a.example"),
            record("192.0.2.1", "3", "a.&amp;"),
            record(&"1".repeat(VARYING_BYTES), "3", "a.example"),
        ] {
            assert!(memory.find(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn an_empty_recipient_is_another_record() {
        let empty = record("192.0.2.1", "3", "");
        for known in
            [[(RECORD, Some("a.example")), (&*empty, None)], [(&*empty, None), (RECORD, Some("a.example"))]]
        {
            let mut memory = knowing(&known);
            let mut to = |text: &str| {
                let found = memory.find(text).expect("known");
                found.said.envelope_to().map(ToString::to_string)
            };
            assert_eq!(to(&empty), None);
            assert_eq!(to(RECORD).as_deref(), Some("a.example"));
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut memory = Memory::default();
        let said = Arc::new(Shared::new(Combination::default()));
        for number in 0..40_000 {
            memory.learn(&RECORD.replace("</row>", &format!("<x>{number}</x></row>")), &said);
            assert!(memory.known.bytes <= MOST_BYTES + RECORD_BYTES + RECORD_OVERHEAD + RECIPIENT_OVERHEAD);
        }
        for number in 0..200 {
            memory.learn(&RECORD.replace("<row>", &format!("<row><x>{number}</x>")), &said);
        }
        assert!(memory.known.layouts.len() <= MOST_LAYOUTS);
    }
}
