//! Whose mail a question is about: what may be seen, and what was asked for.

use std::collections::BTreeSet;

use super::name::is_within;
use super::{Name, Period};

/// Which policy domains a person may see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scope {
    /// All of them, and what belongs to no domain: refused inputs, their places, runs, the database itself.
    #[default]
    All,
    /// These, and those below each of them; none of them is nothing at all.
    Domains(BTreeSet<Name>),
}

impl Scope {
    /// One domain and those below it.
    #[must_use]
    pub fn domain(domain: Name) -> Self {
        Self::Domains(BTreeSet::from([domain]))
    }

    /// Whether it is [`Scope::All`]: what belongs to no domain may be seen with that only.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// Whether a policy domain may be seen. `name` is written as [`Name`] writes it.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Domains(domains) => domains.iter().any(|domain| is_within(name, domain.as_str())),
        }
    }
}

/// The policy domains a question is about: those that are in the scope and were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Domains {
    /// What may be seen.
    pub scope: Scope,
    /// What was asked for: this domain and those below it; `None` means every one.
    pub asked: Option<Name>,
}

impl Domains {
    /// Every domain.
    pub const ALL: Self = Self { scope: Scope::All, asked: None };

    /// What was asked for by someone who may see everything.
    #[must_use]
    pub const fn asked(asked: Option<Name>) -> Self {
        Self { scope: Scope::All, asked }
    }

    /// Whether a policy domain is meant. `name` is written as [`Name`] writes it.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        self.asked.as_ref().is_none_or(|asked| is_within(name, asked.as_str())) && self.scope.holds(name)
    }
}

/// Which reports are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The policy domains.
    pub domains: Domains,
    /// The days.
    pub period: Period,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_stated(text).unwrap()
    }

    #[test]
    fn a_question_is_about_what_is_in_the_scope_and_was_asked_for() {
        let two = Scope::Domains(BTreeSet::from([name("news.example.com"), name("example.net")]));
        let cases = [
            (&Scope::All, None, "a.example", true),
            (&Scope::All, Some("example.com"), "mail.example.com", true),
            (&Scope::All, Some("example.com"), "notexample.com", false),
            (&two, None, "example.net", true),
            (&two, None, "a.news.example.com", true),
            (&two, None, "example.com", false),
            (&two, Some("example.com"), "news.example.com", true),
            (&two, Some("example.com"), "example.net", false),
            (&two, Some("example.com"), "shop.example.com", false),
            (&two, Some("a.news.example.com"), "news.example.com", false),
            (&Scope::Domains(BTreeSet::new()), None, "example.com", false),
        ];
        for (scope, asked, domain, meant) in cases {
            let domains = Domains { scope: scope.clone(), asked: asked.map(name) };
            assert_eq!(domains.holds(domain), meant, "{domains:?} {domain}");
        }
    }
}
