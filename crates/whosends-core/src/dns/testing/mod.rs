//! Zones, scripted faults and conformance suites for the tests of this room.

#[cfg(feature = "live-dns")]
pub(crate) mod server;
pub(crate) mod suite;
pub(crate) mod zone;
pub(crate) mod zone_file;

use std::path::PathBuf;

use crate::dns::resolve::{Bounds, Immediate, drive};
use crate::dns::{Answers, Inquiry, Query};
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

/// Evaluates until it is decided, with answers from a zone in memory.
pub(crate) fn settle<T>(zone: &Zone, evaluate: impl Fn(&Inquiry<'_>) -> Option<T>) -> T {
    let mut resolver = Immediate::new(|query: &Query| zone.answer(query));
    drive(&mut resolver, &mut Answers::new(), &Bounds::default(), evaluate).value.unwrap()
}
