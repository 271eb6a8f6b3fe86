//! The schema, as the list of steps that lead to it.

/// Marks a file as this program's: `WhSn`.
pub(super) const APPLICATION_ID: i32 = 0x5768_536e;

/// The schema that the first step leads to. Schema 1 was that of versions before the first release.
pub(super) const FIRST: usize = 2;

/// The steps, each to the schema after the one before. A step that a release has carried is never changed: every
/// release's schema opens in every later one.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
];
