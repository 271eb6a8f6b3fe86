//! The first screen: who sends as a domain, or how each of many stands, in as few lines as a terminal has.

use std::cmp::Reverse;
use std::io::{self, Write};

use whosends_core::analysis::attribution::DomainSenders;
use whosends_core::analysis::readiness::{OwnMail, Readiness, Verdict};

use super::answer::{Extent, Screen, Show};
use super::by_sender::{Answer, heading};
use super::number::{count, grouped, percent};
use super::paint::{Paint, Tone};
use super::period;
use super::policy;
use super::printable::printable;
use super::ready::Domain;
use super::ready_sentence::{policy_of, sentence};
use super::ready_text::tone;
use super::sums::{self, footer};
use super::table::{Cell, Column, Set, Table};

/// A terminal has 24 lines, and what was read is told in some of them.
const LINES: usize = 20;
/// The same where one domain is shown: its next step and what is said of it take some more.
const LINES_ALONE: usize = 22;
/// The most rows of a class that are tried where one domain is shown.
const MOST_ROWS: usize = 10;
/// The domains that are shown.
const DOMAINS: usize = 12;
/// The lines around a table of domains.
const HEAD: usize = 6;
/// Fewer lines than these show nobody who sends.
const ROOM: usize = 8;

/// The first screen of an answer.
#[derive(Debug)]
pub(crate) struct First<'a>(pub(crate) Answer<'a>);

impl Show for First<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        match self.0.domains.len() {
            0 => Ok(()),
            1 => self.one(out, screen),
            _ => self.many(out, screen),
        }
    }
}

