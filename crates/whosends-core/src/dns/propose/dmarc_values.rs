//! What was meant by the value of a DMARC tag.

use super::near::nearest;
use crate::dns::record::uri::{Destination, ReportUri};
use crate::model::Name;

/// The policies.
const POLICIES: [&str; 3] = ["none", "quarantine", "reject"];

/// The value of a tag as it has to be written; `None` where nobody can tell.
pub(super) fn value(tag: &str, text: &str) -> Option<String> {
    match tag {
        "p" | "sp" | "np" => policy(text).map(ToOwned::to_owned),
        "adkim" | "aspf" => letter(text, &[('r', "relaxed"), ('s', "strict")]),
        "t" => letter(text, &[('y', "yes"), ('n', "no")]),
        "psd" => letter(text, &[('y', "yes"), ('n', "no"), ('u', "undefined")]),
        "fo" => options(text),
        "rua" | "ruf" => addresses(text),
        "pct" => {
            let digits = text.trim_end_matches(['%', ' ']);
            digits.parse::<u8>().ok().filter(|share| *share <= 100).map(|share| share.to_string())
        }
        "ri" => text.parse::<u32>().ok().map(|seconds| seconds.to_string()),
        "rf" => (!text.is_empty()).then(|| text.to_owned()),
        _ => None,
    }
}

fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// The policy that a word means.
fn policy(text: &str) -> Option<&'static str> {
    let word = bare(text);
    match word.as_str() {
        "monitor" | "monitoring" | "no" | "report" => Some("none"),
        "rejected" | "block" | "rejection" => Some("reject"),
        "quarantined" => Some("quarantine"),
        _ => nearest(&word, &POLICIES, 2.min(word.len() / 3)),
    }
}

fn letter(text: &str, words: &[(char, &str)]) -> Option<String> {
    let word = bare(text);
    let found = words.iter().find(|(letter, long)| word == letter.to_string() || word == *long);
    found.map(|(letter, _)| letter.to_string())
}

/// When failure reports are wanted: `1` includes what `0` says.
fn options(text: &str) -> Option<String> {
    let mut found: Vec<char> = Vec::new();
    for item in text.split([':', ',', ' ', '/', '|']).map(str::trim).filter(|item| !item.is_empty()) {
        let mut letters = item.chars();
        match (letters.next().map(|letter| letter.to_ascii_lowercase()), letters.next()) {
            (Some(letter @ ('0' | '1' | 'd' | 's')), None) if !found.contains(&letter) => found.push(letter),
            (Some('0' | '1' | 'd' | 's'), None) => {}
            _ => return None,
        }
    }
    if found.contains(&'1') {
        found.retain(|letter| *letter != '0');
    }
    let items: Vec<String> = found.iter().map(char::to_string).collect();
    (!items.is_empty()).then(|| items.join(":"))
}

/// The addresses of a list, each as it has to be written and once; `None` where one can't be mended.
fn addresses(text: &str) -> Option<String> {
    let mut found: Vec<ReportUri> = Vec::new();
    for item in items(text) {
        let uri = address(&item)?;
        if !found.iter().any(|other| other.is_same(&uri)) {
            found.push(uri);
        }
    }
    let texts: Vec<String> = found.into_iter().map(|uri| uri.text).collect();
    (!texts.is_empty()).then(|| texts.join(","))
}

/// The items of a list, whatever parts them: a comma, or a blank before the next address.
fn items(text: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for part in text.split([',', ';']) {
        // A separator right behind a scheme stands for its colon.
        let mut open = match items.last_mut() {
            Some(last) if is_mail_scheme(last) => {
                last.push(':');
                true
            }
            _ => false,
        };
        for word in part.split_whitespace() {
            match items.last_mut() {
                // A blank within an address: behind its scheme, or around its `@`.
                Some(last)
                    if open && (!last.contains('@') || last.ends_with('@') || word.starts_with('@')) =>
                {
                    last.push_str(word);
                }
                Some(last) if open && word.starts_with('!') => last.push_str(word),
                _ => items.push(word.to_owned()),
            }
            open = true;
        }
    }
    items
}

