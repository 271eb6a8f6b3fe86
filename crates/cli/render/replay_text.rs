//! A replay for people.

use std::io::{self, Write};

use whosends_core::analysis::replay::{Action, Hypothesis};
use whosends_core::senders::Class;

use super::answer::{Extent, Screen, Show};
use super::by_sender::heading;
use super::number::{count, grouped, percent};
use super::paint::{Paint, Tone};
use super::period::left_out;
use super::printable::printable;
use super::replay::{Answer, BLIND_SPOT, Lost, Sender};
use super::table::{Cell, Column, Set, Table};
use super::wrap::wrapped;
use super::{period, policy};

/// Senders of a class, and author domains, that are shown where nobody asks for all.
const ROWS: usize = 10;
/// Senders of which a sentence is said.
const SENTENCES: usize = 3;

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, extent: Extent { all, .. } } = screen;
        let most = if all { usize::MAX } else { ROWS };
        let lost = self.lost();
        self.head(out, &lost, (screen, paint))?;
        let senders = self.senders();
        if lost.strict_loss > 0 {
            writeln!(out)?;
            self.losing(&senders, most).write(out, screen, paint)?;
            let own = senders.iter().filter(|(_, sender)| sender.lost.legitimate_loss.high > 0);
            for (_, sender) in own.take(SENTENCES) {
                writeln!(out)?;
                for line in wrapped(&printable(&sender.sentence), screen) {
                    writeln!(out, "{line}")?;
                }
            }
        }
        self.from(out, most, (screen, paint))?;
        self.calibrated(out, (screen, paint))?;
        self.footer(out, (screen, paint))
    }
}

