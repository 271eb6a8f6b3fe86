//! Judges stored records again under another policy: what would it have refused?
//!
//! A reporter's verdict decides what fails; it is worked out again only where the alignment modes change. What
//! a receiver says it would have let through all the same (forwards, lists) is counted apart, as a lower bound:
//! at `p=none` most receivers don't say. `pct` and test mode are ignored on purpose, and only receivers that
//! send reports are seen at all.

mod judged;

use std::collections::BTreeMap;

use crate::model::Combination;
use crate::model::words::{Disposition, Policy};
use crate::senders::{Class, ClassTotals, was_passed_on};

use super::alignment::{Mode, Modes, Passes};
use super::published::{Standing, Tag, Terms};

pub use judged::{Rehearsal, Replayed, ReplayedAuthor, ReplayedGroup};

/// What a policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Action {
    /// Nothing.
    #[default]
    None,
    /// To set the mail aside.
    Quarantine,
    /// To refuse it.
    Reject,
}

impl Action {
    /// The action of a policy word; a word nobody knows asks for nothing (RFC 9989 section 4.10.1).
    #[must_use]
    pub const fn of(policy: &Policy) -> Self {
        match policy {
            Policy::Quarantine => Self::Quarantine,
            Policy::Reject => Self::Reject,
            Policy::None | Policy::Unknown(_) => Self::None,
        }
    }

    /// The policy word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

/// The policy to judge by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hypothesis {
    /// `p`
    pub p: Action,
    /// `sp`; without one, `p` (RFC 9989 section 4.7).
    pub sp: Option<Action>,
    /// `np`; without one, `sp`.
    pub np: Option<Action>,
    /// `adkim`; without one, the mode each report was judged by.
    pub dkim: Option<Mode>,
    /// `aspf`, the same.
    pub spf: Option<Mode>,
}

impl Hypothesis {
    /// The tag that decides about failing mail of an author domain, and what it asks for.
    #[must_use]
    pub fn decide(self, standing: Standing) -> (Tag, Action) {
        let Self { p, sp, np, .. } = self;
        Terms { p, sp, np, ..Terms::default() }.decide(standing)
    }
}

/// Which policy an author domain is under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Author {
    /// That of the hypothesis.
    Under(Standing),
    /// That of a policy record of its own, or of one in between, which the hypothesis does not change.
    OwnRecord(Action),
}

/// A stored record, or many alike.
#[derive(Debug, Clone, Copy)]
pub struct ReplayRow<'a> {
    /// Its group, by a number of the caller's.
    pub group: u32,
    /// Its reporter, by a number of the caller's.
    pub reporter: u32,
    /// Its class, after the rules for groups.
    pub class: Class,
    /// The record.
    pub combination: &'a Combination,
    /// The modes it was judged by.
    pub judged_by: Modes,
    /// Its author domain, by a number of the caller's.
    pub from: u32,
    /// Which policy that is under.
    pub author: Author,
    /// What the policy in force asked for it, where that was enforced in full: no `pct` below 100, no test.
    pub enforced: Option<Action>,
    /// Messages.
    pub messages: u64,
}

/// Messages that a policy would have refused or set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loss {
    /// All messages, whether lost or not.
    pub messages: u64,
    /// Messages that fail, and for which the policy asks something.
    pub strict: u64,
    /// Those of them that reached a receiver which says it lets such mail through.
    pub rescued: u64,
    /// Those of `strict` for which it asks for quarantine only.
    pub quarantined: u64,
}

impl Loss {
    /// Messages that would most likely have been lost.
    #[must_use]
    pub const fn likely(&self) -> u64 {
        self.strict.saturating_sub(self.rescued)
    }

    fn add(&mut self, messages: u64, action: Action, rescued: bool) {
        let count = |total: &mut u64, counts: bool| {
            if counts {
                *total = total.saturating_add(messages);
            }
        };
        count(&mut self.messages, true);
        count(&mut self.strict, action != Action::None);
        count(&mut self.rescued, action != Action::None && rescued);
        count(&mut self.quarantined, action == Action::Quarantine);
    }
}

/// A group's part of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupLoss {
    /// What it would have lost.
    pub loss: Loss,
    /// Its strict loss by class.
    pub classes: ClassTotals,
}

/// How a reporter's actions compare with the prediction where a policy was in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calibration {
    /// Messages under a policy that asked for something.
    pub messages: u64,
    /// Messages the prediction says were refused or set aside.
    pub predicted: u64,
    /// Messages the reporter says it refused or set aside.
    pub actual: u64,
    /// Messages for which both agree.
    pub agreed: u64,
    /// Messages for which they don't, and the reporter gives a reason.
    pub overridden: u64,
}

