//! Which selectors sign of late: counted back from the newest day that reports of the domain cover, and not from
//! today.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::dns::DnsName;
use crate::dns::check::{InUse, Recency};
use crate::model::words::DkimResult;
use crate::model::{AddressId, Combination, CombinationId, Day, Name, TrafficRow};

/// The newest covered days: a selector that passed on one of them signs.
const NOW: usize = 2;
/// The covered days before these: a selector that passed on one of them signed lately.
const LATELY: usize = 7;
/// Days that lie further back than so many are not of late, however few are covered.
pub const OF_LATE: i64 = 28;

/// What a combination says about a name: its place among the names, and the selectors that passed for it.
#[derive(Debug, Default)]
struct Said {
    /// Names that the author domain is, or is below.
    authors: Vec<usize>,
    /// Names with a selector that passed for them.
    passed: Vec<(usize, String)>,
}

/// What was seen of one name.
#[derive(Debug, Default)]
struct Seen {
    /// The policy domains whose reports tell of it.
    told_by: HashSet<u32>,
    mail: BTreeMap<Day, u64>,
    passed: HashMap<String, BTreeMap<Day, HashMap<AddressId, u64>>>,
}

/// The use of selectors, row by row.
#[derive(Debug, Default)]
pub struct Uses {
    names: Vec<Name>,
    said: HashMap<CombinationId, Said>,
    seen: Vec<Seen>,
    /// The days that the reports of a policy domain cover.
    covered: HashMap<u32, BTreeSet<Day>>,
}

impl Uses {
    /// Counts for these names, in mail that was judged in these ways.
    #[must_use]
    pub fn new(names: &[Name], combinations: &HashMap<CombinationId, Combination>) -> Self {
        let said = combinations.iter().filter_map(|(id, combination)| {
            let said = said(names, combination);
            (!said.authors.is_empty() || !said.passed.is_empty()).then_some((*id, said))
        });
        let seen = names.iter().map(|_| Seen::default()).collect();
        Self { said: said.collect(), seen, names: names.to_vec(), covered: HashMap::new() }
    }

    /// Adds a row. The order of adding does not matter.
    pub fn add(&mut self, row: &TrafficRow) {
        let Some(day) = row.day else { return };
        self.covered.entry(row.domain).or_default().insert(day);
        let Some(said) = self.said.get(&row.combination) else { return };
        for &place in &said.authors {
            if let Some(seen) = self.seen.get_mut(place) {
                seen.told_by.insert(row.domain);
                let sum = seen.mail.entry(day).or_default();
                *sum = sum.saturating_add(row.messages);
            }
        }
        for (place, selector) in &said.passed {
            if let Some(seen) = self.seen.get_mut(*place) {
                seen.told_by.insert(row.domain);
                let days = match seen.passed.get_mut(selector) {
                    Some(days) => days,
                    None => seen.passed.entry(selector.clone()).or_default(),
                };
                let sum = days.entry(day).or_default().entry(row.address).or_default();
                *sum = sum.saturating_add(row.messages);
            }
        }
    }

    /// The selectors that passed for a name of late, the busiest first.
    #[must_use]
    pub fn of(&self, name: &Name) -> Vec<InUse> {
        let place = self.names.iter().position(|known| known == name);
        let Some(seen) = place.and_then(|place| self.seen.get(place)) else { return Vec::new() };
        let days: BTreeSet<Day> =
            seen.told_by.iter().filter_map(|domain| self.covered.get(domain)).flatten().copied().collect();
        let Some(&newest) = days.last() else { return Vec::new() };
        let near = days.iter().rev().filter(|day| newest.0 - day.0 <= OF_LATE);
        let near: Vec<Day> = near.take(NOW + LATELY).copied().collect();
        let Some(&first) = near.last() else { return Vec::new() };
        let since_now = near.iter().take(NOW).next_back().copied().unwrap_or(newest);
        let of = seen.mail.range(first..).fold(0_u64, |sum, (_, messages)| sum.saturating_add(*messages));
        let mut found: Vec<_> =
            seen.passed.keys().filter_map(|one| seen.use_of(one, (first, since_now, newest), of)).collect();
        found.sort_by(|one, other| {
            other.messages.cmp(&one.messages).then_with(|| one.selector.cmp(&other.selector))
        });
        found
    }
}

impl Seen {
    /// The use of a selector from the day `first` on. Days from `since_now` on are the newest.
    fn use_of(&self, selector: &str, (first, since_now, newest): (Day, Day, Day), of: u64) -> Option<InUse> {
        let days = self.passed.get(selector)?;
        let last = *days.range(first..).next_back()?.0;
        let mut sources: HashMap<AddressId, u64> = HashMap::new();
        for (address, messages) in days.range(first..).flat_map(|(_, sources)| sources) {
            let sum = sources.entry(*address).or_default();
            *sum = sum.saturating_add(*messages);
        }
        let messages = sources.values().fold(0_u64, |sum, messages| sum.saturating_add(*messages));
        let recency = if last < newest && self.is_rotated(selector, &sources, newest) {
            Recency::Rotated
        } else if last >= since_now {
            Recency::Now
        } else {
            Recency::Lately
        };
        let selector = DnsName::from_dotted(selector).ok()?;
        Some(InUse { selector, messages, of, last, recency })
    }

