//! What says that mail was passed on: the receiver's word, and names that forwarders and lists go by.

use crate::model::Combination;
use crate::model::words::OverrideType;

use super::comment;

/// Why the receiver took the mail for one that was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PassedOn {
    Forwarded,
    MailingList,
    TrustedForwarder,
    /// In the words of a comment.
    Comment,
}

/// Whether the receiver took the mail for one that was passed on, and so most likely let it through.
#[must_use]
pub fn was_passed_on(combination: &Combination) -> bool {
    passed_on(combination).is_some()
}

pub(super) fn passed_on(combination: &Combination) -> Option<PassedOn> {
    let stated = combination.reasons.iter().filter_map(|reason| match &reason.kind {
        Some(OverrideType::MailingList) => Some(PassedOn::MailingList),
        Some(OverrideType::Forwarded) => Some(PassedOn::Forwarded),
        Some(OverrideType::TrustedForwarder) => Some(PassedOn::TrustedForwarder),
        _ => None,
    });
    let comments = combination.reasons.iter().filter_map(|reason| reason.comment.as_deref());
    stated
        .min_by_key(|reason| *reason as u8)
        .or_else(|| comments.into_iter().any(comment::says_passed_on).then_some(PassedOn::Comment))
}

/// The words that lists and forwarders have in their host names.
const NAMES: [&str; 15] = [
    "forward",
    "forwarder",
    "forwarders",
    "forwarding",
    "forwards",
    "fwd",
    "list",
    "lists",
    "listserv",
    "mailinglist",
    "mailinglists",
    "mailman",
    "majordomo",
    "srs",
    "sympa",
];

/// The forms of a rewritten return path: the Sender Rewriting Scheme, and Bounce Address Tag Validation.
const REWRITTEN: [&str; 4] = ["srs0", "srs1", "prvs", "btv1"];

/// Whether a host or domain is called what lists and forwarders are called.
pub(super) fn is_forwarding_name(name: &str) -> bool {
    // The last label is everybody's, and `forward.example` may be anything.
    let Some((labels, _)) = name.rsplit_once('.') else { return false };
    let words = labels.split(['.', '-', '_']);
    words.map(|word| word.trim_matches(|c: char| c.is_ascii_digit())).any(|word| NAMES.contains(&word))
        || is_rewritten(name)
}

/// Whether a text is, or holds, a return path that a forwarder rewrote: `SRS0=hash=tt=domain=user@forwarder`.
pub(super) fn is_rewritten(text: &str) -> bool {
    let bytes = text.as_bytes();
    REWRITTEN.iter().any(|form| {
        // Read at its beginning, or behind what is quoted around it.
        let at = bytes.windows(form.len()).position(|part| part.eq_ignore_ascii_case(form.as_bytes()));
        at.is_some_and(|at| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            let after = bytes.get(at + form.len());
            before.is_none_or(|byte| !byte.is_ascii_alphanumeric())
                && after.is_none_or(|byte| !byte.is_ascii_alphanumeric())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_forwarders_go_by_their_names() {
        for name in [
            "lists.example.net",
            "mail.lists-verein.example",
            "srs.example.net",
            "srs2.example.net",
            "fwd1.example.net",
            "out.mail-forward.example",
            "srs0.example.net",
        ] {
            assert!(is_forwarding_name(name), "{name}");
        }
        for name in
            ["listrak.example", "mail.example.list", "fast-forwarded.example", "srsly.example", "lists"]
        {
            assert!(!is_forwarding_name(name), "{name}");
        }
    }

    #[test]
    fn rewritten_return_paths_are_seen() {
        for text in [
            "SRS0=ab1C=XY=example.com=kim@fwd.example",
            "srs1+x@fwd.example",
            "prvs=12345=a@example.com",
            "<SRS0=a@b>",
        ] {
            assert!(is_rewritten(text), "{text}");
        }
        assert!(!is_rewritten("mysrs0x@example.com") && !is_rewritten("kim@example.com"));
    }
}
