//! Policies over HTTPS, and questions over TLS: against servers on loopback with a self-made authority.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::dns::answer::PolicyDocument;

/// An authority, and the certificate that it gave a server.
struct Given {
    authority: Vec<u8>,
    config: Arc<ServerConfig>,
}

fn certified(host: &str) -> Given {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let own = authority.self_signed(&key).unwrap();
    let issuer = Issuer::new(authority, key);
    let server_key = KeyPair::generate().unwrap();
    let server =
        CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&server_key, &issuer).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![server.der().clone()],
            PrivateKeyDer::try_from(server_key.serialize_der()).unwrap(),
        )
        .unwrap();
    Given { authority: own.der().to_vec(), config: Arc::new(config) }
}

/// A server that does the same with every connection.
fn listen(
    config: &Arc<ServerConfig>,
    talk: impl Fn(&mut StreamOwned<ServerConnection, TcpStream>) + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, config) = (listener.local_addr().unwrap(), Arc::clone(config));
    thread::spawn(move || {
        for tcp in listener.incoming().map_while(Result::ok) {
            let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), tcp);
            talk(&mut tls);
        }
    });
    address
}

/// Reads a request to its end.
fn request(tls: &mut impl Read) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") && tls.read(&mut byte).is_ok_and(|count| count > 0) {
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

const ZONE: &str = "
$ORIGIN example.com.
mta-sts A 127.0.0.1
";

/// What a fetch of the policy of `example.com` comes to.
fn fetch(given: &Given, port: u16, allow_private: bool) -> (Outcome, Duration) {
    let server = start(ZONE);
    let https = HttpsOptions { port, allow_private, authorities: vec![given.authority.clone()] };
    let options =
        LiveOptions { servers: vec![NameServer::Plain(server.address())], https, ..LiveOptions::default() };
    let mut answers = Answers::new();
    let query = Query { name: name("example.com"), want: Want::MtaStsPolicy };
    let settled = drive(&mut Live::new(options).unwrap(), &mut answers, &Bounds::default(), |inquiry| {
        inquiry.ask(query.clone()).cloned()
    });
    (settled.value.unwrap().outcome, settled.spent)
}

/// A server that answers every request so.
fn answering(given: &Given, answer: &str) -> u16 {
    let answer = answer.to_owned();
    let talk = move |tls: &mut StreamOwned<ServerConnection, TcpStream>| {
        let asked = request(tls);
        if asked.starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com\r\n") {
            let _ = tls.write_all(answer.as_bytes());
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    };
    listen(&given.config, talk).port()
}

const POLICY: &str = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmax_age: 604800\r\n";

#[test]
fn a_policy_is_fetched_from_its_host_alone() {
    let given = certified("mta-sts.example.com");
    let port = answering(&given, &format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{POLICY}"));
    let (found, _) = fetch(&given, port, true);
    let document =
        PolicyDocument { media_type: Some("text/plain".to_owned()), body: POLICY.as_bytes().into() };
    assert_eq!(found, Outcome::Found(vec![RecordData::Policy(document)]));
    // Nobody's neighbours are asked unless that is allowed.
    assert_eq!(fetch(&given, port, false).0, Outcome::Failed(Failure::NotPublic));
    // A certificate for another name, or from an authority that nobody trusts, is none.
    let other = certified("www.example.com");
    let stranger = answering(&other, "HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(fetch(&other, stranger, true).0, Outcome::Failed(Failure::Certificate));
    assert_eq!(fetch(&other, port, true).0, Outcome::Failed(Failure::Certificate));
}

#[test]
fn what_is_served_instead_of_a_policy_is_told() {
    let given = certified("mta-sts.example.com");
    let long = "x".repeat(200_000);
    for (answer, failure) in [
        ("HTTP/1.1 302 Found\r\nLocation: https://example.net/\r\n\r\n", Failure::HttpStatus(302)),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Failure::HttpStatus(404)),
        (&format!("HTTP/1.1 200 OK\r\n\r\n{long}"), Failure::TooLong),
        ("nonsense\r\n\r\n", Failure::Malformed),
    ] {
        assert_eq!(
            fetch(&given, answering(&given, answer), true).0,
            Outcome::Failed(failure),
            "{:.40}",
            answer
        );
    }
    // One that never answers costs no more than its time, and a port where nobody listens nothing.
    let silent = listen(&given.config, |tls| {
        request(tls);
        thread::sleep(Duration::from_secs(30));
    });
    let (found, spent) = fetch(&given, silent.port(), true);
    assert_eq!(found, Outcome::Failed(Failure::Timeout));
    assert!(spent < Duration::from_secs(5), "{spent:?}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(fetch(&given, closed, true).0, Outcome::Failed(Failure::Unreachable));
}

/// Reads a message behind its length.
fn message(from: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    from.read_exact(&mut length).ok()?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    from.read_exact(&mut message).ok()?;
    Some([&length[..], &message].concat())
}

#[test]
fn questions_go_over_tls_on_one_connection() {
    let behind = start("$ORIGIN example.com.\n@ TXT \"one\"\n@ MX 10 mx\nmx A 192.0.2.1\n");
    let given = certified("127.0.0.1");
    let plain = behind.address();
    let address = listen(&given.config, move |tls| {
        let mut inner = TcpStream::connect(plain).unwrap();
        while let Some(question) = message(tls) {
            inner.write_all(&question).unwrap();
            let Some(answer) = message(&mut inner) else { return };
            if tls.write_all(&answer).and_then(|()| tls.flush()).is_err() {
                return;
            }
        }
    });
    let ask = |authorities: Vec<Vec<u8>>| {
        let options = LiveOptions {
            servers: vec![NameServer::Tls { host: "127.0.0.1".to_owned(), port: address.port() }],
            https: HttpsOptions { authorities, ..HttpsOptions::default() },
            ..LiveOptions::default()
        };
        let (mut live, mut answers) = (Live::new(options).unwrap(), Answers::new());
        let settled = drive(&mut live, &mut answers, &Bounds::default(), |inquiry| {
            let (at, mx) = (name("example.com"), name("mx.example.com"));
            let asked = [
                inquiry.records(&at, RecordType::Txt),
                inquiry.records(&at, RecordType::Mx),
                inquiry.records(&mx, RecordType::A),
                inquiry.records(&mx, RecordType::Aaaa),
            ];
            asked.into_iter().map(|answer| answer.cloned()).collect::<Option<Vec<_>>>()
        });
        settled.value.unwrap()
    };
    let answers = ask(vec![given.authority.clone()]);
    assert_eq!(answers.iter().map(|answer| answer.records().len()).collect::<Vec<_>>(), [1, 1, 1, 0]);
    assert!(answers[3].is_absent());
    // One that can't prove who it is is told nothing.
    assert!(ask(Vec::new()).iter().all(|answer| answer.failure().is_some()));
}

#[test]
fn without_the_roots_keys_nothing_is_known_of_dnssec() {
    let server = start("$ORIGIN example.com.\n@ MX 10 mx\nexample.com. DS 7 8 2 0102\n");
    let query = Query { name: name("example.com"), want: Want::Security(RecordType::Mx) };
    let settled = drive(&mut live(&server), &mut Answers::new(), &Bounds::default(), |inquiry| {
        inquiry.ask(query.clone()).cloned()
    });
    let unknown = Outcome::Found(vec![RecordData::Security(crate::dns::answer::Security::Unknown)]);
    assert_eq!(settled.value.unwrap().outcome, unknown);
}
