//! From judged records to what is known of one source.

use super::lists::{List, Sum, Sums};
use super::{Detail, Details, Envelope, Machine, Route, Signature, words};
use crate::analysis::attribution::{Judged, JudgedGroup, JudgedPair, JudgedRow};
use crate::analysis::sources::{GroupSums, Names, Steps};
use crate::model::Period;
use crate::model::words::SpfScope;
use crate::model::{AddressId, Combination, CombinationId, Day, Judged as Verdicts, Judgement, Name};
use crate::senders::{
    self, AddressFacts, Class, ClassTotals, EvidenceTally, GroupJudgement, Rule, Sender, SourceKey, Wanted,
    advice_for, same_organization,
};

/// The most combinations of an address, a combination and a class that are explained one by one: the busiest.
const EXPLAINED: usize = 5000;
/// A share, in thousandths, of messages that pass by SPF alone which is worth a word.
const SPF_ONLY: u64 = 20;

/// Takes judged records and keeps those of one source.
pub struct Portrait<'n> {
    names: &'n Names,
    facts: &'n dyn Fn(AddressId) -> AddressFacts,
    wanted: Wanted,
    period: Period,
    steps: Option<Steps>,
    details: Vec<Detail>,
}

impl std::fmt::Debug for Portrait<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Portrait").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

/// What a row adds besides its day and reporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Pair {
    address: AddressId,
    combination: CombinationId,
    class: Class,
    route: Route,
}

/// The records of one group while they are added up.
struct Group {
    sums: GroupSums,
    classes: ClassTotals,
    spf_only: u64,
    pairs: Sums<Pair>,
    reporters: Sums<u32>,
    days: Sums<Day>,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            sums: GroupSums::default(),
            classes: ClassTotals::NONE,
            spf_only: 0,
            pairs: Sums::default(),
            reporters: Sums::default(),
            days: Sums::default(),
        }
    }
}

impl<'n> Portrait<'n> {
    /// Nothing yet. `facts` says what is known of an address; `first` is the first day of any record of the
    /// period, and `newest` the last day that a trend without an end goes to.
    #[must_use]
    pub fn new(
        wanted: Wanted,
        names: &'n Names,
        facts: &'n dyn Fn(AddressId) -> AddressFacts,
        (period, first, newest): (Period, Option<Day>, Day),
    ) -> Self {
        let steps = first.map(|first| Steps::of(period, first, newest));
        Self { names, facts, wanted, period, steps, details: Vec::new() }
    }

