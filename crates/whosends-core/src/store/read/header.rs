//! A report's header, as it was stored.

use rusqlite::{Connection, Row};

use super::names::name_of;
use crate::model::words::{AlignmentMode, DiscoveryMethod, Policy, Testing};
use crate::model::{Header, Metadata, Name, PolicyPublished};
use crate::store::codec::texts_of;
use crate::store::error::Outcome;

/// The columns of [`policy`].
pub(in crate::store) const POLICY: &str = "policy.p, policy.sp, policy.np, policy.adkim, policy.aspf, policy.pct, \
     policy.fo, policy.testing, policy.discovery_method";

/// Reads the columns of [`POLICY`], the first of which stands at `first`.
pub(in crate::store) fn policy(
    row: &Row<'_>,
    first: usize,
    domain: Name,
) -> rusqlite::Result<PolicyPublished> {
    let text = |at: usize| row.get::<_, Option<String>>(first + at);
    Ok(PolicyPublished {
        domain,
        p: text(0)?.as_deref().and_then(Policy::from_stated),
        sp: text(1)?.as_deref().and_then(Policy::from_stated),
        np: text(2)?.as_deref().and_then(Policy::from_stated),
        adkim: text(3)?.as_deref().and_then(AlignmentMode::from_stated),
        aspf: text(4)?.as_deref().and_then(AlignmentMode::from_stated),
        pct: row.get(first + 5)?,
        fo: text(6)?,
        testing: text(7)?.as_deref().and_then(Testing::from_stated),
        discovery_method: text(8)?.as_deref().and_then(DiscoveryMethod::from_stated),
    })
}

/// The header of a report, or `None` where there is no such report.
pub(in crate::store) fn header(connection: &Connection, report: i64) -> Outcome<Option<Header>> {
    let sql = format!(
        "SELECT domain.name, reporter.version, reporter.namespace, reporter.org_name, reporter.email, \
         reporter.extra_contact_info, reporter.generator, report.report_id, report.\"begin\", \
         report.\"end\", report.errors, {POLICY} \
         FROM report CROSS JOIN domain ON domain.id = report.domain \
         CROSS JOIN reporter ON reporter.id = report.reporter \
         CROSS JOIN policy ON policy.id = report.policy WHERE report.id = ?1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([report])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let domain = name_of(row.get_ref(0)?.as_str()?)?;
    Ok(Some(Header {
        version: row.get(1)?,
        namespace: row.get(2)?,
        metadata: Metadata {
            org_name: row.get(3)?,
            email: row.get(4)?,
            extra_contact_info: row.get(5)?,
            generator: row.get(6)?,
            report_id: row.get(7)?,
            begin: row.get(8)?,
            end: row.get(9)?,
            errors: texts_of(row.get_ref(10)?.as_str_or_null()?)?,
        },
        policy: policy(row, 11, domain)?,
    }))
}
