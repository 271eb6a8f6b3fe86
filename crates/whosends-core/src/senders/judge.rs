//! Judges records, one at a time or by the million.

use std::collections::HashMap;
use std::hash::Hash;

use crate::model::Combination;

use super::address::{self, AddressFacts, ReverseName, Standing};
use super::catalogue::Catalogue;
use super::class::SignAgainst;
use super::classify::{Judgement, judge, signs_against};
use super::decision::Decision;
use super::evidence::{Evidence, EvidenceKind, Sender};
use super::identify::Attribution;
use super::ids::IdMap;
use super::org::organizational_domain;
use super::owner::Owner;
use super::prefix::{Prefix, Ranges};
use super::reading::{self, Envelope, OwnSignature, Reading, SpfOutcome};
use super::source::SourceKey;
use super::tenant;

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
        let (standing, address_evidence) = address::read(facts, self.catalogue, self.owner, self.ranges);
        let judgement = judge(&reading, &standing, self.catalogue, self.owner);
        let source = source(&judgement, facts);
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
        let judgement = match self.owner.decision(&source) {
            Some(decision) => judgement.after(decision),
            None => judgement,
        };
        Explained {
            judgement,
            source,
            evidence,
            against: against.into_iter().map(|(sign, _)| sign).collect(),
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
fn source(judgement: &Judgement, facts: &AddressFacts) -> SourceKey {
    match judgement.sender {
        Some(Sender::Own) => SourceKey::Own,
        Some(Sender::Service(service)) => SourceKey::Service(service),
        None => unnamed(facts),
    }
}

fn unnamed(facts: &AddressFacts) -> SourceKey {
    if let ReverseName::Found { name, confirmed: Some(true) } = &facts.reverse {
        return SourceKey::Host(organizational_domain(&address::host(name)).into());
    }
    match facts.network {
        Some(number) => SourceKey::Network(number),
        None => SourceKey::Block(Prefix::block(facts.address)),
    }
}

/// A combination of a [`Book`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CombinationKey(u32);

/// An address of a [`Book`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressKey(u32);

/// A source of a [`Book`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

impl SourceId {
    /// Its place among [`Book::sources`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a [`Book`] keeps of an address.
#[derive(Debug, Clone, Copy)]
struct Address {
    standing: u32,
    /// The source of mail from it whose sender has no name.
    source: SourceId,
    block: Prefix,
}

/// The judgements of many records: a combination and an address are read once, and a pair of them is judged
/// once; all addresses of which nothing is known are judged as one.
#[derive(Debug)]
pub struct Book<'a> {
    judge: Judge<'a>,
    readings: Vec<Reading>,
    signed_with: Vec<Vec<u32>>,
    addresses: Vec<Address>,
    standings: Interner<Standing>,
    sources: Interner<SourceKey>,
    selectors: Interner<String>,
    decisions: Vec<Option<Decision>>,
    judged: IdMap<(u32, u32), (Judgement, Option<SourceId>)>,
}

impl<'a> Book<'a> {
    /// An empty book.
    #[must_use]
    pub fn new(judge: Judge<'a>) -> Self {
        Self {
            judge,
            readings: Vec::new(),
            signed_with: Vec::new(),
            addresses: Vec::new(),
            standings: Interner::default(),
            sources: Interner::default(),
            selectors: Interner::default(),
            decisions: Vec::new(),
            judged: IdMap::default(),
        }
    }

    /// What the judgements rest on.
    #[must_use]
    pub const fn judge(&self) -> Judge<'a> {
        self.judge
    }

    /// Reads a combination. Give each one once and keep its key.
    pub fn combination(&mut self, combination: &Combination) -> CombinationKey {
        let key = CombinationKey(index(self.readings.len()));
        let reading = reading::read(combination, self.judge.catalogue, self.judge.owner);
        let selectors = reading.selectors.iter().map(|selector| self.selectors.insert(selector.clone()));
        let mut selectors: Vec<_> = selectors.collect();
        selectors.sort_unstable();
        selectors.dedup();
        self.signed_with.push(selectors);
        self.readings.push(reading);
        key
    }

    /// Reads an address. Give each one once and keep its key.
    pub fn address(&mut self, facts: &AddressFacts) -> AddressKey {
        self.read_address(facts, unnamed(facts))
    }

    /// Reads an address that is known well enough to stand alone: where its sender has no name, it is not
    /// thrown together with the rest of its block. Give each one once and keep its key.
    pub fn lone_address(&mut self, facts: &AddressFacts) -> AddressKey {
        let source = match unnamed(facts) {
            SourceKey::Block(_) => SourceKey::Block(Prefix::single(facts.address)),
            named => named,
        };
        self.read_address(facts, source)
    }

    fn read_address(&mut self, facts: &AddressFacts, unnamed: SourceKey) -> AddressKey {
        let key = AddressKey(index(self.addresses.len()));
        let Judge { catalogue, owner, ranges } = self.judge;
        let (standing, _) = address::read(facts, catalogue, owner, ranges);
        let standing = self.standings.insert(standing);
        let source = self.source_id(unnamed);
        self.addresses.push(Address { standing, source, block: Prefix::block(facts.address) });
        key
    }

    /// Judges a combination from an address, and says which source it belongs to.
    ///
    /// # Panics
    ///
    /// May panic for keys of another book.
    pub fn record(&mut self, combination: CombinationKey, address: AddressKey) -> (Judgement, SourceId) {
        let Address { standing, source: unnamed, .. } = self.addresses[address.0 as usize];
        let pair = (combination.0, standing);
        let (judgement, named) = match self.judged.get(&pair) {
            Some(&judged) => judged,
            None => self.judge_pair(pair),
        };
        let source = named.unwrap_or(unnamed);
        match self.decisions[source.index()] {
            Some(decision) => (judgement.after(decision), source),
            None => (judgement, source),
        }
    }

    fn judge_pair(&mut self, pair: (u32, u32)) -> (Judgement, Option<SourceId>) {
        let reading = &self.readings[pair.0 as usize];
        let standing = self.standings.get(pair.1);
        let judgement = judge(reading, standing, self.judge.catalogue, self.judge.owner);
        let named = judgement.sender.map(|sender| match sender {
            Sender::Own => self.source_id(SourceKey::Own),
            Sender::Service(service) => self.source_id(SourceKey::Service(service)),
        });
        self.judged.insert(pair, (judgement, named));
        (judgement, named)
    }

    /// The sources met so far; a [`SourceId`] says where each stands.
    #[must_use]
    pub fn sources(&self) -> &[SourceKey] {
        &self.sources.values
    }

    /// The selectors of the owner's signatures that pass in a combination.
    ///
    /// # Panics
    ///
    /// May panic for the key of another book.
    #[must_use]
    pub fn selectors(&self, combination: CombinationKey) -> &[String] {
        &self.readings[combination.0 as usize].selectors
    }

    /// The reporter's verdicts of a combination, DKIM and SPF.
    pub(super) fn verdicts(&self, combination: CombinationKey) -> (Option<bool>, Option<bool>) {
        let reading = &self.readings[combination.0 as usize];
        (reading.dkim, reading.spf)
    }

    /// Whether a combination passes DKIM and fails SPF under the owner's own envelope.
    pub(super) fn keeps_envelope(&self, combination: CombinationKey) -> bool {
        let reading = &self.readings[combination.0 as usize];
        reading.dkim == Some(true)
            && reading.spf != Some(true)
            && matches!(reading.envelope, Envelope::Own(_))
    }

    /// The selectors of the owner's signatures that pass in a combination, by number.
    pub(super) fn selector_numbers(&self, combination: CombinationKey) -> &[u32] {
        &self.signed_with[combination.0 as usize]
    }

    /// The selector of a number.
    pub(super) fn selector(&self, number: u32) -> &str {
        self.selectors.get(number)
    }

    /// The block of an address.
    pub(super) fn block(&self, address: AddressKey) -> Prefix {
        self.addresses[address.0 as usize].block
    }

    /// The Microsoft tenants that a combination shows to be the owner's: they signed mail that the owner's
    /// own key signed as well, and that passed SPF for the owner's envelope.
    pub(super) fn own_tenants(&self, combination: CombinationKey) -> impl Iterator<Item = &str> {
        let reading = &self.readings[combination.0 as usize];
        let proven = reading.dkim == Some(true)
            && reading.spf == Some(true)
            && reading.own_signature == OwnSignature::Passing
            && reading.envelope == Envelope::Own(SpfOutcome::Pass);
        let names = reading.tenants.iter().map(|named| named.name.as_str());
        names.filter(move |name| proven && tenant::is_microsoft(name))
    }

    fn source_id(&mut self, key: SourceKey) -> SourceId {
        let decision = self.judge.owner.decision(&key);
        let id = SourceId(self.sources.insert(key));
        if id.index() == self.decisions.len() {
            self.decisions.push(decision);
        }
        id
    }
}

/// Values by number, each held once.
#[derive(Debug)]
struct Interner<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    fn insert(&mut self, value: T) -> u32 {
        if let Some(&number) = self.numbers.get(&value) {
            return number;
        }
        let number = index(self.values.len());
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    fn get(&self, number: u32) -> &T {
        &self.values[number as usize]
    }
}

/// A database holds fewer combinations and addresses than 2^32: its ids are of that size.
fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
