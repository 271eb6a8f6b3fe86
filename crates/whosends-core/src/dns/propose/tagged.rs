//! Records of MTA-STS, TLS-RPT, BIMI and DKIM to publish in place of texts that were meant as such.

use super::dmarc_values::value;
use super::plain::plain;
use crate::dns::record::bimi::BimiRecord;
use crate::dns::record::dkim::{DkimKey, PublicKey};
use crate::dns::record::mta_sts::MtaStsRecord;
use crate::dns::record::tls_rpt::TlsRptRecord;

/// The longest text that is worth mending.
const LONGEST: usize = 4096;

/// A kind of record that begins with a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RFC 8461
    MtaSts,
    /// RFC 8460
    TlsRpt,
    /// BIMI
    Bimi,
}

impl Kind {
    /// The version as it has to be written.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::MtaSts => "v=STSv1",
            Self::TlsRpt => "v=TLSRPTv1",
            Self::Bimi => "v=BIMI1",
        }
    }

    /// The letters by which it is known, whatever stands around them.
    const fn letters(self) -> &'static str {
        match self {
            Self::MtaSts => "sts",
            Self::TlsRpt => "tlsrpt",
            Self::Bimi => "bimi",
        }
    }

    const fn is_tag(self, name: &str) -> bool {
        let name = name.as_bytes();
        match self {
            Self::MtaSts => matches!(name, b"id"),
            Self::TlsRpt => matches!(name, b"rua"),
            Self::Bimi => matches!(name, b"l" | b"a" | b"avp" | b"lps"),
        }
    }

    fn is_sound(self, text: &[u8]) -> bool {
        let problems = match self {
            Self::MtaSts => MtaStsRecord::parse(text).map(|record| record.problems),
            Self::TlsRpt => TlsRptRecord::parse(text).map(|record| record.problems),
            Self::Bimi => BimiRecord::parse(text).map(|record| record.problems),
        };
        problems.is_some_and(|problems| problems.is_empty())
    }
}

/// Whether receivers pass over a text that was meant as such a record.
#[must_use]
pub fn is_lookalike(kind: Kind, text: &[u8]) -> bool {
    let is_one = match kind {
        Kind::MtaSts => MtaStsRecord::parse(text).is_some(),
        Kind::TlsRpt => TlsRptRecord::parse(text).is_some(),
        Kind::Bimi => BimiRecord::parse(text).is_some(),
    };
    !is_one && text.len() <= LONGEST && body(kind, &bare(text)).is_some()
}

/// The record that a text was meant as; `None` where more than one meaning is left.
#[must_use]
pub fn mended(kind: Kind, text: &[u8]) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let text = bare(text);
    let mut record = kind.version().to_owned();
    for piece in body(kind, &text)?.split(';').map(str::trim).filter(|piece| !piece.is_empty()) {
        let at = piece.find(['=', ':'])?;
        let (name, value) = (piece.get(..at)?.trim().to_ascii_lowercase(), piece.get(at + 1..)?.trim());
        if kind.is_tag(&name) {
            record.push_str(&format!("; {name}={}", meant(kind, value)?));
        }
    }
    if kind == Kind::MtaSts {
        record.push(';');
    }
    kind.is_sound(record.as_bytes()).then_some(record)
}

fn meant(kind: Kind, text: &str) -> Option<String> {
    match kind {
        // Letters and digits, at most 32 (RFC 8461 section 3.1).
        Kind::MtaSts => {
            let id: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
            (1..=32).contains(&id.len()).then_some(id)
        }
        Kind::TlsRpt => value("rua", text),
        Kind::Bimi => Some(text.to_owned()),
    }
}

fn bare(text: &[u8]) -> String {
    plain(text).replace(['"', '\\', '\''], "")
}

/// What follows the version, however it is written; `None` where the text has none.
fn body(kind: Kind, text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let at = lower.find(kind.letters())?;
    let before = lower.get(..at)?.trim_end_matches([' ', '=', ':', '_', '-']);
    // Anything may stand before `v=`, and nothing before a bare name.
    if !before.ends_with('v') && !before.is_empty() {
        return None;
    }
    let rest = text.get(at + kind.letters().len()..)?;
    let word = rest.find([';', ',', ' ', '\t']).unwrap_or(rest.len());
    let digits = rest.get(..word)?.trim_start_matches(['v', 'V', ' ', '.', '-', '_', '=']);
    let is_version = matches!(digits, "" | "1" | "l" | "I" | "1.0");
    let rest = rest.get(word..)?.trim_start_matches([';', ',', ' ', '\t']);
    let rest = if digits.is_empty() { rest.trim_start_matches("1;") } else { rest };
    let tags =
        rest.split(';').filter_map(|piece| Some(piece.split_once(['=', ':'])?.0.trim().to_ascii_lowercase()));
    (is_version && tags.into_iter().any(|name| kind.is_tag(&name))).then_some(rest)
}

