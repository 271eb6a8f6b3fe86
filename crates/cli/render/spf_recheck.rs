//! A record, evaluated for every address that was seen, and what that does to SPF and DMARC.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;
use whosends_core::analysis::spf_change::{SenderChange, SpfChange, ThenAndNow};
use whosends_core::analysis::spf_use::{Change, Sent};
use whosends_core::dns::spf::Verdict;
use whosends_core::model::Period;
use whosends_core::senders::Catalogue;

use super::answer::{Json, Screen, Show};
use super::dns::{Asked, Kept};
use super::json::{self, SCHEMA};
use super::judged::Passed;
use super::number::{count, grouped, percent};
use super::paint::{Paint, Tone};
use super::period::{self, Days};
use super::printable::printable;
use super::spf::Step;
use super::table::{Cell, Column, Set, Table};

/// The rows of one change in the table.
const MOST_ROWS: usize = 20;

/// What came out.
#[derive(Debug)]
pub(crate) struct Rechecked<'a> {
    /// Whose record.
    pub(crate) domain: String,
    /// The days that were looked at.
    pub(crate) period: Period,
    /// The addresses, the busiest first.
    pub(crate) sources: Vec<Source>,
    /// What the record changes for all mail of these days.
    pub(crate) mail: SpfChange,
    /// The services.
    pub(crate) catalogue: &'a Catalogue,
    /// Addresses beyond those that are looked at.
    pub(crate) left_out: usize,
    /// Of which day DNS is, where nobody was asked.
    pub(crate) kept: Option<Kept>,
    /// What it cost.
    pub(crate) asked: Asked,
}

/// One address.
#[derive(Debug)]
pub(crate) struct Source {
    /// The address.
    pub(crate) address: IpAddr,
    /// What it sent.
    pub(crate) sent: Sent,
    /// What the record changes.
    pub(crate) change: Change,
    /// The result with the record.
    pub(crate) verdict: Verdict,
    /// The term that decides.
    pub(crate) decided_by: Option<Step>,
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    domain: &'a str,
    period: Days,
    held: Option<String>,
    mail: Mail,
    outside: Outside<'a>,
    changes: Vec<Sum>,
    senders: Vec<Sender<'a>>,
    sources: Vec<Line<'a>>,
    left_out: usize,
    #[serde(flatten)]
    asked: &'a Asked,
}

/// Messages, and what becomes of them.
#[derive(Serialize)]
struct Mail {
    messages: u64,
    asked: u64,
    spf: Both,
    dmarc: Both,
    lost: u64,
    gained: u64,
}

/// As it was, and as it is with the record.
#[derive(Serialize)]
struct Both {
    then: Passed,
    now: Passed,
}

impl From<ThenAndNow> for Mail {
    fn from(mail: ThenAndNow) -> Self {
        let ThenAndNow { messages, asked, lost, gained, .. } = mail;
        let spf = Both { then: mail.spf_then.into(), now: mail.spf_now.into() };
        let dmarc = Both { then: mail.dmarc_then.into(), now: mail.dmarc_now.into() };
        Self { messages, asked, spf, dmarc, lost, gained }
    }
}

/// Mail in which the record has no say.
#[derive(Serialize)]
struct Outside<'a> {
    messages: u64,
    other: Vec<Other<'a>>,
    unstated: u64,
}

#[derive(Serialize)]
struct Other<'a> {
    domain: &'a str,
    messages: u64,
}

#[derive(Serialize)]
struct Sender<'a> {
    domain: &'a str,
    source: String,
    name: String,
    class: &'static str,
    #[serde(flatten)]
    mail: Mail,
}

#[derive(Serialize)]
struct Sum {
    change: &'static str,
    addresses: u64,
    messages: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    address: IpAddr,
    change: &'static str,
    result: &'static str,
    decided_by: Option<&'a Step>,
    messages: u64,
    passed: u64,
    failed: u64,
    unaligned: u64,
    dmarc: Option<Both>,
    lost: u64,
    last_day: Option<String>,
}

impl Json for Rechecked<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let sources = self.sources.iter().map(|source| self.line(source)).collect();
        let changes = Change::ALL.into_iter().map(|change| self.sum(change)).collect();
        let object = Object {
            schema: SCHEMA,
            domain: &self.domain,
            period: self.period.into(),
            held: self.kept.and_then(|kept| kept.held).map(|day| day.to_string()),
            mail: self.mail.total.into(),
            outside: self.outside(),
            changes,
            senders: self.senders(),
            sources,
            left_out: self.left_out,
            asked: &self.asked,
        };
        json::pretty(out, &object)
    }
}

