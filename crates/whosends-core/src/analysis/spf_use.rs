//! Which addresses use a domain as envelope sender, and what SPF said of them: to be laid beside its record of
//! today.

use std::collections::HashMap;
use std::hash::Hash;

use super::alignment::Passes;
use crate::dns::spf::Verdict;
use crate::model::words::SpfResult;
use crate::model::{AddressId, Combination, CombinationId, Day, Name};

/// How many days count as recent.
pub const RECENT: i64 = 30;

/// What an address sent, in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// With the domain as envelope sender, where SPF passed.
    pub passed: u64,
    /// With the domain as envelope sender, where SPF did not pass.
    pub failed: u64,
    /// Of `passed` and `failed`, those of the last [`RECENT`] days.
    pub recent: u64,
    /// Of `passed`, those that pass DMARC by SPF alone: without the term that passes them they fail.
    pub spf_alone: u64,
    /// Where SPF passed for another domain that is not aligned: the record of this one was not asked.
    pub unaligned: u64,
    /// The last day of any of these.
    pub last: Option<Day>,
}

impl Sent {
    /// Messages that the domain's record was asked for.
    #[must_use]
    pub const fn asked(&self) -> u64 {
        self.passed.saturating_add(self.failed)
    }

    /// All of them.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.asked().saturating_add(self.unaligned)
    }
}

/// What the record of today changes for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It passed, and today it does not.
    Broken,
    /// It did not pass, and still does not.
    NeverAuthorised,
    /// It passes for another domain that is not aligned: no record of this domain helps.
    Unaligned,
    /// DNS did not answer, or the record asks for what no report tells.
    Undecided,
    /// It did not pass, and today it does.
    Fixed,
    /// It passed, and still does.
    Authorised,
}

impl Change {
    /// Every one, the worst first.
    pub const ALL: [Self; 6] = [
        Self::Broken,
        Self::NeverAuthorised,
        Self::Unaligned,
        Self::Undecided,
        Self::Fixed,
        Self::Authorised,
    ];

    /// What `verdict`, the result of today, changes for an address that sent `sent`.
    #[must_use]
    pub const fn of(sent: &Sent, verdict: Verdict) -> Self {
        match (verdict, sent.passed > 0) {
            _ if sent.asked() == 0 => Self::Unaligned,
            (Verdict::TempError | Verdict::Undecided, _) => Self::Undecided,
            (Verdict::Pass, true) => Self::Authorised,
            (Verdict::Pass, false) => Self::Fixed,
            (_, true) => Self::Broken,
            (_, false) => Self::NeverAuthorised,
        }
    }

    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::NeverAuthorised => "never_authorised",
            Self::Unaligned => "unaligned",
            Self::Undecided => "undecided",
            Self::Fixed => "fixed",
            Self::Authorised => "authorised",
        }
    }
}

/// Traffic, added up by address and combination.
#[derive(Debug)]
pub struct SpfUse {
    newest: Day,
    sums: HashMap<(AddressId, CombinationId), Sum>,
}

#[derive(Debug, Default)]
struct Sum {
    messages: u64,
    recent: u64,
    last: Option<Day>,
}

impl SpfUse {
    /// Nothing yet; the recent days end with `newest`.
    #[must_use]
    pub fn new(newest: Day) -> Self {
        Self { newest, sums: HashMap::new() }
    }

    /// Adds a row of stored traffic.
    pub fn add(&mut self, address: AddressId, combination: CombinationId, day: Option<Day>, messages: u64) {
        let sum = self.sums.entry((address, combination)).or_default();
        sum.messages = sum.messages.saturating_add(messages);
        if day.is_some_and(|day| day > self.newest.plus(-RECENT)) {
            sum.recent = sum.recent.saturating_add(messages);
        }
        sum.last = sum.last.max(day);
    }

    /// The combinations that [`finish`](Self::finish) has to know.
    pub fn combinations(&self) -> impl Iterator<Item = CombinationId> {
        self.sums.keys().map(|(_, combination)| *combination)
    }

