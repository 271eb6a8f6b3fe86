//! Who sends as a domain.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::analysis::sources::{By, DomainSources, Key, Network, SourceGroup, Sources, Steps};

use super::answer::{Csv, Extent, Json, Ndjson, Screen, Show};
use super::csv;
use super::json::{self, SCHEMA};
use super::judged::{Judged, Passed};
use super::number::{count, grouped};
use super::paint::{Paint, Tone};
use super::period::{Days, LeftOut};
use super::policy::Policy;
use super::sums::{DOMAINS, Domain, Sums, Trend, footer, header, in_one_line, more_domains, steps_of};
use super::table::{Cell, Column, Set, Table};
use super::trend;

/// Rows of each domain where there are several, and of a single one.
const ROWS: usize = 8;
const ROWS_ALONE: usize = 20;

/// Who sends, with everything the answer needs beside the sums.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// The sums.
    pub(crate) sources: &'a Sources,
    /// What is known of each domain of `sources`, in the same order.
    pub(crate) domains: Vec<Domain<'a>>,
    /// What the period leaves out.
    pub(crate) left_out: LeftOut,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    by: &'static str,
    period: Days,
    trend: Option<Trend>,
    left_out: LeftOut,
    domains: Vec<Block<'a>>,
}

#[derive(Serialize)]
struct Block<'a> {
    domain: &'a str,
    policy: Policy<'a>,
    reports: u64,
    reporters: u64,
    #[serde(flatten)]
    sums: Sums,
    sources: Vec<Source>,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    domain: &'a str,
    period: &'a Days,
    #[serde(flatten)]
    source: Source,
}

/// One group: a row in every format.
#[derive(Debug, Serialize)]
struct Source {
    source: Option<String>,
    kind: &'static str,
    #[serde(flatten)]
    sums: Sums,
    #[serde(serialize_with = "in_one_line")]
    trend: Vec<u64>,
}

impl Source {
    fn of(group: &SourceGroup, steps: Option<Steps>) -> Self {
        let (kind, source) = match &group.key {
            Key::Address(address) => ("address", Some(address.to_string())),
            Key::Network(network @ Network::Organisation(_)) => ("organisation", Some(network.to_string())),
            Key::Network(network @ Network::Prefix(_)) => ("prefix", Some(network.to_string())),
            Key::Reporter(name) => ("reporter", name.as_deref().map(str::to_owned)),
            Key::HeaderFrom(name) => ("header_from", name.as_ref().map(ToString::to_string)),
            _ => ("other", None),
        };
        Self { source, kind, sums: (&group.totals).into(), trend: steps_of(&group.trend, steps) }
    }
}

impl Json for Answer<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Sources { by, period, steps, .. } = *self.sources;
        let trend = steps.map(Trend::from);
        let domains = self.blocks().map(|(domain, sums)| Block {
            domain: domain.name,
            policy: domain.policy.into(),
            reports: domain.reports,
            reporters: sums.reporters,
            sums: (&sums.totals).into(),
            sources: sums.groups.iter().map(|group| Source::of(group, steps)).collect(),
        });
        let (by, left_out) = (word(by), self.left_out);
        let domains = domains.collect();
        json::pretty(out, &Object { schema: SCHEMA, by, period: period.into(), trend, left_out, domains })
    }
}

impl Ndjson for Answer<'_> {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        let period = self.sources.period.into();
        for (domain, source) in self.lines() {
            json::line(out, &Line { schema: SCHEMA, domain, period: &period, source })?;
        }
        Ok(())
    }
}

impl Csv for Answer<'_> {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &CSV)?;
        for (domain, source) in self.lines() {
            let mut cells = vec![
                csv::Cell::Text(domain),
                csv::Cell::text(source.source.as_deref()),
                csv::Cell::Text(source.kind),
            ];
            cells.extend(source.sums.cells());
            csv::row(out, &cells)?;
        }
        Ok(())
    }
}

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, extent } = screen;
        if self.sources.domains.is_empty() {
            return Ok(());
        }
        let most = if extent.all { usize::MAX } else { DOMAINS };
        for (at, (domain, sums)) in self.blocks().take(most).enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            header(out, domain, self.sources.period, (&sums.totals, sums.reporters), paint)?;
            writeln!(out)?;
            self.rows(out, sums, screen, paint, extent)?;
        }
        let totals = || self.sources.domains.iter().map(|domain| &domain.totals);
        more_domains(out, totals().skip(most))?;
        footer(out, totals(), self.left_out, paint)
    }
}

