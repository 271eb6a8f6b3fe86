//! A zone in memory, with scripted faults.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::dns::{Answer, DnsName, Failure, Outcome, Query, RecordData, RecordType, Want};

/// What a server does instead of simply answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Answers with this code.
    Code(u16),
    DropUdp,
    DropTcp,
    /// Drops this many questions before it answers.
    DropFirst(u32),
    /// Fails this many times before it answers.
    FailFirst(u32),
    /// Truncates over UDP.
    Truncate,
    /// Truncates over UDP and TCP.
    TruncateAlways,
    Delay(Duration),
    NoData,
    /// Says that DNSSEC protects the answer.
    Authentic,
    /// Answers with another id first.
    WrongId,
    /// Answers with bytes that are no message.
    Garbage,
}

/// Records of any names, answered as if for the root.
#[derive(Debug, Clone, Default)]
pub(crate) struct Zone {
    records: BTreeMap<DnsName, Vec<RecordData>>,
    /// Names that only exist because others lie below them.
    parents: BTreeSet<DnsName>,
    behaviours: BTreeMap<(DnsName, Option<RecordType>), Vec<Behaviour>>,
    /// Whether such names answer with no data, as they should, or with no such name.
    pub(crate) explicit_only: bool,
    /// Whether unknown names that start with `error` fail, as the SPF suite has it.
    pub(crate) errors_fail: bool,
}

pub(crate) fn type_of(data: &RecordData) -> Option<RecordType> {
    Some(match data {
        RecordData::A(_) => RecordType::A,
        RecordData::Aaaa(_) => RecordType::Aaaa,
        RecordData::Cname(_) => RecordType::Cname,
        RecordData::Ds(..) => RecordType::Ds,
        RecordData::Mx { .. } => RecordType::Mx,
        RecordData::Ns(_) => RecordType::Ns,
        RecordData::Ptr(_) => RecordType::Ptr,
        RecordData::Soa(..) => RecordType::Soa,
        RecordData::Spf(_) => RecordType::Spf,
        RecordData::Tlsa(..) => RecordType::Tlsa,
        RecordData::Txt(_) => RecordType::Txt,
        _ => return None,
    })
}

impl Zone {
    pub(crate) fn add(&mut self, owner: DnsName, data: RecordData) {
        self.exists(owner.clone());
        self.records.entry(owner).or_default().push(data);
    }

    /// Publishes a record in place of those of the same owner and type.
    pub(crate) fn replace(&mut self, owner: DnsName, data: Vec<RecordData>) {
        let kinds: Vec<_> = data.iter().map(type_of).collect();
        self.exists(owner.clone());
        let records = self.records.entry(owner).or_default();
        records.retain(|record| !kinds.contains(&type_of(record)));
        records.extend(data);
    }

    /// Makes a name exist, with or without records.
    pub(crate) fn exists(&mut self, owner: DnsName) {
        let mut above = owner.parent();
        while let Some(name) = above {
            above = name.parent();
            self.parents.insert(name);
        }
        self.records.entry(owner).or_default();
    }

    pub(crate) fn behave(&mut self, owner: DnsName, kind: Option<RecordType>, what: Vec<Behaviour>) {
        self.behaviours.insert((owner, kind), what);
    }

    pub(crate) fn behaviours(&self, name: &DnsName, kind: RecordType) -> &[Behaviour] {
        let exact = self.behaviours.get(&(name.clone(), Some(kind)));
        exact.or_else(|| self.behaviours.get(&(name.clone(), None))).map_or(&[], Vec::as_slice)
    }

    /// The records of the name, or of the wildcard that stands for it (RFC 4592); `None` where neither
    /// exists.
    fn find(&self, name: &DnsName) -> Option<&[RecordData]> {
        if let Some(records) = self.records.get(name) {
            return Some(records);
        }
        if self.parents.contains(name) && !self.explicit_only {
            return Some(&[]);
        }
        let mut above = name.parent();
        while let Some(ancestor) = above {
            if let Some(records) = ancestor.child("*").ok().and_then(|wildcard| self.records.get(&wildcard)) {
                return Some(records);
            }
            if self.records.contains_key(&ancestor) || self.parents.contains(&ancestor) {
                break;
            }
            above = ancestor.parent();
        }
        None
    }

    /// What the records say, faults aside.
    pub(crate) fn look_up(&self, name: &DnsName, kind: RecordType) -> Answer {
        let mut aliases = Vec::new();
        let mut name = name.clone();
        loop {
            let Some(records) = self.find(&name) else {
                let fails = self.errors_fail && name.labels().next() == Some(b"error");
                let outcome =
                    if fails { Outcome::Failed(Failure::ServerFailure) } else { Outcome::NoSuchName };
                return Answer { aliases, authenticated: false, outcome };
            };
            let wanted: Vec<_> = records.iter().filter(|data| type_of(data) == Some(kind)).cloned().collect();
            if !wanted.is_empty() {
                return Answer { aliases, authenticated: false, outcome: Outcome::Found(wanted) };
            }
            let alias = records.iter().find_map(|data| match data {
                RecordData::Cname(target) => Some(target.clone()),
                _ => None,
            });
            match alias {
                Some(target) if aliases.contains(&target) || aliases.len() > 16 => {
                    aliases.push(target);
                    return Answer {
                        aliases,
                        authenticated: false,
                        outcome: Outcome::Failed(Failure::AliasLoop),
                    };
                }
                Some(target) => {
                    if self.behaviours(&target, kind).contains(&Behaviour::Code(2)) {
                        return Outcome::Failed(Failure::ServerFailure).into();
                    }
                    aliases.push(target.clone());
                    name = target;
                }
                None => return Answer { aliases, authenticated: false, outcome: Outcome::NoData },
            }
        }
    }

    /// The answer that a careful resolver would get from this zone's server.
    pub(crate) fn answer(&self, query: &Query) -> Answer {
        let Want::Records(kind) = query.want else {
            return Outcome::Failed(Failure::Unsupported).into();
        };
        let what = self.behaviours(&query.name, kind);
        let has = |one: Behaviour| what.contains(&one);
        let failure = if has(Behaviour::TruncateAlways) || has(Behaviour::Truncate) && has(Behaviour::DropTcp)
        {
            Some(Failure::Truncated)
        } else if has(Behaviour::DropUdp) || has(Behaviour::Garbage) {
            Some(Failure::Timeout)
        } else {
            what.iter().find_map(|one| match one {
                Behaviour::Code(2) => Some(Failure::ServerFailure),
                Behaviour::Code(5) => Some(Failure::Refused),
                Behaviour::Code(code) => Some(Failure::Code(*code)),
                _ => None,
            })
        };
        match failure {
            Some(failure) => Outcome::Failed(failure).into(),
            None if has(Behaviour::NoData) => Outcome::NoData.into(),
            None => Answer { authenticated: has(Behaviour::Authentic), ..self.look_up(&query.name, kind) },
        }
    }
}
