//! Readiness for people.

use std::fmt::Write as _;
use std::io::{self, Write};

use whosends_core::analysis::published::Tag;
use whosends_core::analysis::readiness::{
    Gate, GateKind, GateState, Losing, Measure, OwnMail, Readiness, Verdict,
};
use whosends_core::answers::readiness::Looked;
use whosends_core::senders::Class;

use super::advice::in_short;
use super::answer::{Extent, Screen, Show};
use super::number::{count, grouped};
use super::paint::{Paint, Tone};
use super::period::left_out;
use super::printable::printable;
use super::ready::{Answer, Domain};
use super::ready_sentence::{in_words, measure, needed, sentence, title};
use super::sums::DOMAINS;
use super::table::{Cell, Column, Set, Table};
use super::wrap::wrapped;
use super::{period, policy, ready_publish, ready_stakes};

/// Senders, subdomains and forwarders that are shown where nobody asks for all.
const ROWS: usize = 10;

/// From how many small sources that nobody knows on one line stands for all of them.
const SMALL: usize = 4;

/// How the page is.
#[derive(Clone, Copy)]
struct Page {
    columns: usize,
    paint: Paint,
    rows: usize,
}

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns, paint, extent: Extent { all, .. } } = screen;
        let screen = Page { columns, paint, rows: if all { usize::MAX } else { ROWS } };
        self.first_line(out, screen)?;
        let most = if all { usize::MAX } else { DOMAINS };
        if self.domains.len() > 1 {
            self.overview(out, screen)?;
        }
        for (at, domain) in self.domains.iter().take(most).enumerate() {
            if at > 0 || self.domains.len() > 1 {
                writeln!(out)?;
            }
            self.domain(out, domain, screen)?;
        }
        let more = self.domains.len().saturating_sub(most);
        if more > 0 {
            writeln!(out, "\n… and {}; --all shows them", count(more as u64, "more domain", "more domains"))?;
        }
        let lines: Vec<String> = left_out(self.left_out).collect();
        if !lines.is_empty() {
            writeln!(out)?;
        }
        lines.iter().try_for_each(|line| writeln!(out, "{}", paint.tone(Tone::Dim, line)))
    }
}

