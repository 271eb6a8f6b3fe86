//! What reports say was published, and when.

use std::collections::{BTreeSet, HashMap};

use foldhash::quality::RandomState;

use super::alignment::Modes;
use super::replay::Action;
use crate::dns::record::dmarc::DmarcRecord;
use crate::model::words::{Policy, Testing};
use crate::model::{Day, PolicyPublished};

/// What of a published policy decides about mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Terms {
    /// `p`
    pub p: Action,
    /// `sp`, where it is stated.
    pub sp: Option<Action>,
    /// `np`, where it is stated.
    pub np: Option<Action>,
    /// `adkim` and `aspf`
    pub modes: Modes,
    /// Whether it is in test mode (`t=y`), or applies to a part of the mail only (`pct` below 100).
    pub partial: bool,
}

/// Where an author domain stands to the domain whose policy applies to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is that domain.
    Domain,
    /// It stands below, without a policy record of its own.
    Below {
        /// Whether its name exists in DNS, where that is known.
        exists: Option<bool>,
    },
}

/// The tag of a policy record that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tag {
    /// `p`
    P,
    /// `sp`
    Sp,
    /// `np`
    Np,
}

impl Tag {
    /// The tag as it stands in a record.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P => "p",
            Self::Sp => "sp",
            Self::Np => "np",
        }
    }
}

impl Terms {
    /// What a report states. What it does not state asks for nothing (`p`), is taken from the next tag (`sp`,
    /// `np`), or is relaxed. RFC 7489's schema (appendix C) makes `<sp>` mandatory, so most reporters write that of `p`
    /// where the record has none: what equals the tag before says nothing about the record.
    #[must_use]
    pub fn of(policy: &PolicyPublished) -> Self {
        let p = policy.p.as_ref().map_or(Action::None, Action::of);
        let sp = policy.sp.as_ref().map(Action::of).filter(|sp| *sp != p);
        let np = policy.np.as_ref().map(Action::of).filter(|np| *np != sp.unwrap_or(p));
        Self {
            p,
            sp,
            np,
            modes: Modes::of(policy),
            partial: policy.testing == Some(Testing::Yes) || policy.pct.is_some_and(|pct| pct < 100),
        }
    }

    /// These terms, with the tags that the record in DNS has and that reports can't tell.
    #[must_use]
    pub fn with_tags_of(self, record: &DmarcRecord) -> Self {
        let stated = |reported: Option<Action>, tag: &Option<Policy>| {
            reported.or_else(|| tag.as_ref().filter(|word| word.is_known()).map(Action::of))
        };
        Self { sp: stated(self.sp, &record.sp), np: stated(self.np, &record.np), ..self }
    }

    /// What a record in DNS asks for, whatever reports said before.
    #[must_use]
    pub fn of_record(self, record: &DmarcRecord) -> Self {
        let action = |tag: &Option<Policy>| tag.as_ref().filter(|word| word.is_known()).map(Action::of);
        let partial = record.t == Some(Testing::Yes) || record.pct.is_some_and(|pct| pct < 100);
        let p = action(&record.p).unwrap_or(Action::None);
        Self { p, sp: action(&record.sp), np: action(&record.np), partial, ..self }
    }

    /// The tag that decides, and what it asks for: `np` falls back to `sp`, and `sp` to `p` (RFC 9989 section
    /// 4.7). A name of which it is not known whether it exists is taken to.
    #[must_use]
    pub const fn decide(&self, standing: Standing) -> (Tag, Action) {
        match (standing, self.np, self.sp) {
            (Standing::Below { exists: Some(false) }, Some(np), _) => (Tag::Np, np),
            (Standing::Below { .. }, _, Some(sp)) => (Tag::Sp, sp),
            (Standing::Below { .. }, _, None) | (Standing::Domain, ..) => (Tag::P, self.p),
        }
    }

    /// Whether it matters for a name below the domain that nobody knows whether it exists.
    #[must_use]
    pub fn depends_on_existence(&self) -> bool {
        let decide = |exists| self.decide(Standing::Below { exists: Some(exists) }).1;
        decide(true) != decide(false)
    }
}

/// The policies that reports state, by policy domain, reporter and day.
#[derive(Debug, Default)]
pub struct PolicyLog {
    stated: HashMap<(u32, u32, Option<Day>), Stated, RandomState>,
}

/// What the reports of one reporter about one day state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stated {
    /// The terms of one of them.
    pub terms: Terms,
    /// Whether another one states others: the policy changed on that day.
    pub changed: bool,
}

impl PolicyLog {
    /// Takes what a report states. The order does not matter.
    pub fn add(&mut self, domain: u32, reporter: u32, day: Option<Day>, terms: Terms) {
        let stated = self.stated.entry((domain, reporter, day)).or_insert(Stated { terms, changed: false });
        stated.changed |= stated.terms != terms;
        stated.terms = stated.terms.max(terms);
    }

