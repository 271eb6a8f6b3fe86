//! One sender as JSON and CSV.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;
use whosends_core::analysis::source::{Detail, Envelope, Item, List, Machine, Signature};
use whosends_core::analysis::tally::Tally;
use whosends_core::model::Day;
use whosends_core::senders::{Clause, Sender};

use super::Answer;
use crate::render::advice::Fix;
use crate::render::answer::{Csv, Json, Ndjson};
use crate::render::by_sender::Classes;
use crate::render::csv;
use crate::render::json::{self, SCHEMA, inline_visible};
use crate::render::judged::Judged;
use crate::render::mark::Line as Decided;
use crate::render::number::rate;
use crate::render::period::{Days, LeftOut};
use crate::render::policy::Policy;
use crate::render::sums::{Sums, Trend, in_one_line, steps_of};
use crate::render::words::kind;

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    asked: &'a str,
    period: Days,
    trend: Option<Trend>,
    left_out: LeftOut,
    sources: Vec<Source<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    period: &'a Days,
    #[serde(flatten)]
    source: Source<'a>,
}

/// One source's mail for one domain.
#[derive(Serialize)]
struct Source<'a> {
    domain: &'a str,
    policy: Option<Policy<'a>>,
    source: String,
    name: String,
    kind: &'static str,
    class: &'static str,
    confidence: &'static str,
    confirmed: bool,
    leaks: bool,
    ignored: bool,
    decision: Option<&'a Decided<'a>>,
    reason: &'a str,
    #[serde(flatten)]
    sums: Sums,
    share: Option<f64>,
    classes: Classes,
    evidence: Vec<Box<RawValue>>,
    evidence_messages: u64,
    weakest_link: Option<&'static str>,
    fix: Option<Fix<'a>>,
    failing: Listed,
    by_reason: Listed,
    by_route: Listed,
    by_address: Listed,
    by_signature: Listed,
    by_envelope: Listed,
    by_header_from: Listed,
    by_reporter: Listed,
    by_disposition: Listed,
    by_day: Vec<Box<RawValue>>,
    #[serde(serialize_with = "in_one_line")]
    trend: Vec<u64>,
}

/// A list that may be cut.
#[derive(Serialize)]
struct Listed {
    total: u64,
    list: Vec<Box<RawValue>>,
}

/// An entry of a list.
#[derive(Serialize)]
struct Entry<K> {
    #[serde(flatten)]
    key: K,
    messages: u64,
    #[serde(flatten)]
    judged: Judged,
    first_day: Option<String>,
    last_day: Option<String>,
}

#[derive(Serialize)]
struct Because<'a> {
    class: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct Why<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Way<'a> {
    originator: Option<&'a str>,
    hop: Option<&'a str>,
}

#[derive(Serialize)]
struct Address<'a> {
    address: String,
    rdns: Option<&'a str>,
    fcrdns: Option<bool>,
}

#[derive(Serialize)]
struct Signed<'a> {
    domain: Option<&'a str>,
    selector: Option<&'a str>,
    result: Option<&'a str>,
    aligned: bool,
}

#[derive(Serialize)]
struct Returned<'a> {
    domain: Option<&'a str>,
    scope: &'static str,
    result: Option<&'a str>,
    aligned: bool,
}

#[derive(Serialize)]
struct Author<'a> {
    header_from: Option<&'a str>,
}

#[derive(Serialize)]
struct Reporter<'a> {
    reporter: Option<&'a str>,
}

#[derive(Serialize)]
struct Done<'a> {
    disposition: Option<&'a str>,
}

#[derive(Serialize)]
struct OfDay {
    day: String,
    messages: u64,
    #[serde(flatten)]
    judged: Judged,
}

#[derive(Serialize)]
struct Piece<'a> {
    kind: &'static str,
    value: &'a str,
    others: usize,
    names: &'a str,
    messages: u64,
    first_day: Option<String>,
    last_day: Option<String>,
    text: String,
}

impl Json for Answer<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let object = Object {
            schema: SCHEMA,
            asked: self.asked,
            period: self.details.period.into(),
            trend: self.details.steps.map(Trend::from),
            left_out: self.left_out,
            sources: self.sources()?,
        };
        json::pretty(out, &object)
    }
}

impl Ndjson for Answer<'_> {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        let period = self.details.period.into();
        for source in self.sources()? {
            json::line(out, &Line { schema: SCHEMA, period: &period, source })?;
        }
        Ok(())
    }
}

impl Csv for Answer<'_> {
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::header(out, &CSV)?;
        for detail in &self.details.details {
            let source = detail.source.text(self.catalogue);
            for (day, tally) in &detail.days {
                let (day, judged) = (day.to_string(), Judged::from(*tally));
                let mut cells = vec![
                    csv::Cell::Text(self.name(detail)),
                    csv::Cell::Text(&source),
                    csv::Cell::Text(detail.judgement.class.as_str()),
                    csv::Cell::Text(&day),
                    csv::Cell::Number(tally.messages.into()),
                ];
                for passed in [judged.dmarc, judged.dkim, judged.spf] {
                    let numbers = [passed.pass, passed.fail, passed.unknown];
                    cells.extend(numbers.map(|n| csv::Cell::Number(n.into())));
                }
                csv::row(out, &cells)?;
            }
        }
        Ok(())
    }
}

