//! What is to be said about a domain's SPF record.

use std::collections::BTreeSet;

use super::finding::{Check, Finding};
use super::spf_repair::{is_disguised_mechanism, rewritten, suggestion};
use super::{Context, spf_limits, spf_terms};
use crate::dns::record::printable;
use crate::dns::spf::{
    Branch, FaultKind, MOST_LOOKUPS, MOST_VOID_LOOKUPS, Qualifier, Role, SpfRecord, State, Tree, is_spf, tree,
};
use crate::dns::{Answer, DnsName, Inquiry, RecordType, Text};

/// A domain's SPF record and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpfView {
    /// The records as they stand in DNS, made printable. One is right.
    pub records: Vec<String>,
    /// The record and everything it leads to; what it says is the worst case.
    pub tree: Tree,
}

impl SpfView {
    /// The record, where there is exactly one.
    #[must_use]
    pub fn record(&self) -> Option<&str> {
        match self.records.as_slice() {
            [record] => Some(record),
            _ => None,
        }
    }

    /// Whether a term may pass somebody.
    #[must_use]
    pub fn passes_somebody(&self) -> bool {
        let passes = |branch: &Branch| {
            let leads_on = branch.role == Role::Redirect && branch.reached;
            leads_on || (branch.reached && branch.qualifier == Some(Qualifier::Pass))
        };
        self.records.len() > 1 || self.tree.branches.iter().any(passes)
    }

    /// Whether the domain says that nobody may send as it.
    #[must_use]
    pub fn allows_nobody(&self) -> bool {
        let only_all = |record: &SpfRecord| record.faults().is_empty() && record.terms().len() == 1;
        self.tree.record().is_some_and(only_all) && self.tree.last_word() == Some(Qualifier::Fail)
    }
}

/// What DNS says about SPF.
pub(super) struct Facts<'a> {
    answer: &'a Answer,
    old_type: &'a Answer,
    pub(super) view: SpfView,
}

/// Looks everything up; `None` while answers are missing.
pub(super) fn look<'a>(inquiry: &Inquiry<'a>, domain: &DnsName) -> Option<Facts<'a>> {
    let answer = inquiry.records(domain, RecordType::Txt);
    let old_type = inquiry.records(domain, RecordType::Spf);
    let tree = tree(inquiry, domain);
    let (answer, old_type) = (answer?, old_type?);
    let texts = answer.texts().map(Text::joined).filter(|text| is_spf(text));
    let records = texts.map(|text| printable(&text)).collect();
    Some(Facts { answer, old_type, view: SpfView { records, tree: tree? } })
}

/// Judges what was found.
pub(super) fn judge(facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let domain = context.domain;
    if let Some(failure) = facts.answer.failure() {
        findings.push(Finding::undecided(Check::SpfDnsError, domain, failure));
        return;
    }
    size(facts.answer, domain, findings);
    if !facts.old_type.records().is_empty() {
        findings.push(
            Finding::warning(
                Check::SpfType99,
                domain,
                "a record of the type SPF, which nobody asks for any more",
            )
            .advise("delete it: only TXT counts"),
        );
    }
    let texts: Vec<_> = facts.answer.texts().map(Text::joined).collect();
    match facts.view.records.len() {
        0 => {
            lookalikes(&texts, domain, findings);
            findings.push(missing(context));
        }
        1 => {
            if let Some(record) = facts.view.tree.record() {
                whole(record, facts, context, findings);
            }
        }
        count => findings.push(
            Finding::error(
                Check::SpfMultiple,
                domain,
                format!("{count} SPF records: receivers reject the lot"),
            )
            .evidence(facts.view.records.clone())
            .advise("merge them into one record"),
        ),
    }
}

fn missing(context: &Context<'_>) -> Finding {
    let sends = context.has_mail_hosts;
    let finding = Finding::error(Check::SpfMissing, context.domain, "no SPF record");
    if sends {
        finding
            .advise("name every host that sends mail for the domain, and end with `-all` or `~all`")
            .publish(context.domain, "TXT", "v=spf1 mx ~all")
    } else {
        finding.advise("a domain that sends no mail says so").publish(context.domain, "TXT", "v=spf1 -all")
    }
}

