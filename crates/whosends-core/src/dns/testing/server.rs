//! A DNS server on loopback that serves a zone in memory, faults included. Threads and the standard library
//! only, and its own wire format: what it serves does not pass through the code under test.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::zone::{Behaviour, Zone};
use crate::dns::{Answer, DnsName, Failure, Outcome, RecordData, RecordType, Text};

const TYPES: &[(RecordType, u16)] = &[
    (RecordType::A, 1),
    (RecordType::Ns, 2),
    (RecordType::Cname, 5),
    (RecordType::Soa, 6),
    (RecordType::Ptr, 12),
    (RecordType::Mx, 15),
    (RecordType::Txt, 16),
    (RecordType::Aaaa, 28),
    (RecordType::Ds, 43),
    (RecordType::Tlsa, 52),
    (RecordType::Spf, 99),
];

/// A running server; it stops when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    zone: Zone,
    latency: Duration,
    stop: AtomicBool,
    udp: AtomicUsize,
    tcp: AtomicUsize,
    /// How often a name and type was asked, for faults that end.
    asked: Mutex<HashMap<(DnsName, u16), u32>>,
}

impl Server {
    /// Serves `zone`, each answer after `latency`.
    pub(crate) fn start(zone: Zone, latency: Duration) -> Self {
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            // The same number may be taken for TCP: then another one.
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
                break (udp, tcp);
            }
        };
        let address = udp.local_addr().unwrap();
        let shared = Arc::new(Shared {
            zone,
            latency,
            stop: AtomicBool::new(false),
            udp: AtomicUsize::new(0),
            tcp: AtomicUsize::new(0),
            asked: Mutex::default(),
        });
        let (for_udp, for_tcp) = (Arc::clone(&shared), Arc::clone(&shared));
        thread::spawn(move || serve_udp(&udp, &for_udp));
        thread::spawn(move || serve_tcp(&tcp, &for_tcp));
        Self { address, shared }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many questions came over UDP and over TCP.
    pub(crate) fn questions(&self) -> (usize, usize) {
        (self.shared.udp.load(Ordering::Relaxed), self.shared.tcp.load(Ordering::Relaxed))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        // Wakes both threads, so that they look.
        if let Ok(socket) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) {
            let _ = socket.send_to(&[], self.address);
        }
        let _ = TcpStream::connect(self.address);
    }
}

fn serve_udp(socket: &UdpSocket, shared: &Arc<Shared>) {
    let mut buffer = [0; 4096];
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        let Some(reply) = answer(&buffer[..length], shared, true) else { continue };
        if reply.delay.is_zero() {
            reply.messages.iter().for_each(|message| drop(socket.send_to(message, from)));
        } else if let Ok(socket) = socket.try_clone() {
            thread::spawn(move || {
                thread::sleep(reply.delay);
                reply.messages.iter().for_each(|message| drop(socket.send_to(message, from)));
            });
        }
    }
}

fn serve_tcp(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        let (Ok(mut stream), shared) = (stream, Arc::clone(shared)) else { continue };
        thread::spawn(move || {
            let mut length = [0; 2];
            while stream.read_exact(&mut length).is_ok() {
                let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
                if stream.read_exact(&mut question).is_err() {
                    return;
                }
                let Some(reply) = answer(&question, &shared, false) else { continue };
                thread::sleep(reply.delay);
                for message in reply.messages {
                    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
                    if stream.write_all(&[&length[..], &message].concat()).is_err() {
                        return;
                    }
                }
            }
        });
    }
}

/// What is sent back, and when.
struct Reply {
    messages: Vec<Vec<u8>>,
    delay: Duration,
}

/// A question as it came.
struct Asked<'m> {
    id: [u8; 2],
    /// The question's bytes, to be sent back.
    question: &'m [u8],
    name: DnsName,
    kind: u16,
    /// How large an answer over UDP may be.
    size: usize,
}

fn parse(message: &[u8]) -> Option<Asked<'_>> {
    let id = *message.first_chunk::<2>()?;
    let mut labels = Vec::new();
    let mut at = 12;
    while message.get(at)? != &0 {
        let length = usize::from(message[at]);
        labels.push(message.get(at + 1..at + 1 + length)?);
        at += 1 + length;
    }
    let kind = u16::from_be_bytes(*message.get(at + 1..)?.first_chunk()?);
    let question = message.get(12..at + 5)?;
    // The OPT record: root, type 41, and the size in place of a class.
    let size = match message.get(at + 5..at + 10) {
        Some([0, 0, 41, high, low]) => usize::from(u16::from_be_bytes([*high, *low])).max(512),
        _ => 512,
    };
    Some(Asked { id, question, name: DnsName::from_labels(labels).ok()?, kind, size })
}