impl Answer<'_> {
    fn sources(&self) -> io::Result<Vec<Source<'_>>> {
        self.details.details.iter().map(|detail| self.source(detail)).collect()
    }

    fn source<'s>(&'s self, detail: &'s Detail) -> io::Result<Source<'s>> {
        let judgement = &detail.judgement;
        Ok(Source {
            domain: self.name(detail),
            policy: self.domain(detail).map(|domain| domain.policy.into()),
            source: detail.source.text(self.catalogue),
            name: detail.source.title(self.catalogue),
            kind: kind(&detail.source),
            class: judgement.class.as_str(),
            confidence: judgement.confidence.as_str(),
            confirmed: judgement.confirmed,
            leaks: judgement.leaks,
            ignored: judgement.ignored,
            decision: self.decision(detail),
            reason: &detail.reason,
            sums: (&detail.totals).into(),
            share: rate(detail.totals.tally.messages, detail.domain_messages),
            classes: (&detail.classes).into(),
            evidence: detail.evidence.iter().map(|clause| self.piece(clause)).collect::<io::Result<_>>()?,
            evidence_messages: detail.weighed,
            weakest_link: detail.weakest_link,
            fix: detail.fix.as_ref().map(Fix::from),
            failing: listed(&detail.failing, |text| Why { text })?,
            by_reason: listed(&detail.reasons, |(class, text)| Because { class: class.as_str(), text })?,
            by_route: listed(&detail.routes, |&route| {
                let (originator, hop) = self.route(route);
                Way { originator, hop }
            })?,
            by_address: listed(&detail.addresses, address)?,
            by_signature: listed(&detail.signatures, signed)?,
            by_envelope: listed(&detail.envelopes, returned)?,
            by_header_from: listed(&detail.authors, |name| Author {
                header_from: name.as_ref().map(AsRef::as_ref),
            })?,
            by_reporter: listed(&detail.reporters, |name| Reporter { reporter: name.as_deref() })?,
            by_disposition: listed(&detail.dispositions, |word| Done {
                disposition: word.as_ref().map(|word| word.as_str()),
            })?,
            by_day: detail.days.iter().map(of_day).collect::<io::Result<_>>()?,
            trend: steps_of(&detail.trend, self.details.steps),
        })
    }

    fn piece(&self, clause: &Clause) -> io::Result<Box<RawValue>> {
        let (first_day, last_day) = ends(clause.days);
        let names = match clause.names {
            Sender::Own => "own",
            Sender::Service(service) => self.catalogue.service(service).id.as_str(),
        };
        inline_visible(&Piece {
            kind: clause.kind.as_str(),
            value: &clause.value,
            others: clause.others,
            names,
            messages: clause.messages,
            first_day,
            last_day,
            text: clause.text(self.catalogue),
        })
    }
}

fn listed<'k, K, T: Serialize>(list: &'k List<K>, show: impl Fn(&'k K) -> T) -> io::Result<Listed> {
    let entries = list.items.iter().map(|item| entry(item, show(&item.key)));
    Ok(Listed { total: list.total, list: entries.collect::<io::Result<_>>()? })
}

fn entry<K, T: Serialize>(item: &Item<K>, key: T) -> io::Result<Box<RawValue>> {
    let (first_day, last_day) = ends(item.days);
    let (messages, judged) = (item.tally.messages, item.tally.into());
    inline_visible(&Entry { key, messages, judged, first_day, last_day })
}

fn ends(days: Option<(Day, Day)>) -> (Option<String>, Option<String>) {
    days.map(|(first, last)| (first.to_string(), last.to_string())).unzip()
}

fn address(machine: &Machine) -> Address<'_> {
    Address { address: machine.address.to_string(), rdns: machine.name.as_deref(), fcrdns: machine.confirmed }
}

fn signed(signature: &Signature) -> Signed<'_> {
    let Signature { domain, selector, result, aligned } = signature;
    let domain = domain.as_ref().map(AsRef::as_ref);
    Signed { domain, selector: selector.as_deref(), result: result.as_deref(), aligned: *aligned }
}

fn returned(envelope: &Envelope) -> Returned<'_> {
    let Envelope { domain, helo, result, aligned } = envelope;
    let scope = if *helo { "helo" } else { "mfrom" };
    let domain = domain.as_ref().map(AsRef::as_ref);
    Returned { domain, scope, result: result.as_deref(), aligned: *aligned }
}

fn of_day((day, tally): &(Day, Tally)) -> io::Result<Box<RawValue>> {
    inline_visible(&OfDay { day: day.to_string(), messages: tally.messages, judged: (*tally).into() })
}

const CSV: [&str; 14] = [
    "domain",
    "source",
    "class",
    "day",
    "messages",
    "dmarc_pass",
    "dmarc_fail",
    "dmarc_unknown",
    "dkim_pass",
    "dkim_fail",
    "dkim_unknown",
    "spf_pass",
    "spf_fail",
    "spf_unknown",
];
