//! The public conformance suites, through answers in memory and through a server on loopback.

use std::any::Any;

use crate::dns::resolve::{Bounds, Immediate, Resolver, drive};
use crate::dns::spf::{Evaluation, Message, evaluate};
use crate::dns::testing::shared;
use crate::dns::testing::suite::{self, Case};
use crate::dns::testing::zone::Zone;
use crate::dns::{Answers, Query};

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

/// Makes every check of a suite with a resolver for each of its zones, and whatever keeps that going.
fn run(file: &str, resolver_for: impl Fn(&Zone) -> (Box<dyn Resolver>, Box<dyn Any>)) -> Option<Score> {
    let text = std::fs::read_to_string(shared("spf")?.join(file)).unwrap();
    let mut score = Score::default();
    for scenario in suite::read(&text) {
        let before = score.right;
        let (mut resolver, _server) = resolver_for(&scenario.zone);
        let mut answers = Answers::new();
        for case in &scenario.cases {
            let message = message(case);
            let settled = drive(&mut *resolver, &mut answers, &Bounds::default(), |inquiry| {
                evaluate(inquiry, &message, message.sender_domain())
            });
            score.judge(case, &settled.value.unwrap());
        }
        eprintln!("{}: {} of {}", scenario.description, score.right - before, scenario.cases.len());
    }
    eprintln!("{file}: {score:?}");
    Some(score)
}

fn in_memory(zone: &Zone) -> (Box<dyn Resolver>, Box<dyn Any>) {
    let zone = zone.clone();
    (Box::new(Immediate::new(move |query: &Query| zone.answer(query))), Box::new(()))
}

/// All that the RFC 7208 suite asks for.
const WHOLE: Score = Score { results: 203, right: 203, explanations: 22, right_explanations: 22 };

#[test]
fn rfc_7208_suite() {
    let Some(score) = run("rfc7208-tests.yml", in_memory) else { return };
    assert_eq!(score, WHOLE);
}

#[cfg(feature = "live-dns")]
#[test]
fn rfc_7208_suite_over_real_dns() {
    use crate::dns::live::{Live, LiveOptions, NameServer};
    use crate::dns::testing::server::Server;
    let on_loopback = |zone: &Zone| -> (Box<dyn Resolver>, Box<dyn Any>) {
        let server = Server::start(zone.clone(), std::time::Duration::ZERO);
        let servers = vec![NameServer::Plain(server.address())];
        (Box::new(Live::new(LiveOptions { servers, ..LiveOptions::default() }).unwrap()), Box::new(server))
    };
    let Some(score) = run("rfc7208-tests.yml", on_loopback) else { return };
    assert_eq!(score, WHOLE);
}

#[test]
fn rfc_4408_suite() {
    let Some(score) = run("rfc4408-tests.yml", in_memory) else { return };
    assert_eq!(score, Score { results: 191, right: 191, explanations: 22, right_explanations: 22 });
}

#[test]
fn pyspf_suite() {
    // Two cases are about its lenient mode, in which the modifier `default` of early drafts still counts.
    let Some(score) = run("pyspf-test.yml", in_memory) else { return };
    assert_eq!(score, Score { results: 16, right: 14, explanations: 0, right_explanations: 0 });
}
