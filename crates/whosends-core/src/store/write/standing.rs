//! Which of two copies of a report with the same records is the better one.

use std::cmp::Reverse;

use rusqlite::Row;

use crate::model::digest::Fields;
use crate::model::{ContentHash, Header, Notes};
use crate::store::codec::{int, texts_json};
use crate::store::digest;

/// The columns of [`Standing::from_row`].
pub(in crate::store) const STANDING: &str = "truncated, damaged, records_skipped, detail, notes, said";

/// How good a copy is, the best first: whole before cut, sound before damaged, more before less. Two that are equal in
/// this say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Standing {
    pub(in crate::store) truncated: bool,
    pub(in crate::store) damaged: bool,
    pub(in crate::store) records_skipped: i64,
    pub(in crate::store) detail: Reverse<i64>,
    pub(in crate::store) notes: i64,
    /// The digest of everything above and of what the report says of itself: of copies that are equally good one has
    /// to come first, whichever arrived first.
    pub(in crate::store) said: i64,
}

/// What a copy's standing follows from, besides its header and its records.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Condition {
    pub(in crate::store) truncated: bool,
    pub(in crate::store) damaged: bool,
    pub(in crate::store) records_skipped: i64,
    pub(in crate::store) notes: i64,
}

impl Condition {
    pub(in crate::store) fn of(truncated: bool, records_skipped: u64, notes: &Notes) -> Self {
        Self {
            truncated,
            damaged: records_skipped > 0 || notes.as_slice().iter().any(|note| note.code.is_damage()),
            records_skipped: int(records_skipped),
            notes: int(notes.times()),
        }
    }

    /// The standing of the copy in this condition that has this header and these records.
    pub(in crate::store) fn standing(self, header: &Header, content: ContentHash) -> Standing {
        let Self { truncated, damaged, records_skipped, notes } = self;
        let detail = int(content.detail().saturating_add(stated(header)));
        let mut fields = Fields::new();
        for digest in [digest::reporter(header), digest::policy(&header.policy)] {
            fields.bytes(&digest);
        }
        fields.bytes(&content.to_bytes());
        fields.text(header.metadata.report_id.as_deref());
        fields.text(texts_json(&header.metadata.errors).as_deref());
        let numbers = [truncated.into(), damaged.into(), records_skipped, notes, detail];
        for number in [header.metadata.begin, header.metadata.end].into_iter().chain(numbers.map(Some)) {
            fields.number(number);
        }
        let said = fields.first_quarter();
        Standing { truncated, damaged, records_skipped, detail: Reverse(detail), notes, said }
    }
}

impl Standing {
    /// Reads the columns of [`STANDING`], the first of which stands at `first`.
    pub(in crate::store) fn from_row(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            truncated: row.get(first)?,
            damaged: row.get(first + 1)?,
            records_skipped: row.get(first + 2)?,
            detail: Reverse(row.get(first + 3)?),
            notes: row.get(first + 4)?,
            said: row.get(first + 5)?,
        })
    }
}

/// How many fields of a header are stated.
fn stated(header: &Header) -> u64 {
    let Header { version, namespace, metadata, policy } = header;
    let texts = [
        version,
        namespace,
        &metadata.org_name,
        &metadata.email,
        &metadata.extra_contact_info,
        &metadata.generator,
        &policy.fo,
    ];
    let words = [
        policy.p.is_some(),
        policy.sp.is_some(),
        policy.np.is_some(),
        policy.adkim.is_some(),
        policy.aspf.is_some(),
        policy.pct.is_some(),
        policy.testing.is_some(),
        policy.discovery_method.is_some(),
    ];
    let texts = texts.into_iter().filter(|text| text.is_some()).count();
    (texts + words.into_iter().filter(|stated| *stated).count()) as u64
}
