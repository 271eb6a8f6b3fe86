//! Whether domains can enforce, and what would break.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::analysis::readiness::{Gate, Losing, Measure, Publish, Readiness, Verdict};
pub(crate) use whosends_core::answers::readiness::Domain;
use whosends_core::answers::readiness::Looked;
use whosends_core::model::Day;
use whosends_core::model::Period;
use whosends_core::senders::Catalogue;

use super::advice::Fix;
use super::answer::{Csv, Json, Ndjson};
use super::by_sender::Classes;
use super::csv;
use super::json::{self, SCHEMA};
use super::number::rfc3339;
use super::period::{Days, LeftOut};
use super::policy::Policy;
use super::ready_publish::ToPublish;
use super::ready_sentence::word;
use super::ready_stakes::{Forwards, SpfOnly, Stopped, Subdomain, subdomains};
use super::words::kind;

/// Whether domains can enforce, with everything the answer needs.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// The Unix time.
    pub(crate) now: i64,
    /// The day that the verdicts are for, where that is not today.
    pub(crate) as_of: Option<Day>,
    /// The day that the verdicts are for.
    pub(crate) asked: Day,
    /// The month that is judged.
    pub(crate) period: Period,
    /// What the period leaves out.
    pub(crate) left_out: LeftOut,
    /// The services.
    pub(crate) catalogue: &'a Catalogue,
    /// The domains, the busiest first.
    pub(crate) domains: Vec<Domain>,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    as_of: Option<String>,
    data_to: Option<String>,
    period: Days,
    left_out: LeftOut,
    domains: Vec<Block<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    as_of: Option<&'a str>,
    #[serde(flatten)]
    block: Block<'a>,
}

#[derive(Serialize)]
struct Block<'a> {
    domain: &'a str,
    data_to: String,
    period: Days,
    verdict: &'static str,
    was: Option<&'static str>,
    step: &'static str,
    next_step: &'static str,
    never_sends: bool,
    own_mail: &'static str,
    policy: Policy<'a>,
    trial_days: u64,
    messages: u64,
    classes: Classes,
    steps: Vec<Stepped<'a>>,
    data: Data<'a>,
    dns: Dns<'a>,
    subdomains: Vec<Subdomain<'a>>,
}

#[derive(Serialize)]
struct Stepped<'a> {
    step: &'static str,
    verdict: &'static str,
    was: Option<&'static str>,
    messages: u64,
    gates: Vec<Gated>,
    in_force: bool,
    publish: Option<ToPublish<'a>>,
    own: u64,
    unknown: u64,
    losing: Vec<LosingSource<'a>>,
    forwards: Forwards<'a>,
    spf_only: Vec<SpfOnly<'a>>,
    stopped: Vec<Stopped>,
    quiet: Vec<Quiet>,
}

#[derive(Serialize)]
struct Gated {
    gate: &'static str,
    state: &'static str,
    of_messages: Option<u64>,
    unit: Option<&'static str>,
    measured: Option<Number>,
    at_least: Option<Number>,
    at_most: Option<Number>,
}

/// A count or a share.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
enum Number {
    Count(u64),
    Share(f64),
}

#[derive(Serialize)]
struct LosingSource<'a> {
    source: String,
    name: String,
    kind: &'static str,
    class: &'static str,
    messages: u64,
    misaligned: u64,
    unknown: u64,
    share: Number,
    days_since: u64,
    blocks: Vec<&'static str>,
    fix: Fix<'a>,
}

#[derive(Serialize)]
struct Quiet {
    source: String,
    name: String,
    last_day: Option<String>,
}

#[derive(Serialize)]
struct Data<'a> {
    covered_days: usize,
    reported_days: usize,
    reporters: usize,
    large_reporters: usize,
    biggest: Vec<Option<&'a str>>,
    newest_day: Option<String>,
    gaps: Vec<Days>,
}

#[derive(Serialize)]
struct Dns<'a> {
    source: Option<&'static str>,
    asked_time: Option<String>,
    age_seconds: Option<i64>,
    problems: Option<&'a [String]>,
}

impl Json for Answer<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let domains = self.domains.iter().map(|domain| self.block(domain)).collect();
        json::pretty(
            out,
            &Object {
                schema: SCHEMA,
                as_of: self.as_of.map(|day| day.to_string()),
                data_to: self.period.to.map(|day| day.to_string()),
                period: self.period.into(),
                left_out: self.left_out,
                domains,
            },
        )
    }
}

impl Ndjson for Answer<'_> {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        let as_of = self.as_of.map(|day| day.to_string());
        self.domains
            .iter()
            .map(|domain| self.block(domain))
            .try_for_each(|block| json::line(out, &Line { schema: SCHEMA, as_of: as_of.as_deref(), block }))
    }
}

impl Csv for Answer<'_> {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &CSV)?;
        for domain in &self.domains {
            for readiness in &domain.readiness.steps {
                let lost =
                    |part: fn(&Losing) -> u64| readiness.losing.iter().map(part).fold(0, u64::saturating_add);
                let numbers = [
                    readiness.month.all(),
                    lost(|losing| losing.misaligned),
                    lost(|losing| losing.unknown),
                    readiness.forwards.broken,
                ];
                let words =
                    [domain.policy.domain.as_str(), readiness.step.as_str(), readiness.verdict.as_str()];
                let mut cells: Vec<csv::Cell<'_>> = words.map(csv::Cell::Text).into();
                cells.extend(numbers.map(|number| csv::Cell::Number(number.into())));
                csv::row(out, &cells)?;
            }
        }
        Ok(())
    }
}

