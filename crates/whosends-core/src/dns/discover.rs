//! Which DMARC policy applies to a domain: by the tree walk of RFC 9989 section 4.10, and beside it by the
//! public suffix list, as receivers of RFC 7489 do it.

use super::answer::{Answer, Failure};
use super::answers::Inquiry;
use super::name::DnsName;
use super::query::RecordType;
use super::record::dmarc::{DmarcRecord, Psd, Subject, is_dmarc};
use crate::model::words::Policy;

/// A name of so many labels or more is followed by one of [`LONG_JUMP`] labels.
const LONG: usize = 8;
const LONG_JUMP: usize = 7;

/// What stands at `_dmarc` below one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Exactly one policy record.
    Record(Box<Published>),
    /// No policy record.
    Nothing,
    /// So many policy records that they count as none.
    Several(usize),
    /// Nobody knows.
    Failed(Failure),
}

/// A policy record where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The domain it is for: `_dmarc` stands below it.
    pub domain: DnsName,
    /// The text as it stands in DNS.
    pub text: Vec<u8>,
    /// What it says.
    pub record: DmarcRecord,
}

/// A policy that applies to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Where it comes from.
    pub published: Published,
    /// Whether the domain is the record's own, or below it.
    pub subject: Subject,
}

impl Applied {
    /// The policy; `None` where the record counts as none.
    #[must_use]
    pub fn policy(&self) -> Option<Policy> {
        self.published.record.policy(self.subject)
    }
}

/// What a walk up the tree found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// The names that were asked about, the longest first, to where the walk ended.
    pub nodes: Vec<(DnsName, Node)>,
}

/// The policies that apply to a domain for receivers old and new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// The walk from the domain upwards.
    pub walk: Walk,
    /// The organizational domain by the walk (RFC 9989 section 4.10.2).
    pub organizational: DnsName,
    /// The policy by the walk; `None` where there is none, or where it can't be told.
    pub policy: Option<Applied>,
    /// Why the policy by the walk can't be told.
    pub undecided: Option<(DnsName, Failure)>,
    /// The organizational domain by the public suffix list.
    pub listed_organizational: DnsName,
    /// The policy that a receiver of RFC 7489 finds; `None` too where it can't be told.
    pub listed_policy: Option<Applied>,
    /// Why that can't be told.
    pub listed_undecided: Option<(DnsName, Failure)>,
}

/// The names that a walk from `start` asks about, `start` included: at most eight.
#[must_use]
pub fn walk_names(start: &DnsName) -> Vec<DnsName> {
    let mut names = vec![start.clone()];
    let count = start.label_count();
    let next = if count < LONG { count.saturating_sub(1) } else { LONG_JUMP };
    names.extend((1..=next).rev().map(|labels| start.rightmost(labels)));
    names
}

fn read(domain: &DnsName, answer: &Answer) -> Node {
    if let Some(failure) = answer.failure() {
        return Node::Failed(failure);
    }
    let mut texts: Vec<_> =
        answer.texts().map(super::answer::Text::joined).filter(|text| is_dmarc(text)).collect();
    match (texts.len(), texts.pop()) {
        (1, Some(text)) => match DmarcRecord::parse(&text) {
            Some(record) => Node::Record(Box::new(Published { domain: domain.clone(), text, record })),
            None => Node::Nothing,
        },
        (0, _) => Node::Nothing,
        (count, _) => Node::Several(count),
    }
}

/// What stands at `_dmarc` below `domain`; `None` while the answer is missing.
fn node(inquiry: &Inquiry<'_>, domain: &DnsName) -> Option<Node> {
    match domain.child("_dmarc") {
        Ok(name) => inquiry.records(&name, RecordType::Txt).map(|answer| read(domain, answer)),
        Err(_) => Some(Node::Nothing),
    }
}

/// Walks up from `start`; `None` while answers are missing. All names are asked at once, but for a top-level domain
/// above a name with a record of its own, for what a registry publishes there says `psd=y` and so changes nothing,
/// or above one where DNS does not answer.
#[must_use]
pub fn walk(inquiry: &Inquiry<'_>, start: &DnsName) -> Option<Walk> {
    let mut names = walk_names(start);
    if let [own, _] = names.as_slice()
        && matches!(node(inquiry, own)?, Node::Record(_) | Node::Failed(_))
    {
        names.truncate(1);
    }
    let asked: Vec<_> = names.into_iter().map(|name| (node(inquiry, &name), name)).collect();
    let mut nodes = Vec::new();
    for (node, name) in asked {
        let node = node?;
        let ends = matches!(&node, Node::Record(found) if ends_walk(found));
        nodes.push((name, node));
        if ends {
            break;
        }
    }
    Some(Walk { nodes })
}

const fn ends_walk(found: &Published) -> bool {
    matches!(found.record.psd, Some(Psd::Yes | Psd::No))
}

impl Walk {
    /// The records found, the longest name first.
    fn records(&self) -> impl DoubleEndedIterator<Item = &Published> {
        self.nodes.iter().filter_map(|(_, node)| match node {
            Node::Record(found) => Some(&**found),
            _ => None,
        })
    }

