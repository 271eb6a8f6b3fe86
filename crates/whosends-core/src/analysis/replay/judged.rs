//! From judged records to a replay.

use std::collections::HashMap;

use foldhash::quality::RandomState;

use super::{Action, Author, Hypothesis, Replay, ReplayRow};
use crate::analysis::attribution::{Judged, JudgedPair};
use crate::analysis::published::{PolicyLog, Standing, Stated, Tag, Terms};
use crate::analysis::sources::Names;
use crate::model::{Combination, CombinationId, Name};
use crate::senders::{Class, GroupJudgement, SourceKey};

/// Collects the judged records of a domain and those below it, so that each kind of record is replayed once.
pub struct Rehearsal<'n> {
    names: &'n Names,
    log: &'n PolicyLog,
    /// The domain whose policy changes.
    domain: &'n Name,
    exists: &'n dyn Fn(&Name) -> Option<bool>,
    groups: Vec<ReplayedGroup>,
    reporters: Reporters<'n>,
    alike: HashMap<Alike, u64, RandomState>,
}

/// What records must have in common to be replayed as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Alike {
    domain: u32,
    group: u32,
    reporter: u32,
    class: Class,
    combination: CombinationId,
    stated: Option<Stated>,
}

/// What a policy would have done to the stored mail of a domain and those below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// What it would have done, by the places in the lists below.
    pub replay: Replay,
    /// The senders.
    pub groups: Vec<ReplayedGroup>,
    /// The author domains.
    pub authors: Vec<ReplayedAuthor>,
    /// The reporters' names.
    pub reporters: Vec<Option<Box<str>>>,
}

/// A sender of one policy domain.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayedGroup {
    /// The policy domain.
    pub domain: Name,
    /// The sender, or what is known of the source.
    pub source: SourceKey,
    /// Whether these are messages it passed on.
    pub relayed: bool,
    /// What it is to the owner.
    pub judgement: GroupJudgement,
}

/// An author domain and the policy it would be under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedAuthor {
    /// The domain in the From header; `None` where the reporter left it out.
    pub header_from: Option<Name>,
    /// The domain whose policy record applies to it.
    pub policy_domain: Name,
    /// Whether its name exists in DNS, where that is known and decides anything.
    pub exists: Option<bool>,
    /// The tag of the hypothesis that decides; `None` where a record of its own does.
    pub tag: Option<Tag>,
    /// What is asked for failing mail of it: the strictest that any report states, where a record of its own
    /// decides.
    pub action: Action,
}

impl std::fmt::Debug for Rehearsal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rehearsal").field("domain", &self.domain).field("alike", &self.alike.len()).finish()
    }
}

impl<'n> Rehearsal<'n> {
    /// No records yet. `log` holds what the reports state, and `exists` says of a name whether it exists in
    /// DNS, where that is known.
    #[must_use]
    pub fn new(
        names: &'n Names,
        log: &'n PolicyLog,
        domain: &'n Name,
        exists: &'n dyn Fn(&Name) -> Option<bool>,
    ) -> Self {
        let (groups, alike) = Default::default();
        Self { names, log, domain, exists, groups, reporters: Reporters::default(), alike }
    }

    /// Adds the records of a policy domain.
    pub fn add(&mut self, judged: &Judged<'_>) {
        let reports = judged
            .reports()
            .map(|(reporter, day)| (self.reporter(reporter), self.log.stated(judged.id, reporter, day)));
        let reports: Vec<_> = reports.collect();
        for group in judged.groups() {
            self.groups.push(ReplayedGroup {
                domain: judged.domain.clone(),
                source: group.source().clone(),
                relayed: group.key.relayed,
                judgement: group.judgement.clone(),
            });
            // There are fewer groups than addresses, and fewer of these in a database than this can count.
            let number = u32::try_from(self.groups.len() - 1).unwrap_or(u32::MAX);
            for pair in group.pairs() {
                self.add_pair(&pair, (judged.id, number), &reports);
            }
        }
    }

    /// Adds the records of an address and combination.
    fn add_pair(
        &mut self,
        pair: &JudgedPair<'_>,
        (domain, group): (u32, u32),
        reports: &[(u32, Option<Stated>)],
    ) {
        for row in pair.rows() {
            let Some(&(reporter, stated)) = reports.get(row.report) else { continue };
            let (class, combination) = (row.class, pair.combination);
            let alike = Alike { domain, group, reporter, class, combination, stated };
            let messages = self.alike.entry(alike).or_default();
            *messages = messages.saturating_add(row.traffic.messages);
        }
    }

