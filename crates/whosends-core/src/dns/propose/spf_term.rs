//! What was meant by the terms of an SPF record.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::near::nearest;
use crate::dns::spf::SpfRecord;

/// The mechanisms and the modifiers that receivers know.
const NAMES: &[&str] = &["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists", "redirect", "exp"];

/// Other names under which mechanisms are written.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("ipv4", "ip4"),
    ("ip4v", "ip4"),
    ("ipv6", "ip6"),
    ("ip6v", "ip6"),
    ("ip", "ip4"),
    ("includes", "include"),
    ("incl", "include"),
    ("inc", "include"),
];

/// Whether a sound term is a modifier that nobody knows, with the name of a mechanism: `include=x.example`.
#[must_use]
pub fn is_disguised_mechanism(term: &str) -> bool {
    let name = term.split_once('=').map(|(name, _)| name.to_ascii_lowercase());
    name.is_some_and(|name| {
        !matches!(name.as_str(), "redirect" | "exp")
            && (NAMES.contains(&name.as_str()) || OTHER_NAMES.iter().any(|(other, _)| *other == name))
    })
}

/// Whether a text is one term without a fault, and does what its name says.
pub(super) fn is_sound(term: &str) -> bool {
    let record = SpfRecord::parse(format!("v=spf1 {term}").as_bytes());
    record.is_some_and(|record| record.faults().is_empty() && record.terms().len() == 1)
        && !is_disguised_mechanism(term)
}

/// The terms of what follows a version, each as it has to be written; `None` where one can't be mended.
pub(super) fn terms(body: &str) -> Option<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for (word, glued) in words(body) {
        match mended(&word) {
            Some(several) => found.extend(several),
            // `include:a.example,b.example`: the second is what the first is.
            None if glued => {
                let name = found.last().and_then(|last| Some(last.split_once(':')?.0.to_owned()));
                found.push(name.map(|name| format!("{name}:{word}")).filter(|term| is_sound(term))?);
            }
            None => return None,
        }
    }
    Some(found)
}

/// The nearest spelling of a faulty term that is sound.
#[must_use]
pub fn suggestion(term: &str) -> Option<String> {
    terms(term).map(|found| found.join(" ")).filter(|better| !better.is_empty() && better != term)
}

/// The words of a body, whatever parts them, and put together where a blank broke them; each with whether only a
/// comma or semicolon, and no blank, parts it from the one before.
fn words(body: &str) -> Vec<(String, bool)> {
    let mut words: Vec<(String, bool)> = Vec::new();
    let mut word = String::new();
    let (mut braces, mut glued) = (false, false);
    for letter in body.chars().chain([' ']) {
        match letter {
            '{' => braces = true,
            '}' => braces = false,
            _ => {}
        }
        if braces || !matches!(letter, ' ' | ',' | ';') {
            word.push(letter);
            continue;
        }
        if !word.is_empty() {
            add(&mut words, std::mem::take(&mut word), glued);
            glued = false;
        }
        glued = matches!(letter, ',' | ';') || glued && letter != ' ';
    }
    words
}

/// Adds a word, or puts it behind the one before where that is not finished.
fn add(words: &mut Vec<(String, bool)>, word: String, glued: bool) {
    let known = |name: &str| name_of(name.trim_start_matches(['+', '-', '~', '?'])).is_some();
    if let Some((last, _)) = words.last_mut() {
        let is_qualifier = matches!(last.as_str(), "+" | "-" | "~" | "?");
        let is_open = last.ends_with([':', '=']) && known(last.trim_end_matches([':', '=']));
        let goes_on = word.starts_with([':', '=']) && known(last);
        // `include _spf.example.com`, where no such term stands alone.
        let lacks_colon =
            needs_argument(last) && !is_sound(&word) && word.contains(['.', ':']) && !names_itself(&word);
        if is_qualifier || is_open || goes_on {
            last.push_str(&word);
            return;
        }
        if lacks_colon {
            *last = format!("{last}:{word}");
            return;
        }
    }
    if !word.trim_matches(['.', '|', '/', '\u{b7}']).is_empty() {
        words.push((word, glued));
    }
}

