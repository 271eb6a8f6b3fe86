//! What changed, as JSON and CSV.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::analysis::changes::{PolicyChange, SenderChange, SilentReporter};
use whosends_core::analysis::tally::Tally;

use super::{Answer, sentence};
use crate::answer::{Csv, Json, Ndjson};
use crate::csv;
use crate::json::{self, SCHEMA};
use crate::judged::Judged;
use crate::period::Days;
use crate::words::kind;

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    period: Days,
    before: Days,
    looked_back_to: Option<String>,
    senders: Vec<Sender<'a>>,
    policies: Vec<Policy<'a>>,
    silent: Vec<Silent<'a>>,
    silent_domains: Vec<&'a str>,
    gaps: Vec<Days>,
    lag: Lag<'a>,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    period: &'a Days,
    #[serde(flatten)]
    sender: Sender<'a>,
}

#[derive(Serialize)]
struct Sender<'a> {
    domain: &'a str,
    source: String,
    name: String,
    kind: &'static str,
    class: &'static str,
    relayed: bool,
    changes: Vec<&'static str>,
    text: String,
    minor: bool,
    first_day: String,
    last_day: String,
    since: Option<String>,
    expected: u64,
    now: Sums,
    before: Sums,
}

#[derive(Serialize)]
struct Sums {
    messages: u64,
    #[serde(flatten)]
    judged: Judged,
}

impl From<Tally> for Sums {
    fn from(tally: Tally) -> Self {
        Self { messages: tally.messages, judged: tally.into() }
    }
}

#[derive(Serialize)]
struct Policy<'a> {
    domain: &'a str,
    day: String,
    tag: &'static str,
    from: &'a str,
    to: &'a str,
    text: String,
}

#[derive(Serialize)]
struct Silent<'a> {
    reporter: Option<&'a str>,
    last_day: String,
    days: u64,
    messages: u64,
    text: String,
}

#[derive(Serialize)]
struct Lag<'a> {
    regular: u64,
    late: Vec<Option<&'a str>>,
}

impl Json for Answer<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let changes = self.changes;
        let object = Object {
            schema: SCHEMA,
            period: changes.windows.now().into(),
            before: changes.windows.before().into(),
            looked_back_to: changes.looked_back_to.map(|day| day.to_string()),
            senders: changes.senders.iter().map(|change| self.change(change)).collect(),
            policies: self.policies.iter().map(policy).collect(),
            silent: changes.silent.iter().map(silent).collect(),
            silent_domains: self.silent_domains.iter().map(AsRef::as_ref).collect(),
            gaps: self.gaps.iter().map(|&gap| gap.into()).collect(),
            lag: Lag {
                regular: changes.lag.regular,
                late: changes.lag.late.iter().map(Option::as_deref).collect(),
            },
        };
        json::pretty(out, &object)
    }
}

impl Ndjson for Answer<'_> {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        let period = self.changes.windows.now().into();
        self.changes.senders.iter().try_for_each(|change| {
            json::line(out, &Line { schema: SCHEMA, period: &period, sender: self.change(change) })
        })
    }
}

impl Csv for Answer<'_> {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &CSV)?;
        for change in &self.changes.senders {
            let one = self.change(change);
            let changes = one.changes.join(" ");
            let mut cells = vec![
                csv::Cell::Text(one.domain),
                csv::Cell::Text(&one.source),
                csv::Cell::Text(one.class),
                csv::Cell::Text(&changes),
                csv::Cell::Text(&one.first_day),
                csv::Cell::Text(&one.last_day),
                csv::Cell::Number(one.expected.into()),
            ];
            for sums in [&one.now, &one.before] {
                cells.push(csv::Cell::Number(sums.messages.into()));
                cells.extend(
                    [sums.judged.dmarc, sums.judged.dkim, sums.judged.spf]
                        .map(|passed| csv::Cell::rate(passed.rate)),
                );
            }
            csv::row(out, &cells)?;
        }
        Ok(())
    }
}

impl Answer<'_> {
    fn change(&self, change: &SenderChange) -> Sender<'_> {
        Sender {
            domain: self.domain(change),
            source: change.source.text(self.catalogue),
            name: change.source.title(self.catalogue),
            kind: kind(&change.source),
            class: change.judgement.class.as_str(),
            relayed: change.relayed,
            changes: change.changes.iter().map(|one| one.as_str()).collect(),
            text: self.sender(change),
            minor: change.minor,
            first_day: change.seen.0.to_string(),
            last_day: change.seen.1.to_string(),
            since: change.since.map(|day| day.to_string()),
            expected: change.expected,
            now: change.now.into(),
            before: change.before.into(),
        }
    }
}

fn policy(change: &PolicyChange) -> Policy<'_> {
    Policy {
        domain: change.domain.as_str(),
        day: change.day.to_string(),
        tag: change.tag,
        from: &change.from,
        to: &change.to,
        text: sentence::policy(change),
    }
}

fn silent(reporter: &SilentReporter) -> Silent<'_> {
    Silent {
        reporter: reporter.reporter.as_deref(),
        last_day: reporter.last.to_string(),
        days: reporter.days,
        messages: reporter.messages,
        text: sentence::silent(reporter),
    }
}

const CSV: [&str; 15] = [
    "domain",
    "source",
    "class",
    "changes",
    "first_day",
    "last_day",
    "expected",
    "messages",
    "dmarc_rate",
    "dkim_rate",
    "spf_rate",
    "before_messages",
    "before_dmarc_rate",
    "before_dkim_rate",
    "before_spf_rate",
];