    /// The number of a reporter.
    fn reporter(&mut self, id: u32) -> u32 {
        self.reporters.number(id, self.names.reporters.get(&id).map(|name| &**name))
    }

    /// Replays what was collected.
    #[must_use]
    pub fn replay(&self, hypothesis: Hypothesis) -> Replayed {
        let mut replay = Replay::new(hypothesis);
        let mut authors = Authors::default();
        let nothing = Combination::default();
        let mut alike: Vec<_> = self.alike.iter().collect();
        alike.sort_unstable_by_key(|(alike, _)| {
            (alike.domain, alike.group, alike.reporter, alike.combination)
        });
        for (alike, &messages) in alike {
            let Some(domain) = self.names.domains.get(&alike.domain) else { continue };
            let combination = self.names.combinations.get(&alike.combination).unwrap_or(&nothing);
            let standing = authors.standing(combination.header_from.as_ref(), domain, self.exists);
            let terms = alike.stated.map_or_else(Terms::default, |stated| stated.terms);
            let author = match domain == self.domain {
                true => Author::Under(standing),
                false => Author::OwnRecord(terms.decide(standing).1),
            };
            let decided = match author {
                Author::Under(standing) => {
                    let (tag, action) = hypothesis.decide(standing);
                    (Some(tag), action)
                }
                Author::OwnRecord(action) => (None, action),
            };
            let from = authors.number(combination.header_from.as_ref(), domain, standing, decided);
            replay.add(&ReplayRow {
                group: alike.group,
                reporter: alike.reporter,
                class: alike.class,
                combination,
                judged_by: terms.modes,
                from,
                author,
                enforced: alike.stated.and_then(|stated| enforced(stated, standing)),
                messages,
            });
        }
        Replayed {
            replay,
            groups: self.groups.clone(),
            authors: authors.list,
            reporters: self.reporters.names(),
        }
    }
}

/// What a policy in force asked for, where it was in force in full and all that decides is known.
fn enforced(stated: Stated, standing: Standing) -> Option<Action> {
    let Stated { terms, changed } = stated;
    let open = standing == (Standing::Below { exists: None }) && terms.depends_on_existence();
    (!changed && !terms.partial && !open).then(|| terms.decide(standing).1)
}

/// Reporters by their names: several ids may stand for one.
#[derive(Debug, Default)]
struct Reporters<'n> {
    by_id: HashMap<u32, u32, RandomState>,
    by_name: HashMap<Option<&'n str>, u32>,
}

impl<'n> Reporters<'n> {
    fn number(&mut self, id: u32, name: Option<&'n str>) -> u32 {
        *self.by_id.entry(id).or_insert_with(|| {
            // No more numbers than ids.
            let next = u32::try_from(self.by_name.len()).unwrap_or(u32::MAX);
            *self.by_name.entry(name).or_insert(next)
        })
    }

    fn names(&self) -> Vec<Option<Box<str>>> {
        let mut names: Vec<_> = self.by_name.iter().collect();
        names.sort_unstable_by_key(|(_, number)| **number);
        names.into_iter().map(|(name, _)| name.map(Box::from)).collect()
    }
}

/// The author domains, each with the policy domain it is under.
#[derive(Debug, Default)]
struct Authors<'n> {
    list: Vec<ReplayedAuthor>,
    numbers: HashMap<(Option<&'n Name>, &'n Name), u32>,
    standings: HashMap<(Option<&'n Name>, &'n Name), Standing>,
}

impl<'n> Authors<'n> {
    /// Where an author domain stands. One that is not below the policy domain can't be: it is taken for it.
    fn standing(
        &mut self,
        from: Option<&'n Name>,
        domain: &'n Name,
        exists: &dyn Fn(&Name) -> Option<bool>,
    ) -> Standing {
        *self.standings.entry((from, domain)).or_insert_with(|| match from {
            Some(from) if from != domain && from.is_domain() && from.is_within(domain.as_str()) => {
                Standing::Below { exists: exists(from) }
            }
            _ => Standing::Domain,
        })
    }

    fn number(
        &mut self,
        from: Option<&'n Name>,
        domain: &'n Name,
        standing: Standing,
        (tag, action): (Option<Tag>, Action),
    ) -> u32 {
        let at = *self.numbers.entry((from, domain)).or_insert_with(|| {
            let exists = match standing {
                Standing::Below { exists } => exists,
                Standing::Domain => None,
            };
            let (header_from, policy_domain) = (from.cloned(), domain.clone());
            self.list.push(ReplayedAuthor { header_from, policy_domain, exists, tag, action });
            u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(author) = self.list.get_mut(at as usize) {
            author.action = author.action.max(action);
        }
        at
    }
}
