//! One question after another until there is an answer: which server, how often, how many at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
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

/// A server that let so many tries in a row pass in silence is asked after the others.
const SILENT: u32 = 2;
/// Where nobody ever answered anything, no more questions than these are waited for.
const MOST_IN_VAIN: u32 = 8;
/// An answer that takes longer makes room for one more question at the same time: what counts is how many are asked
/// in a second.
const FAR: Duration = Duration::from_millis(100);

/// Whether a question asks for signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signatures {
    /// The server's word is enough.
    Left,
    /// They are asked for, and the records too where the server finds them bad.
    Wanted,
}

/// What was learnt about a server: it holds for the whole run.
#[derive(Debug, Default)]
struct Learnt {
    /// The tries in a row that it let pass in silence.
    silences: AtomicU32,
    /// Whether it ever answered a question with EDNS.
    knows_edns: AtomicBool,
    /// Whether it answers questions without EDNS alone.
    plain_alone: AtomicBool,
}

impl Learnt {
    fn is_silent(&self) -> bool {
        self.silences.load(Ordering::Relaxed) >= SILENT
    }

    /// Whether a question without EDNS is worth a try after this failure. A server that can't read the question may
    /// know no EDNS (RFC 6891 section 7), and one of which nothing is known may say so in silence, or with an answer
    /// that repeats no question.
    fn doubts_edns(&self, failure: Failure) -> bool {
        match failure {
            Failure::Code(_) | Failure::Malformed => true,
            Failure::Timeout | Failure::ServerFailure => !self.knows_edns.load(Ordering::Relaxed),
            _ => false,
        }
    }

    fn note<T>(&self, reply: &Result<T, Failure>, edns: bool, after_silence: bool) {
        match reply {
            Ok(_) if edns => self.knows_edns.store(true, Ordering::Relaxed),
            Ok(_) if after_silence && !self.knows_edns.load(Ordering::Relaxed) => {
                self.plain_alone.store(true, Ordering::Relaxed);
            }
            _ => {}
        }
        match reply {
            Err(Failure::Timeout) => drop(self.silences.fetch_add(1, Ordering::Relaxed)),
            _ => self.silences.store(0, Ordering::Relaxed),
        }
    }
}

/// The servers, and the questions that may be under way at the same time.
#[derive(Debug)]
pub(super) struct Wire {
    servers: Vec<(Server, Learnt)>,
    timeout: Duration,
    permits: Semaphore,
    /// How many questions more may become under way at the same time.
    growth: AtomicUsize,
    /// Whether any server ever said anything.
    heard: AtomicBool,
    /// Questions that nobody said anything to.
    in_vain: AtomicU32,
    pub(super) tls: Arc<ClientConfig>,
}

impl Wire {
    pub(super) fn new(options: &LiveOptions) -> Result<Self, LiveError> {
        let tls = Arc::new(tls(&options.https)?);
        let named =
            if options.servers.is_empty() { server::of_the_system()? } else { options.servers.clone() };
        let servers = named
            .into_iter()
            .map(|named| Ok((Server::new(named, &tls)?, Learnt::default())))
            .collect::<Result<_, LiveError>>()?;
        let at_first = options.in_flight.clamp(1, Semaphore::MAX_PERMITS);
        Ok(Self {
            servers,
            timeout: options.timeout,
            permits: Semaphore::new(at_first),
            growth: AtomicUsize::new(options.most_in_flight.saturating_sub(at_first)),
            heard: AtomicBool::new(false),
            in_vain: AtomicU32::new(0),
            tls,
        })
    }

    pub(super) fn servers(&self) -> impl Iterator<Item = &NameServer> {
        self.servers.iter().map(|(server, _)| &server.named)
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

    /// The servers in the order in which a question goes to them: those last that lately said nothing.
    fn in_order(&self) -> Vec<&(Server, Learnt)> {
        let mut servers: Vec<_> = self.servers.iter().collect();
        servers.sort_by_key(|(_, learnt)| learnt.is_silent());
        servers
    }

    /// Whether there is no use in asking: nobody ever answered anything, and enough was tried.
    fn is_dead(&self) -> bool {
        !self.heard.load(Ordering::Relaxed) && self.in_vain.load(Ordering::Relaxed) >= MOST_IN_VAIN
    }

    /// Allows one question more at the same time, where answers come from far.
    fn make_room(&self, spent: Duration) {
        let less = |left: usize| left.checked_sub(1);
        if spent >= FAR && self.growth.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok() {
            self.permits.add_permits(1);
        }
    }

    /// Asks until there is an answer that can be read, the tries are used up or patience is over.
    pub(super) async fn ask<T>(
        &self,
        question: &Question,
        signatures: Signatures,
        read: impl Fn(DnsResponse) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let _permit = self.permit().await?;
        if self.is_dead() {
            return Err(Failure::Timeout);
        }
        let start = Instant::now();
        let end = start + PATIENCE;
        let (mut failure, mut pause) = (Failure::Timeout, PAUSE);
        let (mut edns, mut silence) = (true, false);
        let servers = self.in_order();
        for (turn, (server, learnt)) in (1..=TRIES).zip(servers.iter().cycle()) {
            let left = end.saturating_duration_since(Instant::now());
            if left < PAUSE {
                break;
            }
            let with_edns = edns && !learnt.plain_alone.load(Ordering::Relaxed);
            let request = request(question, signatures, with_edns);
            let reply = server.exchange(request, self.timeout.min(left)).await.and_then(&read);
            learnt.note(&reply, with_edns, silence);
            let one = match reply {
                Ok(answer) => {
                    self.heard.store(true, Ordering::Relaxed);
                    if turn == 1 {
                        self.make_room(start.elapsed());
                    }
                    return Ok(answer);
                }
                Err(one) => one,
            };
            edns &= !learnt.doubts_edns(one);
            silence |= one == Failure::Timeout;
            if one != Failure::Timeout {
                // What a server said is worth more than silence.
                failure = one;
                if turn < TRIES {
                    tokio::time::sleep(pause.min(end.saturating_duration_since(Instant::now()))).await;
                    pause *= 2;
                }
            }
        }
        match failure {
            Failure::Timeout => drop(self.in_vain.fetch_add(1, Ordering::Relaxed)),
            _ => self.heard.store(true, Ordering::Relaxed),
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
