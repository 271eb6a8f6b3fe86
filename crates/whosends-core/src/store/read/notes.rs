//! What was odd in what was read, by reporter.

use crate::model::Filter;
use rusqlite::params;

use super::Condition;
use super::reports::ReportId;
use crate::error::Result;
use crate::store::Store;
use crate::store::codec::uint;

/// Which notes are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoteFilter {
    /// Domain and period.
    pub filter: Filter,
    /// Text in the reporter's name or address, in any case of ASCII letters.
    pub reporter: Option<String>,
    /// The word of one [`NoteCode`](crate::model::NoteCode).
    pub code: Option<String>,
}

/// One kind of oddity in one reporter's reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteRow {
    /// The reporter's name, or the address of one without a name.
    pub reporter: Option<String>,
    /// The word of the [`NoteCode`](crate::model::NoteCode).
    pub code: String,
    /// In how many reports it was seen.
    pub reports: u64,
    /// How often it was seen.
    pub times: u64,
    /// One of them.
    pub example: NoteExample,
}

/// An example of an oddity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteExample {
    /// The report.
    pub report: ReportId,
    /// The element's path within the report.
    pub path: String,
    /// What stood there.
    pub raw: Option<String>,
    /// The line where it stood.
    pub line: Option<u64>,
}

impl Store {
    /// The notes on the reports of the filter, also those that do not count, by reporter and code.
    ///
    /// # Errors
    /// Fails where the database can't be read.
    pub fn notes(&self, filter: &NoteFilter) -> Result<Vec<NoteRow>> {
        self.reading(|connection| {
            let meant = Condition::new(connection, &filter.filter)?;
            // Beside a lone min() SQLite takes the other columns from the row that holds the minimum. total()
            // can't overflow.
            let sql = format!(
                "SELECT coalesce(reporter.org_name, reporter.email) AS name, note.code, \
                 count(DISTINCT report.id), CAST(total(note.times) AS INTEGER), \
                 min(report.id), note.path, note.raw, note.line \
                 FROM report CROSS JOIN note ON note.report = report.id \
                 CROSS JOIN reporter ON reporter.id = report.reporter \
                 WHERE report.notes > 0 AND {} \
                 AND (?2 IS NULL OR instr(lower(coalesce(reporter.org_name, '') || ' ' \
                 || coalesce(reporter.email, '')), lower(?2)) > 0) \
                 AND (?3 IS NULL OR note.code = ?3) \
                 GROUP BY name, note.code ORDER BY name NULLS LAST, note.code",
                meant.condition,
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_map(params![meant.domains, filter.reporter, filter.code], |row| {
                Ok(NoteRow {
                    reporter: row.get(0)?,
                    code: row.get(1)?,
                    reports: uint(row.get(2)?),
                    times: uint(row.get(3)?),
                    example: NoteExample {
                        report: ReportId(row.get(4)?),
                        path: row.get(5)?,
                        raw: row.get(6)?,
                        line: row.get::<_, Option<i64>>(7)?.map(uint),
                    },
                })
            })?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }
}
