//! What a change of DNS would do to the mail that was seen.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::analysis::plan::{Fate, Outcome, SenderFate, Whose};
use whosends_core::dns::check::Finding;
use whosends_core::model::Period;
use whosends_core::model::words::Policy;
use whosends_core::senders::Catalogue;

use crate::answer::Json;
use crate::json::{self, SCHEMA};
use crate::number::{count, grouped};
use crate::period::Days;

/// The answer.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The domain whose records change.
    pub domain: String,
    /// The days whose mail was looked at.
    pub period: Period,
    /// The day of which DNS is, where nobody was asked now.
    pub held: Option<String>,
    /// The SPF record as it is and as it would be, where it changes.
    pub spf: Option<Change>,
    /// The DMARC record, likewise.
    pub dmarc: Option<Change>,
    /// The selectors whose keys go.
    pub without_selectors: &'a [String],
    /// The policy that holds.
    pub policy_before: Option<Step>,
    /// The policy that would hold.
    pub policy: Option<Step>,
    /// What becomes of the mail.
    pub outcome: &'a Outcome,
    /// The services.
    pub catalogue: &'a Catalogue,
    /// Findings that the records would have and have not.
    pub appeared: Vec<Finding>,
}

/// What a policy asks for, the mildest first; test mode counts as one step less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// `none`
    None,
    /// `quarantine`
    Quarantine,
    /// `reject`
    Reject,
}

impl Step {
    /// What a policy asks for; a word that nobody knows asks for nothing.
    #[must_use]
    pub const fn of(policy: &Policy) -> Self {
        match policy {
            Policy::Quarantine => Self::Quarantine,
            Policy::Reject => Self::Reject,
            _ => Self::None,
        }
    }

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

/// A record, before and after.
#[derive(Debug, Serialize)]
pub struct Change {
    /// As it is.
    pub before: Option<String>,
    /// As it would be.
    pub after: String,
    /// Look-ups that it costs as it is, of SPF.
    pub lookups_before: Option<u32>,
    /// Look-ups that it would cost.
    pub lookups_after: Option<u32>,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    domain: &'a str,
    period: Days,
    held: Option<&'a str>,
    spf: Option<&'a Change>,
    dmarc: Option<&'a Change>,
    without_selectors: &'a [String],
    policy_before: Option<&'static str>,
    policy: Option<&'static str>,
    stopped: u64,
    yours: Sums,
    unknown: Sums,
    others: Sums,
    senders: Vec<Sender>,
    appeared: Vec<Appeared<'a>>,
}

#[derive(Serialize)]
struct Sums {
    messages: u64,
    passes: u64,
    lost: u64,
    gained: u64,
    fails: u64,
    untold: u64,
}

impl From<Fate> for Sums {
    fn from(fate: Fate) -> Self {
        let Fate { passes, lost, gained, fails, untold } = fate;
        Self { messages: fate.messages(), passes, lost, gained, fails, untold }
    }
}

#[derive(Serialize)]
struct Sender {
    domain: String,
    source: String,
    name: String,
    class: &'static str,
    passed_on: bool,
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Serialize)]
struct Appeared<'a> {
    id: &'static str,
    severity: &'static str,
    subject: &'a str,
    message: &'a str,
}

impl Answer<'_> {
    /// Messages of the owner's that a stricter policy would stop: those that would fail, whether they pass now or not.
    #[must_use]
    pub fn stopped(&self) -> u64 {
        let is_stricter = self.policy > self.policy_before.or(Some(Step::None));
        if is_stricter { self.outcome.of(Whose::Yours).would_fail() } else { 0 }
    }

    /// What the policy that would hold does with so many of the owner's messages.
    #[must_use]
    pub fn under_the_policy(&self, messages: u64) -> String {
        let (failing, is) =
            (count(messages, "message", "messages"), if messages == 1 { "is" } else { "are" });
        match self.policy {
            Some(Step::None) => {
                format!("Under p=none the {failing} of yours that would fail {is} delivered.")
            }
            Some(Step::Quarantine) => {
                format!("Under p=quarantine {failing} of yours would go to spam folders.")
            }
            Some(Step::Reject) => format!("Under p=reject {failing} of yours would be refused."),
            None => format!("{failing} of yours would fail; which policy decides about it is not known."),
        }
    }

    /// The answer in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let yours = self.outcome.of(Whose::Yours);
        let losing: Vec<&SenderFate> = self.losing().collect();
        match (yours.lost, losing.as_slice()) {
            (0, _) if self.stopped() > 0 => self.under_the_policy(self.stopped()),
            (0, _) if yours.untold > 0 => {
                let untold = count(yours.untold, "message", "messages");
                format!("Not decided: nobody can tell what becomes of {untold} of yours.")
            }
            (0, _) if yours.gained > 0 => {
                format!(
                    "No mail of yours is lost, and {} would pass.",
                    count(yours.gained, "message", "messages")
                )
            }
            (0, _) => "No mail of yours changes.".to_owned(),
            (lost, [only]) => {
                let name = only.source.title(self.catalogue);
                format!("This change loses {} of {name}.", count(lost, "message", "messages"))
            }
            (lost, several) => format!(
                "This change loses {} of {} senders.",
                count(lost, "message", "messages"),
                grouped(several.len() as u64)
            ),
        }
    }

    /// The senders of the owner's that lose mail.
    fn losing(&self) -> impl Iterator<Item = &SenderFate> {
        self.outcome
            .senders
            .iter()
            .filter(|sender| Whose::of(sender.judgement.class) == Whose::Yours && sender.mail.lost > 0)
    }
}

impl Json for Answer<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let senders = self.outcome.senders.iter().map(|sender| Sender {
            domain: sender.domain.to_string(),
            source: sender.source.text(self.catalogue),
            name: sender.source.title(self.catalogue),
            class: sender.judgement.class.as_str(),
            passed_on: sender.relayed,
            sums: sender.mail.into(),
        });
        let appeared = self.appeared.iter().map(|finding| Appeared {
            id: finding.check.id(),
            severity: finding.severity.as_str(),
            subject: &finding.subject,
            message: &finding.message,
        });
        let object = Object {
            schema: SCHEMA,
            domain: &self.domain,
            period: self.period.into(),
            held: self.held.as_deref(),
            spf: self.spf.as_ref(),
            dmarc: self.dmarc.as_ref(),
            without_selectors: self.without_selectors,
            policy_before: self.policy_before.map(Step::as_str),
            policy: self.policy.map(Step::as_str),
            stopped: self.stopped(),
            yours: self.outcome.of(Whose::Yours).into(),
            unknown: self.outcome.of(Whose::Unknown).into(),
            others: self.outcome.of(Whose::Others).into(),
            senders: senders.collect(),
            appeared: appeared.collect(),
        };
        json::pretty(out, &object)
    }
}
