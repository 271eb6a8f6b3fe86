//! The record of today, evaluated for every address that was seen.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;
use whosends_core::analysis::spf_use::{Change, Sent};
use whosends_core::dns::spf::Verdict;
use whosends_core::model::Period;

use super::answer::{Json, Screen, Show};
use super::dns::Asked;
use super::json::{self, SCHEMA};
use super::number::{count, grouped};
use super::paint::{Paint, Tone};
use super::period::{self, Days};
use super::printable::printable;
use super::spf::Step;
use super::table::{Cell, Column, Set, Table};

/// The rows of one change in the table.
const MOST_ROWS: usize = 20;

/// What came out.
#[derive(Debug)]
pub(crate) struct Rechecked {
    /// Whose record.
    pub(crate) domain: String,
    /// The days that were looked at.
    pub(crate) period: Period,
    /// The addresses, the busiest first.
    pub(crate) sources: Vec<Source>,
    /// Addresses beyond those that are looked at.
    pub(crate) left_out: usize,
    /// What it cost.
    pub(crate) asked: Asked,
}

/// One address.
#[derive(Debug)]
pub(crate) struct Source {
    /// The address.
    pub(crate) address: IpAddr,
    /// What it sent.
    pub(crate) sent: Sent,
    /// What today's record changes.
    pub(crate) change: Change,
    /// The result of today.
    pub(crate) verdict: Verdict,
    /// The term that decides.
    pub(crate) decided_by: Option<Step>,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    domain: &'a str,
    period: Days,
    changes: Vec<Sum>,
    sources: Vec<Line<'a>>,
    left_out: usize,
    #[serde(flatten)]
    asked: &'a Asked,
}

#[derive(Serialize)]
struct Sum {
    change: &'static str,
    addresses: u64,
    messages: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    address: IpAddr,
    change: &'static str,
    result: &'static str,
    decided_by: Option<&'a Step>,
    messages: u64,
    passed: u64,
    failed: u64,
    unaligned: u64,
    last_day: Option<String>,
}

impl Json for Rechecked {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let sources = self.sources.iter().map(line).collect();
        let changes = Change::ALL.into_iter().map(|change| self.sum(change)).collect();
        let object = Object {
            schema: SCHEMA,
            domain: &self.domain,
            period: self.period.into(),
            changes,
            sources,
            left_out: self.left_out,
            asked: &self.asked,
        };
        json::pretty(out, &object)
    }
}

impl Show for Rechecked {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, .. } = screen;
        let domain = paint.tone(Tone::Head, &printable(&self.domain));
        writeln!(out, "{domain}   {}\n", period::in_words(self.period))?;
        for change in Change::ALL {
            let Sum { addresses, messages, .. } = self.sum(change);
            if addresses > 0 {
                let number = paint.tone(tone(change), &format!("{:>9}", grouped(messages)));
                let from = count(addresses, "address", "addresses");
                writeln!(out, "{number}  {}, from {from}", meaning(change))?;
            }
        }
        let shown = [Change::Broken, Change::NeverAuthorised, Change::Undecided, Change::Fixed];
        for change in shown {
            self.list(change, out, screen, paint)?;
        }
        if self.left_out > 0 {
            let number = count(self.left_out as u64, "further address", "further addresses");
            writeln!(
                out,
                "\n{}",
                paint.tone(Tone::Dim, &format!("{number} with less mail were not looked at"))
            )?;
        }
        writeln!(out)?;
        self.asked.text(out, paint)
    }
}

impl Rechecked {
    fn sum(&self, change: Change) -> Sum {
        let mut sum = Sum { change: change.as_str(), addresses: 0, messages: 0 };
        for source in self.sources.iter().filter(|source| source.change == change) {
            sum.addresses += 1;
            sum.messages = sum.messages.saturating_add(source.sent.messages());
        }
        sum
    }

    fn list(&self, change: Change, out: &mut dyn Write, screen: usize, paint: Paint) -> io::Result<()> {
        let all: Vec<_> = self.sources.iter().filter(|source| source.change == change).collect();
        if all.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}\n", paint.tone(tone(change), title(change)))?;
        let mut table = Table::new(&[
            Column("ADDRESS", Set::Left),
            Column("MESSAGES", Set::Right),
            Column("TODAY", Set::Left),
            Column("LAST SEEN", Set::Left),
            Column("DECIDED BY", Set::KeepStart),
        ]);
        for source in all.iter().take(MOST_ROWS) {
            let last = source.sent.last.map_or_else(|| "no date".to_owned(), |day| day.to_string());
            let by = source.decided_by.as_ref();
            let by = by.map_or_else(String::new, |step| format!("{} in {}", step.term, step.domain));
            table.row(vec![
                Cell::from(source.address.to_string()),
                grouped(source.sent.messages()).into(),
                source.verdict.as_str().into(),
                last.into(),
                by.into(),
            ]);
        }
        table.write(out, screen, paint)?;
        if all.len() > MOST_ROWS {
            writeln!(out, "… and {} more", all.len() - MOST_ROWS)?;
        }
        Ok(())
    }
}

fn line(source: &Source) -> Line<'_> {
    let sent = &source.sent;
    Line {
        address: source.address,
        change: source.change.as_str(),
        result: source.verdict.as_str(),
        decided_by: source.decided_by.as_ref(),
        messages: sent.messages(),
        passed: sent.passed,
        failed: sent.failed,
        unaligned: sent.unaligned,
        last_day: sent.last.map(|day| day.to_string()),
    }
}

const fn tone(change: Change) -> Tone {
    match change {
        Change::Broken => Tone::Bad,
        Change::NeverAuthorised | Change::Unaligned | Change::Undecided => Tone::Warn,
        Change::Fixed | Change::Authorised => Tone::Good,
    }
}

const fn title(change: Change) -> &'static str {
    match change {
        Change::Broken => "Broken since: these passed, and today do not",
        Change::NeverAuthorised => "Never authorised: these did not pass, and do not today",
        Change::Unaligned => "Unaligned: these pass for another domain",
        Change::Undecided => "Not decided: DNS did not answer",
        Change::Fixed => "Fixed since: these did not pass, and today do",
        Change::Authorised => "Authorised",
    }
}

const fn meaning(change: Change) -> &'static str {
    match change {
        Change::Broken => "messages passed and would not today",
        Change::NeverAuthorised => "messages did not pass and would not today",
        Change::Unaligned => "messages pass for another domain, which is not aligned",
        Change::Undecided => "messages about which DNS does not answer",
        Change::Fixed => "messages did not pass and would today",
        Change::Authorised => "messages pass, then and today",
    }
}
