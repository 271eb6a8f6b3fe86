//! Zones, scripted faults and conformance suites for the tests of this room.

pub(crate) mod suite;
pub(crate) mod zone;
pub(crate) mod zone_file;

use std::path::PathBuf;

/// The folder of shared test data, or `None` with a word on stderr where there is none.
#[expect(clippy::disallowed_methods, reason = "tests find the shared data through the environment")]
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("WHOSENDS_SHARED") else {
        eprintln!("skipped: WHOSENDS_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(root).join(path))
}
