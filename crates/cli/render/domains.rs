//! The domains that reports were read for.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::analysis::tally::Tally;
use whosends_core::model::Period;
use whosends_core::model::{Day, PolicyPublished};

use super::answer::{Csv, Json, Ndjson, Screen, Show};
use super::csv;
use super::json::{self, SCHEMA};
use super::judged::Judged;
use super::number::{count, grouped};
use super::paint::{Paint, Tone};
use super::period::{self, Days, LeftOut};
use super::policy::{self, Policy};
use super::printable::printable;
use super::table::{Cell, Column, Set, Table};

/// One domain and its sums.
#[derive(Debug)]
pub(crate) struct Domain {
    /// The policy of its newest report; its domain is the one that is meant.
    pub(crate) policy: PolicyPublished,
    /// Reports that count.
    pub(crate) reports: u64,
    /// Different reporters.
    pub(crate) reporters: u64,
    /// Messages and how they were judged.
    pub(crate) tally: Tally,
    /// The first day.
    pub(crate) first: Option<Day>,
    /// The last day.
    pub(crate) last: Option<Day>,
    /// Messages of reports over several days.
    pub(crate) multi_day_messages: u64,
    /// Reports without a usable date.
    pub(crate) undated_reports: u64,
}

/// The domains of a period, and what it leaves out.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Which days.
    pub(crate) period: Period,
    /// The domains with a report, the busiest first.
    pub(crate) domains: Vec<Domain>,
    /// The names of those without one.
    pub(crate) silent: Vec<String>,
    /// What the period leaves out.
    pub(crate) left_out: LeftOut,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    period: Days,
    left_out: LeftOut,
    domains: Vec<Line<'a>>,
    silent: &'a [String],
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<u32>,
    domain: &'a str,
    policy: Policy<'a>,
    reports: u64,
    reporters: u64,
    messages: u64,
    #[serde(flatten)]
    judged: Judged,
    first_day: Option<String>,
    last_day: Option<String>,
    multi_day_messages: u64,
    undated_reports: u64,
}

impl Domain {
    fn line(&self, schema: Option<u32>) -> Line<'_> {
        Line {
            schema,
            domain: self.policy.domain.as_str(),
            policy: (&self.policy).into(),
            reports: self.reports,
            reporters: self.reporters,
            messages: self.tally.messages,
            judged: self.tally.into(),
            first_day: self.first.map(|day| day.to_string()),
            last_day: self.last.map(|day| day.to_string()),
            multi_day_messages: self.multi_day_messages,
            undated_reports: self.undated_reports,
        }
    }
}

impl Json for Answer {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let domains = self.domains.iter().map(|domain| domain.line(None)).collect();
        let (period, left_out, silent) = (self.period.into(), self.left_out, &self.silent);
        json::pretty(out, &Object { schema: SCHEMA, period, left_out, domains, silent })
    }
}

impl Ndjson for Answer {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        self.domains.iter().try_for_each(|domain| json::line(out, &domain.line(Some(SCHEMA))))
    }
}

impl Csv for Answer {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &CSV)?;
        for domain in &self.domains {
            let line = domain.line(None);
            let mut cells = vec![csv::Cell::Text(line.domain)];
            cells.extend([line.policy.p, line.policy.sp, line.policy.np].map(csv::Cell::text));
            cells.extend([line.reports, line.reporters, line.messages].map(|n| csv::Cell::Number(n.into())));
            for passed in [line.judged.dmarc, line.judged.dkim, line.judged.spf] {
                cells.extend([passed.pass, passed.fail, passed.unknown].map(|n| csv::Cell::Number(n.into())));
                cells.push(csv::Cell::rate(passed.rate));
            }
            cells.extend([&line.first_day, &line.last_day].map(|day| csv::Cell::text(day.as_deref())));
            cells
                .extend([line.multi_day_messages, line.undated_reports].map(|n| csv::Cell::Number(n.into())));
            csv::row(out, &cells)?;
        }
        Ok(())
    }
}

impl Show for Answer {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, .. } = screen;
        if self.domains.is_empty() {
            return Ok(());
        }
        let mut table = Table::new(&[
            Column("DOMAIN", Set::KeepEnd),
            Column("POLICY", Set::KeepStart),
            Column("MESSAGES", Set::Right),
            Column("DMARC", Set::Right),
            Column("REPORTERS", Set::Right),
            Column("REPORTS", Set::Right),
            Column("LAST SEEN", Set::Left),
        ]);
        for domain in &self.domains {
            let line = domain.line(None);
            let mark = if line.multi_day_messages > 0 { "~" } else { "" };
            table.row(vec![
                line.domain.into(),
                policy::in_short(&domain.policy).into(),
                grouped(line.messages).into(),
                Cell::from(line.judged.dmarc.percent()).tone(Tone::rated(line.judged.dmarc.rate)),
                grouped(line.reporters).into(),
                grouped(line.reports).into(),
                format!("{}{mark}", line.last_day.as_deref().unwrap_or("no date")).into(),
            ]);
        }
        writeln!(out, "{}\n", period::in_words(self.period))?;
        table.write(out, screen, paint)?;
        self.footer(out, paint)
    }
}

impl Answer {
    fn footer(&self, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        let mut lines = Vec::new();
        let several =
            self.domains.iter().fold(0_u64, |sum, domain| sum.saturating_add(domain.multi_day_messages));
        lines.extend(period::several_days(several));
        if !self.silent.is_empty() {
            let number = count(self.silent.len() as u64, "domain", "domains");
            let names = printable(&self.silent.join(", ")).into_owned();
            lines.push(format!("{number} without a report in these days: {names}"));
        }
        lines.extend(period::left_out(self.left_out));
        if !lines.is_empty() {
            writeln!(out)?;
        }
        lines.iter().try_for_each(|line| writeln!(out, "{}", paint.tone(Tone::Dim, line)))
    }
}

const CSV: [&str; 23] = [
    "domain",
    "p",
    "sp",
    "np",
    "reports",
    "reporters",
    "messages",
    "dmarc_pass",
    "dmarc_fail",
    "dmarc_unknown",
    "dmarc_rate",
    "dkim_pass",
    "dkim_fail",
    "dkim_unknown",
    "dkim_rate",
    "spf_pass",
    "spf_fail",
    "spf_unknown",
    "spf_rate",
    "first_day",
    "last_day",
    "multi_day_messages",
    "undated_reports",
];
