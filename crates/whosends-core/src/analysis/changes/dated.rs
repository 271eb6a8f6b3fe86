//! Since when a sender is different.

use std::collections::BTreeMap;

use super::senders::thousandths;
use super::{Change, Check, Windows};
use crate::analysis::tally::Tally;
use crate::model::Day;

/// The first day that shows what changed of a sender, where a day does. `seen` is the first and last day with a
/// message, `sums` its mail in the period and before; the mail of each day is asked for only where it is needed.
pub(super) fn since(
    changes: &[Change],
    seen: (Day, Day),
    sums: (&Tally, &Tally),
    windows: Windows,
    daily: impl FnOnce() -> BTreeMap<Day, Tally>,
) -> Option<Day> {
    // Where DMARC changed, DKIM and SPF come after it.
    match changes.first()? {
        Change::New => Some(seen.0),
        Change::Gone => Some(seen.1.plus(1)),
        Change::More | Change::Less => volume(sums, windows, &daily()),
        Change::Better(check) | Change::Worse(check) => rate(*check, sums, &daily()),
    }
}

/// The first day whose number of messages is nearer to the mean of the period than to that before it.
fn volume((now, before): (&Tally, &Tally), windows: Windows, daily: &BTreeMap<Day, Tally>) -> Option<Day> {
    let days = u64::try_from(windows.days()).unwrap_or(1).max(1);
    let (is, was) = (now.messages / days, before.messages / days);
    let all = (0..windows.days()).map(|day| windows.from.plus(day));
    let mut all = all.map(|day| (day, daily.get(&day).map_or(0, |tally| tally.messages)));
    all.find(|&(_, messages)| messages.abs_diff(is) < messages.abs_diff(was)).map(|(day, _)| day)
}

/// The first day on which so much passes that it is nearer to the rate of the period than to that before it.
fn rate(check: Check, (now, before): (&Tally, &Tally), daily: &BTreeMap<Day, Tally>) -> Option<Day> {
    let (is, was) = (thousandths(check.of(now)), thousandths(check.of(before)));
    let judged = daily.iter().filter(|(_, tally)| check.of(tally).decided() > 0);
    let mut rates = judged.map(|(day, tally)| (*day, thousandths(check.of(tally))));
    rates.find(|&(_, rate)| rate.abs_diff(is) < rate.abs_diff(was)).map(|(day, _)| day)
}
