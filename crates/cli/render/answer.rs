//! The formats that an answer can be written in. Which an answer has is known when it is compiled.

use std::io::{self, Write};

use super::paint::Paint;

/// An answer that can be written as one JSON object.
pub(crate) trait Json {
    /// Writes the object, over several lines.
    fn json(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// An answer that can also be written as lines of JSON, one an item.
pub(crate) trait Ndjson: Json {
    /// Writes the lines.
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// An answer that can also be written as CSV, one line an item.
pub(crate) trait Csv: Ndjson {
    /// Writes the lines, after one with the names of the columns.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()>;
}

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
