//! The mail of senders, by address and by what it says, for what is worked out of it again.

use std::collections::BTreeMap;

use super::attribution::Judged;
use super::sources::Names;
use crate::model::{AddressId, Combination, CombinationId, Name};
use crate::senders::{GroupJudgement, SourceKey};

/// A sender, and what becomes of its mail.
#[derive(Debug, Clone, PartialEq)]
pub struct SenderMail<T> {
    /// The policy domain.
    pub domain: Name,
    /// The sender, or what is known of the source.
    pub source: SourceKey,
    /// Whether these are messages it passed on.
    pub relayed: bool,
    /// What it is to the owner.
    pub judgement: GroupJudgement,
    /// Its mail.
    pub mail: T,
}

/// Messages of senders, by their places in a list, by address and by what they say.
type Rows = BTreeMap<(usize, AddressId, CombinationId), u64>;

/// Collects the judged records of a period.
#[derive(Debug)]
pub(super) struct Collected<'n, T> {
    pub(super) names: &'n Names,
    pub(super) senders: Vec<SenderMail<T>>,
    pub(super) rows: Rows,
}

impl<'n, T: Default> Collected<'n, T> {
    /// No records yet.
    pub(super) const fn new(names: &'n Names) -> Self {
        Self { names, senders: Vec::new(), rows: BTreeMap::new() }
    }

    /// Adds the records of a policy domain.
    pub(super) fn add(&mut self, judged: &Judged<'_>) {
        for group in judged.groups() {
            self.senders.push(SenderMail {
                domain: judged.domain.clone(),
                source: group.source().clone(),
                relayed: group.key.relayed,
                judgement: group.judgement.clone(),
                mail: T::default(),
            });
            let number = self.senders.len() - 1;
            for pair in group.pairs() {
                let messages = pair.rows().fold(0_u64, |sum, row| sum.saturating_add(row.traffic.messages));
                let row = self.rows.entry((number, pair.address, pair.combination)).or_default();
                *row = row.saturating_add(messages);
            }
        }
    }

    /// What mail says.
    pub(super) fn combination(&self, id: CombinationId) -> Option<&'n Combination> {
        self.names.combinations.get(&id)
    }
}
