//! One sender for people.

use std::io::{self, Write};

use whosends_core::analysis::source::{Detail, Item, List, Machine};
use whosends_core::analysis::tally::Tally;
use whosends_core::model::words::Disposition;
use whosends_core::senders::{Advice, Class, Sender};

use super::Answer;
use crate::render::answer::{Extent, Screen, Show};
use crate::render::by_sender::heading;
use crate::render::judged::{Judged, Passed};
use crate::render::number::{count, day, grouped, percent};
use crate::render::paint::{Paint, Tone};
use crate::render::policy;
use crate::render::printable::printable;
use crate::render::sums::{footer, steps_of};
use crate::render::table::{Cell, Column, Set, Table};
use crate::render::wrap::wrapped;
use crate::render::{period, trend};

/// Lines of a list, and days, where nobody asks for all.
const LINES: usize = 5;
const DAYS: usize = 10;

/// Where the answer goes.
struct Page<'o> {
    out: &'o mut dyn Write,
    screen: usize,
    paint: Paint,
    all: bool,
}

impl Show for Answer<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, extent: Extent { all, .. } } = screen;
        if self.details.details.is_empty() {
            return Ok(());
        }
        let mut page = Page { out, screen, paint, all };
        for (at, detail) in self.details.details.iter().enumerate() {
            if at > 0 {
                writeln!(page.out)?;
            }
            self.head(&mut page, detail)?;
            self.names(&mut page, detail)?;
            self.to_do(&mut page, detail)?;
            self.results(&mut page, detail)?;
            self.lists(&mut page, detail)?;
            days(&mut page, detail)?;
        }
        let totals = self.details.details.iter().map(|detail| &detail.totals);
        footer(page.out, totals, self.left_out, paint)
    }
}

