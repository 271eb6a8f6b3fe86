//! What is remembered of the records that were read.
//!
//! A reporter writes the same record again and again, with another address, count and recipient's domain: what
//! it says besides them follows from its bytes, and need not be read a second time.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use memchr::arch::all::packedpair::HeuristicFrequencyRank;
use memchr::memmem;

use super::lessons::{Layout, Lesson, Lessons, Log, Remembered, Said, varying};
use super::value::{self, Reading};
use crate::model::shared::{Profile, Shared};

/// Bytes of a record that is remembered.
const RECORD_BYTES: usize = 4 << 10;

const RECIPIENT: &str = "<envelope_to>";
const END: &str = "</record>";

/// The records read so far, by their bytes.
#[derive(Debug)]
pub(crate) struct Memory {
    lessons: Arc<Lessons>,
    known: Known,
    /// The layout of the last record that was found: most likely that of the next.
    last: usize,
    hasher: RandomState,
    recipient: memmem::Finder<'static>,
    end: memmem::Finder<'static>,
    is_blind: bool,
}

/// What was gone through of the lessons, found by an index.
#[derive(Debug, Default)]
struct Known {
    age: u64,
    version: u64,
    lessons: usize,
    layouts: Vec<Arc<Layout>>,
    records: Vec<Arc<Remembered>>,
    /// Where each of `records` stands, found by its bytes.
    index: HashTable<u32>,
    /// The combinations of records that name a recipient's domain, by both.
    addressed: HashTable<(u32, Arc<Shared>)>,
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

/// How frequent bytes are in reports: text is looked for by its rarest two, and those of markup, rare elsewhere,
/// are the most frequent here.
struct InMarkup;

impl HeuristicFrequencyRank for InMarkup {
    fn rank(&self, byte: u8) -> u8 {
        match byte {
            b'<' | b'>' | b'/' | b' ' | b'\t' | b'\n' => 255,
            b'a' | b'd' | b'e' | b'i' | b'n' | b'o' | b'r' | b's' | b't' => 200,
            b'c' | b'f' | b'l' | b'm' | b'p' | b'u' => 100,
            _ => 50,
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::sharing(&Arc::default())
    }
}

impl Memory {
    /// A memory that goes by what others learn too, and they by what it learns.
    pub(crate) fn sharing(lessons: &Arc<Lessons>) -> Self {
        let finder = |text| memmem::FinderBuilder::new().build_forward_with_ranker(InMarkup, text);
        Self {
            lessons: Arc::clone(lessons),
            known: Known::default(),
            last: 0,
            hasher: RandomState::default(),
            recipient: finder(RECIPIENT),
            end: finder(END),
            is_blind: false,
        }
    }

    /// A memory that remembers nothing and has every token read by quick-xml, to compare with.
    #[cfg(test)]
    pub(super) fn blind() -> Self {
        Self { is_blind: true, ..Self::default() }
    }

    /// Whether every token is to be read by quick-xml.
    pub(super) const fn is_blind(&self) -> bool {
        self.is_blind
    }

    /// Where in some bytes the first record's end tag ends, and the last one's.
    pub(super) fn between_records(&self, bytes: &[u8]) -> Option<Range<usize>> {
        let first = self.end.find(bytes)?;
        let last = memmem::rfind(bytes, END.as_bytes()).filter(|&last| last > first)?;
        Some(first + END.len()..last + END.len())
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
        self.write_down(|this, log| {
            if this.take(record).is_none()
                && let Some(layout) = Layout::of(record)
            {
                log.add(Lesson::Layout(Arc::new(layout)));
                this.go_through(log);
            }
            let Some(Taken { layout, rest, .. }) = this.take(record) else { return };
            let recipient = this.recipient_in(rest);
            let at = this.position(layout, rest, &recipient).unwrap_or_else(|| {
                log.add(Lesson::Record(Arc::new(Remembered::new(layout, rest, &recipient, said))));
                u32::try_from(this.known.records.len()).unwrap_or(u32::MAX)
            });
            if !recipient.is_empty() && this.find_addressed(at, names(said)).is_none() {
                log.add(Lesson::Addressed(at, Arc::clone(said)));
            }
        });
    }

    /// Goes through what others have learnt since.
    pub(super) fn catch_up(&mut self) {
        if self.lessons.version() != self.known.version {
            self.write_down(|_, _| ());
        }
    }

    /// Goes through all lessons there are, and writes more down.
    fn write_down(&mut self, write: impl FnOnce(&mut Self, &mut Log)) {
        let lessons = Arc::clone(&self.lessons);
        let mut log = lessons.log();
        self.go_through(&log);
        let known = log.lessons.len();
        if log.make_room() {
            self.go_through(&log);
        }
        write(self, &mut log);
        self.go_through(&log);
        self.known.version = if log.lessons.len() == known { lessons.version() } else { lessons.changed() };
    }