impl Answer<'_> {
    /// What day the verdicts are for, and how old what they rest on is.
    fn first_line(&self, out: &mut dyn Write, screen: Page) -> io::Result<()> {
        let as_of = self.as_of.map(|day| format!("Judged as of {day}, not as of today."));
        let age = self.period.to.and_then(|newest| period::age(newest, self.asked));
        let told: Vec<_> = as_of.into_iter().chain(age).collect();
        if told.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}\n", screen.paint.tone(Tone::Warn, &told.join(" ")))
    }

    /// A line a domain.
    fn overview(&self, out: &mut dyn Write, screen: Page) -> io::Result<()> {
        let mut table = Table::new(&[
            Column("DOMAIN", Set::KeepEnd),
            Column("POLICY", Set::KeepStart),
            Column("STEP", Set::Left),
            Column("VERDICT", Set::Left),
            Column("WHY", Set::KeepStart),
        ]);
        for domain in &self.domains {
            let shown = domain.shown();
            table.row(vec![
                domain.policy.domain.as_str().into(),
                policy::in_short(&domain.policy).into(),
                shown.step.as_str().into(),
                Cell::new(verdict(shown.verdict)).tone(tone(shown.verdict)),
                self.why(shown).into(),
            ]);
        }
        table.write(out, screen.columns, screen.paint)?;
        writeln!(out)?;
        lines(out, &self.how_many(), screen)
    }

    /// How many domains are judged, and how many are not.
    fn how_many(&self) -> String {
        let of = |verdicts: &[Verdict]| {
            let all = self.domains.iter().map(|domain| domain.shown().verdict);
            grouped(all.filter(|verdict| verdicts.contains(verdict)).count() as u64)
        };
        format!(
            "{}: {} ready or in force, {} not ready, {} without enough data for a verdict.",
            count(self.domains.len() as u64, "domain", "domains"),
            of(&[Verdict::Ready, Verdict::Enforced]),
            of(&[Verdict::NotReady, Verdict::Regressed]),
            of(&[Verdict::NotEnoughData]),
        )
    }

    /// The reason for a verdict in a few words.
    fn why(&self, shown: &Readiness) -> String {
        if let Some(was) = shown.was {
            return format!("was {}, reports are too old", verdict(was));
        }
        match &shown.own_mail {
            OwnMail::None(_) => return "sends no mail".to_owned(),
            OwnMail::NothingPasses(suspects) if !suspects.is_empty() => {
                return "nothing of yours passes so far".to_owned();
            }
            OwnMail::Passes | OwnMail::NothingPasses(_) => {}
        }
        let blocking = shown.losing.iter().find(|losing| !losing.blocks.is_empty());
        if let (Verdict::NotReady | Verdict::Regressed, Some(losing)) = (shown.verdict, blocking) {
            let messages = losing.misaligned.saturating_add(losing.unknown);
            return format!("{}: {}", losing.source.title(self.catalogue), grouped(messages));
        }
        let failing = shown.gates.iter().find(|gate| {
            gate.state == GateState::Fails
                && (shown.verdict != Verdict::NotEnoughData || gate.kind.is_about_data())
        });
        match (shown.verdict, failing) {
            (Verdict::Ready | Verdict::Enforced, _) | (_, None) => String::new(),
            (_, Some(gate)) => in_words(gate),
        }
    }

    fn domain(&self, out: &mut dyn Write, domain: &Domain, screen: Page) -> io::Result<()> {
        let paint = screen.paint;
        let name = paint.tone(Tone::Head, &printable(domain.policy.domain.as_str()));
        let mut period = period::in_words(domain.month());
        if let Some(age) = period::days_old(domain.newest, self.asked) {
            write!(period, ", {age}").map_err(io::Error::other)?;
        }
        writeln!(out, "{name}   {}   {period}", policy::in_short(&domain.policy))?;
        let verdicts = domain.readiness.steps.iter().map(|readiness| {
            let told = paint.tone(tone(readiness.verdict), verdict(readiness.verdict));
            format!("{}: {told}", readiness.step.as_str())
        });
        writeln!(out, "{}", verdicts.collect::<Vec<_>>().join("   "))?;
        let shown = domain.shown();
        let text = sentence(domain, shown, self.catalogue);
        writeln!(out)?;
        lines(out, &text, screen)?;
        ready_publish::lines(domain).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        if !shown.gates.is_empty() {
            writeln!(out)?;
            gates(shown).write(out, screen.columns, paint)?;
        }
        self.losing(out, domain, screen)?;
        self.stakes(out, domain, screen)
    }

    fn losing(&self, out: &mut dyn Write, domain: &Domain, screen: Page) -> io::Result<()> {
        let shown = domain.shown();
        if shown.losing.is_empty() {
            return Ok(());
        }
        let mut table = Table::new(&[
            Column("WOULD LOSE MAIL", Set::KeepStart),
            Column("CLASS", Set::Left),
            Column("MESSAGES", Set::Right),
            Column("SHARE", Set::Right),
            Column("LAST SEEN", Set::Left),
        ]);
        let (small, large) = small_apart(shown, screen);
        let mut rows = large.iter().copied().take(screen.rows).peekable();
        while let Some(losing) = rows.next() {
            let share = losing.share.to_string().replace(' ', "");
            let tone = if losing.class == Class::Misaligned { Tone::Bad } else { Tone::Warn };
            table.row(vec![
                Cell::from(losing.source.title(self.catalogue)),
                Cell::new(losing.class.as_str()).tone(tone),
                grouped(losing.misaligned.saturating_add(losing.unknown)).into(),
                share.into(),
                ago(losing.last_seen).into(),
            ]);
            // Many small sources have one advice between them.
            let advised = |losing: &&&Losing| !losing.blocks.is_empty() || losing.misaligned > 0;
            let next = rows.peek().filter(advised).map(|next| &next.advice);
            if !advised(&&losing) || next == Some(&losing.advice) {
                continue;
            }
            let advice = wrapped(in_short(&losing.advice), screen.columns.saturating_sub(4));
            for (at, line) in advice.iter().enumerate() {
                let lead = if at == 0 { "  → " } else { "    " };
                table.text(Cell::from(format!("{lead}{line}")));
            }
        }
        if !small.is_empty() {
            table.row(together(&small, shown));
            table.text(Cell::from("  → Find out whether any of them is yours; --all shows them."));
        }
        let more = large.iter().skip(screen.rows);
        let (more, messages) = more.fold((0_u64, 0_u64), |(more, sum), losing| {
            (more + 1, sum.saturating_add(losing.misaligned).saturating_add(losing.unknown))
        });
        if more > 0 {
            let text = format!("… and {} more with {}; --all shows them", grouped(more), grouped(messages));
            table.text(Cell::from(text).tone(Tone::Dim));
        }
        writeln!(out)?;
        table.write(out, screen.columns, screen.paint)?;
        let (own, unknown) = (grouped(shown.own), grouped(shown.unknown));
        let all = grouped(shown.own.saturating_add(shown.unknown));
        lines(
            out,
            &format!("Shares are of {all}: {own} messages of yours, and {unknown} unknown that fail."),
            screen,
        )
    }

    /// What else is at stake, and how good the data is.
    fn stakes(&self, out: &mut dyn Write, domain: &Domain, screen: Page) -> io::Result<()> {
        let shown = domain.shown();
        let mut texts = ready_stakes::in_words(domain, shown, self.catalogue);
        texts.extend(below(domain, screen.rows));
        texts.push(data(domain));
        texts.extend(large_reporters(domain, shown));
        texts.push(self.dns(domain));
        writeln!(out)?;
        texts.iter().try_for_each(|text| lines(out, &printable(text), screen))
    }

    fn dns(&self, domain: &Domain) -> String {
        let from = match domain.looked {
            Looked::Live => "asked now".to_owned(),
            Looked::Given => "from the file".to_owned(),
            Looked::Kept { asked } => {
                let days = self.now.saturating_sub(asked).max(0) / 86_400;
                format!("asked by `check` {}", ago(days.unsigned_abs()))
            }
            _ => return "DNS: unknown, as nobody looked. `--live` asks now.".to_owned(),
        };
        match &domain.dns {
            None => format!("DNS: unknown, as it did not answer enough ({from})."),
            Some(dns) if dns.problems.is_empty() => format!("DNS: nothing stands in the way ({from})."),
            Some(dns) => format!("DNS stands in the way ({from}): {}.", dns.problems.join("; ")),
        }
    }
}

