//! What a change of DNS would do, for people.

use std::io::{self, Write};

use whosends_core::analysis::plan::{Fate, Whose};
use whosends_present::plan::{Answer, Change};

use super::answer::{Json, Screen, Show};
use super::by_sender::heading;
use super::number::{count, grouped};
use super::paint::{Paint, Tone};
use super::period;
use super::printable::printable;
use super::table::{Cell, Column, Set, Table};
use super::wrap::wrapped;

/// The senders that are shown where not all are wanted.
const ROWS: usize = 12;

/// The answer.
#[derive(Debug)]
pub(crate) struct Shown<'a>(pub(crate) Answer<'a>);

impl Json for Shown<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        self.0.json(out)
    }
}

impl Show for Shown<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns, paint, .. } = screen;
        let answer = &self.0;
        let yours = answer.outcome.of(Whose::Yours);
        let tone = match (yours.lost.max(answer.stopped()), yours.untold) {
            (0, 0) => Tone::Good,
            (0, _) => Tone::Warn,
            _ => Tone::Bad,
        };
        writeln!(out, "{}\n", paint.tone(tone, &printable(&answer.sentence())))?;
        let as_of = answer.held.as_ref().map_or_else(String::new, |day| format!(", DNS as of {day}"));
        let days = period::in_words(answer.period);
        writeln!(out, "{}   {days}{as_of}", paint.tone(Tone::Head, &printable(&answer.domain)))?;
        self.records(out, columns)?;
        writeln!(out)?;
        self.senders(out, screen)?;
        self.sums(out, paint)?;
        self.policy(out, columns)?;
        self.appeared(out, paint)
    }
}

impl Shown<'_> {
    /// The records before and after.
    fn records(&self, out: &mut dyn Write, columns: usize) -> io::Result<()> {
        let mut say = |title: &str, text: &str| -> io::Result<()> {
            for (at, line) in wrapped(&printable(text), columns.saturating_sub(11)).iter().enumerate() {
                writeln!(out, "{:11}{line}", if at == 0 { title } else { "" })?;
            }
            Ok(())
        };
        for (title, change) in [("SPF", &self.0.spf), ("DMARC", &self.0.dmarc)] {
            let Some(Change { before, after, lookups_before, lookups_after }) = change else { continue };
            let lookups = |number: &Option<u32>| {
                number.map_or_else(String::new, |number| {
                    format!("   ({})", count(number.into(), "lookup", "lookups"))
                })
            };
            let before = before.as_deref().unwrap_or("no record");
            say(&format!("{title} is"), &format!("{before}{}", lookups(lookups_before)))?;
            say("would be", &format!("{after}{}", lookups(lookups_after)))?;
        }
        match self.0.without_selectors {
            [] => Ok(()),
            selectors => say("without", &format!("the key of {}", selectors.join(", "))),
        }
    }

    /// The senders whose mail changes, and then the busiest.
    fn senders(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let all = &self.0.outcome.senders;
        let most = if screen.extent.all { usize::MAX } else { ROWS };
        let mut table = Table::new(&[
            Column("SENDER", Set::KeepEnd),
            Column("MESSAGES", Set::Right),
            Column("LOST", Set::Right),
            Column("GAINED", Set::Right),
            Column("NOT KNOWN", Set::Right),
            Column("IS", Set::KeepStart),
        ]);
        for sender in all.iter().take(most) {
            let (what, tone) = heading(sender.judgement.class);
            let Fate { lost, gained, untold, .. } = sender.mail;
            let number = |number: u64| if number == 0 { "·".to_owned() } else { grouped(number) };
            table.row(vec![
                Cell::from(sender.source.title(self.0.catalogue)),
                grouped(sender.mail.messages()).into(),
                Cell::from(number(lost)).tone(if lost > 0 { Tone::Bad } else { Tone::Plain }),
                number(gained).into(),
                number(untold).into(),
                Cell::from(what).tone(tone),
            ]);
        }
        table.write(out, screen.columns, screen.paint)?;
        let rest = all.iter().skip(most);
        let (rest, messages) = rest.fold((0_u64, 0_u64), |(rest, messages), sender| {
            (rest + 1, messages.saturating_add(sender.mail.messages()))
        });
        if rest > 0 {
            let messages = count(messages, "message", "messages");
            let text = format!("… and {} more with {messages}; --all shows them", grouped(rest));
            writeln!(out, "{}", screen.paint.tone(Tone::Dim, &text))?;
        }
        Ok(())
    }

    /// What adds up.
    fn sums(&self, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        writeln!(out)?;
        let mut table = Table::new(&[
            Column("MAIL", Set::Left),
            Column("MESSAGES", Set::Right),
            Column("PASS STILL", Set::Right),
            Column("LOST", Set::Right),
            Column("GAINED", Set::Right),
            Column("FAIL STILL", Set::Right),
            Column("NOT KNOWN", Set::Right),
        ]);
        for (title, whose) in
            [("yours", Whose::Yours), ("unknown", Whose::Unknown), ("of others", Whose::Others)]
        {
            let fate = self.0.outcome.of(whose);
            let numbers = [fate.messages(), fate.passes, fate.lost, fate.gained, fate.fails, fate.untold];
            let mut row = vec![Cell::from(title)];
            row.extend(numbers.map(|number| Cell::from(grouped(number))));
            table.row(row);
        }
        table.write(out, usize::MAX, paint)
    }

    /// What the policy does with what fails.
    fn policy(&self, out: &mut dyn Write, columns: usize) -> io::Result<()> {
        let yours = self.0.outcome.of(Whose::Yours);
        let is_said = yours.lost == 0 && self.0.stopped() > 0;
        if yours.would_fail() == 0 || is_said {
            return Ok(());
        }
        let text = self.0.under_the_policy(yours.would_fail());
        writeln!(out)?;
        wrapped(&text, columns).iter().try_for_each(|line| writeln!(out, "{line}"))
    }

    /// What would be wrong in DNS and is not.
    fn appeared(&self, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        if self.0.appeared.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", paint.tone(Tone::Head, "New findings of `check`"))?;
        self.0.appeared.iter().try_for_each(|finding| {
            let (severity, id) = (finding.severity.as_str(), finding.check.id());
            writeln!(out, "{severity:8}  {id}  {}", printable(&finding.message))
        })
    }
}
