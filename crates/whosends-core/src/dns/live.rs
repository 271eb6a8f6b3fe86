//! A resolver that asks real name servers: the only file here that names hickory, tokio or sockets.
//!
//! It talks to the servers without hickory's own resolver in between, which answers some names by itself
//! (`*.invalid`, `localhost`, ...), drops the aliases of names that do not exist, and reads names as IDNA.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::tcp::TcpClientStream;
use hickory_resolver::net::udp::UdpClientStream;
use hickory_resolver::net::xfer::{DnsHandle, DnsRequestSender, FirstAnswer};
use hickory_resolver::proto::op::{
    DnsRequest, DnsRequestOptions, DnsResponse, Query as Question, ResponseCode,
};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType as WireType};
use hickory_resolver::system_conf::read_system_conf;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::answer::{Answer, Failure, Outcome, RecordData, Text};
use super::name::DnsName;
use super::query::{Query, RecordType, Want};
use super::resolve::{Arrived, Resolver};

/// A question is sent again within one try when this passes without an answer.
const RESEND: Duration = Duration::from_secs(1);
/// How often one question is tried, at one server after the other.
const TRIES: u32 = 3;
/// All tries of one question end after so long.
const PATIENCE: Duration = Duration::from_millis(4200);
/// The pause before a server that failed is asked again; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest chain of aliases that is followed.
const MOST_ALIASES: usize = 16;
/// The number of the type that SPF gave up, which hickory does not name.
const SPF: WireType = WireType::Unknown(99);

/// How a [`Live`] resolver asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveOptions {
    /// The servers; none stands for those of the system.
    pub servers: Vec<SocketAddr>,
    /// How many questions are under way at the same time.
    pub in_flight: usize,
    /// How long one try waits for an answer.
    pub timeout: Duration,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self { servers: Vec::new(), in_flight: 64, timeout: Duration::from_secs(2) }
    }
}

/// Why no resolver could be made.
#[derive(Debug)]
pub struct LiveError {
    what: &'static str,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for LiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// A resolver that asks real name servers, many questions at the same time.
///
/// One lost packet or one failing answer never decides: each question is tried up to three times within
/// 4.2 seconds. Truncated answers are fetched over TCP.
#[derive(Debug)]
pub struct Live {
    runtime: tokio::runtime::Runtime,
    servers: Arc<[SocketAddr]>,
    options: LiveOptions,
    queue: VecDeque<Query>,
    tasks: JoinSet<(Query, Answer)>,
    /// What each task asks, should it not live to tell.
    asking: HashMap<Id, Query>,
}

impl Live {
    /// A resolver with these options.
    ///
    /// # Errors
    ///
    /// Where the system's servers can't be found out, or the system gives no resources.
    pub fn new(options: LiveOptions) -> Result<Self, LiveError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().map_err(
                |error| LiveError { what: "can't start the resolver", source: Some(error.into()) },
            )?;
        let servers = if options.servers.is_empty() { system_servers()? } else { options.servers.clone() };
        Ok(Self {
            runtime,
            servers: servers.into(),
            options,
            queue: VecDeque::new(),
            tasks: JoinSet::new(),
            asking: HashMap::new(),
        })
    }

    /// The servers it asks.
    #[must_use]
    pub fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }

    /// Begins as many questions as may be under way.
    fn begin(&mut self) {
        while self.tasks.len() < self.options.in_flight.max(1) {
            let Some(query) = self.queue.pop_front() else { return };
            let task = look_up(query.clone(), Arc::clone(&self.servers), self.options.timeout);
            let handle = self.tasks.spawn_on(task, self.runtime.handle());
            self.asking.insert(handle.id(), query);
        }
    }

    fn end(&mut self, ended: Result<(Id, (Query, Answer)), JoinError>) -> Option<(Query, Answer)> {
        match ended {
            Ok((id, answered)) => {
                self.asking.remove(&id);
                Some(answered)
            }
            Err(error) => {
                let query = self.asking.remove(&error.id())?;
                Some((query, Outcome::Failed(Failure::Malformed).into()))
            }
        }
    }
}

impl Resolver for Live {
    fn ask(&mut self, queries: Vec<Query>) {
        self.queue.extend(queries);
        self.begin();
    }

