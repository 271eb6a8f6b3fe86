//! What was learned from the mail of all policy domains, apart from any question.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::rows::Rows;
#[cfg(feature = "store")]
use crate::model::stored::{Stored, bytes_of, value_of};
use crate::model::{AddressId, CombinationId, Day};
use crate::senders::{
    AddressKey, Book, Confidence, Findings, GroupKey, GroupRule, Groups, Lessons, PairKey, SourceKey,
};
#[cfg(feature = "store")]
use crate::senders::{Catalogue, ServiceId};

/// Mail from one address that says the same.
type Mail = (AddressId, CombinationId);
/// A source, and whether it passed the mail on.
type Source = (SourceKey, bool);

/// What was learned from the mail of all policy domains: [`Ledger::learn`](super::Ledger::learn) makes it. Every record
/// is judged by it, whichever others were asked for, so that all questions agree on its sender and class.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    /// What holds whatever the domain.
    pub(super) common: Common,
    /// What holds for the mail of one policy domain, by its id.
    domains: HashMap<u32, OfDomain>,
}

/// What holds for the mail of every domain.
#[derive(Debug, Clone, Default)]
pub(super) struct Common {
    pub(super) lessons: Lessons,
    /// The addresses that send so steadily that each is looked at alone.
    pub(super) steady: HashSet<AddressId>,
    misused: BTreeSet<(AddressId, Day)>,
    campaigners: HashSet<AddressId>,
}

/// What holds for the mail of one policy domain.
#[derive(Debug, Clone, Default)]
pub(super) struct OfDomain {
    /// The mail of waves, and the first day of each wave.
    waves: HashMap<Mail, Day>,
    /// Mail that a rule for groups took for what a service passed on.
    passed_on: HashSet<Mail>,
    rules: HashMap<Source, (GroupRule, Confidence)>,
}

#[cfg(feature = "store")]
crate::model::stored::stored!(struct Common { lessons, steady, misused, campaigners });
#[cfg(feature = "store")]
crate::model::stored::stored!(struct OfDomain { waves, passed_on, rules });

#[cfg(feature = "store")]
impl Learned {
    /// As bytes: what holds whatever the domain, and what holds for each.
    pub(crate) fn pack(&self) -> (Vec<u8>, Vec<(u32, Vec<u8>)>) {
        let mut ids: Vec<u32> = self.domains.keys().copied().collect();
        ids.sort_unstable();
        let parts = ids.iter().filter_map(|id| Some((*id, bytes_of(self.domains.get(id)?)))).collect();
        let mut common = bytes_of(&ids);
        self.common.put(&mut common);
        (common, parts)
    }

    /// What was packed, as far as it concerns some domains; `None` where it is damaged or names what the catalogue lacks.
    pub(crate) fn unpack(
        mut common: &[u8],
        parts: &[(u32, Vec<u8>)],
        domains: &[u32],
        catalogue: &Catalogue,
    ) -> Option<Self> {
        let ids = Vec::<u32>::take(&mut common)?;
        let common: Common = value_of(common)?;
        let found: HashMap<u32, OfDomain> =
            parts.iter().map(|(id, part)| Some((*id, value_of(part)?))).collect::<Option<_>>()?;
        let learned = Self { common, domains: found };
        let is_whole = |id: &u32| learned.domains.contains_key(id) == ids.binary_search(id).is_ok();
        let is_known = learned.services().all(|service| catalogue.has(service));
        (domains.iter().all(is_whole) && is_known).then_some(learned)
    }

    /// Every service that it names.
    fn services(&self) -> impl Iterator<Item = ServiceId> {
        let sources = self.domains.values().flat_map(|domain| domain.rules.keys());
        let services = sources.filter_map(|(source, _)| match source {
            SourceKey::Service(service) => Some(*service),
            _ => None,
        });
        self.common.lessons.services().chain(services)
    }
}

