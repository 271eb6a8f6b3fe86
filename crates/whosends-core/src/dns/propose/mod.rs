//! Records to publish, made from the bytes in DNS.
//!
//! A proposal mends all that is wrong with a record at once, and keeps what works and what was meant; where
//! more than one meaning is left there is none. Nothing here is made from text that was escaped for a screen.

pub mod dmarc;
mod dmarc_values;
mod near;
mod plain;
pub mod spf;
mod spf_term;
pub mod tagged;

pub use spf_term::{is_disguised_mechanism, suggestion};
