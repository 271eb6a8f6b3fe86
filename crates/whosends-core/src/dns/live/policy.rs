//! Fetches an MTA-STS policy over HTTPS (RFC 8461 section 3.3).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, CertificateError};

use super::HttpsOptions;
use super::http::{self, Progress};
use super::wire::Wire;
use crate::dns::answer::{Failure, Outcome, PolicyDocument, RecordData};
use crate::dns::name::DnsName;
use crate::dns::query::RecordType;

/// Where a policy is (RFC 8461 section 3.2).
const PATH: &str = "/.well-known/mta-sts.txt";
/// How long one address has for all of it.
const PATIENCE: Duration = Duration::from_millis(2500);
/// How many addresses are tried.
const MOST_ADDRESSES: usize = 2;

/// The policy of a mail domain. The addresses of its host are looked up once, looked at, and connected to: no
/// second look-up can lead elsewhere.
pub(super) async fn fetch(wire: &Wire, options: &HttpsOptions, domain: &DnsName) -> Outcome {
    match find(wire, options, domain).await {
        Ok(document) => Outcome::Found(vec![RecordData::Policy(document)]),
        Err(failure) => Outcome::Failed(failure),
    }
}

async fn find(wire: &Wire, options: &HttpsOptions, domain: &DnsName) -> Result<PolicyDocument, Failure> {
    let host = domain.child("mta-sts").map_err(|_| Failure::Malformed)?;
    let (v4, v6) = tokio::join!(wire.records(&host, RecordType::A), wire.records(&host, RecordType::Aaaa));
    let addresses: Vec<_> = v4.addresses().chain(v6.addresses()).collect();
    if addresses.is_empty() {
        return Err(v4.failure().or(v6.failure()).unwrap_or(Failure::Unreachable));
    }
    let allowed: Vec<_> =
        addresses.into_iter().filter(|address| options.allow_private || is_public(*address)).collect();
    let (mut failure, host) = (Failure::NotPublic, host.to_string());
    for address in allowed.into_iter().take(MOST_ADDRESSES) {
        let _permit = wire.permit().await?;
        let talk = get(wire, (address, options.port), &host);
        match tokio::time::timeout(PATIENCE, talk).await.unwrap_or(Err(Failure::Timeout)) {
            Ok(document) => return Ok(document),
            Err(why) => failure = why,
        }
        // What a server said of the policy another address won't say better.
        if failure.is_lasting() {
            break;
        }
    }
    Err(failure)
}

async fn get(wire: &Wire, at: (IpAddr, u16), host: &str) -> Result<PolicyDocument, Failure> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Malformed)?;
    let tcp = TcpStream::connect(at).await.map_err(|_| Failure::Unreachable)?;
    let connector = TlsConnector::from(Arc::clone(&wire.tls));
    let mut tls = connector.connect(name, tcp).await.map_err(|error| tls_failure(&error))?;
    tls.write_all(http::request(host, PATH).as_bytes()).await.map_err(|_| Failure::Unreachable)?;
    let mut bytes = Vec::new();
    loop {
        // A server may end the connection without saying so within TLS: then its word counts.
        let ended = tls.read_buf(&mut bytes).await.unwrap_or(0) == 0;
        if let Progress::Whole(document) = http::read(&bytes, ended)? {
            return Ok(document);
        }
        if bytes.len() > http::LONGEST_ANSWER {
            return Err(Failure::TooLong);
        }
    }
}

/// Why TLS could not be set up.
fn tls_failure(error: &io::Error) -> Failure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)) | None => {
            Failure::Unreachable
        }
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Failure::Certificate
        }
        Some(_) => Failure::Unreachable,
    }
}

/// Whether an address is one on the internet (RFC 6890), and not this machine's or its neighbours'.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

const fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 168, ..]
            | [192, 0, 0 | 2, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

/// Global unicast, without documentation, special purposes and 6to4, which leads to any IPv4 address.
const fn is_public_v6(address: Ipv6Addr) -> bool {
    matches!(address.segments(), [0x2000..=0x3fff, ..])
        && !matches!(
            address.segments(),
            [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..]
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_not_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "ff02::1",
            "2001:db8::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in
            ["9.9.9.9", "172.32.0.1", "100.128.0.1", "2620:fe::fe", "::ffff:9.9.9.9", "2001:470::1"]
        {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
