//! Judges records by the million.

use crate::model::{Combination, Day};

use super::address::{self, AddressFacts, Standing};
use super::catalogue::Catalogue;
use super::class::{Class, Rule};
use super::classify::{Judgement, judge};
use super::envelope::{Envelope, SpfOutcome};
use super::ids::{IdMap, Interner, number};
use super::judge::{Judge, decided_keys, named, takes, unnamed};
use super::learn::{Lessons, Seen};
use super::owner::Owner;
use super::prefix::{Prefix, Ranges};
use super::reading::{self, OwnSignature, Reading};
use super::source::SourceKey;
use super::{tenant, wave};

/// A combination of a [`Book`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CombinationKey(u32);

/// An address of a [`Book`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressKey(u32);

impl AddressKey {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// The key of the address that a book read after so many others.
    pub(crate) fn at(place: usize) -> Self {
        Self(number(place))
    }
}

/// A combination from an address, of a [`Book`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PairKey(u32);

impl PairKey {
    /// Its place among the pairs of its book.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

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

/// One record, or several alike, by the keys of a [`Book`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// The combination and the address.
    pub pair: PairKey,
    /// The policy domain, by a number of the caller's.
    pub domain: u32,
    /// The reporter, by a number of the caller's.
    pub reporter: u32,
    /// The day it counts for.
    pub day: Option<Day>,
    /// Messages.
    pub messages: u64,
}

/// What a book keeps of an address.
#[derive(Debug, Clone, Copy)]
struct Address {
    standing: u32,
    /// The source of mail from it whose sender has no name.
    unnamed: SourceId,
    block: Prefix,
    /// Whether the owner decided about something that is known of it: see `decided`.
    decided: bool,
}

/// What a book keeps of a combination from an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) combination: CombinationKey,
    pub(super) address: AddressKey,
    /// Its place among what is judged alike.
    alike: u32,
    pub(super) judgement: Judgement,
    pub(super) source: SourceId,
    pub(super) dkim: Option<bool>,
    pub(super) spf: Option<bool>,
}

/// A combination from addresses of which the same is known.
#[derive(Debug, Clone, Copy)]
struct Alike {
    /// The combination and the standing.
    key: (u32, u32),
    judgement: Judgement,
    /// The source, where it has a name wherever the mail came from.
    named: Option<SourceId>,
}

/// The judgements of many records: a combination and an address are read once, and a pair of them is judged
/// once; addresses of which the same is known are judged as one.
#[derive(Debug)]
pub struct Book<'a> {
    catalogue: &'a Catalogue,
    ranges: &'a Ranges,
    owner: Owner,
    readings: Vec<Reading>,
    signed_with: Vec<Vec<u32>>,
    /// The keys of the owner's that each combination passes with, by number.
    keyed: Vec<Vec<u32>>,
    addresses: Vec<Address>,
    /// What the owner decided about of an address, the narrowest first.
    decided: IdMap<AddressKey, Vec<SourceId>>,
    pairs: Vec<Pair>,
    standings: Interner<Standing>,
    sources: Interner<SourceKey>,
    selectors: Interner<String>,
    keys: Interner<String>,
    alike: Vec<Alike>,
    /// Places in `alike`, by combination and standing.
    judged: IdMap<(u32, u32), u32>,
}

impl<'a> Book<'a> {
    /// An empty book, with what is known of the owner.
    #[must_use]
    pub fn new(catalogue: &'a Catalogue, ranges: &'a Ranges, owner: Owner) -> Self {
        Self {
            catalogue,
            ranges,
            owner,
            readings: Vec::new(),
            signed_with: Vec::new(),
            keyed: Vec::new(),
            addresses: Vec::new(),
            decided: IdMap::default(),
            pairs: Vec::new(),
            standings: Interner::default(),
            sources: Interner::default(),
            selectors: Interner::default(),
            keys: Interner::default(),
            alike: Vec::new(),
            judged: IdMap::default(),
        }
    }

    /// Makes room for so many addresses and pairs.
    pub fn reserve(&mut self, addresses: usize, pairs: usize) {
        self.addresses.reserve(addresses);
        self.pairs.reserve(pairs);
    }

