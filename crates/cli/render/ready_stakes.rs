//! What is at stake besides the mail that would be lost: what was passed on, who passes by SPF alone, whom the SPF
//! record stops, and who has fallen silent.

use serde::Serialize;
use whosends_core::analysis::readiness::{self, GateKind, GateState, Readiness};
use whosends_core::model::Name;
use whosends_core::senders::Catalogue;

use super::advice::{Fix, in_short};
use super::by_sender::Classes;
use super::number::{count, grouped};
use super::ready::Domain;

/// Sources that are named.
const NAMED: usize = 3;

/// What was passed on.
#[derive(Debug, Serialize)]
pub(super) struct Forwards<'a> {
    intact: u64,
    broken: u64,
    sources: Vec<Broken<'a>>,
}

/// Who broke signatures.
#[derive(Debug, Serialize)]
struct Broken<'a> {
    source: String,
    name: String,
    signed_by: Option<&'a str>,
    messages: u64,
}

/// Whose mail passes by SPF alone.
#[derive(Debug, Serialize)]
pub(super) struct SpfOnly<'a> {
    source: String,
    name: String,
    messages: u64,
    fix: Fix<'a>,
}

/// Whom the SPF record refuses day for day.
#[derive(Debug, Serialize)]
pub(super) struct Stopped {
    source: String,
    name: String,
    messages: u64,
    days: u32,
}

/// An author domain below a policy domain.
#[derive(Debug, Serialize)]
pub(super) struct Subdomain<'a> {
    header_from: &'a str,
    exists: Option<bool>,
    decided_by: &'static str,
    action: &'static str,
    messages: u64,
    classes: Classes,
}

/// The author domains below a domain without a record of their own.
pub(super) fn subdomains(domain: &Domain) -> Vec<Subdomain<'_>> {
    let below = domain.readiness.subdomains.iter().map(|below| Subdomain {
        header_from: below.name.as_str(),
        exists: below.exists,
        decided_by: below.tag.as_str(),
        action: below.action.as_str(),
        messages: below.month.all(),
        classes: (&below.month).into(),
    });
    below.collect()
}

impl<'a> Forwards<'a> {
    pub(super) fn new(forwards: &'a readiness::BrokenForwards, catalogue: &Catalogue) -> Self {
        let sources = forwards.sources.iter().map(|broken| Broken {
            source: broken.source.text(catalogue),
            name: broken.source.title(catalogue),
            signed_by: broken.signed_by.as_ref().map(Name::as_str),
            messages: broken.messages,
        });
        Self { intact: forwards.intact, broken: forwards.broken, sources: sources.collect() }
    }
}

impl<'a> SpfOnly<'a> {
    pub(super) fn new(one: &'a readiness::SpfOnly, catalogue: &Catalogue) -> Self {
        let (source, name) = (one.source.text(catalogue), one.source.title(catalogue));
        Self { source, name, messages: one.messages, fix: (&one.advice).into() }
    }
}

impl Stopped {
    pub(super) fn new(one: &readiness::Stopped, catalogue: &Catalogue) -> Self {
        let (source, name) = (one.source.text(catalogue), one.source.title(catalogue));
        Self { source, name, messages: one.messages, days: one.days }
    }
}

/// All of it in sentences.
pub(super) fn in_words(domain: &Domain, shown: &Readiness, catalogue: &Catalogue) -> Vec<String> {
    let mut texts: Vec<String> = passed_on(shown, catalogue).into_iter().collect();
    texts.extend(by_spf_alone(shown, catalogue));
    texts.extend(stopped(shown, catalogue));
    texts.extend(shown.quiet.iter().map(|quiet| {
        let name = &catalogue.service(quiet.service).name;
        let last = quiet
            .last
            .map_or_else(|| "not in any report of the year before".to_owned(), |day| format!("last {day}"));
        format!("Quiet for 90 days: {name} ({last}). Make sure that its mail would pass.")
    }));
    texts.extend(partial(domain));
    texts
}

fn passed_on(shown: &Readiness, catalogue: &Catalogue) -> Option<String> {
    let forwards = &shown.forwards;
    if forwards.intact == 0 && forwards.broken == 0 {
        return None;
    }
    let named = forwards.sources.iter().take(NAMED).map(|broken| {
        // People know a list by its name, and its machine by none.
        let signer = broken.signed_by.as_ref().filter(|_| !broken.source.is_named());
        let title = broken.source.title(catalogue);
        let title = signer.map_or_else(|| title.clone(), |signer| format!("{signer} ({title})"));
        format!("{title} {}", grouped(broken.messages))
    });
    let named: Vec<_> = named.chain(more(forwards.sources.len())).collect();
    let named = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
    Some(format!(
        "Passed on by others: {} stay signed, {} would be lost{named}.",
        count(forwards.intact, "message", "messages"),
        grouped(forwards.broken),
    ))
}

/// Who keeps the DKIM gate shut, and what to switch on.
pub(super) fn by_spf_alone(shown: &Readiness, catalogue: &Catalogue) -> Option<String> {
    let fails =
        shown.gates.iter().any(|gate| gate.kind == GateKind::DkimCover && gate.state == GateState::Fails);
    let first = shown.spf_only.first().filter(|_| fails)?;
    let named = shown
        .spf_only
        .iter()
        .take(NAMED)
        .map(|one| format!("{} {}", one.source.title(catalogue), grouped(one.messages)));
    let named: Vec<_> = named.chain(more(shown.spf_only.len())).collect();
    Some(format!(
        "Passing by SPF alone, so lost when passed on: {}. First: {}",
        named.join(", "),
        in_short(&first.advice)
    ))
}

/// Whom the owner's SPF record refuses day for day.
fn stopped(shown: &Readiness, catalogue: &Catalogue) -> Option<String> {
    if shown.stopped.is_empty() {
        return None;
    }
    let named = shown.stopped.iter().take(NAMED).map(|one| {
        let days = count(one.days.into(), "day", "days");
        format!(
            "{} ({} on {days} of 30)",
            one.source.title(catalogue),
            count(one.messages, "message", "messages")
        )
    });
    let named: Vec<_> = named.chain(more(shown.stopped.len())).collect();
    let whom = if shown.stopped.len() == 1 { "it is not" } else { "none of them is" };
    Some(format!("Stopped, as your SPF record refuses it: {}. See that {whom} yours.", named.join(", ")))
}

/// What `pct` below 100 does (RFC 7489 section 6.3), and to whom it says nothing (RFC 9989 section 4.7).
fn partial(domain: &Domain) -> Option<String> {
    let pct = domain.policy.pct.filter(|pct| *pct < 100)?;
    Some(format!(
        "pct={pct}: older receivers let {}% of the mail that fails through; those that follow RFC 9989 ignore pct and apply \
         the policy to all of it.",
        100 - pct
    ))
}

fn more(all: usize) -> Option<String> {
    let more = all.saturating_sub(NAMED);
    (more > 0).then(|| format!("and {} more", grouped(more as u64)))
}