    /// Takes the records of a domain.
    pub fn add(&mut self, judged: &Judged<'_>) {
        let mut groups: Vec<(JudgedGroup<'_>, Group)> = Vec::new();
        let mut domain_messages: u64 = 0;
        for judged_group in judged.groups() {
            domain_messages = domain_messages.saturating_add(judged_group.sums.messages());
            if let Wanted::Source(source) = &self.wanted
                && judged_group.source() != source
            {
                continue;
            }
            let mut group = Group::default();
            for pair in judged_group.pairs().filter(|pair| self.is_wanted(pair.address)) {
                let said = Verdicts::of(self.combination(pair.combination));
                group.add(&pair, said, self.steps);
            }
            if !group.sums.addresses.is_empty() {
                groups.push((judged_group, group));
            }
        }
        groups.sort_unstable_by_key(|(judged_group, _)| judged_group.key);
        for (judged_group, group) in groups {
            let detail = self.detail(judged, &judged_group, group, domain_messages);
            self.details.push(detail);
        }
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> Details {
        let Self { period, steps, mut details, wanted, .. } = self;
        // What was asked for by its own name comes before what merely has its addresses.
        let is_named = |detail: &Detail| match &wanted {
            Wanted::Source(_) => true,
            Wanted::Addresses(prefix) => detail.source == SourceKey::Block(*prefix),
        };
        details.sort_by_key(|detail| {
            (!is_named(detail), std::cmp::Reverse(detail.totals.tally.messages), detail.domain)
        });
        Details { period, steps, details }
    }

    /// Whether an address is asked about, or a source whatever its addresses.
    fn is_wanted(&self, id: AddressId) -> bool {
        match &self.wanted {
            Wanted::Source(_) => true,
            Wanted::Addresses(prefix) => {
                self.names.addresses.get(&id).is_some_and(|&address| prefix.contains(address))
            }
        }
    }

    fn combination(&self, id: CombinationId) -> &'n Combination {
        static NOTHING: std::sync::LazyLock<Combination> = std::sync::LazyLock::new(Combination::default);
        self.names.combinations.get(&id).unwrap_or(&NOTHING)
    }

    fn detail(
        &self,
        judged: &Judged<'_>,
        judged_group: &JudgedGroup<'_>,
        group: Group,
        domain_messages: u64,
    ) -> Detail {
        let (source, judgement) = (judged_group.source().clone(), judged_group.judgement.clone());
        let Group { sums, classes, spf_only, pairs, reporters, days } = group;
        let pairs = pairs.ranked();
        let (evidence, reasons) = self.explain(judged, &pairs);
        let (totals, trend) = sums.finish();
        let stated = self.stated(by(&pairs, |pair| pair.combination));
        let (routes, addresses) = (by(&pairs, |pair| pair.route), by(&pairs, |pair| pair.address));
        let mut days: Vec<_> = days.ranked().into_iter().map(|(day, sum)| (day, sum.tally)).collect();
        days.sort_unstable_by_key(|(day, _)| *day);
        let mut named: Sums<Option<Box<str>>> = Sums::default();
        for (id, sum) in reporters.ranked() {
            named.add(self.names.reporters.get(&id).cloned(), sum);
        }
        let spf_only = u128::from(spf_only) * 1000
            >= u128::from(totals.tally.messages) * u128::from(SPF_ONLY)
            && spf_only > 0;
        let has_fix = wants_fix(&judgement, spf_only);
        let catalogue = judged.book.judge().catalogue;
        Detail {
            domain: judged.id,
            domain_messages,
            relayed: judged_group.key.relayed,
            reason: words::reason(&judgement, &totals.tally, &classes),
            weakest_link: named_by(&source).and_then(|sender| evidence.weakest_link(sender)),
            evidence: evidence.clauses(),
            weighed: evidence.messages(),
            reasons,
            routes: routes.list(|route| route),
            addresses: addresses.list(|id| {
                let facts = (self.facts)(id);
                Machine::new(facts.address, facts.reverse)
            }),
            days,
            signatures: stated.signatures.list(|signature| signature),
            envelopes: stated.envelopes.list(|envelope| envelope),
            authors: stated.authors.list(|author| author),
            reporters: named.list(|reporter| reporter),
            dispositions: stated.dispositions.list(|disposition| disposition),
            failing: stated.failing.list(|line| line),
            fix: has_fix.then(|| advice_for(&source, judgement.confirmed, judged.domain.as_str(), catalogue)),
            source,
            judgement,
            totals,
            classes,
            trend,
        }
    }

    /// What names the source and why its records are what they are, from its busiest addresses and combinations.
    fn explain(&self, judged: &Judged<'_>, pairs: &[(Pair, Sum)]) -> (EvidenceTally, List<(Class, String)>) {
        let mut evidence = EvidenceTally::default();
        let mut reasons: Sums<(Class, String)> = Sums::default();
        let judge = judged.book.judge();
        for &(Pair { address, combination, class, .. }, sum) in pairs.iter().take(EXPLAINED) {
            let explained = judge.explain(self.combination(combination), &(self.facts)(address));
            let messages = sum.tally.messages;
            evidence.add(&explained.evidence, messages, sum.days.map(|(first, _)| first));
            evidence.add(&explained.evidence, 0, sum.days.map(|(_, last)| last));
            let mut text = senders::reason(&explained, judge.catalogue);
            if class != explained.judgement.class {
                text.push_str(settled(explained.judgement.rule, class));
            }
            reasons.add((class, text), sum);
        }
        (evidence, reasons.list(|reason| reason))
    }

    fn stated(&self, combinations: Sums<CombinationId>) -> Stated {
        let mut stated = Stated::default();
        for (id, sum) in combinations.ranked() {
            stated.add(self.combination(id), sum);
        }
        stated
    }
}

/// What the combinations of a source state.
#[derive(Default)]
struct Stated {
    signatures: Sums<Signature>,
    envelopes: Sums<Envelope>,
    authors: Sums<Option<Name>>,
    dispositions: Sums<Option<crate::model::words::Disposition>>,
    failing: Sums<String>,
}

impl Stated {
    fn add(&mut self, said: &Combination, sum: Sum) {
        let from = said.header_from.as_ref().map_or("", Name::as_str);
        let aligned = |domain: &Option<Name>| {
            domain.as_ref().is_some_and(|domain| same_organization(domain.as_str(), from))
        };
        // Two signatures that are alike are one.
        let mut signatures: Vec<_> = said
            .auth_dkim
            .iter()
            .map(|dkim| Signature {
                domain: dkim.domain.clone(),
                selector: dkim.selector.as_deref().map(str::to_lowercase),
                result: dkim.result.as_ref().map(ToString::to_string),
                aligned: aligned(&dkim.domain),
            })
            .collect();
        signatures.sort_unstable();
        signatures.dedup();
        signatures.into_iter().for_each(|signature| self.signatures.add(signature, sum));
        let mut envelopes: Vec<_> = said
            .auth_spf
            .iter()
            .map(|spf| Envelope {
                domain: spf.domain.clone(),
                helo: spf.scope == Some(SpfScope::Helo),
                result: spf.result.as_ref().map(ToString::to_string),
                aligned: aligned(&spf.domain),
            })
            .collect();
        envelopes.sort_unstable();
        envelopes.dedup();
        envelopes.into_iter().for_each(|envelope| self.envelopes.add(envelope, sum));
        self.authors.add(said.header_from.clone(), sum);
        self.dispositions.add(said.disposition.clone(), sum);
        if Verdicts::of(said).dmarc == Judgement::Fail {
            self.failing.add(super::why_it_fails(said), sum);
        }
    }
}

impl Group {
    /// Adds the records of an address and combination.
    fn add(&mut self, pair: &JudgedPair<'_>, said: Verdicts, steps: Option<Steps>) {
        let attribution = pair.judgement.attribution;
        let route = Route {
            originator: attribution.originator.map(|named| named.service),
            hop: attribution.hop.map(|hop| hop.sender),
        };
        // Nearly always all of them are of one class.
        let mut alike: Option<(Class, Sum)> = None;
        let JudgedPair { address, combination, .. } = *pair;
        let kind = |class| Pair { address, combination, class, route };
        for row in pair.rows() {
            let (messages, day) = (row.traffic.messages, row.traffic.day);
            let sum = Sum::of(said, messages, day);
            self.add_row(row, sum, steps);
            if said.dkim != Judgement::Pass && said.spf == Judgement::Pass {
                self.spf_only = self.spf_only.saturating_add(messages);
            }
            match &mut alike {
                Some((class, all)) if *class == row.class => all.merge(sum),
                other => {
                    if let Some((class, all)) = other.replace((row.class, sum)) {
                        self.pairs.add(kind(class), all);
                    }
                }
            }
        }
        if let Some((class, all)) = alike {
            self.pairs.add(kind(class), all);
        }
        self.sums.addresses.push(address);
    }