fn needs_argument(word: &str) -> bool {
    let name = word.trim_start_matches(['+', '-', '~', '?']).to_ascii_lowercase();
    matches!(name.as_str(), "include" | "ip4" | "ip6" | "exists")
}

/// Whether a word begins with the name of a mechanism and its colon.
fn names_itself(word: &str) -> bool {
    let bare = word.trim_start_matches(['+', '-', '~', '?']);
    bare.find([':', '=']).is_some_and(|at| name_of(bare.get(..at).unwrap_or_default()).is_some())
}

/// The mechanism or modifier that a name means.
fn name_of(name: &str) -> Option<&'static str> {
    let name = name.trim().to_ascii_lowercase();
    if let Some(known) = NAMES.iter().find(|known| **known == name) {
        return Some(known);
    }
    if let Some((_, meant)) = OTHER_NAMES.iter().find(|(other, _)| *other == name) {
        return Some(meant);
    }
    let long: Vec<&'static str> = NAMES.iter().copied().filter(|known| known.len() > 2).collect();
    let most = if name.len() > 5 { 2 } else { 1 };
    (name.len() > 2).then(|| nearest(&name, &long, most)).flatten()
}

/// A word as the terms that were meant: one, or two that were glued.
fn mended(word: &str) -> Option<Vec<String>> {
    if is_sound(word) {
        return Some(vec![word.to_owned()]);
    }
    one(word).map(|term| vec![term]).or_else(|| split(word))
}

fn one(word: &str) -> Option<String> {
    let bare =
        word.trim_matches(|letter: char| matches!(letter, '.' | '/' | '<' | '>' | '(' | ')' | '|' | '*'));
    let at = bare.find(|letter| !matches!(letter, '+' | '-' | '~' | '?')).unwrap_or(bare.len());
    let (qualifiers, body) = bare.split_at(at);
    let qualifier = qualifier(qualifiers)?;
    // A path is sound, and nothing that anybody means.
    let as_it_is = (!body.contains("://")).then(|| format!("{qualifier}{body}"));
    let mut candidates: Vec<_> = as_it_is.into_iter().collect();
    let parts = body.find([':', '=']).and_then(|at| Some((body.get(..at)?, body.get(at + 1..)?)));
    let value = parts.map_or(body, |(_, value)| value).trim_start_matches([':', '=']);
    match parts.map(|(name, _)| name_of(name)) {
        Some(Some("all")) | None => {
            let name = body.split(['.', ':', '/', '=']).next().unwrap_or_default();
            candidates.extend((name_of(name) == Some("all")).then(|| format!("{qualifier}all")));
        }
        Some(Some(name @ ("redirect" | "exp"))) => candidates.push(format!("{name}={}", argument(value))),
        Some(Some(name)) => candidates.push(format!("{qualifier}{name}:{}", argument(value))),
        Some(None) => {}
    }
    // An address, bare or behind whatever name.
    let named = parts.and_then(|(name, _)| name_of(name));
    for address in [body, value] {
        candidates.extend(range(address).map(|range| format!("{qualifier}{range}")));
    }
    let is_host =
        value.contains(|letter: char| letter.is_ascii_alphabetic()) && !value.contains([':', '~', '?']);
    if matches!(named, Some("ip4" | "ip6")) && is_host {
        candidates.push(format!("{qualifier}a:{}", argument(value)));
    }
    candidates.into_iter().find(|candidate| is_sound(candidate))
}

/// One qualifier, or the same several times.
fn qualifier(text: &str) -> Option<&str> {
    let first = text.get(..1.min(text.len()))?;
    text.chars().all(|letter| first.starts_with(letter)).then_some(first)
}

/// The argument of a term without what doesn't belong to it.
fn argument(text: &str) -> &str {
    let text = text.trim_start_matches("http://").trim_start_matches("https://");
    text.trim_matches(['@', '/', '<', '>', '"', '.', '(', ')'])
}

