//! Which findings came, and which went, from one time to another.

use super::Posture;
use super::finding::Finding;
use crate::dns::{Answers, DnsName};

impl Posture {
    /// The findings that were not there `before`, in a posture that was decided from the answers
    /// `asked_before`. What could not be told then has not appeared: where DNS did not answer for its area, and
    /// where its DKIM selector was not looked for.
    #[must_use]
    pub fn appeared_since(&self, before: &Self, asked_before: &Answers) -> Vec<Finding> {
        let was_open = |finding: &Finding| {
            before.findings.iter().any(|one| one.temporary && one.check.area() == finding.check.area())
        };
        let was_looked_for = |finding: &Finding| {
            finding.check.area() != "dkim"
                || DnsName::from_escaped(&finding.subject)
                    .is_ok_and(|name| asked_before.iter().any(|(query, _)| query.name == name))
        };
        let is_new = |finding: &&Finding| {
            !finding.temporary
                && !before.findings.iter().any(|one| is_same(one, finding))
                && !was_open(finding)
                && was_looked_for(finding)
        };
        self.findings.iter().filter(is_new).cloned().collect()
    }
}

/// Whether two findings say the same, if perhaps in other words.
fn is_same(one: &Finding, two: &Finding) -> bool {
    !one.temporary && one.check == two.check && one.subject == two.subject && one.severity == two.severity
}
