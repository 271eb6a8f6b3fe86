//! `check`: what stands in a domain's DNS around mail, and what is wrong with it.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use whosends_core::analysis::selectors::Selectors;
use whosends_core::answers;
use whosends_core::dns::check::{Check as Id, Finding, Posture, Severity, Target, posture};
use whosends_core::dns::resolve::{Bounds, drive_all};
use whosends_core::dns::{DnsName, Query};
use whosends_core::model::Name;

use super::dns::Conversation;
use super::kept::Keeper;
use super::{Context, diff, seen, spared, spf_use};
use crate::args::{Check, FailOn, Named};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::check::{Answer, Domain};
use crate::streams::Streams;

/// The longest line that can hold a domain.
const LONGEST_LINE: usize = 4096;

/// How much of a list of domains is read, in bytes.
const LONGEST_LIST: u64 = 256 << 20;

/// Answers `check`.
pub(crate) fn run(args: &Check, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let names = names(args)?;
    let seen = seen::selectors(&names, context, streams);
    let targets: Vec<_> = names.iter().map(|name| target(name, args, &seen)).collect::<Result<_, _>>()?;
    let mut keeper = Keeper::open(args, context, streams)?;
    if args.looks_back() {
        if !args.dns.resolver.is_empty() || args.dns.save.is_some() {
            return Err(Failure::new("`--diff` asks nobody and compares what was kept")
                .hint("add `--live` to ask DNS now and compare with that"));
        }
        let then = diff::look_back((&names, &targets), &keeper, args, context, streams)?;
        streams.finish()?;
        let never = then.iter().any(Option::is_none);
        let exit = exit(then.iter().flatten(), args.fail_on);
        return Ok(if never && exit == Exit::Fine { Exit::Undecided } else { exit });
    }
    let mut conversation = Conversation::open(&args.dns)?;
    let mut looks = look(&mut conversation, &targets, args);
    for (look, name) in looks.iter_mut().zip(&names) {
        look.domain.seen = seen.of(name).into_iter().map(|(name, used)| (name.to_owned(), used)).collect();
    }
    // What changed is compared by what DNS says alone.
    if !args.diff {
        for ((look, target), name) in looks.iter_mut().zip(&targets).zip(&names) {
            let found = &mut look.domain.posture;
            spared::spare(found, (target, name), context, &mut conversation, streams);
            name_idle(&mut look.domain.posture, name, context, &mut conversation, streams);
        }
    }
    let asked = conversation.cost(conversation.answers.len());
    let exit = exit(looks.iter().map(|look| &look.domain.posture), args.fail_on);
    if args.diff {
        let answers = &conversation.answers;
        let found = diff::Found { names: &names, targets: &targets, looks: &looks, answers, asked };
        diff::show(found, &keeper, args, context, streams)?;
    } else {
        let domains = looks.iter().map(|look| &look.domain).collect();
        show(&Answer { generated: context.now, asked, domains }, args, streams)?;
    }
    streams.finish()?;
    for (look, name) in looks.iter().zip(&names) {
        keeper.keep(name, &conversation.answers, &look.asked, streams);
    }
    conversation.keep(whosends_core::model::Day::of(context.now))?;
    Ok(exit)
}

/// Adds to the findings about lookups which terms carried no mail: they could go.
fn name_idle(
    posture: &mut Posture,
    name: &Name,
    context: &Context<'_>,
    conversation: &mut Conversation<'_>,
    streams: &mut Streams,
) {
    let counted =
        |finding: &&mut Finding| matches!(finding.check, Id::SpfTooManyLookups | Id::SpfLookupsNearLimit);
    let Some(finding) = posture.findings.iter_mut().find(counted) else { return };
    let tree = &posture.spf.tree;
    let Some((idle, day)) = spf_use::idle(name, tree, context, conversation, streams) else { return };
    let lines =
        idle.into_iter().map(|term| format!("{term} carried no mail in 90 days of reports, to {day}"));
    finding.evidence.extend(lines);
}