    fn wait(&mut self, at_most: Duration) -> Arrived {
        if self.tasks.is_empty() {
            return Arrived::default();
        }
        let tasks = &mut self.tasks;
        let (first, spent) = self.runtime.block_on(async {
            let start = Instant::now();
            let first = tokio::time::timeout(at_most, tasks.join_next_with_id()).await;
            (first, start.elapsed())
        });
        let mut answers = Vec::new();
        let mut ended = first.ok().flatten();
        while let Some(one) = ended {
            answers.extend(self.end(one));
            ended = self.tasks.try_join_next_with_id();
        }
        self.begin();
        Arrived { answers, spent }
    }
}

fn system_servers() -> Result<Vec<SocketAddr>, LiveError> {
    let (config, _) = read_system_conf().map_err(|error| LiveError {
        what: "can't read which name servers the system uses",
        source: Some(error.into()),
    })?;
    let mut servers = Vec::new();
    for server in config.name_servers() {
        let port = server.connections.first().map_or(53, |connection| connection.port);
        servers.push(SocketAddr::new(server.ip, port));
    }
    if servers.is_empty() {
        servers.push((Ipv4Addr::LOCALHOST, 53).into());
    }
    Ok(servers)
}

async fn look_up(query: Query, servers: Arc<[SocketAddr]>, timeout: Duration) -> (Query, Answer) {
    let answer = match query.want {
        Want::Records(kind) => match question(&query.name, kind) {
            Some(question) => persist(&question, kind, &servers, timeout).await,
            None => Outcome::Failed(Failure::Malformed).into(),
        },
        Want::MtaStsPolicy | Want::Security(_) => Outcome::Failed(Failure::Unsupported).into(),
    };
    (query, answer)
}

/// Asks until there is an answer, the tries are used up or patience is over.
async fn persist(question: &Question, kind: RecordType, servers: &[SocketAddr], timeout: Duration) -> Answer {
    let end = Instant::now() + PATIENCE;
    let mut failure = Failure::Timeout;
    let mut pause = PAUSE;
    let mut edns = true;
    for (turn, server) in (1..=TRIES).zip(servers.iter().cycle()) {
        let left = end.saturating_duration_since(Instant::now());
        if left < PAUSE {
            break;
        }
        match exchange(*server, question, edns, timeout.min(left))
            .await
            .and_then(|reply| read(&reply, question, kind))
        {
            Ok(answer) => return answer,
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
    Outcome::Failed(failure).into()
}

/// One question to one server: over UDP, and where the answer is cut over TCP.
async fn exchange(
    server: SocketAddr,
    question: &Question,
    edns: bool,
    timeout: Duration,
) -> Result<DnsResponse, Failure> {
    let mut options = DnsRequestOptions::default();
    options.use_edns = edns;
    options.retry_interval = RESEND;
    let mut request = DnsRequest::from_query(question.clone(), options);
    // Asks a validating resolver to say whether it could validate (RFC 6840 section 5.7).
    request.metadata.authentic_data = true;
    let mut udp = UdpClientStream::builder(server, TokioRuntimeProvider::default())
        .with_timeout(Some(timeout))
        .with_max_retries(2)
        .build();
    let reply = udp.send_message(request.clone()).first_answer().await.map_err(|error| failure_of(&error))?;
    if !reply.truncation {
        return Ok(reply);
    }
    let tcp = async {
        let provider = TokioRuntimeProvider::default();
        let connection = TcpClientStream::exchange(server, None, timeout, None, provider.clone()).await?;
        connection.send(request).first_answer().await
    };
    match tokio::time::timeout(timeout, tcp).await {
        Ok(Ok(reply)) if !reply.truncation => Ok(reply),
        _ => Err(Failure::Truncated),
    }
}

fn failure_of(error: &NetError) -> Failure {
    match error {
        NetError::Timeout => Failure::Timeout,
        NetError::Io(_) | NetError::NoConnections | NetError::Busy => Failure::Unreachable,
        _ => Failure::Malformed,
    }
}

fn question(name: &DnsName, kind: RecordType) -> Option<Question> {
    let mut wire = Name::from_labels(name.labels()).ok()?;
    wire.set_fqdn(true);
    Some(Question::query(wire, wire_type(kind)))
}

const fn wire_type(kind: RecordType) -> WireType {
    match kind {
        RecordType::A => WireType::A,
        RecordType::Aaaa => WireType::AAAA,
        RecordType::Cname => WireType::CNAME,
        RecordType::Ds => WireType::DS,
        RecordType::Mx => WireType::MX,
        RecordType::Ns => WireType::NS,
        RecordType::Ptr => WireType::PTR,
        RecordType::Soa => WireType::SOA,
        RecordType::Spf => SPF,
        RecordType::Tlsa => WireType::TLSA,
        RecordType::Txt => WireType::TXT,
    }
}

/// Reads a reply: follows its aliases from the name that was asked, and takes the records at their end.
fn read(reply: &DnsResponse, question: &Question, kind: RecordType) -> Result<Answer, Failure> {
    match reply.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        ResponseCode::ServFail => return Err(Failure::ServerFailure),
        ResponseCode::Refused => return Err(Failure::Refused),
        code => return Err(Failure::Code(code.into())),
    }
    let mut aliases = Vec::new();
    let mut at = question.name();
    while kind != RecordType::Cname
        && let Some(target) = reply.answers.iter().find_map(|record| alias(record, at))
    {
        let name = own_name(target)?;
        if aliases.len() >= MOST_ALIASES || aliases.contains(&name) || target == question.name() {
            return Ok(Outcome::Failed(Failure::AliasLoop).into());
        }
        aliases.push(name);
        at = target;
    }
    let records =
        reply.answers.iter().filter(|record| record.name == *at).filter_map(|record| data(&record.data));
    let records: Vec<_> = records.filter(|(found, _)| *found == kind).map(|(_, data)| data).collect();
    let outcome = if !records.is_empty() {
        Outcome::Found(records)
    } else if reply.response_code == ResponseCode::NXDomain {
        Outcome::NoSuchName
    } else {
        Outcome::NoData
    };
    Ok(Answer { aliases, authenticated: reply.authentic_data, outcome })
}

/// The name that `record` makes `name` stand for.
fn alias<'r>(record: &'r Record, name: &Name) -> Option<&'r Name> {
    match &record.data {
        RData::CNAME(target) if record.name == *name => Some(&target.0),
        _ => None,
    }
}

