//! A name server, and how it is talked to.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::net::h2::HttpsClientStream;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::tcp::TcpClientStream;
use hickory_resolver::net::tls::tls_exchange;
use hickory_resolver::net::udp::UdpClientStream;
use hickory_resolver::net::xfer::{DnsExchange, DnsHandle, DnsRequestSender, FirstAnswer};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{DnsRequest, DnsResponse};
use hickory_resolver::system_conf::read_system_conf;
use tokio::sync::Mutex;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::LiveError;
use crate::dns::answer::Failure;

/// Most questions under way on one encrypted connection.
const MOST_ON_ONE: usize = 1024;

/// Which name server to ask, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameServer {
    /// Over UDP, and over TCP where an answer is long.
    Plain(SocketAddr),
    /// Over TLS (RFC 7858).
    Tls {
        /// Its name, or its address, which its certificate has to be for.
        host: String,
        /// Usually 853.
        port: u16,
    },
    /// Over HTTPS (RFC 8484).
    Https {
        /// Its name, or its address, which its certificate has to be for.
        host: String,
        /// Usually 443.
        port: u16,
        /// Usually `/dns-query`.
        path: String,
    },
}

impl fmt::Display for NameServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracketed = |host: &str| match host.contains(':') {
            true => format!("[{host}]"),
            false => host.to_owned(),
        };
        match self {
            Self::Plain(address) => write!(f, "{address}"),
            Self::Tls { host, port } => write!(f, "tls://{}:{port}", bracketed(host)),
            Self::Https { host, port: 443, path } => write!(f, "https://{}{path}", bracketed(host)),
            Self::Https { host, port, path } => write!(f, "https://{}:{port}{path}", bracketed(host)),
        }
    }
}

/// Those that the system uses.
pub(super) fn of_the_system() -> Result<Vec<NameServer>, LiveError> {
    let (config, _) = read_system_conf()
        .map_err(|error| LiveError::new("can't read which name servers the system uses", error))?;
    let mut servers = Vec::new();
    for server in config.name_servers() {
        let port = server.connections.first().map_or(53, |connection| connection.port);
        servers.push(NameServer::Plain(SocketAddr::new(server.ip, port)));
    }
    if servers.is_empty() {
        servers.push(NameServer::Plain((Ipv4Addr::LOCALHOST, 53).into()));
    }
    Ok(servers)
}

/// A name server with what is needed to talk to it.
pub(super) struct Server {
    pub(super) named: NameServer,
    address: SocketAddr,
    tls: Arc<ClientConfig>,
    /// What drives connections: they live no longer.
    provider: TokioRuntimeProvider,
    /// The one connection to an encrypted server, made when it is first needed.
    connection: Mutex<Option<DnsExchange<TokioRuntimeProvider>>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.named, self.address)
    }
}

impl Server {
    /// Finds out the address of a server.
    pub(super) fn new(named: NameServer, tls: &Arc<ClientConfig>) -> Result<Self, LiveError> {
        let address = match &named {
            NameServer::Plain(address) => *address,
            NameServer::Tls { host, port } | NameServer::Https { host, port, .. } => {
                let unknown = |error| LiveError::new("can't find the name server", error);
                let mut found = (host.as_str(), *port).to_socket_addrs().map_err(unknown)?;
                found
                    .next()
                    .ok_or_else(|| LiveError { what: "the name server has no address", source: None })?
            }
        };
        let provider = TokioRuntimeProvider::default();
        Ok(Self { named, address, tls: Arc::clone(tls), provider, connection: Mutex::new(None) })
    }

    /// One question with its answer, cut at `timeout`.
    pub(super) async fn exchange(
        &self,
        request: DnsRequest,
        timeout: Duration,
    ) -> Result<DnsResponse, Failure> {
        let reply = match &self.named {
            NameServer::Plain(address) => return plain(*address, request, timeout).await,
            _ => tokio::time::timeout(timeout, self.encrypted(request, timeout)).await,
        };
        match reply.unwrap_or(Err(NetError::Timeout)) {
            Ok(reply) => Ok(reply),
            Err(error) => {
                if !matches!(error, NetError::Timeout | NetError::Busy) {
                    // The next question makes a new connection.
                    *self.connection.lock().await = None;
                }
                Err(failure_of(&error))
            }
        }
    }

    async fn encrypted(&self, request: DnsRequest, timeout: Duration) -> Result<DnsResponse, NetError> {
        let exchange = {
            // Who comes second waits for the connection that the first one makes.
            let mut connection = self.connection.lock().await;
            match &*connection {
                Some(exchange) => exchange.clone(),
                None => connection.insert(self.connect(timeout).await?).clone(),
            }
        };
        exchange.send(request).first_answer().await
    }

    async fn connect(&self, timeout: Duration) -> Result<DnsExchange<TokioRuntimeProvider>, NetError> {
        let provider = self.provider.clone();
        match &self.named {
            NameServer::Https { host, path, .. } => {
                let builder = HttpsClientStream::builder(Arc::clone(&self.tls), provider);
                builder.exchange(self.address, host.as_str().into(), path.as_str().into()).await
            }
            NameServer::Tls { host, .. } => {
                let name = ServerName::try_from(host.clone()).map_err(|_| NetError::NoConnections)?;
                let config = ClientConfig::clone(&self.tls);
                tls_exchange(self.address, name, config, timeout, Some(MOST_ON_ONE), provider).await
            }
            NameServer::Plain(_) => Err(NetError::NoConnections),
        }
    }
}

/// A question over UDP, and where the answer is cut over TCP.
async fn plain(server: SocketAddr, request: DnsRequest, timeout: Duration) -> Result<DnsResponse, Failure> {
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
        // The connection lives no longer than what it was made with.
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
        NetError::Dns(DnsError::ResponseCode(code)) => Failure::Code((*code).into()),
        _ => Failure::Malformed,
    }
}
