//! From rows to judged rows.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::judged::{Judged, JudgedPair};
use super::own_dns::OwnDns;
use super::rows::{Rows, Stretch};
use crate::analysis::period::Period;
use crate::analysis::sources::{Id, Names, Row};
use crate::model::{Combination, Day, Name};
use crate::senders::{
    AddressFacts, AddressKey, Book, Catalogue, CombinationKey, Decision, GroupContext, GroupJudge, Groups,
    Learner, Owner, Ranges, SourceKey, Traffic,
};

/// The days, of some ninety, on which an address sends that is looked at alone, and its messages.
const STEADY_DAYS: u32 = 10;
const STEADY_MESSAGES: u64 = 100;

/// The owner's word on a source of one policy domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeDecision {
    /// The policy domain it is for, with those below it.
    pub domain: Name,
    /// The source.
    pub source: SourceKey,
    /// The word.
    pub decision: Decision,
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

/// Takes rows, and judges them once everything is there.
#[derive(Debug)]
pub struct Ledger<A, C>(Rows<A, C>);

impl<A: Id, C: Id> Ledger<A, C> {
    /// A ledger without rows, for judging those of a period. `newest` is the last day that is learned from where
    /// the period has no end.
    #[must_use]
    pub fn new(period: Period, newest: Day) -> Self {
        Self(Rows::new(period, newest))
    }

    /// The days to add rows of: the period, and the ninety days up to `newest` that are learned from.
    #[must_use]
    pub fn reach(period: Period, newest: Day) -> Period {
        let to = period.to.unwrap_or(newest);
        Period { from: period.from.map(|from| from.min(to.plus(1 - Learner::DAYS))), to: period.to }
    }

    /// Takes rows. Many at once, in the order of their domains and days, take the least time.
    pub fn add(&mut self, rows: &[Row<A, C>]) {
        self.0.add(rows);
    }

    /// The ids of the policy domains that [`Names`] must hold.
    #[must_use]
    pub fn domains(&self) -> Vec<u32> {
        self.0.domains()
    }

    /// The ids of the reporters that [`Names`] must hold.
    #[must_use]
    pub fn reporters(&self) -> Vec<u32> {
        self.0.reporters.sorted()
    }

    /// The ids of the combinations that [`Names`] must hold.
    #[must_use]
    pub fn combinations(&self) -> Vec<C> {
        self.0.combinations.sorted()
    }

    /// The ids of the addresses that [`Names`] must hold.
    #[must_use]
    pub fn addresses(&self) -> Vec<A> {
        self.0.addresses.sorted()
    }

    /// Judges the rows, and hands over those of one domain after the other, in the order of their ids.
    pub fn judge(
        &self,
        names: &Names<A, C>,
        knowledge: &Knowledge<'_>,
        visit: &mut dyn FnMut(&Judged<'_, A, C>),
    ) {
        let mut book = Book::new(knowledge.catalogue, knowledge.ranges, knowledge.owner());
        let mut learner = self.0.learner();
        let mut pairs = self.read(&mut book, names, knowledge);
        for (judged, pair) in pairs.iter().zip(&self.0.pairs) {
            learner.add_all(&book, judged.pair, pair.seen);
        }
        book.learn(&learner);
        let domains = self.domains();
        let mut groups = Groups::new(context(names, knowledge));
        for &id in &domains {
            self.group(id, &book, &pairs, &mut groups);
        }
        let judge = GroupJudge::new(&groups, &book);
        let classes: HashMap<_, _, _> =
            groups.all().iter().map(|&(key, _)| (key, judge.judge(key))).collect();
        let settled: Vec<_> = groups.all().iter().map(|(key, _)| (*key, &classes[key])).collect();
        for JudgedPair { pair, place } in &mut pairs {
            let group = groups.place_of(*pair).and_then(|at| settled.get(at));
            *place = group.map(|&(key, group)| (key, judge.settle(*pair, group)));
        }
        for id in domains {
            let (Some(domain), Some(own)) = (names.domains.get(&id), self.0.of(id)) else { continue };
            let (judge, book, groups, classes) = (&judge, &book, &groups, &classes);
            visit(&Judged { id, domain, judge, book, groups, classes, rows: &self.0, own, pairs: &pairs });
        }
    }

    /// Adds the rows of a domain to their groups.
    fn group(&self, domain: u32, book: &Book<'_>, pairs: &[JudgedPair], groups: &mut Groups) {
        let Some(own) = self.0.of(domain) else { return };
        let touch = |number| pairs.get(number as usize).map_or(0, |judged| book.touch(judged.pair));
        let rows = own.iter(touch);
        for (&Stretch { reporter, day, .. }, number, messages) in rows {
            let Some(&JudgedPair { pair, .. }) = pairs.get(number as usize) else { continue };
            groups.add(book, &Traffic { pair, domain, reporter, day, messages });
        }
    }

    /// Reads every combination and address once, and each pair of them; by their numbers.
    fn read(&self, book: &mut Book<'_>, names: &Names<A, C>, knowledge: &Knowledge<'_>) -> Vec<JudgedPair> {
        let nothing = Combination::default();
        let combinations = self.0.combinations.values.iter();
        let combinations: Vec<CombinationKey> =
            combinations.map(|id| book.combination(names.combinations.get(id).unwrap_or(&nothing))).collect();
        let addresses = self.0.addresses.values.iter().zip(&self.0.met);
        let addresses: Vec<AddressKey> = addresses
            .map(|(id, met)| {
                // Every id of a database stands for something; an unspecified address shows one that does not.
                let unspecified = std::net::Ipv4Addr::UNSPECIFIED.into();
                let address = names.addresses.get(id).copied().unwrap_or(unspecified);
                let bare = AddressFacts::bare(address);
                let facts = knowledge.facts.get(&address).unwrap_or(&bare);
                match met.seen.days() >= STEADY_DAYS && met.seen.messages() >= STEADY_MESSAGES {
                    true => book.lone_address(facts),
                    false => book.address(facts),
                }
            })
            .collect();
        let pairs = self.0.pairs.iter();
        let pairs = pairs
            .map(|pair| book.pair(combinations[pair.combination as usize], addresses[pair.address as usize]));
        pairs.map(|pair| JudgedPair { pair, place: None }).collect()
    }

    /// The first day of any record of the period.
    #[must_use]
    pub const fn first_day(&self) -> Option<Day> {
        self.0.first
    }
}

impl Knowledge<'_> {
    /// What is known of the owner without any traffic.
    fn owner(&self) -> Owner {
        let mut owner = Owner::default();
        self.domains.iter().for_each(|domain| owner.add_domain(domain.as_str()));
        self.own_dns.iter().for_each(|own| own.teach(&mut owner, self.catalogue));
        for made in self.decisions {
            owner.decide(made.domain.as_str(), made.source.clone(), made.decision);
        }
        owner
    }
}

fn context<A, C>(names: &Names<A, C>, knowledge: &Knowledge<'_>) -> GroupContext {
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
