//! What SPF is told about a message.

use std::net::IpAddr;

use super::super::name::DnsName;
use super::macros::MacroString;

/// The identities of one message as its receiver saw them, in bytes: they were written by strangers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    ip: IpAddr,
    /// `None` where it is not known, as in reports.
    local_part: Option<Vec<u8>>,
    sender_domain: Vec<u8>,
    /// `None` where it is not known, as in reports.
    helo: Option<Vec<u8>>,
    receiver: Vec<u8>,
    time: i64,
}

impl Message {
    /// A message from `ip` with this envelope sender and HELO name. An empty sender stands for
    /// postmaster at the HELO name (RFC 7208 section 2.4), and so does a sender without local part for
    /// postmaster at its domain (section 4.3).
    #[must_use]
    pub fn new(ip: IpAddr, mail_from: &[u8], helo: &[u8]) -> Self {
        let at = mail_from.iter().rposition(|&byte| byte == b'@');
        let (local_part, domain) = match at {
            Some(at) => (mail_from.get(..at), mail_from.get(at + 1..)),
            None if mail_from.is_empty() => (None, Some(helo)),
            None => (None, Some(mail_from)),
        };
        let local_part = local_part.filter(|local| !local.is_empty()).unwrap_or(b"postmaster");
        Self {
            ip: ip.to_canonical(),
            local_part: Some(local_part.to_vec()),
            sender_domain: domain.unwrap_or_default().to_vec(),
            helo: Some(helo.to_vec()),
            receiver: b"unknown".to_vec(),
            time: 0,
        }
    }

    /// A message as far as an aggregate report tells of it: its address and the domain of its envelope sender, and
    /// neither local part nor HELO name.
    #[must_use]
    pub fn reported(ip: IpAddr, domain: &[u8]) -> Self {
        Self { local_part: None, helo: None, ..Self::new(ip, domain, domain) }
    }

    /// The same with another envelope sender, where that is known.
    #[must_use]
    pub fn sent_by(self, mail_from: &[u8]) -> Self {
        let Self { local_part, sender_domain, .. } = Self::new(self.ip, mail_from, self.helo());
        Self { local_part, sender_domain, ..self }
    }

    /// The same with a HELO name, where that is known.
    #[must_use]
    pub fn greeted_by(self, helo: &[u8]) -> Self {
        Self { helo: Some(helo.to_vec()), ..self }
    }

    /// Whether it is known what the macros of a text stand for.
    pub(super) fn tells(&self, text: &MacroString) -> bool {
        let asks_for_local_part = self.local_part.is_none() && text.uses(b"ls");
        let asks_for_helo = self.helo.is_none() && text.uses(b"h");
        !(asks_for_local_part || asks_for_helo)
    }

    /// Names the receiving host and the time in Unix seconds, for explanations that mention them.
    #[must_use]
    pub fn received(mut self, by: &[u8], at: i64) -> Self {
        self.receiver = by.to_vec();
        self.time = at;
        self
    }

    /// The address it came from; an IPv4 address even where it was written as an IPv6 one.
    #[must_use]
    pub const fn ip(&self) -> IpAddr {
        self.ip
    }

    /// The domain that SPF is checked for, as it was written.
    #[must_use]
    pub fn sender_domain(&self) -> &[u8] {
        &self.sender_domain
    }

    pub(super) fn local_part(&self) -> &[u8] {
        self.local_part.as_deref().unwrap_or(b"postmaster")
    }

    pub(super) fn helo(&self) -> &[u8] {
        self.helo.as_deref().unwrap_or(b"unknown")
    }

    pub(super) fn receiver(&self) -> &[u8] {
        &self.receiver
    }

    pub(super) const fn time(&self) -> i64 {
        self.time
    }
}

/// The name of a domain that can have a record: of at least two valid labels, and no address in brackets
/// (section 4.3).
pub(super) fn checkable(domain: &[u8]) -> Option<DnsName> {
    let name = DnsName::from_dotted(domain).ok()?;
    (name.label_count() >= 2 && !domain.starts_with(b"[")).then_some(name)
}