impl Answer<'_> {
    fn block<'d>(&'d self, domain: &'d Domain) -> Block<'d> {
        let shown = domain.shown();
        let day = |day: Day| day.to_string();
        let coverage = &domain.coverage;
        let days = |&(from, to): &(Day, Day)| Days { from: Some(day(from)), to: Some(day(to)) };
        Block {
            domain: domain.policy.domain.as_str(),
            data_to: domain.newest.to_string(),
            period: domain.month().into(),
            verdict: word(shown.verdict, shown.step),
            was: shown.was.map(|was| word(was, shown.step)),
            step: shown.step.as_str(),
            next_step: domain.next.as_str(),
            never_sends: shown.own_mail.proof().is_some(),
            own_mail: shown.own_mail.as_str(),
            policy: (&domain.policy).into(),
            trial_days: domain.in_force.trial_days,
            messages: domain.readiness.month.all(),
            classes: (&domain.readiness.month).into(),
            steps: domain.steps().map(|(readiness, publish)| self.stepped(readiness, publish)).collect(),
            data: Data {
                covered_days: coverage.covered_days,
                reported_days: coverage.reported_days,
                reporters: coverage.reporters,
                large_reporters: coverage.large_reporters,
                biggest: domain.biggest.iter().map(Option::as_deref).collect(),
                newest_day: coverage.newest.map(day),
                gaps: coverage.gaps.iter().map(days).collect(),
            },
            dns: self.dns_state(domain),
            subdomains: subdomains(domain),
        }
    }

    fn dns_state<'d>(&self, domain: &'d Domain) -> Dns<'d> {
        let (source, asked) = match domain.looked {
            Looked::Kept { asked } => (Some("kept"), Some(asked)),
            Looked::Given => (Some("offline"), None),
            Looked::Live => (Some("live"), Some(self.now)),
            _ => (None, None),
        };
        Dns {
            source,
            asked_time: asked.and_then(rfc3339),
            age_seconds: asked.map(|asked| self.now.saturating_sub(asked)),
            problems: domain.dns.as_ref().map(|dns| dns.problems.as_slice()),
        }
    }

    fn stepped<'d>(&self, readiness: &'d Readiness, publish: Option<&'d Publish>) -> Stepped<'d> {
        let quiet = readiness.quiet.iter().map(|quiet| {
            let service = self.catalogue.service(quiet.service);
            let last_day = quiet.last.map(|day| day.to_string());
            Quiet { source: service.id.clone(), name: service.name.clone(), last_day }
        });
        let spf_only = readiness.spf_only.iter().map(|one| SpfOnly::new(one, self.catalogue));
        let stopped = readiness.stopped.iter().map(|one| Stopped::new(one, self.catalogue));
        Stepped {
            step: readiness.step.as_str(),
            verdict: readiness.verdict.as_str(),
            was: readiness.was.map(Verdict::as_str),
            messages: readiness.month.all(),
            gates: readiness.gates.iter().map(gated).collect(),
            in_force: readiness.in_force,
            publish: publish.map(ToPublish::from),
            own: readiness.own,
            unknown: readiness.unknown,
            losing: readiness.losing.iter().map(|losing| self.losing_source(losing)).collect(),
            forwards: Forwards::new(&readiness.forwards, self.catalogue),
            spf_only: spf_only.collect(),
            stopped: stopped.collect(),
            quiet: quiet.collect(),
        }
    }

    fn losing_source<'d>(&self, losing: &'d Losing) -> LosingSource<'d> {
        LosingSource {
            source: losing.source.text(self.catalogue),
            name: losing.source.title(self.catalogue),
            kind: kind(&losing.source),
            class: losing.class.as_str(),
            messages: losing.misaligned.saturating_add(losing.unknown),
            misaligned: losing.misaligned,
            unknown: losing.unknown,
            share: number(losing.share),
            days_since: losing.last_seen,
            blocks: losing.blocks.iter().map(|gate| gate.as_str()).collect(),
            fix: (&losing.advice).into(),
        }
    }
}

fn gated(gate: &Gate) -> Gated {
    let needed = gate.needed.map(number);
    let unit = gate.needed.map(|needed| match needed {
        Measure::Count(_) => "count",
        Measure::Share(_) => "share",
    });
    Gated {
        gate: gate.kind.as_str(),
        state: gate.state.as_str(),
        of_messages: gate.base,
        unit,
        measured: gate.measured.map(number),
        at_least: needed.filter(|_| !gate.at_most),
        at_most: needed.filter(|_| gate.at_most),
    }
}

/// A count as it is, and a share from 0 to 1.
fn number(measure: Measure) -> Number {
    match measure {
        Measure::Count(count) => Number::Count(count),
        Measure::Share(share) => Number::Share(share as f64 / 10_000.0),
    }
}

const CSV: [&str; 7] = ["domain", "step", "verdict", "messages", "misaligned", "unknown", "broken_forwards"];