    /// What the reports of a reporter about a day state.
    #[must_use]
    pub fn stated(&self, domain: u32, reporter: u32, day: Option<Day>) -> Option<Stated> {
        self.stated.get(&(domain, reporter, day)).copied()
    }

    /// The days from one to another on which a report saw a policy of quarantine or more, in test mode or not.
    #[must_use]
    pub fn trial_days(&self, domain: u32, from: Day, to: Day) -> BTreeSet<Day> {
        self.stated
            .iter()
            .filter(|((of, ..), stated)| *of == domain && stated.terms.p >= Action::Quarantine)
            .filter_map(|((.., day), _)| day.filter(|day| (from..=to).contains(day)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Name;
    use crate::model::words::{AlignmentMode, Policy};

    const P: Terms = Terms {
        p: Action::Reject,
        sp: None,
        np: None,
        modes: Modes {
            dkim: super::super::alignment::Mode::Relaxed,
            spf: super::super::alignment::Mode::Relaxed,
        },
        partial: false,
    };

    #[test]
    fn the_tags_fall_back_to_each_other() {
        let decide = |terms: Terms, exists| terms.decide(Standing::Below { exists });
        assert_eq!(decide(P, Some(false)), (Tag::P, Action::Reject));
        let sp = Terms { sp: Some(Action::None), ..P };
        assert_eq!(
            (decide(sp, None), decide(sp, Some(false))),
            ((Tag::Sp, Action::None), (Tag::Sp, Action::None))
        );
        assert_eq!(sp.decide(Standing::Domain), (Tag::P, Action::Reject));
        assert!(!sp.depends_on_existence() && !P.depends_on_existence());
        let np = Terms { np: Some(Action::Quarantine), ..sp };
        assert_eq!(decide(np, Some(false)), (Tag::Np, Action::Quarantine));
        assert_eq!(decide(np, None), (Tag::Sp, Action::None));
        assert!(np.depends_on_existence());
        assert_eq!(decide(Terms { sp: None, ..np }, Some(true)), (Tag::P, Action::Reject));
    }

    #[test]
    fn what_is_not_stated_asks_for_nothing() {
        let mut policy = PolicyPublished {
            adkim: AlignmentMode::from_stated("s"),
            pct: Some(100),
            ..PolicyPublished::of(Name::from_stated("example.com").unwrap())
        };
        let terms = Terms::of(&policy);
        assert_eq!((terms.p, terms.sp, terms.partial), (Action::None, None, false));
        assert_eq!((terms.modes.dkim.as_str(), terms.modes.spf.as_str()), ("s", "r"));
        policy.p = Policy::from_stated("reject");
        policy.pct = Some(0);
        assert!(Terms::of(&policy).partial);
    }

    #[test]
    fn what_reporters_write_by_habit_says_nothing_about_the_record() {
        let policy = |p: &str, sp: Option<&str>, np: Option<&str>| {
            let word = |text: &str| Policy::from_stated(text);
            let mut policy = PolicyPublished::of(Name::from_stated("example.com").unwrap());
            (policy.p, policy.sp, policy.np) = (word(p), sp.and_then(word), np.and_then(word));
            Terms::of(&policy)
        };
        let habit = policy("none", Some("none"), Some("none"));
        assert_eq!((habit.sp, habit.np), (None, None));
        let below = Standing::Below { exists: Some(true) };
        assert_eq!(habit.decide(below).0, Tag::P, "subdomains inherit");
        let apart = policy("reject", Some("none"), Some("reject"));
        assert_eq!((apart.sp, apart.np), (Some(Action::None), Some(Action::Reject)));
        let record = DmarcRecord::parse(b"v=DMARC1; p=none; sp=none").unwrap();
        assert_eq!(habit.with_tags_of(&record).sp, Some(Action::None), "the record has the tag");
        let live = DmarcRecord::parse(b"v=DMARC1; p=quarantine; t=y").unwrap();
        let live = apart.of_record(&live);
        assert_eq!((live.p, live.sp, live.np, live.partial), (Action::Quarantine, None, None, true));
    }

    #[test]
    fn a_change_shows_whatever_came_first() {
        let (none, day) = (Terms { p: Action::None, ..P }, Some(Day(20_000)));
        for pair in [[P, none], [none, P]] {
            let mut log = PolicyLog::default();
            pair.into_iter().for_each(|terms| log.add(1, 2, day, terms));
            log.add(1, 3, Some(Day(20_001)), P);
            log.add(1, 3, Some(Day(19_000)), P);
            assert_eq!(log.stated(1, 2, day), Some(Stated { terms: P, changed: true }));
            assert_eq!(log.stated(1, 3, day), None);
            assert_eq!(log.trial_days(1, Day(20_000), Day(20_090)).len(), 2);
        }
    }
}
