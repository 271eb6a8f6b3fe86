//! `plan`: what a change of DNS would do to the mail that was seen.

use std::collections::HashMap;
use std::net::IpAddr;

use whosends_core::analysis::alignment::{Mode, Modes};
use whosends_core::analysis::plan::{Rehearsal, Side, Whose};
use whosends_core::answers::{Known, QUARTER};
use whosends_core::dns::check::{Posture, Target, posture};
use whosends_core::dns::overlay::{self, overlay};
use whosends_core::dns::record::dmarc::DmarcRecord;
use whosends_core::dns::resolve::{Bounds, Resolver, drive, drive_all};
use whosends_core::dns::spf::{Message, Verdict, evaluate};
use whosends_core::dns::{Answers, DnsName};
use whosends_core::model::{Day, Domains, Period};
use whosends_core::store::Store;
use whosends_present::plan::{Answer, Change, Step};

use super::dns::Conversation;
use super::{Context, period, warn};
use crate::args::Plan;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::format::OrJson;
use crate::render::answer::Extent;
use crate::render::plan::Shown;
use crate::streams::Streams;

/// Answers `plan`.
pub(crate) fn run(args: &Plan, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let name = &args.domain;
    let domain =
        DnsName::from_dotted(name.as_str()).map_err(|error| Failure::new(name.as_str()).because(error))?;
    let store = context.store(streams)?;
    let domains = Domains::asked(Some(name.clone()));
    let Some(newest) = store.newest_day(&domains, context.today)? else {
        return Err(period::nothing(Some(name), Period { from: None, to: None }, &store)?);
    };
    let days = Period { from: Some(newest.plus(1 - QUARTER)), to: Some(newest) };
    let mut conversation = conversation(args, name.as_str(), &store)?;
    let target = Target::new(domain.clone(), Vec::new());
    let before = look(&mut conversation.resolver, &mut conversation.answers, &target);
    let change = args.change();
    let mut planned =
        overlay(&conversation.answers, &domain, &change).map_err(|error| unfit(&error, name.as_str()))?;
    let after = look(&mut conversation.resolver, &mut planned, &target);

    let (known, traffic) = Known::load_with_traffic(&context.known()?, &store, &domains, days)?;
    warn(&known.warnings(&domains.scope), streams);
    let summaries = store.domains(&period::filter(Some(name), days))?;
    let policy = summaries.into_iter().map(|found| found.policy).find(|policy| policy.domain == *name);
    let judged_by = policy.as_ref().map(Modes::of).unwrap_or_default();
    let mut rehearsal = Rehearsal::new(&traffic.names, name, judged_by);
    traffic.judge(&known, &mut |judged| rehearsal.add(judged));

    let addresses = if change.is_about_spf() { rehearsal.addresses() } else { Vec::new() };
    let mut side = |answers: &mut Answers| {
        change
            .is_about_spf()
            .then(|| verdicts(&mut conversation.resolver, answers, &addresses, &domain, context.now))
    };
    let spf_before = side(&mut conversation.answers);
    let spf_after = side(&mut planned);
    let is = Side { modes: judged_by, spf: spf_before, without_selectors: Vec::new() };
    let would = Side {
        modes: change.dmarc.as_deref().and_then(modes).unwrap_or(judged_by),
        spf: spf_after,
        without_selectors: change.without_selectors.clone(),
    };
    let outcome = rehearsal.finish(&is, &would);
    let answer = Answer {
        domain: name.to_string(),
        period: days,
        held: if args.live { None } else { conversation.answers.held().map(|day| day.to_string()) },
        spf: change.is_about_spf().then(|| spf_change(before.as_ref(), after.as_ref())),
        dmarc: change.dmarc.clone().map(|after| dmarc_change(before.as_ref(), after)),
        without_selectors: &change.without_selectors,
        policy_before: policy_of(before.as_ref()),
        policy: policy_of(after.as_ref()),
        appeared: appeared(before.as_ref(), after.as_ref(), &conversation.answers),
        outcome: &outcome,
        catalogue: &known.catalogue,
    };
    let exit = exit(&answer, args);
    streams.write(&Shown(answer), OrJson(args.json), Extent::all(args.all))?;
    streams.finish()?;
    conversation.keep(Day::of(context.now))?;
    Ok(exit)
}

