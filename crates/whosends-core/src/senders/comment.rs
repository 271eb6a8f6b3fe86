//! Whether the comment of an override says that mail was passed on.
//!
//! Reporters write what they like: `arc=pass`, `ARC: pass (i=1)`, "Policy overriden using trusted ARC chain",
//! "not arc=pass". So it is read word by word. A result belongs to what it stands beside: in "SPF failed, ARC passed"
//! the failure is SPF's. One denial decides, since a forward that is not seen costs a look, and one that is not
//! there hides a forgery.

/// The most of a comment that is read, in characters.
const LONGEST: usize = 1000;

/// What a word means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// A chain of ARC seals (RFC 8617).
    Arc,
    /// A list or forwarder.
    Relay,
    /// Another check, with results of its own.
    Check,
    /// A good result.
    Good,
    /// What the receiver did with it, which is no result of a check.
    Heeded,
    /// A bad one.
    Bad,
    /// A denial.
    Not,
    /// A word that may stand between a result and what it is of.
    Link,
    /// The end of a part of a sentence.
    Stop,
    Other,
}

/// What each word means; all others mean nothing here.
#[rustfmt::skip]
const WORDS: &[(Word, &[&str])] = &[
    (Word::Arc, &["arc"]),
    (Word::Relay, &[
        "forwarded", "forwarder", "forwarders", "forwarding", "forward", "forwards", "mailinglist", "mailinglists",
        "listserv", "maillist", "mailman",
    ]),
    (Word::Check, &["spf", "dkim", "dmarc", "iprev", "dnswl", "rdns", "ptr", "helo", "alignment", "auth"]),
    (Word::Good, &[
        "pass", "passed", "passes", "passing", "ok", "good", "valid", "validated", "verified", "trusted", "success",
        "known",
    ]),
    (Word::Heeded, &["override", "overrides", "overridden", "overriden", "overrode", "accepted"]),
    (Word::Bad, &[
        "fail", "failed", "fails", "failing", "failure", "invalid", "broken", "bad", "none", "untrusted", "unknown",
        "unverified", "missing", "absent", "distrusted", "permerror", "temperror", "neutral", "rejected", "ignored",
    ]),
    (Word::Not, &["not", "no", "non", "un", "without", "never", "neither", "nor", "cannot", "cant"]),
    (Word::Link, &[
        "a", "an", "the", "any", "from", "is", "was", "be", "been", "to", "for", "of", "by", "via", "through", "using",
        "with", "because", "due", "chain", "seal", "seals", "signature", "result", "local",
    ]),
    (Word::Stop, &["but", "and", "however", "although", "though", "while", "yet"]),
];

/// Two words that mean one thing together.
const PAIRS: &[(&str, &str)] = &[
    ("mailing", "list"),
    ("mailing", "lists"),
    ("mail", "list"),
    ("discussion", "list"),
    ("via", "list"),
    ("through", "list"),
    ("list", "mail"),
    ("list", "traffic"),
    ("list", "server"),
    ("trusted", "relay"),
    ("known", "relay"),
];

/// What a denial may stand before that is the override itself: "not rejected: mailing list".
const OVERRIDDEN: &[&str] = &[
    "reject",
    "rejected",
    "rejecting",
    "quarantined",
    "quarantining",
    "enforced",
    "applied",
    "honoured",
    "honored",
    "policy",
    "action",
];

/// The names under which the result of a chain of seals is stated.
const ARC_KEYS: &[&str] =
    &["arc", "arc-result", "arc_result", "arcresult", "arc-aware-result", "arc_aware_result", "arc-cv", "cv"];
/// Those of other checks.
const CHECK_KEYS: &[&str] = &["spf", "dkim", "dmarc", "iprev", "auth", "dnswl", "compauth"];

/// Whether a comment says that the mail was passed on.
pub(super) fn says_passed_on(comment: &str) -> bool {
    let words = read(comment);
    let mut passed_on = false;
    for (at, word) in words.iter().enumerate() {
        let says = match word {
            Word::Arc => says(&words, at, false),
            Word::Relay => says(&words, at, true),
            _ => continue,
        };
        match says {
            Some(true) => passed_on = true,
            Some(false) => return false,
            None => {}
        }
    }
    passed_on
}

/// What is said of the word at a place: that it holds, that it does not, or nothing. A list or forwarder holds where
/// it is merely named.
fn says(words: &[Word], at: usize, named: bool) -> Option<bool> {
    let mut good = named;
    // Results stand right before it ("trusted chain"), a denial some words before ("not due to forwarding").
    let mut beside = true;
    for (place, word) in words[..at].iter().enumerate().rev().take(5) {
        // The result of another check: "dkim=fail arc=pass".
        let is_anothers = place.checked_sub(1).and_then(|place| words.get(place)) == Some(&Word::Check);
        match word {
            Word::Good | Word::Bad if is_anothers => break,
            Word::Stop | Word::Arc | Word::Relay | Word::Check => break,
            Word::Not => return Some(false),
            Word::Bad if beside => return Some(false),
            Word::Good | Word::Heeded => good = true,
            Word::Link | Word::Bad => {}
            Word::Other => beside = false,
        }
        beside &= !matches!(word, Word::Link);
    }
    for word in &words[at + 1..] {
        match word {
            Word::Arc | Word::Relay | Word::Check => break,
            Word::Not | Word::Bad => return Some(false),
            Word::Good | Word::Heeded => good = true,
            Word::Link | Word::Stop | Word::Other => {}
        }
    }
    good.then_some(true)
}

