//! `resolve`: what DNS says of the sources that were seen, kept for every later answer.

mod keeper;
mod ranges;

use std::cell::Cell;
use std::cmp::Reverse as Descending;
use std::collections::HashMap;
use std::net::IpAddr;

use whosends_core::dns::resolve::{Bounds, drive_all};
use whosends_core::dns::reverse::{Reverse, reverse};
use whosends_core::model::Name;
use whosends_core::model::{AddressId, Period};
use whosends_core::store::{KeptName, Store};

use self::keeper::Keeper;
use super::dns::Conversation;
use super::{Context, period};
use crate::args::Resolve;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::format::OrJson;
use crate::render::answer::Extent;
use crate::render::resolve::{Addresses, Answer};
use crate::streams::Streams;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Questions in a row without an answer after which DNS is taken to be silent.
const SILENCE: u32 = 128;

/// Answers `resolve`.
pub(crate) fn run(args: &Resolve, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let mut store = context.store(streams)?;
    let domain = args.domain.as_ref();
    let period = period::recent(&args.period, domain, &store, context.today)?;
    let seen = seen(&store, domain, period)?;
    if seen.is_empty() {
        return Err(period::nothing(domain, period, &store)?);
    }
    let wanted = ranges::Wanted::of(&store, context, domain, period)?;
    let since = context.now.saturating_sub(i64::from(args.max_age.get()).saturating_mul(DAY));
    let (open, known) = unknown(&store, &seen, since)?;
    let left_out = open.len().saturating_sub(args.limit);
    let mut conversation = Conversation::open(&args.dns)?;
    let mut keeper = Keeper::new(&mut store, context.now);
    let found = ranges::expand(&wanted, context, &mut conversation, &mut keeper)?;
    let open = open.iter().take(args.limit).copied();
    let mut addresses = look_up(open, context.now, &mut conversation, &mut keeper);
    keeper.finish()?;
    (addresses.seen, addresses.known, addresses.left_out) = (seen.len(), known, left_out);
    let exit = if addresses.is_silent() && found.is_silent() && addresses.asked + found.asked > 0 {
        Exit::Undecided
    } else {
        Exit::Fine
    };
    let asked = conversation.cost(conversation.answers.len());
    let answer = Answer { period, addresses, ranges: found, asked };
    streams.write(&answer, OrJson(args.json), Extent::default())?;
    streams.finish()?;
    conversation.keep(whosends_core::model::Day::of(context.now))?;
    Ok(exit)
}

/// The addresses that were seen, the busiest first.
fn seen(store: &Store, domain: Option<&Name>, period: Period) -> Result<Vec<(AddressId, IpAddr)>, Failure> {
    let mut messages: HashMap<AddressId, u64> = HashMap::new();
    store.traffic(&period::filter(domain, period), |row| {
        let sum = messages.entry(row.address).or_default();
        *sum = sum.saturating_add(row.messages);
    })?;
    let addresses = store.addresses(messages.keys().copied())?;
    let mut seen: Vec<_> = addresses.into_iter().collect();
    seen.sort_unstable_by_key(|(id, address)| (Descending(messages.get(id).copied()), *address));
    Ok(seen)
}

/// Those that were not looked up since a time, and how many of them were.
fn unknown(store: &Store, seen: &[(AddressId, IpAddr)], since: i64) -> Result<(Vec<IpAddr>, usize), Failure> {
    let kept = store.reverse_names(seen.iter().map(|(id, _)| *id))?;
    let is_fresh = |id| kept.get(id).is_some_and(|name| name.asked_at > since);
    let open: Vec<_> = seen.iter().filter(|(id, _)| !is_fresh(id)).map(|(_, address)| *address).collect();
    let known = seen.len() - open.len();
    Ok((open, known))
}

/// Looks up the names of addresses, and keeps what comes as it comes.
fn look_up(
    addresses: impl Iterator<Item = IpAddr>,
    now: i64,
    conversation: &mut Conversation<'_>,
    keeper: &mut Keeper<'_>,
) -> Addresses {
    let mut found = Addresses::default();
    let silence = Cell::new(0_u32);
    let addresses = addresses.take_while(|_| silence.get() < SILENCE);
    drive_all(
        &mut conversation.resolver,
        &mut conversation.answers,
        &Bounds::default(),
        addresses,
        |address, inquiry| reverse(inquiry, *address),
        |address, _, settled| {
            found.asked += 1;
            let kept = match settled.value {
                Some(Reverse::Named { name, confirmed }) => {
                    let count = if confirmed { &mut found.named } else { &mut found.unconfirmed };
                    *count += 1;
                    KeptName { name: Some(name.to_string()), confirmed, asked_at: now }
                }
                Some(Reverse::Nameless) => {
                    found.nameless += 1;
                    KeptName { name: None, confirmed: false, asked_at: now }
                }
                Some(Reverse::Failed(_)) | None => {
                    found.failed += 1;
                    silence.set(silence.get() + 1);
                    return;
                }
            };
            silence.set(0);
            keeper.name(address, kept);
        },
    );
    found.gave_up = silence.get() >= SILENCE;
    found
}
