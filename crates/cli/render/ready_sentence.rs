//! A verdict in a sentence.

use whosends_core::analysis::readiness::{
    DnsSilence, Gate, GateKind, GateState, Measure, OwnMail, Proof, Readiness, Step, Suspect, Verdict,
};
use whosends_core::senders::{Catalogue, SourceKey};

use super::advice::in_short;
use super::number::{count, grouped};
use super::printable::printable;
use super::ready::Domain;

/// Sources that are named.
const NAMED: usize = 3;

/// The verdict on a domain in one word.
pub(super) const fn word(verdict: Verdict, step: Step) -> &'static str {
    match (verdict, step) {
        (Verdict::NotEnoughData, _) => "insufficient",
        (Verdict::NotReady, _) => "not_ready",
        (Verdict::Ready, Step::Quarantine) => "ready_quarantine",
        (Verdict::Ready, Step::Reject) => "ready_reject",
        (Verdict::Ready, Step::Subdomains) => "ready_sp",
        (Verdict::Ready, Step::MissingNames) => "ready_np",
        (Verdict::Enforced, _) => "enforced_ok",
        (Verdict::Regressed, _) => "regressed",
    }
}

/// The verdict in a sentence.
pub(super) fn sentence(domain: &Domain, shown: &Readiness, catalogue: &Catalogue) -> String {
    let text = match &shown.own_mail {
        _ if shown.was.is_some() => outdated(domain, shown),
        OwnMail::None(proof) => silent(domain, shown, *proof),
        OwnMail::NothingPasses(suspects) if shown.step.is_about_the_domain() => {
            nothing_passes(domain, shown, suspects, catalogue)
        }
        OwnMail::Passes | OwnMail::NothingPasses(_) => by_gates(shown),
    };
    printable(&text).into_owned()
}

/// What the verdict was when the reports were new.
fn outdated(domain: &Domain, shown: &Readiness) -> String {
    let (name, step, day) = (domain.policy.domain.as_str(), policy_of(shown.step), domain.newest);
    let was = match shown.was {
        Some(Verdict::Ready) => format!("{name} was ready for {step} on {day}"),
        Some(Verdict::NotReady) if !shown.in_force => format!("{name} was not ready for {step} on {day}"),
        Some(Verdict::Enforced) => format!("{step} was in force on {day}, and your mail passed"),
        Some(Verdict::NotReady | Verdict::Regressed) => {
            format!("{step} was in force on {day}, and mail of yours was lost")
        }
        Some(Verdict::NotEnoughData) | None => format!("there was not enough data for {step} on {day}"),
    };
    format!(
        "No verdict: {was}, and no report has come since. Read newer ones; `whosends ready {name} --as-of {day}` judges \
         by these."
    )
}

/// A verdict that the gates decide.
fn by_gates(shown: &Readiness) -> String {
    let step = policy_of(shown.step);
    match shown.verdict {
        Verdict::Ready => format!("Ready for {step}."),
        Verdict::NotReady | Verdict::Regressed => format!("{}: {}.", not_yet(shown), failing(shown, false)),
        Verdict::NotEnoughData => {
            let mut why = failing(shown, true);
            if why.is_empty() {
                "DNS did not answer enough".clone_into(&mut why);
            }
            match shown.in_force {
                true => format!("{step} is in force; not enough data to say what it does: {why}."),
                false => format!("Not enough data for {step}: {why}."),
            }
        }
        Verdict::Enforced => {
            let rate = shown.gates.iter().find(|gate| gate.kind == GateKind::PassRate);
            let rate = rate
                .and_then(|gate| gate.measured)
                .map_or_else(String::new, |rate| format!("{} of ", measure(rate)));
            format!("{step} is in force, and {rate}your mail passes.")
        }
    }
}

/// The verdict on a domain that is proven to send no mail.
fn silent(domain: &Domain, shown: &Readiness, proof: Proof) -> String {
    let (name, step) = (domain.policy.domain.as_str(), policy_of(shown.step));
    let why = match proof {
        Proof::Declared => {
            format!("{name} declares in DNS that it has no mail, and no report says otherwise")
        }
        Proof::Reports { .. } => {
            let days = domain.coverage.of(shown.thresholds.span).days.len() as u64;
            format!(
                "none of the mail seen on {} was {name}'s own",
                count(days, "covered day", "covered days")
            )
        }
    };
    if shown.verdict == Verdict::Enforced {
        return format!("{step} is in force, and {why}.");
    }
    let ready = if shown.verdict == Verdict::Ready { "Ready" } else { "Not enough data" };
    let then = match (proof, shown.step.is_about_the_domain(), domain.silence) {
        (Proof::Reports { dns_asked: false }, ..) => format!(
            " This rests on the reports alone: run `whosends check {name}` first, as DNS may say that {name} has mail."
        ),
        (_, false, _) => String::new(),
        (_, true, DnsSilence::Quiet { refuses_all: true, .. }) => " Publish p=reject at once.".to_owned(),
        (_, true, _) => " Publish `v=spf1 -all` and p=reject at once.".to_owned(),
    };
    format!("{ready} for {step}: {why}.{then}")
}

