//! A format that somebody chose, for the answers that have it.

use std::io::{self, Write};

use crate::args::Format;
use crate::render::answer::{Csv, Json, Screen, Show};

/// A choice among the formats of an answer.
pub(crate) trait WriteAs<A: ?Sized> {
    /// Writes the answer in the format that was chosen.
    fn write(self, answer: &A, out: &mut dyn Write, screen: Screen) -> io::Result<()>;
}

impl<A: Csv + Show + ?Sized> WriteAs<A> for Format {
    fn write(self, answer: &A, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        match self {
            Self::Table => answer.show(out, screen),
            Self::Json => answer.json(out),
            Self::Ndjson => answer.ndjson(out),
            Self::Csv => answer.csv(out),
        }
    }
}

/// For people, or as JSON where that is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrJson(pub(crate) bool);

impl<A: Json + Show + ?Sized> WriteAs<A> for OrJson {
    fn write(self, answer: &A, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        if self.0 { answer.json(out) } else { answer.show(out, screen) }
    }
}
