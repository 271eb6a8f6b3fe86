//! The same as JSON.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;
use whosends_core::analysis::selectors::Used;
use whosends_core::dns::check::{AddressView, DkimView, DmarcView, Finding, KeyState, MxView, Severity};
use whosends_core::dns::destination::{Consent, External};
use whosends_core::dns::discover::Applied;
use whosends_core::dns::record::dkim::{KeyKind, PublicKey};
use whosends_core::dns::record::mta_sts::MtaStsPolicy;
use whosends_core::dns::spf::State;

use super::{Answer, Domain};
use crate::render::answer::{Json, Ndjson};
use crate::render::dns::Asked;
use crate::render::json::{self, SCHEMA};
use crate::render::number::rfc3339;

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    generated: Option<String>,
    #[serde(flatten)]
    asked: &'a Asked,
    domains: Vec<DomainObject<'a>>,
}

#[derive(Serialize)]
struct DomainObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<u32>,
    domain: String,
    status: &'static str,
    exists: Option<bool>,
    counts: Counts,
    findings: Vec<FindingObject<'a>>,
    spf: Spf<'a>,
    dmarc: Dmarc<'a>,
    dkim: Vec<Dkim<'a>>,
    guessed: Guessed,
    mx: Option<Vec<Mx>>,
    mta_sts: MtaSts<'a>,
    tls_rpt: Option<&'a [String]>,
    bimi: Option<&'a [String]>,
    queries: usize,
    milliseconds: u128,
}

#[derive(Serialize)]
struct Counts {
    error: usize,
    warning: usize,
    info: usize,
    undecided: usize,
}

#[derive(Serialize)]
pub(super) struct FindingObject<'a> {
    id: &'static str,
    severity: &'static str,
    temporary: bool,
    area: &'static str,
    subject: &'a str,
    message: &'a str,
    evidence: &'a [String],
    advice: Option<Advice<'a>>,
    rfc: &'static str,
}

#[derive(Serialize)]
struct Advice<'a> {
    text: &'a str,
    records: Vec<Record<'a>>,
}

#[derive(Serialize)]
struct Record<'a> {
    owner: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct Spf<'a> {
    record: Option<&'a str>,
    records: Option<&'a [String]>,
    lookups: Option<u32>,
    void_lookups: Option<u32>,
}

#[derive(Serialize)]
struct Dmarc<'a> {
    record: Option<String>,
    records: Option<&'a [String]>,
    location: Option<String>,
    policy: Option<String>,
    effective: Option<String>,
    organizational_domain: Option<String>,
    psl: Listed,
    external: Vec<ExternalObject<'a>>,
}

/// What a receiver concludes that goes by the public suffix list.
#[derive(Serialize)]
struct Listed {
    organizational_domain: String,
    location: Option<String>,
    policy: Option<String>,
}

#[derive(Serialize)]
struct ExternalObject<'a> {
    uri: &'a str,
    host: String,
    asked: Option<String>,
    consent: &'static str,
}

#[derive(Serialize)]
struct Dkim<'a> {
    selector: String,
    origin: &'static str,
    state: &'static str,
    records: Vec<&'a str>,
    key_type: Option<&'a str>,
    bits: Option<usize>,
    alias: Option<String>,
    seen: Option<Seen>,
}

/// The common selectors that were tried besides those that are known.
#[derive(Serialize)]
struct Guessed {
    tried: usize,
    unanswered: usize,
}

/// What reports saw of a selector.
#[derive(Serialize)]
struct Seen {
    messages: u64,
    passed: u64,
    last_day: Option<String>,
}

#[derive(Serialize)]
struct Mx {
    preference: u16,
    exchange: String,
    alias: Option<String>,
    addresses: Option<Vec<Address>>,
    tlsa: Option<Vec<Tlsa>>,
}

#[derive(Serialize)]
struct Address {
    address: IpAddr,
    names: Vec<String>,
    confirmed: Option<bool>,
}

#[derive(Serialize)]
struct Tlsa {
    usage: u8,
    selector: u8,
    matching: u8,
}

#[derive(Serialize)]
struct MtaSts<'a> {
    records: Option<&'a [String]>,
    policy: Option<StsPolicy>,
}

#[derive(Serialize)]
struct StsPolicy {
    mode: Option<&'static str>,
    max_age: Option<u64>,
    mx: Vec<String>,
}

impl Json for Answer<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let domains = self.domains.iter().map(|domain| object(domain, None)).collect();
        let generated = rfc3339(self.generated);
        json::pretty(out, &Object { schema: SCHEMA, generated, asked: &self.asked, domains })
    }
}

impl Ndjson for Answer<'_> {
    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        self.domains.iter().try_for_each(|domain| json::line(out, &object(domain, Some(SCHEMA))))
    }
}

fn object(domain: &Domain, schema: Option<u32>) -> DomainObject<'_> {
    let posture = &domain.posture;
    let (spf, transport) = (&posture.spf, &posture.transport);
    DomainObject {
        schema,
        domain: posture.domain.to_string(),
        status: domain.status().as_str(),
        exists: posture.exists,
        counts: Counts {
            error: domain.count(Severity::Error),
            warning: domain.count(Severity::Warning),
            info: domain.count(Severity::Info),
            undecided: domain.undecided(),
        },
        findings: domain.worst_first().into_iter().map(finding).collect(),
        spf: Spf {
            record: spf.record(),
            records: is_told(&spf.tree.state).then_some(&*spf.records),
            lookups: is_told(&spf.tree.state).then(|| spf.tree.lookups()),
            void_lookups: is_told(&spf.tree.state).then(|| spf.tree.void_lookups()),
        },
        dmarc: dmarc(&posture.dmarc),
        dkim: posture.dkim.iter().map(|view| dkim(view, domain.used(&view.selector.name))).collect(),
        guessed: Guessed { tried: posture.guesses.tried, unanswered: posture.guesses.unanswered },
        mx: posture.knows_hosts.then(|| posture.mx.iter().map(mx).collect()),
        mta_sts: MtaSts {
            records: transport.mta_sts.as_deref(),
            policy: transport.policy.as_ref().map(sts_policy),
        },
        tls_rpt: transport.tls_rpt.as_deref(),
        bimi: posture.bimi.as_deref(),
        queries: domain.queries,
        milliseconds: domain.milliseconds,
    }
}

