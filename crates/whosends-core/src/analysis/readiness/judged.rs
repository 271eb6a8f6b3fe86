//! From the judged records of a policy domain to its verdicts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::quality::RandomState;

use super::assess::assess;
use super::coverage::Coverage;
use super::currency::Currency;
use super::gates::{Step, Thresholds};
use super::outcome::Readiness;
use super::silence::{DnsSilence, Ever, Silence, passes};
use super::situation::{DnsState, PolicyInForce, Situation, Waivers};
use super::tally::{MONTH, QUARTER, Tally, age};
use crate::analysis::attribution::Judged;
use crate::analysis::published::{Standing, Tag, Terms};
use crate::analysis::replay::Action;
use crate::analysis::sources::Names;
use crate::model::words::DkimResult;
use crate::model::{Combination, CombinationId, Day, Name};
use crate::senders::{Class, ClassTotals, GroupKey, ServiceId, SourceKey, advice_for};

/// What is known around the records of a policy domain.
pub struct Circumstances<'a> {
    /// The last day that counts.
    pub newest: Day,
    /// How old the data is.
    pub currency: Currency,
    /// How well the domain is covered.
    pub coverage: &'a Coverage,
    /// The policy in force, where a report states it.
    pub policy: Option<PolicyInForce>,
    /// What stands in DNS, where anybody looked.
    pub dns: Option<&'a DnsState>,
    /// As [`Situation::dns_unanswered`].
    pub dns_unanswered: bool,
    /// As [`Situation::expected`].
    pub expected: &'a [(ServiceId, Option<Day>)],
    /// Whether the owner has said of any source that it sends for the domain.
    pub authorised: bool,
    /// What the database ever knew of the domain's mail.
    pub ever: Ever,
    /// What DNS says about whether it sends.
    pub silence: DnsSilence,
    /// What the owner has put aside.
    pub waivers: Waivers,
    /// Whether a name exists in DNS, where that is known.
    pub exists: &'a dyn Fn(&Name) -> Option<bool>,
}

impl std::fmt::Debug for Circumstances<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { newest, policy, dns, .. } = self;
        f.debug_struct("Circumstances")
            .field("newest", newest)
            .field("policy", policy)
            .field("dns", dns)
            .finish_non_exhaustive()
    }
}

/// Whether a policy domain can take each step.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainReadiness {
    /// The verdicts, as they were asked for.
    pub steps: Vec<Readiness>,
    /// The month's messages by class, of the domain and of those below it.
    pub month: ClassTotals,
    /// The author domains below it without a policy record of their own, the busiest first.
    pub subdomains: Vec<Subdomain>,
}

/// An author domain below a policy domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subdomain {
    /// The domain.
    pub name: Name,
    /// Whether it exists in DNS, where that is known.
    pub exists: Option<bool>,
    /// The tag of the policy in force that decides about it.
    pub tag: Tag,
    /// What that asks for.
    pub action: Action,
    /// The month's messages by class.
    pub month: ClassTotals,
}

/// The records each step would touch: those of `p`, of `sp`, and of `np`.
struct Touched {
    terms: Terms,
    tallies: [Tally; 3],
}

impl Touched {
    const fn place(step: Step) -> usize {
        match step {
            Step::Quarantine | Step::Reject => 0,
            Step::Subdomains => 1,
            Step::MissingNames => 2,
        }
    }

    /// Whether a step would touch the mail of an author domain. Where nobody knows whether a name exists, both `sp`
    /// and `np` might.
    fn by(&self, standing: Standing) -> [bool; 3] {
        let Standing::Below { exists } = standing else { return [true, false, false] };
        let with_sp = Terms { sp: Some(Action::Reject), ..self.terms };
        let by_p = self.terms.decide(standing).0 == Tag::P;
        [by_p, with_sp.decide(standing).0 == Tag::Sp, exists != Some(true)]
    }
}