/// The reply to a message; `None` is silence.
fn answer(message: &[u8], shared: &Shared, udp: bool) -> Option<Reply> {
    let asked = parse(message)?;
    if udp { &shared.udp } else { &shared.tcp }.fetch_add(1, Ordering::Relaxed);
    let kind = TYPES.iter().find(|(_, number)| *number == asked.kind).map(|(kind, _)| *kind);
    let faults = kind.map_or(&[][..], |kind| shared.zone.behaviours(&asked.name, kind));
    let count = {
        let mut counts = shared.asked.lock().unwrap();
        let count = counts.entry((asked.name.clone(), asked.kind)).or_default();
        *count += 1;
        *count
    };
    let has = |one: Behaviour| faults.contains(&one);
    let mut delay = shared.latency;
    let mut code = None;
    for fault in faults {
        match fault {
            Behaviour::DropUdp if udp => return None,
            Behaviour::DropTcp if !udp => return None,
            Behaviour::DropFirst(most) if count <= *most => return None,
            Behaviour::FailFirst(most) if count <= *most => code = Some(2),
            Behaviour::Code(one) => code = Some(*one),
            Behaviour::Delay(more) => delay += *more,
            _ => {}
        }
    }
    let answer = match (code, kind) {
        (Some(2), _) => Outcome::Failed(Failure::ServerFailure).into(),
        (Some(code), _) => Outcome::Failed(Failure::Code(code)).into(),
        (None, Some(kind)) if !has(Behaviour::NoData) => shared.zone.look_up(&asked.name, kind),
        _ => Outcome::NoData.into(),
    };
    let answer = Answer { authenticated: has(Behaviour::Authentic), ..answer };
    let cut = has(Behaviour::TruncateAlways) || udp && has(Behaviour::Truncate);
    let mut whole = write(&asked, &answer, cut);
    if udp && whole.len() > asked.size {
        whole = write(&asked, &answer, true);
    }
    let mut messages = vec![whole];
    if has(Behaviour::WrongId) {
        let mut wrong = write(&asked, &Outcome::NoSuchName.into(), false);
        wrong[0] ^= 0xff;
        messages.insert(0, wrong);
    }
    if has(Behaviour::Garbage) {
        messages = vec![[&asked.id[..], b"\xff\xff\xff\xff garbage"].concat()];
    }
    Some(Reply { messages, delay })
}

/// A whole message with an answer, or one that says only that it is cut.
fn write(asked: &Asked<'_>, answer: &Answer, cut: bool) -> Vec<u8> {
    let code = match answer.outcome {
        Outcome::NoSuchName => 3,
        Outcome::Failed(Failure::AliasLoop) => 0,
        Outcome::Failed(Failure::Code(code)) => u8::try_from(code).unwrap(),
        Outcome::Failed(_) | Outcome::Bogus => 2,
        Outcome::Found(_) | Outcome::NoData => 0,
    };
    let mut records = Vec::new();
    if !cut {
        let mut owner = asked.name.clone();
        for target in &answer.aliases {
            records.push((owner, 5, wire_name(target)));
            owner = target.clone();
        }
        for data in answer.records() {
            records.push((owner.clone(), asked.kind, wire_data(data)));
        }
    }
    let flags = [if cut { 0x87 } else { 0x85 }, if answer.authenticated { 0xa0 } else { 0x80 } | code];
    let count = u16::try_from(records.len()).unwrap().to_be_bytes();
    let mut message = [&asked.id[..], &flags, &[0, 1], &count, &[0; 4], asked.question].concat();
    for (owner, kind, data) in records {
        message.extend(wire_name(&owner));
        message.extend(kind.to_be_bytes());
        message.extend([0, 1, 0, 0, 1, 44]);
        message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        message.extend(data);
    }
    message
}

fn wire_name(name: &DnsName) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in name.labels() {
        wire.push(u8::try_from(label.len()).unwrap());
        wire.extend_from_slice(label);
    }
    wire.push(0);
    wire
}

fn wire_text(text: &Text) -> Vec<u8> {
    if text.0.is_empty() {
        return vec![0];
    }
    text.0.iter().flat_map(|string| [&[u8::try_from(string.len()).unwrap()], &**string].concat()).collect()
}

fn wire_data(data: &RecordData) -> Vec<u8> {
    match data {
        RecordData::A(address) => address.octets().to_vec(),
        RecordData::Aaaa(address) => address.octets().to_vec(),
        RecordData::Cname(name) | RecordData::Ns(name) | RecordData::Ptr(name) => wire_name(name),
        RecordData::Ds(tag, algorithm, kind, digest) => {
            [&tag.to_be_bytes()[..], &[*algorithm, *kind], digest].concat()
        }
        RecordData::Mx { preference, exchange } => {
            [&preference.to_be_bytes()[..], &wire_name(exchange)].concat()
        }
        RecordData::Soa(primary, serial) => {
            [&wire_name(primary)[..], &[0], &serial.to_be_bytes(), &[0; 16]].concat()
        }
        RecordData::Spf(text) | RecordData::Txt(text) => wire_text(text),
        RecordData::Tlsa(usage, selector, matching, data) => {
            [&[*usage, *selector, *matching], &**data].concat()
        }
        _ => panic!("not served: {data:?}"),
    }
}