pub(super) fn finding(finding: &Finding) -> FindingObject<'_> {
    let advice = finding.advice.as_ref().map(|advice| Advice {
        text: &advice.text,
        records: advice
            .records
            .iter()
            .map(|record| Record { owner: &record.owner, kind: record.kind, value: &record.value })
            .collect(),
    });
    FindingObject {
        id: finding.check.id(),
        severity: finding.severity.as_str(),
        temporary: finding.temporary,
        area: finding.check.area(),
        subject: &finding.subject,
        message: &finding.message,
        evidence: &finding.evidence,
        advice,
        rfc: finding.check.rfc(),
    }
}

fn dmarc(view: &DmarcView) -> Dmarc<'_> {
    let discovery = &view.discovery;
    let location = |applied: &Applied| format!("_dmarc.{}", applied.published.domain);
    let policy = |applied: &Applied| applied.policy().map(|policy| policy.to_string());
    let (walked, listed) = (discovery.policy.as_ref(), discovery.listed_policy.as_ref());
    Dmarc {
        // A text that stands there and is no record is shown too: it is what has to be changed.
        record: view.record().or_else(|| only(&view.records)),
        records: view.is_answered.then_some(&*view.records),
        location: walked.map(location),
        policy: walked.and_then(policy),
        effective: view.effective().map(|policy| policy.to_string()),
        organizational_domain: discovery.knows_organization().then(|| discovery.organizational.to_string()),
        psl: Listed {
            organizational_domain: discovery.listed_organizational.to_string(),
            location: listed.map(location),
            policy: listed.and_then(policy),
        },
        external: view.external.iter().map(external).collect(),
    }
}

fn only(records: &[String]) -> Option<String> {
    match records {
        [record] => Some(record.clone()),
        _ => None,
    }
}

fn external(external: &External) -> ExternalObject<'_> {
    ExternalObject {
        uri: &external.uri.text,
        host: external.host.to_string(),
        asked: external.asked.as_ref().map(ToString::to_string),
        consent: match external.consent {
            Consent::Given => "given",
            Consent::Absent => "absent",
            Consent::Diverted => "diverted",
            Consent::Unknown(_) => "undecided",
        },
    }
}

fn dkim(view: &DkimView, used: Option<Used>) -> Dkim<'_> {
    let (state, records, key) = match &view.state {
        KeyState::Found(record, key) => ("found", vec![&**record], Some(key)),
        KeyState::Several(records) => ("several", records.iter().map(|record| &**record).collect(), None),
        KeyState::Wildcard => ("wildcard", Vec::new(), None),
        KeyState::NotFound => ("not_found", Vec::new(), None),
        KeyState::Failed(_) => ("undecided", Vec::new(), None),
    };
    Dkim {
        selector: view.selector.name.to_string(),
        origin: view.selector.origin.as_str(),
        state,
        records,
        key_type: key.map(|key| match &key.kind {
            KeyKind::Rsa => "rsa",
            KeyKind::Ed25519 => "ed25519",
            KeyKind::Unknown(word) => word,
        }),
        bits: key.and_then(|key| match key.key {
            PublicKey::Rsa { bits, .. } => Some(bits),
            _ => None,
        }),
        alias: view.alias.as_ref().map(ToString::to_string),
        seen: used.map(|used| Seen {
            messages: used.messages,
            passed: used.passed,
            last_day: used.last.map(|day| day.to_string()),
        }),
    }
}

/// Whether DNS answered for the record.
const fn is_told(state: &State) -> bool {
    !matches!(state, State::Failed(_))
}

fn mx(view: &MxView) -> Mx {
    let address = |one: &AddressView| Address {
        address: one.address,
        names: one.names.iter().map(ToString::to_string).collect(),
        confirmed: one.confirmed,
    };
    let tlsa = |&(usage, selector, matching, _): &(u8, u8, u8, usize)| Tlsa { usage, selector, matching };
    let knows_addresses = !view.addresses.is_empty() || view.knows_addresses();
    let knows_tlsa = !view.tlsa.is_empty() || view.tlsa_unanswered.is_none();
    Mx {
        preference: view.preference,
        exchange: view.exchange.to_string(),
        alias: view.alias.as_ref().map(ToString::to_string),
        addresses: knows_addresses.then(|| view.addresses.iter().map(address).collect()),
        tlsa: knows_tlsa.then(|| view.tlsa.iter().map(tlsa).collect()),
    }
}

fn sts_policy(policy: &MtaStsPolicy) -> StsPolicy {
    let pattern = |one: &whosends_core::dns::record::mta_sts::MxPattern| match one.wildcard {
        true => format!("*.{}", one.name),
        false => one.name.to_string(),
    };
    StsPolicy {
        mode: policy.mode.map(|mode| mode.as_str()),
        max_age: policy.max_age,
        mx: policy.mx.iter().map(pattern).collect(),
    }
}
