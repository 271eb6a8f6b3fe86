//! What several readers have learnt of records, together.
//!
//! A lesson is written down once, in the order it was learnt. Each reader goes through what others wrote at the
//! beginning of a document, or of a part of a large one, and keeps an index of its own, so that finding a record takes
//! no lock. What was learnt is held once, however many read.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memchr::memchr;

use crate::model::shared::{Profile, Shared};

/// Bytes that a text may have which differs from record to record.
pub(super) const VARYING_BYTES: usize = 256;
/// Bytes that may stand before an address, and between it and the count.
const LAYOUT_BYTES: usize = 256;
/// About what is remembered at most, in bytes.
pub(super) const MOST_BYTES: usize = 20 << 20;
/// About what a record takes besides its bytes, and what a recipient's domain takes.
pub(super) const RECORD_OVERHEAD: usize = 512;
pub(super) const RECIPIENT_OVERHEAD: usize = 160;
/// Layouts that are remembered.
pub(super) const MOST_LAYOUTS: usize = 32;

const ADDRESS: &str = "<source_ip>";
const COUNT: &str = "<count>";

/// How a reporter writes a record up to its count.
#[derive(Debug)]
pub(super) struct Layout {
    before_address: Box<str>,
    before_count: Box<str>,
}

impl Layout {
    /// Address, count and what follows it, where text begins with a record of this layout.
    pub(super) fn take<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str, &'t str)> {
        let (address, rest) = varying(text.strip_prefix(&*self.before_address)?)?;
        let (count, rest) = varying(rest.strip_prefix(&*self.before_count)?)?;
        Some((address, count, rest))
    }

    /// The layout of a record.
    pub(super) fn of(record: &str) -> Option<Self> {
        let (before_address, rest) = record.split_at(record.find(ADDRESS)? + ADDRESS.len());
        let (_, rest) = varying(rest)?;
        let (before_count, _) = rest.split_at(rest.find(COUNT)? + COUNT.len());
        (before_address.len() <= LAYOUT_BYTES && before_count.len() <= LAYOUT_BYTES)
            .then(|| Self { before_address: before_address.into(), before_count: before_count.into() })
    }
}

/// What stands before the next tag, and the text from there on.
pub(super) fn varying(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    memchr(b'<', &bytes[..bytes.len().min(VARYING_BYTES)]).map(|end| text.split_at(end))
}

/// What stands after the count of a record that was read, and what that says.
#[derive(Debug)]
pub(super) struct Remembered {
    pub(super) layout: usize,
    /// The bytes without the recipient's domain, which stands at `recipient`.
    rest: Box<str>,
    recipient: usize,
    pub(super) said: Said,
}

/// What a remembered record says.
#[derive(Debug)]
pub(super) enum Said {
    /// It names no recipient's domain.
    Whole(Arc<Shared>),
    /// What it says but for the recipient's domain.
    Addressed(Arc<Profile>),
}

impl Remembered {
    /// A record of a layout with what follows its count; `recipient` is where in it the recipient's domain stands,
    /// and empty where there is none.
    pub(super) fn new(layout: usize, rest: &str, recipient: &Range<usize>, said: &Arc<Shared>) -> Self {
        Self {
            layout,
            rest: [&rest[..recipient.start], &rest[recipient.end..]].concat().into(),
            recipient: recipient.start,
            said: match recipient.is_empty() {
                true => Said::Whole(Arc::clone(said)),
                false => Said::Addressed(Arc::clone(said.profile())),
            },
        }
    }

    /// What stands before and after the recipient's domain.
    pub(super) fn around(&self) -> (&str, &str) {
        self.rest.split_at(self.recipient)
    }
}

/// One thing that was learnt.
#[derive(Debug, Clone)]
pub(super) enum Lesson {
    Layout(Arc<Layout>),
    Record(Arc<Remembered>),
    /// The combination of the record of a number with a recipient's domain.
    Addressed(u32, Arc<Shared>),
}

impl Lesson {
    fn bytes(&self) -> usize {
        match self {
            Self::Layout(_) => 0,
            Self::Record(record) => record.rest.len() + RECORD_OVERHEAD,
            Self::Addressed(..) => RECIPIENT_OVERHEAD,
        }
    }
}

/// Lessons in the order they were learnt, in bounded memory: what one hostile report invents costs others
/// time, not more.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// How often all was forgotten.
    pub(super) age: u64,
    pub(super) lessons: Vec<Lesson>,
    pub(super) bytes: usize,
    layouts: usize,
}

impl Log {
    /// Forgets all where there is no room for more, and says whether it did.
    pub(super) fn make_room(&mut self) -> bool {
        let is_full = self.bytes > MOST_BYTES || self.layouts >= MOST_LAYOUTS;
        if is_full {
            *self = Self { age: self.age + 1, ..Self::default() };
        }
        is_full
    }

    /// Writes a lesson down.
    pub(super) fn add(&mut self, lesson: Lesson) {
        self.bytes += lesson.bytes();
        self.layouts += usize::from(matches!(lesson, Lesson::Layout(_)));
        self.lessons.push(lesson);
    }
}

/// What several readers have learnt.
#[derive(Debug, Default)]
pub(crate) struct Lessons {
    log: Mutex<Log>,
    /// Changes with every change of the log.
    version: AtomicU64,
}

impl Lessons {
    /// The log, to read and to write.
    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        // Nothing that is done with the log leaves it half changed.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that changes with every change of the log.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Says that the log was changed, and gives the new version; the caller holds the log.
    pub(super) fn changed(&self) -> u64 {
        self.version.fetch_add(1, Ordering::AcqRel) + 1
    }
}
