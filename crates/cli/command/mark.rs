//! `mark`: the owner's word on senders.

mod effect;
mod file;

use whosends_core::answers::lost_decisions;
use whosends_core::model::{Name, Scope, name::is_within};
use whosends_core::senders::{Catalogue, SourceKey};
use whosends_core::store::{KeptDecision, Store};

use super::{Context, sender};
use crate::args::{Format, Mark};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::answer::Extent;
use crate::render::mark::{Answer, Line};
use crate::render::mark_log;
use crate::render::number::count;
use crate::render::printable::printable;
use crate::streams::Streams;

/// Answers `mark`.
pub(crate) fn run(args: &Mark, context: &Context<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    let catalogue = context.catalogue()?;
    let mut store = context.store(streams)?;
    let mut lost = true;
    match args {
        Mark { domain: Some(domain), sender: Some(sender), decision, .. } => {
            let wanted = Wanted { domain, sender, catalogue: &catalogue };
            match decision {
                Some(decision) => {
                    let made = KeptDecision {
                        domain: domain.clone(),
                        sender: wanted.known()?,
                        decision: decision.as_str().to_owned(),
                        note: args.note.clone(),
                        made_by: context.settings.user.clone(),
                        made_at: context.now,
                        with_services: args.with_services,
                    };
                    let before = effect::Sources::read(context, &store, domain)?;
                    store.keep_decisions(std::slice::from_ref(&made))?;
                    say(streams, &wanted.sentence(&made.sender, &format!("is marked {decision}")));
                    let after = effect::Sources::read(context, &store, domain)?;
                    say(streams, &after.taken_from(&before, &made.sender));
                    tell_unreported(domain, &store, streams)?;
                }
                None => {
                    let by = (context.settings.user.as_deref(), context.now);
                    let sender = wanted.clear(&mut store, by)?;
                    say(streams, &wanted.sentence(&sender, "is no longer marked"));
                }
            }
        }
        Mark { import: Some(path), .. } => {
            let decisions = file::read(path, context, &catalogue, &store.decisions(&Scope::All)?)?;
            store.keep_decisions(&decisions)?;
            say(streams, &format!("{} taken in", count(decisions.len() as u64, "decision", "decisions")));
        }
        _ => lost = args.list,
    }
    if args.log {
        return log(args, &store, &catalogue, streams);
    }
    let mut decisions = store.decisions(&Scope::All)?;
    if lost {
        super::warn(&lost_decisions(decisions.iter(), &catalogue), streams);
    }
    let domain = args.domain.as_ref();
    decisions.retain(|made| domain.is_none_or(|domain| is_within(made.domain.as_str(), domain.as_str())));
    if args.export {
        file::write(streams.out(), &decisions)?;
        return Ok(Exit::Fine);
    }
    show(args, &decisions, &catalogue, streams)?;
    Ok(Exit::Fine)
}

/// Shows every change of a decision.
fn log(args: &Mark, store: &Store, catalogue: &Catalogue, streams: &mut Streams) -> Result<Exit, Failure> {
    let mut changes = store.decision_changes(&Scope::All)?;
    let domain = args.domain.as_ref();
    changes.retain(|made| domain.is_none_or(|domain| is_within(made.domain.as_str(), domain.as_str())));
    let changes: Vec<_> = changes
        .iter()
        .map(|made| mark_log::Line {
            domain: made.domain.as_str(),
            sender: &made.sender,
            name: SourceKey::parse(catalogue, &made.sender).map(|key| key.title(catalogue)),
            before: made.before.as_deref(),
            after: made.after.as_deref(),
            note: made.note.as_deref(),
            made_by: made.made_by.as_deref(),
            made_at: made.made_at,
        })
        .collect();
    match args.format.get() {
        Format::Table if changes.is_empty() => streams.say("Nothing was ever marked."),
        format => streams.write(&mark_log::Answer { changes }, format, Extent::default())?,
    }
    Ok(Exit::Fine)
}

/// Shows the decisions where they were asked for.
fn show(
    args: &Mark,
    decisions: &[KeptDecision],
    catalogue: &Catalogue,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let decisions: Vec<_> = decisions.iter().map(|made| line(made, catalogue)).collect();
    match args.format.get() {
        Format::Table if !args.list => {}
        Format::Table if decisions.is_empty() => streams.say("Nothing is marked."),
        format => streams.write(&Answer { decisions }, format, Extent::default())?,
    }
    Ok(())
}

/// A decision as it is shown.
pub(super) fn line<'d>(made: &'d KeptDecision, catalogue: &Catalogue) -> Line<'d> {
    Line {
        domain: made.domain.as_str(),
        sender: &made.sender,
        name: SourceKey::parse(catalogue, &made.sender).map(|key| key.title(catalogue)),
        decision: &made.decision,
        note: made.note.as_deref(),
        made_by: made.made_by.as_deref(),
        made_at: made.made_at,
        with_services: made.with_services,
    }
}

/// Tells where a decision is about a domain of which, and below which, no report is stored: it may be misspelt.
fn tell_unreported(domain: &Name, store: &Store, streams: &mut Streams) -> Result<(), Failure> {
    let domains = store.policy_domains(&Scope::All)?;
    let is_near = |known: &Name| known.is_within(domain.as_str()) || domain.is_within(known.as_str());
    if !domains.iter().any(is_near) {
        streams.warning(&printable(&format!("no report for {domain} is stored yet")));
    }
    Ok(())
}

fn say(streams: &mut Streams, text: &str) {
    streams.say(&printable(text));
}

/// A sender of a domain, as it was typed.
struct Wanted<'a> {
    domain: &'a Name,
    sender: &'a str,
    catalogue: &'a Catalogue,
}

impl Wanted<'_> {
    /// The sender in the form that is kept.
    fn known(&self) -> Result<String, Failure> {
        Ok(sender::to_mark(self.catalogue, self.sender)?.text(self.catalogue))
    }

    /// Forgets the decision, also one about a sender that the catalogue no longer knows.
    fn clear(&self, store: &mut Store, by: (Option<&str>, i64)) -> Result<String, Failure> {
        let typed = self.sender.trim().to_ascii_lowercase();
        let kept = store.decisions(&Scope::All)?;
        let is_kept = |made: &KeptDecision| made.domain == *self.domain && made.sender == typed;
        let sender = if kept.iter().any(is_kept) { typed } else { self.known()? };
        if store.clear_decision(self.domain, &sender, by)? {
            return Ok(sender);
        }
        Err(Failure::new(format!("{} has no decision about `{sender}`", self.domain))
            .hint("`whosends mark --list` lists the decisions there are"))
    }

    fn sentence(&self, sender: &str, what: &str) -> String {
        let name = SourceKey::parse(self.catalogue, sender).map(|key| key.title(self.catalogue));
        match name.filter(|name| name != sender) {
            Some(name) => format!("{}: {name} ({sender}) {what}.", self.domain),
            None => format!("{}: {sender} {what}.", self.domain),
        }
    }
}
