//! What to publish for a step that is ready.

use super::gates::Step;
use super::outcome::{Readiness, Verdict};
use super::silence::Proof;
use crate::dns::propose::dmarc;
use crate::dns::record::dmarc::DmarcRecord;
use crate::model::PolicyPublished;
use crate::model::words::Testing;

/// A tag of the policy record with its new value; `None` drops it.
pub type TagChange = (&'static str, Option<&'static str>);

/// What to publish for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// The tags that change.
    pub changes: Vec<TagChange>,
    /// The whole record, made from the one in DNS; `None` where that is not known, or leaves more than one meaning.
    pub record: Option<String>,
}

impl Publish {
    /// What to publish for a step, where it is ready and not in force; `record` is the domain's own in DNS, `policy`
    /// what the newest report states.
    #[must_use]
    pub fn of(readiness: &Readiness, policy: &PolicyPublished, record: Option<&[u8]>) -> Option<Self> {
        // Where nobody asked DNS, the silence of a domain is not sure enough for a record.
        let unsure = readiness.own_mail.proof() == Some(Proof::Reports { dns_asked: false });
        if readiness.verdict != Verdict::Ready || readiness.in_force || unsure {
            return None;
        }
        let is_silent = readiness.own_mail.proof().is_some();
        let stated = Stated::of(policy, record);
        let mut changes = match readiness.step {
            Step::Quarantine => vec![("p", Some("quarantine"))],
            Step::Reject => vec![("p", Some("reject"))],
            Step::Subdomains => vec![("sp", Some("reject"))],
            Step::MissingNames => vec![("np", Some("reject"))],
        };
        let drops = [
            ("t", stated.testing && readiness.step.is_about_the_domain()),
            ("pct", stated.pct && readiness.step.is_about_the_domain()),
            // Nothing below sends either: it inherits.
            ("sp", stated.sp && is_silent && readiness.step == Step::Reject),
            ("np", stated.np && is_silent && readiness.step == Step::Reject),
        ];
        changes.extend(drops.into_iter().filter(|(_, drops)| *drops).map(|(tag, _)| (tag, None)));
        let record = record.and_then(|text| dmarc::with(text, &changes));
        Some(Self { changes, record })
    }
}

/// Which of the tags that may have to go a record has.
struct Stated {
    testing: bool,
    pct: bool,
    sp: bool,
    np: bool,
}

impl Stated {
    fn of(policy: &PolicyPublished, record: Option<&[u8]>) -> Self {
        match record.and_then(DmarcRecord::parse) {
            Some(record) => Self {
                testing: record.t.is_some(),
                pct: record.removed.iter().any(|(tag, _)| tag == "pct"),
                sp: record.sp.is_some(),
                np: record.np.is_some(),
            },
            None => Self {
                testing: policy.testing == Some(Testing::Yes),
                pct: policy.pct.is_some_and(|pct| pct < 100),
                sp: policy.sp != policy.p && policy.sp.is_some(),
                np: policy.np != policy.p && policy.np.is_some(),
            },
        }
    }
}
