//! The record that asks for reports on TLS (RFC 8460 section 3).

use super::mta_sts::check_version;
use super::tag::{Grammar, TagList, is_field_name, starts_with_version};
use super::uri::{Destination, ReportUri};
use super::{Problem, ProblemKind};

/// The record at `_smtp._tls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsRptRecord {
    /// `rua`: where reports go.
    pub rua: Vec<ReportUri>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

const GRAMMAR: Grammar = Grammar {
    any_case: false,
    empty_values: false,
    name: is_field_name,
    // A URI may hold `=`, and blanks stand around the commas between two.
    value: |byte| matches!(byte, 0x20..=0x3a | 0x3c..=0x7e | b'\t'),
};

impl TlsRptRecord {
    /// Reads a record; `None` where the text is none.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if !starts_with_version(text, b"v=TLSRPTv1") {
            return None;
        }
        let mut list = TagList::parse(text, GRAMMAR);
        // The grammar lets `rua` stand several times.
        list.problems.retain(|problem| problem.kind != ProblemKind::DuplicateTag || problem.tag != "rua");
        let mut rua = Vec::new();
        let stated = list.get("rua").cloned();
        match &stated {
            None if list.problems.iter().any(|problem| problem.tag == "rua") => {}
            None => list.missing("rua"),
            Some(tag) => {
                for item in tag.items(b',') {
                    let uri = ReportUri::parse(item);
                    let known =
                        matches!(uri.destination, Some(Destination::Mail { .. } | Destination::Https { .. }));
                    if !known {
                        list.problem(ProblemKind::BadUri, "rua", item, tag.span.clone());
                    }
                    rua.push(uri);
                }
            }
        }
        for tag in list.tags.clone().iter().filter(|tag| !matches!(&*tag.name, "rua" | "v")) {
            if tag.value.iter().any(|byte| matches!(byte, b'=' | b' ' | b'\t')) {
                list.bad_value(ProblemKind::BadBytes, tag);
            }
        }
        check_version(&mut list, b"TLSRPTv1");
        Some(Self { rua, problems: list.problems })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records() {
        let problems = |text: &str| TlsRptRecord::parse(text.as_bytes()).map(|record| record.problems.len());
        assert_eq!(problems("v=TLSRPTv1; rua=mailto:t@example.com , https://example.com/t?a=b;"), Some(0));
        assert_eq!(problems("v=TLSRPTv1;"), Some(1));
        assert_eq!(problems("v=TLSRPTv1; rua="), Some(1));
        assert_eq!(problems("v=TLSRPTv1; rua=t@example.com,ftp://example.com"), Some(2));
        assert_eq!(problems("v=TLSRPTv2; rua=mailto:t@example.com"), None);
    }
}
