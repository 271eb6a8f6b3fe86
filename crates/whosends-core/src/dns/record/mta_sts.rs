//! MTA-STS: the record that announces a policy, and the policy (RFC 8461 section 3).

use super::tag::{Grammar, TagList, is_field_name, starts_with_version, trim};
use super::{Problem, ProblemKind, printable};
use crate::dns::DnsName;

/// The longest time that a policy may be kept, in seconds.
const LONGEST_AGE: u64 = 31_557_600;

/// The record at `_mta-sts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MtaStsRecord {
    /// `id`: changes with the policy.
    pub id: Option<String>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

const GRAMMAR: Grammar = Grammar {
    any_case: false,
    empty_values: false,
    name: is_field_name,
    value: |byte| matches!(byte, 0x21..=0x3a | 0x3c | 0x3e..=0x7e),
};

impl MtaStsRecord {
    /// Reads a record; `None` where the text is none.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if !starts_with_version(text, b"v=STSv1") {
            return None;
        }
        let mut list = TagList::parse(text, GRAMMAR);
        let id = list.get("id").cloned();
        match &id {
            None => list.missing("id"),
            Some(tag) => {
                let sound = tag.value.len() <= 32 && tag.value.iter().all(u8::is_ascii_alphanumeric);
                if !sound {
                    list.bad_value(ProblemKind::BadBytes, tag);
                }
            }
        }
        check_version(&mut list, b"STSv1");
        Some(Self { id: id.map(|tag| tag.text()), problems: list.problems })
    }
}

/// Notes a version with something behind it.
pub(super) fn check_version(list: &mut TagList, version: &[u8]) {
    if let Some(tag) = list.tags.first().filter(|tag| tag.value != version).cloned() {
        list.bad_value(ProblemKind::BadVersion, &tag);
    }
}

/// What senders do where the policy is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// They do not deliver.
    Enforce,
    /// They deliver, and report.
    Testing,
    /// There is no policy any more.
    None,
}

impl Mode {
    /// The word in a policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Testing => "testing",
            Self::None => "none",
        }
    }
}

/// A policy as it is fetched over HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MtaStsPolicy {
    /// `mode`.
    pub mode: Option<Mode>,
    /// `max_age`: how long it may be kept, in seconds.
    pub max_age: Option<u64>,
    /// `mx`: the patterns of the hosts that take mail.
    pub mx: Vec<MxPattern>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// A host name, or all names of one more label below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MxPattern {
    /// Whether one more label stands before the name.
    pub wildcard: bool,
    /// The name.
    pub name: DnsName,
}

impl MxPattern {
    fn parse(text: &[u8]) -> Option<Self> {
        let (wildcard, host) = text.strip_prefix(b"*.").map_or((false, text), |host| (true, host));
        let sound = host.split(|&byte| byte == b'.').all(|label| {
            label.first().zip(label.last()).is_some_and(|(first, last)| {
                first.is_ascii_alphanumeric()
                    && last.is_ascii_alphanumeric()
                    && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            })
        });
        let name = DnsName::from_dotted(host).ok()?;
        sound.then_some(Self { wildcard, name })
    }

    /// Whether it stands for `host`.
    #[must_use]
    pub fn matches(&self, host: &DnsName) -> bool {
        if self.wildcard { host.parent().as_ref() == Some(&self.name) } else { *host == self.name }
    }
}

impl std::fmt::Display for MxPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.wildcard { "*." } else { "" }, self.name)
    }
}

impl MtaStsPolicy {
    /// Reads a policy. Everything wrong with it, even that it is none at all, is a problem.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut policy = Self::default();
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut start = 0;
        for line in text.split(|&byte| byte == b'\n') {
            let span = start..start + line.len();
            start = span.end + 1;
            let line = trim(line);
            if line.is_empty() {
                continue;
            }
            let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
            let (key, value) = line.split_at(colon);
            let value = trim(value.get(1..).unwrap_or_default());
            // Of a field that stands twice the first counts (section 3.2).
            if key == b"mx" || !seen.contains(&key) {
                seen.push(key);
                if let Some(kind) = policy.field(key, value) {
                    let (tag, text) = (printable(key), printable(value));
                    policy.problems.push(Problem { kind, tag, text, span });
                }
            }
        }
        let needs_hosts = matches!(policy.mode, Some(Mode::Enforce | Mode::Testing));
        for needed in ["version", "mode", "max_age", "mx"] {
            if !seen.contains(&needed.as_bytes()) && (needed != "mx" || needs_hosts) {
                let problem = Problem {
                    kind: ProblemKind::MissingTag,
                    tag: needed.to_owned(),
                    text: String::new(),
                    span: 0..0,
                };
                policy.problems.push(problem);
            }
        }
        policy
    }

    /// Reads one field, and says what is wrong with it.
    fn field(&mut self, key: &[u8], value: &[u8]) -> Option<ProblemKind> {
        match key {
            b"version" => (value != b"STSv1").then_some(ProblemKind::BadVersion),
            b"mode" => {
                self.mode = match value {
                    b"enforce" => Some(Mode::Enforce),
                    b"testing" => Some(Mode::Testing),
                    b"none" => Some(Mode::None),
                    _ => return Some(ProblemKind::UnknownWord),
                };
                None
            }
            b"max_age" => {
                let digits = value.len() <= 10 && value.iter().all(u8::is_ascii_digit);
                let age = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
                self.max_age = age.filter(|_| digits);
                let sound = self.max_age.is_some_and(|age| age <= LONGEST_AGE);
                (!sound).then_some(ProblemKind::BadNumber)
            }
            b"mx" => match MxPattern::parse(value) {
                Some(pattern) => {
                    self.mx.push(pattern);
                    None
                }
                None => Some(ProblemKind::BadPattern),
            },
            _ if !is_field_name(key) => Some(ProblemKind::BadTagName),
            _ => value.is_empty().then_some(ProblemKind::EmptyValue),
        }
    }

    /// Whether a host that takes mail is covered.
    #[must_use]
    pub fn covers(&self, host: &DnsName) -> bool {
        self.mx.iter().any(|pattern| pattern.matches(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records() {
        let id = |text: &str| {
            MtaStsRecord::parse(text.as_bytes()).map(|record| (record.id, record.problems.len()))
        };
        assert_eq!(id("v=STSv1; id=20261122T1;"), Some((Some("20261122T1".into()), 0)));
        assert_eq!(id("v=STSv1;"), Some((None, 1)));
        assert_eq!(id("v=STSv1; id=a-b"), Some((Some("a-b".into()), 1)));
        assert_eq!(id("v=STSv1 id=a"), Some((None, 3)));
        assert_eq!(id("v=STSv2; id=a"), None);
        assert_eq!(id("v=STSv10; id=a"), None);
    }

    #[test]
    fn policies() {
        let text = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n";
        let policy = MtaStsPolicy::parse(text.as_bytes());
        assert_eq!((policy.mode, policy.max_age), (Some(Mode::Enforce), Some(604_800)));
        assert_eq!(policy.problems, []);
        let covers = |host: &str| policy.covers(&DnsName::from_dotted(host).unwrap());
        assert!(covers("MAIL.example.com") && covers("a.example.net"));
        assert!(!covers("example.net") && !covers("a.b.example.net") && !covers("a.mail.example.com"));
        assert_eq!(MtaStsPolicy::parse(b"<html>").problems.len(), 4);
        assert_eq!(MtaStsPolicy::parse(b"version: STSv1\nmode: none\nmode: x\nmax_age: 0").problems, []);
    }
}
