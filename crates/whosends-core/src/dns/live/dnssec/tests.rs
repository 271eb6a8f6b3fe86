//! What proofs come to.

use std::time::Duration;

use hickory_resolver::proto::dnssec::crypto::Ed25519SigningKey;
use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, NSEC, RRSIG, SigInput};
use hickory_resolver::proto::dnssec::{Algorithm, DnssecSigner, SigningKey, TBS};
use hickory_resolver::proto::op::{Message, OpCode};
use hickory_resolver::proto::rr::rdata::{MX, NS, SOA};
use hickory_resolver::proto::rr::{DNSClass, RData, Record, SerialNumber};

use super::super::{LiveOptions, NameServer};
use super::*;

fn reply(answers: &[(RData, Proof)], authorities: &[(RData, Proof)]) -> Result<DnsResponse, NetError> {
    let mut message = Message::response(1, OpCode::Query);
    let record = |(data, proof): &(RData, Proof)| {
        let mut record = Record::from_rdata(Name::root(), 60, data.clone());
        record.proof = *proof;
        record
    };
    for one in answers {
        message.add_answer(record(one));
    }
    for one in authorities {
        message.add_authority(record(one));
    }
    Ok(DnsResponse::from_message(message).unwrap())
}

fn mx() -> RData {
    RData::MX(MX::new(10, Name::root()))
}

#[test]
fn the_weakest_record_that_counts_decides() {
    use Proof::{Bogus, Indeterminate, Insecure, Secure};
    let question = Question::query(Name::root(), WireType::MX);
    let ns = || RData::NS(NS(Name::root()));
    let soa = || RData::SOA(SOA::new(Name::root(), Name::root(), 1, 1, 1, 1, 1));
    for (answers, authorities, expected) in [
        (vec![(mx(), Secure)], vec![(ns(), Insecure)], Secure),
        (vec![(mx(), Secure), (mx(), Bogus)], vec![], Bogus),
        (vec![(mx(), Insecure), (ns(), Bogus)], vec![], Insecure),
        (vec![], vec![(soa(), Secure), (ns(), Indeterminate)], Secure),
        (vec![], vec![(soa(), Insecure)], Insecure),
        (vec![], vec![], Indeterminate),
    ] {
        assert_eq!(proof(&reply(&answers, &authorities), &question), expected, "{answers:?}");
    }
    // What is not answered is not broken.
    assert_eq!(proof(&Err(NetError::Timeout), &question), Indeterminate);
}

/// A root zone that is signed with a key of its own, and nothing else: every answer stands in the memory.
struct Root {
    signer: DnssecSigner,
    validator: Validator,
}

impl Root {
    fn new() -> Self {
        let pkcs8 = Ed25519SigningKey::generate_pkcs8().unwrap();
        let key = Ed25519SigningKey::from_pkcs8(&pkcs8).unwrap();
        let public = key.to_public_key().unwrap();
        let mut anchors = TrustAnchors::empty();
        anchors.insert(&public);
        let signer =
            DnssecSigner::new(DNSKEY::from_key(&public), Box::new(key), Name::root(), Duration::from_secs(1));
        // Nobody listens there: what is not in the memory is not answered.
        let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let servers = vec![NameServer::Plain(closed)];
        let options = LiveOptions { servers, timeout: Duration::from_millis(50), ..LiveOptions::default() };
        let validator = Validator::with(Arc::new(Wire::new(&options).unwrap()), anchors);
        let root = Self { signer, validator };
        let keys =
            root.signed(&[root.record("", RData::DNSSEC(DNSSECRData::DNSKEY(root.signer.to_dnskey())))]);
        root.say("", WireType::DNSKEY, &keys, &[]);
        root
    }

    fn record(&self, name: &str, data: RData) -> Record {
        Record::from_rdata(Name::from_ascii(format!("{name}.")).unwrap(), 60, data)
    }