/// An address or range as a term.
fn range(text: &str) -> Option<String> {
    let text = text.trim_matches(['[', ']', '<', '>', '(', ')', '.']);
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address.trim_end_matches(']'), Some(prefix)),
        None => (text, None),
    };
    if let Ok(address) = address.parse::<Ipv6Addr>() {
        let prefix = prefix.map(|prefix| prefix.parse::<u8>().ok().filter(|bits| *bits <= 128));
        return match prefix {
            None => Some(format!("ip6:{address}")),
            Some(bits) => Some(format!("ip6:{address}/{}", bits?)),
        };
    }
    // A port is nothing that SPF knows.
    let address = match address.split_once(':') {
        Some((address, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => address,
        Some(_) => return None,
        None => address,
    };
    let address = v4(address)?;
    match prefix {
        None => Some(format!("ip4:{address}")),
        Some(prefix) => Some(format!("ip4:{address}/{}", prefix_length(prefix)?)),
    }
}

/// An IPv4 address, zeros in front of its numbers left out: nobody writes octal numbers in SPF.
fn v4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0_u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        *octet = part
            .parse()
            .ok()
            .filter(|_| part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit()))?;
    }
    parts.next().is_none().then(|| octets.into())
}

/// A prefix length, or a mask that says the same.
fn prefix_length(text: &str) -> Option<u32> {
    if let Some(mask) = v4(text) {
        let bits = mask.to_bits();
        return (bits.leading_ones() == bits.count_ones()).then(|| bits.leading_ones());
    }
    text.parse::<u32>().ok().filter(|bits| *bits <= 32)
}

/// Two terms, or more, that nothing parts: `ip4:192.0.2.1~all`.
fn split(word: &str) -> Option<Vec<String>> {
    const STARTS: [&str; 9] =
        ["include:", "ip4:", "ip6:", "exists:", "redirect=", "mx:", "~all", "-all", "?all"];
    let lower = word.to_ascii_lowercase();
    let at = STARTS.iter().filter_map(|start| {
        let at = lower.rfind(start).filter(|at| *at > 0)?;
        // A qualifier in front of the mechanism is its own.
        let sign = lower.get(..at)?.ends_with(['+', '~', '?']);
        Some(if sign { at - 1 } else { at })
    });
    let (before, after) = word.split_at(at.max().filter(|at| *at > 0)?);
    let mut found = mended(before)?;
    found.push(one(after)?);
    Some(found)
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
            ("--all", Some("-all")),
            ("~alll", Some("~all")),
            ("- all", Some("-all")),
            ("include:x.example,", Some("include:x.example")),
            ("include:a.example,b.example", Some("include:a.example include:b.example")),
            ("inlude:x.example", Some("include:x.example")),
            ("include x.example", Some("include:x.example")),
            ("include : x.example", Some("include:x.example")),
            ("ip6:[2001:db8::1]", Some("ip6:2001:db8::1")),
            ("ip4:192.000.002.001", Some("ip4:192.0.2.1")),
            ("ip4:192.0.2.0/024", Some("ip4:192.0.2.0/24")),
            ("ip4:192.0.2.0/255.255.255.0", Some("ip4:192.0.2.0/24")),
            ("ip4:192.0.2.1:25", Some("ip4:192.0.2.1")),
            ("ip4:mail.x.example", Some("a:mail.x.example")),
            ("ip4:192.0.2.1~all", Some("ip4:192.0.2.1 ~all")),
            ("ip4:192.0.2.1ip4:192.0.2.2", Some("ip4:192.0.2.1 ip4:192.0.2.2")),
            ("ip4:192.0.2.1include:a.example~all", Some("ip4:192.0.2.1 include:a.example ~all")),
            ("include:a.example?all", Some("include:a.example ?all")),
            ("include:https://x.example/", Some("include:x.example")),
            ("mail.x.example", None),
            ("ip4:192.0.2", None),
            ("ip4:192.0.2.0/255.0.255.0", None),
            ("moo", None),
            ("include:", None),
            ("exists:%{i,}.x.example", None),
        ] {
            assert_eq!(suggestion(term).as_deref(), expected, "{term}");
        }
        assert!(is_disguised_mechanism("Include=x.example") && !is_disguised_mechanism("ra=postmaster"));
    }
}