/// What a policy would have done to stored mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    hypothesis: Hypothesis,
    /// Everything.
    pub total: Loss,
    /// Strict loss by class.
    pub classes: ClassTotals,
    /// Strict loss of mail that was passed on and lost the owner's signature.
    pub broken_forwards: u64,
    /// By group.
    pub groups: BTreeMap<u32, GroupLoss>,
    /// By author domain.
    pub authors: BTreeMap<u32, Loss>,
    /// By reporter, where a policy was in force.
    pub reporters: BTreeMap<u32, Calibration>,
    /// Failing messages from subdomains of which nothing says whether they exist: `sp` was taken for them.
    pub existence_unknown: u64,
    /// Messages whose record does not tell whether they would pass: none of them is counted as lost.
    pub undecided: u64,
}

impl Replay {
    /// A replay without records.
    #[must_use]
    pub const fn new(hypothesis: Hypothesis) -> Self {
        Self {
            hypothesis,
            total: Loss { messages: 0, strict: 0, rescued: 0, quarantined: 0 },
            classes: ClassTotals::NONE,
            broken_forwards: 0,
            groups: BTreeMap::new(),
            authors: BTreeMap::new(),
            reporters: BTreeMap::new(),
            existence_unknown: 0,
            undecided: 0,
        }
    }

    /// Judges a record.
    pub fn add(&mut self, row: &ReplayRow<'_>) {
        self.calibrate(row);
        let modes = Modes {
            dkim: self.hypothesis.dkim.unwrap_or(row.judged_by.dkim),
            spf: self.hypothesis.spf.unwrap_or(row.judged_by.spf),
        };
        let passes = match row.author {
            Author::OwnRecord(_) => Passes::stated(row.combination),
            Author::Under(_) => Passes::under(row.combination, row.judged_by, modes),
        };
        let action = match passes.dmarc() {
            Some(false) => self.action(row),
            Some(true) => Action::None,
            None => {
                self.undecided = self.undecided.saturating_add(row.messages);
                Action::None
            }
        };
        let rescued = was_passed_on(row.combination);
        let group = self.groups.entry(row.group).or_default();
        group.loss.add(row.messages, action, rescued);
        self.total.add(row.messages, action, rescued);
        self.authors.entry(row.from).or_default().add(row.messages, action, rescued);
        if action != Action::None {
            group.classes.add(row.class, row.messages);
            self.classes.add(row.class, row.messages);
            if row.class == Class::Forwarder && Passes::stated(row.combination).dkim != Some(true) {
                self.broken_forwards = self.broken_forwards.saturating_add(row.messages);
            }
        }
    }

    /// What is asked for a failing record.
    fn action(&mut self, row: &ReplayRow<'_>) -> Action {
        match row.author {
            Author::OwnRecord(action) => action,
            Author::Under(standing) => {
                if standing == (Standing::Below { exists: None }) {
                    self.existence_unknown = self.existence_unknown.saturating_add(row.messages);
                }
                self.hypothesis.decide(standing).1
            }
        }
    }

    fn calibrate(&mut self, row: &ReplayRow<'_>) {
        if !matches!(row.enforced, Some(Action::Quarantine | Action::Reject)) {
            return;
        }
        let Some(predicted) = Passes::stated(row.combination).dmarc().map(|passes| !passes) else { return };
        let actual = match &row.combination.disposition {
            Some(Disposition::Quarantine | Disposition::Reject) => true,
            Some(Disposition::None | Disposition::Pass) => false,
            Some(Disposition::Unknown(_)) | None => return,
        };
        let reporter = self.reporters.entry(row.reporter).or_default();
        let count = |total: &mut u64, counts: bool| {
            if counts {
                *total = total.saturating_add(row.messages);
            }
        };
        count(&mut reporter.messages, true);
        count(&mut reporter.predicted, predicted);
        count(&mut reporter.actual, actual);
        count(&mut reporter.agreed, predicted == actual);
        count(&mut reporter.overridden, predicted != actual && !row.combination.reasons.is_empty());
    }

    /// The strict loss of mail that is the owner's for sure, and of mail that may be: the former with broken
    /// forwards and what nothing decides.
    #[must_use]
    pub fn legitimate(&self) -> (u64, u64) {
        legitimate(&self.classes)
    }

    /// The strict loss of mail that is not the owner's.
    #[must_use]
    pub const fn blocked(&self) -> u64 {
        self.classes.of(Class::Unauthorised)
    }
}

impl GroupLoss {
    /// As [`Replay::legitimate`].
    #[must_use]
    pub fn legitimate(&self) -> (u64, u64) {
        legitimate(&self.classes)
    }

    /// As [`Replay::blocked`].
    #[must_use]
    pub const fn blocked(&self) -> u64 {
        self.classes.of(Class::Unauthorised)
    }
}

fn legitimate(classes: &ClassTotals) -> (u64, u64) {
    let surely = classes.of(Class::Misaligned).saturating_add(classes.of(Class::Aligned));
    let maybe = classes.of(Class::Forwarder).saturating_add(classes.of(Class::Unknown));
    (surely, surely.saturating_add(maybe))
}

#[cfg(test)]
mod tests;