impl Learned {
    /// Keeps what was found by the keys of a book under the ids of the database.
    pub(super) fn new(
        lessons: Lessons,
        steady: HashSet<AddressId>,
        rows: &Rows,
        book: &Book<'_>,
        (waves, passed_on): (&[(PairKey, Day)], &[PairKey]),
        findings: Findings,
    ) -> Self {
        // Pairs were read in the order of their numbers, and so were addresses.
        let id = |key: AddressKey| rows.addresses.get(key.index()).copied();
        let misused = findings.misused.iter().filter_map(|&(key, day)| Some((id(key)?, day))).collect();
        let campaigners = findings.campaigners.iter().filter_map(|&key| id(key)).collect();
        let mut domains: HashMap<u32, OfDomain> = HashMap::new();
        for &(key, day) in waves {
            let Some((domain, mail)) = mail(rows, key) else { continue };
            domains.entry(domain).or_default().waves.insert(mail, day);
        }
        for (domain, mail) in passed_on.iter().filter_map(|&key| mail(rows, key)) {
            domains.entry(domain).or_default().passed_on.insert(mail);
        }
        for (key, rule) in findings.rules {
            domains.entry(key.domain).or_default().rules.insert(source(key, book), rule);
        }
        Self { common: Common { lessons, steady, misused, campaigners }, domains }
    }

    fn of_mail(&self, rows: &Rows, key: PairKey) -> Option<(&OfDomain, Mail)> {
        let (domain, mail) = mail(rows, key)?;
        Some((self.domains.get(&domain)?, mail))
    }

    /// The pairs whose mail is that of waves.
    pub(super) fn waves(&self, rows: &Rows, pairs: &[PairKey]) -> impl Iterator<Item = (PairKey, Day)> {
        let pairs = if self.domains.is_empty() { &[] } else { pairs };
        pairs.iter().filter_map(|&key| {
            let (found, mail) = self.of_mail(rows, key)?;
            Some((key, *found.waves.get(&mail)?))
        })
    }

    /// The pairs whose mail a service passed on.
    pub(super) fn passed_on(&self, rows: &Rows, pairs: &[PairKey]) -> impl Iterator<Item = PairKey> {
        let pairs = if self.domains.is_empty() { &[] } else { pairs };
        let is_passed_on =
            |key| self.of_mail(rows, key).is_some_and(|(found, mail)| found.passed_on.contains(&mail));
        pairs.iter().copied().filter(move |&key| is_passed_on(key))
    }

    /// What was found, by the keys of another book.
    pub(super) fn findings(&self, rows: &Rows, book: &Book<'_>, groups: &Groups) -> Findings {
        let mut found = Findings::default();
        let Common { misused, campaigners, .. } = &self.common;
        if !misused.is_empty() || !campaigners.is_empty() {
            let keys = rows.addresses.iter().enumerate();
            let keys: HashMap<AddressId, AddressKey> =
                keys.map(|(at, &id)| (id, AddressKey::at(at))).collect();
            let key = |id| keys.get(id).copied();
            found.misused = misused.iter().filter_map(|(id, day)| Some((key(id)?, *day))).collect();
            found.campaigners = campaigners.iter().filter_map(key).collect();
        }
        let rule = |key: GroupKey| self.domains.get(&key.domain)?.rules.get(&source(key, book)).cloned();
        found.rules = groups.all().iter().filter_map(|&(key, _)| Some((key, rule(key)?))).collect();
        found
    }
}

/// The domain of a pair, and its mail.
fn mail(rows: &Rows, key: PairKey) -> Option<(u32, Mail)> {
    let pair = rows.pairs.get(key.index())?;
    let address = rows.addresses.get(pair.address as usize)?;
    let combination = rows.combinations.get(pair.combination as usize)?;
    Some((pair.domain, (*address, *combination)))
}

fn source(key: GroupKey, book: &Book<'_>) -> Source {
    (book.sources()[key.source.index()].clone(), key.relayed)
}
