//! What is to be said about single terms of an SPF record and of those it leads to.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::Context;
use super::finding::{Check, Finding, Severity};
use super::spf_fix::Fixes;
use crate::dns::DnsName;
use crate::dns::spf::{Branch, Net, Qualifier, Role, Tree};

/// Domains on which any customer of the provider can send, as of November 2026.
const SHARED: &[(&str, &str)] = &[
    ("_spf.createsend.com", "Campaign Monitor"),
    ("_spf.elasticemail.com", "Elastic Email"),
    ("_spf.google.com", "Google Workspace"),
    ("_spf.mailersend.net", "MailerSend"),
    ("_spf.mx.cloudflare.net", "Cloudflare Email Routing"),
    ("_spf.protonmail.ch", "Proton Mail"),
    ("_spf.salesforce.com", "Salesforce"),
    ("amazonses.com", "Amazon SES"),
    ("mail.zendesk.com", "Zendesk"),
    ("mailgun.org", "Mailgun"),
    ("mx.ovh.com", "OVH"),
    ("relay.mailchannels.net", "MailChannels"),
    ("sendgrid.net", "SendGrid"),
    ("servers.mcsv.net", "Mailchimp"),
    ("spf.brevo.com", "Brevo"),
    ("spf.mailjet.com", "Mailjet"),
    ("spf.mandrillapp.com", "Mailchimp Transactional"),
    ("spf.messagingengine.com", "Fastmail"),
    ("spf.mtasv.net", "Postmark"),
    ("spf.protection.outlook.com", "Microsoft 365"),
    ("spf.sendinblue.com", "Brevo"),
    ("zohomail.com", "Zoho"),
];

/// Ranges that no receiver ever sees mail from (RFC 6890). Addresses for documentation are left out: they
/// are harmless, and stand in every example.
const NOT_ROUTED: &[(&str, u8)] = &[
    ("0.0.0.0", 8),
    ("10.0.0.0", 8),
    ("100.64.0.0", 10),
    ("127.0.0.0", 8),
    ("169.254.0.0", 16),
    ("172.16.0.0", 12),
    ("192.168.0.0", 16),
    ("224.0.0.0", 4),
    ("240.0.0.0", 4),
    ("::", 127),
    ("fc00::", 7),
    ("fe80::", 10),
    ("ff00::", 8),
];

/// Whether nobody outside sees an address of this range.
pub(super) fn is_not_routed(net: Net) -> bool {
    NOT_ROUTED.iter().any(|(address, prefix)| {
        let outer = address.parse().ok().and_then(|address: IpAddr| Net::new(address, *prefix));
        outer.is_some_and(|outer| outer.covers(net))
    })
}

pub(super) fn judge(tree: &Tree, fixes: &Fixes, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    tree.visit(&mut |tree, way| {
        if !seen.insert(&tree.domain) {
            return;
        }
        if tree.record().is_none() {
            return;
        }
        let name = DnsName::from_dotted(&tree.domain);
        let own = way.is_empty() || name.is_ok_and(|name| name.is_within(context.organizational));
        if own {
            order(tree, fixes, findings);
            hygiene(tree, fixes, context, findings);
            ranges(tree, fixes, findings);
        }
        // Nobody passes by what only a `-include` leads to.
        let passes =
            |branch: &&Branch| branch.role == Role::Redirect || branch.qualifier == Some(Qualifier::Pass);
        if way.iter().all(passes) {
            wide(tree, own, context, findings);
        }
        for branch in tree.branches.iter().filter(|branch| branch.reached) {
            anywhere(branch, context, findings);
        }
    });
    repeated(tree, context.domain, findings);
    overlapping(tree, context.domain, findings);
}

/// The texts of branches, for a record that is rewritten without them.
fn texts<'t>(branches: impl IntoIterator<Item = &'t Branch>) -> BTreeSet<&'t str> {
    branches.into_iter().map(|branch| branch.text.as_str()).collect()
}

