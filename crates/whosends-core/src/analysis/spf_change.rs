//! What an SPF record says of the mail that was seen: SPF and DMARC, as they were then and as they would be with the record.
//!
//! The record may be that of today or one that is planned. A reporter's verdict stands for what was then; only what the
//! record decides is worked out again, so that mail which passes by DKIM is never lost with its SPF.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use super::alignment::{Mode, Passes, is_aligned};
use super::attribution::Judged;
use super::sender_mail::{Collected, SenderMail};
use super::sources::Names;
use super::tally::Split;
use crate::dns::spf::Verdict;
use crate::model::words::{SpfResult, SpfScope};
use crate::model::{Combination, Name};

/// What becomes of messages. SPF is the aligned result that DMARC goes by; what is unknown the reporter left out, or DNS
/// or the message decides, which no report holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThenAndNow {
    /// All of them.
    pub messages: u64,
    /// Those that the record was asked for: with the domain as envelope sender.
    pub asked: u64,
    /// SPF as reported.
    pub spf_then: Split,
    /// SPF with the record.
    pub spf_now: Split,
    /// DMARC as reported.
    pub dmarc_then: Split,
    /// DMARC with the record.
    pub dmarc_now: Split,
    /// Messages that passed DMARC and would fail.
    pub lost: u64,
    /// Messages that failed DMARC and would pass.
    pub gained: u64,
}

impl ThenAndNow {
    fn add(&mut self, then: Passes, now: Passes, asked: bool, messages: u64) {
        self.messages = self.messages.saturating_add(messages);
        if asked {
            self.asked = self.asked.saturating_add(messages);
        }
        add(&mut self.spf_then, then.spf, messages);
        add(&mut self.spf_now, now.spf, messages);
        let (then, now) = (then.dmarc(), now.dmarc());
        add(&mut self.dmarc_then, then, messages);
        add(&mut self.dmarc_now, now, messages);
        match (then, now) {
            (Some(true), Some(false)) => self.lost = self.lost.saturating_add(messages),
            (Some(false), Some(true)) => self.gained = self.gained.saturating_add(messages),
            _ => {}
        }
    }
}

fn add(split: &mut Split, passes: Option<bool>, messages: u64) {
    let count = match passes {
        Some(true) => &mut split.pass,
        Some(false) => &mut split.fail,
        None => &mut split.unknown,
    };
    *count = count.saturating_add(messages);
}

/// A sender, and what becomes of its mail.
pub type SenderChange = SenderMail<ThenAndNow>;

/// Mail that the record has no say in, by the domain that SPF was checked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outside {
    /// Another domain: the name, and messages.
    pub other: BTreeMap<Name, u64>,
    /// No domain is stated.
    pub unstated: u64,
}

/// What a record changes for all mail of a period.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SpfChange {
    /// Everything.
    pub total: ThenAndNow,
    /// The senders, those that lose most first, and then the busiest.
    pub senders: Vec<SenderChange>,
    /// By source address, where the record was asked.
    pub addresses: BTreeMap<IpAddr, ThenAndNow>,
    /// Mail of the period in which the record has no say.
    pub outside: Outside,
}

/// Collects the judged records of a period.
#[derive(Debug)]
pub struct SpfRehearsal<'n> {
    collected: Collected<'n, ThenAndNow>,
    /// The domain whose record changes.
    domain: &'n Name,
    /// How near the domain has to be to the author's.
    mode: Mode,
}

impl<'n> SpfRehearsal<'n> {
    /// No records yet.
    #[must_use]
    pub const fn new(names: &'n Names, domain: &'n Name, mode: Mode) -> Self {
        Self { collected: Collected::new(names), domain, mode }
    }

    /// Adds the records of a policy domain.
    pub fn add(&mut self, judged: &Judged<'_>) {
        self.collected.add(judged);
    }

