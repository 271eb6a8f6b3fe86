//! The DMARC policy record (RFC 9989 section 4.7), with what RFC 7489 had beside it.

use super::tag::{Grammar, Tag, TagList, trim};
use super::uri::{Destination, ReportUri};
use super::{Problem, ProblemKind};
use crate::dns::propose::dmarc::Draft;
use crate::model::words::{AlignmentMode, Policy, Testing};

/// A policy record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DmarcRecord {
    /// `p`: the policy for the domain; an unknown word keeps its text.
    pub p: Option<Policy>,
    /// `sp`: the policy for subdomains that exist.
    pub sp: Option<Policy>,
    /// `np`: the policy for subdomains that do not exist.
    pub np: Option<Policy>,
    /// `adkim`: how near a DKIM domain must be.
    pub adkim: Option<AlignmentMode>,
    /// `aspf`: how near an SPF domain must be.
    pub aspf: Option<AlignmentMode>,
    /// `t`: test mode, in which the policy applies one step weaker.
    pub t: Option<Testing>,
    /// `psd`: whether the domain is a public suffix.
    pub psd: Option<Psd>,
    /// `fo`: when failure reports are wanted, as stated.
    pub fo: Option<String>,
    /// `rua`: where aggregate reports go.
    pub rua: Vec<ReportUri>,
    /// `ruf`: where failure reports go.
    pub ruf: Vec<ReportUri>,
    /// `pct`, which RFC 9989 removed: the share of failing mail that the policy is for, in percent.
    pub pct: Option<u8>,
    /// The tags that RFC 9989 removed (`pct`, `rf`, `ri`), as stated.
    pub removed: Vec<(String, String)>,
    /// The tags that nobody knows, as stated: they are ignored.
    pub unknown: Vec<(String, String)>,
    /// The tag that stands second, behind the version: for receivers of RFC 7489 it had to be `p`.
    pub second: Option<String>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// What `psd` says of the domain (RFC 9989 section 4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Psd {
    /// `y`: it is a public suffix.
    Yes,
    /// `n`: it is an organizational domain.
    No,
    /// `u`: it is not said.
    Unsaid,
}

/// What becomes of a record whose policy can't be read (RFC 9989 section 4.10.1, RFC 7489 section 6.6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its policy counts.
    Sound,
    /// It counts as `p=none`, because reports are wanted.
    AsNone,
    /// It counts as no record.
    Void,
}

/// Whose policy is wanted from a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The domain that the record is at.
    Domain,
    /// A subdomain that exists.
    Subdomain,
    /// A subdomain that does not exist.
    NonExistent,
}

const GRAMMAR: Grammar = Grammar {
    any_case: true,
    empty_values: false,
    name: |name| name.iter().all(u8::is_ascii_alphabetic) && !name.is_empty(),
    value: |byte| matches!(byte, 0x20..=0x3a | 0x3c..=0x7e),
};

/// Whether a text is a DMARC record: its first tag is `v`, and that is `DMARC1` in this case.
#[must_use]
pub fn is_dmarc(text: &[u8]) -> bool {
    let first = text.split(|&byte| byte == b';').next().unwrap_or_default();
    let mut parts = first.splitn(2, |&byte| byte == b'=');
    let name = parts.next().unwrap_or_default();
    let starts = name.first().is_some_and(|byte| matches!(byte, b'v' | b'V'));
    starts && trim(name).len() == 1 && parts.next().map(trim) == Some(b"DMARC1")
}

