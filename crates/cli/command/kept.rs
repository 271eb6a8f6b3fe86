//! The conversations about each domain that the database keeps.

use std::collections::BTreeSet;

use whosends_core::answers::is_of_check;
use whosends_core::dns::{Answers, Query};
use whosends_core::model::{Name, Scope};
use whosends_core::store::{KeptConversation, Location, Store};

use super::Context;
use crate::args::Check;
use crate::failure::Failure;
use crate::render::printable::printable;
use crate::streams::Streams;

/// Keeps what DNS answered, where there is a database to keep it in.
pub(super) struct Keeper {
    store: Option<Store>,
    /// Whether what is answered now is kept: what was answered at another time is not.
    keeps: bool,
    now: i64,
}

/// What DNS answered about a domain for some time.
pub(super) struct Held {
    pub(super) answers: Answers,
    /// From when to when, in Unix seconds.
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Keeper {
    /// Opens the database where there is one, and makes one where the command line names it. One that can't be
    /// opened costs no more than the keeping, unless it has to be read.
    pub(super) fn open(args: &Check, context: &Context<'_>, streams: &mut Streams) -> Result<Self, Failure> {
        let keeps = args.dns.offline.is_none();
        let mut keeper = Self { store: None, keeps, now: context.now };
        if args.diff {
            keeper.store = Some(context.store(streams)?);
            return Ok(keeper);
        }
        let Some(location @ Location::File(path)) = &context.settings.database else { return Ok(keeper) };
        if !keeps || !(path.exists() || context.settings.database_is_named) {
            return Ok(keeper);
        }
        match Store::open(location) {
            Ok(store) => keeper.store = Some(store),
            Err(error) => streams.warning(&printable(&not_kept(&error))),
        }
        Ok(keeper)
    }

    /// Keeps the part of a conversation that answers the questions about a domain. Where that fails it is said
    /// once.
    pub(super) fn keep(
        &mut self,
        domain: &Name,
        answers: &Answers,
        asked: &BTreeSet<Query>,
        streams: &mut Streams,
    ) {
        if !self.keeps {
            return;
        }
        let Some(store) = &mut self.store else { return };
        if let Err(error) = keep(store, domain, &answers.about(asked), self.now) {
            streams.warning(&printable(&not_kept(&error)));
            self.store = None;
        }
    }

    /// Everything that was kept about a domain, the oldest first. What can't be read any more is left out.
    pub(super) fn history(&self, domain: &Name) -> Result<Vec<Held>, Failure> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        Ok(store.conversations(&Scope::All, domain.as_str())?.iter().filter_map(read).collect())
    }
}

/// Keeps the SPF record of a domain, with all that it leads to. What a check kept says more, and stays.
pub(super) fn keep_record(
    store: &mut Store,
    domain: &str,
    answers: &Answers,
    now: i64,
) -> whosends_core::error::Result<()> {
    let kept = store.conversation(&Scope::All, domain)?;
    let earlier = kept.as_ref().and_then(read).map(|held| held.answers);
    if earlier.is_some_and(|earlier| is_of_check(&earlier, domain)) {
        return Ok(());
    }
    store.keep_conversation(domain, &answers.to_json_line(), now)
}

fn not_kept(error: &dyn std::fmt::Display) -> String {
    format!("what DNS answered is not kept: {error}")
}

fn read(kept: &KeptConversation) -> Option<Held> {
    let answers = Answers::from_json(&kept.answers).ok()?;
    Some(Held { answers, first: kept.first_asked, last: kept.last_asked })
}

fn keep(store: &mut Store, domain: &Name, answers: &Answers, now: i64) -> whosends_core::error::Result<()> {
    let kept = store.conversation(&Scope::All, domain.as_str())?;
    let earlier = kept.as_ref().and_then(read).map(|held| held.answers).unwrap_or_default();
    let Some(known) = answers.kept_after(&earlier) else { return Ok(()) };
    match kept {
        Some(kept) if known == earlier => store.keep_conversation(domain.as_str(), &kept.answers, now),
        _ => store.keep_conversation(domain.as_str(), &known.to_json_line(), now),
    }
}
