//! `spf --recheck` and `spf --used`: a record laid beside the mail that was seen.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use whosends_core::analysis::alignment::Modes;
use whosends_core::analysis::spf_change::SpfRehearsal;
use whosends_core::analysis::spf_use::{Change, Sent, SpfUse};
use whosends_core::answers::{Known, QUARTER, Traffic as Stored};
use whosends_core::dns::DnsName;
use whosends_core::dns::Inquiry;
use whosends_core::dns::discover::listed_organizational;
use whosends_core::dns::resolve::{Bounds, drive_all};
use whosends_core::dns::spf::{Evaluation, Message, Tree, Verdict, evaluate, evaluate_beyond_limits, tree};
use whosends_core::model::Period;
use whosends_core::model::{Day, Domains, Name};
use whosends_core::store::Store;

use super::dns::Conversation;
use super::{Context, period, seen};
use crate::args::Spf;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::format::OrJson;
use crate::render::answer::Extent;
use crate::render::spf::Step;
use crate::render::spf_recheck::{Rechecked, Source};
use crate::render::spf_used::{Carried, Used};
use crate::streams::Streams;

/// The days that `--recheck` looks at.
const RECHECKED: i64 = 30;
/// The days that `--used` looks at.
const USED: i64 = QUARTER;
/// The addresses that are looked at, the busiest first: a record may ask DNS about each.
const MOST_ADDRESSES: usize = 10_000;

/// The addresses that a proposed record has to pass as the one before does, the busiest.
const MOST_SPARED: usize = 300;

/// What was seen of the domain.
struct Traffic {
    name: Name,
    /// The domain under which reports about it are kept.
    registered: Name,
    period: Period,
    /// The addresses, the busiest first.
    sources: Vec<(IpAddr, Sent)>,
    /// Addresses beyond those.
    left_out: usize,
}

/// Evaluates the record for every address that was seen, and what that does to DMARC.
pub(super) fn recheck(
    domain: &[u8],
    args: &Spf,
    context: &Context<'_>,
    conversation: &mut Conversation<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let traffic = traffic(domain, RECHECKED, context, streams)?;
    let evaluated = evaluations(&traffic, evaluate, context, conversation);
    let results = evaluated.iter().zip(&traffic.sources);
    let results =
        results.filter_map(|(evaluation, (address, _))| Some((*address, evaluation.as_ref()?.verdict)));
    let results: HashMap<_, _> = results.collect();
    let sources: Vec<_> = evaluated
        .into_iter()
        .zip(&traffic.sources)
        .filter_map(|(evaluation, (address, sent))| Some(source(*address, sent, evaluation?)))
        .collect();
    let store = context.store(streams)?;
    let domains = Domains::asked(Some(traffic.registered.clone()));
    let known = Known::load(&context.known()?, &store, &domains)?;
    let stored = Stored::read(&store, &domains, traffic.period)?;
    let policies = store.domains(&period::filter(Some(&traffic.registered), traffic.period))?;
    let policy =
        policies.into_iter().map(|found| found.policy).find(|policy| policy.domain == traffic.registered);
    let mode = policy.as_ref().map(Modes::of).unwrap_or_default().spf;
    let mut rehearsal = SpfRehearsal::new(&stored.names, &traffic.name, mode);
    stored.judge(&known, &mut |judged| rehearsal.add(judged));
    let mail = rehearsal.finish(&results);
    let open = sources.iter().any(|source| source.change == Change::Undecided);
    let answer = Rechecked {
        domain: traffic.name.to_string(),
        period: traffic.period,
        sources,
        mail,
        catalogue: &known.catalogue,
        left_out: traffic.left_out,
        kept: conversation.as_of(),
        asked: conversation.cost(conversation.answers.len()),
    };
    streams.write(&answer, OrJson(args.json), Extent::default())?;
    Ok(if open { Exit::Undecided } else { Exit::Fine })
}

fn source(address: IpAddr, sent: &Sent, evaluation: Evaluation) -> Source {
    let decided_by = evaluation.decided_by.into_iter().next_back();
    Source {
        address,
        sent: *sent,
        change: Change::of(sent, evaluation.verdict),
        verdict: evaluation.verdict,
        decided_by: decided_by.map(|step| Step { domain: step.domain, term: step.term }),
    }
}

/// Shows what each term of the record carried.
pub(super) fn used(
    domain: &[u8],
    args: &Spf,
    context: &Context<'_>,
    conversation: &mut Conversation<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let traffic = traffic(domain, USED, context, streams)?;
    let name = dns_name(&traffic.name)?;
    let settled = conversation.settle(|inquiry| tree(inquiry, &name));
    let Some(tree) = settled.value else {
        return Err(Failure::new(format!("cannot read the record of {name}")));
    };
    let mut carried: HashMap<Vec<(String, String)>, Carried> = HashMap::new();
    // What a term carries counts although receivers never come to it: it is what the record was written for.
    let found = evaluations(&traffic, evaluate_beyond_limits, context, conversation);
    let mut open = 0_u64;
    for (evaluation, (_, sent)) in found.into_iter().zip(&traffic.sources) {
        let told = |one: &Evaluation| !matches!(one.verdict, Verdict::TempError | Verdict::Undecided);
        if !evaluation.as_ref().is_some_and(told) {
            open = open.saturating_add(sent.asked());
        }
        let mut way = Vec::new();
        for step in evaluation.into_iter().flat_map(|evaluation| evaluation.decided_by) {
            way.push((step.domain, step.term));
            if sent.asked() > 0 {
                carried.entry(way.clone()).or_default().add(sent);
            }
        }
    }
    let exit = if super::spf::is_open(&tree) { Exit::Undecided } else { Exit::Fine };
    let asked = conversation.cost(conversation.answers.len());
    let kept = conversation.as_of();
    let answer = Used { tree, carried, open, period: traffic.period, kept, asked };
    streams.write(&answer, OrJson(args.json), Extent::default())?;
    Ok(exit)
}