impl DmarcRecord {
    /// Reads a record; `None` where the text is none.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if !is_dmarc(text) {
            return None;
        }
        let mut list = TagList::parse(text, GRAMMAR);
        let tags = std::mem::take(&mut list.tags);
        let mut record = Self { second: tags.get(1).map(|tag| tag.name.clone()), ..Self::default() };
        for tag in tags.iter().skip(1) {
            record.read(tag, &mut list);
        }
        record.problems = list.problems;
        Some(record)
    }

    fn read(&mut self, tag: &Tag, list: &mut TagList) {
        let text = tag.text();
        if holds_tag(&text) {
            list.bad_value(ProblemKind::NoSeparator, tag);
        }
        match &*tag.name {
            "p" | "sp" | "np" => {
                let policy = Policy::from_stated(&text);
                check_word(list, tag, policy.as_ref().is_some_and(Policy::is_known));
                match &*tag.name {
                    "p" => self.p = policy,
                    "sp" => self.sp = policy,
                    _ => self.np = policy,
                }
            }
            "adkim" | "aspf" => {
                let mode = AlignmentMode::from_stated(&text);
                check_word(list, tag, mode.as_ref().is_some_and(AlignmentMode::is_known));
                if tag.name == "adkim" { self.adkim = mode } else { self.aspf = mode }
            }
            "t" => {
                self.t = Testing::from_stated(&text);
                check_word(list, tag, self.t.as_ref().is_some_and(Testing::is_known));
            }
            "psd" => {
                self.psd = match text.to_ascii_lowercase().as_str() {
                    "y" => Some(Psd::Yes),
                    "n" => Some(Psd::No),
                    "u" => Some(Psd::Unsaid),
                    _ => None,
                };
                check_word(list, tag, self.psd.is_some());
            }
            "fo" => {
                read_fo(tag, list);
                self.fo = Some(text);
            }
            "rua" => self.rua = read_uris(tag, list),
            "ruf" => self.ruf = read_uris(tag, list),
            "pct" => {
                self.pct =
                    text.parse().ok().filter(|pct| *pct <= 100 && text.bytes().all(|b| b.is_ascii_digit()));
                if self.pct.is_none() {
                    list.bad_value(ProblemKind::BadNumber, tag);
                }
                self.removed.push((tag.name.clone(), text));
            }
            "ri" => {
                if !text.parse::<u32>().is_ok_and(|_| text.bytes().all(|byte| byte.is_ascii_digit())) {
                    list.bad_value(ProblemKind::BadNumber, tag);
                }
                self.removed.push((tag.name.clone(), text));
            }
            "rf" => self.removed.push((tag.name.clone(), text)),
            _ => self.unknown.push((tag.name.clone(), text)),
        }
    }

    /// Whether at least one address for aggregate reports can be used.
    #[must_use]
    pub fn wants_reports(&self) -> bool {
        self.rua.iter().any(|uri| uri.destination.is_some())
    }

    /// What becomes of the record where it applies. A policy that is missing or unreadable leaves it as
    /// `p=none` if reports are wanted, and as no record if not.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let readable = |policy: &Option<Policy>| policy.as_ref().is_none_or(Policy::is_known);
        if self.p.is_some() && readable(&self.p) && readable(&self.sp) && readable(&self.np) {
            Standing::Sound
        } else if self.wants_reports() {
            Standing::AsNone
        } else {
            Standing::Void
        }
    }

    /// The policy it has for a subject; `None` where it counts as no record. Test mode is not applied.
    #[must_use]
    pub fn policy(&self, subject: Subject) -> Option<Policy> {
        let chain: &[&Option<Policy>] = match subject {
            Subject::Domain => &[&self.p],
            Subject::Subdomain => &[&self.sp, &self.p],
            Subject::NonExistent => &[&self.np, &self.sp, &self.p],
        };
        match self.standing() {
            Standing::Void => None,
            Standing::AsNone => Some(Policy::None),
            Standing::Sound => chain.iter().find_map(|policy| (*policy).clone()),
        }
    }
}

/// How strict a policy is: none, quarantine, reject. Unknown words count as none.
#[must_use]
pub const fn rank(policy: &Policy) -> u8 {
    match policy {
        Policy::None | Policy::Unknown(_) => 0,
        Policy::Quarantine => 1,
        Policy::Reject => 2,
    }
}

/// The policy that applies in test mode: one step weaker (RFC 9989 section 4.7).
#[must_use]
pub const fn one_step_weaker(policy: &Policy) -> Policy {
    match policy {
        Policy::Reject => Policy::Quarantine,
        Policy::Quarantine | Policy::None | Policy::Unknown(_) => Policy::None,
    }
}

