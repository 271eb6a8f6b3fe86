//! Records for tests, written briefly.

use std::sync::LazyLock;

use crate::model::words::{DkimResult, OverrideType, SpfResult, SpfScope, Verdict};
use crate::model::{Combination, DkimAuth, Name, Reason, SpfAuth};

use super::*;

/// The built-in catalogue, read once.
pub(crate) fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    &CATALOGUE
}

/// Signatures as `domain/selector=result;...`.
pub(crate) fn dkim(text: &str) -> Vec<DkimAuth> {
    let read = |item: &str| {
        let (name, result) = item.split_once('=')?;
        let (domain, selector) = name.split_once('/').unwrap_or((name, ""));
        Some(DkimAuth {
            domain: Name::from_stated(domain),
            selector: Some(selector.to_owned()).filter(|selector| !selector.is_empty()),
            result: DkimResult::from_stated(result),
            human_result: None,
        })
    };
    text.split(';').filter_map(read).collect()
}

/// SPF results as `domain@scope=result;...`; without a scope none is stated.
pub(crate) fn spf(text: &str) -> Vec<SpfAuth> {
    let read = |item: &str| {
        let (name, result) = item.split_once('=')?;
        let (domain, scope) = name.split_once('@').unwrap_or((name, ""));
        Some(SpfAuth {
            domain: Name::from_stated(domain),
            scope: SpfScope::from_stated(scope),
            result: SpfResult::from_stated(result),
            human_result: None,
        })
    };
    text.split(';').filter_map(read).collect()
}

/// A record of mail as example.com, and what is known around it.
pub(crate) struct Scene {
    pub(crate) catalogue: &'static Catalogue,
    pub(crate) owner: Owner,
    pub(crate) combination: Combination,
    pub(crate) facts: AddressFacts,
}

impl Scene {
    /// Mail with these verdicts, signatures and envelope results.
    pub(crate) fn new(verdicts: (bool, bool), signatures: &str, envelope: &str) -> Self {
        let verdict = |passed| Some(if passed { Verdict::Pass } else { Verdict::Fail });
        let mut owner = Owner::default();
        owner.add_domain("example.com");
        Self {
            catalogue: catalogue(),
            owner,
            combination: Combination {
                dkim: verdict(verdicts.0),
                spf: verdict(verdicts.1),
                header_from: Name::from_stated("example.com"),
                auth_dkim: dkim(signatures),
                auth_spf: spf(envelope),
                ..Combination::default()
            },
            facts: AddressFacts::bare([192, 0, 2, 1].into()),
        }
    }

    /// The address has a name that leads back to it.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.facts.reverse = ReverseName::Found { name: name.to_owned(), confirmed: Some(true) };
        self
    }

    /// The address has a name of which nobody knows whether it leads back, or which leads elsewhere.
    pub(crate) fn doubtfully_named(mut self, name: &str, confirmed: Option<bool>) -> Self {
        self.facts.reverse = ReverseName::Found { name: name.to_owned(), confirmed };
        self
    }

    pub(crate) fn network(mut self, number: u32) -> Self {
        self.facts.network = Some(number.into());
        self
    }

    pub(crate) fn confirmed(mut self, id: &str) -> Self {
        self.owner.confirm(self.catalogue.find(id).unwrap().key);
        self
    }

    pub(crate) fn own_address(mut self) -> Self {
        self.owner.add_addresses(Prefix::single(self.facts.address));
        self
    }

    pub(crate) fn tenant(mut self, name: &str) -> Self {
        self.owner.add_tenant(name);
        self
    }

    pub(crate) fn selector(mut self, name: &str) -> Self {
        self.owner.add_selector(name);
        self
    }

    pub(crate) fn decided(mut self, source: &str, decision: Decision) -> Self {
        self.owner.decide("example.com", SourceKey::parse(self.catalogue, source).unwrap(), decision);
        self
    }

    pub(crate) fn reason(mut self, kind: &str, comment: &str) -> Self {
        self.combination
            .reasons
            .push(Reason { kind: OverrideType::from_stated(kind), comment: Some(comment.to_owned()) });
        self
    }

    pub(crate) fn explained(&self) -> Explained {
        let ranges = Ranges::default();
        let judge = Judge { catalogue: self.catalogue, owner: &self.owner, ranges: &ranges };
        judge.explain(&self.combination, &self.facts)
    }

    /// The sender (`-` for none), the class, the originator and the hop.
    pub(crate) fn outcome(&self) -> String {
        let Explained { judgement, source, .. } = self.explained();
        let id = |service: ServiceId| self.catalogue.service(service).id.clone();
        let sender = if source.is_named() { source.text(self.catalogue) } else { "-".to_owned() };
        let originator = judgement.attribution.originator.map(|named| id(named.service));
        let hop = judgement.attribution.hop.map(|hop| hop.service().map_or("own".to_owned(), id));
        let or_none = |name: Option<String>| name.unwrap_or_else(|| "-".to_owned());
        format!("{sender} {} from {} by {}", judgement.class, or_none(originator), or_none(hop))
    }
}