fn size(answer: &Answer, domain: &DnsName, findings: &mut Vec<Finding>) {
    let total: usize = answer.texts().map(Text::wire_size).sum();
    if total > 1232 {
        findings.push(
            Finding::warning(
                Check::SpfTxtRrsetLarge,
                domain,
                format!("{total} bytes of TXT records: they need TCP"),
            )
            .advise("delete verification texts that are no longer needed"),
        );
    } else if total > 512 {
        findings.push(Finding::info(
            Check::SpfTxtRrsetLarge,
            domain,
            format!("{total} bytes of TXT records"),
        ));
    }
    for text in answer.texts().map(Text::joined).filter(|text| is_spf(text)) {
        // The guideline counts the name and all text at it; the record alone is what its owner can change.
        if text.len() > 450 {
            findings.push(
                Finding::warning(
                    Check::SpfRecordTooLarge,
                    domain,
                    format!("the record has {} bytes", text.len()),
                )
                .advise("keep it below 450 bytes: move a part of it to a second name, and include that"),
            );
        }
    }
}

/// Texts that were probably meant as SPF records.
fn lookalikes(texts: &[Vec<u8>], domain: &DnsName, findings: &mut Vec<Finding>) {
    for text in texts {
        let start = text.iter().position(u8::is_ascii_alphanumeric).unwrap_or(text.len());
        let bare = text.get(start..).unwrap_or_default();
        let compact: Vec<u8> =
            bare.iter().filter(|byte| !byte.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect();
        let reason = if start > 0 && is_spf(bare) {
            "something stands before the version"
        } else if compact.starts_with(b"spf2.0/") {
            "Sender ID is no SPF"
        } else if compact.starts_with(b"v=spf1")
            || compact.starts_with(b"spf1")
            || compact.starts_with(b"v=spf")
        {
            "the version is not exactly `v=spf1`, followed by a blank"
        } else {
            continue;
        };
        let finding =
            Finding::warning(Check::SpfLookalike, domain, format!("a text that is ignored: {reason}"))
                .evidence([printable(text)]);
        let repaired = printable(bare).trim_end_matches(['"', '\'', ' ']).to_owned();
        findings.push(if is_spf(bare) { finding.publish(domain, "TXT", repaired) } else { finding });
    }
}

/// Judges a single record.
fn whole(record: &SpfRecord, facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let tree = &facts.view.tree;
    let sound = record.faults().is_empty();
    if !sound {
        faults(record, facts.answer, context.domain, findings);
    }
    disguised(record, context.domain, findings);
    targets(tree, context, findings);
    spf_limits::limits(tree, context.domain, findings);
    if sound {
        spf_limits::last_word(tree, context, findings);
        spf_terms::judge(tree, context, findings);
    }
}

fn faults(record: &SpfRecord, answer: &Answer, domain: &DnsName, findings: &mut Vec<Finding>) {
    let (twice, broken): (Vec<_>, Vec<_>) =
        record.faults().iter().partition(|fault| fault.kind() == FaultKind::Repeated);
    if let Some(first) = twice.first() {
        let message = format!("`{}` stands twice: receivers reject the record", record.shown(first.span()));
        findings.push(Finding::error(Check::SpfModifierTwice, domain, message).advise("keep one"));
    }
    if broken.is_empty() {
        return;
    }
    let lines = broken.iter().map(|fault| {
        let term = record.shown(fault.span());
        let better =
            suggestion(&term).map(|better| format!("; meant is probably `{better}`")).unwrap_or_default();
        format!("byte {}: `{term}`: {}{better}", fault.span().start, fault.kind())
    });
    let terms: BTreeSet<_> = broken.iter().map(|fault| record.shown(fault.span())).collect();
    let repaired =
        rewritten(record, |term| if terms.contains(term) { suggestion(term) } else { Some(term.to_owned()) });
    let all = terms.iter().all(|term| suggestion(term).is_some());
    let finding =
        Finding::error(Check::SpfSyntax, domain, "syntax error: receivers reject the record").evidence(lines);
    findings.push(if all {
        finding.advise("correct the terms").publish(domain, "TXT", repaired)
    } else {
        finding.advise("correct or delete the terms")
    });
    if let Some(joined) = with_spaces(answer) {
        findings.push(
            Finding::error(
                Check::SpfSplitMissingSpace,
                domain,
                "the record is split into strings, and a blank is missing where two of them meet",
            )
            .advise("strings are joined with nothing between: end each with a blank")
            .publish(domain, "TXT", joined),
        );
    }
}

/// The record with a blank between its strings, where that makes it sound.
fn with_spaces(answer: &Answer) -> Option<String> {
    let text = answer.texts().find(|text| is_spf(&text.joined()))?;
    let strings: Vec<&[u8]> = text.0.iter().map(|string| &**string).collect();
    let splits = 1..strings.len();
    let one_blank = splits.map(|at| {
        let (before, after) = strings.split_at(at);
        [&before.concat()[..], b" ", &after.concat()].concat()
    });
    let everywhere = (strings.len() > 1).then(|| strings.join(&b' '));
    let sound = |text: &Vec<u8>| SpfRecord::parse(text).is_some_and(|record| record.faults().is_empty());
    one_blank.chain(everywhere).find(sound).map(|text| printable(&text))
}

fn disguised(record: &SpfRecord, domain: &DnsName, findings: &mut Vec<Finding>) {
    let terms: Vec<_> = record.terms().iter().map(|term| record.shown(term.span())).collect();
    let disguised: Vec<_> = terms.into_iter().filter(|term| is_disguised_mechanism(term)).collect();
    if disguised.is_empty() {
        return;
    }
    let repaired = rewritten(record, |term| {
        if is_disguised_mechanism(term) { suggestion(term) } else { Some(term.to_owned()) }
    });
    findings.push(
        Finding::error(Check::SpfSyntax, domain, "a mechanism is written with `=`: receivers ignore it")
            .evidence(disguised)
            .advise("write a colon")
            .publish(domain, "TXT", repaired),
    );
}

/// What is wrong with the records that includes and redirects lead to.
fn targets(tree: &Tree, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut seen = Vec::new();
    tree.visit(&mut |tree, way| {
        let Some(last) = way.last() else { return };
        if seen.contains(&(&tree.domain, last.role)) {
            return;
        }
        seen.push((&tree.domain, last.role));
        let by = way.iter().map(|branch| branch.text.clone()).collect::<Vec<_>>().join(" > ");
        findings.extend(target(tree, last.role, &by, context));
    });
    let mut failed = Vec::new();
    tree.visit(&mut |tree, _| {
        for (query, failure) in tree.branches.iter().flat_map(|branch| &branch.failed) {
            if !failed.contains(&query) {
                failed.push(query);
                findings.push(Finding::undecided(Check::SpfDnsError, query, failure));
            }
        }
    });
}

fn target(tree: &Tree, role: Role, by: &str, context: &Context<'_>) -> Option<Finding> {
    let domain = &tree.domain;
    let redirect = role == Role::Redirect;
    let broken = |what: String| {
        Finding::error(Check::SpfIncludePermerror, domain, what)
            .evidence([by])
            .advise(format!("the record at {domain} has to be repaired, or left out"))
    };
    match &tree.state {
        State::NoRecord | State::NotADomain => {
            let (check, what) = if redirect {
                (Check::SpfRedirectNone, "redirected to")
            } else {
                (Check::SpfIncludeNone, "included")
            };
            let message = format!("{domain} is {what}, but has no SPF record: receivers reject the whole");
            Some(
                Finding::error(check, domain, message)
                    .evidence([by])
                    .advise("remove the term, or correct its target"),
            )
        }
        State::Several(texts) => Some(broken(format!("{domain} has {} SPF records", texts.len()))),
        State::Failed(failure) => {
            Some(Finding::undecided(Check::SpfDnsError, domain, failure).evidence([by]))
        }
        State::Loop(path) => Some(
            Finding::error(Check::SpfLoop, context.domain, "the record leads back to itself")
                .evidence([path.join(" > ")])
                .advise("remove the term that closes the circle"),
        ),
        State::Record(record) => match record.faults().first() {
            Some(fault) => {
                let term = record.shown(fault.span());
                Some(broken(format!("{domain} has a syntax error: `{term}`: {}", fault.kind())))
            }
            None => exceeded(tree).map(broken),
        },
        State::Cut => None,
    }
}

/// Which limit a record breaks by itself, and not only together with those that lead to it.
fn exceeded(tree: &Tree) -> Option<String> {
    let over = |tree: &Tree| tree.lookups() > MOST_LOOKUPS || tree.void_lookups() > MOST_VOID_LOOKUPS;
    let below = tree.branches.iter().filter_map(|branch| branch.child.as_deref()).any(over);
    let (domain, lookups, voids) = (&tree.domain, tree.lookups(), tree.void_lookups());
    (over(tree) && !below).then(|| {
        if lookups > MOST_LOOKUPS {
            format!("{domain} alone asks DNS by {lookups} terms, and {MOST_LOOKUPS} may")
        } else {
            format!("{domain} alone asks DNS in vain by {voids} terms, and {MOST_VOID_LOOKUPS} may")
        }
    })
}
