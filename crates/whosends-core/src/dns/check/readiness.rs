//! What of a posture stands in the way of enforcing, and who it says sends.

use std::collections::BTreeSet;

use super::finding::{Check, Severity};
use super::{Finding, KeyState, Origin, Posture};
use crate::dns::DnsName;
use crate::dns::discover::listed_organizational;
use crate::dns::spf::{Branch, Role};

impl Posture {
    /// The findings that stand in the way of a stricter policy: SPF that is broken or over its limits, a policy
    /// record that is broken, in test mode, or whose reports nobody gets, and keys in use that verifiers can't have. `None` where DNS did not answer enough to
    /// say so.
    #[must_use]
    pub fn against_enforcing(&self) -> Option<Vec<&Finding>> {
        let of_records = |finding: &Finding| matches!(finding.check.area(), "spf" | "dmarc");
        // Of keys those count that reports show in use, and what DNS did not answer of them.
        let of_keys = |finding: &Finding| {
            finding.check == Check::DkimInUse || finding.check == Check::DkimDnsError && self.lacks_answers()
        };
        let concerns = |finding: &&Finding| of_records(finding) || of_keys(finding);
        if self.findings.iter().filter(concerns).any(|finding| finding.temporary) {
            return None;
        }
        let bars = |finding: &&Finding| {
            let also = [Check::DmarcTesting, Check::DmarcNoRua, Check::DmarcRuaNoMx];
            finding.severity == Severity::Error || also.contains(&finding.check)
        };
        Some(self.findings.iter().filter(concerns).filter(bars).collect())
    }

    /// Whether DNS did not answer for the key of a selector that reports saw.
    fn lacks_answers(&self) -> bool {
        let reported = self.dkim.iter().filter(|view| view.selector.origin == Origin::Reports);
        reported.into_iter().any(|view| matches!(view.state, KeyState::Failed(_)))
    }

    /// Whether it has hosts that take mail.
    #[must_use]
    pub fn takes_mail(&self) -> bool {
        // A single host without a name says that no mail is taken (RFC 7505 section 3).
        self.mx.iter().any(|host| !host.exchange.is_root())
    }

    /// Whether anything says that the domain has mail of its own: hosts that take mail, senders that SPF passes, or a
    /// key for signatures. `None` where nothing does, and DNS did not answer enough to be sure.
    #[must_use]
    pub fn speaks_for_mail(&self) -> Option<bool> {
        let has_key = self.dkim.iter().any(|view| view.is_live());
        if self.takes_mail() || self.spf.passes_somebody() || has_key {
            return Some(true);
        }
        let failed = self.dkim.iter().any(|view| matches!(view.state, KeyState::Failed(_)));
        let failed = failed || self.guesses.unanswered > 0;
        (!failed && !self.is_undecided()).then_some(false)
    }

    /// Whether a null MX says that the domain takes no mail (RFC 7505 section 3).
    #[must_use]
    pub fn has_null_mx(&self) -> bool {
        matches!(self.mx.as_slice(), [host] if host.exchange.is_root())
    }

    /// The names that the domain's SPF record includes, and those that records of its own which it leads to include.
    #[must_use]
    pub fn spf_includes(&self) -> BTreeSet<&str> {
        let own = listed_organizational(&self.domain);
        let is_own = |branch: &Branch| {
            let target = branch.target.as_deref().and_then(|target| DnsName::from_dotted(target).ok());
            target.is_some_and(|target| target.is_within(&own))
        };
        let mut found = BTreeSet::new();
        self.spf.tree.visit(&mut |tree, way| {
            if way.iter().all(|branch| is_own(branch)) {
                let includes =
                    tree.branches.iter().filter(|branch| branch.role == Role::Include && branch.reached);
                found.extend(includes.filter_map(|branch| branch.target.as_deref()));
            }
        });
        found
    }
}
