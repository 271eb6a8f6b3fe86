//! Who sends as a domain.

use std::io::{self, Write};

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use whosends_core::analysis::sources::{
    By, DomainSources, Key, Network, SourceGroup, Sources, Steps, Totals,
};
use whosends_core::model::PolicyPublished;

use super::csv;
use super::json::{self, SCHEMA};
use super::judged::{Judged, Passed};
use super::number::{count, grouped};
use super::paint::{Paint, Tone};
use super::period::{self, Days, LeftOut};
use super::policy::{self, Policy};
use super::printable::printable;
use super::table::{Cell, Column, Set, Table};
use super::trend;

/// Domains that are shown where nobody asks for one or for all.
const DOMAINS: usize = 10;
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

/// How much to show to people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// The most rows of a domain.
    pub(crate) limit: Option<usize>,
    /// Everything.
    pub(crate) all: bool,
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
struct Trend {
    from: String,
    step_days: u32,
    steps: u32,
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

/// A month of numbers reads better in a line than in a column.
fn in_one_line<S: Serializer>(trend: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
    json::inline(&trend).map_err(S::Error::custom)?.serialize(serializer)
}

#[derive(Debug, Serialize)]
struct Sums {
    messages: u64,
    #[serde(flatten)]
    judged: Judged,
    addresses: u64,
    first_day: Option<String>,
    last_day: Option<String>,
    multi_day_messages: u64,
    undated_messages: u64,
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
        let mut trend = vec![0; steps.map_or(0, |steps| steps.count as usize)];
        for &(step, messages) in &group.trend {
            if let Some(place) = trend.get_mut(step as usize) {
                *place = messages;
            }
        }
        Self { source, kind, sums: (&group.totals).into(), trend }
    }
}

impl Answer<'_> {
    /// Writes one JSON object with everything.
    pub(crate) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Sources { by, period, steps, .. } = *self.sources;
        let trend = steps.map(|steps| Trend {
            from: steps.from.to_string(),
            step_days: steps.days,
            steps: steps.count,
        });
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

    /// Writes one JSON object a source.
    pub(crate) fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        let period = self.sources.period.into();
        for (domain, source) in self.lines() {
            json::line(out, &Line { schema: SCHEMA, domain, period: &period, source })?;
        }
        Ok(())
    }

    /// Writes one line a source.
    pub(crate) fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &CSV)?;
        for (domain, source) in self.lines() {
            let sums = &source.sums;
            let mut cells = vec![
                csv::Cell::Text(domain),
                csv::Cell::text(source.source.as_deref()),
                csv::Cell::Text(source.kind),
                csv::Cell::Number(sums.messages.into()),
            ];
            for passed in [sums.judged.dmarc, sums.judged.dkim, sums.judged.spf] {
                cells.extend([passed.pass, passed.fail, passed.unknown].map(|n| csv::Cell::Number(n.into())));
                cells.push(csv::Cell::rate(passed.rate));
            }
            cells.push(csv::Cell::Number(sums.addresses.into()));
            cells.push(csv::Cell::text(sums.first_day.as_deref()));
            cells.push(csv::Cell::text(sums.last_day.as_deref()));
            cells.push(csv::Cell::Number(sums.multi_day_messages.into()));
            cells.push(csv::Cell::Number(sums.undated_messages.into()));
            csv::row(out, &cells)?;
        }
        Ok(())
    }

    /// Writes what a person reads.
    pub(crate) fn table(
        &self,
        out: &mut dyn Write,
        screen: usize,
        paint: Paint,
        extent: Extent,
    ) -> io::Result<()> {
        let most = if extent.all { usize::MAX } else { DOMAINS };
        for (at, (domain, sums)) in self.blocks().take(most).enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            self.header(out, domain, sums, paint)?;
            writeln!(out)?;
            self.rows(out, sums, screen, paint, extent)?;
        }
        let rest: Vec<u64> =
            self.sources.domains.iter().skip(most).map(|domain| domain.totals.tally.messages).collect();
        if !rest.is_empty() {
            let messages = rest.iter().fold(0_u64, |sum, &more| sum.saturating_add(more));
            writeln!(
                out,
                "\n… and {} with {}; `whosends domains` lists them",
                count(rest.len() as u64, "more domain", "more domains"),
                count(messages, "message", "messages"),
            )?;
        }
        self.footer(out, paint)
    }

    fn header(
        &self,
        out: &mut dyn Write,
        domain: &Domain<'_>,
        sums: &DomainSources,
        paint: Paint,
    ) -> io::Result<()> {
        let name = paint.tone(Tone::Head, &printable(domain.name));
        let dmarc = Passed::from(sums.totals.tally.dmarc);
        writeln!(
            out,
            "{name}   {}   {}",
            policy::in_short(domain.policy),
            period::in_words(self.sources.period)
        )?;
        writeln!(
            out,
            "{}   {}   {}",
            count(sums.totals.tally.messages, "message", "messages"),
            paint.tone(dmarc.tone(), &format!("{} DMARC", dmarc.percent())),
            count(sums.reporters, "reporter", "reporters"),
        )
    }

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

    /// What has to be known to read the numbers right.
    fn footer(&self, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        let sum = |part: fn(&Totals) -> u64| {
            self.sources.domains.iter().fold(0_u64, |sum, domain| sum.saturating_add(part(&domain.totals)))
        };
        let (several, unknown) = (sum(|totals| totals.multi_day), sum(|totals| totals.tally.dmarc.unknown));
        let mut lines = Vec::from_iter(period::several_days(several));
        if unknown > 0 {
            lines.push(format!("{} without a verdict, in no rate", count(unknown, "message", "messages")));
        }
        lines.extend(self.left_out.in_words());
        if !lines.is_empty() {
            writeln!(out)?;
        }
        lines.iter().try_for_each(|line| writeln!(out, "{}", paint.tone(Tone::Dim, line)))
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
        Cell::from(dmarc.percent()).tone(dmarc.tone()),
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
