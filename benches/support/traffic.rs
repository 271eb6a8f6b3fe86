//! Records as the library takes them, without a text.
//!
//! Six of ten addresses send for services that the catalogue knows, and the same address has the same sender
//! every day.

use std::net::{IpAddr, Ipv4Addr};

use whosends_core::model::words::{Disposition, DkimResult, SpfResult, Verdict};
use whosends_core::model::{Combination, DkimAuth, Header, Metadata, Name, PolicyPublished, Record, SpfAuth};

use super::Random;

/// What sends: the domain that signs, its selector, and the domain of the envelope.
const SENDERS: [(&str, &str, &str); 6] = [
    ("sendgrid.net", "smtpapi", "sendgrid.net"),
    ("amazonses.com", "224i4yxa5dv7c2xz3womw6peuasteono", "amazonses.com"),
    ("mcsv.net", "k1", "mail1.mcsv.net"),
    ("forwarder.example", "default", "forwarder.example"),
    ("stranger.example", "s1", "stranger.example"),
    ("", "", "bounce.example.net"),
];
/// Keys of the owner's that each of them signs with.
const KEYS: u64 = 10;
/// Reporters.
pub(crate) const REPORTERS: u64 = 40;

/// The combinations of a domain: each sender, passing and failing, signed with one of a few keys.
pub(crate) fn combinations(domain: &str) -> Vec<Combination> {
    let own = Name::from_stated(domain);
    let mut all = Vec::new();
    for (at, (signer, selector, envelope)) in SENDERS.into_iter().enumerate() {
        for key in 0..KEYS {
            let pass = at < 3 && key < 9;
            let verdict = Some(if pass { Verdict::Pass } else { Verdict::Fail });
            let sign = |domain: &str, selector: String, pass: bool| DkimAuth {
                domain: Name::from_stated(domain),
                selector: Some(selector),
                result: Some(if pass { DkimResult::Pass } else { DkimResult::Fail }),
                human_result: None,
            };
            let mut auth_dkim = vec![sign(domain, format!("k{key}"), pass)];
            if !signer.is_empty() {
                auth_dkim.push(sign(signer, selector.to_owned(), true));
            }
            all.push(Combination {
                disposition: Some(Disposition::None),
                dkim: verdict,
                spf: Some(Verdict::Fail),
                header_from: own.clone(),
                auth_dkim,
                auth_spf: vec![SpfAuth {
                    domain: Name::from_stated(envelope),
                    scope: None,
                    result: Some(SpfResult::Pass),
                    human_result: None,
                }],
                ..Combination::default()
            });
        }
    }
    all
}

/// A record by numbers: the host among its sender's, the combination among those of its domain, messages.
#[derive(Clone, Copy)]
pub(crate) struct Drawn {
    pub(crate) host: u64,
    pub(crate) combination: usize,
    pub(crate) messages: u64,
}

impl Drawn {
    /// One from so many addresses.
    pub(crate) const fn new(random: &mut Random, addresses: u64) -> Self {
        let host = random.below(addresses);
        let sender = if host % 10 < 6 { host / 10 % 3 } else { 3 + host % 3 };
        // Most servers sign with one key.
        let key = if random.below(20) == 0 { random.below(KEYS) } else { host / 30 % KEYS };
        Self { host, combination: (sender * KEYS + key) as usize, messages: 1 + random.below(40) }
    }

    /// Its address, where those of its domain begin at `base`.
    pub(crate) const fn address(self, base: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(base + (self.host * 37) as u32))
    }

    /// It as the library takes it.
    pub(crate) fn record(self, combinations: &[Combination], base: u32) -> Record {
        let combination = combinations[self.combination].clone();
        Record { source: self.address(base), count: self.messages, combination }
    }
}

/// The header of the report of that number, about a domain's day.
pub(crate) fn header(number: u64, domain: &str, begin: i64) -> Header {
    let policy = PolicyPublished::of(Name::from_stated(domain).unwrap());
    let metadata = Metadata {
        org_name: Some(reporter(number)),
        report_id: Some(number.to_string()),
        begin: Some(begin),
        end: Some(begin + 86_399),
        ..Metadata::default()
    };
    Header { version: None, namespace: None, metadata, policy }
}

/// The name of the reporter that writes the report of that number.
pub(crate) fn reporter(number: u64) -> String {
    format!("receiver{}.example", number % REPORTERS)
}
