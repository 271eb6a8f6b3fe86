//! What changed in a domain's DNS, and when.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::dns::check::{Finding, Posture, Severity};
use whosends_core::dns::history::{ChangeKind, RecordChange};
use whosends_core::dns::{DnsName, Failure, Query};

use super::Status;
use super::object::{self, FindingObject};
use super::text::{tone, word, wrapped};
use crate::render::answer::{Csv, Json, Ndjson, Screen, Show};
use crate::render::csv;
use crate::render::dns::Asked;
use crate::render::json::{self, SCHEMA};
use crate::render::number::{minute, rfc3339};
use crate::render::paint::{Paint, Tone};
use crate::render::printable::printable;

/// The columns before a record.
const INDENT: usize = 11;

/// What changed about the domains that were asked for.
#[derive(Debug)]
pub(crate) struct Diff {
    /// The time, in Unix seconds.
    pub(crate) generated: i64,
    /// What all of it cost.
    pub(crate) asked: Asked,
    /// The domains, in the order they were named.
    pub(crate) domains: Vec<Changes>,
}

/// What changed about one domain.
#[derive(Debug)]
pub(crate) struct Changes {
    /// The domain.
    pub(crate) domain: DnsName,
    /// How it stands now, or stood when DNS was last asked; `None` where it never was.
    pub(crate) posture: Option<Posture>,
    /// When DNS was last asked; `None` where that is now.
    pub(crate) as_of: Option<i64>,
    /// How many different conversations were kept.
    pub(crate) conversations: usize,
    /// When the first of them was held.
    pub(crate) first_asked: Option<i64>,
    /// The changes, in order.
    pub(crate) steps: Vec<Step>,
    /// What could not be asked now.
    pub(crate) not_asked: Vec<(Query, Failure)>,
}

/// What changed between two moments.
#[derive(Debug)]
pub(crate) struct Step {
    /// When it was last as before, in Unix seconds.
    pub(crate) after: Option<i64>,
    /// When it was first as it is after; none is now.
    pub(crate) by: Option<i64>,
    /// Records.
    pub(crate) records: Vec<RecordChange>,
    /// Findings that came.
    pub(crate) appeared: Vec<Finding>,
    /// Findings that went.
    pub(crate) cleared: Vec<Finding>,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    generated: Option<String>,
    #[serde(flatten)]
    asked: &'a Asked,
    domains: Vec<DomainObject<'a>>,
}

#[derive(Serialize)]
struct DomainObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<u32>,
    domain: String,
    status: &'static str,
    kept: Kept,
    changes: Vec<StepObject<'a>>,
    not_asked: Vec<NotAsked>,
}

#[derive(Serialize)]
struct Kept {
    conversations: usize,
    first_asked: Option<String>,
    last_asked: Option<String>,
}

#[derive(Serialize)]
struct StepObject<'a> {
    after: Option<String>,
    by: Option<String>,
    records: Vec<RecordObject<'a>>,
    appeared: Vec<FindingObject<'a>>,
    cleared: Vec<FindingObject<'a>>,
}

#[derive(Serialize)]
struct RecordObject<'a> {
    name: String,
    what: String,
    change: &'static str,
    before: &'a [String],
    now: &'a [String],
}

#[derive(Serialize)]
struct NotAsked {
    name: String,
    what: String,
    reason: String,
}

impl Json for Diff {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let domains = self.domains.iter().map(|one| self.object(one, None)).collect();
        let generated = rfc3339(self.generated);
        json::pretty(out, &Object { schema: SCHEMA, generated, asked: &self.asked, domains })
    }
}

impl Ndjson for Diff {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        self.domains.iter().try_for_each(|one| json::line(out, &self.object(one, Some(SCHEMA))))
    }
}

const CSV: [&str; 9] = ["domain", "after", "by", "change", "severity", "what", "name", "before", "now"];

impl Csv for Diff {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &CSV)?;
        for domain in &self.domains {
            let name = domain.domain.to_string();
            domain.steps.iter().try_for_each(|step| self.lines(&name, step, out))?;
        }
        Ok(())
    }
}

impl Show for Diff {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, .. } = screen;
        for changes in &self.domains {
            changes.text(out, screen, paint)?;
            writeln!(out)?;
        }
        self.asked.text(out, paint)
    }
}

