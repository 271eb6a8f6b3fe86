//! `spf`: what a record leads to, and whether an address may send as a domain.

use std::ffi::OsStr;
use std::net::IpAddr;

use whosends_core::dns::spf::{Evaluation, Message, State, Tree, Verdict, evaluate, records_of, tree};
use whosends_core::dns::{DnsName, Query, RecordType};
use whosends_core::model::Name;

use super::dns::Conversation;
use super::{Context, spf_use};
use crate::args::Spf;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::format::OrJson;
use crate::render::answer::Extent;
use crate::render::spf::{Checked, Step};
use crate::render::spf_tree::Leads;
use crate::streams::Streams;

/// Answers `spf`.
pub(crate) fn run(args: &Spf, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let domain = domain_of(args.domain.as_encoded_bytes());
    let mut conversation = Conversation::open(&args.dns)?;
    let exit = match args.ip {
        Some(ip) => check(ip, &domain, args, context, &mut conversation, streams)?,
        None if args.recheck => spf_use::recheck(&domain, args, context, &mut conversation, streams)?,
        None if args.used => spf_use::used(&domain, args, context, &mut conversation, streams)?,
        None => lead(&domain, args, &mut conversation, streams)?,
    };
    streams.finish()?;
    conversation.keep(whosends_core::model::Day::of(context.now))?;
    Ok(exit)
}

/// Shows what the record leads to.
fn lead(
    domain: &[u8],
    args: &Spf,
    conversation: &mut Conversation<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let nameless = Tree { domain: shown(domain), state: State::NotADomain, branches: Vec::new() };
    let (tree, queries) = match DnsName::from_dotted(domain) {
        Ok(name) => {
            let settled = conversation.settle(|inquiry| tree(inquiry, &name));
            (settled.value.unwrap_or(nameless), settled.asked.len())
        }
        Err(_) => (nameless, 0),
    };
    let exit = if is_open(&tree) { Exit::Undecided } else { Exit::Fine };
    let leads = Leads { tree, asked: conversation.cost(queries) };
    streams.write(&leads, OrJson(args.json), Extent::default())?;
    Ok(exit)
}

/// Whether DNS did not answer about a part of the tree.
pub(super) fn is_open(tree: &Tree) -> bool {
    let mut open = false;
    tree.visit(&mut |tree, _| {
        open |= matches!(tree.state, State::Failed(_));
        open |= tree.branches.iter().any(|branch| !branch.failed.is_empty());
    });
    open
}

/// Evaluates the record for an address.
fn check(
    ip: IpAddr,
    domain: &[u8],
    args: &Spf,
    context: &Context<'_>,
    conversation: &mut Conversation<'_>,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let from = args.from.as_deref().map(sender);
    let helo = args.helo.as_deref().map(|name| domain_of(name.as_encoded_bytes()));
    let message = message(ip, domain, from.as_deref(), helo.as_deref()).received(b"unknown", context.now);
    let settled = conversation.settle(|inquiry| evaluate(inquiry, &message, domain));
    let asked = conversation.cost(settled.asked.len());
    let Some(evaluation) = settled.value else {
        return Err(Failure::new(format!("cannot evaluate {}", shown(domain))));
    };
    let exit = match evaluation.verdict {
        Verdict::Pass => Exit::Fine,
        Verdict::TempError | Verdict::Undecided => Exit::Undecided,
        Verdict::Fail | Verdict::SoftFail | Verdict::Neutral | Verdict::None | Verdict::PermError => Exit::No,
    };
    let (decided_by, through) = way(&evaluation);
    let checked = Checked {
        domain: shown(domain),
        ip: message.ip(),
        from: from.as_deref().map(shown),
        helo: helo.as_deref().map(shown),
        verdict: evaluation.verdict,
        explanation: evaluation.explanation,
        problem: evaluation.problem.map(|problem| problem.to_string()),
        decided_by,
        through,
        record: record(conversation, domain),
        lookups: evaluation.lookups,
        void_lookups: evaluation.void_lookups,
        asked,
    };
    streams.write(&checked, OrJson(args.json), Extent::default())?;
    Ok(exit)
}

/// The message as far as it was told of: what was not named is not known.
fn message(ip: IpAddr, domain: &[u8], from: Option<&[u8]>, helo: Option<&[u8]>) -> Message {
    match (from, helo) {
        (Some(from), Some(helo)) => Message::new(ip, from, helo),
        // A bounce is sent by postmaster at the HELO name, which is then all that there is.
        (Some([]), None) => Message::reported(ip, domain),
        (Some(from), None) => Message::reported(ip, domain).sent_by(from),
        (None, Some(helo)) => Message::reported(ip, domain).greeted_by(helo),
        (None, None) => Message::reported(ip, domain),
    }
}

/// The term that decided, and the terms that led to its record.
fn way(evaluation: &Evaluation) -> (Option<Step>, Vec<Step>) {
    let steps = evaluation.decided_by.iter();
    let mut through: Vec<_> =
        steps.map(|step| Step { domain: step.domain.clone(), term: step.term.clone() }).collect();
    // Where no term matches there are the redirects alone.
    let matched = through.pop_if(|last| !last.is_redirect());
    (matched, through)
}

/// The domain's own record, where there is exactly one.
fn record(conversation: &Conversation<'_>, domain: &[u8]) -> Option<String> {
    let query = Query::records(DnsName::from_dotted(domain).ok()?, RecordType::Txt);
    match &*records_of(conversation.answers.get(&query)?) {
        [record] => Some(shown(record)),
        _ => None,
    }
}

/// A domain in the bytes that DNS is asked with: one with umlauts in its ASCII form, anything else as it was
/// typed.
fn domain_of(typed: &[u8]) -> Vec<u8> {
    let international = std::str::from_utf8(typed).ok().filter(|text| !text.is_ascii());
    match international.and_then(Name::from_stated).filter(Name::is_domain) {
        Some(name) => name.as_str().as_bytes().to_vec(),
        None => typed.to_vec(),
    }
}

/// An envelope sender, its domain as [`domain_of`] has it.
fn sender(typed: &OsStr) -> Vec<u8> {
    let typed = typed.as_encoded_bytes();
    let at = typed.iter().rposition(|&byte| byte == b'@').map_or(0, |at| at + 1);
    let (local, domain) = typed.split_at(at);
    [local, &domain_of(domain)].concat()
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn umlauts_become_ascii_and_other_bytes_stay() {
        assert_eq!(domain_of("Müller.example".as_bytes()), b"xn--mller-kva.example");
        assert_eq!(domain_of(b"Example.COM"), b"Example.COM");
        assert_eq!(domain_of(b"a b\\.\xff"), b"a b\\.\xff");
        assert_eq!(sender(OsStr::new("ü@x@müller.example")), "ü@x@xn--mller-kva.example".as_bytes());
        assert_eq!(sender(OsStr::new("")), b"");
    }
}
