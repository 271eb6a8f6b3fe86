//! A sender as somebody types it.

use whosends_core::senders::catalogue::SignKind;
use whosends_core::senders::{Catalogue, Search, Service, SourceKey, Wanted, search};

use crate::failure::Failure;

/// Reads a sender: what [`SourceKey::parse`] takes, or what one service alone is called.
pub(super) fn parse(catalogue: &Catalogue, text: &str) -> Result<SourceKey, Failure> {
    if let Some(key) = SourceKey::parse(catalogue, text) {
        return Ok(key);
    }
    match search(catalogue, text) {
        Search::One(Wanted::Source(key)) => Ok(key),
        _ => Err(Failure::new(format!("no sender is called `{text}`")).hint(advice(catalogue, text))),
    }
}

/// What to type in place of a sender that is unknown.
pub(super) fn advice(catalogue: &Catalogue, text: &str) -> String {
    let near = match search(catalogue, text) {
        Search::Several(near) | Search::Nothing(near) => near,
        Search::One(Wanted::Source(SourceKey::Service(service))) => vec![service],
        Search::One(_) => Vec::new(),
    };
    if near.is_empty() {
        return "`whosends senders` lists the services; a domain, a network (AS64500), a prefix and an address name \
                a source too"
            .to_owned();
    }
    let ids: Vec<_> = near.iter().map(|&key| format!("`{}`", catalogue.service(key).id)).collect();
    format!("did you mean {}?", ids.join(" or "))
}

/// The service that mail from hosts of a domain mostly goes by, where that is not the domain itself.
pub(super) fn stands_for<'c>(catalogue: &'c Catalogue, key: &SourceKey) -> Option<&'c Service> {
    let SourceKey::Host(domain) = key else { return None };
    let kinds = [SignKind::Dkim, SignKind::Bounce, SignKind::Rdns];
    let service = kinds.iter().find_map(|&kind| catalogue.lookup(kind, domain).first().copied())?;
    Some(catalogue.service(service))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_go_by_id_or_name_and_what_is_near_is_offered() {
        let catalogue = Catalogue::built_in().unwrap();
        let id = |text| parse(&catalogue, text).ok().map(|key| key.text(&catalogue));
        assert_eq!(id("sendgrid").as_deref(), Some("sendgrid"));
        assert_eq!(id("twilio sendgrid").as_deref(), Some("sendgrid"));
        assert_eq!(id("AS64500").as_deref(), Some("AS64500"));
        assert_eq!(id("sendgird"), None);
        assert_eq!(advice(&catalogue, "sendgird"), "did you mean `sendgrid`?");
        assert!(advice(&catalogue, "amazon").contains("`amazon-ses`"));
        assert!(advice(&catalogue, "xqzzqx").contains("whosends senders"));
    }
}
