//! A sentence for each change, the same in every format.

use whosends_core::analysis::changes::{Change, Check, PolicyChange, SenderChange, SilentReporter};
use whosends_core::analysis::tally::{Split, Tally};
use whosends_core::senders::Class;

use super::Answer;
use crate::number::{count, grouped, percent};

impl Answer<'_> {
    /// What changed of a sender.
    pub fn sender(&self, change: &SenderChange) -> String {
        let (name, domain) = (self.name(change), self.domain(change));
        let SenderChange { now, before, expected, seen, .. } = change;
        let messages = count(now.messages, "message", "messages");
        let class = class(change.judgement.class);
        let since = change.since.map_or_else(String::new, |day| format!(" since {day}"));
        let said = change.changes.iter().filter_map(|one| match one {
            Change::New => Some(format!(
                "{name} is new for {domain}: {messages} since {}, {} pass DMARC ({class}).",
                seen.0,
                share(now.dmarc),
            )),
            Change::Gone => Some(format!("{name} is gone from {domain}: last seen on {} ({class}).", seen.1)),
            Change::More => Some(format!(
                "{name} sends more for {domain}{since}: {messages}, where {} were to be expected ({class}).",
                grouped(*expected),
            )),
            Change::Less => Some(format!(
                "{name} sends less for {domain}{since}: {messages}, where {} were to be expected ({class}).",
                grouped(*expected),
            )),
            Change::Better(check) => leading(&change.changes, *check).then(|| {
                format!("More mail of {name} for {domain} passes {}{since}.", rates(*check, now, before))
            }),
            Change::Worse(check) => leading(&change.changes, *check).then(|| {
                format!("Less mail of {name} for {domain} passes {}{since}.", rates(*check, now, before))
            }),
        });
        said.collect::<Vec<_>>().join(" ")
    }
}

/// Where DMARC changed, what it stands on goes without saying.
fn leading(changes: &[Change], check: Check) -> bool {
    let dmarc =
        |change: &Change| matches!(change, Change::Better(Check::Dmarc) | Change::Worse(Check::Dmarc));
    check == Check::Dmarc || !changes.iter().any(dmarc)
}

fn rates(check: Check, now: &Tally, before: &Tally) -> String {
    let name = match check {
        Check::Dmarc => "DMARC",
        Check::Dkim => "DKIM aligned",
        Check::Spf => "SPF aligned",
    };
    format!("{name}: {}, {} before", share(check.of(now)), share(check.of(before)))
}

fn share(split: Split) -> String {
    percent(split.pass, split.decided())
}

const fn class(class: Class) -> &'static str {
    match class {
        Class::Aligned => "yours, passing",
        Class::Misaligned => "yours, failing",
        Class::Forwarder => "passed on",
        Class::Unauthorised => "not yours",
        Class::Unknown => "unknown",
    }
}

/// What changed of a policy.
pub fn policy(change: &PolicyChange) -> String {
    let PolicyChange { domain, day, tag, from, to } = change;
    format!("{domain} published {tag}={to} instead of {tag}={from}, first reported for {day}.")
}

/// Who reports no more.
pub fn silent(reporter: &SilentReporter) -> String {
    let name = reporter.reporter.as_deref().unwrap_or("A reporter without a name");
    let days = count(reporter.days, "day", "days");
    format!(
        "{name} reports no more: its last report is for {}, and it had reported for {days}.",
        reporter.last
    )
}
