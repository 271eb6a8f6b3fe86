//! The SPF record to publish in place of the one in DNS.

use super::plain::plain;
use super::spf_term::{self, is_sound};
use crate::dns::spf::SpfRecord;

/// The longest text that is worth mending.
const LONGEST: usize = 4096;

/// A record in the making: its terms in order, without the version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    terms: Vec<String>,
}

impl Draft {
    /// What a text was meant to say, each term as it has to be written; `None` where more than one meaning is left,
    /// or where the text was no SPF record. What was pasted behind a second version says who sends too.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let text = plain(text).replace('\\', "").replace(['"', '\''], " ");
        let drafts = bodies(&text)?.into_iter().map(Self::of_terms).collect::<Option<Vec<_>>>()?;
        Self::merged(&drafts)
    }

    /// One record for several: each term once, in order, and of their last words the most lenient.
    #[must_use]
    pub fn merged(drafts: &[Self]) -> Option<Self> {
        let mut whole = Self::default();
        let mut end: Option<String> = None;
        for term in drafts.iter().flat_map(|draft| &draft.terms) {
            let known = whole.terms.iter().any(|other| other.eq_ignore_ascii_case(term));
            if drafts.len() > 1 && is_all(term) {
                end = Some(more_lenient(end.as_deref(), term));
            } else if drafts.len() < 2 || !known {
                whole.terms.push(term.clone());
            }
        }
        whole.terms.extend(end);
        let twice = |name: &str| whole.terms.iter().filter(|term| is_modifier(term, name)).count() > 1;
        (!drafts.is_empty() && !twice("redirect") && !twice("exp")).then_some(whole)
    }

    fn of_terms(body: &str) -> Option<Self> {
        let mut draft = Self::default();
        for term in spf_term::terms(body)? {
            // A modifier that stands twice in the same words was meant once.
            let again = ["redirect", "exp"].iter().any(|name| is_modifier(&term, name));
            if !again || !draft.terms.contains(&term) {
                draft.terms.push(term);
            }
        }
        Some(draft)
    }

    /// The terms.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(String::as_str)
    }

    /// Drops terms.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.terms.retain(|term| keep(term));
    }

    /// Drops a `redirect` that stands beside an `all`, where it does not count (RFC 7208 section 6.1).
    pub fn drop_idle_redirect(&mut self) {
        if self.terms.iter().any(|term| is_all(term)) {
            self.terms.retain(|term| !is_modifier(term, "redirect"));
        }
    }

    /// Puts the first `all` behind the terms that it kept from counting, and drops any other.
    pub fn put_all_last(&mut self) {
        if let Some(at) = self.terms.iter().position(|term| is_all(term)) {
            let all = self.terms.remove(at);
            self.terms.retain(|term| !is_all(term));
            let end = self.terms.iter().rposition(|term| !is_any_modifier(term)).map_or(0, |last| last + 1);
            self.terms.insert(end.max(at.min(self.terms.len())), all);
        }
    }

    /// Lets the record end with `~all` where it has another end than `-all`, `~all` or a redirect.
    pub fn close(&mut self) {
        let ends = |term: &String| is_modifier(term, "redirect") || matches!(&**term, "-all" | "~all");
        if !self.terms.iter().any(|term| ends(&term.to_ascii_lowercase())) {
            self.terms.retain(|term| !is_all(term));
            self.terms.push("~all".to_owned());
        }
    }

    /// Whether any term but `all` may pass somebody, or hands the question on.
    #[must_use]
    pub fn names_senders(&self) -> bool {
        let passes = |term: &&String| !is_all(term) && !term.starts_with(['-', '~', '?']);
        self.terms.iter().filter(passes).any(|term| is_modifier(term, "redirect") || !is_any_modifier(term))
    }

    /// The record, where it is one without a fault.
    #[must_use]
    pub fn record(&self) -> Option<String> {
        let text = std::iter::once("v=spf1").chain(self.terms()).collect::<Vec<_>>().join(" ");
        let sound = SpfRecord::parse(text.as_bytes()).is_some_and(|record| record.faults().is_empty());
        (sound && self.terms.iter().all(|term| is_sound(term))).then_some(text)
    }
}