/// Terms that don't count for where they stand.
fn order(tree: &Tree, fixes: &Fixes, findings: &mut Vec<Finding>) {
    let domain = &tree.domain;
    let unreached = |redirect: bool| {
        let all = tree.branches.iter().filter(|branch| !branch.reached);
        texts(all.filter(|branch| (branch.role == Role::Redirect) == redirect))
    };
    let redirects = unreached(true);
    if !redirects.is_empty() {
        let message = "`redirect` does not count beside `all`";
        let finding = Finding::warning(Check::SpfRedirectIgnored, domain, message)
            .evidence(redirects.iter().copied())
            .advise("delete one of them");
        findings.push(fixes.add(finding, domain));
    }
    let after = unreached(false);
    if !after.is_empty() {
        let message = "what stands behind `all` does not count";
        let finding = Finding::warning(Check::SpfTermsAfterAll, domain, message)
            .evidence(after)
            .advise("delete it, or put it before `all`");
        findings.push(fixes.add(finding, domain));
    }
}

fn hygiene(tree: &Tree, fixes: &Fixes, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let domain = &tree.domain;
    let own = |role: Role| tree.branches.iter().find(|branch| branch.role == role && branch.reached);
    if let Some(branch) = own(Role::Ptr) {
        let message = format!("`{}` is slow, and many receivers ignore it", branch.text);
        let finding = Finding::warning(Check::SpfPtr, domain, message).advise("name the addresses instead");
        findings.push(fixes.add(finding, domain));
    }
    if let Some(branch) = own(Role::Explain).filter(|branch| branch.explains.is_none()) {
        findings.push(Finding::unheard(
            Check::SpfDnsError,
            domain,
            format!("no answer for `{}`", branch.text),
        ));
    }
    if let Some(branch) = own(Role::Explain).filter(|branch| branch.explains == Some(false)) {
        let message = format!("`{}` does not lead to one text in ASCII", branch.text);
        findings.push(
            Finding::info(Check::SpfExpBroken, domain, message)
                .advise("publish the text, or delete the term"),
        );
    }
    let dynamic: Vec<_> =
        tree.branches.iter().filter(|branch| branch.dynamic && branch.role != Role::Ptr).collect();
    if !dynamic.is_empty() {
        findings.push(
            Finding::info(Check::SpfMacro, domain, "a part of the result depends on the message")
                .evidence(dynamic.iter().map(|branch| branch.text.clone())),
        );
    }
    if let Some(branch) = tree.branches.iter().find(|branch| branch.names_sender) {
        let message = format!("`{}` tells DNS the mailbox of every sender", branch.text);
        findings.push(
            Finding::warning(Check::SpfMacroUnsafe, domain, message).advise("use `%{i}` or `%{d}` instead"),
        );
    }
    for (address, names) in context.many_names.iter().filter(|_| own(Role::Ptr).is_some()) {
        let message = format!("{address} has {names} names, and `ptr` only looks at ten of them");
        findings
            .push(Finding::info(Check::SpfPtrTooMany, domain, message).advise("name the addresses instead"));
    }
}

/// What is to be said about a term wherever it stands.
fn anywhere(branch: &Branch, context: &Context<'_>, findings: &mut Vec<Finding>) {
    for host in &branch.addressless {
        let message = format!("{host}, a mail host of `{}`, has no address", branch.text);
        findings.push(Finding::info(Check::SpfMxNoAddress, context.domain, message));
    }
    if branch.role == Role::Include
        && let Some(target) = &branch.target
        && let Some((_, provider)) = SHARED.iter().find(|(domain, _)| domain.eq_ignore_ascii_case(target))
    {
        let message = format!("every customer of {provider} can send through `{}`", branch.text);
        findings.push(
            Finding::info(Check::SpfSharedInclude, context.domain, message)
                .advise("sign with DKIM, and let DMARC decide"),
        );
    }
}

