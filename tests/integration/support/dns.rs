//! A scripted name server on loopback, and the zones and suites that it serves: those of the core's own tests.

#![allow(dead_code, reason = "the core's tests use all of it")]

#[path = "../../../crates/whosends-core/src/dns/testing/server.rs"]
pub(crate) mod server;
#[path = "../../../crates/whosends-core/src/dns/testing/suite.rs"]
pub(crate) mod suite;
#[path = "../../../crates/whosends-core/src/dns/testing/zone.rs"]
pub(crate) mod zone;
#[path = "../../../crates/whosends-core/src/dns/testing/zone_file.rs"]
pub(crate) mod zone_file;

use std::time::Duration;

use server::Server;
use zone::Zone;

/// A server of the zone that a zone file's text describes.
pub(crate) fn serve(text: &str) -> Server {
    let mut zone = Zone::default();
    zone_file::read(&mut zone, text);
    Server::start(zone, Duration::ZERO)
}
