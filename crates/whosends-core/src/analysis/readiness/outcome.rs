//! What a verdict says.

use crate::model::{Day, Name};
use crate::senders::{Advice, Class, ClassTotals, GroupRule, ServiceId, SourceKey};

use super::gates::{Gate, GateKind, Measure, Step, Thresholds};
use super::silence::OwnMail;

/// Whether a step can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// There is not enough data to say.
    NotEnoughData,
    /// Mail would be lost, or is being lost where the step has been taken.
    NotReady,
    /// The step can be taken.
    Ready,
    /// It has been taken, and all is well.
    Enforced,
    /// It has been taken, and mail that passed is failing now.
    Regressed,
}

impl Verdict {
    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotEnoughData => "not_enough_data",
            Self::NotReady => "not_ready",
            Self::Ready => "ready",
            Self::Enforced => "enforced",
            Self::Regressed => "regressed",
        }
    }
}

/// A source that would lose mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Losing {
    /// The source.
    pub source: SourceKey,
    /// The policy domain its mail is for, by the number of the caller's.
    pub domain: u32,
    /// Its class.
    pub class: Class,
    /// What decided its class.
    pub rule: GroupRule,
    /// Messages of the month that are the owner's and would be lost.
    pub misaligned: u64,
    /// Messages of the month that may be the owner's and would be lost.
    pub unknown: u64,
    /// Both as a share of the owner's mail and what may be.
    pub share: Measure,
    /// Days since its last record.
    pub last_seen: u64,
    /// The gates it keeps shut.
    pub blocks: Vec<GateKind>,
    /// What to do.
    pub advice: Advice,
}

/// A service that is expected to send and has been silent for ninety days: the mail a strict policy loses
/// without anybody seeing it in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiet {
    /// The service.
    pub service: ServiceId,
    /// The last day of mail from it, where there ever was any.
    pub last: Option<Day>,
}

/// What forwarders and lists would lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenForwards {
    /// Messages that were passed on with the owner's signature intact: nothing happens to them.
    pub intact: u64,
    /// Messages that lost it.
    pub broken: u64,
    /// The sources of the latter, the largest first.
    pub sources: Vec<Broken>,
}

/// A source that passed on mail and broke its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The source.
    pub source: SourceKey,
    /// Who signed the mail anew: of a list that is the name people know.
    pub signed_by: Option<Name>,
    /// Messages that lost the owner's signature.
    pub messages: u64,
}

/// A sender whose mail passes by SPF alone, and so fails after every forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpfOnly {
    /// The source.
    pub source: SourceKey,
    /// Such messages of the month.
    pub messages: u64,
    /// What to switch on.
    pub advice: Advice,
}

/// A source that the owner's SPF record refuses on most days: most likely a forger, and it may be a server that the
/// record forgets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The source.
    pub source: SourceKey,
    /// Its messages of the month.
    pub messages: u64,
    /// The days of the month with mail from it.
    pub days: u32,
}

/// Whether a domain can take a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// The step.
    pub step: Step,
    /// The verdict.
    pub verdict: Verdict,
    /// What it was on the day that the data reaches to, where that is too long ago for a verdict.
    pub was: Option<Verdict>,
    /// What is known of the domain's own mail.
    pub own_mail: OwnMail,
    /// Whether the policy in force asks for the step already.
    pub in_force: bool,
    /// What the step needs.
    pub thresholds: Thresholds,
    /// Every gate, in a fixed order.
    pub gates: Vec<Gate>,
    /// The month's messages by class.
    pub month: ClassTotals,
    /// Messages that are the owner's: of the month, and of the last season of senders that failed and are quiet.
    pub own: u64,
    /// Messages of the month that fail and may be the owner's. With those of the owner's they are what the shares of
    /// `losing` are of.
    pub unknown: u64,
    /// Every source that would lose mail, the one with most at stake first.
    pub losing: Vec<Losing>,
    /// What forwarders and lists would lose.
    pub forwards: BrokenForwards,
    /// Senders whose mail passes by SPF alone, the busiest first.
    pub spf_only: Vec<SpfOnly>,
    /// Steady sources that the owner's SPF record refuses, the busiest first.
    pub stopped: Vec<Stopped>,
    /// Services that have fallen silent.
    pub quiet: Vec<Quiet>,
}