/// The words of a comment.
fn read(comment: &str) -> Vec<Word> {
    let comment: String = comment.chars().take(LONGEST).flat_map(char::to_lowercase).collect();
    // A space at an equals sign means nothing.
    let comment = comment.split('=').map(str::trim).collect::<Vec<_>>().join("=");
    let mut words = Vec::new();
    let mut before = "";
    for item in comment.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '[' | ']')) {
        let ends = item.ends_with([',', ';', '.']);
        let item = item.trim_matches([',', ';', '.', ':', '\'']);
        match item.split_once('=') {
            Some((key, value)) if ARC_KEYS.contains(&key) => words.extend([Word::Arc, meaning("", value)]),
            Some((key, value)) if CHECK_KEYS.contains(&key) => {
                words.extend([Word::Check, meaning("", value)])
            }
            // `as.1.relay.example=pass`, `remote-ip=2001:db8::1`, `d=lists.example`
            Some(_) => {}
            // A host's name says what it likes.
            None if item.contains('.') => words.push(Word::Other),
            None => {
                for part in item.split(['-', '_', ':', '/', ',', ';']).filter(|part| !part.is_empty()) {
                    add(&mut words, before, part);
                    before = part;
                }
            }
        }
        if ends {
            words.push(Word::Stop);
        }
    }
    words
}

/// Adds a word that stands behind another.
fn add<'t>(words: &mut Vec<Word>, before: &'t str, word: &'t str) {
    if OVERRIDDEN.contains(&word) && words.last() == Some(&Word::Not) {
        words.pop();
        words.push(Word::Other);
        return;
    }
    match meaning(before, word) {
        Word::Relay if PAIRS.contains(&(before, word)) => {
            // "a trusted relay": the first of the two is a part of the name.
            words.pop();
            words.push(Word::Relay);
        }
        meaning => words.push(meaning),
    }
}

fn meaning(before: &str, word: &str) -> Word {
    if PAIRS.contains(&(before, word)) {
        return Word::Relay;
    }
    if word.ends_with("n't") || word.ends_with("n\u{2019}t") {
        return Word::Not;
    }
    WORDS.iter().find(|(_, words)| words.contains(&word)).map_or(Word::Other, |(meaning, _)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::says_passed_on;

    #[test]
    fn a_forward_is_one_however_it_is_worded() {
        for comment in [
            "arc=pass",
            "ARC = Pass",
            "arc:pass",
            "ARC pass",
            "ARC passed",
            "ARC: pass (i=1)",
            "arc=pass (i=2 spf=pass spfdomain=example.net dkim=fail dmarc=fail fromdomain=example.com)",
            "arc=pass as[2].d=not.example as[2].s=none as[1].d=d1.example remote-ip[1]=2001:DB8::1A",
            "arc=pass as.1.relay.example.net=pass",
            "dmarc=fail arc_aware_result=pass",
            "Policy overriden using trusted ARC chain",
            "Policy overridden: valid ARC chain",
            "trusted ARC seal",
            "SPF and DKIM failed, but ARC passed",
            "SPF failed due to forwarding",
            "DMARC override because of ARC",
            "Policy ignored due to local mailing list policy",
            "Mailing list exemption",
            "mailing-list",
            "via list",
            "forwarded mail",
            "SPF passed for forwarder",
            "trusted relay",
            "Not rejected: known forwarder",
            "No policy applied, mailing list",
        ] {
            assert!(says_passed_on(comment), "{comment}");
        }
    }

    #[test]
    fn a_denial_is_none() {
        for comment in [
            "",
            "arc",
            "arc=fail",
            "arc=none",
            "cv=fail; arc=pass",
            "ARC failed",
            "ARC chain invalid",
            "no ARC chain",
            "not arc=pass",
            "arc=pass (but untrusted)",
            "arc=pass (but untrusted), arc=fail",
            "arc=pass, but the sealer is not trusted",
            "arc=pass but ignored",
            "untrusted ARC chain",
            "ARC didn't pass",
            "ARC chain could not be validated",
            "SPF passed, no trusted ARC chain",
            "search for passes",
            "not a mailing list",
            "non-list mail",
            "not due to forwarding",
            "not forwarded",
            "unknown forwarder",
            "forwarder not trusted",
            "Policy ignored due to local white list",
            "Reject ignored due to local policy",
            "sender not authorized",
            "local policy",
            "lists.example.net=pass",
        ] {
            assert!(!says_passed_on(comment), "{comment}");
        }
    }
}