/// Judges whether a policy domain can take each of some steps.
#[must_use]
pub fn assess_domain(
    judged: &Judged<'_>,
    names: &Names,
    circumstances: &Circumstances<'_>,
    steps: &[(Step, Thresholds)],
) -> DomainReadiness {
    let Sums { touched, authors, month, passed, signers } = sums(judged, names, circumstances);
    let standing = |key| {
        // Every source was met in a group.
        let judgement = judged.judgement(key).cloned().unwrap_or_else(|| judged.judge.judge(key));
        (judged.judge.source(key).clone(), judgement, signers.get(&key).cloned())
    };
    let scored = touched.tallies.each_ref().map(|tally| tally.scored(standing));
    let services = scored.iter().flatten().filter(|source| !source.relayed);
    let seen = services.filter_map(|source| match source.source {
        SourceKey::Service(service) => Some(service),
        _ => None,
    });
    let seen: BTreeSet<ServiceId> = seen.collect();
    // Only where nothing passes is it worth while to look at all of the mail together.
    let whole = (passed == 0).then(|| whole(judged, circumstances.newest));
    let all = whole.as_ref().map(|tally| tally.scored(standing)).unwrap_or_default();
    let (domain, catalogue) = (judged.domain.as_str(), judged.book.judge().catalogue);
    let silence = Silence {
        ever: circumstances.ever,
        passed,
        sources: &all,
        coverage: circumstances.coverage,
        is_expected: circumstances.authorised || !circumstances.expected.is_empty(),
        dns: circumstances.silence,
        currency: circumstances.currency,
        advise: &|source| advice_for(&source.source, source.judgement.confirmed, domain, catalogue),
    };
    let verdict = |&(step, thresholds): &(Step, Thresholds)| {
        let place = Touched::place(step);
        let situation = Situation {
            domain,
            catalogue,
            tally: &touched.tallies[place],
            sources: &scored[place],
            coverage: circumstances.coverage,
            policy: circumstances.policy,
            dns: circumstances.dns,
            currency: circumstances.currency,
            dns_unanswered: circumstances.dns_unanswered,
            own_messages: month.of(Class::Aligned).saturating_add(month.of(Class::Misaligned)),
            own_mail: &silence.own_mail(&thresholds),
            seen: &seen,
            expected: circumstances.expected,
            waivers: circumstances.waivers,
        };
        assess(step, thresholds, &situation)
    };
    let steps = steps.iter().map(verdict).collect();
    DomainReadiness { steps, month, subdomains: authors.below(touched.terms) }
}

/// The records of a policy domain, added up.
struct Sums<'a> {
    touched: Touched,
    authors: Authors<'a>,
    month: ClassTotals,
    /// Messages of the quarter that pass.
    passed: u64,
    /// Who signed what a group passed on with the owner's signature broken.
    signers: HashMap<GroupKey, Name>,
}

fn sums<'a>(judged: &Judged<'a>, names: &Names, circumstances: &Circumstances<'a>) -> Sums<'a> {
    let newest = circumstances.newest;
    let terms = circumstances.policy.map_or_else(Terms::default, |policy| policy.terms());
    let tally = || Tally::new(newest);
    let mut touched = Touched { terms, tallies: [tally(), tally(), tally()] };
    let mut authors = Authors::new(judged.domain, circumstances.exists);
    let (mut month, mut passed, mut signers) = (ClassTotals::NONE, 0_u64, HashMap::new());
    for (key, pair) in judged.groups().flat_map(|group| group.pairs().map(move |pair| (group.key, pair))) {
        let (at, standing) = authors.of(pair.combination, names);
        let by = touched.by(standing);
        let rows = pair.rows().map(|row| (row.traffic, row.class));
        for (tally, _) in touched.tallies.iter_mut().zip(by).filter(|(_, touches)| *touches) {
            tally.add_all((key, judged.book.address_of(pair.pair)), &pair.judgement, rows.clone());
        }
        let combination = names.combinations.get(&pair.combination);
        let passes = combination.is_some_and(passes);
        if pair.judgement.flags.broken
            && let Some(signer) = combination.and_then(passing_signer)
        {
            signers.entry(key).or_insert_with(|| signer.clone());
        }
        let mut classes = ClassTotals::NONE;
        for (row, class) in rows {
            let Some(age) = row.day.and_then(|day| age(day, newest)) else { continue };
            if age < MONTH {
                classes.add(class, row.messages);
            }
            if passes && age < QUARTER {
                passed = passed.saturating_add(row.messages);
            }
        }
        month.merge(classes);
        authors.add(at, |totals| totals.merge(classes));
    }
    Sums { touched, authors, month, passed, signers }
}

