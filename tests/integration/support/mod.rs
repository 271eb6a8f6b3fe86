//! What the tests share.

pub(crate) mod reports;
pub(crate) mod run;
