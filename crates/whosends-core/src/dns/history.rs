//! Conversations held one after another: what is to be kept of each, and what changed from one to the next.

use std::fmt;

use super::answer::{Answer, Failure, Outcome, PolicyDocument, RecordData, Security};
use super::answers::Answers;
use super::query::Query;
use super::record::printable;

impl Failure {
    /// Whether it says something of what was asked, and not only of the moment: the same question soon has
    /// the same answer.
    #[must_use]
    pub const fn is_lasting(self) -> bool {
        match self {
            Self::AliasLoop | Self::Certificate | Self::TooLong => true,
            Self::HttpStatus(status) => status < 500,
            _ => false,
        }
    }
}

impl Answer {
    /// Whether it says what is the case, if only that there is nothing.
    #[must_use]
    pub fn is_told(&self) -> bool {
        match &self.outcome {
            Outcome::Failed(failure) => failure.is_lasting(),
            Outcome::Found(_) => self.security() != Some(Security::Unknown),
            Outcome::NoData | Outcome::NoSuchName | Outcome::Bogus => true,
        }
    }

    /// Whether both say the same. The order of records says nothing, and the serial number of a zone nothing of
    /// what was asked.
    fn says_what(&self, other: &Self) -> bool {
        let (one, two) = (&self.outcome, &other.outcome);
        self.aliases == other.aliases
            && self.authenticated == other.authenticated
            && match (one, two) {
                (Outcome::Found(one), Outcome::Found(two)) => sorted(one) == sorted(two),
                _ => one == two,
            }
    }
}

impl Answers {
    /// What is to be kept after this conversation where `earlier` was kept before: `earlier` itself where
    /// nothing changed, so that a question that was not asked this time is not forgotten; else this one. A
    /// question that failed this time keeps its earlier answer. `None` where nothing was answered at all.
    #[must_use]
    pub fn kept_after(&self, earlier: &Self) -> Option<Self> {
        if !self.iter().any(|(_, answer)| answer.is_told()) {
            return None;
        }
        let kept: Self = self
            .iter()
            .map(|(query, answer)| {
                let before =
                    earlier.get(query).filter(|before| !answer.is_told() || before.says_what(answer));
                (query.clone(), before.unwrap_or(answer).clone())
            })
            .collect();
        let changed = kept.iter().any(|(query, answer)| earlier.get(query) != Some(answer));
        Some(if changed { kept } else { earlier.clone() })
    }

    /// Adds what a later conversation tells, in place of what was told before.
    pub fn learn(&mut self, later: &Self) {
        let told = later.iter().filter(|(_, answer)| answer.is_told());
        self.extend(told.map(|(query, answer)| (query.clone(), answer.clone())));
    }

    /// What changed from this conversation to a later one: only what both tell.
    #[must_use]
    pub fn changes(&self, later: &Self) -> Vec<RecordChange> {
        let both = later.iter().filter_map(|(query, after)| Some((query, self.get(query)?, after)));
        both.filter(|(_, before, after)| before.is_told() && after.is_told())
            .filter_map(|(query, before, after)| RecordChange::between(query, before, after))
            .collect()
    }

    /// The questions that were asked and not answered, with the reason. What the resolver can't ask at all is
    /// none of them.
    pub fn untold(&self) -> impl Iterator<Item = (&Query, Failure)> {
        let open = self.iter().filter(|(_, answer)| !answer.is_told());
        open.filter_map(|(query, answer)| Some((query, answer.failure()?)))
            .filter(|(_, failure)| *failure != Failure::Unsupported)
    }
}

/// What changed in the answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// What was asked.
    pub query: Query,
    /// What was there and is not any more, made printable.
    pub before: Vec<String>,
    /// What is there and was not before.
    pub after: Vec<String>,
    /// In one word.
    pub kind: ChangeKind,
}

/// What became of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// There was none of the kind before.
    New,
    /// There is none of the kind any more.
    Gone,
    /// Some came, went, or were replaced.
    Changed,
}

impl ChangeKind {
    /// The word that stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }
}

impl RecordChange {
    fn between(query: &Query, before: &Answer, after: &Answer) -> Option<Self> {
        let (old, new) = (told(before), told(after));
        let kind = match (old.is_empty(), new.is_empty()) {
            (true, false) => ChangeKind::New,
            (false, true) => ChangeKind::Gone,
            _ => ChangeKind::Changed,
        };
        let before: Vec<_> = old.iter().filter(|one| !new.contains(one)).cloned().collect();
        let after: Vec<_> = new.into_iter().filter(|one| !old.contains(one)).collect();
        if before.is_empty() && after.is_empty() {
            return None;
        }
        Some(Self { query: query.clone(), before, after, kind })
    }
}

/// What an answer says, line by line; nothing where there is nothing.
fn told(answer: &Answer) -> Vec<String> {
    let alias = answer.aliases.last().map(|name| format!("alias of {name}"));
    let said = match &answer.outcome {
        Outcome::Found(records) => lines(records),
        Outcome::Failed(failure) => vec![failure.to_string()],
        Outcome::Bogus => vec!["DNSSEC validation fails".to_owned()],
        Outcome::NoData | Outcome::NoSuchName => Vec::new(),
    };
    alias.into_iter().chain(said).collect()
}

fn lines(records: &[RecordData]) -> Vec<String> {
    let mut lines = Vec::new();
    for record in records {
        match record {
            RecordData::Policy(document) => lines.extend(policy_lines(document)),
            record => lines.push(Shown(record).to_string()),
        }
    }
    lines.sort();
    lines
}

