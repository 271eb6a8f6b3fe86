//! Which author domains exist, by what DNS answered once.

use std::collections::{BTreeSet, HashMap};

use crate::analysis::sources::Names;
use crate::dns::{Answers, DnsName, Query, RecordType};
use crate::error::Result;
use crate::model::{Name, Scope};
use crate::store::Store;

/// Names that are looked for among the kept conversations: most of those in reports were made up.
const MOST_NAMES: usize = 1_000;

/// Which author domains exist.
#[derive(Debug)]
pub struct Existence {
    known: HashMap<Name, bool>,
    /// What answers about names that were not asked about by themselves.
    general: Option<Answers>,
}

impl Existence {
    /// What the conversations say that a check kept about the author domains below `domain`; `given` is used in
    /// place of the one about the domain itself.
    pub fn read(store: &Store, domain: Option<&Name>, names: &Names, given: Option<Answers>) -> Result<Self> {
        let general = match (given, domain) {
            (Some(given), _) => Some(given),
            (None, Some(domain)) => kept(store, domain)?,
            (None, None) => None,
        };
        let authors: BTreeSet<&Name> =
            names.combinations.values().filter_map(|combination| combination.header_from.as_ref()).collect();
        let mut known = HashMap::new();
        for name in authors.into_iter().filter(|name| name.is_domain()).take(MOST_NAMES) {
            if let Some(exists) = kept(store, name)?.and_then(|answers| exists(&answers, name)) {
                known.insert(name.clone(), exists);
            }
        }
        Ok(Self { known, general })
    }

    /// Whether a name exists, where that is known.
    pub fn of(&self, name: &Name) -> Option<bool> {
        let general = || self.general.as_ref().and_then(|answers| exists(answers, name));
        self.known.get(name).copied().or_else(general)
    }
}

/// Whether a conversation says that a name exists.
pub fn exists(answers: &Answers, name: &Name) -> Option<bool> {
    answers.exists(&DnsName::from_dotted(name.as_str()).ok()?)
}

/// Whether a kept conversation is a check's, and not only the SPF record that a look-up of names came by: who looked at a
/// domain asked for its policy.
pub fn is_of_check(answers: &Answers, domain: &str) -> bool {
    let policy = DnsName::from_dotted(domain).ok().and_then(|name| name.child("_dmarc").ok());
    policy.is_some_and(|name| answers.get(&Query::records(name, RecordType::Txt)).is_some())
}

/// What DNS last answered about a domain; nothing where what was kept can't be read any more.
fn kept(store: &Store, domain: &Name) -> Result<Option<Answers>> {
    let kept = store.conversation(&Scope::All, domain.as_str())?;
    Ok(kept.and_then(|kept| Answers::from_json(&kept.answers).ok()))
}
