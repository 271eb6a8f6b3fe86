//! The DKIM key record (RFC 6376 section 3.6.1, RFC 8301, RFC 8463).

use super::tag::{Grammar, Tag, TagList, trim};
use super::{Problem, ProblemKind, base64, der, printable};

/// A key record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DkimKey {
    /// `k`: the type of key.
    pub kind: KeyKind,
    /// `p`: the key itself.
    pub key: PublicKey,
    /// `h`: the hashes that may be used, in lower case; `None` where all may.
    pub hashes: Option<Vec<String>>,
    /// `s`: the services it is for, in lower case; `None` where it is for all.
    pub services: Option<Vec<String>>,
    /// `t`: the flags, in lower case.
    pub flags: Vec<String>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// The type of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// `rsa`, or nothing
    Rsa,
    /// `ed25519`
    Ed25519,
    /// A word nobody knows: verifiers ignore the key.
    Unknown(String),
}

/// The data of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// An RSA key.
    Rsa {
        /// The length of its modulus.
        bits: usize,
        /// Whether it is a bare `RSAPublicKey`, as RFC 6376 once wrote and nearly nobody publishes (erratum 3017).
        bare: bool,
        /// The key as it stands in DNS, without blanks.
        text: String,
    },
    /// An Ed25519 key, as it stands in DNS, without blanks.
    Ed25519 {
        /// Its base64 text.
        text: String,
    },
    /// Empty on purpose: the key is no longer valid.
    Revoked,
    /// There is no `p`.
    Absent,
    /// It can't be read.
    Unreadable,
}

impl PublicKey {
    /// The text of a key that can be read: two records with the same one hold the same key.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Rsa { text, .. } | Self::Ed25519 { text } => Some(text),
            _ => None,
        }
    }
}

const GRAMMAR: Grammar = Grammar {
    any_case: false,
    empty_values: true,
    name: |name| {
        name.first().is_some_and(u8::is_ascii_alphabetic)
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    },
    value: |byte| matches!(byte, 0x20..=0x3a | 0x3c..=0x7e | b'\t' | b'\r' | b'\n'),
};

/// Whether a text has a tag `p` or the version of a key record: whether it was meant as one.
#[must_use]
pub fn looks_like_key(text: &[u8]) -> bool {
    text.split(|&byte| byte == b';').any(|piece| {
        let name = trim(piece.split(|&byte| byte == b'=').next().unwrap_or_default());
        let names_key = name == b"p" && piece.contains(&b'=');
        let compact: Vec<u8> = piece.iter().copied().filter(u8::is_ascii_graphic).collect();
        names_key || compact.eq_ignore_ascii_case(b"v=dkim1")
    })
}

impl DkimKey {
    /// Reads what stands at a selector's name. Everything wrong with it, even that it is no key record at
    /// all, is a problem.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut list = TagList::parse(text, GRAMMAR);
        let tags = std::mem::take(&mut list.tags);
        let mut record = Self {
            kind: KeyKind::Rsa,
            key: PublicKey::Absent,
            hashes: None,
            services: None,
            flags: Vec::new(),
            problems: Vec::new(),
        };
        let mut data = None;
        for (index, tag) in tags.iter().enumerate() {
            match &*tag.name {
                "v" if index > 0 => list.bad_value(ProblemKind::VersionNotFirst, tag),
                "v" if tag.value != b"DKIM1" => list.bad_value(ProblemKind::BadVersion, tag),
                "k" => record.kind = kind(tag, &mut list),
                "p" => data = Some(tag),
                "h" => record.hashes = Some(words(tag)),
                "s" => record.services = Some(services(tag, &mut list)),
                "t" => record.flags = flags(tag, &mut list),
                _ => {}
            }
        }
        match data {
            Some(tag) => record.key = key(&record.kind, tag, &mut list),
            None => list.missing("p"),
        }
        record.problems = list.problems;
        record
    }

    /// Whether it is in test mode: verifiers then treat a bad signature like none.
    #[must_use]
    pub fn is_testing(&self) -> bool {
        self.flags.iter().any(|flag| flag == "y")
    }

    /// What keeps verifiers from using it, its hashes aside. An empty tag is forgiven, and flags that nobody knows are
    /// ignored (RFC 6376 section 3.6.1).
    pub fn hindrances(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|one| one.kind != ProblemKind::EmptyTag && one.tag != "t")
    }

    /// Whether it may be used with the one hash that verifiers still take (RFC 8301 section 3.1).
    #[must_use]
    pub fn allows_known_hash(&self) -> bool {
        self.hashes.as_ref().is_none_or(|hashes| hashes.iter().any(|hash| hash == "sha256"))
    }

    /// Whether it may only be used with SHA-1, which nobody may verify any more (RFC 8301 section 3.1).
    #[must_use]
    pub fn is_sha1_only(&self) -> bool {
        self.hashes.as_ref().is_some_and(|hashes| {
            hashes.iter().any(|hash| hash == "sha1") && !hashes.iter().any(|hash| hash == "sha256")
        })
    }
}

