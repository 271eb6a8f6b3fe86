//! Who sends as a domain, by sender, in the order an owner thinks: mine and fine, mine and failing, passed on by
//! others, not mine, unknown.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::analysis::attribution::{DomainSenders, SenderSums, Senders};
use whosends_core::senders::{Catalogue, Class, ClassTotals, Decision};

use super::advice::{Fix, in_short};
use super::answer::{Csv, Extent, Json, Ndjson, Screen, Show};
use super::csv;
use super::json::{self, SCHEMA};
use super::judged::{Judged, Passed};
use super::number::{count, grouped};
use super::paint::{Paint, Tone};
use super::period::{Days, LeftOut};
use super::policy::Policy;
use super::printable::printable;
use super::sums::{DOMAINS, Domain, Sums, Trend, footer, header, in_one_line, more_domains, steps_of};
use super::table::{Cell, Column, Set, Table};
use super::trend;
use super::words::kind;
use super::wrap::wrapped;
use super::{next_step, ready};

/// Rows of a class where there are several domains, and of a single one.
const ROWS: usize = 5;
const ROWS_ALONE: usize = 10;
/// A source without a name is a trifle below this part of the domain's messages.
const TRIFLE: u64 = 1000;

/// Who sends, with everything the answer needs beside the sums.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// The sums.
    pub(crate) senders: &'a Senders,
    /// The services.
    pub(crate) catalogue: &'a Catalogue,
    /// What is known of each domain of `senders`, in the same order.
    pub(crate) domains: Vec<Domain<'a>>,
    /// What the period leaves out.
    pub(crate) left_out: LeftOut,
    /// How domains stand to their next steps, where that is known.
    pub(crate) next_steps: &'a [ready::Domain],
    /// How the program is called for another question about the same; `None` where nothing of it is kept.
    pub(crate) program: Option<String>,
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
    classes: Classes,
    sources: Vec<Source<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    domain: &'a str,
    period: &'a Days,
    #[serde(flatten)]
    source: Source<'a>,
}

/// Messages by class.
#[derive(Debug, Serialize)]
pub(crate) struct Classes {
    aligned: u64,
    misaligned: u64,
    forwarder: u64,
    unauthorised: u64,
    unknown: u64,
}

impl From<&ClassTotals> for Classes {
    fn from(totals: &ClassTotals) -> Self {
        Self {
            aligned: totals.of(Class::Aligned),
            misaligned: totals.of(Class::Misaligned),
            forwarder: totals.of(Class::Forwarder),
            unauthorised: totals.of(Class::Unauthorised),
            unknown: totals.of(Class::Unknown),
        }
    }
}

/// One sender: a row in every format.
#[derive(Debug, Serialize)]
struct Source<'a> {
    source: String,
    name: String,
    kind: &'static str,
    class: &'static str,
    confidence: &'static str,
    confirmed: bool,
    leaks: bool,
    decision: Option<&'static str>,
    ignored: bool,
    #[serde(flatten)]
    sums: Sums,
    classes: Classes,
    fix: Option<Fix<'a>>,
    #[serde(serialize_with = "in_one_line")]
    trend: Vec<u64>,
}

/// What the owner calls a class.
pub(crate) const fn heading(class: Class) -> (&'static str, Tone) {
    match class {
        Class::Aligned => ("Yours, passing", Tone::Good),
        Class::Misaligned => ("Yours, failing: to be put right", Tone::Bad),
        Class::Forwarder => ("Passed on by forwarders and lists", Tone::Plain),
        Class::Unauthorised => ("Not yours", Tone::Warn),
        Class::Unknown => ("Unknown", Tone::Warn),
    }
}

impl<'a> Json for Answer<'a> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let domains = self.blocks().map(|(domain, sums)| Block {
            domain: domain.name,
            policy: domain.policy.into(),
            reports: domain.reports,
            reporters: sums.reporters,
            sums: (&sums.totals).into(),
            classes: (&sums.classes).into(),
            sources: sums.senders.iter().map(|sender| self.source(sender)).collect(),
        });
        let object = Object {
            schema: SCHEMA,
            by: "sender",
            period: self.senders.period.into(),
            trend: self.senders.steps.map(Trend::from),
            left_out: self.left_out,
            domains: domains.collect(),
        };
        json::pretty(out, &object)
    }
}

impl<'a> Ndjson for Answer<'a> {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        let period = self.senders.period.into();
        for (domain, source) in self.lines() {
            json::line(out, &Line { schema: SCHEMA, domain, period: &period, source })?;
        }
        Ok(())
    }
}

