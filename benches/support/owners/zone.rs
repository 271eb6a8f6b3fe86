//! The DNS around an owner, as a zone file.

use std::fmt::Write as _;

use super::Owner;
use super::system::host_ranges;

/// A public key of 2,048 bits, in strings of at most 255 characters.
const KEY: &str = "\"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxOQRRtWoufVak/+0MYUYa95bfT9rhx1gj+ZBgWwnp3VnpzgYBcFrBSYykofnKF5sl9WTtr8AlQCeqKdI47r6RlLpjR/eUgTatk55bSW0wGqRIdlV8XOaYB8m6Q1Uj8xeYg8GbdfPZQOgu18BCtGp6908qWtB4mqOJpdi1WJGZE/wAxT04D4nk7grV5rBG80ew\" \"9fIShH+lN7m/1blR6uHcsx1F0Jnoj0PbYhigt2t1BFngmG3rSxlbW8FIdn6iCyZh+hC2jbqNZSlw2oE6AVItwB0iluudNdNmP+nwVyMnkzbJPBMh2LlKOq/I5xPdOATlXM3lwHu509tZ+k+SSeduQIDAQAB\"";

impl Owner {
    /// What DNS answers now.
    pub(crate) fn zone(&self) -> String {
        let Self { domain, dmarc, .. } = self;
        let mut zone = format!(
            "{domain}. SOA ns1.{domain}. hostmaster.{domain}. 1 7200 3600 1209600 300\n\
             {domain}. NS ns1.{domain}.\nns1.{domain}. A 192.0.2.2\n\
             _dmarc.{domain}. TXT \"{dmarc}\"\n"
        );
        // Writing to a string does not fail.
        if !self.systems.is_empty() {
            let _ = write!(zone, "{domain}. MX 10 mx.{domain}.\nmx.{domain}. A 192.0.2.5\n");
        }
        if let Some(spf) = &self.spf {
            let _ = writeln!(zone, "{domain}. TXT \"{spf}\"");
        }
        for system in &self.systems {
            let name = if system.is_below() { format!("news.{domain}") } else { domain.clone() };
            if let Some(selector) = system.selector() {
                let _ = writeln!(zone, "{selector}._domainkey.{name}. TXT {KEY}");
            }
        }
        for (include, range) in host_ranges() {
            let _ = writeln!(zone, "{include}. TXT \"v=spf1 ip4:{range} ~all\"");
        }
        zone
    }

    /// Publishes a record that was advised, where it is one of the owner's own, and says whether that changes anything.
    pub(crate) fn publish(&mut self, owner: &str, value: &str) -> bool {
        let place = if owner == format!("_dmarc.{}", self.domain) {
            Some(&mut self.dmarc)
        } else if owner == self.domain && value.starts_with("v=spf1") {
            Some(self.spf.get_or_insert_default())
        } else {
            None
        };
        place.is_some_and(|place| {
            let changes = place != value;
            value.clone_into(place);
            changes
        })
    }
}
