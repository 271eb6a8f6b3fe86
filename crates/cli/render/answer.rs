//! The formats that an answer can be written in, and how a person reads it.

use std::io::{self, Write};

pub(crate) use whosends_present::answer::{Csv, Json, Ndjson};

use super::paint::Paint;

/// An answer that a person can read on a terminal.
pub(crate) trait Show {
    /// Writes what a person reads.
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()>;
}

/// What a terminal is like, and how much of an answer is wanted on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// How many columns it has.
    pub(crate) columns: usize,
    /// How to colour.
    pub(crate) paint: Paint,
    /// How much to show.
    pub(crate) extent: Extent,
}

/// How much to show to people.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extent {
    /// The most rows of a domain, or of a class of it.
    pub(crate) limit: Option<usize>,
    /// Everything.
    pub(crate) all: bool,
}

impl Extent {
    /// Everything where `all` is set, or else what is customary.
    pub(crate) const fn all(all: bool) -> Self {
        Self { limit: None, all }
    }
}
