//! Whose mail a question is about, and of which days.

use std::collections::HashMap;

use super::{NoAnswer, Nothing};
use crate::error::Result;
use crate::model::{Day, Domains, Filter, Name, Period, Scope, Since};
use crate::senders::Learner;
use crate::store::{DomainSummary, Store};

/// The days in which a sender that rarely sends is still remembered, the newest day with data among them.
pub const QUARTER: i64 = Learner::DAYS;

/// Whose mail a question is about, and of which days. By default everything that the question customarily looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The policy domains.
    pub domains: Domains,
    /// From when on; each question says what it customarily looks at.
    pub since: Option<Since>,
    /// To when; the newest day with data that is not after today where it is not said.
    pub until: Option<Day>,
}

impl Asked {
    /// A domain and those below it.
    #[must_use]
    pub fn about(domain: Name) -> Self {
        Self { domains: Domains::asked(Some(domain)), ..Self::default() }
    }

    /// The period of questions about the present: 30 days where nobody asks for others.
    pub fn recent(&self, store: &Store, today: Day) -> Result<Period, NoAnswer> {
        self.period(self.since.unwrap_or(Since::DEFAULT), store, today)
    }

    /// The period of questions about everything that is stored where nobody asks for less.
    pub fn everything(&self, store: &Store, today: Day) -> Result<Period, NoAnswer> {
        self.period(self.since.unwrap_or(Since::All), store, today)
    }

    fn period(&self, since: Since, store: &Store, today: Day) -> Result<Period, NoAnswer> {
        if let (Since::Day(from), Some(until)) = (since, self.until)
            && from > until
        {
            return Err(NoAnswer::NoDay { from, until });
        }
        let newest = match (since, self.until) {
            (Since::All, _) | (_, Some(_)) => None,
            _ => store.newest_day(&self.domains, today)?,
        };
        Ok(Period::of(since, self.until, newest))
    }
}

/// What is asked of the database.
pub(super) fn filter(domains: &Domains, period: Period) -> Filter {
    Filter { domains: domains.clone(), period }
}

/// What is known of each policy domain that is asked about.
pub fn summaries(store: &Store, domains: &Domains, period: Period) -> Result<HashMap<Name, DomainSummary>> {
    let found = store.domains(&filter(domains, period))?;
    Ok(found.into_iter().map(|summary| (summary.domain.clone(), summary)).collect())
}

/// Reports of the same domains that a period leaves out although nobody asked for that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Without a usable date.
    pub undated: u64,
    /// Dated after today.
    pub future: u64,
    /// Domains all of whose reports are of other days.
    pub domains: u64,
}

impl LeftOut {
    /// Counts the reports that no period holds, and those after today. What is left out on demand is not meant.
    pub fn of(store: &Store, domains: &Domains, period: Period, today: Day) -> Result<Self> {
        if period == Period::ALL {
            return Ok(Self::default());
        }
        let last = period.to.map_or(today, |to| to.max(today));
        let outside = store.outside(domains, last)?;
        let all = store.reported_domains(&filter(domains, Period::ALL))?.len();
        let inside = store.reported_domains(&filter(domains, period))?.len();
        let silent = all.saturating_sub(inside) as u64;
        Ok(Self { undated: outside.undated, future: outside.later, domains: silent })
    }
}

impl Nothing {
    /// Why there is no report to answer from.
    pub fn of(store: &Store, domains: &Domains, period: Period) -> Result<Self> {
        let holds_any = |domains: Domains| -> Result<bool> {
            Ok(!store.reported_domains(&filter(&domains, Period::ALL))?.is_empty())
        };
        let scope = &domains.scope;
        if !holds_any(Domains { scope: scope.clone(), asked: None })? {
            return Ok(Self::NoReport);
        }
        let domain = domains.asked.clone();
        match domain {
            Some(domain) if !holds_any(domains.clone())? => Ok(match above(&domain, scope, store)? {
                Some(above) => Self::UnderDomainAbove { domain, above },
                None => Self::NoReportOf(domain),
            }),
            domain => Ok(Self::NotInPeriod { domain, period }),
        }
    }
}

/// The closest domain above that has reports: those of a subdomain without a record of its own are under it.
fn above(domain: &Name, scope: &Scope, store: &Store) -> Result<Option<Name>> {
    let above = store.policy_domains(scope)?.into_iter().filter(|above| domain.is_within(above.as_str()));
    Ok(above.max_by_key(|above| above.as_str().len()))
}
