//! The verdicts can be had without any command line.

use std::sync::Arc;

use super::{Dns, Looked, Overall, Question};
use crate::analysis::readiness::{Step, Verdict};
use crate::answers::Context;
use crate::answers::testing::{NOW, reported};
use crate::dns::Answers;
use crate::model::{Day, Domains, Name};

#[test]
fn a_domain_of_one_report_has_not_enough_data() {
    let (store, context) = (reported(), Arc::new(Context::new(NOW)));
    let answer = Question::default().answer(&context, &store, Dns::Kept).unwrap();
    assert_eq!((answer.overall(), answer.records), (Overall::Undecided, 2));
    let domain = &answer.domains[0];
    assert_eq!((domain.shown().verdict, domain.next), (Verdict::NotEnoughData, Step::Quarantine));
    assert_eq!(domain.looked, Looked::Never);
}

#[test]
fn a_given_conversation_is_what_is_known_of_dns() {
    let (store, context) = (reported(), Arc::new(Context::new(NOW)));
    let question =
        Question { domains: Domains::asked(Name::from_stated("example.com")), ..Question::default() };
    let answer = question.answer(&context, &store, Dns::Given(Answers::new())).unwrap();
    // It answers none of the questions, and that is no reason to say that nobody looked.
    assert_eq!((answer.domains[0].looked, answer.domains[0].dns.is_none()), (Looked::Given, true));
}

#[test]
fn later_reports_are_left_out_on_demand() {
    let (store, context) = (reported(), Arc::new(Context::new(NOW)));
    let question = Question { as_of: Some(Day::of(NOW).plus(-9)), ..Question::default() };
    assert!(question.answer(&context, &store, Dns::Kept).is_err());
}
