//! The policies that reports saw, day by day.

use rusqlite::params;

use super::{Filter, Scope, header, names::name_of};
use crate::error::Result;
use crate::model::{Day, PolicyPublished};
use crate::store::Store;
use crate::store::error::Fault;

impl Store {
    /// Visits the reporter, the day and the policy of every counting report of the filter that has a day, in the
    /// order of the days. Several ids may stand for one reporter.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn policies_seen(
        &self,
        filter: &Filter,
        visit: &mut dyn FnMut(u32, Day, &PolicyPublished),
    ) -> Result<()> {
        self.reading(|connection| {
            let scope = Scope::new(connection, filter)?;
            let sql = format!(
                "SELECT DISTINCT report.reporter, report.day, domain.name, {} FROM report \
                 CROSS JOIN domain ON domain.id = report.domain CROSS JOIN policy ON policy.id = report.policy \
                 WHERE {} AND report.counts = 1 AND report.day IS NOT NULL \
                 ORDER BY report.day, report.reporter, domain.name, policy.id",
                header::POLICY,
                scope.condition,
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![scope.domains])?;
            while let Some(row) = rows.next()? {
                let reporter: i64 = row.get(0)?;
                let reporter = u32::try_from(reporter).map_err(|_| Fault::damaged("an id out of range"))?;
                let domain = name_of(row.get_ref(2)?.as_str()?)?;
                visit(reporter, Day(row.get(1)?), &header::policy(row, 3, domain)?);
            }
            Ok(())
        })
    }
}