fn own_name(name: &Name) -> Result<DnsName, Failure> {
    DnsName::from_labels(name.iter()).map_err(|_| Failure::Malformed)
}

/// A record's content with its type; `None` for types that nobody asks for, and for what can't be read.
fn data(data: &RData) -> Option<(RecordType, RecordData)> {
    let name = |name: &Name| own_name(name).ok();
    Some(match data {
        RData::A(address) => (RecordType::A, RecordData::A(address.0)),
        RData::AAAA(address) => (RecordType::Aaaa, RecordData::Aaaa(address.0)),
        RData::CNAME(target) => (RecordType::Cname, RecordData::Cname(name(&target.0)?)),
        RData::MX(mx) => {
            let exchange = name(&mx.exchange)?;
            (RecordType::Mx, RecordData::Mx { preference: mx.preference, exchange })
        }
        RData::NS(server) => (RecordType::Ns, RecordData::Ns(name(&server.0)?)),
        RData::PTR(pointer) => (RecordType::Ptr, RecordData::Ptr(name(&pointer.0)?)),
        RData::SOA(soa) => (RecordType::Soa, RecordData::Soa(name(&soa.mname)?, soa.serial)),
        RData::TXT(txt) => (RecordType::Txt, RecordData::Txt(Text(txt.txt_data.to_vec()))),
        RData::TLSA(tlsa) => {
            let (usage, selector, matching) =
                (tlsa.cert_usage.into(), tlsa.selector.into(), tlsa.matching.into());
            (RecordType::Tlsa, RecordData::Tlsa(usage, selector, matching, tlsa.cert_data.clone().into()))
        }
        RData::Unknown { code, rdata } if *code == SPF => {
            (RecordType::Spf, RecordData::Spf(Text(strings(&rdata.anything)?)))
        }
        RData::Unknown { code: WireType::DS, rdata } => {
            let ([tag, tag2, algorithm, digest], hash) = rdata.anything.split_first_chunk::<4>()?;
            let tag = u16::from_be_bytes([*tag, *tag2]);
            (RecordType::Ds, RecordData::Ds(tag, *algorithm, *digest, hash.into()))
        }
        _ => return None,
    })
}

/// Strings, each behind its length.
fn strings(mut wire: &[u8]) -> Option<Vec<Box<[u8]>>> {
    let mut found = Vec::new();
    while let Some((&length, rest)) = wire.split_first() {
        let (string, rest) = rest.split_at_checked(usize::from(length))?;
        found.push(string.into());
        wire = rest;
    }
    Some(found)
}

#[cfg(test)]
mod tests;