    /// Whether what passed with a selector passes with another one on the newest day: the sources of most of it do.
    fn is_rotated(&self, selector: &str, sources: &HashMap<AddressId, u64>, newest: Day) -> bool {
        let others = self.passed.iter().filter(|(other, _)| *other != selector);
        let now: Vec<_> = others.filter_map(|(_, days)| days.get(&newest)).collect();
        let all = sources.values().fold(0_u64, |sum, messages| sum.saturating_add(*messages));
        let moved = sources.iter().filter(|(address, _)| now.iter().any(|seen| seen.contains_key(*address)));
        let moved = moved.fold(0_u64, |sum, (_, messages)| sum.saturating_add(*messages));
        moved.saturating_mul(2) > all
    }
}

fn said(names: &[Name], combination: &Combination) -> Said {
    let mut said = Said::default();
    for (place, name) in names.iter().enumerate() {
        if combination.header_from.as_ref().is_some_and(|from| is_at_or_below(from, name)) {
            said.authors.push(place);
        }
        for signature in &combination.auth_dkim {
            let passed =
                signature.result == Some(DkimResult::Pass) && signature.domain.as_ref() == Some(name);
            let Some(selector) = signature.selector.as_ref().filter(|_| passed) else { continue };
            let selector = selector.to_ascii_lowercase();
            if !said.passed.iter().any(|(at, known)| *at == place && *known == selector) {
                said.passed.push((place, selector));
            }
        }
    }
    said
}

fn is_at_or_below(name: &Name, above: &Name) -> bool {
    name.as_str().strip_suffix(above.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DkimAuth;

    fn name(text: &str) -> Name {
        Name::from_stated(text).unwrap()
    }

    fn signed(selectors: &[(&str, DkimResult)]) -> Combination {
        let auth = |(selector, result): &(&str, DkimResult)| DkimAuth {
            domain: Some(name("example.com")),
            selector: Some((*selector).to_owned()),
            result: Some(result.clone()),
            human_result: None,
        };
        Combination {
            header_from: Some(name("example.com")),
            auth_dkim: selectors.iter().map(auth).collect(),
            ..Combination::default()
        }
    }

    /// What is in use where each selector passed on days from one source; days count back from the newest.
    fn of(rows: &[(&str, i64, i64)]) -> Vec<(String, u64, Recency)> {
        let mut combinations = HashMap::from([(CombinationId::new(0), signed(&[("zz", DkimResult::Fail)]))]);
        let mut ids: Vec<&str> = Vec::new();
        for (selector, ..) in rows {
            if !ids.contains(selector) {
                ids.push(selector);
                let id = i64::try_from(ids.len()).unwrap();
                combinations.insert(CombinationId::new(id), signed(&[(selector, DkimResult::Pass)]));
            }
        }
        let mut uses = Uses::new(&[name("example.com")], &combinations);
        for (selector, back, address) in rows {
            let place = ids.iter().position(|known| known == selector).unwrap();
            uses.add(&TrafficRow {
                day: Some(Day(20_000 - back)),
                multi_day: false,
                domain: 1,
                reporter: 1,
                address: AddressId::new(*address),
                combination: CombinationId::new(i64::try_from(place + 1).unwrap()),
                messages: 10,
            });
        }
        let found = uses.of(&name("example.com")).into_iter();
        found.map(|used| (used.selector.to_string(), used.messages, used.recency)).collect()
    }

    #[test]
    fn days_are_counted_back_from_the_newest_that_reports_cover() {
        let used = |name: &str, messages, recency| (name.to_owned(), messages, recency);
        assert_eq!(of(&[]), []);
        // Of days that nobody reported on none counts.
        let rows = [("s1", 0, 1), ("s2", 4, 2), ("s3", 5, 3), ("s4", 40, 4)];
        let found =
            [used("s1", 10, Recency::Now), used("s2", 10, Recency::Now), used("s3", 10, Recency::Lately)];
        assert_eq!(of(&rows), found);
        let every_day: Vec<_> =
            (0..20).map(|back| ("s1", back, 1)).chain([("s2", 8, 2), ("s3", 9, 3)]).collect();
        assert_eq!(of(&every_day), [used("s1", 90, Recency::Now), used("s2", 10, Recency::Lately)]);
    }

    #[test]
    fn what_signs_with_another_selector_now_was_rotated() {
        let recency = |rows: &[_]| of(rows).into_iter().find(|(name, ..)| name == "old").unwrap().2;
        assert_eq!(recency(&[("old", 1, 1), ("new", 0, 1)]), Recency::Rotated);
        // Another source, or the same with both on the newest day, shows nothing of the kind.
        assert_eq!(recency(&[("old", 1, 1), ("new", 0, 2)]), Recency::Now);
        assert_eq!(recency(&[("old", 0, 1), ("new", 0, 1)]), Recency::Now);
        assert_eq!(recency(&[("old", 1, 1), ("old", 1, 2), ("old", 1, 3), ("new", 0, 1)]), Recency::Now);
    }
}
