//! One sender in full.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Asked, Context, Known, LeftOut, NoAnswer, Nothing, Traffic, summaries};
use crate::analysis::source::{Details, Portrait};
use crate::model::Day;
use crate::senders::{Catalogue, Wanted};
use crate::store::{DomainSummary, KeptDecision, Store};

/// Everything about a sender.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose mail, and of which days; 30 where nobody asks for others.
    pub asked: Asked,
    /// The sender: [`search`](crate::senders::search) finds it by what somebody typed.
    pub wanted: Wanted,
}

/// What is known of a sender.
#[derive(Debug)]
pub struct Answer {
    /// What was found in each domain.
    pub details: Details,
    /// The services.
    pub catalogue: Arc<Catalogue>,
    /// What is known of the domains that were looked at, by their ids.
    pub domains: HashMap<u32, DomainSummary>,
    /// What the period leaves out. That domains have reports of other days is not told: it is about one sender.
    pub left_out: LeftOut,
    /// The newest day with a report, not after today.
    pub newest: Option<Day>,
    /// What was decided about senders.
    pub decisions: Vec<KeptDecision>,
    /// Records that were read.
    pub records: u64,
    /// Why there is no report to look at, where there is none.
    pub nothing: Option<Nothing>,
}

impl Question {
    /// Reads the traffic and picks out what the sender sent.
    ///
    /// # Errors
    /// Fails where the period ends before it begins, and where the database or the catalogue does.
    pub fn answer(&self, context: &Arc<Context>, store: &Store) -> Result<Answer, NoAnswer> {
        let (domains, today) = (&self.asked.domains, context.today());
        let known = Known::load(context, store, domains)?;
        let period = self.asked.recent(store, today)?;
        let traffic = Traffic::read(store, domains, period)?;
        let facts = |id| traffic.facts(&known, id);
        let dates = (period, traffic.first_day(), today);
        let mut portrait = Portrait::new(self.wanted.clone(), &traffic.names, &facts, dates);
        traffic.judge(&known, &mut |judged| portrait.add(judged));
        let details = portrait.finish();
        let mut found = summaries(store, domains, period)?;
        let names = traffic.names.domains.iter();
        let found: HashMap<_, _> = names.filter_map(|(&id, name)| Some((id, found.remove(name)?))).collect();
        let may_see = |made: &&KeptDecision| domains.scope.holds(made.domain.as_str());
        let is_empty = found.is_empty();
        Ok(Answer {
            details,
            domains: found,
            left_out: LeftOut { domains: 0, ..LeftOut::of(store, domains, period, today)? },
            newest: store.newest_day(domains, today)?,
            decisions: known.kept().iter().filter(may_see).cloned().collect(),
            records: traffic.rows,
            nothing: is_empty.then(|| Nothing::of(store, domains, period)).transpose()?,
            catalogue: known.catalogue,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, reported};
    use super::*;
    use crate::senders::{Search, search};

    #[test]
    fn an_address_is_told_in_full() {
        let (store, context) = (reported(), Arc::new(Context::new(NOW)));
        let Search::One(wanted) = search(&context.catalogue().unwrap(), "192.0.2.1") else { panic!() };
        let answer = Question { asked: Asked::default(), wanted }.answer(&context, &store).unwrap();
        assert_eq!((answer.details.details.len(), answer.records), (1, 2));
        assert!(answer.nothing.is_none());
    }
}