/// The small sources that nobody knows, and the others: where there are many of these, one line stands for all.
fn small_apart(shown: &Readiness, screen: Page) -> (Vec<&Losing>, Vec<&Losing>) {
    let is_small = |losing: &&Losing| {
        !losing.source.has_a_name()
            && losing.misaligned == 0
            && losing.blocks.iter().all(|gate| *gate == GateKind::UnknownShare)
    };
    let (small, large): (Vec<_>, Vec<_>) = shown.losing.iter().partition(is_small);
    match small.len() < SMALL || screen.rows == usize::MAX {
        true => (Vec::new(), shown.losing.iter().collect()),
        false => (small, large),
    }
}

/// The row that stands for several.
fn together(small: &[&Losing], shown: &Readiness) -> Vec<Cell> {
    let messages = small.iter().fold(0_u64, |sum, losing| sum.saturating_add(losing.unknown));
    let all = u128::from(shown.own.saturating_add(shown.unknown)).max(1);
    let share = (u128::from(messages) * 10_000 + all / 2) / all;
    let share = Measure::Share(u64::try_from(share).unwrap_or(u64::MAX));
    let last = small.iter().map(|losing| losing.last_seen).min().unwrap_or(0);
    vec![
        format!("{} small sources", grouped(small.len() as u64)).into(),
        Cell::new(Class::Unknown.as_str()).tone(Tone::Warn),
        grouped(messages).into(),
        measure(share).into(),
        ago(last).into(),
    ]
}

