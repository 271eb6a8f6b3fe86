//! The records of one policy domain with their judgements.

use std::collections::HashMap;

use foldhash::quality::RandomState;

use crate::model::Name;
use crate::senders::{Book, Class, GroupJudge, GroupJudgement, GroupKey, Groups, Judgement, Traffic};

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
    /// The records of the period.
    pub rows: &'j [JudgedRow<A, C>],
}

/// Records that are alike in everything that is judged, with their judgement.
#[derive(Debug, Clone, Copy)]
pub struct JudgedRow<A, C> {
    /// The id of the source address.
    pub address: A,
    /// The id of the combination.
    pub combination: C,
    /// The records.
    pub traffic: Traffic,
    /// Messages of reports over several days.
    pub multi_day: u64,
    /// What they are one by one.
    pub judgement: Judgement,
    /// The group they belong to.
    pub key: GroupKey,
    /// Their class after the rules for groups.
    pub class: Class,
}
