//! What is to be said about a domain's SPF record.

use super::finding::{Check, Finding};
use super::spf_fix::{self, Fixes, Lookalike};
use super::{Context, spf_everybody, spf_limits, spf_terms};
use crate::dns::propose::{is_disguised_mechanism, suggestion};
use crate::dns::record::printable;
use crate::dns::spf::{
    Branch, FaultKind, MOST_LOOKUPS, MOST_VOID_LOOKUPS, Qualifier, Role, SpfRecord, State, Tree, is_spf, tree,
};
use crate::dns::{Answer, DnsName, Failure, Inquiry, RecordType, Text};

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

    /// Whether somebody may pass, as far as can be told: not where the terms that name hosts find none.
    #[must_use]
    pub fn may_pass_somebody(&self) -> bool {
        let finds = |branch: &Branch| {
            let hosts = matches!(branch.role, Role::A | Role::Mx);
            let nothing = branch.void == Some(true) || branch.failed.is_empty() && branch.nets.is_empty();
            !(hosts && !branch.dynamic && nothing)
        };
        let passes = |branch: &Branch| {
            let leads_on = branch.role == Role::Redirect && branch.reached;
            leads_on || branch.reached && branch.qualifier == Some(Qualifier::Pass) && finds(branch)
        };
        let unknown = matches!(self.tree.state, State::Failed(_)) || self.records.len() > 1;
        unknown || self.tree.branches.iter().any(passes)
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
    /// Texts that were probably meant as a record, where there is none.
    lookalikes: Vec<Lookalike>,
    fixes: Fixes,
    pub(super) view: SpfView,
}

impl Facts<'_> {
    /// Whether anything may name senders: a record that may pass somebody, or a text that was meant as one.
    pub(super) fn may_name_senders(&self) -> bool {
        !self.lookalikes.is_empty() || self.view.may_pass_somebody()
    }

    /// Why it is not known whom the record names.
    pub(super) fn silence(&self) -> Option<Failure> {
        let mut silent = self.answer.failure();
        self.view.tree.visit(&mut |tree, _| {
            if let State::Failed(failure) = tree.state {
                silent.get_or_insert(failure);
            }
            if let Some((_, failure)) = tree.branches.iter().flat_map(|branch| &branch.failed).next() {
                silent.get_or_insert(*failure);
            }
        });
        silent
    }

    /// Whether a record can be published at the domain itself: not beside an alias.
    pub(super) fn is_alias(&self) -> bool {
        !self.answer.aliases.is_empty()
    }
}

/// Looks everything up; `None` while answers are missing.
pub(super) fn look<'a>(inquiry: &Inquiry<'a>, domain: &DnsName, registered: &DnsName) -> Option<Facts<'a>> {
    let answer = inquiry.records(domain, RecordType::Txt);
    let old_type = inquiry.records(domain, RecordType::Spf);
    let tree = tree(inquiry, domain);
    let (answer, old_type) = (answer?, old_type?);
    let texts = answer.texts().map(Text::joined).filter(|text| is_spf(text));
    let records: Vec<_> = texts.map(|text| printable(&text)).collect();
    let lookalikes = if records.is_empty() { spf_fix::lookalikes(answer) } else { Vec::new() };
    let tree = tree?;
    let fixes = spf_fix::look(inquiry, (domain, registered), &tree, &lookalikes)?;
    Some(Facts { answer, old_type, lookalikes, fixes, view: SpfView { records, tree } })
}

/// Judges what was found.
pub(super) fn judge(facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let domain = context.domain;
    if let Some(failure) = facts.answer.failure() {
        findings.push(Finding::undecided(Check::SpfDnsError, domain, failure));
        return;
    }
    if let Some(failure) = facts.old_type.failure() {
        findings.push(Finding::unheard(Check::SpfDnsError, format!("{domain} SPF"), failure));
    }
    size(facts.answer, domain, findings);
    if !facts.old_type.records().is_empty() {
        findings.push(
            Finding::info(
                Check::SpfType99,
                domain,
                "a record of the type SPF, which nobody asks for any more",
            )
            .advise("delete it: only TXT counts"),
        );
    }
    match facts.view.records.len() {
        0 => {
            lookalikes(facts, domain, findings);
            findings.push(missing(facts, context));
        }
        1 => {
            if let Some(record) = facts.view.tree.record() {
                whole(record, facts, context, findings);
            }
        }
        count => {
            let message = format!("{count} SPF records: receivers reject the lot");
            let finding = Finding::error(Check::SpfMultiple, domain, message)
                .evidence(facts.view.records.clone())
                .advise("merge them into one record");
            findings.push(facts.fixes.add(finding, domain));
        }
    }
}