/// Whether a value goes on with one of the tags of this record: `reject rua=...`.
fn holds_tag(value: &str) -> bool {
    const NAMES: &[&str] =
        &["p", "sp", "np", "adkim", "aspf", "t", "psd", "fo", "rua", "ruf", "pct", "rf", "ri"];
    let words = value.split_ascii_whitespace().skip(1);
    let mut starts = words.filter_map(|word| word.split_once('=')).map(|(name, _)| name);
    starts.any(|name| NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

fn check_word(list: &mut TagList, tag: &Tag, known: bool) {
    if !known {
        list.bad_value(ProblemKind::UnknownWord, tag);
    }
}

fn read_fo(tag: &Tag, list: &mut TagList) {
    let items: Vec<_> = tag.items(b':').map(<[u8]>::to_ascii_lowercase).collect();
    if !items.iter().all(|item| matches!(item.as_slice(), b"0" | b"1" | b"d" | b"s")) {
        list.bad_value(ProblemKind::UnknownWord, tag);
    } else if items.contains(&b"0".to_vec()) && items.contains(&b"1".to_vec()) {
        list.bad_value(ProblemKind::Contradiction, tag);
    }
}

fn read_uris(tag: &Tag, list: &mut TagList) -> Vec<ReportUri> {
    let mut uris = Vec::new();
    for item in tag.items(b',') {
        if item.is_empty() {
            list.bad_value(ProblemKind::EmptyItem, tag);
            continue;
        }
        let uri = ReportUri::parse(item);
        if uri.destination.is_none() {
            list.problem(ProblemKind::BadUri, &tag.name, item, tag.span.clone());
        }
        uris.push(uri);
    }
    uris
}

/// Why a text that looks like a DMARC record is none, and so is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lookalike {
    /// `v=DMARC1` is there, but not first.
    VersionNotFirst,
    /// Blanks, quotes or a byte order mark stand before the version.
    LeadingJunk,
    /// The version is in another case or of another number.
    BadVersion,
    /// No `;` follows the version.
    NoSeparator,
    /// Tags of a policy without a version.
    NoVersion,
}

/// Whether a text that is no DMARC record was probably meant as one.
#[must_use]
pub fn lookalike(text: &[u8]) -> Option<Lookalike> {
    if is_dmarc(text) {
        return None;
    }
    let junk = |byte: &u8| !byte.is_ascii_alphanumeric();
    let start = text.iter().position(|byte| !junk(byte))?;
    let bare = text.get(start..)?;
    if start > 0 && is_dmarc(bare) {
        return Some(Lookalike::LeadingJunk);
    }
    let compact: Vec<u8> = bare.iter().filter(|byte| !byte.is_ascii_whitespace()).copied().collect();
    let starts = |with: &[u8]| compact.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    if compact.starts_with(b"v=DMARC1") || compact.starts_with(b"V=DMARC1") {
        return Some(Lookalike::NoSeparator);
    }
    if starts(b"v=dmarc") || starts(b"dmarc1") {
        return Some(Lookalike::BadVersion);
    }
    let later = text.split(|&byte| byte == b';').skip(1);
    if later.map(trim).any(is_dmarc) {
        return Some(Lookalike::VersionNotFirst);
    }
    // What can be read as a policy was meant as one.
    let whole: Vec<u8> = text.to_ascii_lowercase();
    let has_version = whole.windows(7).any(|part| part == b"v=dmarc");
    Draft::read(text)?
        .get("p")
        .map(|_| if has_version { Lookalike::LeadingJunk } else { Lookalike::NoVersion })
}

impl ReportUri {
    /// Whether reports could be sent there at all: only mailboxes are served (RFC 9989 section 4.7).
    #[must_use]
    pub const fn is_mail(&self) -> bool {
        matches!(self.destination, Some(Destination::Mail { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> DmarcRecord {
        DmarcRecord::parse(text.as_bytes()).unwrap()
    }

    fn kinds(text: &str) -> Vec<ProblemKind> {
        read(text).problems.iter().map(|problem| problem.kind).collect()
    }

    #[test]
    fn every_tag() {
        let record = read(
            "v=DMARC1;p=Reject; sp=quarantine ;np=none; adkim=s; aspf=R; t=y; psd=n; fo=1:d:s; \
             rua=mailto:a@example.com!10m , mailto:b@example.net; ruf=mailto:c@example.com; pct=50; rf=afrf; \
             ri=3600; later=x",
        );
        assert_eq!(record.problems, []);
        assert_eq!((record.p, record.np), (Some(Policy::Reject), Some(Policy::None)));
        assert_eq!((record.adkim, record.aspf), (Some(AlignmentMode::Strict), Some(AlignmentMode::Relaxed)));
        assert_eq!((record.t, record.psd, record.pct), (Some(Testing::Yes), Some(Psd::No), Some(50)));
        assert_eq!((record.rua.len(), record.ruf.len(), record.removed.len()), (2, 1, 3));
        assert_eq!(record.unknown, [("later".into(), "x".into())]);
    }

    #[test]
    fn only_the_version_first_and_in_its_case_makes_a_record() {
        for text in ["v=DMARC1", "V = DMARC1 ;p=none", "v=DMARC1;"] {
            assert!(is_dmarc(text.as_bytes()), "{text}");
        }
        for (text, expected) in [
            ("p=none; v=DMARC1", Some(Lookalike::VersionNotFirst)),
            (" v=DMARC1; p=none", Some(Lookalike::LeadingJunk)),
            ("\"v=DMARC1; p=none\"", Some(Lookalike::LeadingJunk)),
            ("v=dmarc1; p=none", Some(Lookalike::BadVersion)),
            ("v=DMARC2; p=none", Some(Lookalike::BadVersion)),
            ("v=DMARC1 p=none", Some(Lookalike::NoSeparator)),
            ("v=DMARC1, p=none", Some(Lookalike::NoSeparator)),
            ("p=none", Some(Lookalike::NoVersion)),
            ("_dmarc.example.com. IN TXT v=DMARC1; p=none", Some(Lookalike::LeadingJunk)),
            ("p=AAAA", None),
            ("v=spf1 -all", None),
            ("", None),
        ] {
            assert!(DmarcRecord::parse(text.as_bytes()).is_none(), "{text}");
            assert_eq!(lookalike(text.as_bytes()), expected, "{text}");
            if expected.is_some() {
                let draft = Draft::read(text.as_bytes()).unwrap();
                assert_eq!(draft.record().unwrap(), "v=DMARC1; p=none");
            }
        }
    }

    #[test]
    fn an_unreadable_policy_counts_as_none_or_as_no_record() {
        assert_eq!(read("v=DMARC1; p=rejct").standing(), Standing::Void);
        assert_eq!(read("v=DMARC1; p=rejct; rua=d@example.com").standing(), Standing::Void);
        assert_eq!(read("v=DMARC1; p=rejct; rua=mailto:d@example.com").standing(), Standing::AsNone);
        assert_eq!(read("v=DMARC1; p=reject; sp=x; rua=mailto:d@example.com").standing(), Standing::AsNone);
        assert_eq!(read("v=DMARC1; rua=mailto:d@example.com").policy(Subject::Domain), Some(Policy::None));
        assert_eq!(read("v=DMARC1").policy(Subject::Domain), None);
    }

    #[test]
    fn policies_fall_back_from_np_to_sp_to_p() {
        let record = read("v=DMARC1; p=reject; sp=quarantine");
        assert_eq!(record.policy(Subject::NonExistent), Some(Policy::Quarantine));
        assert_eq!(read("v=DMARC1; p=reject").policy(Subject::Subdomain), Some(Policy::Reject));
    }

    #[test]
    fn each_problem_is_named_and_the_rest_is_read() {
        use ProblemKind::*;
        for (text, expected) in [
            ("v=DMARC1; p=none; p=reject", vec![DuplicateTag]),
            ("v=DMARC1; p=none; P=reject", vec![DuplicateTag]),
            ("v=DMARC1;; p=none", vec![EmptyTag]),
            ("v=DMARC1; p=none; rua", vec![NoEquals]),
            ("v=DMARC1; p=none; fo=1 rua=mailto:a@example.com", vec![NoSeparator, UnknownWord]),
            ("v=DMARC1; p=none; rua=", vec![EmptyValue]),
            ("v=DMARC1; p=none; x1=y", vec![BadTagName]),
            ("v=DMARC1; p=none; x=caf\u{e9}", vec![BadBytes]),
            ("v=DMARC1; p=none; adkim=x; t=maybe; psd=?", vec![UnknownWord; 3]),
            ("v=DMARC1; p=none; pct=101; ri=-1", vec![BadNumber; 2]),
            ("v=DMARC1; p=none; fo=0:1", vec![Contradiction]),
            ("v=DMARC1; p=none; rua=mailto:a@example.com,b@example.com,", vec![BadUri, EmptyItem]),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
            assert_eq!(read(text).p, Some(Policy::None), "{text}");
        }
    }
}
