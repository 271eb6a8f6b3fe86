//! The conversation so far, and the looking up that notes what it lacks.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Answer, Failure, Outcome};
use super::name::DnsName;
use super::query::{Query, RecordType};
use crate::model::Day;

/// Questions with their answers: a whole DNS conversation as a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    known: BTreeMap<Query, Answer>,
    /// The day on which it was held, where it was kept and says so.
    held: Option<Day>,
}

impl Answers {
    /// A conversation in which nothing was said yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { known: BTreeMap::new(), held: None }
    }

    /// Keeps an answer, in place of an earlier one.
    pub fn insert(&mut self, query: Query, answer: Answer) {
        self.known.insert(query, answer);
    }

    /// The answer to a question, if it was asked.
    #[must_use]
    pub fn get(&self, query: &Query) -> Option<&Answer> {
        self.known.get(query)
    }

    /// Every question with its answer, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Query, &Answer)> {
        self.known.iter()
    }

    /// How many questions were answered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing was answered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether a name exists, as far as the conversation tells: it does where anything was found at it or below
    /// it, and it does not where it, or a name above it, was said not to (RFC 8020 section 2).
    #[must_use]
    pub fn exists(&self, name: &DnsName) -> Option<bool> {
        let mut missing = None;
        for (query, answer) in &self.known {
            match answer.outcome {
                Outcome::Found(_) | Outcome::NoData if query.name.is_within(name) => return Some(true),
                // The name at the end of an alias is missing, and not this one.
                Outcome::NoSuchName if answer.aliases.is_empty() && name.is_within(&query.name) => {
                    missing = Some(false);
                }
                Outcome::NoSuchName if !answer.aliases.is_empty() && query.name.is_within(name) => {
                    return Some(true);
                }
                _ => {}
            }
        }
        missing
    }

    /// The part of the conversation that answers these questions.
    #[must_use]
    pub fn about(&self, asked: &BTreeSet<Query>) -> Self {
        let known =
            asked.iter().filter_map(|query| Some((query.clone(), self.known.get(query)?.clone()))).collect();
        Self { known, held: None }
    }

    /// The day on which a kept conversation was held, where it says so.
    #[must_use]
    pub const fn held(&self) -> Option<Day> {
        self.held
    }

    /// The same conversation with the day on which it was held.
    #[must_use]
    pub fn held_on(self, day: Option<Day>) -> Self {
        Self { held: day, ..self }
    }
}

impl FromIterator<(Query, Answer)> for Answers {
    fn from_iter<I: IntoIterator<Item = (Query, Answer)>>(pairs: I) -> Self {
        Self { known: pairs.into_iter().collect(), held: None }
    }
}

impl Extend<(Query, Answer)> for Answers {
    fn extend<I: IntoIterator<Item = (Query, Answer)>>(&mut self, pairs: I) {
        self.known.extend(pairs);
    }
}

/// One evaluation's view of the conversation. What it looks up and does not find is noted, so that a
/// [driver](super::resolve) can ask all of it at once and evaluate again.
#[derive(Debug)]
pub struct Inquiry<'a> {
    answers: &'a Answers,
    /// What stands in place of the conversation's own answers.
    instead: Option<&'a Answers>,
    given_up: Option<&'a BTreeSet<Query>>,
    asked: RefCell<BTreeSet<Query>>,
    missing: RefCell<BTreeSet<Query>>,
}

/// The answer to a question for which there was no time.
static OUT_OF_TIME: Answer = Answer::direct(Outcome::Failed(Failure::Deadline));

impl<'a> Inquiry<'a> {
    /// A view of `answers`.
    #[must_use]
    pub const fn new(answers: &'a Answers) -> Self {
        Self {
            answers,
            instead: None,
            given_up: None,
            asked: RefCell::new(BTreeSet::new()),
            missing: RefCell::new(BTreeSet::new()),
        }
    }

    /// The same view, in which these questions have failed for want of time.
    #[must_use]
    pub const fn without(mut self, given_up: &'a BTreeSet<Query>) -> Self {
        self.given_up = Some(given_up);
        self
    }

