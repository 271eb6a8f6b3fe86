//! What changed, for people: sentences first, the table after.

use std::io::{self, Write};

use whosends_core::analysis::changes::{Change, SenderChange};
pub(crate) use whosends_present::changes::Answer;
use whosends_present::changes::sentence;

use super::answer::{Extent, Screen, Show};
use super::judged::Passed;
use super::number::{count, grouped};
use super::paint::Tone;
use super::period::in_words;
use super::printable::printable;
use super::table::{Cell, Column, Set, Table};
use super::wrap::wrapped;

/// Sentences about senders where nobody asks for all.
const SENTENCES: usize = 12;

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, extent: Extent { all, .. } } = screen;
        let windows = self.changes.windows;
        let (now, before) = (in_words(windows.now()), in_words(windows.before()));
        writeln!(out, "{}", paint.tone(Tone::Head, &format!("{now}, against {before}")))?;
        let mut page = |text: &str, tone| -> io::Result<()> {
            for line in wrapped(&printable(text), screen) {
                writeln!(out, "{}", paint.tone(tone, &line))?;
            }
            Ok(())
        };
        let looked_back = match self.changes.looked_back_to {
            Some(day) => format!("New is what no report saw before, back to {day}."),
            None => "Nothing is stored from before, so no sender can be new or gone.".to_owned(),
        };
        page(&looked_back, Tone::Dim)?;
        if self.changes.lag.regular > 0 {
            page(&lag(self), Tone::Dim)?;
        }
        for gap in &self.gaps {
            page(
                &format!("No report covers {}: what happened then is in no number.", in_words(*gap)),
                Tone::Warn,
            )?;
        }
        let shown: Vec<_> = self.changes.senders.iter().filter(|change| all || !change.minor).collect();
        let most = if all { usize::MAX } else { SENTENCES };
        let mut sentences: Vec<String> = shown.iter().take(most).map(|change| self.sender(change)).collect();
        sentences.extend(more(shown.len().saturating_sub(most)));
        sentences.extend(self.policies.iter().map(sentence::policy));
        sentences.extend(self.changes.silent.iter().map(sentence::silent));
        sentences.extend(
            self.silent_domains
                .iter()
                .map(|name| format!("{name}: no report since {}, and there were some before.", windows.from)),
        );
        let minor = minor(self.changes.senders.iter().filter(|change| !all && change.minor));
        if sentences.is_empty() {
            let of_weight = if minor.is_some() { " of weight" } else { "" };
            sentences.push(format!("Nothing{of_weight} changed."));
        }
        sentences.extend(minor);
        writeln!(out)?;
        for text in &sentences {
            for (at, line) in wrapped(&printable(text), screen.saturating_sub(2)).iter().enumerate() {
                writeln!(out, "{} {line}", if at == 0 { "·" } else { " " })?;
            }
        }
        if shown.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        rows(self, &shown).write(out, screen, paint)
    }
}

/// What has to be known to read the newest numbers right.
fn lag(answer: &Answer<'_>) -> String {
    let lag = &answer.changes.lag;
    let to = answer.changes.windows.to;
    if lag.late.is_empty() {
        return format!(
            "All {} have reported for {to}.",
            count(lag.regular, "regular reporter", "regular reporters")
        );
    }
    let late = lag.late.len() as u64;
    format!(
        "Reports come late: {} of {} have none for {to} yet; volumes are compared over the days they covered.",
        grouped(late),
        count(lag.regular, "regular reporter", "regular reporters"),
    )
}

fn rows(answer: &Answer<'_>, shown: &[&SenderChange]) -> Table {
    let mut table = Table::new(&COLUMNS);
    for change in shown {
        let dmarc = |tally: &whosends_core::analysis::tally::Tally| {
            let passed = Passed::from(tally.dmarc);
            Cell::from(passed.percent()).tone(Tone::rated(passed.rate))
        };
        let words: Vec<_> = change.changes.iter().map(|&one| word(one)).collect();
        table.row(vec![
            answer.name(change).into(),
            answer.domain(change).into(),
            words.join(", ").into(),
            grouped(change.now.messages).into(),
            grouped(change.before.messages).into(),
            dmarc(&change.now),
            dmarc(&change.before),
        ]);
    }
    table
}

fn more(left_out: usize) -> Option<String> {
    let left_out = left_out as u64;
    (left_out > 0)
        .then(|| format!("{} more changed; the table shows them.", count(left_out, "sender", "senders")))
}

/// What stands for the sources that can wait.
fn minor<'c>(changes: impl Iterator<Item = &'c SenderChange>) -> Option<String> {
    let (mut sources, mut new, mut messages) = (0_u64, 0_u64, 0_u64);
    for change in changes {
        sources += 1;
        new += u64::from(change.changes.contains(&Change::New));
        messages = messages.saturating_add(change.now.messages);
    }
    (sources > 0).then(|| {
        format!(
            "{} of less weight changed, {} of them new, with {}; --all shows them.",
            count(sources, "source", "sources"),
            grouped(new),
            count(messages, "message", "messages"),
        )
    })
}

const fn word(change: Change) -> &'static str {
    use whosends_core::analysis::changes::Check;
    match change {
        Change::New => "new",
        Change::Gone => "gone",
        Change::More => "more",
        Change::Less => "less",
        Change::Better(Check::Dmarc) => "DMARC up",
        Change::Better(Check::Dkim) => "DKIM up",
        Change::Better(Check::Spf) => "SPF up",
        Change::Worse(Check::Dmarc) => "DMARC down",
        Change::Worse(Check::Dkim) => "DKIM down",
        Change::Worse(Check::Spf) => "SPF down",
    }
}

const COLUMNS: [Column; 7] = [
    Column("SENDER", Set::KeepStart),
    Column("DOMAIN", Set::KeepEnd),
    Column("CHANGE", Set::KeepStart),
    Column("MESSAGES", Set::Right),
    Column("BEFORE", Set::Right),
    Column("DMARC", Set::Right),
    Column("BEFORE", Set::Right),
];
