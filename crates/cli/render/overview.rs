//! What is known, and what to do next, in a few lines.

use std::io::{self, Write};

use whosends_core::model::{Day, Period, PolicyPublished};

use super::number::{count, grouped, percent};
use super::paint::{Paint, Tone};
use super::period::age;
use super::policy;
use super::printable::printable;
use super::table::{Column, Set, Table};

/// Wide enough for every name: nothing is cut here that the screen does not cut.
const WIDE: usize = 100;

/// What the database knows.
#[derive(Debug)]
pub(crate) struct Known {
    /// Reports that it holds.
    pub(crate) reports: u64,
    /// Domains that it holds any of.
    pub(crate) domains: u64,
    /// The days that they are of.
    pub(crate) days: Period,
    /// The days that the lines below are of.
    pub(crate) period: Period,
    /// Today.
    pub(crate) today: Day,
    /// The busiest domains.
    pub(crate) shown: Vec<Shown>,
    /// How many domains are not shown.
    pub(crate) others: u64,
}

/// A domain in a line.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The policy of its newest report, and its name.
    pub(crate) policy: PolicyPublished,
    /// Messages of the period.
    pub(crate) messages: u64,
    /// Those that passed.
    pub(crate) dmarc_pass: u64,
    /// Its newest day.
    pub(crate) last: Option<Day>,
}

impl Known {
    /// Writes it.
    pub(crate) fn show(&self, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        let (reports, domains) =
            (count(self.reports, "report", "reports"), count(self.domains, "domain", "domains"));
        let day = |day: Option<Day>| {
            day.map_or_else(|| "a day that is not known".to_owned(), |day| day.to_string())
        };
        writeln!(out, "{reports} about {domains}, of {} to {}.", day(self.days.from), day(self.days.to))?;
        if let Some(age) = self.days.to.and_then(|newest| age(newest, self.today)) {
            writeln!(out, "{}", paint.tone(Tone::Warn, &age))?;
        }
        writeln!(out, "\n{}", super::period::in_words(self.period))?;
        let mut table = Table::new(&[
            Column("DOMAIN", Set::KeepEnd),
            Column("POLICY", Set::KeepStart),
            Column("MESSAGES", Set::Right),
            Column("DMARC", Set::Right),
            Column("LAST SEEN", Set::Left),
        ]);
        for domain in &self.shown {
            table.row(vec![
                domain.policy.domain.as_str().into(),
                policy::in_short(&domain.policy).into(),
                grouped(domain.messages).into(),
                percent(domain.dmarc_pass, domain.messages).into(),
                domain.last.map_or_else(|| "no date".to_owned(), |day| day.to_string()).into(),
            ]);
        }
        table.write(out, WIDE, paint)?;
        match self.others {
            0 => Ok(()),
            others => {
                let others = count(others, "domain", "domains");
                writeln!(out, "{}", paint.tone(Tone::Dim, &printable(&format!("… and {others} more"))))
            }
        }
    }
}

/// What can be asked of a database that knows something.
pub(crate) fn next(out: &mut dyn Write, program: &str, paint: Paint) -> io::Result<()> {
    let lines = [
        ("ready", "can these domains enforce their policy, and what would be lost?"),
        ("sources DOMAIN", "who sends as the domain"),
        ("check DOMAIN", "what is wrong in its DNS"),
        ("PATH", "read new reports; `whosends help` lists the rest"),
    ];
    writeln!(out)?;
    write_lines(out, program, paint, &lines)
}

/// Where to begin, where nothing is known.
pub(crate) fn begin(out: &mut dyn Write, paint: Paint) -> io::Result<()> {
    writeln!(out, "whosends tells who sends mail as your domain, from DMARC aggregate reports.\n")?;
    let lines = [
        ("demo", "look at a sample; nothing of it is kept"),
        ("PATH", "read your own: a mailbox export, a folder of mails, an archive"),
        ("check DOMAIN", "what is wrong in the domain's DNS"),
        ("start DOMAIN", "no reports yet? what to publish for them to come"),
        ("help", "everything else"),
    ];
    write_lines(out, "whosends", paint, &lines)
}

fn write_lines(out: &mut dyn Write, program: &str, paint: Paint, lines: &[(&str, &str)]) -> io::Result<()> {
    let width = program.len() + 1 + lines.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    lines.iter().try_for_each(|(command, what)| {
        let command = printable(&format!("{program} {command}")).into_owned();
        writeln!(out, "  {}  {what}", paint.tone(Tone::Head, &format!("{command:<width$}")))
    })
}
