//! What to publish for a step that is ready.

use serde::Serialize;
use whosends_core::analysis::readiness::{Publish, TagChange};

use super::printable::printable;
use super::ready::Domain;

/// The same in JSON.
#[derive(Debug, Serialize)]
pub(super) struct ToPublish<'a> {
    changes: Vec<Change>,
    record: Option<&'a str>,
}

/// A tag with its new value; null drops it.
#[derive(Debug, Serialize)]
struct Change {
    tag: &'static str,
    value: Option<&'static str>,
}

impl<'a> From<&'a Publish> for ToPublish<'a> {
    fn from(publish: &'a Publish) -> Self {
        let changes = publish.changes.iter().map(|&(tag, value)| Change { tag, value });
        Self { changes: changes.collect(), record: publish.record.as_deref() }
    }
}

/// The lines that say what to publish for the step that is shown. A record stands in one line, however long, so that it
/// can be copied.
pub(super) fn lines(domain: &Domain) -> Vec<String> {
    let shown = domain.steps().find(|(readiness, _)| readiness.step == domain.shown);
    let Some((_, Some(publish))) = shown else { return Vec::new() };
    let place = format!("_dmarc.{}", printable(domain.policy.domain.as_str()));
    match &publish.record {
        Some(record) => vec![format!("Publish at {place}:"), format!("  {}", printable(record))],
        None => {
            let changes: Vec<_> = publish.changes.iter().map(in_words).collect();
            let changes = changes.join(", ");
            vec![format!("In the record at {place}, {changes}, and leave the rest as it is.")]
        }
    }
}

fn in_words((tag, value): &TagChange) -> String {
    value.map_or_else(|| format!("drop {tag}"), |value| format!("set {tag}={value}"))
}
