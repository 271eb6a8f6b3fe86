//! The services that send mail for others, and the signs they are known by.
//!
//! The built-in catalogue is a TOML file in the crate; [`Catalogue::with`] reads a user's file of the same form
//! over it. The file's head describes its keys.

mod check;
mod document;
mod read;
mod service;
mod signals;

use std::collections::HashMap;

use crate::error::Result;
#[cfg(feature = "store")]
use crate::model::digest::Fields;
use crate::senders::suffix::{Claims, SuffixMap};

use document::Document;

pub use service::{
    Alignment, Category, Certainty, PublishRecord, RecordType, Service, ServiceId, Setup, SignKind,
};
pub(super) use signals::{Signals, Strength};

/// The built-in catalogue's text.
const BUILT_IN: &str = include_str!("../../../data/senders.toml");

/// The sending services and the index their signs are found by.
#[derive(Debug, Clone)]
pub struct Catalogue {
    services: Vec<Service>,
    ids: HashMap<Box<str>, ServiceId>,
    signals: Signals,
}

impl Catalogue {
    /// The services that are known without a file of the user's.
    ///
    /// # Errors
    ///
    /// None in a released build: a test holds the built-in file to every rule of [`Catalogue::with`].
    pub fn built_in() -> Result<Self> {
        Self::build(read::read(BUILT_IN, "senders.toml")?)
    }

    /// The built-in services with a user's file over them: an id that exists changes the keys it states, a new
    /// one adds a service. `name` is what errors call the file.
    ///
    /// # Errors
    ///
    /// The first breach of the rules in the order of the file, with its line: text that is no TOML, an unknown
    /// key or word, an id stated twice, an unknown id, a name that is no domain or a public suffix, an
    /// expression that is broken, has no literal dot or matches any domain, a selector in everybody's use among
    /// those that name a service alone, and a sign that several services claim without a stated primary.
    pub fn with(text: &str, name: &str) -> Result<Self> {
        let mut document = read::read(BUILT_IN, "senders.toml")?;
        document.overlay(read::read(text, name)?);
        check::check(&document)?;
        Self::build(document)
    }

    /// A digest of the built-in services with a user's file over them.
    #[cfg(feature = "store")]
    pub(crate) fn digest(own: Option<&str>) -> [u8; 16] {
        let mut fields = Fields::new();
        fields.text(Some(BUILT_IN));
        fields.text(own);
        fields.first_half()
    }

    fn build(mut document: Document) -> Result<Self> {
        let ids = document.ids()?;
        let rows = std::mem::take(&mut document.rows);
        let services = rows.into_iter().map(|row| document.service(row, &ids)).collect::<Result<Vec<_>>>()?;
        let signals = Signals::build(&services, &document);
        Ok(Self { services, ids, signals })
    }

    /// All services, in the order of the file.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The service with an id, as the catalogue writes it.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Service> {
        self.ids.get(id).map(|&id| self.service(id))
    }

    /// Whether an id is of this catalogue.
    #[cfg(feature = "store")]
    pub(crate) fn has(&self, id: ServiceId) -> bool {
        usize::from(id.0) < self.services.len()
    }

    /// A service of this catalogue.
    ///
    /// # Panics
    ///
    /// May panic for an id of another catalogue.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> &Service {
        &self.services[usize::from(id.0)]
    }

    /// Whether mail of one regularly leaves through the machines of the other: the same service, one family,
    /// or one runs on the other.
    #[must_use]
    pub fn related(&self, one: ServiceId, other: ServiceId) -> bool {
        let (a, b) = (self.service(one), self.service(other));
        one == other
            || (a.family.is_some() && a.family == b.family)
            || a.runs_on.contains(&other)
            || b.runs_on.contains(&one)
    }

    /// The other services of a service's family.
    pub(super) fn family_of(&self, service: ServiceId) -> impl Iterator<Item = ServiceId> {
        let family = self.service(service).family.as_ref();
        let members =
            self.services.iter().filter(move |other| family.is_some() && other.family.as_ref() == family);
        members.map(|other| other.key).filter(move |&other| other != service)
    }

    /// The service that customers mean by `include:NAME` in SPF.
    #[must_use]
    pub fn by_spf_include(&self, name: &str) -> Option<ServiceId> {
        self.signals.spf.find(name).map(Claims::primary)
    }

    /// The service that a customer's DKIM selector points to by CNAME.
    #[must_use]
    pub fn by_selector_target(&self, name: &str) -> Option<ServiceId> {
        self.signals.cname.find(name).map(Claims::primary)
    }

    /// The services a sign of a kind stands for, the one to show first; `sign` is what was seen in a report
    /// (a host name, a selector, a number of a network), in any case.
    #[must_use]
    pub fn lookup(&self, kind: SignKind, sign: &str) -> Vec<ServiceId> {
        let sign = sign.to_ascii_lowercase();
        let claims = |map: &SuffixMap| map.find(&sign).map(|claims| claims.all().collect());
        let found = match kind {
            SignKind::Dkim => claims(&self.signals.dkim),
            SignKind::Bounce => claims(&self.signals.bounce),
            SignKind::Rdns => claims(&self.signals.rdns),
            SignKind::Spf => claims(&self.signals.spf),
            SignKind::Cname => claims(&self.signals.cname),
            SignKind::Selector | SignKind::LikelySelector | SignKind::WeakSelector => {
                Some(self.signals.selectors.find(&sign).map(|(_, service)| service).collect())
            }
            SignKind::Label | SignKind::WeakLabel => {
                Some(self.signals.labels.find(&sign).map(|(_, service)| service).collect())
            }
            SignKind::Asn => {
                let number = sign.parse::<u32>().ok();
                number.and_then(|number| self.signals.asns.get(&number)).map(|claims| claims.all().collect())
            }
        };
        found.unwrap_or_default()
    }
}

impl Catalogue {
    /// The index of all signs.
    pub(super) const fn signals(&self) -> &Signals {
        &self.signals
    }
}

#[cfg(test)]
mod tests;
