//! Owners of domains whose truth is known: what sends as them and how it is set up, who passes their mail on, who
//! forges it, and who reports. Their days are made one after the other, so that what an owner changes in DNS or at a
//! service shows in the reports of the days after.

mod attack;
mod mail;
mod report;
mod system;
mod zone;

pub(crate) use mail::Fate;
pub(crate) use report::Reporter;
pub(crate) use system::System;

use super::Random;
use attack::Attack;
use mail::Mail;

/// A domain and all that happens around it.
pub(crate) struct Owner {
    pub(crate) domain: String,
    pub(crate) systems: Vec<System>,
    /// Of a thousand messages, how many are forwarded, and how many go through a list.
    forwarded: u64,
    listed: u64,
    attacks: Vec<Attack>,
    pub(crate) reporters: Vec<Reporter>,
    /// Whether the owner answers the question whose a source is.
    pub(crate) answers_questions: bool,
    /// The DMARC and SPF records in DNS now.
    pub(crate) dmarc: String,
    pub(crate) spf: Option<String>,
    seed: u64,
    number: u64,
}

/// What the policy record asks for. Words as in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Policy {
    None,
    Quarantine,
    Reject,
}

impl Policy {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    /// What a tag of the record says.
    fn of(record: &str, tag: &str) -> Option<Self> {
        record.split(';').filter_map(|part| part.trim().split_once('=')).find_map(|(name, value)| {
            let value = (name.trim() == tag).then(|| value.trim())?;
            [Self::None, Self::Quarantine, Self::Reject].into_iter().find(|policy| policy.as_str() == value)
        })
    }
}

impl Owner {
    /// An owner by chance.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut random = Random::of(seed, number, 20);
        let domain = format!("firm{number}.example");
        let systems = system::some(&mut random);
        let spf = system::spf(&mut random, &systems);
        Self {
            forwarded: random.below(12),
            listed: random.below(4),
            attacks: attack::some(&mut random),
            reporters: report::some(&mut random),
            answers_questions: random.below(100) < 70,
            dmarc: format!("v=DMARC1; p=none; rua=mailto:dmarc@{domain}"),
            domain,
            systems,
            spf,
            seed,
            number,
        }
    }

    /// The policy for mail as the domain itself, or as one below it.
    pub(crate) fn policy(&self, below: bool) -> Policy {
        let own = Policy::of(&self.dmarc, "p").unwrap_or(Policy::None);
        // RFC 9989 section 4.7: a test asks for the next weaker policy.
        let own = if self.dmarc.contains("t=y") { weaker(own) } else { own };
        if below { Policy::of(&self.dmarc, "sp").unwrap_or(own) } else { own }
    }

    /// The mail of a day, with what becomes of it, and its reports as file names and texts.
    pub(crate) fn day(&self, day: u64) -> (Fate, Vec<(String, String)>) {
        let mut random = Random::of(self.seed, self.number << 16 | day, 21);
        let mail = self.mail(&mut random, day);
        let fate = Fate::of(self, &mail);
        (fate, report::of(self, &mut random, &mail, day))
    }

    fn mail(&self, random: &mut Random, day: u64) -> Vec<Mail> {
        let mut mail = Vec::new();
        for (at, system) in self.systems.iter().enumerate() {
            for sent in system.mail(random, self, at, day) {
                mail.extend(mail::passed_on(random, self, &sent));
                mail.push(sent);
            }
        }
        for attack in &self.attacks {
            mail.extend(attack.mail(random, self, day));
        }
        mail
    }

    /// Does what an advice about a system says.
    pub(crate) fn set_up(&mut self, system: usize) {
        let term = self.systems[system].set_up();
        let Some(term) = term else { return };
        let spf = self.spf.get_or_insert_with(|| "v=spf1 ~all".to_owned());
        if !spf.split(' ').any(|known| known == term) {
            *spf = spf.replacen("v=spf1", &format!("v=spf1 {term}"), 1);
        }
    }

    /// The system that a source of that key or address is, if it is one of the owner's.
    pub(crate) fn system_of(&self, source: &str) -> Option<usize> {
        self.systems.iter().position(|system| system.is(source))
    }
}

const fn weaker(policy: Policy) -> Policy {
    match policy {
        Policy::Reject => Policy::Quarantine,
        Policy::Quarantine | Policy::None => Policy::None,
    }
}
