//! The sender and class of single records, found again by what the records are made of.

use std::collections::HashMap;

use foldhash::quality::RandomState;

use super::judged::Judged;
use crate::model::{AddressId, CombinationId, Day};
use crate::senders::{Class, SourceKey};

/// What a record is made of, as far as its judgement goes: policy domain, address, combination.
type Made = (u32, AddressId, CombinationId);

/// The sender and class of every judged record. It takes memory by different addresses and combinations, not by
/// records.
#[derive(Debug, Default)]
pub struct NamedRecords {
    /// Places in `sources`, and the class on most days.
    named: HashMap<Made, (u32, Class), RandomState>,
    /// The days with another class: those on which a signature was replayed.
    days: HashMap<(Made, Option<Day>), Class, RandomState>,
    sources: Vec<SourceKey>,
    places: HashMap<SourceKey, u32, RandomState>,
}

impl NamedRecords {
    /// Adds the records of a domain.
    pub fn add(&mut self, judged: &Judged<'_>) {
        for (group, pair) in judged.groups().flat_map(|group| group.pairs().map(move |pair| (group, pair))) {
            let made = (judged.id, pair.address, pair.combination);
            for row in pair.rows() {
                match self.named.get(&made) {
                    Some(&(_, class)) if class == row.class => {}
                    Some(_) => {
                        self.days.insert((made, row.traffic.day), row.class);
                    }
                    None => {
                        let place = self.place(group.source());
                        self.named.insert(made, (place, row.class));
                    }
                }
            }
        }
    }

    fn place(&mut self, source: &SourceKey) -> u32 {
        if let Some(&place) = self.places.get(source) {
            return place;
        }
        // A database holds fewer sources than 2^32.
        let place = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources.push(source.clone());
        self.places.insert(source.clone(), place);
        place
    }

    /// The sender and class of a record, by its policy domain, address, combination and day; `None` for one that
    /// was not judged.
    #[must_use]
    pub fn get(
        &self,
        domain: u32,
        address: AddressId,
        combination: CombinationId,
        day: Option<Day>,
    ) -> Option<(&SourceKey, Class)> {
        let made = (domain, address, combination);
        let &(place, class) = self.named.get(&made)?;
        let class =
            if self.days.is_empty() { None } else { self.days.get(&(made, day)).copied() }.unwrap_or(class);
        Some((self.sources.get(place as usize)?, class))
    }
}