/// The verdict on a domain of whose own mail nothing passes, which proves nothing.
fn nothing_passes(domain: &Domain, shown: &Readiness, suspects: &[Suspect], catalogue: &Catalogue) -> String {
    let (name, step) = (domain.policy.domain.as_str(), policy_of(shown.step));
    let lead = match (shown.verdict, shown.in_force) {
        (_, true) => format!("{step} is in force"),
        (Verdict::NotReady, false) => format!("Not ready for {step}"),
        (_, false) => format!("Not enough data for {step}"),
    };
    let mut why = vec!["nothing of yours passes so far".to_owned()];
    if shown.verdict == Verdict::NotEnoughData {
        let failing = failing(shown, true);
        why.extend((!failing.is_empty()).then_some(failing));
        if domain.silence == DnsSilence::SpeaksAgainst {
            why.push(format!("DNS says that {name} has mail of its own"));
        }
    }
    format!("{lead}: {}.{}", why.join("; "), set_up_first(name, suspects, catalogue))
}

/// Which sources look like the owner's, and what to set up first.
fn set_up_first(domain: &str, suspects: &[Suspect], catalogue: &Catalogue) -> String {
    let Some(first) = suspects.first() else { return String::new() };
    let named = suspects.iter().take(NAMED).map(|suspect| {
        let messages = count(suspect.messages, "message", "messages");
        format!("{} ({messages})", suspect.source.title(catalogue))
    });
    let more = suspects.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("{} more", grouped(more as u64)));
    let named: Vec<_> = named.chain(more).collect();
    let then = match &first.source {
        SourceKey::Host(_) | SourceKey::Network(_) | SourceKey::Block(_) => format!(
            "If {} is, have it sign with DKIM as {domain} and list it in SPF; if not, record it: `whosends mark {domain} \
             {} unauthorised`.",
            first.source.title(catalogue),
            first.source.text(catalogue),
        ),
        SourceKey::Own | SourceKey::Service(_) | SourceKey::Wave(_) => {
            format!("First: {}", in_short(&first.advice))
        }
    };
    format!(" {} may be yours. {then}", named.join(", "))
}

/// The gates that fail, in words.
fn failing(shown: &Readiness, about_data: bool) -> String {
    let fails = |gate: &&Gate| gate.state == GateState::Fails && gate.kind.is_about_data() == about_data;
    let found: Vec<String> = shown.gates.iter().filter(fails).map(in_words).collect();
    found.join("; ")
}

/// The verdict on a domain that something is in the way of.
pub(super) fn not_yet(shown: &Readiness) -> String {
    let step = policy_of(shown.step);
    match (shown.verdict, shown.in_force) {
        (Verdict::Regressed, _) => {
            format!("Regressed: {step} is in force, and mail that passed is failing now")
        }
        (_, true) => format!("{step} is in force and loses mail of yours"),
        (_, false) => format!("Not ready for {step}"),
    }
}

/// What is published for a step.
pub(super) const fn policy_of(step: Step) -> &'static str {
    match step {
        Step::Quarantine => "p=quarantine",
        Step::Reject => "p=reject",
        Step::Subdomains => "sp=reject",
        Step::MissingNames => "np=reject",
    }
}

/// What a gate found, and what it needs.
pub(super) fn in_words(gate: &Gate) -> String {
    let found = gate.measured.map_or_else(|| "unknown".to_owned(), measure);
    let base = gate.base.map(|base| format!("of {}", count(base, "message", "messages")));
    let needed = Some(needed(gate)).filter(|needed| !matches!(needed.as_str(), "" | "none"));
    let needed = match base.into_iter().chain(needed).collect::<Vec<_>>().join(", ") {
        needed if needed.is_empty() => needed,
        needed => format!(" ({needed})"),
    };
    match gate.measured {
        Some(Measure::Share(_)) => format!("{found} {}{needed}", title(gate.kind)),
        Some(Measure::Count(_)) | None => format!("{}: {found}{needed}", title(gate.kind)),
    }
}

/// What a gate needs.
pub(super) fn needed(gate: &Gate) -> String {
    let bound = if gate.at_most { "at most" } else { "at least" };
    match gate.needed {
        Some(Measure::Count(0)) if gate.at_most => "none".to_owned(),
        Some(needed) => format!("{bound} {}", measure(needed)),
        None => String::new(),
    }
}

pub(super) fn measure(measure: Measure) -> String {
    match measure {
        Measure::Count(count) => grouped(count),
        Measure::Share(_) => measure.to_string().replace(' ', ""),
    }
}

/// A gate for people.
pub(super) const fn title(gate: GateKind) -> &'static str {
    match gate {
        GateKind::CoveredDays => "days covered by large reporters",
        GateKind::LargeReporters => "large reporters",
        GateKind::LargeReporterAge => "days since a large reporter's report",
        GateKind::LegitimateMessages => "messages of yours",
        GateKind::TrialDays => "covered days at quarantine or t=y",
        GateKind::PassRate => "of your mail passes",
        GateKind::EachSender => "senders of yours that fail too often",
        GateKind::UnknownShare => "of the mail is unknown",
        GateKind::UnknownSource => "large unknown sources",
        GateKind::DkimCover => "of your passing mail passes by DKIM",
        GateKind::BrokenForwards => "of the mail breaks when passed on",
        GateKind::Trend => "less of your mail passes this week",
        GateKind::NewSource => "new sources nobody looked at",
        GateKind::SignsWithYourKey => "unexplained sources that sign as you",
        GateKind::Dns => "problems in DNS",
    }
}
