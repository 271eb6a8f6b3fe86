//! `check`: what stands in a domain's DNS around mail, and what is wrong with it.

use std::collections::HashSet;
use std::io::{self, BufRead};

use whosends_core::analysis::selectors::Selectors;
use whosends_core::dns::check::{Origin, Posture, Selector, Severity, Target, posture};
use whosends_core::dns::resolve::{Bounds, drive_all};
use whosends_core::dns::{Answers, DnsName};
use whosends_core::model::Name;

use super::dns::Conversation;
use super::kept::Keeper;
use super::{Context, diff, seen};
use crate::args::{Check, CheckFormat, FailOn};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::check::{Answer, Domain};
use crate::streams::Streams;

/// The longest line of stdin that can hold a domain.
const LONGEST_LINE: usize = 4096;

/// Selectors out of reports that are looked for: they were written by strangers.
const MOST_SELECTORS: usize = 50;

/// Answers `check`.
pub(crate) fn run(args: &Check, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let names = names(args)?;
    let seen = seen::selectors(context, streams);
    let targets: Vec<_> = names.iter().map(|name| target(name, args, &seen)).collect::<Result<_, _>>()?;
    let mut keeper = Keeper::open(args, context, streams)?;
    let mut conversation = Conversation::open(&args.dns)?;
    let mut looks = look(&mut conversation, &targets, args);
    for (look, name) in looks.iter_mut().zip(&names) {
        look.domain.seen = seen.of(name).into_iter().map(|(name, used)| (name.to_owned(), used)).collect();
    }
    let asked = conversation.cost(conversation.answers.len());
    let exit = exit(looks.iter().map(|look| &look.domain.posture), args.fail_on);
    if args.diff {
        let found = diff::Found { names: &names, targets: &targets, looks: &looks, asked };
        diff::show(found, &keeper, args, context, streams)?;
    } else {
        let domains = looks.iter().map(|look| &look.domain).collect();
        show(&Answer { generated: context.now, asked, domains }, args, streams)?;
    }
    streams.finish()?;
    for (look, name) in looks.iter().zip(&names) {
        keeper.keep(name, &look.answers, streams);
    }
    conversation.keep()?;
    Ok(exit)
}

fn show(answer: &Answer<'_>, args: &Check, streams: &mut Streams) -> Result<(), Failure> {
    let (screen, paint) = (streams.columns(), streams.paint());
    match args.format() {
        CheckFormat::Table => answer.text(streams.out(), screen, paint)?,
        CheckFormat::Json => answer.json(streams.out())?,
        CheckFormat::Ndjson => answer.ndjson(streams.out())?,
    }
    Ok(())
}

/// What was found out about one domain, and the part of the conversation that says so.
pub(super) struct Look {
    pub(super) domain: Domain,
    pub(super) answers: Answers,
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
        |(index, _), answers, settled| {
            let (queries, milliseconds) = (settled.asked.len(), settled.spent.as_millis());
            let Some(mut posture) = settled.value else { return };
            posture.findings.retain(|finding| !args.ignore.contains(&finding.check));
            let domain = Domain { posture, seen: Vec::new(), queries, milliseconds };
            found.push((index, Look { domain, answers: answers.about(&settled.asked) }));
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
    for domain in &args.domains {
        match domain {
            Some(name) => names.push(name.clone()),
            None => names.extend(from_stdin()?),
        }
    }
    let mut found = HashSet::new();
    names.retain(|name| found.insert(name.clone()));
    if names.is_empty() {
        return Err(Failure::new("no domain on stdin").hint("write one a line"));
    }
    Ok(names)
}

/// A domain with its selectors: those that reports saw, the busiest first, and those that were named.
fn target(name: &Name, args: &Check, seen: &Selectors) -> Result<Target, Failure> {
    let domain =
        DnsName::from_dotted(name.as_str()).map_err(|error| Failure::new(name.as_str()).because(error))?;
    let reported = seen.of(name).into_iter().filter_map(|(text, _)| DnsName::from_dotted(text).ok());
    let mut known: Vec<_> =
        reported.take(MOST_SELECTORS).map(|name| Selector { name, origin: Origin::Reports }).collect();
    for name in &args.selector {
        if !known.iter().any(|selector| selector.name == *name) {
            known.push(Selector { name: name.clone(), origin: Origin::User });
        }
    }
    let mut target = Target::new(domain, known);
    target.mail_seen = seen.has_mail_from(name);
    Ok(target)
}

/// The domains on stdin, one a line; blank lines and those that begin with `#` are none.
fn from_stdin() -> Result<Vec<Name>, Failure> {
    let mut names = Vec::new();
    for (index, line) in io::stdin().lock().lines().enumerate() {
        let line = line.map_err(|error| Failure::new("cannot read stdin").because(error))?;
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let name = (text.len() <= LONGEST_LINE).then(|| Name::from_stated(text)).flatten();
        match name.filter(Name::is_domain) {
            Some(name) => names.push(name),
            None => {
                return Err(Failure::new(format!("stdin, line {}", index + 1))
                    .because("not a domain name; write it like `example.com`"));
            }
        }
    }
    Ok(names)
}
