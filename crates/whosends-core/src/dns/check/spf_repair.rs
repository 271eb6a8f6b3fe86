//! What a faulty SPF record was probably meant to say.

use crate::dns::spf::SpfRecord;

/// The names of mechanisms, which no unknown modifier should have.
const MECHANISMS: &[&str] =
    &["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists", "ipv4", "ipv6", "ip"];

/// Whether a sound term is a modifier that nobody knows, with the name of a mechanism: `include=x.example`.
pub(super) fn is_disguised_mechanism(term: &str) -> bool {
    term.split_once('=').is_some_and(|(name, _)| MECHANISMS.iter().any(|one| one.eq_ignore_ascii_case(name)))
}

/// The nearest spelling of a faulty term that is sound.
pub(super) fn suggestion(term: &str) -> Option<String> {
    let bare =
        term.trim_matches(|c: char| matches!(c, '"' | '\'' | ',' | ';' | '.') || !c.is_ascii_graphic());
    let (qualifier, body) = match bare.as_bytes().first() {
        Some(b'+' | b'-' | b'~' | b'?') => bare.split_at(1),
        _ => ("", bare),
    };
    let mut candidates = vec![bare.to_owned()];
    let split = body.find([':', '=']).map(|at| (&body[..at], &body[at + 1..]));
    let value = split.map_or(body, |(_, value)| value.trim_start_matches([':', '=']));
    if let Some((name, _)) = split {
        let name = match name.to_ascii_lowercase().as_str() {
            "ipv4" | "ip" | "ip4v" => "ip4".to_owned(),
            "ipv6" | "ip6v" => "ip6".to_owned(),
            "includes" | "incl" => "include".to_owned(),
            other => other.to_owned(),
        };
        let separator = if matches!(name.as_str(), "redirect" | "exp") { '=' } else { ':' };
        candidates.push(format!("{qualifier}{name}{separator}{value}"));
        candidates.push(format!("{name}{separator}{value}"));
    }
    // A bare address, or one behind the wrong mechanism.
    for address in [body, value] {
        candidates.push(format!("{qualifier}ip4:{address}"));
        candidates.push(format!("{qualifier}ip6:{address}"));
    }
    if let Some((name, _)) = body.split_once(['.', ':', '/']) {
        candidates.extend(name.eq_ignore_ascii_case("all").then(|| format!("{qualifier}all")));
    }
    candidates.into_iter().find(|candidate| *candidate != term && is_sound(candidate))
}

fn is_sound(term: &str) -> bool {
    let record = SpfRecord::parse(format!("v=spf1 {term}").as_bytes());
    record.is_some_and(|record| record.faults().is_empty() && record.terms().len() == 1)
        && !is_disguised_mechanism(term)
}

/// The record with each term replaced as `change` says; `None` drops it.
pub(super) fn rewritten(record: &SpfRecord, change: impl Fn(&str) -> Option<String>) -> String {
    let text = record.shown(0..record.text().len());
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let mut kept: Vec<String> = words.next().map(|_| "v=spf1".to_owned()).into_iter().collect();
    kept.extend(words.filter_map(change));
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_spellings() {
        for (term, expected) in [
            ("ipv4:192.0.2.1", Some("ip4:192.0.2.1")),
            ("ip:192.0.2.0/24", Some("ip4:192.0.2.0/24")),
            ("ip4=192.0.2.1", Some("ip4:192.0.2.1")),
            ("192.0.2.1", Some("ip4:192.0.2.1")),
            ("2001:db8::1", Some("ip6:2001:db8::1")),
            ("ip4:2001:db8::/32", Some("ip6:2001:db8::/32")),
            ("a:192.0.2.1", Some("ip4:192.0.2.1")),
            ("~include=x.example", Some("~include:x.example")),
            ("redirect:x.example", Some("redirect=x.example")),
            ("-all.", Some("-all")),
            ("-all;", Some("-all")),
            ("-all:foobar", Some("-all")),
            ("include:x.example,", Some("include:x.example")),
            ("moo", None),
            ("include:", None),
        ] {
            assert_eq!(suggestion(term).as_deref(), expected, "{term}");
        }
        assert!(is_disguised_mechanism("Include=x.example") && !is_disguised_mechanism("ra=postmaster"));
    }

    #[test]
    fn records_are_rewritten_term_by_term() {
        let record = SpfRecord::parse(b"V=SPF1  a  moo -all").unwrap();
        assert_eq!(rewritten(&record, |term| (term != "moo").then(|| term.to_owned())), "v=spf1 a -all");
    }
}