    /// What the judgements rest on, to explain one of them.
    #[must_use]
    pub const fn judge(&self) -> Judge<'_> {
        Judge { catalogue: self.catalogue, owner: &self.owner, ranges: self.ranges }
    }

    /// Reads a combination. Give each one once and keep its key.
    pub fn combination(&mut self, combination: &Combination) -> CombinationKey {
        let key = CombinationKey(number(self.readings.len()));
        let reading = reading::read(combination, self.catalogue, &self.owner);
        let selectors = reading.selectors.iter().map(|selector| self.selectors.insert(selector.clone()));
        let mut selectors: Vec<_> = selectors.collect();
        selectors.sort_unstable();
        selectors.dedup();
        self.signed_with.push(selectors);
        self.keyed.push(reading.keys.iter().map(|key| self.keys.insert(key.clone())).collect());
        self.readings.push(reading);
        key
    }

    /// Reads an address. Give each one once and keep its key.
    pub fn address(&mut self, facts: &AddressFacts) -> AddressKey {
        self.read_address(facts, unnamed(facts), false)
    }

    /// Reads an address that is known well enough to stand alone: where its sender has no name, it is not
    /// thrown together with the rest of its block. Give each one once and keep its key.
    pub fn lone_address(&mut self, facts: &AddressFacts) -> AddressKey {
        let source = match unnamed(facts) {
            SourceKey::Block(_) => SourceKey::Block(Prefix::single(facts.address)),
            named => named,
        };
        self.read_address(facts, source, true)
    }

    fn read_address(&mut self, facts: &AddressFacts, unnamed: SourceKey, steady: bool) -> AddressKey {
        let key = AddressKey(number(self.addresses.len()));
        let standing = address::read_sending(facts, steady, self.catalogue, &self.owner, self.ranges);
        let standing = self.standings.insert(standing);
        let unnamed = SourceId(self.sources.insert(unnamed));
        let mut keys = decided_keys(facts, &self.owner).into_iter().peekable();
        let decided = keys.peek().is_some();
        if decided {
            let keys = keys.map(|source| SourceId(self.sources.insert(source))).collect();
            self.decided.insert(key, keys);
        }
        self.addresses.push(Address { standing, unnamed, block: Prefix::block(facts.address), decided });
        key
    }

    /// Judges a combination from an address. Give each pair once and keep its key.
    ///
    /// # Panics
    ///
    /// May panic for keys of another book, as every method that takes a key.
    pub fn pair(&mut self, combination: CombinationKey, address: AddressKey) -> PairKey {
        let key = PairKey(number(self.pairs.len()));
        let alike = self.alike(combination, address);
        self.pairs.push(self.judge_pair(combination, address, alike));
        key
    }

    /// Adds what was learned of the owner, and judges all pairs again: their keys stay.
    pub fn learn(&mut self, lessons: &Lessons) {
        lessons.teach(&mut self.owner);
        self.readings.iter_mut().for_each(|reading| reading.learn(&self.owner));
        for at in 0..self.alike.len() {
            self.alike[at] = self.judge_alike(self.alike[at].key);
        }
        for at in 0..self.pairs.len() {
            let Pair { combination, address, alike, .. } = self.pairs[at];
            self.pairs[at] = self.judge_pair(combination, address, alike);
        }
    }

    /// The pairs whose mail belongs to waves of new addresses, each with the first day of its wave. A pair comes with its
    /// policy domain and the days that its mail was seen on; `newest` is the newest of a policy domain.
    pub fn waves(
        &self,
        newest: impl Fn(u32) -> Day,
        pairs: impl Iterator<Item = (PairKey, u32, Seen)>,
    ) -> Vec<(PairKey, Day)> {
        wave::find(self, newest, pairs)
    }

    /// Takes mail of pairs for that of waves: it is somebody else's, and each wave is one source.
    pub fn mark_waves(&mut self, waves: impl Iterator<Item = (PairKey, Day)>) {
        for (key, day) in waves {
            let source = SourceId(self.sources.insert(SourceKey::Wave(day)));
            let pair = &mut self.pairs[key.index()];
            pair.source = source;
            (pair.judgement.class, pair.judgement.rule) = (Class::Unauthorised, Rule::Wave);
            pair.judgement.sender = None;
        }
    }

    /// Takes mail of pairs for what the machine that delivered it passed on, where that is a service's: a rule for groups
    /// found it. The service is then the source.
    pub fn pass_on(&mut self, pairs: impl Iterator<Item = PairKey>) {
        for key in pairs {
            let Pair { combination, mut judgement, .. } = self.pairs[key.index()];
            let Some(hop) = judgement.attribution.hop.filter(|hop| hop.service().is_some()) else { continue };
            let Some(source) = hop.service().map(SourceKey::Service) else { continue };
            judgement.sender = Some(hop.sender);
            judgement.confidence = judgement.attribution.confidence(hop.sender);
            (judgement.class, judgement.rule) = (Class::Forwarder, Rule::RecipientGateway);
            judgement.flags.broken = self.pairs[key.index()].dkim != Some(true);
            if let Some(decision) = self.owner.decision(&self.readings[combination.0 as usize].from, &source)
            {
                judgement = judgement.after(decision);
            }
            let source = SourceId(self.sources.insert(source));
            let pair = &mut self.pairs[key.index()];
            (pair.judgement, pair.source) = (judgement, source);
        }
    }

    /// Whether the owner decided about the source of a pair.
    pub(super) fn is_decided(&self, pair: PairKey) -> bool {
        let Pair { combination, source, .. } = *self.get(pair);
        self.owner.decision(self.author(combination), &self.sources.values[source.index()]).is_some()
    }

    /// The judgement of a pair, and the source it belongs to.
    #[must_use]
    pub fn judgement(&self, pair: PairKey) -> (Judgement, SourceId) {
        let Pair { judgement, source, .. } = self.pairs[pair.index()];
        (judgement, source)
    }

    /// The sources met so far; a [`SourceId`] says where each stands.
    #[must_use]
    pub fn sources(&self) -> &[SourceKey] {
        &self.sources.values
    }

    /// The place in `alike` of a combination from an address.
    fn alike(&mut self, combination: CombinationKey, address: AddressKey) -> u32 {
        let key = (combination.0, self.addresses[address.index()].standing);
        if let Some(&alike) = self.judged.get(&key) {
            return alike;
        }
        let alike = number(self.alike.len());
        let judged = self.judge_alike(key);
        self.alike.push(judged);
        self.judged.insert(key, alike);
        alike
    }

    fn judge_pair(&self, combination: CombinationKey, address: AddressKey, alike: u32) -> Pair {
        let Address { unnamed, decided, .. } = self.addresses[address.index()];
        let Alike { judgement, named, .. } = self.alike[alike as usize];
        let source = named.unwrap_or(unnamed);
        let source = if decided { self.decided_source(combination, address, source) } else { source };
        let reading = &self.readings[combination.0 as usize];
        let judgement = match self.owner.decision(&reading.from, &self.sources.values[source.index()]) {
            Some(decision) => judgement.after(decision),
            None => judgement,
        };
        Pair { combination, address, alike, judgement, source, dkim: reading.dkim, spf: reading.spf }
    }

    /// What the owner decided about that mail from an address belongs to, else its source.
    fn decided_source(&self, combination: CombinationKey, address: AddressKey, source: SourceId) -> SourceId {
        let from = &self.readings[combination.0 as usize].from;
        let mut keys = self.decided.get(&address).into_iter().flatten();
        let decided = keys.find(|id| {
            takes(&self.owner, from, &self.sources.values[id.index()], &self.sources.values[source.index()])
        });
        decided.copied().unwrap_or(source)
    }

    fn judge_alike(&mut self, key: (u32, u32)) -> Alike {
        let reading = &self.readings[key.0 as usize];
        let standing = &self.standings.values[key.1 as usize];
        let judgement = judge(reading, standing, self.catalogue, &self.owner);
        let named = named(&judgement, reading).map(|source| SourceId(self.sources.insert(source)));
        Alike { key, judgement, named }
    }

    pub(super) fn get(&self, pair: PairKey) -> &Pair {
        &self.pairs[pair.index()]
    }

    /// The address of a pair.
    #[must_use]
    pub fn address_of(&self, pair: PairKey) -> AddressKey {
        self.get(pair).address
    }

    /// The author domain of a combination.
    pub(super) fn author(&self, combination: CombinationKey) -> &str {
        &self.readings[combination.0 as usize].from
    }

    /// Whether a combination passes DKIM and fails SPF under the owner's own envelope.
    pub(super) fn keeps_envelope(&self, combination: CombinationKey) -> bool {
        let reading = &self.readings[combination.0 as usize];
        reading.dkim == Some(true)
            && reading.spf != Some(true)
            && matches!(reading.envelope, Envelope::Own(_))
    }

    /// What a combination says, and the keys of the owner's that it passes with, by number.
    pub(super) fn keys(&self, combination: CombinationKey) -> (&Reading, &[u32]) {
        (&self.readings[combination.0 as usize], &self.keyed[combination.0 as usize])
    }

    /// The key of a number.
    pub(super) fn key(&self, number: u32) -> &str {
        &self.keys.values[number as usize]
    }

    /// What is known of where an address belongs, whoever sends from it.
    pub(super) fn host(&self, address: AddressKey) -> SourceId {
        self.addresses[address.index()].unnamed
    }

    /// The selectors of the owner's signatures that pass in a combination, by number.
    pub(super) fn selectors(&self, combination: CombinationKey) -> &[u32] {
        &self.signed_with[combination.0 as usize]
    }

    /// The selector of a number.
    pub(super) fn selector(&self, number: u32) -> &str {
        &self.selectors.values[number as usize]
    }

    /// The block of an address.
    pub(super) fn block(&self, address: AddressKey) -> Prefix {
        self.addresses[address.index()].block
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
}
