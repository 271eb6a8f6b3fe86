//! The schema, as the list of steps that lead to it.

/// Marks a file as this program's: `WhSn`.
pub(super) const APPLICATION_ID: i32 = 0x5768_536e;

/// Step `n` (counted from one) leads from schema `n - 1` to schema `n`. A step that a release has carried is
/// never changed: every release's schema opens in every later one.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("schema/0001.sql"), include_str!("schema/0002.sql")];