impl Answer<'_> {
    fn head(&self, out: &mut dyn Write, lost: &Lost, (screen, paint): (usize, Paint)) -> io::Result<()> {
        let name = paint.tone(Tone::Head, &printable(self.domain.as_str()));
        let tried = tried(self.hypothesis);
        let instead = self
            .policy
            .map_or_else(String::new, |policy| format!(" in place of {}", policy::in_short(policy)));
        writeln!(out, "{name}   {tried}{instead}   {}", period::in_words(self.period))?;
        let share = percent(lost.strict_loss, lost.messages);
        writeln!(
            out,
            "{}   {} would have been {} ({share})",
            count(lost.messages, "message", "messages"),
            grouped(lost.strict_loss),
            lost.verb(),
        )?;
        if lost.strict_loss == 0 {
            return Ok(());
        }
        let may_be = lost.legitimate_loss.high.saturating_sub(lost.legitimate_loss.low);
        let text = format!(
            "Of these {} are yours, {} may be (broken forwards, and mail that nothing decides), and {} are not. {} \
             reached a receiver that already overrides for forwarders.",
            grouped(lost.legitimate_loss.low),
            grouped(may_be),
            grouped(lost.blocked),
            grouped(lost.rescued),
        );
        wrapped(&text, screen).iter().try_for_each(|line| writeln!(out, "{line}"))
    }

    /// Which policy decides about which author domain, where that is not the same for all.
    fn from(&self, out: &mut dyn Write, most: usize, (screen, paint): (usize, Paint)) -> io::Result<()> {
        let authors = self.authors();
        if authors.iter().all(|author| author.decided_by == "p" && author.header_from.is_some()) {
            return Ok(());
        }
        let mut table = Table::new(&[
            Column("FROM", Set::KeepEnd),
            Column("POLICY", Set::Left),
            Column("MESSAGES", Set::Right),
            Column("LOST", Set::Right),
        ]);
        for author in authors.iter().take(most) {
            let policy = match author.decided_by {
                "own_record" => format!("{} (its own record)", author.action),
                tag => format!("{tag}={}", author.action),
            };
            table.row(vec![
                author.header_from.unwrap_or("not stated").into(),
                policy.into(),
                grouped(author.messages).into(),
                grouped(author.strict_loss).into(),
            ]);
        }
        let more = authors.len().saturating_sub(most);
        if more > 0 {
            table.text(
                Cell::from(format!("… and {} more; --all shows them", grouped(more as u64))).tone(Tone::Dim),
            );
        }
        writeln!(out)?;
        table.write(out, screen, paint)
    }

    /// What reporters say they did where a policy was in force.
    fn calibrated(&self, out: &mut dyn Write, (screen, paint): (usize, Paint)) -> io::Result<()> {
        let found = self.calibration();
        if found.all.messages == 0 {
            return Ok(());
        }
        let text = format!(
            "Where a policy was in force this way of judging says that {} of {} were refused or set aside, and the \
             reporters say {}:",
            grouped(found.all.predicted),
            count(found.all.messages, "message", "messages"),
            grouped(found.all.actual),
        );
        writeln!(out)?;
        wrapped(&text, screen).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        let mut table = Table::new(&[
            Column("REPORTER", Set::KeepStart),
            Column("MESSAGES", Set::Right),
            Column("PREDICTED", Set::Right),
            Column("ACTUAL", Set::Right),
            Column("AGREED", Set::Right),
            Column("OVERRIDDEN", Set::Right),
        ]);
        for reporter in found.reporters.iter().take(ROWS) {
            let done = reporter.predicted;
            table.row(vec![
                reporter.reporter.unwrap_or("not stated").into(),
                grouped(done.messages).into(),
                grouped(done.predicted).into(),
                grouped(done.actual).into(),
                percent(done.agreed, done.messages).into(),
                grouped(done.overridden).into(),
            ]);
        }
        let more = found.reporters.len().saturating_sub(ROWS);
        if more > 0 {
            let text =
                format!("… and {}; --json has them", count(more as u64, "more reporter", "more reporters"));
            table.text(Cell::from(text).tone(Tone::Dim));
        }
        table.write(out, screen, paint)
    }

    /// The senders that lose mail, by class.
    fn losing(&self, senders: &[(Class, Sender<'_>)], most: usize) -> Table {
        let mut table = Table::new(&[
            Column("SENDER", Set::KeepStart),
            Column("MESSAGES", Set::Right),
            Column("LOST", Set::Right),
            Column("SHARE", Set::Right),
            Column("OVERRIDDEN", Set::Right),
        ]);
        for class in Class::ALL {
            let of_class =
                || senders.iter().filter(|(of, sender)| *of == class && sender.lost.strict_loss > 0);
            if of_class().next().is_none() {
                continue;
            }
            let (title, tone) = heading(class);
            table.text(Cell::new(title).tone(tone));
            for (_, sender) in of_class().take(most) {
                let lost = sender.lost;
                table.row(vec![
                    format!("  {}{}", sender.name, self.whose(sender)).into(),
                    grouped(lost.messages).into(),
                    grouped(lost.strict_loss).into(),
                    percent(lost.strict_loss, lost.messages).into(),
                    grouped(lost.rescued).into(),
                ]);
            }
            let (more, rest) = of_class().skip(most).fold((0_u64, 0_u64), |(more, sum), (_, sender)| {
                (more + 1, sum.saturating_add(sender.lost.strict_loss))
            });
            if more > 0 {
                let text =
                    format!("  … and {} more that lose {}; --all shows them", grouped(more), grouped(rest));
                table.text(Cell::from(text).tone(Tone::Dim));
            }
        }
        table
    }

    /// Which domain a sender wrote as, where it is not the one that was asked about.
    fn whose(&self, sender: &Sender<'_>) -> String {
        match sender.domain == self.domain.as_str() {
            true => String::new(),
            false => format!(" ({})", sender.domain),
        }
    }

    fn footer(&self, out: &mut dyn Write, (screen, paint): (usize, Paint)) -> io::Result<()> {
        let replay = &self.replayed.replay;
        let mut lines = Vec::new();
        if replay.existence_unknown > 0 {
            lines.push(format!(
                "{} failing from subdomains of which it is not known whether they exist: taken to exist, so that np \
                 does not apply",
                count(replay.existence_unknown, "message", "messages"),
            ));
        }
        if replay.undecided > 0 {
            let messages = count(replay.undecided, "message", "messages");
            lines.push(format!(
                "{messages} of which the report does not tell whether they pass: not counted as lost"
            ));
        }
        lines.push(format!("{BLIND_SPOT} Those that override at p=none do not always say so."));
        lines.extend(left_out(self.left_out));
        writeln!(out)?;
        let lines = lines.iter().flat_map(|line| wrapped(line, screen));
        lines.into_iter().try_for_each(|line| writeln!(out, "{}", paint.tone(Tone::Dim, &line)))
    }
}

/// The policy that was tried, as it stands in DNS.
fn tried(hypothesis: Hypothesis) -> String {
    let mut text = format!("p={}", hypothesis.p.as_str());
    let mut add = |tag: &str, action: Option<Action>| {
        if let Some(action) = action {
            text += &format!(" {tag}={}", action.as_str());
        }
    };
    add("sp", hypothesis.sp);
    add("np", hypothesis.np);
    for (tag, mode) in [("adkim", hypothesis.dkim), ("aspf", hypothesis.spf)] {
        if let Some("s") = mode.map(|mode| mode.as_str()) {
            text += &format!(" {tag}=s");
        }
    }
    text
}
