//! Terms that decide for everybody before the end of a record, and terms that name hosts and pass none of them.

use super::Context;
use super::finding::{Check, Finding, Severity};
use crate::dns::spf::{Branch, Family, Qualifier, Role, Tree, Verdict};

/// Judges the record with the last word, and those that lead to it.
pub(super) fn judge(tree: &Tree, context: &Context<'_>, findings: &mut Vec<Finding>) {
    if tree.passes_everyone() {
        return;
    }
    let mut next = Some(tree);
    while let Some(tree) = next {
        shadowed(tree, findings);
        next = tree.redirect();
    }
    let ends_here = tree.redirect().is_none();
    if ends_here {
        passes_nobody(tree, context, findings);
    }
}

/// Terms behind one that matches everybody: they never count (RFC 7208 section 4.6.2). Whoever passes there is told
/// elsewhere.
fn shadowed(tree: &Tree, findings: &mut Vec<Finding>) {
    let mut found: Vec<(usize, &Branch, Vec<Family>)> = Vec::new();
    for family in Family::BOTH {
        let Some((at, branch)) = tree.first_for_every(family) else { continue };
        if branch.role == Role::All || branch.qualifier == Some(Qualifier::Pass) {
            continue;
        }
        match found.iter_mut().find(|(other, ..)| *other == at) {
            Some((_, _, families)) => families.push(family),
            None => found.push((at, branch, vec![family])),
        }
    }
    for (at, branch, families) in found {
        let behind: Vec<_> =
            tree.branches.iter().skip(at + 1).filter(|one| one.qualifier.is_some()).collect();
        let whom = match families.as_slice() {
            [family] => format!("every {} sender", family.as_str()),
            _ => "every sender".to_owned(),
        };
        let said = branch.qualifier.map_or(Verdict::Neutral, Verdict::from);
        let message = format!(
            "`{}` matches {whom}, whose result is {said}: what stands behind it does not count for them",
            branch.text
        );
        let refuses = said == Verdict::Fail && behind.iter().any(|one| names_hosts(one));
        let severity = if refuses { Severity::Error } else { Severity::Warning };
        let finding = Finding::new(Check::SpfShadowed, severity, &tree.domain, message);
        let lines = behind.iter().map(|one| one.text.clone());
        findings.push(
            finding.evidence(lines).advise("put it behind the terms that name the own hosts, or delete it"),
        );
    }
}

fn names_hosts(branch: &Branch) -> bool {
    let names = !matches!(branch.role, Role::All | Role::Redirect | Role::Explain | Role::Unknown);
    branch.reached && names
}

/// Terms in front of which `?` or `~` stands: whom they name never passes.
fn passes_nobody(tree: &Tree, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let doubtful = |branch: &&Branch| {
        let doubts = matches!(branch.qualifier, Some(Qualifier::Neutral | Qualifier::SoftFail));
        names_hosts(branch) && doubts && !Family::BOTH.iter().any(|family| branch.matches_every(*family))
    };
    let lines: Vec<_> = tree.branches.iter().filter(doubtful).map(|branch| branch.text.clone()).collect();
    if lines.is_empty() {
        return;
    }
    let passes = |branch: &Branch| names_hosts(branch) && branch.qualifier == Some(Qualifier::Pass);
    let (severity, message) = if tree.branches.iter().any(passes) {
        (Severity::Info, "hosts that are named, and never pass")
    } else {
        (Severity::Warning, "the record names hosts, and none of them ever passes")
    };
    findings.push(
        Finding::new(Check::SpfPassesNobody, severity, context.domain, message)
            .evidence(lines)
            .advise("write the term without a sign in front, if mail from there is the own"),
    );
}