/// Who signed a message so that it passes: of what was passed on, whoever passed it on.
fn passing_signer(combination: &Combination) -> Option<&Name> {
    let passing = combination.auth_dkim.iter().filter(|signature| signature.result == Some(DkimResult::Pass));
    passing.filter_map(|signature| signature.domain.as_ref()).next()
}

/// All mail of a policy domain and of those below it.
fn whole(judged: &Judged<'_>, newest: Day) -> Tally {
    let mut tally = Tally::new(newest);
    for (key, pair) in judged.groups().flat_map(|group| group.pairs().map(move |pair| (group.key, pair))) {
        let rows = pair.rows().map(|row| (row.traffic, row.class));
        tally.add_all((key, judged.book.address_of(pair.pair)), &pair.judgement, rows);
    }
    tally
}

/// The author domains of a policy domain.
struct Authors<'a> {
    domain: &'a Name,
    exists: &'a dyn Fn(&Name) -> Option<bool>,
    known: HashMap<CombinationId, (Option<usize>, Standing), RandomState>,
    by_name: BTreeMap<Name, usize>,
    list: Vec<(Name, Option<bool>, ClassTotals)>,
}

impl<'a> Authors<'a> {
    fn new(domain: &'a Name, exists: &'a dyn Fn(&Name) -> Option<bool>) -> Self {
        let (known, by_name, list) = Default::default();
        Self { domain, exists, known, by_name, list }
    }

    /// The author domain of a combination, where it stands below, and how it stands. One that is neither the policy
    /// domain nor below it is taken for it.
    fn of(&mut self, id: CombinationId, names: &Names) -> (Option<usize>, Standing) {
        if let Some(&known) = self.known.get(&id) {
            return known;
        }
        let from =
            names.combinations.get(&id).and_then(|Combination { header_from, .. }| header_from.as_ref());
        let below = from
            .filter(|from| *from != self.domain && from.is_domain() && from.is_within(self.domain.as_str()));
        let found = match below {
            None => (None, Standing::Domain),
            Some(name) => {
                let at = *self.by_name.entry(name.clone()).or_insert_with(|| {
                    self.list.push((name.clone(), (self.exists)(name), ClassTotals::NONE));
                    self.list.len() - 1
                });
                (Some(at), Standing::Below { exists: self.list[at].1 })
            }
        };
        self.known.insert(id, found);
        found
    }

    fn add(&mut self, at: Option<usize>, add: impl FnOnce(&mut ClassTotals)) {
        if let Some((.., totals)) = at.and_then(|at| self.list.get_mut(at)) {
            add(totals);
        }
    }

    fn below(self, terms: Terms) -> Vec<Subdomain> {
        let below = self.list.into_iter().filter(|(.., month)| month.all() > 0);
        let mut below: Vec<_> = below
            .map(|(name, exists, month)| {
                let (tag, action) = terms.decide(Standing::Below { exists });
                Subdomain { name, exists, tag, action, month }
            })
            .collect();
        below.sort_by(|a, b| b.month.all().cmp(&a.month.all()).then_with(|| a.name.cmp(&b.name)));
        below
    }
}