impl Show for Rechecked<'_> {
    fn show(&self, out: &mut dyn Write, screen: Screen) -> io::Result<()> {
        let Screen { columns: screen, paint, .. } = screen;
        let domain = paint.tone(Tone::Head, &printable(&self.domain));
        let kept = self.kept.map_or_else(String::new, |kept| format!(", {}", kept.in_words()));
        writeln!(out, "{domain}   {}{kept}\n", period::in_words(self.period))?;
        self.sums(out, paint)?;
        self.by_sender(out, screen, paint)?;
        writeln!(out)?;
        for change in Change::ALL {
            let Sum { addresses, messages, .. } = self.sum(change);
            if addresses > 0 {
                let number = paint.tone(tone(change), &format!("{:>9}", grouped(messages)));
                let from = count(addresses, "address", "addresses");
                writeln!(out, "{number}  {}, from {from}", meaning(change))?;
            }
        }
        let shown = [Change::Broken, Change::NeverAuthorised, Change::Undecided, Change::Fixed];
        for change in shown {
            self.list(change, out, screen, paint)?;
        }
        if self.left_out > 0 {
            let number = count(self.left_out as u64, "further address", "further addresses");
            writeln!(
                out,
                "\n{}",
                paint.tone(Tone::Dim, &format!("{number} with less mail were not looked at"))
            )?;
        }
        writeln!(out)?;
        self.asked.text(out, paint)
    }
}