fn show(answer: &Answer<'_>, args: &Check, streams: &mut Streams) -> Result<(), Failure> {
    streams.write(answer, args.format(), Extent::all(args.full))?;
    Ok(())
}

/// What was found out about one domain, and the questions of the conversation that say so.
pub(super) struct Look {
    pub(super) domain: Domain,
    pub(super) asked: BTreeSet<Query>,
}

/// Checks all domains side by side. They are returned as they were named.
fn look(conversation: &mut Conversation<'_>, targets: &[Target], args: &Check) -> Vec<Look> {
    let mut found = Vec::new();
    drive_all(
        &mut conversation.resolver,
        &mut conversation.answers,
        &Bounds::default(),
        targets.iter().enumerate(),
        |(_, target), inquiry| posture(inquiry, target),
        |(index, _), _, settled| {
            let (queries, milliseconds) = (settled.asked.len(), settled.spent.as_millis());
            let Some(mut posture) = settled.value else { return };
            posture.findings.retain(|finding| !args.ignore.contains(&finding.check));
            let domain = Domain { posture, seen: Vec::new(), queries, milliseconds };
            found.push((index, Look { domain, asked: settled.asked }));
        },
    );
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, look)| look).collect()
}

/// 1 where a decided finding is bad enough, else 4 where something is not decided, else 0.
fn exit<'p>(postures: impl Iterator<Item = &'p Posture>, fail_on: FailOn) -> Exit {
    let bad = match fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Info => Some(Severity::Info),
        FailOn::Never => None,
    };
    let mut exit = Exit::Fine;
    for posture in postures {
        if bad.is_some_and(|bad| posture.worst().is_some_and(|worst| worst >= bad)) {
            return Exit::No;
        }
        if posture.is_undecided() {
            exit = Exit::Undecided;
        }
    }
    exit
}

/// Every domain that was named, once.
fn names(args: &Check) -> Result<Vec<Name>, Failure> {
    let mut names = Vec::new();
    for named in &args.domains {
        match named {
            Named::One(name) => names.push(name.clone()),
            Named::Stdin => names.extend(listed("stdin", io::stdin().lock())?),
            Named::File(path) => {
                let shown = path.display().to_string();
                let file = File::open(path)
                    .map_err(|error| Failure::new(format!("cannot read {shown}")).because(error))?;
                names.extend(listed(&shown, BufReader::new(file))?);
            }
        }
    }
    let mut found = HashSet::new();
    names.retain(|name| found.insert(name.clone()));
    if names.is_empty() {
        return Err(Failure::new("no domain was named").hint("write one a line"));
    }
    Ok(names)
}

/// A domain with its selectors: those that reports saw, the busiest first, and those that were named.
fn target(name: &Name, args: &Check, seen: &Selectors) -> Result<Target, Failure> {
    let domain =
        DnsName::from_dotted(name.as_str()).map_err(|error| Failure::new(name.as_str()).because(error))?;
    let mut target = answers::target(domain, name, seen, &args.selector);
    target.relaxed_only = seen.relaxed_only(name);
    Ok(target)
}

/// The domains of a list, one a line; blank lines and those that begin with `#` are none.
fn listed(place: &str, list: impl BufRead) -> Result<Vec<Name>, Failure> {
    let mut names = Vec::new();
    let mut list = list.take(LONGEST_LIST);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = list.read_until(b'\n', &mut line);
        let length = read.map_err(|error| Failure::new(format!("cannot read {place}")).because(error))?;
        if length == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let name = (text.len() <= LONGEST_LINE).then(|| Name::from_stated(text)).flatten();
        match name.filter(Name::is_domain) {
            Some(name) => names.push(name),
            None => {
                return Err(Failure::new(format!("{place}, line {number}"))
                    .because("not a domain name; write it like `example.com`"));
            }
        }
    }
    Ok(names)
}