impl<'a> Csv for Answer<'a> {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &CSV)?;
        for (domain, source) in self.lines() {
            let mut cells = vec![
                csv::Cell::Text(domain),
                csv::Cell::Text(&source.source),
                csv::Cell::Text(&source.name),
                csv::Cell::Text(source.kind),
                csv::Cell::Text(source.class),
                csv::Cell::Text(source.confidence),
            ];
            cells.extend(source.sums.cells());
            csv::row(out, &cells)?;
        }
        Ok(())
    }
}

impl<'a> Show for Answer<'a> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, extent } = screen;
        if self.senders.domains.is_empty() {
            return Ok(());
        }
        let most = if extent.all { usize::MAX } else { DOMAINS };
        for (at, (domain, sums)) in self.blocks().take(most).enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            self.block(out, domain, sums, Screen { columns: screen, paint, extent })?;
        }
        let totals = || self.senders.domains.iter().map(|domain| &domain.totals);
        more_domains(out, totals().skip(most))?;
        footer(out, totals(), self.left_out, paint)?;
        self.next(out, paint)
    }
}

impl<'a> Answer<'a> {
    /// Who sends as one domain.
    pub(super) fn block(
        &self,
        out: &mut dyn Write,
        domain: &Domain<'_>,
        sums: &DomainSenders,
        screen: Screen,
    ) -> io::Result<()> {
        let Screen { columns, paint, extent } = screen;
        header(out, domain, self.senders.period, (&sums.totals, sums.reporters), paint)?;
        writeln!(out)?;
        self.rows(sums, columns, extent).write(out, columns, paint)?;
        self.next_step(out, domain, columns, paint)
    }

    /// Whether a domain can take its next step.
    fn next_step(
        &self,
        out: &mut dyn Write,
        domain: &Domain<'_>,
        screen: usize,
        paint: Paint,
    ) -> io::Result<()> {
        let of_domain = |step: &&ready::Domain| step.policy.domain.as_str() == domain.name;
        let Some(step) = self.next_steps.iter().find(of_domain) else { return Ok(()) };
        let (text, tone) = next_step::in_short(step, self.catalogue);
        let mut lines = wrapped(&text, screen);
        lines.iter_mut().for_each(|line| *line = paint.tone(tone, line));
        writeln!(out, "{}", lines.join("\n"))
    }

    /// What to look at first: the busiest sender that fails, or else that nobody can place.
    pub(super) fn next(&self, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        let Some(program) = &self.program else { return Ok(()) };
        let all = || self.blocks().flat_map(|(domain, sums)| sums.senders.iter().map(move |s| (domain, s)));
        let busiest = |class: Class| {
            let of_class = all().filter(|(_, sender)| {
                let judgement = &sender.judgement;
                judgement.class == class && !judgement.ignored && !judgement.trace
            });
            of_class.max_by_key(|(_, sender)| sender.totals.tally.messages)
        };
        let (domain, sender, why) = match (busiest(Class::Misaligned), busiest(Class::Unknown)) {
            (Some((domain, sender)), _) => (domain, sender, "why it fails and what to do"),
            (None, Some((domain, sender))) => (domain, sender, "what is known of it"),
            (None, None) => return self.conditions(program, out, paint),
        };
        let command = format!("{program} source {} {}", sender.source.text(self.catalogue), domain.name);
        let text = format!("Next: `{}` says {why}", printable(&command));
        writeln!(out, "\n{}", paint.tone(Tone::Hint, &text))
    }

    /// Where no sender is in the way, what else there is to know of the busiest domain.
    fn conditions(&self, program: &str, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        let Some((domain, _)) = self.blocks().next() else { return Ok(()) };
        let command = format!("{program} ready {}", domain.name);
        let text = format!("Next: `{}` says what a stricter policy depends on", printable(&command));
        writeln!(out, "\n{}", paint.tone(Tone::Hint, &text))
    }

