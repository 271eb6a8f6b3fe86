//! Finds the source that a user means by what they typed.

use super::catalogue::{Catalogue, ServiceId, SignKind};
use super::prefix::Prefix;
use super::source::SourceKey;

/// A source, or a stretch of addresses, whatever sends from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// What mail is grouped by.
    Source(SourceKey),
    /// Addresses.
    Addresses(Prefix),
}

/// What a search gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// One thing is meant.
    One(Wanted),
    /// Several services answer to the name, in the order of the catalogue.
    Several(Vec<ServiceId>),
    /// Nothing answers to it; these services have names that are near, the nearest first.
    Nothing(Vec<ServiceId>),
}

/// The longest text that is compared with names.
const LONGEST: usize = 100;
/// The most names that are suggested.
const SUGGESTIONS: usize = 5;

/// Finds what a text means: an id or name of a service in any case, or a part of one that no other has, `own`,
/// `AS64500`, an address, a prefix, a host or domain that a service is known by, or any other domain.
#[must_use]
pub fn search(catalogue: &Catalogue, text: &str) -> Search {
    let text = text.trim();
    if let Some(prefix) = Prefix::parse(text) {
        return Search::One(Wanted::Addresses(prefix));
    }
    let parsed = SourceKey::parse(catalogue, text);
    let source = |key| Search::One(Wanted::Source(key));
    match parsed {
        Some(SourceKey::Host(domain)) => match by_sign(catalogue, text) {
            Some(service) => source(SourceKey::Service(service)),
            None => source(SourceKey::Host(domain)),
        },
        Some(key) => source(key),
        None => match by_name(catalogue, text) {
            Ok(service) => source(SourceKey::Service(service)),
            Err(several) if several.is_empty() => Search::Nothing(near(catalogue, text)),
            Err(several) => Search::Several(several),
        },
    }
}

/// The service that a domain or host name stands for in reports.
fn by_sign(catalogue: &Catalogue, text: &str) -> Option<ServiceId> {
    let name = text.trim_end_matches('.');
    let kinds = [SignKind::Dkim, SignKind::Bounce, SignKind::Rdns, SignKind::Spf];
    kinds.into_iter().find_map(|kind| catalogue.lookup(kind, name).first().copied())
}

/// The one service that is called so, or else all that have it in their names.
fn by_name(catalogue: &Catalogue, text: &str) -> Result<ServiceId, Vec<ServiceId>> {
    let wanted = plain(text);
    if wanted.is_empty() || text.len() > LONGEST {
        return Err(Vec::new());
    }
    let all = || catalogue.services().iter().map(|service| (service.key, spellings(catalogue, service.key)));
    let exact = |spelling: &String| *spelling == wanted;
    let exactly: Vec<_> = all().filter(|(_, names)| names.iter().any(exact)).map(|(key, _)| key).collect();
    if let [one] = exactly[..] {
        return Ok(one);
    }
    // Two letters are part of everything.
    let partly = |spelling: &String| wanted.len() > 2 && spelling.contains(&wanted);
    let parts: Vec<_> = all().filter(|(_, names)| names.iter().any(partly)).map(|(key, _)| key).collect();
    match parts[..] {
        [one] => Ok(one),
        _ if exactly.len() > 1 => Err(exactly),
        _ => Err(parts),
    }
}

/// The services whose names differ from the text by a few characters.
fn near(catalogue: &Catalogue, text: &str) -> Vec<ServiceId> {
    let wanted = plain(text);
    if wanted.len() < 3 || text.len() > LONGEST {
        return Vec::new();
    }
    let most = (wanted.len() / 3).min(3);
    let distance = |key| spellings(catalogue, key).iter().map(|name| distance(&wanted, name)).min();
    let all = catalogue.services().iter().filter_map(|service| Some((distance(service.key)?, service.key)));
    let mut found: Vec<_> = all.filter(|(distance, _)| *distance <= most).collect();
    found.sort_unstable();
    found.into_iter().take(SUGGESTIONS).map(|(_, key)| key).collect()
}

/// What a service may be called: its id, its name, the name without what stands in brackets, and its words.
fn spellings(catalogue: &Catalogue, key: ServiceId) -> Vec<String> {
    let service = catalogue.service(key);
    let short = service.name.split(" (").next().unwrap_or_default();
    let mut words = short.split_whitespace().filter(|_| short.contains(' '));
    let mut all = vec![plain(&service.id), plain(&service.name), plain(short)];
    // A brand and its product go by the product's name: `Twilio SendGrid`.
    all.extend(words.next_back().map(plain).filter(|word| word.len() > 5));
    all
}

/// The letters and digits of a text, in lower case.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How many characters are to be changed, added or taken away, or neighbours swapped, to make one text of the
/// other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, &a) in one.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, &b) in other.iter().enumerate() {
            let swapped = row > 0 && column > 0 && one[row - 1] == b && other[column - 1] == a;
            let change = last[column] + usize::from(a != b);
            let mut least = change.min(last[column + 1] + 1).min(next[column] + 1);
            if swapped {
                least = least.min(before[column - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::catalogue;
    use super::*;

    fn said(text: &str) -> String {
        let ids = |found: Vec<ServiceId>| {
            let ids: Vec<_> = found.into_iter().map(|key| catalogue().service(key).id.as_str()).collect();
            ids.join(" ")
        };
        match search(catalogue(), text) {
            Search::One(Wanted::Source(key)) => key.text(catalogue()),
            Search::One(Wanted::Addresses(prefix)) => format!("from {prefix}"),
            Search::Several(found) => format!("several: {}", ids(found)),
            Search::Nothing(found) => format!("nothing, near {}", ids(found)),
        }
    }

    #[test]
    fn a_source_is_found_by_what_people_call_it() {
        for (text, meant) in [
            ("sendgrid", "sendgrid"),
            ("SendGrid", "sendgrid"),
            (" Twilio SendGrid ", "sendgrid"),
            ("Google Workspace", "google-workspace"),
            ("amazon_ses", "amazon-ses"),
            ("Own", "own"),
            ("as64500", "AS64500"),
            ("192.0.2.9", "from 192.0.2.9"),
            ("192.0.2.64/26", "from 192.0.2.64/26"),
            ("2001:DB8::/64", "from 2001:db8::/64"),
            ("Mail.Example.NET.", "example.net"),
            ("o1.ptr.outbound-mail.sendgrid.net", "sendgrid"),
            ("groups.io", "groups-io"),
        ] {
            assert_eq!(said(text), meant, "{text}");
        }
    }

    #[test]
    fn what_several_are_called_lists_them() {
        let several = said("google");
        assert!(several.starts_with("several: ") && several.contains("google-workspace"), "{several}");
        assert!(said("mail").starts_with("several: "));
    }

    #[test]
    fn a_slip_is_answered_with_what_is_near() {
        assert_eq!(said("sendgird"), "nothing, near sendgrid");
        assert!(said("mailchmp").starts_with("nothing, near mailchimp"));
        assert_eq!(said("xqzzv"), "nothing, near ");
        assert_eq!(said(""), "nothing, near ");
        assert_eq!(said("\u{202e}"), "nothing, near ");
        assert_eq!(said(&"sendgrid".repeat(1000)), "nothing, near ");
    }

    #[test]
    fn distances_count_changes() {
        for (one, other, changes) in [
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("acb", "abc", 1),
            ("abc", "abd", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), changes, "{one} {other}");
        }
    }
}
