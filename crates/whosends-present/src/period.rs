//! Which days an answer is about, the same in every format.

use serde::Serialize;
use whosends_core::analysis::readiness::Currency;
use whosends_core::model::{Day, Period};

use crate::number::count;

/// Days of UTC, both ends among them; null is no end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Days {
    /// The first day, as `2026-10-23`.
    pub from: Option<String>,
    /// The last day.
    pub to: Option<String>,
}

impl From<Period> for Days {
    fn from(period: Period) -> Self {
        let text = |day: Option<Day>| day.map(|day| day.to_string());
        Self { from: text(period.from), to: text(period.to) }
    }
}

/// The period for people.
pub fn in_words(period: Period) -> String {
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
pub fn days_old(newest: Day, asked: Day) -> Option<String> {
    match Currency::of(newest, asked) {
        Currency::Current => None,
        Currency::Dated(days) | Currency::Outdated(days) => {
            Some(format!("{} old", count(days, "day", "days")))
        }
    }
}

/// The same as the first line of a screen.
pub fn age(newest: Day, asked: Day) -> Option<String> {
    let old = days_old(newest, asked)?;
    Some(format!("The newest report is of {newest}: what follows is {old}."))
}

/// What `~` beside a day means, where it stands anywhere.
pub fn several_days(messages: u64) -> Option<String> {
    let messages = (messages > 0).then(|| count(messages, "message", "messages"))?;
    Some(format!("~ {messages} in reports over several days, counted for the first of these"))
}

/// Reports of the same domains that the period leaves out although nobody asked for that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Without a usable date.
    pub undated: u64,
    /// Dated after today.
    pub future: u64,
    /// Domains all of whose reports are of other days.
    pub domains: u64,
}
