//! Sums over messages, as every answer about who sends shows them.

use std::io::{self, Write};

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use whosends_core::analysis::sources::{Steps, Totals};
use whosends_core::model::Period;
use whosends_core::model::PolicyPublished;

use super::csv;
use super::json;
use super::judged::{Judged, Passed};
use super::number::count;
use super::paint::{Paint, Tone};
use super::period::{self, LeftOut};
use super::policy;
use super::printable::printable;

/// Domains that are shown where nobody asks for one or for all.
pub(crate) const DOMAINS: usize = 10;

/// What is known of a domain beside its sums.
#[derive(Debug)]
pub(crate) struct Domain<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// The policy of its newest report.
    pub(crate) policy: &'a PolicyPublished,
    /// Reports.
    pub(crate) reports: u64,
}

/// What the steps of a trend are.
#[derive(Debug, Serialize)]
pub(crate) struct Trend {
    from: String,
    step_days: u32,
    steps: u32,
}

impl From<Steps> for Trend {
    fn from(steps: Steps) -> Self {
        Self { from: steps.from.to_string(), step_days: steps.days, steps: steps.count }
    }
}

/// Messages in every step, from those of the steps that have any.
pub(crate) fn steps_of(trend: &[(u32, u64)], steps: Option<Steps>) -> Vec<u64> {
    let mut all = vec![0; steps.map_or(0, |steps| steps.count as usize)];
    for &(step, messages) in trend {
        if let Some(place) = all.get_mut(step as usize) {
            *place = messages;
        }
    }
    all
}

/// A month of numbers reads better in a line than in a column.
pub(crate) fn in_one_line<S: Serializer>(trend: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
    json::inline(&trend).map_err(S::Error::custom)?.serialize(serializer)
}

/// Messages, how they were judged, and when they were seen.
#[derive(Debug, Serialize)]
pub(crate) struct Sums {
    pub(crate) messages: u64,
    #[serde(flatten)]
    pub(crate) judged: Judged,
    pub(crate) addresses: u64,
    pub(crate) first_day: Option<String>,
    pub(crate) last_day: Option<String>,
    pub(crate) multi_day_messages: u64,
    pub(crate) undated_messages: u64,
}

impl Sums {
    /// The cells of a line, from the messages on.
    pub(crate) fn cells(&self) -> Vec<csv::Cell<'_>> {
        let number = |number: u64| csv::Cell::Number(number.into());
        let mut cells = vec![number(self.messages)];
        for passed in [self.judged.dmarc, self.judged.dkim, self.judged.spf] {
            cells.extend([passed.pass, passed.fail, passed.unknown].map(number));
            cells.push(csv::Cell::rate(passed.rate));
        }
        cells.push(number(self.addresses));
        cells.extend([&self.first_day, &self.last_day].map(|day| csv::Cell::text(day.as_deref())));
        cells.extend([self.multi_day_messages, self.undated_messages].map(number));
        cells
    }
}

impl From<&Totals> for Sums {
    fn from(totals: &Totals) -> Self {
        Self {
            messages: totals.tally.messages,
            judged: totals.tally.into(),
            addresses: totals.addresses,
            first_day: totals.first.map(|day| day.to_string()),
            last_day: totals.last.map(|day| day.to_string()),
            multi_day_messages: totals.multi_day,
            undated_messages: totals.undated,
        }
    }
}

/// The two lines above a domain's rows.
pub(crate) fn header(
    out: &mut dyn Write,
    domain: &Domain<'_>,
    period: Period,
    (totals, reporters): (&Totals, u64),
    paint: Paint,
) -> io::Result<()> {
    let name = paint.tone(Tone::Head, &printable(domain.name));
    let dmarc = Passed::from(totals.tally.dmarc);
    writeln!(out, "{name}   {}   {}", policy::in_short(domain.policy), period::in_words(period))?;
    writeln!(
        out,
        "{}   {}   {}",
        count(totals.tally.messages, "message", "messages"),
        paint.tone(Tone::rated(dmarc.rate), &format!("{} DMARC", dmarc.percent())),
        count(reporters, "reporter", "reporters"),
    )
}

/// The domains that are not shown, where there are any.
pub(crate) fn more_domains<'t>(
    out: &mut dyn Write,
    rest: impl Iterator<Item = &'t Totals>,
) -> io::Result<()> {
    let (domains, messages) = rest.fold((0_u64, 0_u64), |(domains, messages), totals| {
        (domains + 1, messages.saturating_add(totals.tally.messages))
    });
    if domains == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "\n… and {} with {}; `whosends domains` lists them",
        count(domains, "more domain", "more domains"),
        count(messages, "message", "messages"),
    )
}

/// What has to be known to read the numbers right.
pub(crate) fn footer<'t>(
    out: &mut dyn Write,
    domains: impl Iterator<Item = &'t Totals>,
    left_out: LeftOut,
    paint: Paint,
) -> io::Result<()> {
    let (several, unknown) = domains.fold((0_u64, 0_u64), |(several, unknown), totals| {
        (several.saturating_add(totals.multi_day), unknown.saturating_add(totals.tally.dmarc.unknown))
    });
    let mut lines = Vec::from_iter(period::several_days(several));
    if unknown > 0 {
        lines.push(format!("{} without a verdict, in no rate", count(unknown, "message", "messages")));
    }
    lines.extend(period::left_out(left_out));
    if !lines.is_empty() {
        writeln!(out)?;
    }
    lines.iter().try_for_each(|line| writeln!(out, "{}", paint.tone(Tone::Dim, line)))
}