    fn rows(&self, sums: &DomainSenders, screen: usize, extent: Extent) -> Table {
        let alone = self.senders.domains.len() == 1;
        let customary = if alone { ROWS_ALONE } else { ROWS };
        let most = if extent.all { usize::MAX } else { extent.limit.unwrap_or(customary) };
        let mut table = Table::new(&COLUMNS);
        let shown = |sender: &&SenderSums| extent.all || !sender.judgement.ignored;
        for class in Class::ALL {
            let of_class = || sums.senders.iter().filter(|s| s.judgement.class == class).filter(shown);
            if of_class().next().is_none() {
                continue;
            }
            let (title, tone) = heading(class);
            table.text(Cell::new(title).tone(tone));
            // A name is worth a row however little it sends: a quarterly payroll is what enforcement would lose.
            let counts = |sender: &SenderSums| {
                let messages = sender.totals.tally.messages;
                sender.source.is_named() || messages.saturating_mul(TRIFLE) >= sums.totals.tally.messages
            };
            let asked = extent.all || extent.limit.is_some();
            let (rows, trifles): (Vec<_>, Vec<_>) =
                of_class().enumerate().partition(|&(at, sender)| asked || at == 0 || counts(sender));
            for (_, sender) in rows.iter().take(most) {
                table.row(cells(&self.source(sender)));
                if let Some(fix) = &sender.fix {
                    self.fix(&mut table, in_short(fix), screen);
                }
            }
            table_rest(&mut table, rows.iter().skip(most).chain(&trifles).map(|&(_, sender)| sender));
        }
        let ignored = sums.senders.iter().filter(|sender| !shown(sender)).count();
        if ignored > 0 {
            let text = format!("{} ignored; --all shows them", count(ignored as u64, "sender", "senders"));
            table.text(Cell::from(text).tone(Tone::Dim));
        }
        table
    }

    fn fix(&self, table: &mut Table, text: &str, screen: usize) {
        for (at, line) in wrapped(text, screen.saturating_sub(6)).iter().enumerate() {
            let lead = if at == 0 { "    → " } else { "      " };
            table.text(Cell::from(format!("{lead}{line}")));
        }
    }

    fn source(&self, sender: &'a SenderSums) -> Source<'a> {
        let judgement = &sender.judgement;
        Source {
            source: sender.source.text(self.catalogue),
            name: sender.source.title(self.catalogue),
            kind: kind(&sender.source),
            class: judgement.class.as_str(),
            confidence: judgement.confidence.as_str(),
            confirmed: judgement.confirmed,
            leaks: judgement.leaks,
            decision: judgement.decision.map(Decision::as_str),
            ignored: judgement.ignored,
            sums: (&sender.totals).into(),
            classes: (&sender.classes).into(),
            fix: sender.fix.as_deref().map(Fix::from),
            trend: steps_of(&sender.trend, self.senders.steps),
        }
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = (&Domain<'a>, &'a DomainSenders)> {
        self.domains.iter().zip(&self.senders.domains)
    }

    fn lines(&self) -> impl Iterator<Item = (&'a str, Source<'a>)> {
        self.blocks().flat_map(move |(domain, sums)| {
            let name = domain.name;
            sums.senders.iter().map(move |sender| (name, self.source(sender)))
        })
    }
}

/// What stands for the senders of a class that are not shown.
fn table_rest<'s>(table: &mut Table, rest: impl Iterator<Item = &'s SenderSums>) {
    let (more, messages) = rest.fold((0_u64, 0_u64), |(more, messages), sender| {
        (more + 1, messages.saturating_add(sender.totals.tally.messages))
    });
    if more > 0 {
        let messages = count(messages, "message", "messages");
        let text = format!("  … and {} more with {messages}; --all shows them", grouped(more));
        table.text(Cell::from(text).tone(Tone::Dim));
    }
}

const CSV: [&str; 24] = [
    "domain",
    "source",
    "name",
    "kind",
    "class",
    "confidence",
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

const COLUMNS: [Column; 8] = [
    Column("SENDER", Set::KeepStart),
    Column("MESSAGES", Set::Right),
    Column("DMARC", Set::Right),
    Column("DKIM", Set::Right),
    Column("SPF", Set::Right),
    Column("IPS", Set::Right),
    Column("LAST SEEN", Set::Left),
    Column("TREND", Set::Left),
];

fn cells(source: &Source<'_>) -> Vec<Cell> {
    let sums = &source.sums;
    let Judged { dmarc, dkim, spf } = sums.judged;
    // The sign stands once a row, at the rate that counts.
    let bare = |passed: Passed| Cell::from(passed.percent().trim_end_matches('%'));
    let mark = if sums.multi_day_messages > 0 { "~" } else { "" };
    let seen = sums.last_day.as_deref().unwrap_or("no date");
    let marked = if source.decision.is_some() { " (marked)" } else { "" };
    vec![
        Cell::from(format!("  {}{marked}", source.name)),
        grouped(sums.messages).into(),
        Cell::from(dmarc.percent()).tone(Tone::rated(dmarc.rate)),
        bare(dkim),
        bare(spf),
        grouped(sums.addresses).into(),
        format!("{seen}{mark}").into(),
        Cell::from(trend::chart(&source.trend)).tone(Tone::Dim),
    ]
}