fn missing(facts: &Facts<'_>, context: &Context<'_>) -> Finding {
    let domain = context.domain;
    let finding = Finding::error(Check::SpfMissing, domain, "no SPF record");
    if !facts.lookalikes.is_empty() {
        return facts
            .fixes
            .add(finding.advise("write the text that was meant as one so that it counts"), domain);
    }
    // Beside an alias nothing may stand, and to publish something makes a name exist.
    let can_stand = context.exists && facts.answer.aliases.is_empty();
    if context.parked {
        let finding = finding.advise("a domain that sends no mail says so");
        return if can_stand { finding.publish(domain, "TXT", "v=spf1 -all") } else { finding };
    }
    let finding =
        finding.advise("name every host that sends mail for the domain, and end with `-all` or `~all`");
    let has_hosts = can_stand && context.has_mail_hosts;
    if has_hosts { finding.publish(domain, "TXT", "v=spf1 mx ~all") } else { finding }
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
fn lookalikes(facts: &Facts<'_>, domain: &DnsName, findings: &mut Vec<Finding>) {
    for one in &facts.lookalikes {
        let message = format!("a text that is ignored: {}", one.reason);
        let finding = Finding::warning(Check::SpfLookalike, domain, message).evidence([one.text.clone()]);
        findings.push(facts.fixes.add(finding, domain));
    }
}

/// Judges a single record.
fn whole(record: &SpfRecord, facts: &Facts<'_>, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let tree = &facts.view.tree;
    let sound = record.faults().is_empty();
    if !sound {
        faults(record, facts, context.domain, findings);
    }
    disguised(record, facts, context.domain, findings);
    targets(tree, context, findings);
    spf_limits::limits(tree, context.domain, findings);
    if sound {
        spf_limits::last_word(tree, facts.silence().is_some(), &facts.fixes, context, findings);
        spf_everybody::judge(tree, context, findings);
        spf_terms::judge(tree, &facts.fixes, context, findings);
    }
}

fn faults(record: &SpfRecord, facts: &Facts<'_>, domain: &DnsName, findings: &mut Vec<Finding>) {
    let (twice, broken): (Vec<_>, Vec<_>) =
        record.faults().iter().partition(|fault| fault.kind() == FaultKind::Repeated);
    if let Some(first) = twice.first() {
        let message = format!("`{}` stands twice: receivers reject the record", record.shown(first.span()));
        let finding = Finding::error(Check::SpfModifierTwice, domain, message).advise("keep one");
        findings.push(facts.fixes.add(finding, domain));
    }
    if broken.is_empty() {
        return;
    }
    let lines = broken.iter().map(|fault| {
        let term = record.text().get(fault.span()).unwrap_or_default();
        let better = std::str::from_utf8(term).ok().and_then(suggestion);
        let better = better.map(|better| format!("; meant is probably `{better}`")).unwrap_or_default();
        format!("byte {}: `{}`: {}{better}", fault.span().start, printable(term), fault.kind())
    });
    let finding =
        Finding::error(Check::SpfSyntax, domain, "syntax error: receivers reject the record").evidence(lines);
    let finding = finding.advise("correct or delete the terms");
    findings.push(facts.fixes.add(finding, domain));
    if spf_fix::with_spaces(facts.answer).is_some() {
        let finding = Finding::error(
            Check::SpfSplitMissingSpace,
            domain,
            "the record is split into strings, and a blank is missing where two of them meet",
        )
        .advise("strings are joined with nothing between: end each with a blank");
        findings.push(facts.fixes.add(finding, domain));
    }
}

fn disguised(record: &SpfRecord, facts: &Facts<'_>, domain: &DnsName, findings: &mut Vec<Finding>) {
    let terms: Vec<_> = record.terms().iter().map(|term| record.shown(term.span())).collect();
    let disguised: Vec<_> = terms.into_iter().filter(|term| is_disguised_mechanism(term)).collect();
    if disguised.is_empty() {
        return;
    }
    let finding =
        Finding::error(Check::SpfSyntax, domain, "a mechanism is written with `=`: receivers ignore it")
            .evidence(disguised)
            .advise("write a colon");
    findings.push(facts.fixes.add(finding, domain));
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
