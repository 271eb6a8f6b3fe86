//! The records of one policy domain with their judgements.

use std::collections::HashMap;

use foldhash::quality::RandomState;

use super::rows::{DomainRows, Rows};
use crate::model::{Day, Name};
use crate::senders::{
    Book, Class, GroupJudge, GroupJudgement, GroupKey, Groups, Judgement, PairKey, Settled, Traffic,
};

/// The records of one policy domain with their judgements.
#[derive(Debug)]
pub struct Judged<'j, A, C> {
    /// The id of the policy domain.
    pub id: u32,
    /// The policy domain.
    pub domain: &'j Name,
    /// What each group is.
    pub judge: &'j GroupJudge<'j, 'j, 'j>,
    /// What every record is.
    pub book: &'j Book<'j>,
    /// What each group adds up to.
    pub groups: &'j Groups,
    /// The judgement of each group.
    pub classes: &'j HashMap<GroupKey, GroupJudgement, RandomState>,
    pub(super) rows: &'j Rows<A, C>,
    pub(super) own: &'j DomainRows,
    /// By the numbers of pairs in `rows`.
    pub(super) pairs: &'j [JudgedPair],
}

/// A pair of an address and a combination with its judgement.
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgedPair {
    pub(super) pair: PairKey,
    /// Its group and class, where it has records in the period.
    pub(super) place: Option<(GroupKey, Settled)>,
}

/// Records that are alike in everything that is judged, with their judgement.
#[derive(Debug, Clone, Copy)]
pub struct JudgedRow {
    /// The records.
    pub traffic: Traffic,
    /// Messages of reports over several days.
    pub multi_day: u64,
    /// The group they belong to.
    pub key: GroupKey,
    /// Their class after the rules for groups.
    pub class: Class,
    /// The address and the combination, by their number in the ledger.
    number: u32,
}

impl<A: Copy, C: Copy> Judged<'_, A, C> {
    /// The records of the period.
    pub fn rows(&self) -> impl Iterator<Item = JudgedRow> {
        let touch = |number| match self.pairs.get(number as usize) {
            Some(JudgedPair { place: Some((key, _)), .. }) => key.domain,
            _ => 0,
        };
        self.own.iter(touch).filter_map(|(stretch, number, messages)| {
            let &JudgedPair { pair, place } = self.pairs.get(number as usize)?;
            let (key, settled) = place?;
            let (day, reporter) = (stretch.day, stretch.reporter);
            let traffic = Traffic { pair, domain: self.id, reporter, day, messages };
            let multi_day = if stretch.multi_day { messages } else { 0 };
            let class = self.judge.class(&traffic, settled);
            Some(JudgedRow { traffic, multi_day, key, class, number })
        })
    }

    /// The last day of aligned mail of each group that has any.
    #[must_use]
    pub fn last_aligned(&self) -> HashMap<GroupKey, Day> {
        let mut last: HashMap<GroupKey, Day, RandomState> = HashMap::default();
        for row in self.rows().filter(|row| row.class == Class::Aligned) {
            let Some(day) = row.traffic.day else { continue };
            let newest = last.entry(row.key).or_insert(day);
            *newest = (*newest).max(day);
        }
        last.into_iter().collect()
    }

    /// The id of the source address of a row.
    #[must_use]
    pub fn address(&self, row: &JudgedRow) -> A {
        self.rows.addresses.values[self.rows.pairs[row.number as usize].address as usize]
    }

    /// The id of the combination of a row.
    #[must_use]
    pub fn combination(&self, row: &JudgedRow) -> C {
        self.rows.combinations.values[self.rows.pairs[row.number as usize].combination as usize]
    }

    /// What the records of a row are one by one.
    #[must_use]
    pub fn judgement(&self, row: &JudgedRow) -> Judgement {
        self.book.judgement(row.traffic.pair).0
    }
}