/// The terms of a record that ask DNS and carried no mail in 90 days of reports, and to which day: where reports are
/// kept, and where that can be told without asking DNS about each address.
pub(super) fn idle(
    name: &Name,
    tree: &Tree,
    context: &Context<'_>,
    conversation: &mut Conversation<'_>,
    streams: &mut Streams,
) -> Option<(Vec<String>, Day)> {
    let mut dynamic = false;
    tree.visit(&mut |tree, _| dynamic |= tree.branches.iter().any(|branch| branch.reached && branch.dynamic));
    if dynamic || !seen::has_database(context) {
        return None;
    }
    let traffic = traffic(name.as_str().as_bytes(), USED, context, streams).ok()?;
    let mut carrying = HashSet::new();
    let found = evaluations(&traffic, evaluate_beyond_limits, context, conversation);
    for (evaluation, (_, sent)) in found.into_iter().zip(&traffic.sources) {
        let first = evaluation.and_then(|evaluation| evaluation.decided_by.into_iter().next());
        carrying.extend(first.filter(|_| sent.asked() > 0).map(|step| step.term));
    }
    let asking = tree.branches.iter().filter(|branch| branch.counted && branch.qualifier.is_some());
    let idle = asking.map(|branch| branch.text.clone()).filter(|text| !carrying.contains(text)).collect();
    // Where nothing carried anything nothing is known.
    let told = !carrying.is_empty() && traffic.left_out == 0;
    told.then_some((idle, traffic.period.to?))
}

/// The addresses that reports saw pass SPF for the domain in the last days, the busiest first.
pub(super) fn passing(
    name: &Name,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Vec<IpAddr>, Failure> {
    let traffic = traffic(name.as_str().as_bytes(), RECHECKED, context, streams)?;
    let passing = traffic.sources.into_iter().filter(|(_, sent)| sent.passed > 0);
    Ok(passing.map(|(address, _)| address).take(MOST_SPARED).collect())
}

/// How a message is checked against the record of a domain.
type Rule = fn(&Inquiry<'_>, &Message, &[u8]) -> Option<Evaluation>;

/// What the record of today says of each address, in their order.
fn evaluations(
    traffic: &Traffic,
    rule: Rule,
    context: &Context<'_>,
    conversation: &mut Conversation<'_>,
) -> Vec<Option<Evaluation>> {
    let domain = traffic.name.as_str().as_bytes();
    let mut found: Vec<Option<Evaluation>> = vec![None; traffic.sources.len()];
    let messages = traffic.sources.iter().enumerate().map(|(index, (address, _))| {
        (index, Message::reported(*address, domain).received(b"unknown", context.now))
    });
    drive_all(
        &mut conversation.resolver,
        &mut conversation.answers,
        &Bounds::default(),
        messages,
        |(_, message), inquiry| rule(inquiry, message, domain),
        |(index, _), _, settled| {
            if let Some(place) = found.get_mut(index) {
                *place = settled.value;
            }
        },
    );
    found
}

fn dns_name(name: &Name) -> Result<DnsName, Failure> {
    DnsName::from_dotted(name.as_str()).map_err(|error| Failure::new(name.as_str()).because(error))
}

/// Reads what was seen in the days that end with the newest report.
fn traffic(
    domain: &[u8],
    days: i64,
    context: &Context<'_>,
    streams: &mut Streams,
) -> Result<Traffic, Failure> {
    let text = String::from_utf8_lossy(domain).into_owned();
    let name = Name::from_stated(&text).filter(Name::is_domain);
    let name = name.ok_or_else(|| {
        Failure::new(format!("`{text}` is not a domain name")).because("reports are about domains")
    })?;
    // Reports on a subdomain are kept under the domain whose policy applied.
    let registered = Name::from_stated(&listed_organizational(&dns_name(&name)?).to_string());
    let registered = registered.unwrap_or_else(|| name.clone());
    let store = context.store(streams)?;
    let Some(newest) = store.newest_day(&Domains::asked(Some(registered.clone())), context.today)? else {
        let everything = Period { from: None, to: None };
        return Err(period::nothing(Some(&name), everything, &store)?);
    };
    let period = Period { from: Some(newest.plus(1 - days)), to: Some(newest) };
    let mut using = SpfUse::new(newest);
    store.traffic(&period::filter(Some(&registered), period), |row| {
        using.add(row.address, row.combination, row.day, row.messages);
    })?;
    let mut sources = sources(&store, &using, &name)?;
    let left_out = sources.len().saturating_sub(MOST_ADDRESSES);
    sources.truncate(MOST_ADDRESSES);
    Ok(Traffic { name, registered, period, sources, left_out })
}

/// The addresses with what they sent, the busiest first.
fn sources(store: &Store, using: &SpfUse, name: &Name) -> Result<Vec<(IpAddr, Sent)>, Failure> {
    let combinations = store.combinations(using.combinations())?;
    let sent = using.finish(name, &combinations);
    let addresses = store.addresses(sent.keys().copied())?;
    let mut sources: Vec<_> =
        sent.into_iter().filter_map(|(id, sent)| Some((*addresses.get(&id)?, sent))).collect();
    sources.sort_by_key(|(address, sent)| (std::cmp::Reverse(sent.messages()), *address));
    Ok(sources)
}
