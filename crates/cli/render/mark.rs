//! What the owner decided about senders.

use std::io::{self, Write};

pub(crate) use whosends_present::mark::{Answer, Line};

use super::answer::{Screen, Show};
use super::number::day;
use super::table::{Column, Set, Table};

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let mut table = Table::new(&[
            Column("DOMAIN", Set::KeepEnd),
            Column("SENDER", Set::KeepStart),
            Column("AS", Set::Left),
            Column("SINCE", Set::Left),
            Column("BY", Set::KeepStart),
            Column("NOTE", Set::KeepStart),
        ]);
        for made in &self.decisions {
            let sender = match &made.name {
                Some(name) => name.clone(),
                None => format!("{} (unknown)", made.sender),
            };
            table.row(vec![
                made.domain.into(),
                sender.into(),
                if made.with_services {
                    format!("{} with services", made.decision)
                } else {
                    made.decision.to_owned()
                }
                .into(),
                day(Some(made.made_at)).into(),
                made.made_by.unwrap_or("-").into(),
                made.note.unwrap_or_default().into(),
            ]);
        }
        table.write(out, screen.columns, screen.paint)
    }
}