    /// Takes in what was not taken in yet.
    fn go_through(&mut self, log: &Log) {
        if self.known.age != log.age {
            self.known = Known { age: log.age, ..Known::default() };
        }
        for lesson in log.lessons.get(self.known.lessons..).unwrap_or_default() {
            match lesson.clone() {
                Lesson::Layout(layout) => self.known.layouts.push(layout),
                Lesson::Record(record) => self.take_in(record),
                Lesson::Addressed(at, said) => self.take_in_addressed(at, said),
            }
        }
        self.known.lessons = log.lessons.len();
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

    fn hash(&self, layout: usize, (before, after): (&str, &str)) -> u64 {
        self.hasher.hash_one((layout, before, after))
    }

    /// Where a record with these bytes is remembered.
    fn position(&self, layout: usize, rest: &str, recipient: &Range<usize>) -> Option<u32> {
        let around = (&rest[..recipient.start], &rest[recipient.end..]);
        let is_it = |&at: &u32| {
            self.known.records.get(at as usize).is_some_and(|known| {
                known.layout == layout
                    && matches!(known.said, Said::Whole(_)) == recipient.is_empty()
                    && known.around() == around
            })
        };
        self.known.index.find(self.hash(layout, around), is_it).copied()
    }

    fn take_in(&mut self, record: Arc<Remembered>) {
        let hash = self.hash(record.layout, record.around());
        let at = u32::try_from(self.known.records.len()).unwrap_or(u32::MAX);
        self.known.records.push(record);
        let (records, hasher) = (&self.known.records, &self.hasher);
        self.known.index.insert_unique(hash, at, |&at| {
            let record = &records[at as usize];
            let (before, after) = record.around();
            hasher.hash_one((record.layout, before, after))
        });
    }

    /// The combination of a remembered record with a recipient's domain that is stated as it should be.
    fn addressed(&mut self, at: u32, profile: &Arc<Profile>, recipient: &str) -> Option<Arc<Shared>> {
        if let Some(said) = self.find_addressed(at, recipient) {
            return Some(Arc::clone(said));
        }
        if value::without_controls(recipient).is_some() {
            return None;
        }
        let Some(Reading::Plain(name)) = value::name(recipient) else { return None };
        let said = Arc::new(Shared::of(Arc::clone(profile), Some(name)));
        let age = self.known.age;
        self.write_down(|this, log| {
            // Else the number is another record's by now.
            if log.age == age && this.find_addressed(at, names(&said)).is_none() {
                log.add(Lesson::Addressed(at, Arc::clone(&said)));
            }
        });
        Some(said)
    }

    fn find_addressed(&self, at: u32, recipient: &str) -> Option<&Arc<Shared>> {
        let is_it = |known: &(u32, Arc<Shared>)| known.0 == at && names(&known.1) == recipient;
        self.known.addressed.find(self.hasher.hash_one((at, recipient)), is_it).map(|(_, said)| said)
    }

    fn take_in_addressed(&mut self, at: u32, said: Arc<Shared>) {
        let Self { known: Known { addressed, .. }, hasher, .. } = self;
        let hash = hasher.hash_one((at, names(&said)));
        addressed.insert_unique(hash, (at, said), |known| hasher.hash_one((known.0, names(&known.1))));
    }
}

/// The recipient's domain.
fn names(said: &Shared) -> &str {
    said.envelope_to().map_or("", |name| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::lessons::{
        MOST_BYTES, MOST_LAYOUTS, RECIPIENT_OVERHEAD, RECORD_OVERHEAD, VARYING_BYTES,
    };
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
    fn readers_learn_from_one_another_and_forget_together() {
        let lessons = Arc::default();
        let (mut one, mut other) = (Memory::sharing(&lessons), Memory::sharing(&lessons));
        let plain = RECORD.replace("<envelope_to>a.example</envelope_to>", "");
        let said = Arc::new(Shared::new(Combination::default()));
        one.learn(&plain, &said);
        assert!(other.find(&plain).is_none());
        other.catch_up();
        assert!(Arc::ptr_eq(&other.find(&plain).expect("learnt").said, &said));
        other.learn(&plain, &said);
        assert_eq!(lessons.log().lessons.len(), 2, "a layout and a record");
        let named = Shared::new(Combination {
            envelope_to: crate::model::Name::from_stated("a.example"),
            ..Combination::default()
        });
        other.learn(RECORD, &Arc::new(named));
        for number in 0..=MOST_LAYOUTS {
            one.learn(&plain.replace("<row>", &format!("<row><x>{number}</x>")), &said);
        }
        assert!(one.find(&plain).is_none(), "it was forgotten");
        let another = record("192.0.2.1", "3", "b.example");
        let found = other.find(&another).expect("not yet gone through");
        assert_eq!(found.said.envelope_to().map(ToString::to_string).as_deref(), Some("b.example"));
        assert!(other.find(RECORD).is_none(), "it has gone through the lessons to tell of the new name");
        let told =
            lessons.log().lessons.iter().filter(|lesson| matches!(lesson, Lesson::Addressed(..))).count();
        assert_eq!(told, 0, "the number of the record is another's by now");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut memory = Memory::default();
        let said = Arc::new(Shared::new(Combination::default()));
        for number in 0..40_000 {
            memory.learn(&RECORD.replace("</row>", &format!("<x>{number}</x></row>")), &said);
            let bytes = memory.lessons.log().bytes;
            assert!(bytes <= MOST_BYTES + RECORD_BYTES + RECORD_OVERHEAD + RECIPIENT_OVERHEAD);
        }
        for number in 0..200 {
            memory.learn(&RECORD.replace("<row>", &format!("<row><x>{number}</x>")), &said);
        }
        assert!(memory.known.layouts.len() <= MOST_LAYOUTS);
    }
}
