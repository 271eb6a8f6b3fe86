//! What of a domain's DNS is looked at, as far as reports tell it.

use crate::analysis::selectors::Selectors;
use crate::dns::DnsName;
use crate::dns::check::{Origin, Selector, Target};
use crate::model::Name;

/// Selectors out of reports that are looked for: they were written by strangers.
const MOST_SELECTORS: usize = 50;

/// A domain to check, with its selectors: those that reports saw, the busiest first, and those that were named.
#[must_use]
pub fn target(domain: DnsName, name: &Name, seen: &Selectors, named: &[DnsName]) -> Target {
    let reported = seen.of(name).into_iter().filter_map(|(text, _)| DnsName::from_dotted(text).ok());
    let mut known: Vec<_> =
        reported.take(MOST_SELECTORS).map(|name| Selector { name, origin: Origin::Reports }).collect();
    for name in named {
        if !known.iter().any(|selector| selector.name == *name) {
            known.push(Selector { name: name.clone(), origin: Origin::User });
        }
    }
    let mut target = Target::new(domain, known);
    target.in_use = seen.uses.of(name);
    target.mail_seen = seen.has_mail_from(name);
    target
}
