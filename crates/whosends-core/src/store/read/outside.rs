//! How much a period leaves out that nobody asked to leave out.

use super::stored;
use crate::error::Result;
use crate::model::{Day, Domains};
use crate::store::Store;
use crate::store::codec::uint;
use crate::store::write::UNDATED;

/// Counting reports that lie outside of every period that ends on some day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outside {
    /// Reports without a readable begin.
    pub undated: u64,
    /// Reports that begin after the day.
    pub later: u64,
}

impl Store {
    /// Counts the counting reports of these domains that have no day or one after `last`.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn outside(&self, domains: &Domains, last: Day) -> Result<Outside> {
        self.reading(|connection| {
            let sql = "SELECT CAST(total(reports) FILTER (WHERE day = ?2) AS INTEGER), \
                 CAST(total(reports) FILTER (WHERE day > ?2) AS INTEGER) \
                 FROM domain_day WHERE domain = ?1 AND (day = ?2 OR day > ?3)";
            let mut statement = connection.prepare_cached(sql)?;
            let mut sum = Outside::default();
            for (domain, _) in stored(connection, domains)? {
                let found = statement.query_row([domain, UNDATED, last.0], |row| {
                    Ok(Outside { undated: uint(row.get(0)?), later: uint(row.get(1)?) })
                })?;
                sum.undated = sum.undated.saturating_add(found.undated);
                sum.later = sum.later.saturating_add(found.later);
            }
            Ok(sum)
        })
    }
}