impl Answer<'_> {
    fn rows(
        &self,
        out: &mut dyn Write,
        sums: &DomainSources,
        screen: usize,
        paint: Paint,
        extent: Extent,
    ) -> io::Result<()> {
        let alone = self.sources.domains.len() == 1;
        let customary = if alone { ROWS_ALONE } else { ROWS };
        let most = if extent.all { usize::MAX } else { extent.limit.unwrap_or(customary) };
        let mut table = Table::new(&columns(self.sources.by));
        for group in sums.groups.iter().take(most) {
            table.row(cells(&Source::of(group, self.sources.steps), self.sources.by));
        }
        table.write(out, screen, paint)?;
        let rest = sums.groups.iter().skip(most);
        let (more, messages) = rest.fold((0_u64, 0_u64), |(more, messages), group| {
            (more + 1, messages.saturating_add(group.totals.tally.messages))
        });
        if more > 0 {
            let messages = count(messages, "message", "messages");
            let text = format!("… and {} more with {messages}; --all shows them", grouped(more));
            writeln!(out, "{}", paint.tone(Tone::Dim, &text))?;
        }
        Ok(())
    }

    fn blocks(&self) -> impl Iterator<Item = (&Domain<'_>, &DomainSources)> {
        self.domains.iter().zip(&self.sources.domains)
    }

    fn lines(&self) -> impl Iterator<Item = (&str, Source)> {
        let steps = self.sources.steps;
        self.blocks().flat_map(move |(domain, sums)| {
            sums.groups.iter().map(move |group| (domain.name, Source::of(group, steps)))
        })
    }
}

const CSV: [&str; 21] = [
    "domain",
    "source",
    "kind",
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
    "addresses",
    "first_day",
    "last_day",
    "multi_day_messages",
    "undated_messages",
];

const fn word(by: By) -> &'static str {
    match by {
        By::Address => "address",
        By::Network => "network",
        By::Reporter => "reporter",
        By::HeaderFrom => "header_from",
        _ => "other",
    }
}

fn columns(by: By) -> Vec<Column> {
    let first = match by {
        By::Address => Column("ADDRESS", Set::KeepStart),
        By::Reporter => Column("REPORTER", Set::KeepStart),
        By::HeaderFrom => Column("FROM", Set::KeepEnd),
        _ => Column("NETWORK", Set::KeepEnd),
    };
    let mut columns = vec![
        first,
        Column("MESSAGES", Set::Right),
        Column("DMARC", Set::Right),
        Column("DKIM", Set::Right),
        Column("SPF", Set::Right),
    ];
    if by != By::Address {
        columns.push(Column("IPS", Set::Right));
    }
    columns.extend([Column("LAST SEEN", Set::Left), Column("TREND", Set::Left)]);
    columns
}

fn cells(source: &Source, by: By) -> Vec<Cell> {
    let sums = &source.sums;
    let Judged { dmarc, dkim, spf } = sums.judged;
    // The sign stands once a row, at the rate that counts.
    let bare = |passed: Passed| Cell::from(passed.percent().trim_end_matches('%'));
    let mark = if sums.multi_day_messages > 0 { "~" } else { "" };
    let name = source.source.as_deref().map_or_else(|| Cell::new("(not stated)").tone(Tone::Dim), Cell::new);
    let mut cells = vec![
        name,
        grouped(sums.messages).into(),
        Cell::from(dmarc.percent()).tone(Tone::rated(dmarc.rate)),
        bare(dkim),
        bare(spf),
    ];
    if by != By::Address {
        cells.push(grouped(sums.addresses).into());
    }
    let seen = sums.last_day.as_deref().unwrap_or("no date");
    cells.push(format!("{seen}{mark}").into());
    cells.push(Cell::from(trend::chart(&source.trend)).tone(Tone::Dim));
    cells
}
