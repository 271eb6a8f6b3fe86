//! Words of JSON for values of the core.

use whosends_core::senders::SourceKey;

/// What a source is grouped by, as a word.
pub const fn kind(source: &SourceKey) -> &'static str {
    match source {
        SourceKey::Own => "own",
        SourceKey::Service(_) => "service",
        SourceKey::Host(_) => "host",
        SourceKey::Network(_) => "network",
        SourceKey::Block(_) => "prefix",
        SourceKey::Wave(_) => "wave",
    }
}
