//! What is known besides the database when a question is asked.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use crate::error::Result;
use crate::model::Day;
use crate::senders::{Asn, Catalogue};

/// What is known besides the database when a question is asked: the time, the services, the networks of addresses.
pub struct Context {
    now: i64,
    today: Day,
    /// The owner's own services, and where their text comes from.
    own: Option<(String, String)>,
    catalogue: OnceLock<Arc<Catalogue>>,
    networks: Option<Box<dyn Networks>>,
}

/// Tells which network an address belongs to.
pub trait Networks: Send + Sync {
    /// The network, where it is known.
    fn find(&self, address: IpAddr) -> Option<Asn>;

    /// What tells this edition from others: two that answer differently never say the same. Without it nothing that rests
    /// on the networks is kept from one question to the next.
    fn edition(&self) -> Option<String> {
        None
    }
}

impl Context {
    /// The Unix time `now`, with the built-in services and no networks.
    #[must_use]
    pub fn new(now: i64) -> Self {
        Self { now, today: Day::of(now), own: None, catalogue: OnceLock::new(), networks: None }
    }

    /// Takes another day for today, so that an answer can be had again.
    #[must_use]
    pub fn with_today(mut self, today: Day) -> Self {
        self.today = today;
        self
    }

    /// Puts the owner's own services over the built-in ones: a text in the format of the catalogue, and what an error
    /// calls it.
    #[must_use]
    pub fn with_services(mut self, text: impl Into<String>, name: impl Into<String>) -> Self {
        self.own = Some((text.into(), name.into()));
        self.catalogue = OnceLock::new();
        self
    }

    /// Tells the networks of addresses.
    #[must_use]
    pub fn with_networks(mut self, networks: Box<dyn Networks>) -> Self {
        self.networks = Some(networks);
        self
    }

    /// The Unix time.
    #[must_use]
    pub const fn now(&self) -> i64 {
        self.now
    }

    /// Today.
    #[must_use]
    pub const fn today(&self) -> Day {
        self.today
    }

    /// The services. They are read when they are first needed.
    ///
    /// # Errors
    /// Fails where the owner's own services break a rule of the catalogue.
    pub fn catalogue(&self) -> Result<Arc<Catalogue>> {
        if let Some(catalogue) = self.catalogue.get() {
            return Ok(Arc::clone(catalogue));
        }
        let read = match &self.own {
            Some((text, name)) => Catalogue::with(text, name)?,
            None => Catalogue::built_in()?,
        };
        Ok(Arc::clone(self.catalogue.get_or_init(|| Arc::new(read))))
    }

    /// A digest of the services.
    pub(super) fn services_digest(&self) -> [u8; 16] {
        Catalogue::digest(self.own.as_ref().map(|(text, _)| text.as_str()))
    }

    /// What tells the networks from others; `None` where nobody can tell.
    pub(super) fn networks_edition(&self) -> Option<String> {
        self.networks.as_ref().map_or_else(|| Some(String::new()), |networks| networks.edition())
    }

    pub(super) const fn knows_networks(&self) -> bool {
        self.networks.is_some()
    }

    pub(super) fn network(&self, address: IpAddr) -> Option<Asn> {
        self.networks.as_ref()?.find(address)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("now", &self.now).field("today", &self.today).finish_non_exhaustive()
    }
}
