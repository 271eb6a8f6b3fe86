//! One record with everything around it, judged on its own.

use crate::error::{Error, ErrorKind, Result};
use crate::model::Record;

use super::address::{AddressFacts, ReverseName};
use super::asn::Asn;
use super::catalogue::Catalogue;
use super::class::{Class, Flags};
use super::evidence::{Confidence, Evidence, Sender};
use super::judge::Judge;
use super::owner::Owner;
use super::prefix::{Prefix, Ranges};
use super::words;

/// What is known of the owner, as texts.
#[derive(Debug, Clone, Default)]
pub struct OwnerFacts {
    /// The owner's domains; a name under `onmicrosoft.com` is a tenant.
    pub domains: Vec<String>,
    /// Ids of services that are known to send for the owner.
    pub confirmed: Vec<String>,
    /// Addresses and prefixes of the owner's own servers.
    pub addresses: Vec<String>,
    /// Selectors known from aligned mail.
    pub selectors: Vec<String>,
    /// The owner's Microsoft tenants.
    pub tenants: Vec<String>,
}

/// A record with everything that is known around it.
#[derive(Debug, Clone)]
pub struct SingleRecord {
    /// The record.
    pub record: Record,
    /// The domain its report is about.
    pub policy_domain: Option<String>,
    /// The name of its address.
    pub reverse: ReverseName,
    /// The network (ASN) of its address.
    pub network: Option<u32>,
    /// The owner.
    pub owner: OwnerFacts,
}

/// Who sent a record, and what that makes it, in ids of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classified {
    /// An id of the catalogue, `own`, or nothing.
    pub sender: Option<String>,
    /// Who composed and signed it: an id of the catalogue.
    pub originator: Option<String>,
    /// Who delivered it: an id of the catalogue, or `own`.
    pub hop: Option<String>,
    /// What it is to the owner.
    pub class: Class,
    /// How sure the sender's name is.
    pub confidence: Option<Confidence>,
    /// What names a sender, the strongest first.
    pub evidence: Vec<Evidence>,
    /// What else is to be said.
    pub flags: Flags,
    /// Why it has its class.
    pub reason: String,
}

/// Judges one record by what is given with it and nothing else.
///
/// # Errors
///
/// A confirmed service that the catalogue does not have, or an address that is none.
pub fn classify(single: &SingleRecord, catalogue: &Catalogue) -> Result<Classified> {
    let owner = owner(single, catalogue)?;
    let ranges = Ranges::default();
    let judge = Judge { catalogue, owner: &owner, ranges: &ranges };
    let facts = AddressFacts {
        address: single.record.source,
        reverse: single.reverse.clone(),
        network: single.network.map(Asn::from),
    };
    let explained = judge.explain(&single.record.combination, &facts);
    let id = |sender: Sender| match sender {
        Sender::Own => "own".to_owned(),
        Sender::Service(service) => catalogue.service(service).id.clone(),
    };
    let judgement = explained.judgement;
    Ok(Classified {
        sender: judgement.sender.map(id),
        originator: judgement.attribution.originator.map(|named| id(Sender::Service(named.service))),
        hop: judgement.attribution.hop.map(|hop| id(hop.sender)),
        class: judgement.class,
        confidence: judgement.confidence,
        reason: words::reason(&explained, catalogue),
        flags: judgement.flags,
        evidence: explained.evidence,
    })
}

fn owner(single: &SingleRecord, catalogue: &Catalogue) -> Result<Owner> {
    let mut owner = Owner::default();
    let facts = &single.owner;
    single.policy_domain.iter().chain(&facts.domains).for_each(|domain| owner.add_domain(domain));
    facts.selectors.iter().for_each(|selector| owner.add_selector(selector));
    facts.tenants.iter().for_each(|tenant| owner.add_tenant(tenant));
    for id in &facts.confirmed {
        let unknown = || Error::new(ErrorKind::Catalogue, format!("`{id}` is no known sender"));
        owner.confirm(catalogue.find(id).ok_or_else(unknown)?.key);
    }
    for text in &facts.addresses {
        let wrong = || Error::new(ErrorKind::Catalogue, format!("`{text}` is no address and no prefix"));
        owner.add_addresses(Prefix::parse(text).ok_or_else(wrong)?);
    }
    Ok(owner)
}