/// The words of a list, in lower case.
fn words(tag: &Tag) -> Vec<String> {
    tag.items(b':').map(|word| printable(word).to_ascii_lowercase()).filter(|word| !word.is_empty()).collect()
}

fn kind(tag: &Tag, list: &mut TagList) -> KeyKind {
    match tag.text().to_ascii_lowercase().as_str() {
        "rsa" => KeyKind::Rsa,
        "ed25519" => KeyKind::Ed25519,
        _ => {
            list.bad_value(ProblemKind::UnknownWord, tag);
            KeyKind::Unknown(tag.text())
        }
    }
}

fn services(tag: &Tag, list: &mut TagList) -> Vec<String> {
    let services = words(tag);
    if !services.iter().any(|service| service == "*" || service == "email") {
        list.bad_value(ProblemKind::UnknownWord, tag);
    }
    services
}

/// The flags: `y`, `s`, and others that verifiers ignore.
fn flags(tag: &Tag, list: &mut TagList) -> Vec<String> {
    let flags = words(tag);
    if !flags.iter().any(|flag| flag == "y" || flag == "s") {
        list.bad_value(ProblemKind::UnknownWord, tag);
    }
    flags
}

fn key(kind: &KeyKind, tag: &Tag, list: &mut TagList) -> PublicKey {
    if tag.value.is_empty() {
        return PublicKey::Revoked;
    }
    let Some(bytes) = base64::decode(&tag.value) else {
        list.bad_value(ProblemKind::BadBase64, tag);
        return PublicKey::Unreadable;
    };
    let text: String =
        tag.value.iter().filter(|byte| byte.is_ascii_graphic()).map(|&byte| char::from(byte)).collect();
    let key = match kind {
        KeyKind::Rsa => der::rsa_key(&bytes).map(|(bits, bare)| PublicKey::Rsa { bits, bare, text }),
        KeyKind::Ed25519 => (bytes.len() == 32).then_some(PublicKey::Ed25519 { text }),
        KeyKind::Unknown(_) => return PublicKey::Unreadable,
    };
    key.unwrap_or_else(|| {
        list.bad_value(ProblemKind::BadKey, tag);
        PublicKey::Unreadable
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An RSA key of 512 bits, the modulus all ones: no real key.
    const SHORT: &str = "MEgCQQD/////////////////////////////////////////////////////////////////////////////\
                         ////////AgMBAAE=";
    const ED25519: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

    fn kinds(text: &str) -> Vec<ProblemKind> {
        DkimKey::parse(text.as_bytes()).problems.iter().map(|problem| problem.kind).collect()
    }

    #[test]
    fn keys_and_their_sizes() {
        let key =
            DkimKey::parse(format!("v=DKIM1; k=rsa; t=s : y; h=sha1; s=email:tlsrpt; p={SHORT}").as_bytes());
        assert_eq!(key.problems, []);
        assert!(matches!(key.key, PublicKey::Rsa { bits: 512, .. }));
        assert!(key.is_testing() && key.is_sha1_only());
        let key = DkimKey::parse(format!("k=ed25519;p= {ED25519} ; ").as_bytes());
        assert_eq!((key.key.text(), key.problems.len()), (Some(ED25519), 0));
        assert_eq!(DkimKey::parse(b"v=DKIM1; p=").key, PublicKey::Revoked);
        assert!(!DkimKey::parse(b"h=sha1:sha256; p=").is_sha1_only());
    }

    #[test]
    fn each_problem_is_named() {
        use ProblemKind::*;
        for (text, expected) in [
            ("".to_owned(), vec![MissingTag]),
            ("v=DKIM1".to_owned(), vec![MissingTag]),
            ("p=; v=DKIM1".to_owned(), vec![VersionNotFirst]),
            ("v=dkim1; p=".to_owned(), vec![BadVersion]),
            ("v=DKIM1; p=; p=".to_owned(), vec![DuplicateTag]),
            ("v=DKIM1;; p=".to_owned(), vec![EmptyTag]),
            ("v=DKIM1; k=dsa; p=AAAA".to_owned(), vec![UnknownWord]),
            ("v=DKIM1; s=web; p=".to_owned(), vec![UnknownWord]),
            ("v=DKIM1; p=\"AAAA\"".to_owned(), vec![BadBase64]),
            ("v=DKIM1\\; p=AAA".to_owned(), vec![BadVersion, BadKey]),
            (format!("v=DKIM1; p={ED25519}"), vec![BadKey]),
            (format!("v=DKIM1; k=ed25519; p={SHORT}"), vec![BadKey]),
        ] {
            assert_eq!(kinds(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_was_meant_as_a_key() {
        for text in ["v=DKIM1; p=", "p=AAAA", " k=rsa; p =x", "V=dkim1"] {
            assert!(looks_like_key(text.as_bytes()), "{text}");
        }
        for text in ["v=spf1 -all", "v=DMARC1; sp=none", "hello"] {
            assert!(!looks_like_key(text.as_bytes()), "{text}");
        }
    }
}
