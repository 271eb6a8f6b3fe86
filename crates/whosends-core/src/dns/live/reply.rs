//! Between questions and answers as hickory has them and those of this crate.

use hickory_resolver::proto::dnssec::rdata::DNSSECRData;
use hickory_resolver::proto::op::{DnsResponse, Query as Question, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType as WireType};

use crate::dns::answer::{Answer, Failure, Outcome, RecordData, Text};
use crate::dns::name::DnsName;
use crate::dns::query::RecordType;

/// The longest chain of aliases that is followed.
const MOST_ALIASES: usize = 16;
/// The number of the type that SPF gave up, which hickory does not name.
const SPF: WireType = WireType::Unknown(99);

pub(super) fn question(name: &DnsName, kind: RecordType) -> Option<Question> {
    let mut wire = Name::from_labels(name.labels()).ok()?;
    wire.set_fqdn(true);
    Some(Question::query(wire, wire_type(kind)))
}

pub(super) const fn wire_type(kind: RecordType) -> WireType {
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
pub(super) fn read(reply: &DnsResponse, question: &Question, kind: RecordType) -> Result<Answer, Failure> {
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
        RData::DNSSEC(DNSSECRData::DS(ds)) => {
            let (algorithm, digest) = (ds.algorithm().into(), ds.digest_type().into());
            (RecordType::Ds, RecordData::Ds(ds.key_tag(), algorithm, digest, ds.digest().into()))
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