impl Rechecked<'_> {
    /// What becomes of all mail: SPF and DMARC, as it was and with the record.
    fn sums(&self, out: &mut dyn Write, paint: Paint) -> io::Result<()> {
        let mail = &self.mail.total;
        let tone = if mail.lost > 0 { Tone::Bad } else { Tone::Good };
        let lost = paint.tone(tone, &format!("{:>9}", grouped(mail.lost)));
        writeln!(
            out,
            "{lost}  of {} passed DMARC and would fail",
            count(mail.messages, "message", "messages")
        )?;
        if mail.gained > 0 {
            writeln!(out, "{:>9}  failed DMARC and would pass", grouped(mail.gained))?;
        }
        let open = mail.dmarc_now.unknown.saturating_sub(mail.dmarc_then.unknown);
        if open > 0 {
            writeln!(out, "{:>9}  can't be told: DNS did not answer, or the message decides", grouped(open))?;
        }
        let outside = self.mail.outside.messages();
        if outside > 0 {
            let why = self.why_outside();
            writeln!(out, "{:>9}  are outside: {}", grouped(outside), printable(&why))?;
        }
        Ok(())
    }

    /// Why the record has no say in mail.
    fn why_outside(&self) -> String {
        let outside = &self.mail.outside;
        let mut other: Vec<_> = outside.other.iter().collect();
        other.sort_by_key(|(name, messages)| (std::cmp::Reverse(**messages), *name));
        let names: Vec<_> = other.iter().take(2).map(|(name, _)| name.as_str()).collect();
        let more = if other.len() > 2 { " and others" } else { "" };
        match (names.is_empty(), outside.unstated) {
            (true, _) => "no report says for which domain SPF was checked".to_owned(),
            (false, 0) => format!("SPF was checked for {}{more}", names.join(", ")),
            (false, _) => {
                format!("SPF was checked for {}{more}, or it is not said for which domain", names.join(", "))
            }
        }
    }

    /// The senders whose mail asked the record, those that lose most first.
    fn by_sender(&self, out: &mut dyn Write, screen: usize, paint: Paint) -> io::Result<()> {
        let all: Vec<_> = self.mail.senders.iter().filter(|sender| sender.mail.asked > 0).collect();
        if all.is_empty() {
            return Ok(());
        }
        let mut table = Table::new(&[
            Column("SENDER", Set::KeepStart),
            Column("MESSAGES", Set::Right),
            Column("SPF THEN", Set::Right),
            Column("NOW", Set::Right),
            Column("DMARC THEN", Set::Right),
            Column("NOW", Set::Right),
            Column("LOST", Set::Right),
        ]);
        let share = |split: whosends_core::analysis::tally::Split| {
            let all = split.pass.saturating_add(split.fail).saturating_add(split.unknown);
            if split.unknown == all { "not told".to_owned() } else { percent(split.pass, all) }
        };
        for sender in all.iter().take(MOST_ROWS) {
            let mail = &sender.mail;
            let lost = if mail.lost == 0 { String::new() } else { grouped(mail.lost) };
            let name = Cell::from(self.name(sender));
            table.row(vec![
                if mail.lost > 0 { name.tone(Tone::Bad) } else { name },
                grouped(mail.messages).into(),
                share(mail.spf_then).into(),
                share(mail.spf_now).into(),
                share(mail.dmarc_then).into(),
                share(mail.dmarc_now).into(),
                lost.into(),
            ]);
        }
        writeln!(out)?;
        table.write(out, screen, paint)?;
        if all.len() > MOST_ROWS {
            writeln!(out, "… and {} more", all.len() - MOST_ROWS)?;
        }
        Ok(())
    }

    fn name(&self, sender: &SenderChange) -> String {
        let name = sender.source.title(self.catalogue);
        if sender.relayed { format!("{name} (passed on)") } else { name }
    }

    fn senders(&self) -> Vec<Sender<'_>> {
        let sender = |sender: &'_ SenderChange| (sender.source.text(self.catalogue), self.name(sender));
        self.mail
            .senders
            .iter()
            .map(|one| {
                let (source, name) = sender(one);
                let (domain, class) = (one.domain.as_str(), one.judgement.class.as_str());
                Sender { domain, source, name, class, mail: one.mail.into() }
            })
            .collect()
    }

    fn outside(&self) -> Outside<'_> {
        let outside = &self.mail.outside;
        let other = outside.other.iter();
        let other = other.map(|(domain, messages)| Other { domain: domain.as_str(), messages: *messages });
        Outside { messages: outside.messages(), other: other.collect(), unstated: outside.unstated }
    }

    fn line<'s>(&self, source: &'s Source) -> Line<'s> {
        let sent = &source.sent;
        let mail = self.mail.addresses.get(&source.address);
        Line {
            address: source.address,
            change: source.change.as_str(),
            result: source.verdict.as_str(),
            decided_by: source.decided_by.as_ref(),
            messages: sent.messages(),
            passed: sent.passed,
            failed: sent.failed,
            unaligned: sent.unaligned,
            dmarc: mail.map(|mail| Both { then: mail.dmarc_then.into(), now: mail.dmarc_now.into() }),
            lost: mail.map_or(0, |mail| mail.lost),
            last_day: sent.last.map(|day| day.to_string()),
        }
    }

    /// What an address sent that passed DMARC and would fail.
    fn lost_from(&self, source: &Source) -> String {
        let lost = self.mail.addresses.get(&source.address).map_or(0, |mail| mail.lost);
        if lost == 0 { String::new() } else { grouped(lost) }
    }

    fn sum(&self, change: Change) -> Sum {
        let mut sum = Sum { change: change.as_str(), addresses: 0, messages: 0 };
        for source in self.sources.iter().filter(|source| source.change == change) {
            sum.addresses += 1;
            sum.messages = sum.messages.saturating_add(source.sent.messages());
        }
        sum
    }

    fn list(&self, change: Change, out: &mut dyn Write, screen: usize, paint: Paint) -> io::Result<()> {
        let all: Vec<_> = self.sources.iter().filter(|source| source.change == change).collect();
        if all.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}\n", paint.tone(tone(change), title(change)))?;
        let mut table = Table::new(&[
            Column("ADDRESS", Set::Left),
            Column("MESSAGES", Set::Right),
            Column("SPF NOW", Set::Left),
            Column("DMARC LOST", Set::Right),
            Column("LAST SEEN", Set::Left),
            Column("DECIDED BY", Set::KeepStart),
        ]);
        for source in all.iter().take(MOST_ROWS) {
            let last = source.sent.last.map_or_else(|| "no date".to_owned(), |day| day.to_string());
            let by = source.decided_by.as_ref();
            let by = by.map_or_else(String::new, |step| format!("{} in {}", step.term, step.domain));
            table.row(vec![
                Cell::from(source.address.to_string()),
                grouped(source.sent.messages()).into(),
                source.verdict.as_str().into(),
                self.lost_from(source).into(),
                last.into(),
                by.into(),
            ]);
        }
        table.write(out, screen, paint)?;
        if all.len() > MOST_ROWS {
            writeln!(out, "… and {} more", all.len() - MOST_ROWS)?;
        }
        Ok(())
    }
}

const fn tone(change: Change) -> Tone {
    match change {
        Change::Broken => Tone::Bad,
        Change::NeverAuthorised | Change::Unaligned | Change::Undecided => Tone::Warn,
        Change::Fixed | Change::Authorised => Tone::Good,
    }
}

const fn title(change: Change) -> &'static str {
    match change {
        Change::Broken => "SPF broken since: these passed SPF, and do not now",
        Change::NeverAuthorised => "Never authorised: these did not pass SPF, and do not now",
        Change::Unaligned => "Unaligned: these pass for another domain",
        Change::Undecided => "Not decided: DNS did not answer, or the message decides",
        Change::Fixed => "SPF fixed since: these did not pass SPF, and do now",
        Change::Authorised => "Authorised",
    }
}

const fn meaning(change: Change) -> &'static str {
    match change {
        Change::Broken => "messages passed SPF and would not now",
        Change::NeverAuthorised => "messages did not pass SPF and would not now",
        Change::Unaligned => "messages pass SPF for another domain, which is not aligned",
        Change::Undecided => {
            "messages of which SPF can't be told: DNS did not answer, or the message decides"
        }
        Change::Fixed => "messages did not pass SPF and would now",
        Change::Authorised => "messages pass SPF, then and now",
    }
}
