//! Who sends as a domain: the catalogue of services, and what a record says about which of them sent it.

mod org;
mod pattern;
mod suffix;

pub mod catalogue;

pub use catalogue::{Catalogue, Service, ServiceId};
pub use org::{organizational_domain, same_organization};
