//! Everything a verdict rests on.

use std::collections::BTreeSet;

use crate::analysis::published::Terms;
use crate::analysis::replay::Action;
use crate::model::{Day, Name};
use crate::senders::{Catalogue, GroupJudgement, ServiceId, SourceKey};

use super::coverage::Coverage;
use super::currency::Currency;
use super::gates::Step;
use super::silence::OwnMail;
use super::tally::{SourceTraffic, Tally};

/// A source with its traffic and what it is to the owner.
#[derive(Debug, Clone)]
pub struct ScoredSource<'a> {
    /// The source.
    pub source: SourceKey,
    /// The policy domain its mail is for, by the number of the caller's.
    pub domain: u32,
    /// Whether these are the records it passed on.
    pub relayed: bool,
    /// What it is to the owner.
    pub judgement: GroupJudgement,
    /// Who signed what it passed on, where the owner's signature broke.
    pub signed_by: Option<Name>,
    /// Its traffic.
    pub traffic: &'a SourceTraffic,
}

/// The policy in force, as the newest reports state it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyInForce {
    /// `p`
    pub p: Action,
    /// `sp`, where it is stated.
    pub sp: Option<Action>,
    /// `np`, where it is stated.
    pub np: Option<Action>,
    /// Whether it is in test mode, or applies to a part of the mail only (`t`, `pct`).
    pub testing: bool,
    /// Covered days on which the policy was at least quarantine, in test mode or not.
    pub trial_days: u64,
}

impl PolicyInForce {
    /// The policy of the newest report.
    #[must_use]
    pub const fn new(terms: Terms, trial_days: u64) -> Self {
        let Terms { p, sp, np, partial, .. } = terms;
        Self { p, sp, np, testing: partial, trial_days }
    }

    /// What it asks for.
    #[must_use]
    pub fn terms(self) -> Terms {
        let Self { p, sp, np, testing, .. } = self;
        Terms { p, sp, np, partial: testing, ..Terms::default() }
    }

    /// The step that comes next: what `p` does not yet ask for, or `reject` where it asks for everything.
    #[must_use]
    pub fn next_step(self) -> Step {
        match self.has_taken(Step::Quarantine) {
            true => Step::Reject,
            false => Step::Quarantine,
        }
    }

    /// Whether a step has been taken already.
    pub(super) fn has_taken(&self, step: Step) -> bool {
        let sp = self.sp.unwrap_or(self.p);
        let reached = match step {
            Step::Quarantine => self.p >= Action::Quarantine,
            Step::Reject => self.p == Action::Reject,
            Step::Subdomains => sp == Action::Reject,
            Step::MissingNames => self.np.unwrap_or(sp) == Action::Reject,
        };
        reached && !self.testing
    }
}

/// What stands in DNS, as the last look at it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsState {
    /// What stands in the way: SPF over its limits, a report address that does not work. Empty is good.
    pub problems: Vec<String>,
    /// How long ago it was looked at, in seconds.
    pub age: i64,
}

/// What the owner has put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waivers {
    /// The days at quarantine or in test mode before `reject`.
    pub trial: bool,
    /// The loss of mail that lists and forwarders break.
    pub list_loss: bool,
}

/// Everything a verdict rests on.
#[derive(Debug)]
pub struct Situation<'a> {
    /// The domain.
    pub domain: &'a str,
    /// The services.
    pub catalogue: &'a Catalogue,
    /// The records the step would touch, over ninety days.
    pub tally: &'a Tally,
    /// Their sources.
    pub sources: &'a [ScoredSource<'a>],
    /// How well the domain as a whole is covered.
    pub coverage: &'a Coverage,
    /// The policy in force, where a report states it.
    pub policy: Option<PolicyInForce>,
    /// How old the data is.
    pub currency: Currency,
    /// What stands in DNS, where anybody looked.
    pub dns: Option<&'a DnsState>,
    /// Whether DNS was asked for this verdict and did not answer enough.
    pub dns_unanswered: bool,
    /// The owner's messages of the month, of the domain and of those below it.
    pub own_messages: u64,
    /// What is known of the domain's own mail.
    pub own_mail: &'a OwnMail,
    /// The services that the quarter shows, in the domain or below it.
    pub seen: &'a BTreeSet<ServiceId>,
    /// The services that DNS or the owner says send for it, with the last day of mail from each, ever.
    pub expected: &'a [(ServiceId, Option<Day>)],
    /// What the owner has put aside.
    pub waivers: Waivers,
}
