//! From rows to judged rows.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::by_pair::Stretch;
use super::judged::{ByGroup, Judged};
use super::learned::Learned;
use super::own_dns::OwnDns;
use super::rows::{self, Rows};
use crate::analysis::sources::{Names, different};
use crate::model::{AddressId, Combination, CombinationId, Day, Name};
use crate::senders::{
    AddressFacts, AddressKey, Book, Catalogue, CombinationKey, Decision, GroupContext, GroupJudge, Groups,
    Learner, Lessons, Owner, PairKey, Ranges, SourceKey, Traffic,
};

/// The owner's word on a source of one policy domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeDecision {
    /// The policy domain it is for, with those below it.
    pub domain: Name,
    /// The source.
    pub source: SourceKey,
    /// The word.
    pub decision: Decision,
    /// Whether a decision about addresses takes the mail of services from there too.
    pub with_services: bool,
}

/// What is known besides the reports.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    /// The services.
    pub catalogue: &'a Catalogue,
    /// What the services list in SPF.
    pub ranges: &'a Ranges,
    /// What is known of addresses; of those that are not in it, nothing is.
    pub facts: &'a HashMap<IpAddr, AddressFacts>,
    /// What DNS says of the owner.
    pub own_dns: &'a [OwnDns],
    /// Every policy domain of the database: they are taken to have one owner.
    pub domains: &'a [Name],
    /// What the owner decided.
    pub decisions: &'a [MadeDecision],
}

/// Holds rows, and judges them.
#[derive(Debug)]
pub struct Ledger(pub(super) Rows);

impl Ledger {
    /// The ids of the policy domains that [`Names`] must hold.
    #[must_use]
    pub fn domains(&self) -> Vec<u32> {
        self.0.domains.iter().map(|(id, _)| *id).collect()
    }

    /// The ids of the reporters that [`Names`] must hold.
    #[must_use]
    pub fn reporters(&self) -> Vec<u32> {
        different(self.0.reporters.iter().copied())
    }

    /// The ids of the combinations that [`Names`] must hold.
    #[must_use]
    pub fn combinations(&self) -> Vec<CombinationId> {
        different(self.0.combinations.iter().copied())
    }

    /// The ids of the addresses that [`Names`] must hold.
    #[must_use]
    pub fn addresses(&self) -> Vec<AddressId> {
        different(self.0.addresses.iter().copied())
    }

    /// The first day of any record.
    #[must_use]
    pub const fn first_day(&self) -> Option<Day> {
        self.0.first
    }

    /// Learns from the rows, which are those of the days up to `newest` of each policy domain, by its id: see
    /// [`Learner::DAYS`].
    #[must_use]
    pub fn learn(&self, names: &Names, knowledge: &Knowledge<'_>, newest: &HashMap<u32, Day>) -> Learned {
        let steady = self.0.steady().collect();
        let mut book = Book::new(knowledge.catalogue, knowledge.ranges, knowledge.owner());
        let pairs = self.read(&mut book, names, knowledge, &steady);
        let lessons = self.lessons(&book, &pairs);
        book.learn(&lessons);
        let seen = pairs.iter().zip(&self.0.pairs);
        let seen = seen.map(|(&key, pair)| (key, pair.domain, pair.seen));
        let waves = book.waves(|domain| newest.get(&domain).copied().unwrap_or(Day(0)), seen);
        book.mark_waves(waves.iter().copied());
        let context = context(names, knowledge);
        let (mut groups, places) = self.group(&book, &pairs, &context);
        let passed_on = passed_on(&groups, &places, &book, &pairs);
        if !passed_on.is_empty() {
            // They belong to other groups now.
            book.pass_on(passed_on.iter().copied());
            (groups, _) = self.group(&book, &pairs, &context);
        }
        let findings = GroupJudge::new(&groups, &book).findings();
        Learned::new(lessons, steady, &self.0, &book, (&waves, &passed_on), findings)
    }

    /// What each pair says about the owner.
    fn lessons(&self, book: &Book<'_>, pairs: &[PairKey]) -> Lessons {
        let mut learner = Learner::new(Day(0));
        for (&key, pair) in pairs.iter().zip(&self.0.pairs) {
            learner.add_all(book, key, pair.seen);
        }
        learner.lessons(book)
    }

