//! What to do about mail that fails.

use serde::Serialize;
use whosends_core::senders::Advice;

/// What to do, and what to publish for it.
#[derive(Debug, Serialize)]
pub struct Fix<'a> {
    text: &'a str,
    records: Vec<Record<'a>>,
}

/// An entry to publish.
#[derive(Debug, Serialize)]
struct Record<'a> {
    owner: &'a str,
    r#type: &'static str,
    value: Option<&'a str>,
}

impl<'a> From<&'a Advice> for Fix<'a> {
    fn from(advice: &'a Advice) -> Self {
        let records = advice.records.iter().map(|entry| Record {
            owner: &entry.owner,
            r#type: entry.kind.as_str(),
            value: entry.value.as_deref(),
        });
        Self { text: &advice.text, records: records.collect() }
    }
}

/// The first sentence of an advice: what to do, without the particulars.
pub fn in_short(advice: &Advice) -> &str {
    match advice.text.split_once(". ") {
        Some((first, _)) => advice.text.get(..=first.len()).unwrap_or(first),
        None => &advice.text,
    }
}
