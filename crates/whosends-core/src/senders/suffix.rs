//! Names found by the longest known suffix, on label boundaries, without a scan.

use std::collections::HashMap;

use super::ServiceId;
use super::pattern::{Expression, expression_source};

/// The services that claim one sign.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Claims {
    primary: ServiceId,
    others: Vec<ServiceId>,
}

impl Claims {
    pub(super) const fn new(primary: ServiceId) -> Self {
        Self { primary, others: Vec::new() }
    }

    /// The service to show.
    pub(super) const fn primary(&self) -> ServiceId {
        self.primary
    }

    /// Everyone who claims the sign, the one to show first.
    pub(super) fn all(&self) -> impl Iterator<Item = ServiceId> {
        std::iter::once(self.primary).chain(self.others.iter().copied())
    }

    pub(super) fn contains(&self, service: ServiceId) -> bool {
        self.all().any(|claimant| claimant == service)
    }

    /// Adds a claimant, which takes the first place where `primary` says so.
    pub(super) fn add(&mut self, service: ServiceId, primary: bool) {
        if self.contains(service) {
            return;
        }
        let other = if primary { std::mem::replace(&mut self.primary, service) } else { service };
        self.others.push(other);
        self.others.sort_unstable();
    }
}

/// Signs that are domains: each stands for itself and every name below it.
#[derive(Debug, Clone, Default)]
pub(super) struct SuffixMap {
    names: HashMap<Box<str>, Claims>,
    expressions: Vec<(Expression, Claims)>,
    generic: Vec<(Expression, Claims)>,
}

impl SuffixMap {
    /// Adds a sign as the catalogue writes it; a `generic` expression matches only what nothing else does.
    pub(super) fn add(&mut self, sign: &str, service: ServiceId, primary: bool, generic: bool) {
        match expression_source(sign) {
            Some(source) => {
                let list = if generic { &mut self.generic } else { &mut self.expressions };
                list.push((Expression::new(source), Claims::new(service)));
            }
            None => {
                let claims = self.names.entry(sign.into()).or_insert_with(|| Claims::new(service));
                claims.add(service, primary);
            }
        }
    }

    /// The claims on a lower-case name: by its longest known suffix, else by an expression for it or one of
    /// its parents, else by a generic one.
    pub(super) fn find(&self, name: &str) -> Option<&Claims> {
        if name.is_empty() || name.len() > 253 {
            return None;
        }
        parents(name)
            .find_map(|parent| self.names.get(parent))
            .or_else(|| by_expression(&self.expressions, name))
            .or_else(|| by_expression(&self.generic, name))
    }
}

fn by_expression<'a>(list: &'a [(Expression, Claims)], name: &str) -> Option<&'a Claims> {
    parents(name).find_map(|parent| {
        list.iter().find(|(expression, _)| expression.matches(parent)).map(|(_, claims)| claims)
    })
}

/// A name and each name above it, the longest first.
pub(super) fn parents(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, parent)| parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ServiceId = ServiceId(1);
    const TWO: ServiceId = ServiceId(2);
    const GENERIC: ServiceId = ServiceId(3);

    fn map() -> SuffixMap {
        let mut map = SuffixMap::default();
        map.add("mail.example", ONE, false, false);
        map.add("special.mail.example", TWO, false, false);
        map.add(r"/mkt\d+\.example/", TWO, false, false);
        map.add(r"/[a-z]+\.example/", GENERIC, false, true);
        map
    }

    fn found(name: &str) -> Option<ServiceId> {
        map().find(name).map(Claims::primary)
    }

    #[test]
    fn the_longest_suffix_wins_then_expressions_then_generic_ones() {
        assert_eq!(found("a.b.mail.example"), Some(ONE));
        assert_eq!(found("a.special.mail.example"), Some(TWO));
        assert_eq!(found("out.mkt12.example"), Some(TWO));
        assert_eq!(found("other.example"), Some(GENERIC));
        assert_eq!(found("example"), None);
    }

    #[test]
    fn look_alikes_do_not_match() {
        assert_eq!(found("mail.example.attacker.test"), None);
        assert_eq!(found("notmail.test"), None);
        assert_eq!(found("xmkt12.test"), None);
        assert_eq!(found("mkt12.example.test"), None);
        assert_eq!(found("special-mail.test"), None);
    }

    #[test]
    fn a_shared_sign_shows_its_primary() {
        let mut map = SuffixMap::default();
        map.add("shared.example", TWO, false, false);
        map.add("shared.example", ONE, true, false);
        let claims = map.find("x.shared.example").unwrap();
        assert_eq!(claims.primary(), ONE);
        assert!(claims.contains(TWO));
    }
}
