//! What reports saw of the mail of a domain that its DNS has to fit: the DKIM selectors that sign it, and how
//! near the names are that it passes for.

use std::collections::HashMap;

use super::organisation::organisation;
use super::selectors_in_use::Uses;
use crate::dns::check::RelaxedOnly;
use crate::model::words::{DkimResult, SpfResult};
use crate::model::{Combination, Day, Name};

/// What reports saw of a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Messages with a signature of it.
    pub messages: u64,
    /// Those where the signature passed.
    pub passed: u64,
    /// The last day with such a message.
    pub last: Option<Day>,
}

/// The selectors of signing domains, added up.
#[derive(Debug, Default)]
pub struct Selectors {
    used: HashMap<Name, HashMap<String, Used>>,
    senders: HashMap<Name, RelaxedOnly>,
    /// Which of them sign of late.
    pub uses: Uses,
}

impl Selectors {
    /// Adds `messages` of one combination, the last of them on the day `last`. The order of adding does not matter.
    pub fn add(&mut self, combination: &Combination, messages: u64, last: Option<Day>) {
        if let Some(from) = &combination.header_from {
            let sum = self.senders.entry(from.clone()).or_default();
            let dkim = combination.auth_dkim.iter().filter(|one| one.result == Some(DkimResult::Pass));
            let spf = combination.auth_spf.iter().filter(|one| one.result == Some(SpfResult::Pass));
            let costs = |costs: bool| if costs { messages } else { 0 };
            let dkim = is_relaxed_only(from, dkim.filter_map(|one| one.domain.as_ref()));
            let spf = is_relaxed_only(from, spf.filter_map(|one| one.domain.as_ref()));
            sum.dkim = sum.dkim.saturating_add(costs(dkim));
            sum.spf = sum.spf.saturating_add(costs(spf));
        }
        // Two signatures of one selector are one use of it.
        let mut signed: Vec<(&Name, String, bool)> = Vec::new();
        for signature in &combination.auth_dkim {
            let (Some(domain), Some(selector)) = (&signature.domain, &signature.selector) else { continue };
            let selector = selector.to_ascii_lowercase();
            let passed = signature.result == Some(DkimResult::Pass);
            match signed.iter_mut().find(|one| one.0 == domain && one.1 == selector) {
                Some(known) => known.2 |= passed,
                None => signed.push((domain, selector, passed)),
            }
        }
        for (domain, selector, passed) in signed {
            let used = self.used.entry(domain.clone()).or_default().entry(selector).or_default();
            used.messages = used.messages.saturating_add(messages);
            used.passed = used.passed.saturating_add(if passed { messages } else { 0 });
            used.last = used.last.max(last);
        }
    }

    /// The selectors of a signing domain of which a signature passed, the busiest first. Anybody can write a
    /// signature that does not pass, under any name.
    #[must_use]
    pub fn of(&self, domain: &Name) -> Vec<(&str, Used)> {
        let all = self.used.get(domain).into_iter().flatten();
        let mut found: Vec<_> =
            all.filter(|(_, used)| used.passed > 0).map(|(name, used)| (name.as_str(), *used)).collect();
        found.sort_by(|one, other| other.1.passed.cmp(&one.1.passed).then_with(|| one.0.cmp(other.0)));
        found
    }

    /// Whether mail was seen with the domain in its From header.
    #[must_use]
    pub fn has_mail_from(&self, domain: &Name) -> bool {
        self.senders.contains_key(domain)
    }

    /// The messages with the domain in its From header that pass for another name of the organisation alone.
    #[must_use]
    pub fn relaxed_only(&self, domain: &Name) -> RelaxedOnly {
        self.senders.get(domain).copied().unwrap_or_default()
    }
}

/// Whether something passed for the organisation of a domain, and nothing for the domain itself.
fn is_relaxed_only<'n>(from: &Name, passed: impl Iterator<Item = &'n Name>) -> bool {
    let passed: Vec<_> = passed.collect();
    !passed.contains(&from) && passed.iter().any(|name| organisation(name) == organisation(from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DkimAuth;

    fn name(text: &str) -> Name {
        Name::from_stated(text).unwrap()
    }

    fn signed(signatures: &[(&str, &str, DkimResult)]) -> Combination {
        let auth = |(domain, selector, result): &(&str, &str, DkimResult)| DkimAuth {
            domain: Some(name(domain)),
            selector: Some((*selector).to_owned()),
            result: Some(result.clone()),
            human_result: None,
        };
        Combination {
            header_from: Some(name("example.com")),
            auth_dkim: signatures.iter().map(auth).collect(),
            ..Combination::default()
        }
    }

    #[test]
    fn a_selector_counts_where_it_once_passed() {
        let mut selectors = Selectors::default();
        let (pass, fail) = (DkimResult::Pass, DkimResult::Fail);
        let (early, late) = (Day(20_000), Day(20_009));
        let both = signed(&[("example.com", "S1", fail.clone()), ("example.com", "s1", pass.clone())]);
        selectors.add(&both, 10, Some(late));
        selectors.add(&signed(&[("example.com", "s1", fail.clone())]), 5, Some(early));
        selectors.add(&signed(&[("example.com", "forged", fail)]), 1000, Some(late));
        selectors.add(&signed(&[("example.com", "s2", pass.clone())]), 30, None);
        selectors.add(&signed(&[("mailer.example", "s9", pass)]), 30, None);
        let used = Used { messages: 15, passed: 10, last: Some(late) };
        assert_eq!(
            selectors.of(&name("example.com")),
            [("s2", Used { messages: 30, passed: 30, last: None }), ("s1", used),]
        );
        assert!(
            selectors.has_mail_from(&name("example.com"))
                && !selectors.has_mail_from(&name("mailer.example"))
        );
        assert!(selectors.of(&name("example.org")).is_empty());
    }

    #[test]
    fn what_passes_for_another_name_alone_is_counted() {
        let mut selectors = Selectors::default();
        let pass = DkimResult::Pass;
        selectors.add(&signed(&[("em.example.com", "s1", pass.clone())]), 7, None);
        let both = signed(&[("em.example.com", "s1", pass.clone()), ("example.com", "s2", pass.clone())]);
        selectors.add(&both, 100, None);
        selectors.add(&signed(&[("mailer.example", "s1", pass)]), 1000, None);
        selectors.add(&signed(&[("em.example.com", "s1", DkimResult::Fail)]), 10_000, None);
        assert_eq!(selectors.relaxed_only(&name("example.com")), RelaxedOnly { dkim: 7, spf: 0 });
        assert_eq!(selectors.relaxed_only(&name("example.org")), RelaxedOnly::default());
    }
}
