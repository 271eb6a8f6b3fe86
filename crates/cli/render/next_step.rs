//! How a domain stands to its next step, in a sentence.

use whosends_core::analysis::readiness::{Losing, OwnMail, Readiness, Verdict};
use whosends_core::senders::{Catalogue, Class};

use super::number::{count, grouped};
use super::paint::Tone;
use super::printable::printable;
use super::ready::Domain;
use super::ready_sentence::{not_yet, sentence};
use super::ready_stakes::by_spf_alone;
use super::ready_text::tone;

/// Senders that are named.
const NAMED: usize = 2;

/// Whether a domain can take its next step, and whose mail is in the way.
pub(super) fn in_short(domain: &Domain, catalogue: &Catalogue) -> (String, Tone) {
    let shown = domain.shown();
    let losing: Vec<&Losing> = shown.losing.iter().filter(|losing| !losing.blocks.is_empty()).collect();
    let text = match shown.verdict {
        Verdict::NotReady | Verdict::Regressed if !losing.is_empty() && shown.own_mail == OwnMail::Passes => {
            let named = losing.iter().take(NAMED).map(|losing| loses(losing, shown, catalogue));
            let more = losing.len().saturating_sub(NAMED) as u64;
            let more = (more > 0).then(|| format!("{} more", grouped(more)));
            let text: Vec<_> = named.chain(more).collect();
            format!("{}: {}.", not_yet(shown), text.join("; "))
        }
        Verdict::NotReady => {
            let alone = by_spf_alone(shown, catalogue);
            [sentence(domain, shown, catalogue)].into_iter().chain(alone).collect::<Vec<_>>().join(" ")
        }
        _ => sentence(domain, shown, catalogue),
    };
    (printable(&text).into_owned(), tone(shown.verdict))
}

/// What a sender would lose.
fn loses(losing: &Losing, shown: &Readiness, catalogue: &Catalogue) -> String {
    let name = losing.source.title(catalogue);
    let messages = grouped(losing.misaligned.saturating_add(losing.unknown));
    let all = count(shown.own.saturating_add(shown.unknown), "message", "messages");
    let share = losing.share.to_string().replace(' ', "");
    let much = format!("{messages} of {all} ({share})");
    match losing.class {
        Class::Unknown => format!("{name} is unknown, with {much}"),
        _ if shown.in_force => format!("{name} loses {much}"),
        _ => format!("{name} would lose {much}"),
    }
}