impl Diff {
    fn object<'a>(&self, changes: &'a Changes, schema: Option<u32>) -> DomainObject<'a> {
        let not_asked = |(query, why): &(Query, Failure)| NotAsked {
            name: query.name.to_string(),
            what: query.want.to_string(),
            reason: why.to_string(),
        };
        DomainObject {
            schema,
            domain: changes.domain.to_string(),
            status: changes.status().as_str(),
            kept: Kept {
                conversations: changes.conversations,
                first_asked: changes.first_asked.and_then(rfc3339),
                last_asked: changes.as_of.and_then(rfc3339),
            },
            changes: changes.steps.iter().map(|step| self.step(step)).collect(),
            not_asked: changes.not_asked.iter().map(not_asked).collect(),
        }
    }

    /// A line for each record that changed, and for each finding that came or went.
    fn lines(&self, domain: &str, step: &Step, out: &mut dyn Write) -> io::Result<()> {
        let after = step.after.and_then(rfc3339);
        let by = rfc3339(step.by.unwrap_or(self.generated));
        let start = [Some(domain), after.as_deref(), by.as_deref()].map(csv::Cell::text);
        for change in &step.records {
            let (what, name) = (change.query.want.to_string(), change.query.name.to_string());
            let (before, now) = (change.before.join("\n"), change.after.join("\n"));
            let rest =
                [Some(change.kind.as_str()), None, Some(&what), Some(&name), Some(&before), Some(&now)];
            csv::row(out, &[&start[..], &rest.map(csv::Cell::text)[..]].concat())?;
        }
        let came = step.appeared.iter().map(|one| ("appeared", one));
        for (kind, one) in came.chain(step.cleared.iter().map(|one| ("cleared", one))) {
            let (severity, id) = (one.severity.as_str(), one.check.id());
            let rest = [Some(kind), Some(severity), Some(id), Some(&*one.subject), None, None];
            csv::row(out, &[&start[..], &rest.map(csv::Cell::text)[..]].concat())?;
        }
        Ok(())
    }

    fn step<'a>(&self, step: &'a Step) -> StepObject<'a> {
        let record = |change: &'a RecordChange| RecordObject {
            name: change.query.name.to_string(),
            what: change.query.want.to_string(),
            change: change.kind.as_str(),
            before: &change.before,
            now: &change.after,
        };
        StepObject {
            after: step.after.and_then(rfc3339),
            by: rfc3339(step.by.unwrap_or(self.generated)),
            records: step.records.iter().map(record).collect(),
            appeared: step.appeared.iter().map(object::finding).collect(),
            cleared: step.cleared.iter().map(object::finding).collect(),
        }
    }
}

impl Changes {
    fn status(&self) -> Status {
        self.posture.as_ref().map_or(Status::Undecided, Status::of_posture)
    }

    fn text(&self, out: &mut dyn Write, screen: usize, paint: Paint) -> io::Result<()> {
        let name = printable(&self.domain.to_string()).into_owned();
        let status = self.status();
        let status = paint.tone(tone(status), word(status));
        let as_of = self.as_of.map_or_else(String::new, |at| format!(", as of {} UTC", minute(Some(at))));
        writeln!(out, "{}   {status}{as_of}", paint.tone(Tone::Head, &name))?;
        match (self.first_asked, &*self.steps) {
            (None, _) if self.posture.is_none() => {
                writeln!(out, "nothing is kept: `whosends check {name}` asks DNS and keeps what it answers")?;
            }
            (None, _) => {
                writeln!(out, "nothing was kept before: the next time there is something to compare")?
            }
            (Some(first), []) => writeln!(out, "nothing changed; first asked {} UTC", minute(Some(first)))?,
            (Some(_), steps) => {
                steps.iter().try_for_each(|step| step.text(&self.domain, out, screen, paint))?
            }
        }
        if !self.not_asked.is_empty() {
            writeln!(out, "\n{}", paint.tone(Tone::Warn, "could not be asked now, and so not compared"))?;
        }
        self.not_asked.iter().try_for_each(|(query, why)| {
            writeln!(out, "{:INDENT$}{}: {why}", "", printable(&query.to_string()))
        })
    }
}

impl Step {
    fn text(&self, domain: &DnsName, out: &mut dyn Write, screen: usize, paint: Paint) -> io::Result<()> {
        let after = minute(self.after);
        let when = match self.by {
            Some(by) => format!("between {after} and {} UTC", minute(Some(by))),
            None => format!("since {after} UTC"),
        };
        writeln!(out, "\n{}", paint.tone(Tone::Head, &when))?;
        // What the domain itself says stands before what others say, and each before what lies below it.
        let mut records: Vec<_> = self.records.iter().collect();
        records.sort_by_cached_key(|change| {
            let name = &change.query.name;
            (!name.is_within(domain), name.label_count(), name.to_string())
        });
        records.into_iter().try_for_each(|change| record(change, out, screen, paint))?;
        let came = self.appeared.iter().map(|one| ("appeared", one, Tone::Bad));
        let went = self.cleared.iter().map(|one| ("cleared", one, Tone::Good));
        for (what, one, tone) in came.chain(went) {
            let tone = if one.severity == Severity::Info { Tone::Dim } else { tone };
            let head = paint.tone(tone, &format!("{what:9}"));
            let (id, subject) =
                (paint.tone(Tone::Head, one.check.id()), printable(&one.subject).into_owned());
            writeln!(out, "{head}  {:7}  {id}  {subject}", one.severity.as_str())?;
        }
        Ok(())
    }
}

fn record(change: &RecordChange, out: &mut dyn Write, screen: usize, paint: Paint) -> io::Result<()> {
    let tone = if change.kind == ChangeKind::Gone { Tone::Bad } else { Tone::Warn };
    let head = paint.tone(tone, &format!("{:9}", change.kind.as_str()));
    writeln!(out, "{head}  {}", printable(&change.query.to_string()))?;
    let indent = " ".repeat(INDENT);
    let gone = change.before.iter().map(|line| ("-", line));
    let new = change.after.iter().map(|line| ("+", line));
    for (sign, line) in gone.chain(new) {
        for (index, part) in wrapped(line, screen.saturating_sub(INDENT + 2)).iter().enumerate() {
            let sign = if index == 0 { sign } else { " " };
            writeln!(out, "{indent}{sign} {}", printable(part))?;
        }
    }
    Ok(())
}
