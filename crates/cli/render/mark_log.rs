//! The history of decisions.

use std::io::{self, Write};

pub(crate) use whosends_present::mark_log::{Answer, Line};

use super::answer::{Screen, Show};
use super::number::day;
use super::table::{Column, Set, Table};

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let mut table = Table::new(&[
            Column("WHEN", Set::Left),
            Column("BY", Set::KeepStart),
            Column("DOMAIN", Set::KeepEnd),
            Column("SENDER", Set::KeepStart),
            Column("FROM", Set::Left),
            Column("TO", Set::Left),
            Column("NOTE", Set::KeepStart),
        ]);
        for made in &self.changes {
            table.row(vec![
                day(Some(made.made_at)).into(),
                made.made_by.unwrap_or("-").into(),
                made.domain.into(),
                made.name.clone().unwrap_or_else(|| format!("{} (unknown)", made.sender)).into(),
                made.before.unwrap_or("-").into(),
                made.after.unwrap_or("-").into(),
                made.note.unwrap_or_default().into(),
            ]);
        }
        table.write(out, screen.columns, screen.paint)
    }
}