/// One address as it has to be written.
fn address(item: &str) -> Option<ReportUri> {
    match sound(item) {
        Some(uri) if !matches!(uri.destination, Some(Destination::Other { .. })) => Some(uri),
        // An address of another kind is nobody's slip, as long as it can't be read as one of mail.
        other => mended(item).or(other),
    }
}

/// An address that can be used as it stands.
fn sound(text: &str) -> Option<ReportUri> {
    Some(ReportUri::of(text.as_bytes())).filter(|uri| uri.destination.is_some() && uri.text == text)
}

/// A mail address with slips, without them.
fn mended(item: &str) -> Option<ReportUri> {
    let item = item.trim_matches(['<', '>', '"', '\'', '(', ')', '[', ']', '.']);
    let item = match item.split_once('!') {
        Some((before, size)) if sound(&format!("mailto:a@b.example!{size}")).is_none() => before,
        _ => item,
    };
    let item = item.trim_end_matches(['>', '.']);
    let rest = match item.find([':', '/']) {
        Some(at) => {
            let (scheme, rest) = item.split_at(at);
            if scheme.contains('@') || !is_mail_scheme(scheme) {
                return None;
            }
            rest.trim_start_matches([':', '/', '<', ' '])
        }
        None => item.strip_prefix("mailto=").unwrap_or(item),
    };
    let rest = rest.strip_prefix("mailto:").unwrap_or(rest);
    let (local, host) = rest.rsplit_once('@')?;
    let (host, tail) = host.find(['!', '?']).map_or((host, ""), |at| host.split_at(at));
    let host = match host.is_ascii() {
        true => host.to_owned(),
        false => Name::from_stated(host).filter(Name::is_domain)?.as_str().to_owned(),
    };
    sound(&format!("mailto:{local}@{host}{tail}"))
}

fn is_mail_scheme(scheme: &str) -> bool {
    let scheme = scheme.trim().to_ascii_lowercase();
    matches!(scheme.as_str(), "mail" | "email" | "mail-to") || nearest(&scheme, &["mailto"], 2).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_mended_and_none_is_lost() {
        for (text, expected) in [
            ("mailto:a@x.example,b@x.example", Some("mailto:a@x.example,mailto:b@x.example")),
            ("mailto: a@x.example", Some("mailto:a@x.example")),
            ("mailto:a@x.example b@x.example", Some("mailto:a@x.example,mailto:b@x.example")),
            ("mailto:a@x.example, mailto:A@X.example", Some("mailto:a@x.example")),
            ("mailto:a@x.example!10mb", Some("mailto:a@x.example")),
            ("mailto:a@x.example!10m", Some("mailto:a@x.example!10m")),
            ("<mailto:a@x.example>", Some("mailto:a@x.example")),
            ("mailto:<a@x.example>", Some("mailto:a@x.example")),
            ("mailto://a@x.example", Some("mailto:a@x.example")),
            ("mailto:mailto:a@x.example", Some("mailto:a@x.example")),
            ("malto:a@x.example", Some("mailto:a@x.example")),
            ("mailto;a@x.example", Some("mailto:a@x.example")),
            ("a@m\u{fc}ller.example", Some("mailto:a@xn--mller-kva.example")),
            ("https://x.example/in,mailto:a@x.example", Some("https://x.example/in,mailto:a@x.example")),
            ("mailto:a@x.example?subject=b", Some("mailto:a@x.example?subject=b")),
            ("mailto:nobody", None),
            ("http//x", None),
            ("", None),
        ] {
            assert_eq!(value("rua", text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn words_are_mended_where_one_was_meant() {
        for (tag, text, expected) in [
            ("p", "rejct", Some("reject")),
            ("p", "\"reject\".", Some("reject")),
            ("p", "monitor", Some("none")),
            ("p", "maybe", None),
            ("p", "", None),
            ("aspf", "Strict", Some("s")),
            ("fo", "0,1", Some("1")),
            ("fo", "1:d:s", Some("1:d:s")),
            ("fo", "x", None),
            ("pct", "50%", Some("50")),
            ("pct", "101", None),
        ] {
            assert_eq!(value(tag, text).as_deref(), expected, "{tag}={text}");
        }
    }
}