impl Answer<'_> {
    fn head(&self, page: &mut Page<'_>, detail: &Detail) -> io::Result<()> {
        let title = page.paint.tone(Tone::Head, &printable(&detail.source.title(self.catalogue)));
        let domain = page.paint.tone(Tone::Head, &printable(self.name(detail)));
        let policy = self.domain(detail).map_or_else(String::new, |domain| policy::in_short(domain.policy));
        let days = period::in_words(self.details.period);
        writeln!(page.out, "{title}   as {domain}   {policy}   {days}")?;
        let (messages, all) = (detail.totals.tally.messages, detail.domain_messages);
        let dmarc = Passed::from(detail.totals.tally.dmarc);
        writeln!(
            page.out,
            "{}, {} of the domain's   {}   {}",
            count(messages, "message", "messages"),
            percent(messages, all),
            page.paint.tone(Tone::rated(dmarc.rate), &format!("{} DMARC", dmarc.percent())),
            count(detail.totals.addresses, "address", "addresses"),
        )?;
        let (title, tone) = heading(detail.judgement.class);
        let title = page.paint.tone(tone, title);
        let ignored = if detail.judgement.ignored { "; you want it left out of lists" } else { "" };
        writeln!(page.out, "{title} ({} confidence){ignored}", detail.judgement.confidence)?;
        page.text(&detail.reason, 2)?;
        let Some(made) = self.decision(detail) else { return Ok(()) };
        let by = made.made_by.map_or_else(String::new, |by| format!(" by {by}"));
        let note = made.note.map_or_else(String::new, |note| format!(": {note}"));
        let services = if made.with_services { " with its services" } else { "" };
        let day = day(Some(made.made_at));
        page.text(&format!("Marked {}{services} for {}{by} on {day}{note}", made.decision, made.domain), 2)
    }

    fn names(&self, page: &mut Page<'_>, detail: &Detail) -> io::Result<()> {
        if !detail.evidence.is_empty() {
            page.heading("Named by")?;
        }
        for clause in &detail.evidence {
            let days = clause.days.map_or_else(String::new, |(first, last)| match first == last {
                true => format!(", {first}"),
                false => format!(", {first} to {last}"),
            });
            let (text, messages) = (clause.text(self.catalogue), grouped(clause.messages));
            page.text(&format!("{text}: {messages} of {} messages{days}", grouped(detail.weighed)), 2)?;
        }
        if let Some(link) = detail.weakest_link {
            page.text(&format!("Weak: {link}."), 2)?;
        }
        let routes = detail.routes.items.iter().filter_map(|item| Some((self.way(item)?, item)));
        let routes: Vec<_> = routes.collect();
        if routes.is_empty() {
            return Ok(());
        }
        page.heading("Way")?;
        let lines = routes.into_iter().map(|(text, item)| (item.tally.messages, text));
        page.counted(&lines.collect::<Vec<_>>(), detail.routes.total)
    }

    /// Who composed mail and who delivered it, where anything is known of that.
    fn way(&self, item: &Item<whosends_core::analysis::source::Route>) -> Option<String> {
        let name = |service| self.catalogue.service(service).name.as_str();
        let hop = item.key.hop.map(|hop| match hop {
            Sender::Own => "your own servers",
            Sender::Service(service) => name(service),
        });
        match (item.key.originator.map(name), hop) {
            (Some(originator), Some(hop)) if originator == hop => Some(format!("from {originator} itself")),
            (Some(originator), Some(hop)) => Some(format!("from {originator}, via {hop}")),
            (Some(originator), None) => Some(format!("from {originator}, by a machine without a name")),
            (None, Some(hop)) => Some(format!("via {hop}")),
            (None, None) => None,
        }
    }

    fn to_do(&self, page: &mut Page<'_>, detail: &Detail) -> io::Result<()> {
        let Some(Advice { text, records }) = &detail.fix else { return Ok(()) };
        page.heading("To do")?;
        page.text(text, 2)?;
        for entry in records {
            let value = entry.value.as_deref().unwrap_or("(the service shows yours)");
            // A record is copied: it is not broken into lines.
            writeln!(page.out, "  {}", printable(&format!("{}. {} {value}", entry.owner, entry.kind)))?;
        }
        if detail.judgement.class == Class::Unknown {
            let (domain, source) = (self.name(detail), detail.source.text(self.catalogue));
            page.text(
                &format!(
                    "Then say whose it is: `whosends mark {domain} {source} authorised`, or `unauthorised`."
                ),
                2,
            )?;
        }
        Ok(())
    }

    fn results(&self, page: &mut Page<'_>, detail: &Detail) -> io::Result<()> {
        page.heading("Judged")?;
        let lines = detail.reasons.items.iter();
        let lines: Vec<_> =
            lines.map(|item| (item.tally.messages, format!("{}: {}", item.key.0, item.key.1))).collect();
        page.counted(&lines, detail.reasons.total)?;
        if !detail.failing.items.is_empty() {
            page.heading("Why it fails")?;
            let lines = detail.failing.items.iter().map(|item| (item.tally.messages, item.key.clone()));
            page.counted(&lines.collect::<Vec<_>>(), detail.failing.total)?;
        }
        Ok(())
    }

    fn lists(&self, page: &mut Page<'_>, detail: &Detail) -> io::Result<()> {
        page.list("ADDRESS", Set::KeepStart, &detail.addresses, machine)?;
        page.list("SIGNED BY", Set::KeepEnd, &detail.signatures, |signature| {
            let (selector, result) = (signature.selector.as_deref(), signature.result.as_deref());
            let domain = signature.domain.as_ref().map_or("-", AsRef::as_ref);
            format!("{}: {} {domain}", result.unwrap_or("-"), selector.unwrap_or("-"))
        })?;
        page.list("RETURN PATH", Set::KeepEnd, &detail.envelopes, |envelope| {
            let domain = envelope.domain.as_ref().map_or("-", AsRef::as_ref);
            let helo = if envelope.helo { "greeting " } else { "" };
            format!("{}: {helo}{domain}", envelope.result.as_deref().unwrap_or("-"))
        })?;
        if detail.authors.total > 1 {
            page.list("FROM", Set::KeepEnd, &detail.authors, |name| {
                name.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
            })?;
        }
        page.list("REPORTER", Set::KeepStart, &detail.reporters, |name| {
            name.as_deref().unwrap_or("-").to_owned()
        })?;
        let delivered =
            |word: &Option<Disposition>| matches!(word, Some(Disposition::None | Disposition::Pass));
        if !detail.dispositions.items.iter().all(|item| delivered(&item.key)) {
            page.list("DONE WITH IT", Set::KeepStart, &detail.dispositions, |word| {
                word.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
            })?;
        }
        let steps = steps_of(&detail.trend, self.details.steps);
        if let Some(steps_of_trend) = self.details.steps {
            let days = count(u64::from(steps_of_trend.days), "day", "days");
            writeln!(page.out)?;
            writeln!(
                page.out,
                "Trend   {}   from {}, in steps of {days}",
                trend::chart(&steps),
                steps_of_trend.from
            )?;
        }
        Ok(())
    }
}