/// Whether a term is `all`, whatever it says.
#[must_use]
pub fn is_all(term: &str) -> bool {
    term.trim_start_matches(['+', '-', '~', '?']).eq_ignore_ascii_case("all")
}

fn is_modifier(term: &str, name: &str) -> bool {
    term.split_once('=').is_some_and(|(found, _)| found.eq_ignore_ascii_case(name))
}

fn is_any_modifier(term: &str) -> bool {
    term.find('=').is_some_and(|at| !term.get(..at).unwrap_or_default().contains(':'))
}

/// Of two ends the one that refuses less; nobody means `+all` who also wrote something else.
fn more_lenient(one: Option<&str>, two: &str) -> String {
    let rank = |term: &str| match term.as_bytes().first() {
        Some(b'-') => 1,
        Some(b'~') => 2,
        Some(b'?') => 3,
        _ => 0,
    };
    match one {
        Some(one) if rank(one) >= rank(two) => one.to_owned(),
        _ => two.to_owned(),
    }
}

/// What follows each version in a text, however it is written and whatever stands before the first; `None` where
/// there is no version and the text is no list of terms that ends with `all`.
fn bodies(text: &str) -> Option<Vec<&str>> {
    let lower = text.to_ascii_lowercase();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, name) in lower.match_indices("sp").filter_map(|(at, _)| {
        let name = lower.get(at..at + 3)?;
        (name == "spf").then_some((at, name))
    }) {
        let from = found.last().map_or(0, |(_, end)| *end);
        if let Some(version) = version_at(&lower, from, at, at + name.len(), found.is_empty()) {
            found.push(version);
        }
    }
    if found.is_empty() {
        let words: Vec<_> = text.split_ascii_whitespace().collect();
        let bare = words.len() > 1 && words.iter().all(|word| is_sound(word) && !is_any_modifier(word));
        return (bare && words.last().is_some_and(|word| is_all(word))).then(|| vec![text]);
    }
    let ends = found.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    found.iter().zip(ends).map(|((_, start), end)| text.get(*start..end)).collect()
}

/// The place of a version around the letters `spf`: where it begins and ends. A bare `spf1` counts as the first alone.
fn version_at(lower: &str, from: usize, name: usize, end: usize, first: bool) -> Option<(usize, usize)> {
    let before = lower.get(from..name)?.trim_end_matches([' ', '=', ':', '-', '.', '_']);
    let has_v = before.ends_with('v');
    let start = if has_v { from + before.len() - 1 } else { name };
    let after = lower.get(end..)?;
    let rest = after.trim_start_matches([' ', '=', ':', '-', '_']);
    let rest = rest.strip_prefix('v').filter(|rest| rest.starts_with('1')).unwrap_or(rest);
    let digit = ["1", "l", "i", "|", "!"].iter().find_map(|digit| rest.strip_prefix(digit));
    // `v=spfl`: a letter that goes on is a word.
    let ended = |rest: &str| rest.is_empty() || rest.starts_with([' ', ';', ',', '.', ':', '=', '/']);
    let rest = match digit {
        Some(rest) if ended(rest) => rest,
        // `v=spf1include:x`: a digit behind the version is another version.
        Some(rest) if has_v && lower.get(..lower.len() - rest.len())?.ends_with('1') => {
            (!rest.starts_with(|next: char| next.is_ascii_digit())).then_some(rest)?
        }
        // `v=spf mx -all`
        _ if has_v && after.starts_with(' ') => after,
        _ => return None,
    };
    let word = lower.get(..name)?.ends_with(|before: char| before.is_ascii_alphanumeric());
    // Within a host name, as in `include:_spf1.example`, it is no version.
    let inside = !has_v && lower.get(..name)?.ends_with(['.', '_', '-', ':', '/']);
    let alone = has_v || (first && !word && !inside);
    let rest = rest.trim_start_matches(['.', ';', ',', ':', '=', '/']);
    (alone && !rest.starts_with("0/")).then(|| (start, lower.len() - rest.len()))
}