    /// Judges the rows by what was learned, and hands over those of one domain after the other, in the order of their ids.
    pub fn judge(
        &self,
        names: &Names,
        knowledge: &Knowledge<'_>,
        learned: &Learned,
        visit: &mut dyn FnMut(&Judged<'_>),
    ) {
        let mut book = Book::new(knowledge.catalogue, knowledge.ranges, knowledge.owner());
        let pairs = self.read(&mut book, names, knowledge, &learned.common.steady);
        book.learn(&learned.common.lessons);
        book.mark_waves(learned.waves(&self.0, &pairs));
        book.pass_on(learned.passed_on(&self.0, &pairs));
        let (groups, places) = self.group(&book, &pairs, &context(names, knowledge));
        let judge = GroupJudge::informed(&groups, &book, learned.findings(&self.0, &book, &groups));
        let judgements: Vec<_> = groups.all().iter().map(|&(key, _)| judge.judge(key)).collect();
        let by_group = ByGroup::of(&places, groups.all().len());
        let mut groups_from = 0;
        for (id, own) in &self.0.domains {
            let groups_to = groups_from
                + groups.all()[groups_from..].iter().take_while(|(key, _)| key.domain == *id).count();
            let own_groups = groups_from..groups_to;
            groups_from = groups_to;
            let Some(domain) = names.domains.get(id) else { continue };
            let (judge, book, groups, judgements) = (&judge, &book, &groups, &judgements[..]);
            let (rows, pairs, by_group) = (&self.0, &pairs[..], &by_group);
            visit(&Judged {
                id: *id,
                domain,
                judge,
                book,
                groups,
                judgements,
                rows,
                own,
                own_groups,
                pairs,
                by_group,
            });
        }
    }

    /// Adds all rows to their groups, and says where those of each pair are.
    fn group(&self, book: &Book<'_>, pairs: &[PairKey], context: &GroupContext) -> (Groups, Vec<(u32, u32)>) {
        let mut groups = Groups::new(context.clone());
        // As a rule a source is one group.
        groups.reserve(book.sources().len());
        let mut places = Vec::new();
        for &(domain, ref own) in &self.0.domains {
            for number in own.pairs().filter(|&number| own.has(number)) {
                let Some(&pair) = pairs.get(number as usize) else { continue };
                let rows = own.of(number).map(|(stretch, messages)| {
                    let Stretch { reporter, day, .. } = own.stretches[stretch];
                    Traffic { pair, domain, reporter, day, messages }
                });
                places.push((number, rows::number(groups.add_all(book, pair, domain, &rows))));
            }
        }
        (groups, places)
    }

    /// Reads every combination and address once, and each pair of them; by their numbers.
    fn read(
        &self,
        book: &mut Book<'_>,
        names: &Names,
        knowledge: &Knowledge<'_>,
        steady: &HashSet<AddressId>,
    ) -> Vec<PairKey> {
        let nothing = Combination::default();
        book.reserve(self.0.addresses.len(), self.0.pairs.len());
        let combinations = self.0.combinations.iter();
        let combinations: Vec<CombinationKey> =
            combinations.map(|id| book.combination(names.combinations.get(id).unwrap_or(&nothing))).collect();
        let addresses = self.0.addresses.iter();
        let addresses: Vec<AddressKey> = addresses
            .map(|id| {
                // Every id of a database stands for something; an unspecified address shows one that does not.
                let unspecified = std::net::Ipv4Addr::UNSPECIFIED.into();
                let address = names.addresses.get(id).copied().unwrap_or(unspecified);
                let bare = AddressFacts::bare(address);
                let facts = knowledge.facts.get(&address).unwrap_or(&bare);
                if steady.contains(id) { book.lone_address(facts) } else { book.address(facts) }
            })
            .collect();
        let pairs = self.0.pairs.iter();
        let pairs = pairs
            .map(|pair| book.pair(combinations[pair.combination as usize], addresses[pair.address as usize]));
        pairs.collect()
    }
}

/// The pairs whose mail a rule for groups took for what a service passed on.
fn passed_on(groups: &Groups, places: &[(u32, u32)], book: &Book<'_>, pairs: &[PairKey]) -> Vec<PairKey> {
    let judge = GroupJudge::new(groups, book);
    let judgements: Vec<_> = groups.all().iter().map(|&(key, _)| judge.judge(key)).collect();
    let found = places.iter().filter_map(|&(number, place)| {
        let (&pair, group) = (pairs.get(number as usize)?, judgements.get(place as usize)?);
        judge.passes_on_pair(pair, group).then_some(pair)
    });
    found.collect()
}

impl Knowledge<'_> {
    /// What is known of the owner without any traffic.
    fn owner(&self) -> Owner {
        let mut owner = Owner::default();
        self.domains.iter().for_each(|domain| owner.add_domain(domain.as_str()));
        self.own_dns.iter().for_each(|own| own.teach(&mut owner, self.catalogue));
        for made in self.decisions {
            let (domain, source) = (made.domain.as_str(), made.source.clone());
            match made.with_services {
                true => owner.decide_with_services(domain, source, made.decision),
                false => owner.decide(domain, source, made.decision),
            }
        }
        owner
    }
}

fn context(names: &Names, knowledge: &Knowledge<'_>) -> GroupContext {
    let reporters = names.reporters.iter().filter(|(_, name)| is_microsoft(name));
    let microsoft_reporters = reporters.map(|(&id, _)| id).collect();
    let silent = knowledge.own_dns.iter().filter(|own| own.never_sends).map(|own| &own.domain);
    let silent: HashSet<&Name> = silent.collect();
    let null_domains = names.domains.iter().filter(|(_, name)| silent.contains(name)).map(|(&id, _)| id);
    GroupContext { microsoft_reporters, null_domains: null_domains.collect() }
}

/// Whether a reporter reports for Microsoft's mailboxes.
fn is_microsoft(reporter: &str) -> bool {
    let reporter = reporter.to_ascii_lowercase();
    ["outlook", "microsoft", "hotmail"].iter().any(|word| reporter.contains(word))
}