    /// The addresses that the record was asked for, the busiest first.
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut messages: HashMap<IpAddr, u64> = HashMap::new();
        for ((_, address, combination), sent) in &self.collected.rows {
            let asked =
                self.collected.combination(*combination).is_some_and(|one| is_asked(one, self.domain));
            if let Some(address) = self.collected.names.addresses.get(address).filter(|_| asked) {
                let sum = messages.entry(*address).or_default();
                *sum = sum.saturating_add(*sent);
            }
        }
        let mut found: Vec<_> = messages.into_iter().collect();
        found.sort_unstable_by_key(|(address, sent)| (std::cmp::Reverse(*sent), *address));
        found.into_iter().map(|(address, _)| address).collect()
    }

    /// What the record changes; `results` holds what it says of each address.
    #[must_use]
    pub fn finish(mut self, results: &HashMap<IpAddr, Verdict>) -> SpfChange {
        let mut change = SpfChange::default();
        for ((number, address, id), messages) in std::mem::take(&mut self.collected.rows) {
            let Some(combination) = self.collected.combination(id) else { continue };
            let address = self.collected.names.addresses.get(&address).copied();
            let asked = is_asked(combination, self.domain);
            let then = Passes::stated(combination);
            let result = address.and_then(|address| results.get(&address)).copied();
            let spf = if asked { self.spf_now(combination, then.spf, result) } else { then.spf };
            let now = Passes { spf, ..then };
            let tally = |mail: &mut ThenAndNow| mail.add(then, now, asked, messages);
            tally(&mut change.total);
            if let Some(sender) = self.collected.senders.get_mut(number) {
                tally(&mut sender.mail);
            }
            match address.filter(|_| asked) {
                Some(address) => tally(change.addresses.entry(address).or_default()),
                None => change.outside.add(combination, messages),
            }
        }
        let mut senders = self.collected.senders;
        senders.sort_by(|a, b| {
            let weight = |sender: &SenderChange| (sender.mail.lost, sender.mail.messages);
            let place = |sender: &SenderChange| (sender.source.clone(), sender.domain.clone());
            weight(b).cmp(&weight(a)).then_with(|| place(a).cmp(&place(b)))
        });
        change.senders = senders;
        change
    }

    /// The aligned result with the record. Where the domain passed and was not aligned it still is not.
    fn spf_now(
        &self,
        combination: &Combination,
        then: Option<bool>,
        result: Option<Verdict>,
    ) -> Option<bool> {
        let passed_before = spf_of(combination, self.domain) == Some(true);
        match result? {
            Verdict::TempError | Verdict::Undecided => None,
            Verdict::Pass if passed_before => then,
            Verdict::Pass => {
                let from = combination.header_from.as_ref()?;
                Some(is_aligned(self.domain.as_str(), from.as_str(), self.mode))
            }
            _ => Some(false),
        }
    }
}

/// Whether SPF was checked for the domain as envelope sender.
fn is_asked(combination: &Combination, domain: &Name) -> bool {
    spf_of(combination, domain).is_some()
}

/// Whether SPF passed for the domain as envelope sender; `None` where it was not checked for it.
pub(super) fn spf_of(combination: &Combination, domain: &Name) -> Option<bool> {
    let own = combination.auth_spf.iter();
    let own = own.filter(|spf| spf.domain.as_ref() == Some(domain) && spf.scope != Some(SpfScope::Helo));
    own.map(|spf| spf.result == Some(SpfResult::Pass)).max()
}

impl Outside {
    fn add(&mut self, combination: &Combination, messages: u64) {
        let stated: BTreeSet<&Name> =
            combination.auth_spf.iter().filter_map(|spf| spf.domain.as_ref()).collect();
        let sum = match stated.into_iter().next() {
            Some(name) => self.other.entry(name.clone()).or_default(),
            None => &mut self.unstated,
        };
        *sum = sum.saturating_add(messages);
    }

    /// All of it.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.other.values().fold(self.unstated, |sum, messages| sum.saturating_add(*messages))
    }
}