/// Every gate of a step, with what it needs.
fn gates(shown: &Readiness) -> Table {
    let mut table = Table::new(&[
        Column("GATE", Set::KeepStart),
        Column("FOUND", Set::Right),
        Column("OF", Set::Right),
        Column("NEEDED", Set::Left),
        Column("", Set::Left),
    ]);
    // What needs nothing can't fail.
    let needs_nothing = |gate: &&Gate| !gate.at_most && gate.needed == Some(Measure::Count(0));
    for gate in shown.gates.iter().filter(|gate| !needs_nothing(gate)) {
        let (state, tone) = match gate.state {
            GateState::Holds => ("ok", Tone::Good),
            // Nothing depends on it any more.
            GateState::Fails if shown.verdict == Verdict::Enforced => ("not met", Tone::Warn),
            GateState::Fails => ("FAILS", Tone::Bad),
            GateState::Waived => ("waived", Tone::Warn),
            GateState::Unknown => ("unknown", Tone::Warn),
        };
        table.row(vec![
            title(gate.kind).into(),
            gate.measured.map_or_else(|| "-".to_owned(), measure).into(),
            gate.base.map_or_else(String::new, grouped).into(),
            needed(gate).into(),
            Cell::new(state).tone(tone),
        ]);
    }
    table
}

/// Which policy the busiest subdomains are under.
fn below(domain: &Domain, rows: usize) -> Option<String> {
    let all = &domain.readiness.subdomains;
    if all.is_empty() {
        return None;
    }
    let shown = all.iter().take(rows.min(5)).map(|below| {
        let messages = grouped(below.month.all());
        let apart = if below.tag == Tag::P { "" } else { ", judged apart" };
        format!("{} {messages} ({}={}{apart})", below.name, below.tag.as_str(), below.action.as_str())
    });
    let more = all.len().saturating_sub(rows.min(5));
    let more = if more > 0 { format!(", and {} more", grouped(more as u64)) } else { String::new() };
    Some(format!("Mail from subdomains: {}{more}.", shown.collect::<Vec<_>>().join(", ")))
}

/// How good the data is.
fn data(domain: &Domain) -> String {
    let coverage = &domain.coverage;
    let gaps = match coverage.gaps.as_slice() {
        [] => "no gap in 30 days".to_owned(),
        gaps => {
            let gaps: Vec<_> = gaps
                .iter()
                .map(|(from, to)| if from == to { from.to_string() } else { format!("{from} to {to}") })
                .collect();
            format!("no report for {}", gaps.join(", "))
        }
    };
    format!(
        "Data: {}, {} of them large; {} of 90 with a report, {} of them covered; {gaps}.",
        count(coverage.reporters as u64, "reporter", "reporters"),
        grouped(coverage.large_reporters as u64),
        count(coverage.reported_days as u64, "day", "days"),
        grouped(coverage.covered_days as u64),
    )
}

/// Whose reports are missing, where a gate about large reporters fails.
fn large_reporters(domain: &Domain, shown: &Readiness) -> Option<String> {
    let about_reporters = |gate: &&Gate| {
        matches!(gate.kind, GateKind::CoveredDays | GateKind::LargeReporters | GateKind::LargeReporterAge)
    };
    let failing = shown.gates.iter().filter(about_reporters).any(|gate| gate.state == GateState::Fails);
    let named = domain.biggest.iter().zip(&domain.coverage.heard).map(|(name, heard)| {
        let days = count(heard.days as u64, "day", "days");
        format!("{} ({days}, last {})", name.as_deref().unwrap_or("one without a name"), heard.last)
    });
    let named: Vec<_> = named.collect();
    (failing && !named.is_empty()).then(|| {
        format!("The biggest reporters of 90 days: {}. A day is covered by two of these.", named.join(", "))
    })
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotEnoughData => "not enough data",
        Verdict::NotReady => "not ready",
        Verdict::Ready => "ready",
        Verdict::Enforced => "enforced",
        Verdict::Regressed => "regressed",
    }
}

pub(super) const fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Ready | Verdict::Enforced => Tone::Good,
        Verdict::NotEnoughData => Tone::Warn,
        Verdict::NotReady | Verdict::Regressed => Tone::Bad,
    }
}

fn ago(days: u64) -> String {
    match days {
        0 => "newest day".to_owned(),
        days => format!("{} ago", count(days, "day", "days")),
    }
}

fn lines(out: &mut dyn Write, text: &str, screen: Page) -> io::Result<()> {
    wrapped(text, screen.columns).iter().try_for_each(|line| writeln!(out, "{line}"))
}
