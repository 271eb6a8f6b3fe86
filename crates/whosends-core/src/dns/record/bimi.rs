//! The record that names a brand's logo (BIMI, draft-brand-indicators-for-message-identification).

use super::tag::{Grammar, Tag, TagList, starts_with_version};
use super::{Problem, ProblemKind};

/// The record at `<selector>._bimi`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BimiRecord {
    /// `l`: where the logo is; empty where the domain declines to take part.
    pub logo: Option<String>,
    /// `a`: where the evidence for it is; empty where there is none.
    pub evidence: Option<String>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

const GRAMMAR: Grammar = Grammar {
    any_case: false,
    empty_values: true,
    name: |name| !name.is_empty() && name.iter().all(u8::is_ascii_alphanumeric),
    value: |byte| matches!(byte, 0x20..=0x3a | 0x3c..=0x7e | b'\t'),
};

impl BimiRecord {
    /// Reads a record; `None` where the text is none.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if !starts_with_version(text, b"v=BIMI1") {
            return None;
        }
        let mut list = TagList::parse(text, GRAMMAR);
        let logo = list.get("l").cloned();
        if logo.is_none() {
            list.missing("l");
        }
        let evidence = list.get("a").cloned();
        for tag in logo.iter().chain(&evidence).filter(|tag| !tag.value.is_empty()) {
            if !tag.text().to_ascii_lowercase().starts_with("https://") {
                list.bad_value(ProblemKind::BadUri, tag);
            }
        }
        let text = |tag: Option<Tag>| tag.map(|tag| tag.text());
        Some(Self { logo: text(logo), evidence: text(evidence), problems: list.problems })
    }

    /// Whether the domain declines to take part.
    #[must_use]
    pub fn is_declined(&self) -> bool {
        self.logo.as_deref().is_some_and(str::is_empty) && self.evidence.as_deref().is_none_or(str::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records() {
        let record = BimiRecord::parse(b"v=BIMI1; l=https://example.com/l.svg; a=; avp=brand").unwrap();
        assert_eq!((record.logo.as_deref(), record.problems.len()), (Some("https://example.com/l.svg"), 0));
        assert!(BimiRecord::parse(b"v=BIMI1; l=; a=;").unwrap().is_declined());
        assert_eq!(BimiRecord::parse(b"v=BIMI1; l=http://example.com/l.svg").unwrap().problems.len(), 1);
        assert_eq!(BimiRecord::parse(b"v=BIMI2; l="), None);
    }
}
