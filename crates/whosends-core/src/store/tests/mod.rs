//! What a user would miss if it broke.

mod arrival;
mod conversations;
mod damage;
mod identity;
mod knowledge;
mod opening;
mod pruning;
mod reading;
mod roundtrip;
mod sharing;
mod stream;
mod support;
mod trouble;
