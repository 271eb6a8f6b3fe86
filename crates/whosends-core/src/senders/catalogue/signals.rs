//! The index the signs of all services are found by.

use std::collections::HashMap;

use crate::senders::pattern::TextMap;
use crate::senders::suffix::{Claims, SuffixMap};

use super::document::Document;
use super::service::{Service, ServiceId, SignKind};

/// How much a selector or label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::senders) enum Strength {
    /// Counts only when the machine is known to be the service's.
    Weak,
    /// Counts only with another sign of the service, or of one that it sends through.
    Likely,
    /// Names the service alone.
    Strong,
}

/// All signs by kind.
#[derive(Debug, Clone, Default)]
pub(in crate::senders) struct Signals {
    pub(in crate::senders) dkim: SuffixMap,
    pub(in crate::senders) bounce: SuffixMap,
    pub(in crate::senders) rdns: SuffixMap,
    pub(in crate::senders) spf: SuffixMap,
    pub(in crate::senders) cname: SuffixMap,
    pub(in crate::senders) selectors: TextMap<(Strength, ServiceId)>,
    pub(in crate::senders) labels: TextMap<(Strength, ServiceId)>,
    pub(in crate::senders) asns: HashMap<u32, Claims>,
}

impl Signals {
    pub(super) fn build(services: &[Service], document: &Document) -> Self {
        let mut signals = Self::default();
        for service in services {
            for kind in SignKind::ALL {
                for sign in service.signs(kind) {
                    let primary = document.primary(kind, sign) == Some(&service.id);
                    signals.add(kind, sign, service, primary);
                }
            }
        }
        signals
    }

    fn add(&mut self, kind: SignKind, sign: &str, service: &Service, primary: bool) {
        let key = service.key;
        let domains = match kind {
            SignKind::Selector => return self.selectors.add(sign, (Strength::Strong, key)),
            SignKind::LikelySelector => return self.selectors.add(sign, (Strength::Likely, key)),
            SignKind::WeakSelector => return self.selectors.add(sign, (Strength::Weak, key)),
            SignKind::Label => return self.labels.add(sign, (Strength::Strong, key)),
            SignKind::WeakLabel => return self.labels.add(sign, (Strength::Weak, key)),
            SignKind::Asn => {
                // The reader takes numbers only.
                if let Ok(number) = sign.parse() {
                    self.asns.entry(number).or_insert_with(|| Claims::new(key)).add(key, primary);
                }
                return;
            }
            SignKind::Dkim => &mut self.dkim,
            SignKind::Bounce => &mut self.bounce,
            SignKind::Rdns => &mut self.rdns,
            SignKind::Spf => &mut self.spf,
            SignKind::Cname => &mut self.cname,
        };
        domains.add(sign, key, primary, service.generic);
    }
}
