//! Where the owner's keys are seen: what tells a service that holds a key from a forwarder that passes on what was
//! signed with it.
//!
//! A forwarder's copies share the key with the mail that they are copies of, so that the key is also seen without it:
//! in mail that comes straight from its sender, or from the machines and under the return path of somebody else. A
//! key that is seen nowhere else was given to whoever sends there.

use std::collections::HashMap;

use super::book::{Book, Pair, SourceId};
use super::class::Rule;
use super::envelope::Envelope;
use super::ids::IdMap;
use super::learn::Seen;
use super::reading::{KeyUse, Reading};

/// The most return paths of a key that are told apart.
const MOST_PATHS: usize = 32;
/// The share of a key's messages, in hundredths, that makes a return path the one of whoever holds the key, though
/// others are seen: somebody always forwards a little.
const HOLDS: u64 = 80;

/// The keys that were seen, while traffic is added.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyTally(IdMap<u32, Tally>);

#[derive(Debug, Clone, Default)]
struct Tally {
    straight: bool,
    proven: bool,
    paths: Vec<Path>,
}

/// Mail with a key under one return path.
#[derive(Debug, Clone)]
struct Path {
    domain: Box<str>,
    messages: u64,
    /// Where it came from, and whether it came from elsewhere too.
    host: SourceId,
    several: bool,
}

/// Where each key was seen, by the name that it is published at.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyUses {
    uses: HashMap<Box<str>, Uses>,
}

#[derive(Debug, Clone)]
struct Uses {
    /// Whether mail came straight from its sender: with aligned SPF, or under a return path of the owner's.
    straight: bool,
    /// Whether SPF passed aligned, or it came from the owner's server or the service that composed it.
    proven: bool,
    /// By return path, whether the key is another's.
    paths: Vec<(Box<str>, KeyUse)>,
}

#[cfg(feature = "store")]
crate::model::stored::stored!(struct KeyUses { uses });
#[cfg(feature = "store")]
crate::model::stored::stored!(struct Uses { straight, proven, paths });
#[cfg(feature = "store")]
crate::model::stored::stored!(enum KeyUse { 0 => Unasked, 1 => OnlyHere, 2 => Elsewhere });

impl KeyTally {
    /// Adds mail of a pair from a host.
    pub(super) fn add(&mut self, book: &Book<'_>, pair: &Pair, host: SourceId, seen: Seen) {
        if pair.dkim != Some(true) || seen.days() == 0 {
            return;
        }
        let (reading, keys) = book.keys(pair.combination);
        for &key in keys {
            let tally = self.0.entry(key).or_default();
            tally.proven |= pair.spf == Some(true)
                || matches!(pair.judgement.rule, Rule::DkimFromOwn | Rule::DkimFromOriginator);
            tally.straight |= pair.spf == Some(true) || matches!(reading.envelope, Envelope::Own(_));
            if let Some(path) = &reading.foreign_path {
                tally.add(path, host, seen.messages());
            }
        }
    }

    /// What it comes to.
    pub(super) fn uses(&self, book: &Book<'_>) -> KeyUses {
        let uses = self.0.iter().map(|(&key, tally)| (book.key(key).into(), tally.uses()));
        KeyUses { uses: uses.collect() }
    }
}

impl Tally {
    fn add(&mut self, path: &str, host: SourceId, messages: u64) {
        if let Some(known) = self.paths.iter_mut().find(|known| *known.domain == *path) {
            known.messages = known.messages.saturating_add(messages);
            known.several |= known.host != host;
        } else if self.paths.len() < MOST_PATHS {
            self.paths.push(Path { domain: path.into(), messages, host, several: false });
        }
    }

    fn uses(&self) -> Uses {
        let all = self.paths.iter().fold(0u64, |all, path| all.saturating_add(path.messages));
        let paths = self.paths.iter().map(|path| {
            // Two addresses with one return path are one source, and so are two return paths with one address.
            let is_another = |other: &Path| {
                other.domain != path.domain && (other.several || path.several || other.host != path.host)
            };
            let holds = path.messages.saturating_mul(100) >= all.saturating_mul(HOLDS);
            let is_elsewhere = self.straight || (!holds && self.paths.iter().any(is_another));
            let key_use = if is_elsewhere { KeyUse::Elsewhere } else { KeyUse::OnlyHere };
            (path.domain.clone(), key_use)
        });
        Uses { straight: self.straight, proven: self.proven, paths: paths.collect() }
    }
}

impl KeyUses {
    /// Where else the keys of a record were seen. A mail with several was signed by several: one that holds a key of
    /// its own is enough.
    pub(super) fn of(&self, reading: &Reading) -> KeyUse {
        let known = reading.keys.iter().filter_map(|key| self.uses.get(&**key));
        let uses = known.map(|uses| match (&reading.envelope, &reading.foreign_path) {
            (Envelope::Own(_), _) if uses.proven => KeyUse::Elsewhere,
            (Envelope::Foreign { .. }, Some(path)) => {
                let of_path =
                    uses.paths.iter().find(|(domain, _)| domain == path).map(|(_, key_use)| *key_use);
                of_path.unwrap_or(if uses.straight { KeyUse::Elsewhere } else { KeyUse::Unasked })
            }
            _ => KeyUse::Unasked,
        });
        let uses: Vec<_> = uses.collect();
        match uses.contains(&KeyUse::OnlyHere) {
            true => KeyUse::OnlyHere,
            false => uses.into_iter().max().unwrap_or(KeyUse::Unasked),
        }
    }
}