    fn add_row(&mut self, row: JudgedRow, sum: Sum, steps: Option<Steps>) {
        let (messages, day) = (row.traffic.messages, row.traffic.day);
        let totals = &mut self.sums.totals;
        totals.tally.merge(sum.tally);
        totals.multi_day = totals.multi_day.saturating_add(row.multi_day);
        match day {
            Some(day) => {
                self.sums.seen(day, steps.and_then(|steps| steps.step(day)), messages);
                self.days.add(day, sum);
            }
            None => totals.undated = totals.undated.saturating_add(messages),
        }
        self.classes.add(row.class, messages);
        self.reporters.add(row.traffic.reporter, sum);
    }
}

/// The sums by a part of their keys.
fn by<K: Eq + std::hash::Hash + Ord>(pairs: &[(Pair, Sum)], part: impl Fn(&Pair) -> K) -> Sums<K> {
    let mut sums = Sums::default();
    pairs.iter().for_each(|(pair, sum)| sums.add(part(pair), *sum));
    sums
}

/// Whose name the source has.
const fn named_by(source: &SourceKey) -> Option<Sender> {
    match source {
        SourceKey::Own => Some(Sender::Own),
        SourceKey::Service(service) => Some(Sender::Service(*service)),
        SourceKey::Host(_) | SourceKey::Network(_) | SourceKey::Block(_) | SourceKey::Wave(_) => None,
    }
}

/// Whether there is something to be put right, or to be found out.
fn wants_fix(judgement: &GroupJudgement, spf_only: bool) -> bool {
    match judgement.class {
        Class::Misaligned | Class::Unknown => true,
        Class::Aligned => judgement.leaks || spf_only,
        Class::Forwarder | Class::Unauthorised => false,
    }
}

/// What is added to a record's own reason where a rule for its group settled it.
const fn settled(rule: Rule, class: Class) -> &'static str {
    match (rule, class) {
        (Rule::SignsWithYourKey | Rule::KnownSelector, Class::Unauthorised) => {
            " A burst of such mail from new machines replays your signature."
        }
        (_, Class::Forwarder) => " With the rest of its source it was passed on.",
        (_, Class::Unauthorised) => " With the rest of its source it is not yours.",
        _ => "",
    }
}
