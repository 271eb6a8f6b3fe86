//! What a user would miss if it broke.

mod identity;
mod support;
