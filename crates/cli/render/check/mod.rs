//! What stands in a domain's DNS around mail, and what is wrong with it.

pub(crate) mod diff;
mod many;
mod object;
mod text;

pub(super) use text::zone_line;

use whosends_core::analysis::selectors::Used;
use whosends_core::dns::DnsName;
use whosends_core::dns::check::{Finding, Posture, Severity};

use super::dns::Asked;

/// What was found out about the domains that were asked for.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// The time, in Unix seconds.
    pub(crate) generated: i64,
    /// What all of it cost.
    pub(crate) asked: Asked,
    /// The domains, in the order they were named.
    pub(crate) domains: Vec<&'a Domain>,
}

/// One domain.
#[derive(Debug)]
pub(crate) struct Domain {
    /// What was found out.
    pub(crate) posture: Posture,
    /// The selectors that reports saw, and how much mail they signed.
    pub(crate) seen: Vec<(String, Used)>,
    /// Questions that it took.
    pub(crate) queries: usize,
    /// How long it waited for answers.
    pub(crate) milliseconds: u128,
}

impl Domain {
    /// The worst that is known, in one word.
    fn status(&self) -> Status {
        Status::of_posture(&self.posture)
    }

    /// The worst of some of the findings.
    fn status_of(&self, areas: &[&str]) -> Status {
        let found = self.posture.findings.iter().filter(|finding| areas.contains(&finding.check.area()));
        found.map(Status::of).max().unwrap_or(Status::Fine)
    }

    /// What reports saw of a selector.
    fn used(&self, selector: &DnsName) -> Option<Used> {
        let is_it = |text: &str| DnsName::from_dotted(text).is_ok_and(|name| name == *selector);
        self.seen.iter().find(|(text, _)| is_it(text)).map(|(_, used)| *used)
    }

    /// How many decided findings there are of a severity.
    fn count(&self, severity: Severity) -> usize {
        self.posture.findings.iter().filter(|one| !one.temporary && one.severity == severity).count()
    }

    /// How many questions are open.
    fn undecided(&self) -> usize {
        self.posture.findings.iter().filter(|one| one.is_open()).count()
    }

    /// The findings, the worst first.
    fn worst_first(&self) -> Vec<&Finding> {
        let mut findings: Vec<_> = self.posture.findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(Status::of(finding)));
        findings
    }
}

/// A state in one word, the better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Fine,
    Warning,
    Undecided,
    Error,
}

impl Status {
    /// What a finding does to the state.
    fn of(finding: &Finding) -> Self {
        match finding.severity {
            _ if finding.is_open() => Self::Undecided,
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Fine,
        }
    }

    /// The worst that is known of a domain.
    fn of_posture(posture: &Posture) -> Self {
        match posture.worst() {
            Some(Severity::Error) => Self::Error,
            _ if posture.is_undecided() => Self::Undecided,
            Some(Severity::Warning) => Self::Warning,
            _ => Self::Fine,
        }
    }

    /// The word that stands in JSON.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Undecided => "undecided",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
