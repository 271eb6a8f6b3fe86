//! Fetching ahead: asking early what a check will probably need, so that questions go out together.
//!
//! Nothing is decided or counted here. A term whose macros name the sender or the address is left alone:
//! it may only be asked when it is reached.

use std::collections::{BTreeSet, VecDeque};

use super::super::answers::Inquiry;
use super::super::name::DnsName;
use super::super::query::RecordType;
use super::macros::Scope;
use super::message::{Message, checkable};
use super::record::{DomainSpec, Mechanism, SpfRecord, Term, TermBody};
use super::validated::address_type;
use super::{MOST_LOOKUPS, MOST_NAMES, records_of};

/// Asks what the records from `domain` on lead to, as far as answers are known. No more terms are followed
/// than a valid tree of records can have.
pub(super) fn fetch(inquiry: &Inquiry<'_>, message: &Message, domain: &[u8]) {
    let mut followed = 0;
    let mut seen = BTreeSet::new();
    let mut waiting = VecDeque::from([domain.to_vec()]);
    while let Some(domain) = waiting.pop_front() {
        let Some(name) = checkable(&domain) else { continue };
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some(answer) = inquiry.records(&name, RecordType::Txt) else { continue };
        let [text] = &*records_of(answer) else { continue };
        let Some(record) = SpfRecord::parse(text) else { continue };
        let scope = Scope { message, domain: &domain, validated: b"" };
        for term in record.terms() {
            let ends = matches!(term.body, TermBody::Directive(_, Mechanism::All));
            if ends || followed > MOST_LOOKUPS {
                break;
            }
            if let Some(target) = follow(inquiry, &scope, term) {
                waiting.push_back(target);
            }
            followed += u32::from(counts(term));
        }
    }
}

const fn counts(term: &Term) -> bool {
    match &term.body {
        TermBody::Directive(_, mechanism) => mechanism.is_counted(),
        TermBody::Redirect(_) => true,
        TermBody::Explain(_) | TermBody::Unknown => false,
    }
}

/// Asks what one term needs, and returns the domain of the record it leads to.
fn follow(inquiry: &Inquiry<'_>, scope: &Scope<'_>, term: &Term) -> Option<Vec<u8>> {
    let foreseen = |spec: &DomainSpec| spec.0.needs_no_message().then(|| spec.target(scope));
    let host = |spec: &Option<DomainSpec>| match spec {
        Some(spec) => foreseen(spec).and_then(|domain| DnsName::from_dotted(domain).ok()),
        None => DnsName::from_dotted(scope.domain).ok(),
    };
    match &term.body {
        TermBody::Redirect(target) | TermBody::Directive(_, Mechanism::Include(target)) => foreseen(target),
        TermBody::Directive(_, Mechanism::A(target, _)) => {
            inquiry.records(&host(target)?, address_type(scope.message.ip()));
            None
        }
        TermBody::Directive(_, Mechanism::Exists(target)) => {
            inquiry.records(&DnsName::from_dotted(foreseen(target)?).ok()?, RecordType::A);
            None
        }
        TermBody::Directive(_, Mechanism::Mx(target, _)) => {
            let answer = inquiry.records(&host(target)?, RecordType::Mx)?;
            for (_, exchange) in answer.exchanges().into_iter().take(MOST_NAMES) {
                if !exchange.is_root() {
                    inquiry.records(exchange, address_type(scope.message.ip()));
                }
            }
            None
        }
        _ => None,
    }
}
