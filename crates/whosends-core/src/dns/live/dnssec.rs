//! Whether DNSSEC protects an answer, validated here from the root's keys (RFC 4035 section 5).

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::{self, Stream};
use hickory_resolver::net::dnssec::DnssecDnsHandle;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::dnssec::{Proof, TrustAnchors};
use hickory_resolver::proto::op::{
    DnsRequest, DnsRequestOptions, DnsResponse, Query as Question, ResponseCode,
};
use hickory_resolver::proto::rr::{Name, RecordType as WireType};
use tokio::sync::OnceCell;

use super::reply::question;
use super::wire::{Signatures, Wire};
use crate::dns::answer::{Failure, Outcome, RecordData, Security};
use crate::dns::name::DnsName;
use crate::dns::query::RecordType;

/// The most questions of chains of trust that are remembered.
const MOST_REMEMBERED: usize = 20_000;

/// Validates answers, and remembers what chains of trust have in common.
pub(super) struct Validator {
    wire: Arc<Wire>,
    anchors: Arc<TrustAnchors>,
    memory: Arc<Memory>,
    /// Whether the servers give the root's keys, signed.
    rooted: OnceCell<bool>,
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validator").field("rooted", &self.rooted).finish_non_exhaustive()
    }
}

/// The answer to a question, which may be on its way.
type Awaited = Arc<OnceCell<Result<DnsResponse, Failure>>>;

/// Answers to questions that many chains ask, and those on their way.
#[derive(Debug, Default)]
struct Memory(Mutex<HashMap<Question, Awaited>>);

impl Memory {
    fn cell(&self, question: &Question) -> Awaited {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        Arc::clone(known.entry(question.clone()).or_default())
    }
}

/// Asks for one validation: hickory builds the chain through this.
#[derive(Clone)]
struct Signed {
    wire: Arc<Wire>,
    memory: Arc<Memory>,
    /// Whether some question of the chain was not answered: then nothing is known to be broken.
    gap: Arc<AtomicBool>,
}

impl DnsHandle for Signed {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = TokioRuntimeProvider;

    fn send(&self, request: DnsRequest) -> Self::Response {
        let (this, question) = (self.clone(), request.queries.first().cloned());
        Box::pin(stream::once(Box::pin(async move {
            let question = question.ok_or(NetError::NoConnections)?;
            let cell = this.memory.cell(&question);
            let ask = || this.wire.ask(&question, Signatures::Wanted, usable);
            cell.get_or_init(ask).await.clone().map_err(|_| {
                this.gap.store(true, Ordering::Relaxed);
                NetError::Timeout
            })
        })))
    }
}

/// Only what says something of the question.
fn usable(reply: DnsResponse) -> Result<DnsResponse, Failure> {
    match reply.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => Ok(reply),
        ResponseCode::ServFail => Err(Failure::ServerFailure),
        ResponseCode::Refused => Err(Failure::Refused),
        code => Err(Failure::Code(code.into())),
    }
}

impl Validator {
    pub(super) fn new(wire: Arc<Wire>) -> Self {
        Self::with(wire, TrustAnchors::default())
    }

    fn with(wire: Arc<Wire>, anchors: TrustAnchors) -> Self {
        let (memory, rooted) = (Arc::new(Memory::default()), OnceCell::new());
        Self { wire, anchors: Arc::new(anchors), memory, rooted }
    }

    /// Whether DNSSEC protects the records of a type, or that there are none.
    pub(super) async fn security(&self, name: &DnsName, kind: RecordType) -> Outcome {
        let unknown = Outcome::Found(vec![RecordData::Security(Security::Unknown)]);
        let Some(question) = question(name, kind) else { return unknown };
        if !*self.rooted.get_or_init(|| self.has_root()).await {
            return unknown;
        }
        let outcome = match self.validate(&question).await {
            Some(Proof::Secure) => Security::Secure,
            Some(Proof::Insecure) => Security::Insecure,
            Some(Proof::Bogus) if !self.server_validates(name, kind).await => return Outcome::Bogus,
            // One that validates itself is believed rather than a second opinion.
            Some(Proof::Bogus) => Security::Secure,
            Some(Proof::Indeterminate) | None => return unknown,
        };
        Outcome::Found(vec![RecordData::Security(outcome)])
    }

    /// Whether the server says that it validated the records.
    async fn server_validates(&self, name: &DnsName, kind: RecordType) -> bool {
        let answer = self.wire.records(name, kind).await;
        answer.authenticated && answer.failure().is_none()
    }

    /// Whether the root's keys come, and with a good signature.
    async fn has_root(&self) -> bool {
        let question = Question::query(Name::root(), WireType::DNSKEY);
        self.validate(&question).await == Some(Proof::Secure)
    }

    /// The proof of an answer; `None` where a question of its chain has no answer.
    async fn validate(&self, question: &Question) -> Option<Proof> {
        let gap = Arc::new(AtomicBool::new(false));
        let (wire, memory) = (Arc::clone(&self.wire), Arc::clone(&self.memory));
        let signed = Signed { wire, memory, gap: Arc::clone(&gap) };
        let handle = DnssecDnsHandle::with_trust_anchor(signed, Arc::clone(&self.anchors));
        let reply = handle.lookup(question.clone(), DnsRequestOptions::default()).first_answer().await;
        let proof = proof(&reply, question);
        (proof != Proof::Bogus || !gap.load(Ordering::Relaxed)).then_some(proof)
    }
}

/// What a validated reply proves: as much as the weakest of the records that count.
fn proof(reply: &Result<DnsResponse, NetError>, question: &Question) -> Proof {
    let reply = match reply {
        Ok(reply) => reply,
        Err(NetError::Dns(DnsError::Nsec { proof, .. })) => return *proof,
        Err(_) => return Proof::Indeterminate,
    };
    let counts = [question.query_type(), WireType::CNAME, WireType::DNAME];
    let answers = reply.answers.iter().filter(|record| counts.contains(&record.record_type()));
    let denials = reply.authorities.iter().filter(|record| record.record_type() != WireType::NS);
    let denials = denials.filter(|record| !record.record_type().is_rrsig());
    let weakest = answers.map(|record| record.proof).min();
    weakest.or_else(|| denials.map(|record| record.proof).min()).unwrap_or(Proof::Indeterminate)
}

#[cfg(test)]
mod tests;