fn sorted(records: &[RecordData]) -> Vec<String> {
    let exact = |record: &RecordData| match record {
        // What cannot be shown counts too.
        RecordData::Txt(text) | RecordData::Spf(text) => format!("{text:?}"),
        RecordData::Policy(document) => format!("{document:?}"),
        record => Shown(record).to_string(),
    };
    let mut lines: Vec<_> = records.iter().map(exact).collect();
    lines.sort();
    lines
}

fn policy_lines(document: &PolicyDocument) -> impl Iterator<Item = String> {
    let lines = document.body.split(|&byte| byte == b'\n').map(|line| printable(line.trim_ascii_end()));
    lines.filter(|line| !line.is_empty())
}

/// A record's content as zone files have it, without quotes and without what tells nothing.
struct Shown<'a>(&'a RecordData);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            RecordData::A(address) => write!(f, "{address}"),
            RecordData::Aaaa(address) => write!(f, "{address}"),
            RecordData::Cname(name) | RecordData::Ns(name) | RecordData::Ptr(name) => write!(f, "{name}"),
            RecordData::Soa(primary, _) => write!(f, "{primary}"),
            RecordData::Ds(tag, algorithm, digest, data) => {
                write!(f, "{tag} {algorithm} {digest} ")?;
                hex(f, data)
            }
            RecordData::Mx { preference, exchange } => write!(f, "{preference} {exchange}"),
            RecordData::Spf(text) | RecordData::Txt(text) => f.write_str(&printable(&text.joined())),
            RecordData::Tlsa(usage, selector, matching, data) => {
                write!(f, "{usage} {selector} {matching} ")?;
                hex(f, data)
            }
            RecordData::Policy(document) => f.write_str(&printable(&document.body)),
            RecordData::Security(security) => f.write_str(match security {
                Security::Secure => "secure",
                Security::Insecure => "not secure",
                Security::Unknown => "unknown",
            }),
        }
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{DnsName, RecordType, Text};

    fn query(name: &str) -> Query {
        Query::records(DnsName::from_dotted(name).unwrap(), RecordType::Txt)
    }

    fn txt(texts: &[&str]) -> Answer {
        Outcome::Found(texts.iter().map(|text| RecordData::Txt(Text::from(*text))).collect()).into()
    }

    fn held(pairs: &[(&str, Answer)]) -> Answers {
        pairs.iter().map(|(name, answer)| (query(name), answer.clone())).collect()
    }

    fn failed() -> Answer {
        Outcome::Failed(Failure::Timeout).into()
    }

    #[test]
    fn what_is_the_same_stays_as_it_was_kept() {
        let serial = |serial| {
            let start = RecordData::Soa(DnsName::from_dotted("ns.example").unwrap(), serial);
            Answer::from(Outcome::Found(vec![start]))
        };
        let earlier =
            held(&[("a.example", txt(&["1", "2"])), ("s.example", serial(1)), ("x.example", failed())]);
        let later = held(&[("a.example", txt(&["2", "1"])), ("s.example", serial(2))]);
        assert_eq!(later.kept_after(&earlier), Some(earlier.clone()));
        let moved = held(&[("a.example", txt(&["2"]))]);
        assert_eq!(moved.kept_after(&earlier), Some(moved.clone()));
        let new = held(&[("a.example", txt(&["1", "2"])), ("new.example", txt(&["n"]))]);
        assert_eq!(new.kept_after(&earlier), Some(new.clone()));
    }

    #[test]
    fn a_failure_takes_no_answer_away_and_changes_nothing() {
        let earlier = held(&[("a.example", txt(&["1"])), ("b.example", txt(&["1"]))]);
        let later = held(&[("a.example", failed()), ("b.example", txt(&["1"]))]);
        assert_eq!(later.kept_after(&earlier), Some(earlier.clone()));
        assert_eq!(earlier.changes(&later), []);
        assert_eq!(later.untold().collect::<Vec<_>>(), [(&query("a.example"), Failure::Timeout)]);
        // One that changed keeps what it could not ask.
        let later = held(&[("a.example", failed()), ("b.example", txt(&["2"]))]);
        let kept = later.kept_after(&earlier).unwrap();
        assert_eq!(kept.get(&query("a.example")), Some(&txt(&["1"])));
        // And where nothing was answered, nobody learned anything.
        assert_eq!(held(&[("a.example", failed())]).kept_after(&earlier), None);
        // What the first conversation could not ask is learned later, and no change.
        let first = held(&[("a.example", failed()), ("b.example", txt(&["1"]))]);
        assert_eq!(earlier.kept_after(&first), Some(earlier.clone()));
        assert_eq!(first.changes(&earlier), []);
    }

    #[test]
    fn changes_name_what_came_and_what_went() {
        let mut before = held(&[
            ("a.example", txt(&["stays", "old"])),
            ("b.example", Outcome::NoData.into()),
            ("c.example", txt(&["c"])),
            ("d.example", Outcome::NoData.into()),
            ("e.example", txt(&["e"])),
        ]);
        let after = held(&[
            ("a.example", txt(&["new", "stays"])),
            ("b.example", txt(&["b"])),
            ("c.example", Outcome::NoSuchName.into()),
            ("d.example", Outcome::NoSuchName.into()),
            ("f.example", txt(&["f"])),
        ]);
        let changes = before.changes(&after);
        let told: Vec<_> = changes
            .iter()
            .map(|one| (one.kind.as_str(), one.before.join(","), one.after.join(",")))
            .collect();
        let owned = |kind, before: &str, after: &str| (kind, before.to_owned(), after.to_owned());
        assert_eq!(told, [owned("changed", "old", "new"), owned("new", "", "b"), owned("gone", "c", "")]);
        before.learn(&after);
        assert_eq!((before.changes(&after), before.len()), (Vec::new(), 6));
    }
}
