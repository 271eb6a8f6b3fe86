//! Which days an answer is about, the same in every format.

use serde::Serialize;
use whosends_core::analysis::readiness::Currency;
use whosends_core::answers;
use whosends_core::model::{Day, Period};

use super::number::count;

/// Days of UTC, both ends among them; null is no end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Days {
    /// The first day, as `2026-10-23`.
    pub(crate) from: Option<String>,
    /// The last day.
    pub(crate) to: Option<String>,
}

impl From<Period> for Days {
    fn from(period: Period) -> Self {
        let text = |day: Option<Day>| day.map(|day| day.to_string());
        Self { from: text(period.from), to: text(period.to) }
    }
}

/// The period for people.
pub(crate) fn in_words(period: Period) -> String {
    match (period.days(), period.from, period.to) {
        (Some(1), _, Some(to)) => format!("{to} UTC"),
        (Some(days), _, Some(to)) => {
            format!("{} to {to} UTC", count(u64::try_from(days).unwrap_or(0), "day", "days"))
        }
        (_, Some(from), _) => format!("since {from} UTC"),
        (_, None, Some(to)) => format!("to {to} UTC"),
        (_, None, None) => "everything stored".to_owned(),
    }
}

/// How old data is that reaches to a day, where that is worth saying.
pub(crate) fn days_old(newest: Day, asked: Day) -> Option<String> {
    match Currency::of(newest, asked) {
        Currency::Current => None,
        Currency::Dated(days) | Currency::Outdated(days) => {
            Some(format!("{} old", count(days, "day", "days")))
        }
    }
}

/// The same as the first line of a screen.
pub(crate) fn age(newest: Day, asked: Day) -> Option<String> {
    let old = days_old(newest, asked)?;
    Some(format!("The newest report is of {newest}: what follows is {old}."))
}

/// What `~` beside a day means, where it stands anywhere.
pub(crate) fn several_days(messages: u64) -> Option<String> {
    let messages = (messages > 0).then(|| count(messages, "message", "messages"))?;
    Some(format!("~ {messages} in reports over several days, counted for the first of these"))
}

/// Reports of the same domains that the period leaves out although nobody asked for that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    /// Without a usable date.
    pub(crate) undated: u64,
    /// Dated after today.
    pub(crate) future: u64,
    /// Domains all of whose reports are of other days.
    pub(crate) domains: u64,
}

impl From<answers::LeftOut> for LeftOut {
    fn from(of: answers::LeftOut) -> Self {
        Self { undated: of.undated, future: of.future, domains: of.domains }
    }
}

impl LeftOut {
    /// A line for each kind there is.
    pub(crate) fn in_words(self) -> impl Iterator<Item = String> {
        let kinds = [(self.undated, "without a usable date"), (self.future, "dated in the future")];
        let reports = kinds.into_iter().filter(|&(number, _)| number > 0).map(|(number, kind)| {
            format!("{} {kind} left out; `--since all` takes them in", count(number, "report", "reports"))
        });
        let domains = (self.domains > 0).then(|| {
            let domains = count(self.domains, "domain", "domains");
            format!("{domains} left out that only other days have reports of; `whosends domains` names them")
        });
        reports.chain(domains)
    }
}