    /// What each address sent that concerns the record of `domain`.
    #[must_use]
    pub fn finish(
        &self,
        domain: &Name,
        combinations: &HashMap<CombinationId, Combination>,
    ) -> HashMap<AddressId, Sent> {
        let uses: HashMap<&CombinationId, Use> =
            combinations.iter().filter_map(|(id, one)| Some((id, usage(one, domain)?))).collect();
        let mut found: HashMap<AddressId, Sent> = HashMap::new();
        for ((address, combination), sum) in &self.sums {
            let Some(usage) = uses.get(combination) else { continue };
            let sent = found.entry(*address).or_default();
            let count = match usage {
                Use::Passed => &mut sent.passed,
                Use::Failed => &mut sent.failed,
                Use::Unaligned => &mut sent.unaligned,
            };
            *count = count.saturating_add(sum.messages);
            let alone = combinations.get(combination).is_some_and(passes_by_spf_alone);
            if *usage == Use::Passed && alone {
                sent.spf_alone = sent.spf_alone.saturating_add(sum.messages);
            }
            if *usage != Use::Unaligned {
                sent.recent = sent.recent.saturating_add(sum.recent);
            }
            sent.last = sent.last.max(sum.last);
        }
        found
    }
}

/// What a combination has to do with the record of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Passed,
    Failed,
    Unaligned,
}

fn usage(combination: &Combination, domain: &Name) -> Option<Use> {
    let passes = |result: &Option<SpfResult>| *result == Some(SpfResult::Pass);
    let own = |name: &Option<Name>| name.as_ref() == Some(domain);
    if let Some(result) = combination.auth_spf.iter().find(|result| own(&result.domain)) {
        return Some(if passes(&result.result) { Use::Passed } else { Use::Failed });
    }
    // Another domain's record was asked, for mail that names this domain as its author.
    let is_ours = own(&combination.header_from);
    let aligned = combination.spf == Some(crate::model::words::Verdict::Pass);
    let elsewhere = combination.auth_spf.iter().any(|result| passes(&result.result));
    (is_ours && elsewhere && !aligned).then_some(Use::Unaligned)
}

/// Whether mail passes DMARC by SPF, and by nothing else.
fn passes_by_spf_alone(combination: &Combination) -> bool {
    let Passes { dkim, spf } = Passes::stated(combination);
    spf == Some(true) && dkim != Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SpfAuth;

    fn name(text: &str) -> Name {
        Name::from_stated(text).unwrap()
    }

    fn said(domain: &str, result: SpfResult) -> Combination {
        let auth =
            SpfAuth { domain: Some(name(domain)), scope: None, result: Some(result), human_result: None };
        Combination { header_from: Some(name("example.com")), auth_spf: vec![auth], ..Combination::default() }
    }

    #[test]
    fn an_address_is_judged_by_what_the_domains_own_record_said() {
        let combinations = HashMap::from([
            (CombinationId::new(1), said("example.com", SpfResult::Pass)),
            (CombinationId::new(2), said("example.com", SpfResult::SoftFail)),
            (CombinationId::new(3), said("bounce.mailer.example", SpfResult::Pass)),
            (CombinationId::new(4), said("bounce.mailer.example", SpfResult::Fail)),
        ]);
        let address = |letter: char| AddressId::new(u32::from(letter).into());
        let newest = Day(20_100);
        let mut using = SpfUse::new(newest);
        using.add(address('a'), CombinationId::new(1), Some(newest), 10);
        using.add(address('a'), CombinationId::new(1), Some(newest.plus(-30)), 5);
        using.add(address('a'), CombinationId::new(2), Some(newest.plus(-29)), 1);
        using.add(address('b'), CombinationId::new(2), None, 7);
        using.add(address('c'), CombinationId::new(3), Some(newest), 3);
        using.add(address('d'), CombinationId::new(4), Some(newest), 3);
        let found = using.finish(&name("example.com"), &combinations);
        let a = Sent { passed: 15, failed: 1, recent: 11, last: Some(newest), ..Sent::default() };
        assert_eq!((found[&address('a')], found.len()), (a, 3));
        assert_eq!(found[&address('b')], Sent { failed: 7, ..Sent::default() });
        let change = |letter, verdict| Change::of(&found[&address(letter)], verdict);
        assert_eq!(change('a', Verdict::Pass), Change::Authorised);
        assert_eq!(change('a', Verdict::PermError), Change::Broken);
        assert_eq!(change('b', Verdict::Pass), Change::Fixed);
        assert_eq!(change('b', Verdict::SoftFail), Change::NeverAuthorised);
        assert_eq!(change('b', Verdict::TempError), Change::Undecided);
        assert_eq!(change('c', Verdict::Fail), Change::Unaligned);
    }
}