/// The record for a text that was meant as one; `None` where more than one meaning is left.
#[must_use]
pub fn mended(text: &[u8]) -> Option<String> {
    Draft::read(text)?.record()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_with_one_meaning_are_mended_whole() {
        for (text, expected) in [
            ("v=spf1 mx \u{2013}all", "v=spf1 mx -all"),
            ("\"v=spf1 mx\" \"-all\"", "v=spf1 mx -all"),
            ("\u{201c}v=spf1\u{a0}mx \u{2014}all\u{201d}", "v=spf1 mx -all"),
            ("v = spf1 include:_spf.x.example ~all", "v=spf1 include:_spf.x.example ~all"),
            ("v=spf 1 mx -all", "v=spf1 mx -all"),
            ("v=spfl mx -all", "v=spf1 mx -all"),
            ("v=spf1; mx; -all;", "v=spf1 mx -all"),
            ("v=spf1, mx, include:a.example, -all", "v=spf1 mx include:a.example -all"),
            ("v=spf mx -all", "v=spf1 mx -all"),
            ("spf1 mx -all", "v=spf1 mx -all"),
            ("spf=v1 mx -all", "v=spf1 mx -all"),
            ("v:spf1 mx -all", "v=spf1 mx -all"),
            ("v=spf1include:a.example -all", "v=spf1 include:a.example -all"),
            ("xxxv=spf1 mx ~all", "v=spf1 mx ~all"),
            ("@ IN TXT \"v=spf1 mx -all\"", "v=spf1 mx -all"),
            ("MS=ms12345 v=spf1 mx -all", "v=spf1 mx -all"),
            ("\u{feff}v=spf1 mx\r\n-all\r\n", "v=spf1 mx -all"),
            ("include:_spf.x.example ~all", "v=spf1 include:_spf.x.example ~all"),
            ("v=spf1 mx -all v=spf1 include:a.example ~all", "v=spf1 mx include:a.example ~all"),
            ("v=spf1 a ~all v=spf1 a ~all", "v=spf1 a ~all"),
            (
                "v=spf1 include: _spf.x.example ip4: 192.0.2.1 - all",
                "v=spf1 include:_spf.x.example ip4:192.0.2.1 -all",
            ),
            (
                "v=spf1 a:_spf1.x.example include:spf1.x.example -all",
                "v=spf1 a:_spf1.x.example include:spf1.x.example -all",
            ),
            ("V=SPF1 MX -ALL", "v=spf1 MX -ALL"),
            ("v=spf1", "v=spf1"),
            ("v=spf1 redirect=a.example redirect=a.example", "v=spf1 redirect=a.example"),
        ] {
            assert_eq!(mended(text.as_bytes()).as_deref(), Some(expected), "{text}");
            assert_eq!(mended(expected.as_bytes()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn where_two_meanings_are_left_nothing_is_proposed() {
        for text in [
            "v=spf1 moo -all",
            "v=spf10 mx -all",
            "spf2.0/pra mx -all",
            "v=spf1 redirect=a.example redirect=b.example",
            "v=DMARC1; p=none",
            "our spf record is spf1 compliant",
            "google-site-verification=abc",
            "all",
            "",
        ] {
            assert_eq!(mended(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn ends_are_put_in_order() {
        let draft = |text: &str| Draft::read(text.as_bytes()).unwrap();
        for (text, expected) in [
            ("v=spf1 mx", "v=spf1 mx ~all"),
            ("v=spf1 mx ?all", "v=spf1 mx ~all"),
            ("v=spf1 mx +all", "v=spf1 mx ~all"),
            ("v=spf1 -all mx a", "v=spf1 mx a -all"),
            ("v=spf1 mx -all exp=a.example", "v=spf1 mx -all exp=a.example"),
            ("v=spf1 mx ~all redirect=a.example", "v=spf1 mx ~all"),
            ("v=spf1 redirect=a.example", "v=spf1 redirect=a.example"),
        ] {
            let mut draft = draft(text);
            draft.drop_idle_redirect();
            draft.put_all_last();
            draft.close();
            assert_eq!(draft.record().as_deref(), Some(expected), "{text}");
        }
        assert!(
            draft("v=spf1 mx -all").names_senders() && draft("v=spf1 redirect=a.example").names_senders()
        );
        assert!(!draft("v=spf1 ?mx -all exp=a.example").names_senders());
    }
}