/// DNS as it is: asked now, from a file, or what the database keeps of the last check.
fn conversation<'a>(args: &'a Plan, name: &str, store: &Store) -> Result<Conversation<'a>, Failure> {
    if args.live || args.dns.offline.is_some() {
        return Conversation::open(&args.dns);
    }
    let never = || {
        Failure::new(format!("it is not known what stands in the DNS of {name}"))
            .because("nobody has asked yet")
            .hint(format!("`whosends check {name}` asks and keeps it; or add `--live` to ask now"))
    };
    let kept = store.conversation(&whosends_core::model::Scope::All, name)?.ok_or_else(never)?;
    let answers = Answers::from_json(&kept.answers).map_err(|error| never().because(error))?;
    Ok(Conversation::kept(&args.dns, answers.held_on(Some(Day::of(kept.last_asked)))))
}

fn unfit(error: &overlay::PlanError, name: &str) -> Failure {
    let failure = Failure::new(format!("this change can't be planned for {name}")).because(error);
    match error {
        overlay::PlanError::Unknown(_) => failure.hint("add `--live` to ask DNS now"),
        _ => failure,
    }
}

fn look(resolver: &mut dyn Resolver, answers: &mut Answers, target: &Target) -> Option<Posture> {
    drive(resolver, answers, &Bounds::default(), |inquiry| posture(inquiry, target)).value
}

/// What the SPF record says of each address.
fn verdicts(
    resolver: &mut dyn Resolver,
    answers: &mut Answers,
    addresses: &[IpAddr],
    domain: &DnsName,
    now: i64,
) -> HashMap<IpAddr, Verdict> {
    let name = domain.to_string();
    let messages = addresses
        .iter()
        .map(|&address| (address, Message::reported(address, name.as_bytes()).received(b"unknown", now)));
    let mut found = HashMap::new();
    drive_all(
        resolver,
        answers,
        &Bounds::default(),
        messages,
        |(_, message), inquiry| evaluate(inquiry, message, name.as_bytes()),
        |(address, _), _, settled| {
            found.extend(settled.value.map(|evaluation| (address, evaluation.verdict)));
        },
    );
    found
}

/// How near names have to be by a record.
fn modes(text: &str) -> Option<Modes> {
    let record = DmarcRecord::parse(text.as_bytes())?;
    Some(Modes { dkim: Mode::of(record.adkim.as_ref()), spf: Mode::of(record.aspf.as_ref()) })
}

fn spf_change(before: Option<&Posture>, after: Option<&Posture>) -> Change {
    let record =
        |posture: Option<&Posture>| posture.and_then(|posture| posture.spf.record().map(str::to_owned));
    let lookups = |posture: Option<&Posture>| posture.map(|posture| posture.spf.tree.lookups());
    Change {
        before: record(before),
        after: record(after).unwrap_or_default(),
        lookups_before: lookups(before),
        lookups_after: lookups(after),
    }
}

fn dmarc_change(before: Option<&Posture>, after: String) -> Change {
    let before = before.and_then(|posture| posture.dmarc.record());
    Change { before, after, lookups_before: None, lookups_after: None }
}

/// The policy that holds for a domain, where that is known.
fn policy_of(posture: Option<&Posture>) -> Option<Step> {
    let view = &posture?.dmarc;
    match view.has_policy() {
        Some(true) => view.effective().as_ref().map(Step::of),
        Some(false) => Some(Step::None),
        None => None,
    }
}

/// What would be wrong and is not.
fn appeared(
    before: Option<&Posture>,
    after: Option<&Posture>,
    asked: &Answers,
) -> Vec<whosends_core::dns::check::Finding> {
    match (before, after) {
        (Some(before), Some(after)) => after.appeared_since(before, asked),
        _ => Vec::new(),
    }
}

/// 1 where too much of the owner's mail is lost, by what fails or by a stricter policy, else 4 where nobody can tell of some
/// of it, else 0.
fn exit(answer: &Answer<'_>, args: &Plan) -> Exit {
    let yours = answer.outcome.of(Whose::Yours);
    let lost = yours.lost.max(answer.stopped());
    if !args.max_loss.allows(lost, yours.messages()) {
        return Exit::No;
    }
    let could = lost.saturating_add(yours.untold);
    if args.max_loss.allows(could, yours.messages()) { Exit::Fine } else { Exit::Undecided }
}
