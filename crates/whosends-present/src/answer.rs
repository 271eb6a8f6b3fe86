//! The formats that an answer can be written in. Which an answer has is known when it is compiled.

use std::io::{self, Write};

/// An answer that can be written as one JSON object.
pub trait Json {
    /// Writes the object, over several lines.
    fn json(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// An answer that can also be written as lines of JSON, one an item.
pub trait Ndjson: Json {
    /// Writes the lines.
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// An answer that can also be written as CSV, one line an item.
pub trait Csv: Ndjson {
    /// Writes the lines, after one with the names of the columns.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()>;
}
