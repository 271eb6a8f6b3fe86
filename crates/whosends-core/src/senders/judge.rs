//! Judges one record and says what the judgement rests on.

use crate::model::Combination;

use super::address::{self, AddressFacts, ReverseName};
use super::catalogue::Catalogue;
use super::class::{Rule, SignAgainst};
use super::classify::{Judgement, judge, signs_against};
use super::evidence::{Evidence, EvidenceKind, Sender};
use super::identify::Attribution;
use super::org::organizational_domain;
use super::owner::Owner;
use super::prefix::{Prefix, Ranges};
use super::reading::{self, Reading};
use super::source::SourceKey;

/// Everything that a judgement rests on besides the record.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    /// The services.
    pub catalogue: &'a Catalogue,
    /// What is known of the owner.
    pub owner: &'a Owner,
    /// What the services list in SPF.
    pub ranges: &'a Ranges,
}

/// A judgement with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The judgement, after the owner's decision.
    pub judgement: Judgement,
    /// What the record is grouped by.
    pub source: SourceKey,
    /// What speaks for a sender, the strongest first.
    pub evidence: Vec<Evidence>,
    /// What speaks against the record, where it fails both ways.
    pub against: Vec<SignAgainst>,
    /// The envelope domain that was judged by.
    pub envelope: Option<String>,
    /// The selectors of the owner's signatures that pass.
    pub selectors: Vec<String>,
}

impl Judge<'_> {
    /// Judges one record and says what the judgement rests on.
    #[must_use]
    pub fn explain(&self, combination: &Combination, facts: &AddressFacts) -> Explained {
        let reading = reading::read(combination, self.catalogue, self.owner);
        let standing = address::read(facts, self.catalogue, self.owner, self.ranges);
        let address_evidence = address::evidence(&standing, facts, self.ranges);
        let judgement = judge(&reading, &standing, self.catalogue, self.owner);
        let source = source(&judgement, &reading, facts);
        let counted = reading.weak.iter().filter(|(service, ..)| {
            let mut machines = reading.machines.iter().chain(&standing.machines);
            machines.any(|machine| machine.claims.contains(*service))
        });
        let weak = counted.map(|(service, kind, value)| Evidence {
            kind: *kind,
            value: value.clone(),
            names: Sender::Service(*service),
        });
        let mut evidence: Vec<_> =
            reading.evidence.iter().cloned().chain(address_evidence).chain(weak).collect();
        for piece in &mut evidence {
            if piece.kind == EvidenceKind::ServiceSignature && is_hop_alone(&judgement, piece.names) {
                piece.kind = EvidenceKind::HostSignature;
            }
        }
        evidence.sort_unstable_by(|a, b| b.points().cmp(&a.points()).then_with(|| a.cmp(b)));
        evidence.dedup();
        let fails = reading.dkim == Some(false) && reading.spf == Some(false);
        let against = if fails { signs_against(&reading, &standing) } else { Vec::new() };
        let mut keys = decided_keys(facts, self.owner).into_iter();
        let decided = keys.find(|key| takes(self.owner, &reading.from, key, &source));
        let source = decided.unwrap_or(source);
        let judgement = match self.owner.decision(&reading.from, &source) {
            Some(decision) => judgement.after(decision),
            None => judgement,
        };
        Explained {
            judgement,
            source,
            evidence,
            against,
            envelope: reading.envelope_domain,
            selectors: reading.selectors,
        }
    }
}

/// Whether a sender delivered the mail that somebody else composed.
fn is_hop_alone(judgement: &Judgement, sender: Sender) -> bool {
    let Attribution { originator, hop, .. } = judgement.attribution;
    let originator = originator.map(|named| Sender::Service(named.service));
    originator != Some(sender) && hop.is_some_and(|hop| hop.sender == sender)
}

/// What a record is grouped by: its sender, else the narrowest thing known of the address.
fn source(judgement: &Judgement, reading: &Reading, facts: &AddressFacts) -> SourceKey {
    named(judgement, reading).unwrap_or_else(|| unnamed(facts))
}

/// What a record is grouped by wherever it came from: its sender, or the organisation that it passes for.
pub(super) fn named(judgement: &Judgement, reading: &Reading) -> Option<SourceKey> {
    match judgement.sender {
        Some(Sender::Own) => Some(SourceKey::Own),
        Some(Sender::Service(service)) => Some(SourceKey::Service(service)),
        None if judgement.rule == Rule::ForeignOrganization => {
            reading.foreign_organization().map(|domain| SourceKey::Host(domain.into()))
        }
        None => None,
    }
}

/// What is known of an address that the owner decided about, the narrowest first: the decision holds whatever else
/// is learned of the address later.
pub(super) fn decided_keys(facts: &AddressFacts, owner: &Owner) -> Vec<SourceKey> {
    // There may be a million addresses, and mostly there is no decision.
    if !owner.decides_anything() {
        return Vec::new();
    }
    let address = facts.address;
    let mut keys: Vec<_> = owner.decided_prefixes(address).map(SourceKey::Block).collect();
    let bare = AddressFacts { network: facts.network.clone(), ..AddressFacts::bare(address) };
    keys.extend([unnamed(facts), unnamed(&bare)].into_iter().filter(|key| owner.decides(key)));
    keys
}

/// Whether the owner's decision about a key goes before what mail would be grouped by. One about addresses takes their
/// mail that no service is named for, and that of services where the owner said so; one about a host's domain or a
/// network takes mail whose sender has no name.
pub(super) fn takes(owner: &Owner, from: &str, decided: &SourceKey, source: &SourceKey) -> bool {
    let Some(made) = owner.made(from, decided) else { return false };
    match (decided, source) {
        (SourceKey::Block(_), SourceKey::Service(_)) => made.with_services,
        (SourceKey::Block(_), _) => true,
        _ => !source.is_named(),
    }
}

/// What mail from an address is grouped by where its sender has no name.
pub(super) fn unnamed(facts: &AddressFacts) -> SourceKey {
    if let ReverseName::Found { name, confirmed: Some(true) } = &facts.reverse {
        return SourceKey::Host(organizational_domain(&address::host(name)).into());
    }
    match &facts.network {
        Some(network) => SourceKey::Network(network.clone()),
        None => SourceKey::Block(Prefix::block(facts.address)),
    }
}
