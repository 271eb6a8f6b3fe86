//! Zones, scripted faults and conformance suites for the tests of this room.

pub(crate) mod suite;
pub(crate) mod zone;
pub(crate) mod zone_file;

use std::path::PathBuf;

use crate::dns::{Answers, Inquiry};
use zone::Zone;

/// The folder of shared test data, or `None` with a word on stderr where there is none.
#[expect(clippy::disallowed_methods, reason = "tests find the shared data through the environment")]
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("WHOSENDS_SHARED") else {
        eprintln!("skipped: WHOSENDS_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(root).join(path))
}

/// The zone of a zone file's text.
pub(crate) fn zone_of(text: &str) -> Zone {
    let mut zone = Zone::default();
    zone_file::read(&mut zone, text);
    zone
}

/// Evaluates in rounds until nothing is missing.
pub(crate) fn settle<T>(zone: &Zone, evaluate: impl Fn(&Inquiry<'_>) -> Option<T>) -> T {
    let mut answers = Answers::new();
    for _round in 0..40 {
        let inquiry = Inquiry::new(&answers);
        let value = evaluate(&inquiry);
        let (_, missing) = inquiry.finish();
        match value {
            Some(value) if missing.is_empty() => return value,
            _ => answers.extend(missing.into_iter().map(|query| (query.clone(), zone.answer(&query)))),
        }
    }
    panic!("more than 40 rounds");
}
