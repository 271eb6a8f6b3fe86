//! Which days an answer is about, the same in every format.

use serde::Serialize;
use whosends_core::analysis::period::Period;

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
        let text = |day: Option<whosends_core::model::Day>| day.map(|day| day.to_string());
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
