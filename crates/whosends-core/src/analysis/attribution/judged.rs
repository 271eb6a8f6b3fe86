//! The records of one policy domain with their judgements.

use std::ops::Range;

use super::by_pair::{ByPair, Shelves, Stretch};
use super::rows::Rows;
use crate::model::{AddressId, CombinationId, Day, Name};
use crate::senders::{
    Book, Class, Group, GroupJudge, GroupJudgement, GroupKey, Groups, Judgement, PairKey, Settled, SourceKey,
    Traffic,
};

/// The records of one policy domain with their judgements.
#[derive(Debug)]
pub struct Judged<'j> {
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
    /// The judgements of the groups, as they stand in [`Groups::all`].
    pub(super) judgements: &'j [GroupJudgement],
    pub(super) rows: &'j Rows,
    pub(super) own: &'j ByPair,
    /// The places of the domain's groups.
    pub(super) own_groups: Range<usize>,
    /// By the numbers of pairs in `rows`.
    pub(super) pairs: &'j [PairKey],
    pub(super) by_group: &'j ByGroup,
}

/// The pairs that have records in the period, by the places of their groups.
#[derive(Debug)]
pub(super) struct ByGroup {
    /// Where the pairs of each group lie.
    shelves: Shelves,
    /// Numbers of pairs.
    pairs: Vec<u32>,
}

/// A group, and the records that belong to it.
#[derive(Debug, Clone, Copy)]
pub struct JudgedGroup<'j> {
    /// The group.
    pub key: GroupKey,
    /// What it adds up to.
    pub sums: &'j Group,
    /// What it is.
    pub judgement: &'j GroupJudgement,
    all: &'j Judged<'j>,
    numbers: &'j [u32],
}

/// The records of one address and combination, with what they have in common.
#[derive(Debug)]
pub struct JudgedPair<'j> {
    /// The address and combination in [`Judged::book`].
    pub pair: PairKey,
    /// The id of the source address.
    pub address: AddressId,
    /// The id of the combination.
    pub combination: CombinationId,
    /// What they are one by one.
    pub judgement: Judgement,
    /// The number of the address.
    pub(super) address_number: u32,
    domain: u32,
    settled: Settled,
    judge: &'j GroupJudge<'j, 'j, 'j>,
    own: &'j ByPair,
    number: u32,
}

/// Records that are alike in everything that is judged, with their judgement.
#[derive(Debug, Clone, Copy)]
pub struct JudgedRow {
    /// The records.
    pub traffic: Traffic,
    /// Messages of reports over several days.
    pub multi_day: u64,
    /// Their class after the rules for groups.
    pub class: Class,
    /// Where they stand in [`Judged::reports`].
    pub report: usize,
}

impl<'j> Judged<'j> {
    /// The groups, in the order they were met.
    pub fn groups(&'j self) -> impl Iterator<Item = JudgedGroup<'j>> {
        self.own_groups.clone().map(|place| {
            let (key, sums) = &self.groups.all()[place];
            let (judgement, numbers) = (&self.judgements[place], self.by_group.of_group(place));
            JudgedGroup { key: *key, sums, judgement, all: self, numbers }
        })
    }

    /// What a group of the domain is.
    #[must_use]
    pub fn judgement(&self, key: GroupKey) -> Option<&'j GroupJudgement> {
        self.judgements.get(self.groups.place_of(key)?)
    }

    /// Who reported records of the period, and for which day.
    pub fn reports(&self) -> impl Iterator<Item = (u32, Option<Day>)> + use<'j> {
        self.own.stretches.iter().map(|stretch| (stretch.reporter, stretch.day))
    }
}

impl<'j> JudgedGroup<'j> {
    /// What its records have in common.
    #[must_use]
    pub fn source(&self) -> &'j SourceKey {
        self.all.judge.source(self.key)
    }

    /// Its records, by address and combination.
    pub fn pairs(&self) -> impl Iterator<Item = JudgedPair<'j>> + use<'j> {
        let Self { all, judgement: group, numbers, .. } = *self;
        let Judged { id, judge, book, rows, own, pairs, .. } = all;
        numbers.iter().filter_map(move |&number| {
            let (&pair, made) = (pairs.get(number as usize)?, rows.pairs.get(number as usize)?);
            Some(JudgedPair {
                pair,
                address: *rows.addresses.get(made.address as usize)?,
                combination: *rows.combinations.get(made.combination as usize)?,
                judgement: book.judgement(pair).0,
                address_number: made.address,
                domain: *id,
                settled: judge.settle(pair, group),
                judge,
                own,
                number,
            })
        })
    }

    /// Its aligned mail.
    pub fn aligned(&self) -> impl Iterator<Item = JudgedRow> + use<'j> {
        self.pairs().flat_map(|pair| pair.rows()).filter(|row| row.class == Class::Aligned)
    }
}

impl ByGroup {
    /// From the numbers of pairs with the places of their groups.
    pub(super) fn of(places: &[(u32, u32)], groups: usize) -> Self {
        let mut shelves = Shelves::of(places.iter().map(|&(_, place)| place), groups);
        let mut pairs = vec![0; places.len()];
        for &(pair, place) in places {
            pairs[shelves.next(place) as usize] = pair;
        }
        Self { shelves, pairs }
    }

    fn of_group(&self, place: usize) -> &[u32] {
        let Range { start, end } = self.shelves.of_one(place);
        &self.pairs[start as usize..end as usize]
    }
}

impl<'j> JudgedPair<'j> {
    /// The records, in the order they came: as a rule by day.
    pub fn rows(&self) -> impl Iterator<Item = JudgedRow> + Clone + use<'j> {
        let Self { pair, domain, settled, judge, own, number, .. } = *self;
        own.of(number).map(move |(report, messages)| {
            let Stretch { day, reporter, multi_day } = own.stretches[report];
            let traffic = Traffic { pair, domain, reporter, day, messages };
            let class = judge.class(&traffic, settled);
            let multi_day = if multi_day { messages } else { 0 };
            JudgedRow { traffic, multi_day, class, report }
        })
    }
}
