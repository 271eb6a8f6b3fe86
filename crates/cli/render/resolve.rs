//! What was looked up of sources and services.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::model::Period;

use super::answer::{Json, Screen, Show};
use super::dns::Asked;
use super::json::{self, SCHEMA};
use super::number::grouped;
use super::paint::Tone;
use super::period::{Days, in_words};
use super::printable::printable;

/// What was looked up, with what it cost.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Whose sources.
    pub(crate) period: Period,
    /// The addresses.
    pub(crate) addresses: Addresses,
    /// The includes of services.
    pub(crate) ranges: Found,
    /// What it cost.
    pub(crate) asked: Asked,
}

/// What became of the addresses.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Addresses {
    /// Addresses that the reports saw.
    pub(crate) seen: usize,
    /// Of these, looked up before and not yet old.
    pub(crate) known: usize,
    /// Looked up now.
    pub(crate) asked: usize,
    /// Not looked up, for the limit.
    pub(crate) left_out: usize,
    /// With a name that leads back.
    pub(crate) named: usize,
    /// With a name that leads elsewhere.
    pub(crate) unconfirmed: usize,
    /// Without a name.
    pub(crate) nameless: usize,
    /// Without an answer.
    pub(crate) failed: usize,
    /// Whether the rest was not looked up, as nobody answered.
    pub(crate) gave_up: bool,
}

impl Addresses {
    /// Whether nothing was answered.
    pub(crate) const fn is_silent(&self) -> bool {
        self.failed == self.asked
    }
}

/// What became of the includes.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Found {
    /// Includes of the services in use.
    pub(crate) seen: usize,
    /// Of these, looked up within a day.
    pub(crate) known: usize,
    /// Looked up now.
    pub(crate) asked: usize,
    /// With addresses that are kept.
    pub(crate) kept: usize,
    /// Without a record.
    pub(crate) without: usize,
    /// Those that authorise so many addresses that they name nobody.
    pub(crate) refused: Vec<String>,
    /// Without an answer; what was kept before stays.
    pub(crate) failed: usize,
}

impl Found {
    /// Whether nothing was answered.
    pub(crate) const fn is_silent(&self) -> bool {
        self.failed == self.asked
    }
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    period: Days,
    addresses: &'a Addresses,
    ranges: &'a Found,
    #[serde(flatten)]
    asked: &'a Asked,
}

impl Json for Answer {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { addresses, ranges, asked, .. } = self;
        json::pretty(out, &Object { schema: SCHEMA, period: self.period.into(), addresses, ranges, asked })
    }
}

impl Show for Answer {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let paint = screen.paint;
        let Self { addresses, ranges, .. } = self;
        let seen = addresses.seen;
        writeln!(out, "{} source addresses in {}", grouped(seen as u64), in_words(self.period))?;
        writeln!(out)?;
        lines(
            out,
            &[
                (addresses.known, "looked up before"),
                (addresses.named, "have a name that leads back"),
                (addresses.unconfirmed, "have a name that leads elsewhere"),
                (addresses.nameless, "have no name"),
                (addresses.failed, "got no answer, and are asked again next time"),
                (addresses.left_out, "left for another run; --limit takes more"),
            ],
        )?;
        writeln!(out)?;
        writeln!(out, "{} SPF includes of the services in use", grouped(ranges.seen as u64))?;
        writeln!(out)?;
        lines(
            out,
            &[
                (ranges.known, "looked up within a day"),
                (ranges.kept, "give addresses"),
                (ranges.without, "have no record"),
                (ranges.failed, "got no answer; what was known before stays"),
                (ranges.refused.len(), "authorise too many addresses to name anybody"),
            ],
        )?;
        for include in &ranges.refused {
            writeln!(out, "          {}", printable(include))?;
        }
        writeln!(out)?;
        if addresses.gave_up {
            writeln!(out, "{}", paint.tone(Tone::Warn, "DNS fell silent, and the rest was not asked"))?;
        }
        self.asked.text(out, paint)
    }
}

/// A line for each number that is not nothing.
fn lines(out: &mut dyn Write, counts: &[(usize, &str)]) -> io::Result<()> {
    for (number, what) in counts.iter().filter(|(number, _)| *number > 0) {
        writeln!(out, "{:>8}  {what}", grouped(*number as u64))?;
    }
    Ok(())
}
