//! What was odd in what was read.

use std::io::{self, Write};

pub(crate) use whosends_present::notes::{Answer, Example, Line};

use super::answer::{Screen, Show};
use super::number::grouped;
use super::table::{Column, Set, Table};

impl Show for Answer {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let mut table = Table::new(&[
            Column("REPORTER", Set::KeepStart),
            Column("NOTE", Set::Left),
            Column("REPORTS", Set::Right),
            Column("TIMES", Set::Right),
            Column("FOR EXAMPLE", Set::KeepStart),
        ]);
        for note in &self.notes {
            table.row(vec![
                note.reporter.as_deref().unwrap_or("-").into(),
                note.code.as_str().into(),
                grouped(note.reports).into(),
                grouped(note.times).into(),
                example(&note.example).into(),
            ]);
        }
        table.write(out, screen.columns, screen.paint)
    }
}

/// An example in words, what says most first: `report 3 has "Pass" at record/row/policy_evaluated/dkim on line 12`.
fn example(example: &Example) -> String {
    let mut parts = vec![format!("report {}", example.report)];
    if let Some(raw) = &example.raw {
        parts.push(format!("has \"{raw}\""));
    }
    if !example.path.is_empty() {
        parts.push(format!("at {}", example.path));
    }
    if let Some(line) = example.line {
        parts.push(format!("on line {line}"));
    }
    parts.join(" ")
}
