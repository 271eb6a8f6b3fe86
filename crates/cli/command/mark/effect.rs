//! What a decision takes in.

use std::collections::{BTreeMap, HashMap};

use whosends_core::analysis::attribution::Judged;
use whosends_core::answers::Known;
use whosends_core::model::{AddressId, CombinationId, Domains, Name, Period, Since};
use whosends_core::store::Store;

use super::Context;
use crate::failure::Failure;
use crate::render::number::{count, grouped};

/// The most sources that are named.
const NAMED: usize = 3;

/// The sources of the last 30 days of a domain, by what the mail is made of.
pub(super) struct Sources {
    of: HashMap<(u32, AddressId, CombinationId), Mail>,
}

/// Mail from an address, of one combination.
struct Mail {
    /// The source in the form that decisions keep.
    source: String,
    title: String,
    messages: u64,
}

impl Sources {
    /// Reads them as the decisions stand now.
    pub(super) fn read(context: &Context<'_>, store: &Store, domain: &Name) -> Result<Self, Failure> {
        let domains = Domains::asked(Some(domain.clone()));
        let newest = store.newest_day(&domains, context.today)?;
        let period = Period::of(Since::DEFAULT, None, newest);
        let (known, traffic) = Known::load_with_traffic(&context.known()?, store, &domains, period)?;
        let mut of = HashMap::new();
        traffic.judge(&known, &mut |judged| add(&mut of, &known, judged));
        Ok(Self { of })
    }

    /// How many messages a source has that belonged to others before, and to whom.
    pub(super) fn taken_from(&self, before: &Self, sender: &str) -> String {
        let mut taken: BTreeMap<&str, u64> = BTreeMap::new();
        for (made, mail) in self.of.iter().filter(|(_, mail)| mail.source == sender) {
            let title = before.of.get(made).map_or(mail.title.as_str(), |mail| mail.title.as_str());
            let messages = taken.entry(title).or_default();
            *messages = messages.saturating_add(mail.messages);
        }
        let all = taken.values().copied().fold(0, u64::saturating_add);
        if all == 0 {
            return "It takes in none of the mail of the last 30 days.".to_owned();
        }
        let mut ranked: Vec<_> = taken.into_iter().collect();
        ranked.sort_by_key(|&(title, messages)| (std::cmp::Reverse(messages), title));
        let more = ranked.len().saturating_sub(NAMED);
        let mut named: Vec<_> = ranked
            .iter()
            .take(NAMED)
            .map(|(title, messages)| format!("{title} ({})", grouped(*messages)))
            .collect();
        if more > 0 {
            named.push(format!("{more} more"));
        }
        format!(
            "It takes in {} of the last 30 days: {}.",
            count(all, "message", "messages"),
            named.join(", ")
        )
    }
}

/// Adds the sources of a domain.
fn add(of: &mut HashMap<(u32, AddressId, CombinationId), Mail>, known: &Known, judged: &Judged<'_>) {
    for group in judged.groups() {
        let (source, title) = (group.source().text(&known.catalogue), group.source().title(&known.catalogue));
        for pair in group.pairs() {
            let messages = pair.rows().fold(0_u64, |all, row| all.saturating_add(row.traffic.messages));
            let mail = Mail { source: source.clone(), title: title.clone(), messages };
            of.insert((judged.id, pair.address, pair.combination), mail);
        }
    }
}