    /// Records of one name and type with their signature.
    fn signed(&self, records: &[Record]) -> Vec<Record> {
        let first = records.first().unwrap();
        let input = SigInput {
            type_covered: first.record_type(),
            algorithm: Algorithm::ED25519,
            num_labels: first.name.num_labels(),
            original_ttl: 60,
            sig_expiration: SerialNumber::new(2_100_000_000),
            sig_inception: SerialNumber::new(1_700_000_000),
            key_tag: self.signer.calculate_key_tag().unwrap(),
            signer_name: Name::root(),
        };
        let signed = TBS::from_input(&first.name, DNSClass::IN, &input, records.iter()).unwrap();
        let signature = RRSIG::from_sig(input, self.signer.sign(&signed).unwrap());
        let signature = RData::DNSSEC(DNSSECRData::RRSIG(signature));
        let signature = Record::from_rdata(first.name.clone(), 60, signature);
        records.iter().cloned().chain([signature]).collect()
    }

    /// Answers a question.
    fn say(&self, name: &str, kind: WireType, answers: &[Record], authorities: &[Record]) {
        let mut message = Message::response(1, OpCode::Query);
        let question = Question::query(Name::from_ascii(format!("{name}.")).unwrap(), kind);
        message.add_query(question.clone());
        message.insert_answers(answers.to_vec());
        message.insert_authorities(authorities.to_vec());
        let reply = DnsResponse::from_message(message).unwrap();
        self.validator.memory.cell(&question).set(Ok(reply)).unwrap();
    }

    /// What is found out about the mail hosts of a domain.
    fn security(&self, name: &str) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.validator.security(&DnsName::from_dotted(name).unwrap(), RecordType::Mx))
    }
}

fn known(security: Security) -> Outcome {
    Outcome::Found(vec![RecordData::Security(security)])
}

#[test]
fn a_chain_from_the_anchor_is_secure_broken_or_ends_on_purpose() {
    let root = Root::new();
    root.say("secure", WireType::MX, &root.signed(&[root.record("secure", mx())]), &[]);
    assert_eq!(root.security("secure"), known(Security::Secure));

    // Another record than the one that was signed.
    let mut forged = root.signed(&[root.record("forged", mx())]);
    forged[0] = root.record("forged", RData::MX(MX::new(20, Name::root())));
    root.say("forged", WireType::MX, &forged, &[]);
    assert_eq!(root.security("forged"), Outcome::Bogus);

    // A zone that its parent says is not signed.
    let ns = root.record("plain", RData::NS(NS(Name::root())));
    root.say("plain", WireType::MX, &[root.record("plain", mx())], &[]);
    root.say("plain", WireType::NS, &[ns], &[]);
    let nsec = NSEC::new(Name::from_ascii("q.").unwrap(), [WireType::NS, WireType::RRSIG, WireType::NSEC]);
    let nsec = root.signed(&[root.record("plain", RData::DNSSEC(DNSSECRData::NSEC(nsec)))]);
    let soa = RData::SOA(SOA::new(Name::root(), Name::root(), 1, 1, 1, 1, 1));
    let denial = [root.signed(&[root.record("", soa)]), nsec].concat();
    root.say("plain", WireType::DS, &[], &denial);
    assert_eq!(root.security("plain"), known(Security::Insecure));

    // Where the rest of a chain can't be had, nobody knows.
    root.say("cut", WireType::MX, &[root.record("cut", mx())], &[]);
    assert_eq!(root.security("cut"), known(Security::Unknown));
}

#[test]
fn other_keys_than_those_of_the_anchor_say_nothing() {
    let (root, other) = (Root::new(), Root::new());
    let anchors = TrustAnchors::clone(&other.validator.anchors);
    let stranger = Root { validator: Validator::with(Arc::clone(&root.validator.wire), anchors), ..root };
    let keys = stranger.record("", RData::DNSSEC(DNSSECRData::DNSKEY(stranger.signer.to_dnskey())));
    stranger.say("", WireType::DNSKEY, &stranger.signed(&[keys]), &[]);
    stranger.say("secure", WireType::MX, &stranger.signed(&[stranger.record("secure", mx())]), &[]);
    assert_eq!(stranger.security("secure"), known(Security::Unknown));
}
