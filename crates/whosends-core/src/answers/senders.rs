//! Who sends as a domain, by the service or server that does.
//!
//! ```
//! use std::sync::Arc;
//! use whosends_core::answers::{Context, senders::Question};
//! use whosends_core::store::{Location, Store};
//!
//! let (store, context) = (Store::open(&Location::Memory)?, Arc::new(Context::new(1_795_348_800)));
//! let answer = Question::default().answer(&context, &store)?;
//! assert_eq!(answer.nothing.unwrap().to_string(), "the database holds no report");
//! # Ok::<(), whosends_core::answers::NoAnswer>(())
//! ```

use std::sync::Arc;

use super::readiness::{self, next_steps};
use super::{Asked, Context, Known, LeftOut, NoAnswer, Nothing, Warning, summaries};
use crate::analysis::attribution::{BySender, Senders};
use crate::model::Day;
use crate::senders::{Catalogue, Class};
use crate::store::{DomainSummary, Store};

/// Records that are judged twice within a moment.
const SOON: u64 = 200_000;

/// Who sends, by sender.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Whose mail, and of which days; 30 where nobody asks for others.
    pub asked: Asked,
    /// Which classes.
    pub classes: Vec<ClassFilter>,
    /// Whether it is also told how each domain stands to its next step. That judges everything again by the quarter,
    /// which no one should wait for who only wants to know who sends: where it takes longer than a moment it is left
    /// out.
    pub next_steps: bool,
}

/// A class, or every other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassFilter {
    /// The class.
    pub class: Class,
    /// Whether every other one is meant.
    pub negated: bool,
}

impl ClassFilter {
    /// Whether filters let a class through: it is one of those that are named, where any is, and none of those
    /// that are negated.
    #[must_use]
    pub fn admit(filters: &[Self], class: Class) -> bool {
        let mut wanted = filters.iter().filter(|filter| !filter.negated).peekable();
        let is_wanted = wanted.peek().is_none() || wanted.any(|filter| filter.class == class);
        is_wanted && !filters.iter().any(|filter| filter.negated && filter.class == class)
    }
}

/// Who sends.
#[derive(Debug)]
pub struct Answer {
    /// The sums.
    pub senders: Senders,
    /// The services.
    pub catalogue: Arc<Catalogue>,
    /// What is known of each domain of `senders`, in the same order.
    pub domains: Vec<DomainSummary>,
    /// What the period leaves out.
    pub left_out: LeftOut,
    /// The newest day with a report, not after today.
    pub newest: Option<Day>,
    /// How the domains stand to their next steps; `None` where nobody looked.
    pub next_steps: Option<Vec<readiness::Domain>>,
    /// Records that were read.
    pub records: u64,
    /// What may surprise.
    pub warnings: Vec<Warning>,
    /// Why there is no domain, where there is none.
    pub nothing: Option<Nothing>,
}

impl Question {
    /// Reads the traffic and has its senders named.
    ///
    /// # Errors
    /// Fails where the period ends before it begins, and where the database or the catalogue does.
    pub fn answer(&self, context: &Arc<Context>, store: &Store) -> Result<Answer, NoAnswer> {
        let (domains, today) = (&self.asked.domains, context.today());
        let period = self.asked.recent(store, today)?;
        let (known, traffic) = Known::load_with_traffic(context, store, domains, period)?;
        let mut sums = BySender::new(&traffic.names, period, traffic.first_day(), today);
        traffic.judge(&known, &mut |judged| sums.add(judged));
        let mut senders = sums.finish();
        for domain in &mut senders.domains {
            domain.senders.retain(|sender| ClassFilter::admit(&self.classes, sender.judgement.class));
        }
        let mut found = summaries(store, domains, period)?;
        let names = &traffic.names.domains;
        let in_order = senders.domains.iter().filter_map(|sums| found.remove(names.get(&sums.domain)?));
        let in_order = in_order.collect();
        let is_wanted = self.next_steps && traffic.rows <= SOON;
        let is_empty = senders.domains.is_empty();
        Ok(Answer {
            domains: in_order,
            left_out: LeftOut::of(store, domains, period, today)?,
            newest: store.newest_day(domains, today)?,
            next_steps: is_wanted.then(|| next_steps(domains, context, (store, &known))).transpose()?,
            records: traffic.rows,
            warnings: known.warnings(&domains.scope),
            nothing: is_empty.then(|| Nothing::of(store, domains, period)).transpose()?,
            senders,
            catalogue: known.catalogue,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, reported};
    use super::*;
    use crate::model::Name;

    #[test]
    fn it_names_who_sends_and_says_where_nobody_does() {
        let (store, context) = (reported(), Arc::new(Context::new(NOW)));
        let question = Question { next_steps: true, ..Question::default() };
        let answer = question.answer(&context, &store).unwrap();
        assert_eq!((answer.records, answer.senders.domains[0].totals.tally.messages), (2, 24));
        assert_eq!(answer.domains[0].domain.as_str(), "example.com");
        assert_eq!(answer.next_steps.map(|steps| steps.len()), Some(1));
        assert!(answer.nothing.is_none() && !answer.senders.domains[0].senders.is_empty());

        let class = answer.senders.domains[0].senders[0].judgement.class;
        let classes = vec![ClassFilter { class, negated: true }];
        let others = Question { classes, ..Question::default() }.answer(&context, &store).unwrap();
        assert!(others.senders.domains[0].senders.iter().all(|sender| sender.judgement.class != class));

        let other = Question {
            asked: Asked::about(Name::from_stated("example.net").unwrap()),
            ..Question::default()
        };
        let nothing = other.answer(&context, &store).unwrap().nothing.unwrap();
        assert_eq!(nothing.to_string(), "no report for example.net");
    }
}
