//! What a user would miss if it broke.

mod identity;
mod opening;
mod pruning;
mod reading;
mod roundtrip;
mod sharing;
mod stream;
mod support;
mod trouble;