fn machine(machine: &Machine) -> String {
    match (&machine.name, machine.confirmed) {
        (Some(name), Some(true)) => format!("{} {name}", machine.address),
        (Some(name), _) => format!("{} {name}?", machine.address),
        (None, _) => machine.address.to_string(),
    }
}

fn days(page: &mut Page<'_>, detail: &Detail) -> io::Result<()> {
    if detail.days.is_empty() {
        return Ok(());
    }
    writeln!(page.out)?;
    let mut table = Table::new(&columns("DAY", Set::Left)[..5]);
    let most = if page.all { usize::MAX } else { DAYS };
    for (day, tally) in detail.days.iter().rev().take(most) {
        let mut cells = vec![Cell::from(day.to_string())];
        cells.extend(rates(*tally));
        table.row(cells);
    }
    let more = detail.days.len().saturating_sub(most);
    if more > 0 {
        let text = format!("… and {} before; --all shows them", count(more as u64, "day", "days"));
        table.text(Cell::from(text).tone(Tone::Dim));
    }
    table.write(page.out, page.screen, page.paint)
}

fn columns(title: &'static str, set: Set) -> [Column; 6] {
    [
        Column(title, set),
        Column("MESSAGES", Set::Right),
        Column("DMARC", Set::Right),
        Column("DKIM", Set::Right),
        Column("SPF", Set::Right),
        Column("LAST SEEN", Set::Left),
    ]
}

/// Messages and the rates.
fn rates(tally: Tally) -> [Cell; 4] {
    let Judged { dmarc, dkim, spf } = tally.into();
    let bare = |passed: Passed| Cell::from(passed.percent().trim_end_matches('%'));
    [
        grouped(tally.messages).into(),
        Cell::from(dmarc.percent()).tone(Tone::rated(dmarc.rate)),
        bare(dkim),
        bare(spf),
    ]
}

impl Page<'_> {
    fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", self.paint.tone(Tone::Dim, text))
    }

    /// A text of anybody's, in lines that are set in by so much.
    fn text(&mut self, text: &str, indent: usize) -> io::Result<()> {
        for line in wrapped(&printable(text), self.screen.saturating_sub(indent)) {
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    /// Texts with the number of messages before each; `total` is how many there are in all.
    fn counted(&mut self, lines: &[(u64, String)], total: u64) -> io::Result<()> {
        let most = if self.all { usize::MAX } else { LINES };
        let shown = lines.get(..most.min(lines.len())).unwrap_or(lines);
        let width = shown.iter().map(|(messages, _)| grouped(*messages).len()).max().unwrap_or(0) + 2;
        for (messages, text) in shown {
            let mut number = grouped(*messages);
            for line in wrapped(&printable(text), self.screen.saturating_sub(width + 2)) {
                writeln!(self.out, "{number:>width$}  {line}")?;
                number.clear();
            }
        }
        self.more(total, shown.len())
    }

    fn more(&mut self, total: u64, shown: usize) -> io::Result<()> {
        let more = total.saturating_sub(shown as u64);
        if more == 0 {
            return Ok(());
        }
        let text = match self.all {
            true => format!("  … and {} more", grouped(more)),
            false => format!("  … and {} more; --all shows them", grouped(more)),
        };
        writeln!(self.out, "{}", self.paint.tone(Tone::Dim, &text))
    }

    fn list<K>(
        &mut self,
        title: &'static str,
        set: Set,
        list: &List<K>,
        show: impl Fn(&K) -> String,
    ) -> io::Result<()> {
        if list.items.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        let mut table = Table::new(&columns(title, set));
        let most = if self.all { usize::MAX } else { LINES };
        let shown = list.items.iter().take(most);
        for item in shown.clone() {
            let mut cells = vec![Cell::from(show(&item.key))];
            cells.extend(rates(item.tally));
            cells.push(item.days.map_or_else(|| "no date".to_owned(), |(_, last)| last.to_string()).into());
            table.row(cells);
        }
        table.write(self.out, self.screen, self.paint)?;
        self.more(list.total, shown.len())
    }
}
