//! A sender as somebody types it.

use whosends_core::senders::catalogue::SignKind;
use whosends_core::senders::{Catalogue, Service, SourceKey};

use crate::failure::Failure;

/// How many names are offered in place of one that is unknown.
const MOST: usize = 3;
/// The longest text that is compared with names.
const LONGEST: usize = 64;

/// Reads a sender: what [`SourceKey::parse`] takes, or the name of a service.
pub(super) fn parse(catalogue: &Catalogue, text: &str) -> Result<SourceKey, Failure> {
    find(catalogue, text)
        .ok_or_else(|| Failure::new(format!("no sender is called `{text}`")).hint(advice(catalogue, text)))
}

/// What to type in place of a sender that is unknown.
pub(super) fn advice(catalogue: &Catalogue, text: &str) -> String {
    match &near(catalogue, text)[..] {
        [] => "`whosends senders` lists the services; a domain, a network (AS64500), a prefix and an address name a \
               source too"
            .to_owned(),
        names => format!("did you mean {}?", names.join(" or ")),
    }
}

/// The sender that a text names: what [`SourceKey::parse`] takes, or the name of a service.
pub(super) fn find(catalogue: &Catalogue, text: &str) -> Option<SourceKey> {
    let by_name = || {
        let text = text.trim();
        let mut services = catalogue.services().iter();
        services.find(|service| service.name.to_lowercase() == text.to_lowercase())
    };
    SourceKey::parse(catalogue, text).or_else(|| by_name().map(|service| SourceKey::Service(service.key)))
}

/// The ids of services that are spelt much like a text, or whose id or name holds it.
fn near(catalogue: &Catalogue, text: &str) -> Vec<String> {
    let text: String = text.trim().to_lowercase().chars().take(LONGEST).collect();
    let most = text.chars().count() / 3;
    let mut found: Vec<(usize, &str)> = Vec::new();
    for service in catalogue.services() {
        let name = service.name.to_lowercase();
        let distance = distance(&text, &service.id).min(distance(&text, &name));
        let holds = text.len() > 2 && (service.id.contains(&text) || name.contains(&text));
        if distance <= most || holds {
            found.push((if holds { 0 } else { distance }, &service.id));
        }
    }
    found.sort_unstable();
    found.into_iter().take(MOST).map(|(_, id)| format!("`{id}`")).collect()
}

/// How many letters must be put in, taken out or changed to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (to, &with) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != with);
            diagonal = row[to + 1];
            row[to + 1] = change.min(diagonal + 1).min(row[to] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
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
    fn senders_go_by_id_name_or_what_is_near() {
        let catalogue = Catalogue::built_in().unwrap();
        let id = |text| find(&catalogue, text).map(|key| key.text(&catalogue));
        assert_eq!(id("sendgrid").as_deref(), Some("sendgrid"));
        assert_eq!(id("twilio sendgrid").as_deref(), Some("sendgrid"));
        assert_eq!(id("AS64500").as_deref(), Some("AS64500"));
        assert_eq!(id("sendgird"), None);
        assert_eq!(near(&catalogue, "sendgird"), ["`sendgrid`"]);
        assert!(near(&catalogue, "amazon").contains(&"`amazon-ses`".to_owned()));
        assert_eq!(near(&catalogue, "xqzzqx"), Vec::<String>::new());
        assert_eq!((distance("", "abc"), distance("kitten", "sitting")), (3, 3));
    }
}