    /// The same view as if DNS gave these answers in place of its own.
    #[must_use]
    pub const fn supposing<'b>(&self, instead: &'b Answers) -> Inquiry<'b>
    where
        'a: 'b,
    {
        Inquiry {
            answers: self.answers,
            instead: Some(instead),
            given_up: self.given_up,
            asked: RefCell::new(BTreeSet::new()),
            missing: RefCell::new(BTreeSet::new()),
        }
    }

    /// Notes what an evaluation that [supposed](Self::supposing) something asked and lacked.
    pub fn note(&self, supposed: Inquiry<'_>) {
        let instead = supposed.instead;
        let (asked, missing) = supposed.finish();
        let is_own = |query: &Query| instead.is_none_or(|instead| instead.get(query).is_none());
        self.asked.borrow_mut().extend(asked.into_iter().filter(is_own));
        self.missing.borrow_mut().extend(missing);
    }

    /// The answer to `query`; `None` notes it as missing.
    pub fn ask(&self, query: Query) -> Option<&'a Answer> {
        let supposed = self.instead.and_then(|instead| instead.get(&query));
        let answer = supposed.or_else(|| self.answers.get(&query)).or_else(|| {
            self.given_up.is_some_and(|given_up| given_up.contains(&query)).then_some(&OUT_OF_TIME)
        });
        if answer.is_none() {
            self.missing.borrow_mut().insert(query.clone());
        }
        self.asked.borrow_mut().insert(query);
        answer
    }

    /// The answer to the question for the records of a type.
    pub fn records(&self, name: &DnsName, kind: RecordType) -> Option<&'a Answer> {
        self.ask(Query::records(name.clone(), kind))
    }

    /// Whether everything asked so far had an answer.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.borrow().is_empty()
    }

    /// How many different questions were asked so far.
    #[must_use]
    pub fn asked_count(&self) -> usize {
        self.asked.borrow().len()
    }

    /// What was asked, and what of it is missing.
    #[must_use]
    pub fn finish(self) -> (BTreeSet<Query>, BTreeSet<Query>) {
        (self.asked.into_inner(), self.missing.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_noted_and_failures_are_no_absence() {
        let name = DnsName::from_dotted("example.com").unwrap();
        let query = Query::records(name.clone(), RecordType::Txt);
        let mut answers = Answers::new();
        let inquiry = Inquiry::new(&answers);
        assert_eq!(inquiry.records(&name, RecordType::Txt), None);
        assert!(!inquiry.is_complete());
        let missing = inquiry.finish().1;
        assert_eq!(missing, BTreeSet::from([query.clone()]));

        let late = Inquiry::new(&answers).without(&missing);
        let answer = late.records(&name, RecordType::Txt).unwrap();
        assert_eq!(answer.failure(), Some(Failure::Deadline));
        assert!(!answer.is_absent() && late.is_complete());

        answers.insert(query, Outcome::NoSuchName.into());
        let inquiry = Inquiry::new(&answers);
        assert!(inquiry.records(&name, RecordType::Txt).unwrap().is_absent());
        assert_eq!(answers.about(&inquiry.finish().0).len(), 1);
    }
    #[test]
    fn a_name_exists_where_anything_is_found_at_it_or_below() {
        let name = |text: &str| DnsName::from_dotted(text).unwrap();
        let mut answers = Answers::new();
        let mut say = |text: &str, answer: Answer| {
            answers.insert(Query::records(name(text), RecordType::Txt), answer);
        };
        say("shop.example.com", Outcome::NoData.into());
        say("_dmarc.news.example.com", Outcome::NoData.into());
        say("gone.example.com", Outcome::NoSuchName.into());
        let away = Answer { aliases: vec![name("away.example")], ..Outcome::NoSuchName.into() };
        say("alias.example.com", away);
        for (text, exists) in [
            ("shop.example.com", Some(true)),
            ("news.example.com", Some(true)),
            ("example.com", Some(true)),
            ("gone.example.com", Some(false)),
            ("a.gone.example.com", Some(false)),
            ("alias.example.com", Some(true)),
            ("a.alias.example.com", None),
            ("other.example.com", None),
        ] {
            assert_eq!(answers.exists(&name(text)), exists, "{text}");
        }
    }
}
