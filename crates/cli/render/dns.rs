//! What an answer out of DNS cost, and whom it came from.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::model::Day;

use super::number::count;
use super::paint::{Paint, Tone};
use super::printable::printable;

/// What an answer out of DNS cost.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Asked {
    /// The name servers, or the file with the kept conversation.
    pub(crate) resolver: Vec<String>,
    /// Whether nobody was asked.
    pub(crate) offline: bool,
    /// Questions that it took.
    pub(crate) queries: usize,
    /// How long it waited for answers.
    pub(crate) milliseconds: u128,
}

/// A conversation that was held before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// On which day, where it says so.
    pub(crate) held: Option<Day>,
}

impl Kept {
    /// Of which day the answers are, for people.
    pub(crate) fn in_words(self) -> String {
        match self.held {
            Some(day) => format!("DNS as of {day}"),
            None => "DNS as it was kept, on a day that is not known".to_owned(),
        }
    }
}

impl Asked {
    /// One line for people.
    pub(crate) fn in_words(&self) -> String {
        let questions = count(self.queries as u64, "question", "questions");
        let with = self.resolver.join(", ");
        let text = match self.offline {
            true => format!("{questions}, answered from {with}"),
            false => format!("{questions}, {} ms, {with}", self.milliseconds),
        };
        printable(&text).into_owned()
    }

    /// Writes that line.
    pub(crate) fn text(&self, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        writeln!(out, "{}", paint.tone(Tone::Dim, &self.in_words()))
    }
}