/// A key record without the quotes, backslashes, blanks and words that keep verifiers from using it; `None` where it
/// can't be mended, or is revoked.
#[must_use]
pub fn mended_key(text: &[u8]) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let text = bare(text);
    let mut tags: Vec<(String, String)> = Vec::new();
    for piece in text.split(';').map(str::trim).filter(|piece| !piece.is_empty()) {
        let (name, value) = piece.split_once('=')?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let is_tag = matches!(name.as_str(), "v" | "k" | "p" | "h" | "s" | "t" | "n" | "g");
        if !is_tag || tags.iter().any(|(other, _)| *other == name) {
            return None;
        }
        let value = match name.as_str() {
            "v" => continue,
            "p" => key_data(value),
            "k" if value.to_ascii_lowercase().starts_with("rsa") => "rsa".to_owned(),
            // Only SHA-256 is in use (RFC 8301 section 3.1), and every key may be used with it.
            "h" if !value.split(':').any(|word| word.trim().eq_ignore_ascii_case("sha256")) => continue,
            _ => value.to_owned(),
        };
        tags.push((name, value));
    }
    let tags = tags.into_iter().map(|(name, value)| format!("; {name}={value}"));
    let record = format!("v=DKIM1{}", tags.collect::<String>());
    let key = DkimKey::parse(record.as_bytes());
    let sound = key.problems.is_empty() && !matches!(key.key, PublicKey::Revoked) && !key.is_sha1_only();
    sound.then_some(record)
}

/// Base64 without blanks and the lines around a key in a file.
fn key_data(text: &str) -> String {
    let inner = text.split("-----").find(|part| part.len() > 32 && !part.contains("KEY")).unwrap_or(text);
    inner.chars().filter(|letter| !letter.is_ascii_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_were_meant_as_records() {
        for (kind, text, expected) in [
            (Kind::MtaSts, "v=STS1; id=2025;", Some("v=STSv1; id=2025;")),
            (Kind::MtaSts, "v=stsv1; id=20250101T000000;", Some("v=STSv1; id=20250101T000000;")),
            (Kind::MtaSts, "\"v=STSv1; id=2025-01-01;\"", Some("v=STSv1; id=20250101;")),
            (Kind::MtaSts, " v=STSv1; id=1", Some("v=STSv1; id=1;")),
            (Kind::MtaSts, "STSv1; id=1", Some("v=STSv1; id=1;")),
            (Kind::MtaSts, "v = STSv1 ; id = 1", Some("v=STSv1; id=1;")),
            (Kind::TlsRpt, "v=TLSRPT1; rua=mailto:a@x.example", Some("v=TLSRPTv1; rua=mailto:a@x.example")),
            (Kind::TlsRpt, "v=tlsrptv1;rua=a@x.example", Some("v=TLSRPTv1; rua=mailto:a@x.example")),
            (
                Kind::TlsRpt,
                "v=TLSRPTv1\\; rua=mailto:a@x.example",
                Some("v=TLSRPTv1; rua=mailto:a@x.example"),
            ),
            (Kind::Bimi, "v=bimi1; l=https://x.example/l.svg", Some("v=BIMI1; l=https://x.example/l.svg")),
            (
                Kind::Bimi,
                "v=BIMI; l=https://x.example/l.svg; a=",
                Some("v=BIMI1; l=https://x.example/l.svg; a="),
            ),
            (Kind::MtaSts, "hosts of the first floor", None),
            (Kind::MtaSts, "v=STSv2; id=1", None),
            (Kind::TlsRpt, "v=TLSRPT1; rua=nobody", None),
            (Kind::Bimi, "v=spf1 -all", None),
        ] {
            assert_eq!(mended(kind, text.as_bytes()).as_deref(), expected, "{text}");
            if let Some(record) = expected {
                assert!(!is_lookalike(kind, record.as_bytes()), "{record}");
            }
        }
        assert!(is_lookalike(Kind::TlsRpt, b"v=TLSRPT1; rua=nobody"));
        assert!(!is_lookalike(Kind::MtaSts, b"v=STSv1; id=1;"));
    }

    #[test]
    fn keys_that_verifiers_can_not_use() {
        const KEY: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
        let sound = format!("v=DKIM1; k=ed25519; p={KEY}");
        for text in [
            format!("\"v=DKIM1; k=ed25519; p={KEY}\""),
            format!("v=DKIM1\\; k=ed25519\\; p={KEY}"),
            format!("k=ed25519; v=DKIM1; p={KEY}"),
            format!("v=DKIM1; h=rsa-sha256; k=ed25519; p={}  {}", &KEY[..9], &KEY[9..]),
            format!("v=dkim1; k=ed25519; p=-----BEGIN PUBLIC KEY-----{KEY}-----END PUBLIC KEY-----"),
        ] {
            assert_eq!(mended_key(text.as_bytes()).as_deref(), Some(&*sound), "{text}");
        }
        for text in ["v=DKIM1; p=", "v=DKIM1; k=ed25519; p=AAAA", "hello", ""] {
            assert_eq!(mended_key(text.as_bytes()), None, "{text}");
        }
    }
}
