//! What is sent as a domain, by address, network, reporter or author domain: no sender has to be named for it.

use super::asked::filter;
use super::{Asked, Context, LeftOut, NoAnswer, Nothing, summaries};
use crate::analysis::sources::{By, Collector, Names, Sources};
use crate::error::Result;
use crate::model::Day;
use crate::store::{DomainSummary, Store};

/// What is sent, by anything but the sender.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose mail, and of which days; 30 where nobody asks for others.
    pub asked: Asked,
    /// What the sums are grouped by.
    pub by: By,
}

/// What is sent.
#[derive(Debug)]
pub struct Answer {
    /// The sums.
    pub sources: Sources,
    /// What is known of each domain of `sources`, in the same order.
    pub domains: Vec<DomainSummary>,
    /// What the period leaves out.
    pub left_out: LeftOut,
    /// The newest day with a report, not after today.
    pub newest: Option<Day>,
    /// Records that were read.
    pub records: u64,
    /// Why there is no domain, where there is none.
    pub nothing: Option<Nothing>,
}

impl Question {
    /// Adds up the traffic.
    ///
    /// # Errors
    /// Fails where the period ends before it begins, and where the database does.
    pub fn answer(&self, context: &Context, store: &Store) -> Result<Answer, NoAnswer> {
        let (domains, today) = (&self.asked.domains, context.today());
        let period = self.asked.recent(store, today)?;
        let mut records = 0;
        let mut collector = Collector::new(self.by);
        store.traffic(&filter(domains, period), |row| {
            records += 1;
            collector.add(row);
        })?;
        let names = names(store, &collector)?;
        let sources = collector.finish(period, today, &names);
        let mut found = summaries(store, domains, period)?;
        let in_order = sources.domains.iter();
        let in_order = in_order.filter_map(|sums| found.remove(names.domains.get(&sums.domain)?)).collect();
        let is_empty = sources.domains.is_empty();
        Ok(Answer {
            sources,
            domains: in_order,
            left_out: LeftOut::of(store, domains, period, today)?,
            newest: store.newest_day(domains, today)?,
            records,
            nothing: is_empty.then(|| Nothing::of(store, domains, period)).transpose()?,
        })
    }
}

/// What the ids in the collected rows stand for.
fn names(store: &Store, collector: &Collector) -> Result<Names> {
    Ok(Names {
        domains: store.domain_names(collector.domains())?,
        reporters: store.reporter_names(collector.reporters())?,
        combinations: store.combinations(collector.combinations())?,
        addresses: store.addresses(collector.addresses())?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, reported};
    use super::*;

    #[test]
    fn the_same_messages_are_told_by_address_and_by_reporter() {
        let (store, context) = (reported(), Context::new(NOW));
        for (by, rows) in [(By::Address, 2), (By::Reporter, 1)] {
            let answer = Question { asked: Asked::default(), by }.answer(&context, &store).unwrap();
            let domain = &answer.sources.domains[0];
            assert_eq!((domain.totals.tally.messages, domain.groups.len()), (24, rows), "{by:?}");
            assert_eq!(answer.domains[0].reports, 1);
        }
    }
}
