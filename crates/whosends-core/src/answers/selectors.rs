//! What the stored reports know of the selectors that sign for domains.

use std::collections::HashMap;

use super::QUARTER;
use crate::analysis::selectors::Selectors;
use crate::analysis::selectors_in_use::{OF_LATE, Uses};
use crate::error::Result;
use crate::model::{CombinationId, Day, Domains, Name, Period, Scope};
use crate::store::Store;

/// The selectors of the names that reports saw in the 90 days that end with the newest, and which of them sign of
/// late.
///
/// # Errors
///
/// Where the database can't be read.
pub fn selectors(store: &Store, scope: &Scope, names: &[Name], today: Day) -> Result<Selectors> {
    let mut selectors = Selectors::default();
    let Some(newest) = store.newest_day(&Domains::ALL, today)? else { return Ok(selectors) };
    let period = Period { from: Some(newest.plus(1 - QUARTER)), to: Some(newest) };
    let mut sums: HashMap<CombinationId, (u64, Option<Day>)> = HashMap::new();
    let mut last: HashMap<u32, Day> = HashMap::new();
    store.traffic_naming(scope, names, period, |row| {
        let sum = sums.entry(row.combination).or_default();
        *sum = (sum.0.saturating_add(row.messages), sum.1.max(row.day));
        if let Some(day) = row.day {
            let last = last.entry(row.domain).or_insert(day);
            *last = (*last).max(day);
        }
    })?;
    let combinations = store.combinations(sums.keys().copied())?;
    for (id, combination) in &combinations {
        if let Some((messages, last)) = sums.get(id) {
            selectors.add(combination, *messages, *last);
        }
    }
    // Each domain is counted to its own newest day.
    let Some(first) = last.values().min() else { return Ok(selectors) };
    let period = Period { from: Some(first.plus(-OF_LATE)), to: Some(newest) };
    let mut uses = Uses::new(names, &combinations);
    store.traffic_naming(scope, names, period, |row| {
        let is_near = |day: Day| last.get(&row.domain).is_some_and(|last| day.plus(OF_LATE) >= *last);
        if row.day.is_some_and(is_near) {
            uses.add(row);
        }
    })?;
    selectors.uses = uses;
    Ok(selectors)
}
