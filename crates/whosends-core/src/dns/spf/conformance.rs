//! The public conformance suites, through answers in memory.

use crate::dns::spf::{Evaluation, Message, evaluate};
use crate::dns::testing::suite::{self, Case};
use crate::dns::testing::{settle, shared, zone::Zone};

/// What a suite asks for and how much of it came out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) results: usize,
    pub(crate) right: usize,
    pub(crate) explanations: usize,
    pub(crate) right_explanations: usize,
}

impl Score {
    /// Judges one evaluation, and says what is wrong with it.
    pub(crate) fn judge(&mut self, case: &Case, evaluation: &Evaluation) {
        let verdict = evaluation.verdict.as_str();
        self.results += 1;
        if case.results.iter().any(|result| result == verdict) {
            self.right += 1;
        } else {
            eprintln!("{}: {verdict}, not {:?}: {:?}", case.name, case.results, evaluation.problem);
        }
        if let Some(expected) = &case.explanation {
            let expected = (expected != "DEFAULT").then_some(expected);
            self.explanations += 1;
            if evaluation.explanation.as_ref() == expected {
                self.right_explanations += 1;
            } else {
                eprintln!("{}: explains with {:?}, not {expected:?}", case.name, evaluation.explanation);
            }
        }
    }
}

pub(crate) fn message(case: &Case) -> Message {
    Message::new(case.host.parse().unwrap(), case.mail_from.as_bytes(), case.helo.as_bytes())
}

fn check(zone: &Zone, case: &Case) -> Evaluation {
    let message = message(case);
    settle(zone, |inquiry| evaluate(inquiry, &message, message.sender_domain()))
}

fn run(file: &str) -> Option<Score> {
    let text = std::fs::read_to_string(shared("spf")?.join(file)).unwrap();
    let mut score = Score::default();
    for scenario in suite::read(&text) {
        let before = score.right;
        for case in &scenario.cases {
            score.judge(case, &check(&scenario.zone, case));
        }
        eprintln!("{}: {} of {}", scenario.description, score.right - before, scenario.cases.len());
    }
    Some(score)
}

#[test]
fn rfc_7208_suite() {
    let Some(score) = run("rfc7208-tests.yml") else { return };
    assert_eq!(score, Score { results: 203, right: 203, explanations: 22, right_explanations: 22 });
}

#[test]
fn rfc_4408_suite() {
    let Some(score) = run("rfc4408-tests.yml") else { return };
    assert_eq!(score, Score { results: 191, right: 191, explanations: 22, right_explanations: 22 });
}

#[test]
fn pyspf_suite() {
    // Two cases are about its lenient mode, in which the modifier `default` of early drafts still counts.
    let Some(score) = run("pyspf-test.yml") else { return };
    assert_eq!(score, Score { results: 16, right: 14, explanations: 0, right_explanations: 0 });
}