impl First<'_> {
    /// Who sends as the only domain: as many rows as fit.
    fn one(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let mut text = Vec::new();
        for rows in (1..=MOST_ROWS).rev() {
            text.clear();
            self.0.show(&mut text, Screen { extent: Extent { limit: Some(rows), all: false }, ..screen })?;
            if text.iter().filter(|&&byte| byte == b'\n').count() <= LINES_ALONE {
                break;
            }
        }
        out.write_all(&text)
    }

    /// A line a domain, the worst first.
    fn many(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns, paint, .. } = screen;
        let mut lines: Vec<_> =
            self.0.blocks().map(|(domain, sums)| (domain, sums, self.step(domain.name))).collect();
        lines.sort_by_key(|(domain, sums, step)| {
            (rank(*step), Reverse(sums.totals.tally.messages), domain.name)
        });
        let domains = count(lines.len() as u64, "domain", "domains");
        writeln!(out, "{domains}   {}\n", period::in_words(self.0.senders.period))?;
        let is_judged = lines.iter().any(|(_, _, step)| step.is_some());
        let mut columns_shown = vec![
            Column("DOMAIN", Set::KeepEnd),
            Column("POLICY", Set::Left),
            Column("MESSAGES", Set::Right),
            Column("DMARC", Set::Right),
        ];
        if is_judged {
            columns_shown.extend([Column("VERDICT", Set::Left), Column("IN THE WAY", Set::KeepStart)]);
        }
        let mut table = Table::new(&columns_shown);
        for (domain, sums, step) in lines.iter().take(DOMAINS) {
            let dmarc = sums.totals.tally.dmarc;
            let judged = dmarc.pass.saturating_add(dmarc.fail);
            let mut row = vec![
                Cell::from(domain.name),
                policy::in_short(domain.policy).into(),
                grouped(sums.totals.tally.messages).into(),
                percent(dmarc.pass, judged).into(),
            ];
            if is_judged {
                row.extend(self.verdict(*step));
            }
            table.row(row);
        }
        table.write(out, columns, paint)?;
        self.others(lines.len().saturating_sub(DOMAINS), out, paint)?;
        // Where there is room for it, who sends as the worst.
        let left = LINES.saturating_sub(lines.len().min(DOMAINS) + HEAD);
        if left >= ROOM
            && let Some((worst, sums, _)) = lines.first()
        {
            self.senders(worst.name, sums, left - 4, out, screen)?;
        }
        footer(out, self.0.blocks().map(|(_, sums)| &sums.totals), self.0.left_out, paint)?;
        self.next(lines.first().map(|(domain, _, _)| *domain), out, paint)
    }

    /// The busiest senders of a domain, each with what it is to the owner.
    fn senders(
        &self,
        domain: &str,
        sums: &DomainSenders,
        rows: usize,
        out: &mut dyn Write,
        screen: Screen,
    ) -> io::Result<()> {
        let Screen { columns, paint, .. } = screen;
        let mut senders: Vec<_> = sums.senders.iter().collect();
        senders.sort_by_key(|sender| Reverse(sender.totals.tally.messages));
        let rest = senders.split_off(rows.min(senders.len()));
        let mut table = Table::new(&[
            Column("SENDER", Set::KeepEnd),
            Column("MESSAGES", Set::Right),
            Column("DMARC", Set::Right),
            Column("IS", Set::KeepStart),
        ]);
        for sender in senders {
            let dmarc = sender.totals.tally.dmarc;
            let (what, tone) = heading(sender.judgement.class);
            table.row(vec![
                Cell::from(sender.source.title(self.0.catalogue)),
                grouped(sender.totals.tally.messages).into(),
                percent(dmarc.pass, dmarc.pass.saturating_add(dmarc.fail)).into(),
                Cell::from(what).tone(tone),
            ]);
        }
        writeln!(out, "\n{}", paint.tone(Tone::Head, &printable(&format!("Who sends as {domain}"))))?;
        table.write(out, columns, paint)?;
        if rest.is_empty() {
            return Ok(());
        }
        let messages = rest.iter().map(|sender| sender.totals.tally.messages).sum();
        let messages = count(messages, "message", "messages");
        let text = format!("… and {} more with {messages}; `--full` shows them", grouped(rest.len() as u64));
        writeln!(out, "{}", paint.tone(Tone::Dim, &text))
    }

    fn step(&self, name: &str) -> Option<&Domain> {
        self.0.next_steps.iter().find(|step| step.policy.domain.as_str() == name)
    }

    /// The verdict on a domain, and the one thing that stands in the way.
    fn verdict(&self, step: Option<&Domain>) -> [Cell; 2] {
        let Some(domain) = step else { return ["".into(), "".into()] };
        let shown = domain.shown();
        [Cell::from(in_few_words(shown)).tone(tone(shown.verdict)), self.in_the_way(domain, shown).into()]
    }

    fn in_the_way(&self, domain: &Domain, shown: &Readiness) -> String {
        if shown.was.is_some() {
            return String::new();
        }
        let losing = shown.losing.iter().find(|losing| !losing.blocks.is_empty());
        match (losing, shown.verdict) {
            (Some(losing), Verdict::NotReady | Verdict::Regressed) if shown.own_mail == OwnMail::Passes => {
                let messages = losing.misaligned.saturating_add(losing.unknown);
                format!("{} ({})", losing.source.title(self.0.catalogue), grouped(messages))
            }
            (_, Verdict::NotReady | Verdict::Regressed | Verdict::NotEnoughData) => {
                let text = sentence(domain, shown, self.0.catalogue);
                text.split_once(": ").map_or(text.as_str(), |(_, rest)| rest).trim_end_matches('.').to_owned()
            }
            _ => String::new(),
        }
    }

    fn others(&self, others: usize, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        if others == 0 {
            return Ok(());
        }
        let text = format!(
            "… and {} more; `--full` shows who sends as each",
            count(others as u64, "domain", "domains")
        );
        writeln!(out, "{}", paint.tone(Tone::Dim, &text))
    }

    /// What to ask next: about the domain that stands first.
    fn next(&self, first: Option<&sums::Domain<'_>>, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        let (Some(program), Some(first)) = (&self.0.program, first) else { return Ok(()) };
        let text = format!("Next: `{program} ready {}` says what to do about it", first.name);
        writeln!(out, "\n{}", paint.tone(Tone::Hint, &text))
    }
}

/// The worst first; domains of which nobody looked at the verdict last.
fn rank(step: Option<&Domain>) -> u8 {
    match step.map(|domain| (domain.shown().verdict, domain.shown().in_force)) {
        Some((Verdict::Regressed, _)) => 0,
        Some((Verdict::NotReady, true)) => 1,
        Some((Verdict::NotReady, false)) => 2,
        Some((Verdict::NotEnoughData, _)) => 3,
        Some((Verdict::Ready, _)) => 4,
        Some((Verdict::Enforced, _)) => 5,
        None => 6,
    }
}

fn in_few_words(shown: &Readiness) -> String {
    match shown.verdict {
        _ if shown.was.is_some() => "data too old".to_owned(),
        Verdict::NotEnoughData => "too little data".to_owned(),
        Verdict::Ready => format!("{}: ready", policy_of(shown.step)),
        Verdict::Enforced => "enforced".to_owned(),
        Verdict::Regressed => "loses mail".to_owned(),
        Verdict::NotReady if shown.in_force => "loses mail".to_owned(),
        Verdict::NotReady => "not ready".to_owned(),
    }
}