/// Ranges of addresses that are private, or written with bits that don't count.
fn ranges(tree: &Tree, fixes: &Fixes, findings: &mut Vec<Finding>) {
    let domain = &tree.domain;
    let stated = || tree.branches.iter().filter(|branch| branch.reached && branch.role == Role::Range);
    let private = texts(stated().filter(|branch| branch.nets.iter().copied().any(is_not_routed)));
    if !private.is_empty() {
        let finding = Finding::warning(Check::SpfIpPrivate, domain, "addresses that no receiver ever sees")
            .evidence(private.iter().copied())
            .advise("delete them");
        findings.push(fixes.add(finding, domain));
    }
    let odd: Vec<_> = stated()
        .flat_map(|branch| branch.nets.iter().map(move |net| (branch, net)))
        .filter(|(_, net)| net.network() != **net)
        .map(|(branch, net)| format!("{} means {}", branch.text, net.network()))
        .collect();
    if !odd.is_empty() {
        findings.push(
            Finding::info(Check::SpfHostBits, domain, "ranges with bits that don't count")
                .evidence(odd)
                .advise("write the networks"),
        );
    }
}

/// Wide ranges: a warning or an error in records of the domain's own, and elsewhere only what is so wide
/// that it can't be meant.
fn wide(tree: &Tree, own: bool, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let stated = |branch: &&Branch| {
        let passes = branch.reached && branch.qualifier == Some(Qualifier::Pass);
        passes && matches!(branch.role, Role::Range | Role::A | Role::Mx)
    };
    let mut worst = None;
    let mut lines = Vec::new();
    for branch in tree.branches.iter().filter(stated) {
        // From addresses that no receiver sees nobody sends.
        for net in branch.nets.iter().filter(|net| !is_not_routed(**net)) {
            let (wide, widest) = if net.address().is_ipv4() { (16, 8) } else { (32, 16) };
            let severity = match net.prefix() {
                prefix if prefix >= wide || !own && prefix >= widest => continue,
                prefix if prefix < widest && own => Severity::Error,
                _ => Severity::Warning,
            };
            worst = worst.max(Some(severity));
            lines.push(format!("{}: {}: {net} holds {} addresses", tree.domain, branch.text, net.size()));
        }
    }
    if let Some(severity) = worst {
        let message = "ranges so wide that strangers can send from them";
        findings.push(
            Finding::new(Check::SpfRangeTooWide, severity, context.domain, message)
                .evidence(lines)
                .advise("list what really sends"),
        );
    }
}

/// Terms that stand twice in the tree.
fn repeated(tree: &Tree, domain: &DnsName, findings: &mut Vec<Finding>) {
    let mut trees = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut twice = BTreeSet::new();
    tree.visit(&mut |tree, _| {
        // What is included twice stands there twice with all it holds: one line is enough.
        if !trees.insert(&tree.domain) {
            return;
        }
        for branch in tree.branches.iter().filter(|branch| branch.reached) {
            let host = match branch.role {
                Role::All | Role::Explain | Role::Unknown | Role::Redirect => continue,
                Role::Range => "",
                _ => branch.target.as_ref().unwrap_or(&tree.domain),
            };
            if !seen.insert(format!("{} {host}", branch.text).to_ascii_lowercase()) {
                twice.insert(branch.text.clone());
            }
        }
    });
    if !twice.is_empty() {
        let finding = Finding::info(Check::SpfDuplicateTerm, domain, "terms that stand twice");
        findings.push(finding.evidence(twice).advise("one of each is enough"));
    }
}

/// Ranges inside others of the same qualifier.
fn overlapping(tree: &Tree, domain: &DnsName, findings: &mut Vec<Finding>) {
    let mut inside = BTreeSet::new();
    for qualifier in [Qualifier::Pass, Qualifier::Fail, Qualifier::SoftFail, Qualifier::Neutral] {
        let mut nets = BTreeSet::new();
        tree.visit(&mut |tree, _| {
            let stated = |branch: &&Branch| branch.reached && branch.role == Role::Range;
            for branch in tree.branches.iter().filter(stated).filter(|one| one.qualifier == Some(qualifier)) {
                nets.extend(branch.nets.iter().map(|net| net.network()));
            }
        });
        // In order of address and then of prefix, a range comes after every range that holds it.
        let mut last: Option<Net> = None;
        for net in nets {
            match last {
                Some(outer) if outer.covers(net) => {
                    inside.insert(format!("{net} is inside {outer}"));
                }
                _ => last = Some(net),
            }
        }
    }
    if !inside.is_empty() {
        let finding = Finding::info(Check::SpfOverlappingRange, domain, "ranges inside others");
        findings.push(finding.evidence(inside).advise("keep the wider"));
    }
}
