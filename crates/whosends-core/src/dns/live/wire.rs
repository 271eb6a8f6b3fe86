//! One question after another until there is an answer: which server, how often, how many at a time.

use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Query as Question};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::reply::{question, read};
use super::server::{self, NameServer, Server};
use super::{HttpsOptions, LiveError, LiveOptions};
use crate::dns::answer::{Answer, Failure, Outcome};
use crate::dns::name::DnsName;
use crate::dns::query::RecordType;

/// A question is sent again within one try when this passes without an answer.
const RESEND: Duration = Duration::from_secs(1);
/// How often one question is tried, at one server after the other.
const TRIES: u32 = 3;
/// All tries of one question end after so long.
const PATIENCE: Duration = Duration::from_millis(4200);
/// The pause before a server that failed is asked again; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

/// Whether a question asks for signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signatures {
    /// The server's word is enough.
    Left,
    /// They are asked for, and the records too where the server finds them bad.
    Wanted,
}

/// The servers, and the questions that may be under way at the same time.
#[derive(Debug)]
pub(super) struct Wire {
    servers: Vec<Server>,
    timeout: Duration,
    permits: Semaphore,
    pub(super) tls: Arc<ClientConfig>,
}

impl Wire {
    pub(super) fn new(options: &LiveOptions) -> Result<Self, LiveError> {
        let tls = Arc::new(tls(&options.https)?);
        let named =
            if options.servers.is_empty() { server::of_the_system()? } else { options.servers.clone() };
        let servers = named.into_iter().map(|named| Server::new(named, &tls)).collect::<Result<_, _>>()?;
        let permits = Semaphore::new(options.in_flight.clamp(1, Semaphore::MAX_PERMITS));
        Ok(Self { servers, timeout: options.timeout, permits, tls })
    }

    pub(super) fn servers(&self) -> impl Iterator<Item = &NameServer> {
        self.servers.iter().map(|server| &server.named)
    }

    /// The records of a type.
    pub(super) async fn records(&self, name: &DnsName, kind: RecordType) -> Answer {
        let Some(question) = question(name, kind) else {
            return Outcome::Failed(Failure::Malformed).into();
        };
        let read = |reply: DnsResponse| read(&reply, &question, kind);
        match self.ask(&question, Signatures::Left, read).await {
            Ok(answer) => answer,
            Err(failure) => Outcome::Failed(failure).into(),
        }
    }

    /// Waits until something may be under way too.
    pub(super) async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Failure> {
        // Nobody closes it.
        self.permits.acquire().await.map_err(|_| Failure::Unreachable)
    }

    /// Asks until there is an answer that can be read, the tries are used up or patience is over.
    pub(super) async fn ask<T>(
        &self,
        question: &Question,
        signatures: Signatures,
        read: impl Fn(DnsResponse) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let _permit = self.permit().await?;
        let end = Instant::now() + PATIENCE;
        let mut failure = Failure::Timeout;
        let mut pause = PAUSE;
        let mut edns = true;
        for (turn, server) in (1..=TRIES).zip(self.servers.iter().cycle()) {
            let left = end.saturating_duration_since(Instant::now());
            if left < PAUSE {
                break;
            }
            let request = request(question, signatures, edns);
            match server.exchange(request, self.timeout.min(left)).await.and_then(&read) {
                Ok(answer) => return Ok(answer),
                Err(one) => {
                    // A server that can't read the question may know no EDNS (RFC 6891 section 7).
                    edns &= !matches!(one, Failure::Code(_) | Failure::Malformed);
                    // What a server said is worth more than silence.
                    if one != Failure::Timeout {
                        failure = one;
                    }
                    if one != Failure::Timeout && turn < TRIES {
                        tokio::time::sleep(pause.min(end.saturating_duration_since(Instant::now()))).await;
                        pause *= 2;
                    }
                }
            }
        }
        Err(failure)
    }
}

fn request(question: &Question, signatures: Signatures, edns: bool) -> DnsRequest {
    let wanted = signatures == Signatures::Wanted;
    let mut options = DnsRequestOptions::default();
    options.use_edns = edns || wanted;
    options.edns_set_dnssec_ok = wanted;
    options.retry_interval = RESEND;
    let mut request = DnsRequest::from_query(question.clone(), options);
    // Asks a validating resolver to say whether it could validate (RFC 6840 section 5.7), or, where this side
    // validates, for the records all the same (RFC 4035 section 3.2.2).
    request.metadata.authentic_data = true;
    request.metadata.checking_disabled = wanted;
    request
}

/// The authorities of the web, and those that are trusted besides.
fn tls(options: &HttpsOptions) -> Result<ClientConfig, LiveError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for authority in &options.authorities {
        let added = roots.add(authority.as_slice().into());
        added.map_err(|error| LiveError::new("a certificate to trust can't be read", error))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| LiveError::new("can't set up TLS", error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
