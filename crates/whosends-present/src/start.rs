//! What a domain needs for DMARC reports to come.

use std::io::{self, Write};

use serde::Serialize;
use whosends_core::dns::destination::Consent;
use whosends_core::dns::start::{Asking, MailSystem, Start};

use crate::answer::Json;
use crate::json::{self, SCHEMA};

/// The answer.
#[derive(Debug)]
pub struct Answer<'a> {
    /// What was found out.
    pub start: &'a Start,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    domain: String,
    asking: &'static str,
    at: Option<String>,
    record: Option<&'a str>,
    addresses: Vec<&'a str>,
    external: Vec<External<'a>>,
    publish: Option<Record<'a>>,
    agreement: Option<Agreement<'a>>,
    mail_system: &'static str,
    complete: Option<bool>,
}

#[derive(Serialize)]
struct External<'a> {
    uri: &'a str,
    host: String,
    consent: &'static str,
}

#[derive(Serialize)]
struct Record<'a> {
    owner: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct Agreement<'a> {
    #[serde(flatten)]
    record: Record<'a>,
    consent: &'static str,
}

/// The word for what the owner of an address says.
#[must_use]
pub const fn consent(consent: Consent) -> &'static str {
    match consent {
        Consent::Given => "given",
        Consent::Absent => "absent",
        Consent::Diverted => "diverted",
        Consent::Unknown(_) => "undecided",
    }
}

/// Whether reports come to where they are wanted, by what stands in DNS; `None` where nobody can tell.
#[must_use]
pub fn is_complete(start: &Start) -> Option<bool> {
    if matches!(start.asking, Asking::Unknown(..)) {
        return None;
    }
    let agreed = start.consent.as_ref().map(|agreement| agreement.state);
    let states: Vec<_> = start.external.iter().map(|external| external.consent).chain(agreed).collect();
    let is_asked = matches!(start.asking, Asking::Published(..)) && !start.addresses.is_empty();
    if !is_asked
        || start.record.is_some()
        || states.iter().any(|one| matches!(one, Consent::Absent | Consent::Diverted))
    {
        return Some(false);
    }
    states.iter().all(|one| *one == Consent::Given).then_some(true)
}

impl Json for Answer<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let start = self.start;
        let (asking, at, record) = match &start.asking {
            Asking::Published(at, text) => ("published", Some(at.to_string()), Some(text.as_str())),
            Asking::Absent => ("absent", None, None),
            Asking::Several(at, _) => ("several", Some(at.to_string()), None),
            Asking::Unknown(at, _) => ("undecided", Some(at.to_string()), None),
        };
        fn record_of(record: &whosends_core::dns::check::AdvisedRecord) -> Record<'_> {
            Record { owner: &record.owner, kind: record.kind, value: &record.value }
        }
        let external = start.external.iter().map(|external| External {
            uri: &external.uri.text,
            host: external.host.to_string(),
            consent: consent(external.consent),
        });
        let object = Object {
            schema: SCHEMA,
            domain: start.domain.to_string(),
            asking,
            at,
            record,
            addresses: start.addresses.iter().map(|uri| uri.text.as_str()).collect(),
            external: external.collect(),
            publish: start.record.as_ref().map(record_of),
            agreement: start
                .consent
                .as_ref()
                .map(|found| Agreement { record: record_of(&found.record), consent: consent(found.state) }),
            mail_system: match start.mail {
                MailSystem::Microsoft365 => "microsoft365",
                MailSystem::GoogleWorkspace => "google_workspace",
                MailSystem::Other(_) => "other",
                MailSystem::Nobody => "none",
                MailSystem::Unknown(_) => "undecided",
            },
            complete: is_complete(start),
        };
        json::pretty(out, &object)
    }
}
