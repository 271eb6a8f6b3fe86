//! What a change of DNS would do to the mail that was seen: what passes DMARC with DNS as it is, and as it would be.
//!
//! A reporter's verdict stands for what the change does not touch. Where the SPF record changes, both records are evaluated for
//! each address; where a key goes, its signatures no longer pass; where the policy asks for nearer names, alignment is worked out
//! again.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::alignment::{Modes, Passes, is_aligned};
use super::attribution::Judged;
use super::sender_mail::{Collected, SenderMail};
use super::sources::Names;
use super::spf_change::spf_of;
use crate::dns::spf::Verdict;
use crate::model::words::DkimResult;
use crate::model::{Combination, Name};
use crate::senders::Class;

/// What becomes of messages: the five add up to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fate {
    /// They pass DMARC, and would go on to.
    pub passes: u64,
    /// They pass and would fail.
    pub lost: u64,
    /// They fail and would pass.
    pub gained: u64,
    /// They fail and would go on to.
    pub fails: u64,
    /// Nobody can tell: DNS did not answer, the record asks for what no report holds, or the reporter left it out.
    pub untold: u64,
}

impl Fate {
    /// All of them.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        let known = self.passes.saturating_add(self.lost).saturating_add(self.gained);
        known.saturating_add(self.fails).saturating_add(self.untold)
    }

    /// Those that would fail: what the policy then decides about.
    #[must_use]
    pub const fn would_fail(&self) -> u64 {
        self.lost.saturating_add(self.fails)
    }

    fn add(&mut self, before: Option<bool>, after: Option<bool>, messages: u64) {
        let count = match (before, after) {
            (Some(true), Some(true)) => &mut self.passes,
            (Some(true), Some(false)) => &mut self.lost,
            (Some(false), Some(true)) => &mut self.gained,
            (Some(false), Some(false)) => &mut self.fails,
            _ => &mut self.untold,
        };
        *count = count.saturating_add(messages);
    }
}

/// Whose mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// The owner's: aligned, or confirmed and failing.
    Yours,
    /// Nobody knows.
    Unknown,
    /// Somebody else's: passed on, or not authorised.
    Others,
}

impl Whose {
    /// Whose mail of a class is.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        match class {
            Class::Aligned | Class::Misaligned => Self::Yours,
            Class::Unknown => Self::Unknown,
            Class::Forwarder | Class::Unauthorised => Self::Others,
        }
    }
}

/// A sender, and what becomes of its mail.
pub type SenderFate = SenderMail<Fate>;

/// What a change does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// By whose mail it is.
    pub whose: BTreeMap<Whose, Fate>,
    /// The senders: those of the owner's that lose most first, then what nobody can tell of, then the busiest.
    pub senders: Vec<SenderFate>,
}

impl Outcome {
    /// What becomes of the mail of some.
    #[must_use]
    pub fn of(&self, whose: Whose) -> Fate {
        self.whose.get(&whose).copied().unwrap_or_default()
    }
}

/// DNS as it is, or as it would be.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// How near names have to be.
    pub modes: Modes,
    /// What the SPF record says of each address; `None` where it is the same on both sides and the reporters' word stands.
    pub spf: Option<HashMap<IpAddr, Verdict>>,
    /// The selectors whose keys are gone.
    pub without_selectors: Vec<String>,
}

/// Collects the judged records of a period.
#[derive(Debug)]
pub struct Rehearsal<'n> {
    collected: Collected<'n, Fate>,
    /// The domain whose records change.
    domain: &'n Name,
    /// How near names had to be for the reporters.
    judged_by: Modes,
}

impl<'n> Rehearsal<'n> {
    /// No records yet.
    #[must_use]
    pub const fn new(names: &'n Names, domain: &'n Name, judged_by: Modes) -> Self {
        Self { collected: Collected::new(names), domain, judged_by }
    }

    /// Adds the records of a policy domain.
    pub fn add(&mut self, judged: &Judged<'_>) {
        self.collected.add(judged);
    }