    /// The first failure on the way, and where.
    #[must_use]
    pub fn failure(&self) -> Option<(DnsName, Failure)> {
        self.nodes.iter().find_map(|(name, node)| match node {
            Node::Failed(failure) => Some((name.clone(), *failure)),
            _ => None,
        })
    }

    /// The organizational domain of the walk's start (RFC 9989 section 4.10.2).
    #[must_use]
    pub fn organizational(&self) -> DnsName {
        let start = self.nodes.first().map_or_else(DnsName::root, |(name, _)| name.clone());
        let Some(shortest) = self.records().next_back() else { return start };
        if shortest.record.psd == Some(Psd::Yes) && shortest.domain != start {
            return start.rightmost(shortest.domain.label_count() + 1);
        }
        shortest.domain.clone()
    }

    /// The record that applies to the walk's start: its own, else that of its organizational domain, else
    /// that of the public suffix above (section 4.10.1).
    fn applying(&self) -> Option<&Published> {
        let (start, own) = self.nodes.first()?;
        if let Node::Record(own) = own {
            return Some(own);
        }
        let organizational = self.organizational();
        self.records().find(|found| found.domain == organizational).or_else(|| {
            self.records().find(|found| found.record.psd == Some(Psd::Yes) && found.domain != *start)
        })
    }
}

/// Finds the policies that apply to `domain`, of which it is known whether it exists. `None` while answers
/// are missing.
#[must_use]
pub fn discover(inquiry: &Inquiry<'_>, domain: &DnsName, exists: bool) -> Option<Discovery> {
    let listed_organizational = listed_organizational(domain);
    let listed = [node(inquiry, domain), node(inquiry, &listed_organizational)];
    let walk = walk(inquiry, domain)?;
    let subject = |at: &DnsName| match (at == domain, exists) {
        (true, _) => Subject::Domain,
        (false, true) => Subject::Subdomain,
        (false, false) => Subject::NonExistent,
    };
    let own = matches!(walk.nodes.first(), Some((_, Node::Record(_))));
    let undecided = if own { None } else { walk.failure() };
    let policy = walk
        .applying()
        .filter(|_| undecided.is_none())
        .map(|published| Applied { published: published.clone(), subject: subject(&published.domain) });
    let (listed_policy, listed_undecided) = match old_policy(listed) {
        Ok(found) => (found, None),
        Err((false, failure)) => (None, Some((domain.clone(), failure))),
        Err((true, failure)) => (None, Some((listed_organizational.clone(), failure))),
    };
    let listed_policy = listed_policy.map(|published| {
        // Receivers of RFC 7489 know no `np`.
        let subject = if published.domain == *domain { Subject::Domain } else { Subject::Subdomain };
        Applied { published, subject }
    });
    Some(Discovery {
        organizational: walk.organizational(),
        walk,
        policy,
        undecided,
        listed_organizational,
        listed_policy,
        listed_undecided,
    })
}

/// What a receiver of RFC 7489 finds (section 6.6.3): the domain's record, else its organizational
/// domain's. Several records end the search. An error tells whether it was at the second name.
fn old_policy(nodes: [Option<Node>; 2]) -> Result<Option<Published>, (bool, Failure)> {
    for (second, node) in nodes.into_iter().enumerate() {
        match node {
            Some(Node::Record(found)) => return Ok(Some(*found)),
            Some(Node::Several(_)) => return Ok(None),
            Some(Node::Failed(failure)) => return Err((second == 1, failure)),
            Some(Node::Nothing) | None => {}
        }
    }
    Ok(None)
}

/// The organizational domain by the public suffix list: one label below the suffix. A suffix itself, and a
/// name that the list can't be asked about, stands for itself.
#[must_use]
pub fn listed_organizational(name: &DnsName) -> DnsName {
    let text = name.labels().collect::<Vec<_>>().join(&b'.');
    match psl::domain(&text) {
        Some(domain) => name.rightmost(domain.as_bytes().split(|&byte| byte == b'.').count()),
        None => name.clone(),
    }
}

/// Whether receivers old and new come to different policies or organizational domains.
impl Discovery {
    /// Whether the organizational domain is certain: a record above may part it from where DNS did not answer.
    #[must_use]
    pub fn knows_organization(&self) -> bool {
        self.walk.failure().is_none()
    }

    /// What differs between the two kinds of receivers, where both can be told.
    #[must_use]
    pub fn difference(&self) -> Option<Difference> {
        if !self.knows_organization() || self.undecided.is_some() || self.listed_undecided.is_some() {
            return None;
        }
        let at = |applied: &Option<Applied>| {
            applied.as_ref().map(|applied| (applied.published.domain.clone(), applied.policy()))
        };
        let (new, old) = (at(&self.policy), at(&self.listed_policy));
        let policies = new.as_ref().map(|(_, policy)| policy) != old.as_ref().map(|(_, policy)| policy);
        let has_record = self.policy.is_some() || self.listed_policy.is_some();
        if policies {
            Some(Difference::Policy)
        } else if has_record && self.organizational != self.listed_organizational {
            Some(Difference::Alignment)
        } else {
            None
        }
    }
}

/// What the two kinds of receivers differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Difference {
    /// The policy that applies.
    Policy,
    /// The organizational domain, and so which names are aligned in relaxed mode.
    Alignment,
}

#[cfg(test)]
mod tests;