    /// The addresses from which mail came that the domain's SPF record is asked about.
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        let asked = self.collected.rows.keys().filter(|(_, _, combination)| {
            self.collected.combination(*combination).is_some_and(|one| spf_of(one, self.domain).is_some())
        });
        let mut found: Vec<_> = asked
            .filter_map(|(_, address, _)| self.collected.names.addresses.get(address).copied())
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What becomes of all mail.
    #[must_use]
    pub fn finish(mut self, before: &Side, after: &Side) -> Outcome {
        let mut outcome = Outcome::default();
        for ((number, address, id), messages) in std::mem::take(&mut self.collected.rows) {
            let Some(combination) = self.collected.combination(id) else { continue };
            let address = self.collected.names.addresses.get(&address).copied();
            let [before, after] = [before, after].map(|side| self.passes(combination, address, side).dmarc());
            if let Some(sender) = self.collected.senders.get_mut(number) {
                sender.mail.add(before, after, messages);
                let whose = Whose::of(sender.judgement.class);
                outcome.whose.entry(whose).or_default().add(before, after, messages);
            }
        }
        let rank = |sender: &SenderFate| {
            let lost = if Whose::of(sender.judgement.class) == Whose::Yours { sender.mail.lost } else { 0 };
            (lost, sender.mail.lost, sender.mail.untold, sender.mail.messages())
        };
        let mut senders = self.collected.senders;
        senders.sort_by(|a, b| {
            rank(b).cmp(&rank(a)).then_with(|| (&a.source, &a.domain).cmp(&(&b.source, &b.domain)))
        });
        outcome.senders = senders;
        outcome
    }

    fn passes(&self, combination: &Combination, address: Option<IpAddr>, side: &Side) -> Passes {
        let stated = Passes::under(combination, self.judged_by, side.modes);
        let spf = match (&side.spf, spf_of(combination, self.domain)) {
            (Some(verdicts), Some(passed)) => {
                let verdict = address.and_then(|address| verdicts.get(&address)).copied();
                self.spf(combination, (stated.spf, passed), verdict, side.modes)
            }
            _ => stated.spf,
        };
        Passes { dkim: self.dkim(combination, stated.dkim, side), spf }
    }

    /// Aligned SPF by what the record says. Where the domain passed and was not aligned, it still is not.
    fn spf(
        &self,
        combination: &Combination,
        (stated, passed): (Option<bool>, bool),
        verdict: Option<Verdict>,
        modes: Modes,
    ) -> Option<bool> {
        match verdict? {
            Verdict::TempError | Verdict::Undecided => None,
            Verdict::Pass if passed => stated,
            Verdict::Pass => {
                let from = combination.header_from.as_ref()?;
                Some(is_aligned(self.domain.as_str(), from.as_str(), modes.spf))
            }
            _ => Some(false),
        }
    }

    /// Aligned DKIM without the keys that are gone.
    fn dkim(&self, combination: &Combination, stated: Option<bool>, side: &Side) -> Option<bool> {
        if stated != Some(true) || side.without_selectors.is_empty() {
            return stated;
        }
        let from = combination.header_from.as_ref()?;
        let mut aligned = combination.auth_dkim.iter().filter(|dkim| {
            let domain = dkim.domain.as_ref();
            dkim.result == Some(DkimResult::Pass)
                && domain.is_some_and(|domain| is_aligned(domain.as_str(), from.as_str(), side.modes.dkim))
        });
        let is_gone = |dkim: &crate::model::DkimAuth| {
            dkim.domain.as_ref() == Some(self.domain)
                && dkim.selector.as_ref().is_some_and(|selector| {
                    side.without_selectors.iter().any(|gone| gone.eq_ignore_ascii_case(selector))
                })
        };
        // A signature of the domain's without its selector may have been made with any key.
        let may_be_gone = |dkim: &crate::model::DkimAuth| {
            dkim.domain.as_ref() == Some(self.domain) && dkim.selector.is_none()
        };
        let mut untold = true;
        let stays = aligned.any(|dkim| {
            untold = false;
            !is_gone(dkim) && !may_be_gone(dkim)
        });
        let doubtful = combination.auth_dkim.iter().any(may_be_gone);
        match (stays, untold || doubtful) {
            (true, _) => Some(true),
            (false, true) => None,
            (false, false) => Some(false),
        }
    }
}
